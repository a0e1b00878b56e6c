"""Queries that are put together once. Django takes milliseconds to make the text of a long one, and a page that is
asked all day asks the same one each time."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet

from tenantry.core.ids import NIL
from tenantry.core.tenancy import scope

Row = TypeVar("Row", bound=Model)
# Places for ids in the text: the smallest number that is enough.
_SIZES: Final = (64, 256, 1024, 4096)


class PreparedById(Generic[Row]):
    """The rows of a query of one tenant table that have some ids, in no order, annotations included.

    `build` has to give the same query whoever asks, whenever and in whichever organization: nothing in it may come from
    an actor, a clock or a language.
    """

    def __init__(self, build: Callable[[], QuerySet[Row]]) -> None:
        self._build = build
        # Places -> text, and its parameters: None for the organization, a number for the place of an id.
        self._kept: dict[int, tuple[str, tuple[Any, ...]]] = {}
        self._model: type[Row] | None = None

    def rows(self, ids: Sequence[UUID]) -> list[Row]:
        """In the scope of one organization.

        :raises ValueError: more ids than a page has.
        """
        places = next((size for size in _SIZES if size >= len(ids)), None)
        if places is None:
            raise ValueError(f"{len(ids)} ids at once")
        if places not in self._kept:
            self._kept[places] = self._compiled(places)
        text, marked = self._kept[places]
        here, padded = scope.organization_id(), [*ids, *[NIL] * (places - len(ids))]
        values = [one.fill(here, padded) if isinstance(one, _Mark) else one for one in marked]
        return list(self._asked().raw(text, values))

    def _asked(self) -> Any:
        if self._model is None:
            self._model = self._build().model
        return self._model._default_manager

    def _compiled(self, places: int) -> tuple[str, tuple[Any, ...]]:
        stand_in = {UUID(int=n + 1): _Mark(n) for n in range(places)}
        text, values = self._build().filter(id__in=list(stand_in)).query.sql_with_params()
        marks: dict[Any, _Mark] = {**stand_in, scope.organization_id(): _Mark(None)}
        return text, tuple(marks.get(value, value) if isinstance(value, UUID) else value for value in values)


class _Mark:
    """Where the organization (None) or one of the ids stands."""

    __slots__ = ("place",)

    def __init__(self, place: int | None) -> None:
        self.place = place

    def fill(self, organization_id: UUID, ids: Sequence[UUID]) -> UUID:
        return organization_id if self.place is None else ids[self.place]


class PreparedRow:
    """The row of a query that has one at most, as `QuerySet.values_list` would give it, for values that differ from one
    time to the next.

    `build` gets stand-ins for them, by name and in a scope: values that come from nowhere else, so that their places in
    the text are known. Besides, as with `PreparedById`, it has to give the same query whoever asks.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], stand_ins: dict[Hashable, str]) -> None:
        self._build = build
        self._stand_ins = stand_ins
        self._kept: _Kept | None = None

    def find(self, **values: Any) -> tuple[Any, ...] | None:
        """In the scope of one organization: `values` by the names of the stand-ins."""
        here = scope.organization_id()
        if self._kept is None:
            self._kept = self._compiled(here)
        given = {**values, "": here}
        parameters = [given[one.name] if isinstance(one, _Named) else one for one in self._kept.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._kept.text, parameters)
            row = cursor.fetchone()
        if row is None:
            return None
        read = list(row)
        for place, (converters, expression) in self._kept.converters.items():
            for convert in converters:
                read[place] = convert(read[place], expression, connection)
        return tuple(read)

    def _compiled(self, organization_id: UUID) -> "_Kept":
        compiler = self._build().query.get_compiler(DEFAULT_DB_ALIAS)
        text, values = compiler.as_sql()
        marks = {**self._stand_ins, organization_id: ""}
        parameters = tuple(
            _Named(marks[value]) if isinstance(value, Hashable) and value in marks else value for value in values
        )
        return _Kept(text, parameters, compiler.get_converters([column for column, _text, _alias in compiler.select]))


@dataclass(frozen=True, slots=True)
class _Named:
    """Where a value of this name stands; the organization has none."""

    name: str


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    parameters: tuple[Any, ...]
    # Place in the row -> what makes the value of what the database said.
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]
