"""What lists and pages of people show: rows with role and teams, the choices of their filters, who holds what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, JSONObject, NullIf, Trim

from tenantry.access.ends import ending_soon
from tenantry.access.hands import gives
from tenantry.access.models import Assignment, Profile, ProfileAssignment, RestrictionSet, Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.searching.asking import order_of
from tenantry.access.searching.pages import Found, searched
from tenantry.access.selectors import STATUSES, DirectoryFilter, directory, matching, roles, with_roles
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import NotFound
from tenantry.core.named import Offered, arranged, called
from tenantry.core.paging import keyset_page
from tenantry.core.prepared import PreparedById
from tenantry.core.records import Target
from tenantry.core.tenancy import scope
from tenantry.organizations.models import Organization, PolicyValue, Unit, UnitLink
from tenantry.people.identity import with_identity
from tenantry.people.models import Department, Membership, TeamMember
from tenantry.people.permissions import TEAMS_MANAGE, TEAMS_VIEW, UNITS_VIEW, VIEW, WORKSPACES_VIEW
from tenantry.people.planned import leaving_day
from tenantry.people.records import MEMBER, UNIT, WORKSPACE
from tenantry.people.selectors import teams_in_reach, visible_members

MOST_ENDING = 50
# Of a filter, besides those that are on: who looks for another one types.
MOST_CHOICES = 20
# Totals are counted to here and no further.
MOST_COUNTED = 10_000
EVERYBODY = DirectoryFilter(statuses=STATUSES)


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """`rows` as `listed` gives them, with `profile_id_`; `next` and `previous`: cursors, None at the ends; `total`: all
    who match, exact to `MOST_COUNTED`, which it says when there are more and `total_is_exact` is not."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None
    total: int
    total_is_exact: bool


def directory_page(
    actor: Actor,
    wanted: DirectoryFilter,
    now: datetime,
    *,
    order: str = "sort_name",
    descending: bool = False,
    cursor: str | None = None,
    size: int = 50,
) -> DirectoryPage:
    """One page of the people whom the actor may see. `order`: a column of `access.selectors.SORTS`.

    :raises PermissionMissing: `people.view`. :raises InvalidInput: a cursor that was not made here.
    """
    place = order_of(order, descending, cursor)
    found = searched(actor, wanted, now, order=place, size=size, most=MOST_COUNTED)
    if found is None:
        return _plain_page(actor, wanted, now, order=order, descending=descending, cursor=cursor, size=size)
    # Asked again: who is shown is who is to be seen, whatever search rows say; and after much was changed at once,
    # whether they are still meant.
    by_id = {row.id: row for row in _found_again(actor, found, wanted, now)}
    rows = [by_id[i] for i in found.ids if i in by_id]
    exact = found.total <= MOST_COUNTED
    return DirectoryPage(rows, found.next, found.previous, min(found.total, MOST_COUNTED), exact)


def _found_again(actor: Actor, found: Found, wanted: DirectoryFilter, now: datetime) -> Iterable[Any]:
    if not found.ids:
        return ()
    if found.is_late:
        return _shown(actor, wanted, now).filter(id__in=found.ids)
    members = Membership.objects.all()
    seen = visible(actor, VIEW, MEMBER, members)
    if seen is members:
        return _FOR_EVERYBODY.rows(found.ids)
    return _in_full(with_roles(seen)).filter(id__in=found.ids)


def _plain_page(
    actor: Actor,
    wanted: DirectoryFilter,
    now: datetime,
    *,
    order: str,
    descending: bool,
    cursor: str | None,
    size: int,
) -> DirectoryPage:
    rows = listed(actor, wanted, now)
    page = keyset_page(rows, order=order, descending=descending, cursor=cursor, size=size)
    if page.rows:
        total = int(page.rows[0].total)
    else:
        # A page behind the last one still says how many there are.
        total = _matching(actor, wanted, now)[: MOST_COUNTED + 1].count() if cursor else 0
    exact = total <= MOST_COUNTED
    return DirectoryPage(page.rows, page.next, page.previous, min(total, MOST_COUNTED), exact)


class _Number(Subquery):
    """How many rows a query gives."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _matching(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = matching(actor, wanted, now).order_by().values("id")
    return found


def listed(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Any]:
    """The directory's rows with `team_names`, `unit_name`, `profile_id_`, `profile_name`, `department_name`,
    `manager_name`, `has_picture`, `total` (the number of all rows of this filter, counted to one more than
    `MOST_COUNTED`), and what `may_act_on` reads: `role_ids` and `above`, the units above the person's."""
    counted = _Number(_matching(actor, wanted, now)[: MOST_COUNTED + 1])
    rows: QuerySet[Any] = _shown(actor, wanted, now).annotate(total=counted)
    return rows


def _shown(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Any]:
    return _in_full(directory(actor, wanted, now))


def _in_full(members: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of `directory` with everything that `listed` names but the total."""
    held = Assignment.objects.filter(membership_id=OuterRef("id"), workspace=None)
    rows: QuerySet[Any] = members.annotate(
        team_names=team_names(),
        role_ids=ArraySubquery(held.values("role_id")),
        above=ArraySubquery(UnitLink.objects.filter(below_id=OuterRef("unit_id")).values("above_id")),
        unit_name=Subquery(Unit.objects.filter(id=OuterRef("unit_id")).values("name")[:1]),
        profile_id_=Subquery(ProfileAssignment.objects.filter(membership_id=OuterRef("id")).values("profile_id")[:1]),
        **_names(),
        leaves_on=leaving_day(),
        has_picture=Case(When(picture__isnull=False, then=Value(True)), default=Value(False)),
    )
    return rows.defer("picture", "search_text")


# Whoever sees everybody asks for the people of a page with nothing else said: the same query each time.
_FOR_EVERYBODY: PreparedById[Any] = PreparedById(lambda: _in_full(with_roles(Membership.objects.all())))


def _names() -> dict[str, Any]:
    """What columns of choice show."""
    name = Trim(Concat("given_name", Value(" "), "family_name", output_field=TextField()))
    shown = Coalesce(NullIf(name, Value("")), "email", output_field=TextField())
    profile = ProfileAssignment.objects.filter(membership_id=OuterRef("id")).values("profile__name")
    return {
        "profile_name": Subquery(profile[:1]),
        "department_name": Subquery(Department.objects.filter(id=OuterRef("department_id")).values("name")),
        "manager_name": Subquery(
            Membership.objects.filter(id=OuterRef("manager_id")).annotate(shown=shown).values("shown")
        ),
    }


def with_places(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of the directory with `unit_name` and `profile_id_`, without what only pages show."""
    held = ProfileAssignment.objects.filter(membership_id=OuterRef("id"))
    placed: QuerySet[Any] = rows.annotate(
        unit_name=Subquery(Unit.objects.filter(id=OuterRef("unit_id")).values("name")[:1]),
        profile_id_=Subquery(held.values("profile_id")[:1]),
    )
    return placed.defer("picture", "search_text")


def team_names() -> ArraySubquery:
    """Names of the teams of the outer membership, in order."""
    rows = TeamMember.objects.filter(membership_id=OuterRef("id")).order_by("team__sort_name")
    return ArraySubquery(rows.values("team__name"))


def find_listed(actor: Actor, membership_id: UUID, now: datetime) -> Any:
    """One row of the directory, removed people included.

    :raises NotFound: unknown, of another organization, or out of reach.
    """
    return _only(listed(actor, EVERYBODY, now), membership_id)


def find_person(actor: Actor, membership_id: UUID, now: datetime, *, policy: str) -> Any:
    """The same with what a person's page says beside: the value of a policy as `ruled`, None for its default, and what
    `people.identity.identity_of` reads.

    :raises NotFound: unknown, of another organization, or out of reach.
    """
    ruled = Subquery(PolicyValue.objects.filter(code=policy).values("value")[:1])
    return _only(with_identity(listed(actor, EVERYBODY, now)).annotate(ruled=ruled), membership_id)


def _only(rows: QuerySet[Any], membership_id: UUID) -> Any:
    member = rows.filter(id=membership_id).first()
    if member is None:
        raise NotFound
    return member


def base_assignment(membership_id: UUID) -> Assignment | None:
    """Somebody's role with who gave it; None for removed people."""
    rows = Assignment.objects.filter(membership_id=membership_id, is_base=True)
    return rows.select_related("role", "then_role", "given_by").first()


def may_act_on(actor: Actor, member: Any, code: str) -> bool:
    """`access.hands.out_of_hand` for a row of `listed`, without asking the database. Never on oneself."""
    if member.id == actor.membership_id:
        return False
    target = Target("member", member.id, owner=member.id, units=frozenset(member.above))
    return decide(actor, code, target).allowed and (
        actor.grants.everything
        or (not member.is_keyholder and all(gives(actor, role_id, target) for role_id in member.role_ids))
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one filter: what was typed to find choices, and what is on."""

    typed: str = ""
    on: tuple[UUID, ...] = ()


def facets(actor: Actor, asked: Mapping[str, Asked], *, only: str = "") -> dict[str, Offered]:
    """Choices of the directory's filters by name: every base role, department and profile, and the teams, units and
    workspaces that the actor may see; a few of each and what is on, or what is called as was typed. What the actor may
    see none of is left out. One query."""
    rows: dict[str, tuple[QuerySet[Any], Any]] = {
        "role": (Role.objects.filter(kind=Role.Kind.BASE), F("position")),
        "department": (Department.objects.all(), Value(0)),
        "profile": (Profile.objects.all(), F("position")),
    }
    if actor.may_any(TEAMS_VIEW, TEAMS_MANAGE):
        rows["team"] = (teams_in_reach(actor), Value(0))
    for facet, code, kind in (("unit", UNITS_VIEW, UNIT), ("workspace", WORKSPACES_VIEW, WORKSPACE)):
        if actor.may(code):
            rows[facet] = (visible(actor, code, kind), Value(0))
    wanted = {facet: some for facet, some in rows.items() if only in ("", facet)}
    parts = [part for facet, some in wanted.items() for part in _parts(facet, *some, asked.get(facet, Asked()))]
    if not parts:
        return {}
    rows_found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = sorted(rows_found, key=lambda row: row[:4])
    named = {(facet, on): [row[4:] for row in found if row[:2] == (facet, on)] for facet in wanted for on in (0, 1)}
    return {
        facet: arranged(named[facet, 1], named[facet, 0], asked.get(facet, Asked()).typed, MOST_CHOICES)
        for facet in wanted
    }


def _parts(facet: str, rows: QuerySet[Any], rank: Any, asked: Asked) -> Iterator[QuerySet[Any, Any]]:
    """(facet, 1 for what is on and else 0, rank, place, id, name)."""
    for on, some in ((0, called(rows, asked.typed)), (1, rows.filter(id__in=asked.on))):
        if on and not asked.on:
            continue
        marked: QuerySet[Any, Any] = some.order_by().annotate(
            facet=Value(facet), on=Value(on), place=F("sort_name"), rank=rank
        )
        lines = marked.values_list("facet", "on", "rank", "place", "id", "name").order_by("rank", "place", "id")
        yield lines if on else lines[: MOST_CHOICES + 1]


@dataclass(frozen=True, slots=True)
class Standing:
    """Active people by how much they may do. `one`: the name of a keyholder, for when there is only one; `role`: what
    keyholders are called here; `maximum`: the policy `keyholders.maximum`; `besides`: see `standing`."""

    active: int
    keyholders: int
    administrators: int
    one: str
    role: str
    maximum: int | None
    ending: tuple[str, ...] = ()
    besides: tuple[Any, ...] = ()


def standing(actor: Actor, now: datetime, besides: QuerySet[Any, Any] | None = None) -> Standing:
    """Administrators are those who may change roles of people, keyholders included. `ending`: whose role ends soon, of
    those whose roles the actor may see and change: `Pat Reyes (Auditor)`. `besides`: one column that is read along.
    One query."""
    keyholder = Q(role__is_keyholder=True, ends_at=None, restricted=False)
    name = Concat("membership__given_name", Value(" "), "membership__family_name", output_field=TextField())
    figures = JSONObject(
        active=Count("id"),
        keyholders=Count("id", filter=keyholder),
        administrators=Count("id", filter=Q(role__is_keyholder=True) | Q(role__permissions__has_key=ASSIGN)),
        one=Min(Trim(name), filter=keyholder),
        role=Min("role__name", filter=keyholder),
    )
    restricted = Exists(RestrictionSet.objects.filter(membership_id=OuterRef("membership_id")))
    rows = Assignment.objects.filter(is_base=True, membership__status=Membership.Status.ACTIVE)
    counted = (
        rows.annotate(restricted=restricted)
        .order_by()
        .values("organization_id")
        .annotate(figures=figures)
        .values("figures")
    )
    rule = PolicyValue.objects.filter(code="keyholders.maximum").values("value")
    here = Organization.objects.filter(pk=scope.organization_id())
    along: Any = Value(None, TextField()) if besides is None else ArraySubquery(besides)
    columns = here.values_list(Subquery(counted[:1]), Subquery(rule[:1]), ArraySubquery(_ending(actor, now)), along)
    found, maximum, ending, others = columns.first() or (None, None, [], [])
    found = found or {"active": 0, "keyholders": 0, "administrators": 0, "one": "", "role": ""}
    return Standing(
        found["active"],
        found["keyholders"],
        found["administrators"],
        found["one"] or "",
        found["role"] or "",
        maximum,
        tuple(ending or ()),
        tuple(others or ()),
    )


def _ending(actor: Actor, now: datetime) -> QuerySet[Any, Any]:
    rows = ending_soon(now) if actor.may(ASSIGN) and actor.may(VIEW) else Assignment.objects.none()
    if actor.may(VIEW):
        rows = rows.filter(membership_id__in=visible_members(actor).order_by().values("id"))
    name = Concat("membership__given_name", Value(" "), "membership__family_name", output_field=TextField())
    shown = Concat(Trim(name), Value(" ("), "role__name", Value(")"), output_field=TextField())
    return rows.annotate(shown=shown).values("shown")[:MOST_ENDING]


def newest_and_expiring(actor: Actor, now: datetime, until: datetime, *, newest: int, most: int) -> QuerySet[Any]:
    """The latest people, flagged `is_new`, and those whose invitation ends before `until`; one query of `most` rows."""
    latest = directory(actor, DirectoryFilter(), now).order_by("-created_at", "-id").values("id")[:newest]
    rows = listed(actor, DirectoryFilter(), now).annotate(
        is_new=Case(When(id__in=latest, then=Value(True)), default=Value(False))
    )
    ending = Q(status=Membership.Status.INVITED, invited_until__gt=now, invited_until__lte=until)
    found: QuerySet[Any] = rows.filter(Q(is_new=True) | ending).order_by("-is_new", "-created_at", "-id")[:most]
    return found


def find_role_listed(actor: Actor, role_id: UUID) -> Role:
    """:raises NotFound: unknown, or of another organization."""
    role = roles(actor).filter(id=role_id).first()
    if role is None:
        raise NotFound
    return role
