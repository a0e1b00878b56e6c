"""Reads that every type of record shares: its type by key, those who may be given records, who owns what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.permissions import ScopeKind
from tenantry.core.records import NOWHERE, RecordType, connections, owned_types
from tenantry.core.together import Wanted, read_together, wanted
from tenantry.crm.models import SUBJECTS, Attached
from tenantry.organizations.models import Workspace
from tenantry.people.models import Membership
from tenantry.people.permissions import VIEW
from tenantry.people.records import MEMBER
from tenantry.people.selectors import names_of


def type_of(key: str) -> RecordType:
    """:raises NotFound: no records that somebody owns are called so."""
    found = owned_types().get(key)
    if found is None:
        raise NotFound
    return found


def type_of_model(model: type[Any]) -> RecordType:
    """:raises KeyError: the model was not declared."""
    for record_type in owned_types().values():
        if record_type.model is model:
            return record_type
    raise KeyError(model)


def viewable_types(actor: Actor) -> list[RecordType]:
    """Those of which the actor may see any record at all, in the order in which they were declared."""
    return [one for one in owned_types().values() if decide(actor, one.permissions["view"])]


def attached_types() -> list[RecordType]:
    """Those whose records hang on a lead, a contact, a company or a deal."""
    return [one for one in owned_types().values() if issubclass(one.model, Attached)]


def subject_types() -> list[RecordType]:
    """Those that others hang on."""
    return [one for key, one in owned_types().items() if key in SUBJECTS]


def rows_of(record_type: RecordType) -> QuerySet[Any]:
    """Every record of the type, for `visible_page` and `visible`, which say who sees which."""
    rows: QuerySet[Any] = record_type.model._default_manager.all()
    return rows


def standing(record_type: RecordType, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Without the archived ones."""
    return rows.filter(**{f"{record_type.archived}__isnull": True}) if record_type.archived else rows


def unassigned(actor: Actor, record_type: RecordType) -> QuerySet[Any]:
    """The queue: records without an owner that the actor sees, archived ones aside."""
    rows: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    return standing(record_type, rows.filter(**{f"{record_type.owner}__isnull": True}))


def acquainted(actor: Actor) -> QuerySet[Membership]:
    """People within sight, one's teammates, oneself, of any status."""
    known = Q(id=actor.own_id) | Q(id__in=connections().teammates(actor.own_id))
    if decide(actor, VIEW):
        known |= Q(id__in=visible(actor, VIEW, MEMBER).values("id"))
    return Membership.objects.filter(known).defer("picture")


def receivers(actor: Actor) -> QuerySet[Membership]:
    """Active people whom the actor may give records to."""
    return acquainted(actor).filter(status=Membership.Status.ACTIVE)


def with_owner(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With `owner_shown`, the owner's name: `owner_names` asks for no row that has it."""
    name = Trim(
        Concat(
            "owner__given_name", Value(" ", output_field=TextField()), "owner__family_name", output_field=TextField()
        )
    )
    blank = Value("", output_field=TextField())
    named: QuerySet[Any] = rows.annotate(
        owner_shown=Coalesce(NullIf(name, blank), F("owner__email"), output_field=TextField())
    )
    return named


def owner_names(rows: Iterable[Any]) -> dict[UUID, str]:
    """Names of the owners of these rows, by membership id; one query at most."""
    found, asked = dict[UUID, str](), set[UUID]()
    for row in rows:
        if row.owner_id is None:
            continue
        if hasattr(row, "owner_shown"):
            found[row.owner_id] = row.owner_shown
        else:
            asked.add(row.owner_id)
    return found | names_of(asked) if asked else found


def names_seen(actor: Actor, record_type: RecordType, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of those of these records that the actor may see, archived ones too; one query, none for no ids."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    unseen = hidden(actor, record_type)
    rows: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    rows = rows.filter(pk__in=wanted)
    return {row.pk: name_shown(record_type, row, unseen) for row in rows}


def texts_of(record_type: RecordType) -> list[str]:
    """Columns of which a record's name is made, and those that may hide it."""
    fields = record_type.model._meta.concrete_fields
    return [one.name for one in fields if isinstance(one, (CharField, TextField)) and one.name != record_type.search]


def names_wanted(actor: Actor, record_type: RecordType, which: Q) -> Wanted:
    """What `names_read` makes names of, to be read together with others: of those records that the actor may see."""
    rows: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    return wanted(rows.filter(which), "id", *texts_of(record_type))


def names_read(actor: Actor, record_type: RecordType, found: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """By record, of what `core.together` found for `names_wanted`."""
    unseen = hidden(actor, record_type)
    return {values["id"]: name_shown(record_type, record_type.model(**values), unseen) for values in found}


def names_together(
    actor: Actor, asked: Mapping[str, Iterable[UUID | None]], more: Mapping[str, Wanted] | None = None
) -> tuple[dict[str, dict[UUID, str]], dict[str, list[dict[str, Any]]]]:
    """Names as `names_seen` has them, by key of the type, and what was found of `more`; one query for all."""
    ids = {key: {i for i in some if i} for key, some in asked.items()}
    parts = {key: names_wanted(actor, type_of(key), Q(pk__in=some)) for key, some in ids.items() if some}
    found = read_together({**parts, **(more or {})})
    names = {key: names_read(actor, type_of(key), found[key]) if key in parts else {} for key in asked}
    return names, {key: found[key] for key in more or {}}


def ids_seen(actor: Actor, asked: Mapping[str, Iterable[UUID | None]]) -> dict[str, frozenset[UUID]]:
    """Of these records, by key of the type, those that the actor may see, archived ones too; one query, none for no
    ids."""
    parts = {}
    for key, some in asked.items():
        ids = {i for i in some if i}
        if ids:
            record_type = type_of(key)
            rows: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
            parts[key] = wanted(rows.filter(pk__in=ids), "id")
    found = read_together(parts)
    return {key: frozenset(row["id"] for row in found.get(key, ())) for key in asked}


def links_from(record_type: RecordType) -> dict[str, RecordType]:
    """Columns by which a record names others, with the type of those."""
    types = {one.model: one for one in owned_types().values()}
    columns: Any = record_type.model._meta.concrete_fields
    return {one.attname: types[one.related_model] for one in columns if one.related_model in types}


def links_seen(actor: Actor, record_type: RecordType, rows: Iterable[Any], columns: Iterable[str]) -> frozenset[UUID]:
    """Ids of what these rows name in those of `columns` that name records, where the actor may see it; one query."""
    links = links_from(record_type)
    named = {column: links[column] for column in columns if column in links}
    asked: dict[str, set[UUID]] = {}
    for row in rows if named else ():
        for column, other in named.items():
            asked.setdefault(other.key, set()).add(getattr(row, column))
    return frozenset[UUID]().union(*ids_seen(actor, asked).values())


def hanging_on(actor: Actor, rows: QuerySet[Any], record_id: UUID) -> QuerySet[Any]:
    """Of attached rows those that hang on this record; none where the actor may not see it. One query."""
    seen = ids_seen(actor, {one.key: [record_id] for one in subject_types()})
    key = next((key for key, ids in seen.items() if ids), None)
    return rows.filter(**{f"{key}_id": record_id}) if key else rows.none()


def subjects_seen(actor: Actor, rows: Iterable[Any]) -> Mapping[UUID, tuple[str, str]]:
    """(key of the type, name) of what attached rows hang on, by its id, where the actor may see it; one query."""
    asked: dict[str, set[UUID]] = {}
    for row in rows:
        if row.subject is not None:
            key, record_id = row.subject
            asked.setdefault(key, set()).add(record_id)
    names, _more = names_together(actor, asked)
    return {record_id: (key, name) for key, some in names.items() for record_id, name in some.items()}


def workspaces_for(actor: Actor, code: str) -> QuerySet[Workspace]:
    """Workspaces in which the actor may make records with this permission: those where a role of theirs gives it, or
    all where it is given in the whole organization."""
    rows = Workspace.objects.order_by("sort_name", "id")
    if decide(actor, code, NOWHERE):
        return rows
    lines = actor.grants.lines(code)
    return rows.filter(id__in=[line.scope_id for line in lines if line.scope is ScopeKind.WORKSPACE and line.reach])


@dataclass(frozen=True, slots=True)
class Related:
    """Records of one type that name a record. `more`: there are others."""

    record_type: RecordType
    rows: list[Any]
    more: bool


def links_to(model: type[Any]) -> list[Any]:
    """Relations by which rows of other tables name rows of this one, those without a name of their own too."""
    fields = model._meta.get_fields(include_hidden=True)
    return [one for one in fields if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)]


def related(actor: Actor, record_type: RecordType, record_id: UUID, *, most: int = 8) -> list[Related]:
    """What names this record, as far as the actor sees it, archived records aside; the timeline has what hangs on it.
    One query a link, read from the models."""
    types = {one.model: one for one in viewable_types(actor) if not issubclass(one.model, Attached)}
    found = []
    for relation in links_to(record_type.model):
        other = types.get(relation.related_model)
        if other is None:
            continue
        linked = standing(other, rows_of(other).filter(**{relation.field.attname: record_id}))
        rows = list(visible(actor, other.permissions["view"], other, linked).order_by("-created_at")[: most + 1])
        if rows:
            found.append(Related(other, rows[:most], len(rows) > most))
    return found


def called(actor: Actor, record_type: RecordType, name: str) -> Any:
    """The record of exactly this name that the actor sees, in any spelling of capitals; None where there is none."""
    if "\0" in name:
        # No text of the database holds it, and none can be asked for it.
        return None
    rows = standing(record_type, rows_of(record_type).filter(sort_name=name.strip().lower()))
    return visible(actor, record_type.permissions["view"], record_type, rows).order_by("created_at").first()


def reached_by(actor: Actor, record_type: RecordType, email: str) -> list[Any]:
    """Records with this address that the actor sees, where addresses are not hidden from them."""
    if not email or "email" in hidden(actor, record_type):
        return []
    rows = standing(record_type, rows_of(record_type).filter(search_text__contains=f" {email.lower()}", email=email))
    return list(visible(actor, record_type.permissions["view"], record_type, rows).order_by("created_at")[:5])
