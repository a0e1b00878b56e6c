"""The record-type protocol: what a type of record declares, so that everything else can be said about it.

A type names its columns; `core.decisions` reads them in two ways, as values of one row and as SQL for many. Types are
registered by the packages that own them. What connects members with teams and units lies above `core` and is handed in
by `people` (`connect`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Func, Model, Q, QuerySet, Subquery
from django.utils.functional import Promise

from tenantry.core.lifecycle import Keep, Lifecycle
from tenantry.core.permissions import RecordField
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey


class _Ids(Subquery):
    """One that is known to be empty makes the comparison false, not null."""

    empty_result_set_value = NotImplemented


class AnyOf(Func):
    """`column = ANY(ARRAY(subquery))`: the subquery runs once, and the comparison of uuids uses its index below the
    row-level security policy, where `IN (subquery)` inside an OR would be a filter over the whole organization.

    `few`: it gives so few values that a list may read each value's first rows apart (`core.lists`)."""

    function = None
    template = "%(expressions)s)"
    arg_joiner = " = ANY(ARRAY"
    output_field = BooleanField()

    def __init__(self, column: str, rows: QuerySet[Any, Any], *, few: bool = False) -> None:
        super().__init__(column, _Ids(rows))
        self.column, self.rows, self.few = column, rows, few

    # Both may stand on either side of `|` and `&` among Q objects.
    conditional = True


@dataclass(frozen=True, slots=True)
class Collaborators:
    """A table of people who take part in records of a type. Column names are attribute names (`deal_id`)."""

    model: type[Model]
    record: str
    member: str


@dataclass(frozen=True, slots=True)
class RecordType:
    """`permissions`: verb -> permission code; `view` is always among them, since a record that can't be viewed is not
    there. `owner`, `team`, `workflow`, `unit`, `workspace`: attribute names of the model's columns (`owner_id`), None
    where the type has none. A type without a unit column stands in its owner's unit.

    How long its rows are kept, how they are erased, and what happens to them when their owner leaves stand beside the
    model and are read from there (`keep`, `leaving`)."""

    key: str
    model: type[Any]
    title: str | Promise
    plural: str | Promise
    permissions: Mapping[str, str]
    owner: str | None = None
    team: str | None = None
    workflow: str | None = None
    unit: str | None = None
    workspace: str | None = None
    collaborators: Collaborators | None = None
    fields: tuple[RecordField, ...] = ()
    # What a record is called on screens: the attribute that holds its name.
    name: str = "name"
    # Attributes of the model that an export writes, in this order.
    exports: tuple[str, ...] = ()
    # The column that searches read (`core.text`: words, each after a blank); None: it is not searched.
    search: str | None = None
    # The column that is set while a record is archived, and so no longer in lists and counts of work.
    archived: str | None = None
    # Whether rows that are not archived count for the meter of records; the statements that write them keep its tally.
    metered: bool = False

    @property
    def keep(self) -> Keep:
        """How long rows are kept."""
        lifecycle: Lifecycle = self.model.lifecycle
        return lifecycle.keep

    @property
    def leaving(self) -> Leaving | None:
        """What happens to records when their owner leaves; None where nobody owns them."""
        if self.owner is None:
            return None
        link = self.model._meta.get_field(self.owner.removesuffix("_id"))
        return link.leaving if isinstance(link, TenantForeignKey) else None


@dataclass(frozen=True, slots=True)
class Target:
    """One record as decisions see it. `units`: its unit and every unit above; `owner_teams`: the teams in which its
    owner is now, deactivated owners too."""

    kind: str = ""
    id: UUID | None = None
    owner: UUID | None = None
    owner_teams: frozenset[UUID] = frozenset()
    team: UUID | None = None
    workflow: UUID | None = None
    units: frozenset[UUID] = frozenset()
    workspace: UUID | None = None
    collaborators: frozenset[UUID] = frozenset()


NOWHERE = Target()


@dataclass(frozen=True, slots=True)
class Connections:
    """Queries that answer with ids. `teammates`: of members who share a team with this one; `teams`: of one member;
    `workflows`: of one member; `units_below`: of these units and everything below; `units_above`: of one unit and
    everything above; `members_in`: of members who belong to units of that query; `unit_of`: a member's unit."""

    teammates: Callable[[UUID], QuerySet[Any, Any]]
    teams: Callable[[UUID], QuerySet[Any, Any]]
    workflows: Callable[[UUID], QuerySet[Any, Any]]
    units_below: Callable[[Iterable[UUID]], QuerySet[Any, Any]]
    units_above: Callable[[UUID], QuerySet[Any, Any]]
    members_in: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]
    unit_of: Callable[[UUID], UUID | None]


@dataclass(slots=True)
class _Registry:
    types: dict[str, RecordType] = field(default_factory=dict)
    connections: Connections | None = None


_registry = _Registry()


def register(record_type: RecordType) -> RecordType:
    if "view" not in record_type.permissions:
        raise ValueError(f"{record_type.key}: says not who views it")
    if _registry.types.setdefault(record_type.key, record_type) is not record_type:
        raise ValueError(f"{record_type.key} is registered twice")
    return record_type


def unregister(key: str) -> None:
    """For types that exist for a while only: custom modules, and tests."""
    _registry.types.pop(key, None)


def record_types() -> Mapping[str, RecordType]:
    return dict(_registry.types)


def owned_types() -> Mapping[str, RecordType]:
    """Those whose records have an owner and move on when the owner leaves, in the order in which they were declared:
    what is counted at a person, reassigned and undone."""
    return {key: one for key, one in _registry.types.items() if one.leaving is Leaving.MOVED}


def view_codes() -> tuple[str, ...]:
    """Permissions by which records of some owned type are seen, each once: what is about records of every type opens
    with any of them."""
    return tuple(dict.fromkeys(one.permissions["view"] for one in owned_types().values()))


def connect(connections: Connections) -> None:
    _registry.connections = connections


def connections() -> Connections:
    if _registry.connections is None:
        raise RuntimeError("nobody has connected members with teams and units")
    return _registry.connections


def _column(row: Any, name: str | None) -> UUID | None:
    value: UUID | None = getattr(row, name) if name else None
    return value


def near_target(record_type: RecordType, row: Any) -> Target:
    """The record as its own columns tell it; no query. What is allowed of it is allowed of `target_of`, which knows
    more about its owner."""
    return Target(
        kind=record_type.key,
        id=row.pk,
        owner=_column(row, record_type.owner),
        team=_column(row, record_type.team),
        workflow=_column(row, record_type.workflow),
        workspace=_column(row, record_type.workspace),
    )


def target_of(record_type: RecordType, row: Any) -> Target:
    """The record as decisions see it; at most four queries, none for what the type does not declare."""
    linked, near = connections(), near_target(record_type, row)
    unit = _column(row, record_type.unit)
    if record_type.unit is None and near.owner is not None:
        unit = linked.unit_of(near.owner)
    return replace(
        near,
        owner_teams=frozenset(linked.teams(near.owner)) if near.owner else frozenset(),
        units=frozenset(linked.units_above(unit)) if unit else frozenset(),
        collaborators=_collaborators(record_type.collaborators, row.pk),
    )


def _collaborators(table: Collaborators | None, record_id: UUID) -> frozenset[UUID]:
    if table is None:
        return frozenset()
    rows = table.model._default_manager.filter(**{table.record: record_id})
    return frozenset(rows.values_list(table.member, flat=True))


def everywhere() -> Q:
    """A condition that holds for every row, and stays one when it is combined."""
    return Q(pk__isnull=False)


def nowhere() -> Q:
    return Q(pk__in=[])
