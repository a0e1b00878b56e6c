"""What hangs on people who are about to leave, for a plan: numbers and places, by one query for any number of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast, Concat, Trim

from tenantry.access.models import Assignment, Role
from tenantry.access.permissions import TRANSFER
from tenantry.billing.models import AddonSwitch
from tenantry.crm.models import DealApproval, DealMember, Mentorship
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.people.models import Membership, SavedView, TeamMember, WorkflowMember
from tenantry.people.permissions import WORKSPACES_EDIT, WORKSPACES_MANAGE
from tenantry.security.models import ApiKey
from tenantry.security.selectors import open_sessions
from tenantry.usecases.leaving.offers import open_offers

Status = Membership.Status
# Whoever holds a level with both decides what becomes of a workspace: its Owner, whatever it is called there.
OWNS = (WORKSPACES_EDIT, WORKSPACES_MANAGE)
MOST_SESSIONS = 20
# Kinds of numbers that are told to holders of a permission alone: what somebody costs, and who is to be Owner.
TOLD_TO = {"addons": BILLING_VIEW, "offers": TRANSFER}
COLUMNS = ("kind_", "id_", "name_", "staying_", "leaving_")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere they look after something. `staying`: who else does, active and not about to leave too; `leaving`: how
    many of those who leave do, and can now."""

    kind: str
    id: UUID
    name: str
    staying: int
    leaving: int


@dataclass(frozen=True, slots=True)
class Facts:
    """`numbers`: how much there is by kind; `agents`: what browsers of open sessions say of themselves, the first;
    `keys`: names of API keys that they made; `manager`: of one person, if active."""

    places: tuple[Place, ...]
    numbers: Mapping[str, int]
    agents: tuple[str, ...]
    keys: tuple[tuple[UUID, str], ...]
    manager: tuple[UUID, str] | None = None


def facts_of(ids: Collection[UUID], now: datetime, rules: Mapping[str, Any], *, closely: bool = False) -> Facts:
    """`closely`: of one person, with the names of browsers and keys."""
    if not ids:
        return Facts((), {}, (), ())
    parts = [*_places(ids), *_numbers(ids, now, rules, closely=closely)]
    if closely:
        parts += _named(ids, now, rules)
    places: list[Place] = []
    numbers: dict[str, int] = {}
    agents: list[str] = []
    keys: list[tuple[UUID, str]] = []
    manager: tuple[UUID, str] | None = None
    for kind, one, name, staying, leaving in parts[0].union(*parts[1:], all=True):
        if kind == "session":
            numbers["sessions"] = numbers.get("sessions", 0) + 1
            agents.append(name)
        elif kind == "key":
            numbers["keys"] = numbers.get("keys", 0) + 1
            keys.append((one, name))
        elif kind == "manager":
            manager = (one, name)
        elif one is None:
            numbers[kind] = leaving
        else:
            places.append(Place(kind, one, name, staying, leaving))
    # Without an order of their own the rows of a union come in any.
    places.sort(key=lambda place: (place.kind, place.name.lower(), place.id))
    keys.sort(key=lambda key: (key[1].lower(), key[0]))
    return Facts(tuple(places), numbers, tuple(sorted(agents)[:MOST_SESSIONS]), tuple(keys), manager)


def _here(ids: Collection[UUID]) -> tuple[Q, Q]:
    """Who stays and can act, and who leaves and can act now."""
    active, leaves = Q(membership__status=Status.ACTIVE), Q(membership_id__in=ids)
    return active & ~leaves, active & leaves


def _grouped(rows: QuerySet[Any], kind: str, one: str, name: str, ids: Collection[UUID]) -> QuerySet[Any, Any]:
    stays, leaves = _here(ids)
    named = rows.order_by().annotate(kind_=Value(kind, CharField()), id_=F(one), name_=F(name))
    counted: QuerySet[Any, Any] = (
        named.values("kind_", "id_", "name_")
        .annotate(staying_=Count("id", filter=stays), leaving_=Count("id", filter=leaves))
        .values_list(*COLUMNS)
    )
    return counted


def _of(model: Any, column: str, ids: Collection[UUID], **more: Any) -> Exists:
    """Whether one of them is where the outer row is."""
    return Exists(model.objects.filter(**{column: OuterRef(column)}, membership_id__in=ids, **more))


def _places(ids: Collection[UUID]) -> Iterable[QuerySet[Any, Any]]:
    taking_part = WorkflowMember.objects.filter(_of(WorkflowMember, "workflow_id", ids))
    yield _grouped(taking_part, "workflow", "workflow_id", "workflow__name", ids)
    owns = Q(role__permissions__has_keys=OWNS)
    owning = Assignment.objects.filter(
        owns, _of(Assignment, "workspace_id", ids, role__permissions__has_keys=OWNS), workspace__isnull=False
    )
    yield _grouped(owning, "workspace", "workspace_id", "workspace__name", ids)
    unit = Role.Kind.UNIT
    agents = Assignment.objects.filter(_of(Assignment, "unit_id", ids, role__kind=unit), role__kind=unit)
    yield _grouped(agents.filter(unit__isnull=False), "unit", "unit_id", "unit__name", ids)
    leading = TeamMember.objects.filter(_of(TeamMember, "team_id", ids, is_lead=True), is_lead=True)
    yield _grouped(leading, "team", "team_id", "team__name", ids)


def _counted(rows: QuerySet[Any], kind: str) -> QuerySet[Any, Any]:
    nowhere = Cast(Value(None), UUIDField())
    named = rows.order_by().annotate(kind_=Value(kind, CharField()), name_=Value("", CharField()))
    counted: QuerySet[Any, Any] = (
        named.values("kind_", "name_")
        .annotate(leaving_=Count("id"))
        .annotate(id_=nowhere, staying_=Value(0, IntegerField()))
        .values_list(*COLUMNS)
    )
    return counted


def _numbers(
    ids: Collection[UUID], now: datetime, rules: Mapping[str, Any], *, closely: bool
) -> Iterable[QuerySet[Any, Any]]:
    views = SavedView.objects.filter(owner_id__in=ids)
    yield _counted(views.filter(is_shared=False), "views")
    yield _counted(views.filter(is_shared=True), "shared_views")
    yield _counted(Mentorship.objects.filter(mentor_id__in=ids).exclude(mentee_id__in=ids), "mentees")
    waiting = DealApproval.objects.filter(state=DealApproval.State.WAITING)
    yield _counted(waiting.filter(mentor_id__in=ids), "approvals")
    yield _counted(DealMember.objects.filter(membership_id__in=ids, deal__state="open"), "deals_taken_part")
    yield _counted(WorkflowMember.objects.filter(membership_id__in=ids), "workflows")
    yield _counted(Assignment.objects.filter(membership_id__in=ids, workspace__isnull=False), "workspaces")
    yield _counted(AddonSwitch.objects.filter(membership_id__in=ids), "addons")
    yield _counted(open_offers(ids, now), "offers")
    if not closely:
        yield _counted(open_sessions(ids, now, rules), "sessions")
        yield _counted(ApiKey.objects.filter(created_by_id__in=ids, revoked_at=None), "keys")


def _named(ids: Collection[UUID], now: datetime, rules: Mapping[str, Any]) -> Iterable[QuerySet[Any, Any]]:
    none = {"staying_": Value(0, IntegerField()), "leaving_": Value(1, IntegerField())}
    sessions = open_sessions(ids, now, rules).order_by()
    yield sessions.annotate(kind_=Value("session", CharField()), id_=F("id"), name_=F("agent"), **none).values_list(
        *COLUMNS
    )
    keys = ApiKey.objects.filter(created_by_id__in=ids, revoked_at=None)
    yield keys.annotate(kind_=Value("key", CharField()), id_=F("id"), name_=F("name"), **none).values_list(*COLUMNS)
    managed = Membership.objects.filter(id__in=ids, manager_id=OuterRef("id"))
    managers = Membership.objects.filter(Exists(managed), status=Status.ACTIVE)
    name = Trim(Concat("given_name", Value(" "), "family_name", output_field=CharField()))
    yield managers.annotate(kind_=Value("manager", CharField()), id_=F("id"), name_=name, **none).values_list(*COLUMNS)
