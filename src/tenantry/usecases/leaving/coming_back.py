"""Bringing removed people back with what they held, as far as it is still there. Whoever does it may act on them as
they stood: nobody comes to more than they had, and no bound that held for them is lost."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from tenantry.access.errors import TooManyKeyholders
from tenantry.access.hands import Standing, out_of_hand
from tenantry.access.models import Assignment, Profile, ProfileAssignment, RestrictionSet, Role
from tenantry.access.steps import allow_another_keyholder
from tenantry.acting.actions import in_action
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL
from tenantry.core.records import Target, connections
from tenantry.crm.models import Mentorship
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.organizations.selectors import policy
from tenantry.people.addresses import taken_elsewhere
from tenantry.people.errors import AddressElsewhere
from tenantry.people.locks import lock_teams
from tenantry.people.models import Membership, Team, TeamMember, User, WorkflowMember
from tenantry.people.permissions import REMOVE
from tenantry.people.seats import counted_statuses, free_roles, take_seats
from tenantry.people.steps import bring_back_rows, bump_access
from tenantry.security.selectors import chosen_at
from tenantry.usecases.leaving.held import Held, HeldRole
from tenantry.usecases.undoing import UndoNotPossible, UndoOvertaken

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class _Known:
    """What of all that was held is still there. `teams`: team -> workspace."""

    roles: Mapping[UUID, Role]
    profiles: Collection[UUID]
    places: Collection[UUID]
    teams: Mapping[UUID, UUID | None]
    workflows: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Returning:
    """Who comes back, and who does not and why; `lost`: how many roles, teams and places are gone since."""

    members: tuple[Membership, ...]
    held: Mapping[UUID, Held]
    refused: Mapping[UUID, tuple[str, Refusal]]
    lost: int
    known: _Known

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(one.id for one in self.members)

    def seats(self) -> int:
        counted, free = counted_statuses(), free_roles()
        return sum(self.held[one].status in counted and not self._is_free(one, free) for one in self.ids)

    def _is_free(self, one: UUID, free: set[str]) -> bool:
        everywhere = [
            role.role_id
            for role in self.held[one].roles
            if role.ends_at is None and role.unit_id is None and role.workspace_id is None
        ]
        return any(self.known.roles[role].key in free for role in everywhere if role in self.known.roles)

    def bases(self) -> list[Role]:
        return [self.known.roles[role.role_id] for one in self.ids for role in self.held[one].roles if role.is_base]


def returning(actor: Actor, held: Mapping[UUID, Held], now: datetime) -> Returning:
    """Of people who were removed by one act; a few queries, however many they are."""
    rows = list(Membership.objects.filter(id__in=held).defer("picture").annotate(chosen_at=chosen_at()).order_by("id"))
    known = _known(held.values())
    here = Membership.objects.exclude(status=Status.REMOVED).exclude(id__in=held)
    again = Q(email__in=[row.email for row in rows]) | Q(user_id__in=[row.user_id for row in rows if row.user_id])
    present = list(here.filter(again).values_list("email", "user_id"))
    accounts = User.objects.in_bulk([row.user_id for row in rows if row.user_id])
    elsewhere = taken_elsewhere(row.email for row in rows)
    refused: dict[UUID, tuple[str, Refusal]] = {}
    for row in rows:
        why: Refusal | None = None
        if row.status != Status.REMOVED or any(row.email == email or row.user_id == user for email, user in present):
            why = UndoOvertaken()
        elif not _is_whole(held[row.id], known) or not _is_theirs(row, accounts.get(row.user_id or NIL)):
            why = UndoNotPossible()
        elif row.email in elsewhere:
            why = AddressElsewhere()
        else:
            why = out_of_hand(actor, row, _standing(row, held[row.id], known), REMOVE)
        if why is not None:
            refused[row.id] = (row.name, why)
    members = tuple(row for row in rows if row.id not in refused)
    lost = sum(_lost(held[row.id], known, now) for row in members)
    return Returning(members, held, refused, lost, known)


def _known(held: Iterable[Held]) -> _Known:
    rows = list(held)
    roles = [role for one in rows for role in one.roles]
    workspaces = {place for one in rows for _code, _value, place in one.limits if place}
    workspaces |= {role.workspace_id for role in roles if role.workspace_id}
    units = {role.unit_id for role in roles if role.unit_id}
    role_ids = {one for role in roles for one in (role.role_id, role.then_role_id) if one}
    flows = {flow for one in rows for flow in one.workflows}
    return _Known(
        Role.objects.in_bulk(role_ids),
        set(Profile.objects.filter(id__in=[one.profile_id for one in rows]).values_list("id", flat=True)),
        {
            *Workspace.objects.filter(id__in=workspaces).values_list("id", flat=True),
            *Unit.objects.filter(id__in=units).values_list("id", flat=True),
        },
        dict(
            Team.objects.filter(id__in={team for one in rows for team, _lead in one.teams}).values_list(
                "id", "workspace_id"
            )
        ),
        set(Workflow.objects.filter(id__in=flows).values_list("id", flat=True)),
    )


def _is_whole(one: Held, known: _Known) -> bool:
    """Whether they had joined, their base role is there, and whatever bounded them."""
    base = next((role for role in one.roles if role.is_base), None)
    whole = base is not None and base.role_id in known.roles
    whole = whole and (base is None or base.then_role_id is None or base.then_role_id in known.roles)
    bounded = one.profile_id is None or one.profile_id in known.profiles
    return whole and bounded and one.status in (Status.ACTIVE, Status.DEACTIVATED)


def _is_theirs(row: Any, account: User | None) -> bool:
    """Whether the account is what it was: under its address, and with no password that somebody else has chosen since.
    Whoever did could come in here with it."""
    if account is None or account.email != row.email:
        return False
    return account.is_own or max(row.chosen_at, account.created_at) <= row.removed_at


def _standing(row: Membership, one: Held, known: _Known) -> Standing:
    """As they stood (`access.hands.standings`)."""
    outside = [role for role in one.roles if role.workspace_id is None]
    ids = [role.role_id for role in outside] + [role.then_role_id for role in outside if role.then_role_id]
    base = next(known.roles[role.role_id] for role in outside if role.is_base)
    units = frozenset(connections().units_above(row.unit_id)) if row.unit_id else frozenset[UUID]()
    target = Target("member", row.id, owner=row.id, units=units)
    return Standing(base, tuple(known.roles[i] for i in ids if i in known.roles), target)


def _stays(role: HeldRole, known: _Known, now: datetime) -> bool:
    """A base role that has ended gives way to the next by itself."""
    places = [place for place in (role.unit_id, role.workspace_id) if place]
    there = role.role_id in known.roles and all(place in known.places for place in places)
    return there and (role.is_base or role.ends_at is None or role.ends_at > now)


def _teams(one: Held, known: _Known) -> list[tuple[UUID, bool]]:
    """As many as policy `teams.per_person` allows now."""
    there = [(team, lead) for team, lead in one.teams if team in known.teams]
    rule = policy("teams.per_person") if len(there) > 1 else ""
    if rule == "one":
        return there[:1]
    if rule != "one_per_workspace":
        return there
    first: dict[UUID, tuple[UUID, bool]] = {}
    for team, lead in there:
        first.setdefault(known.teams[team] or team, (team, lead))
    return list(first.values())


def _lost(one: Held, known: _Known, now: datetime) -> int:
    gone = sum(not _stays(role, known, now) for role in one.roles)
    return gone + len(one.teams) - len(_teams(one, known)) + sum(flow not in known.workflows for flow in one.workflows)


# --- Doing it -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Back:
    """Numbers of what came back with them."""

    roles: int
    teams: int
    workflows: int
    mentees: int
    reports: int


def bring_back(actor: Actor, found: Returning, successor_id: UUID | None, now: datetime) -> Back:
    """A step: the rows of `found`, whose people are locked. `successor_id`: who has their mentees, unless somebody else
    has them by now.

    :raises AtSeatLimit, TooManyKeyholders: see there.
    """
    in_action()
    take_seats(found.seats(), now)
    _allow_keyholders(found.bases())
    ids = found.ids
    gone = [one for one in ids if found.held[one].status == Status.DEACTIVATED]
    bring_back_rows(ids, gone)
    held = [found.held[one] for one in ids]
    by = actor.membership_id
    roles = _give_roles(held, found.known, by, now)
    teams, flows = _put_into_places(held, found.known, now)
    mentees = sum(_mentors(one, successor_id, now) for one in held)
    reports = sum(_manage(one) for one in held)
    bump_access(ids)
    return Back(roles, teams, flows, mentees, reports)


def _allow_keyholders(bases: Sequence[Role]) -> None:
    """:raises TooManyKeyholders: policy `keyholders.maximum`, for all of them together."""
    coming = [role for role in bases if role.is_keyholder]
    if not coming:
        return
    allow_another_keyholder(coming[0])
    maximum = policy("keyholders.maximum")
    rows = Assignment.objects.filter(is_base=True, role__is_keyholder=True)
    present = rows.exclude(membership__status=Status.REMOVED).count()
    if maximum is not None and present + len(coming) > maximum:
        raise TooManyKeyholders(maximum=maximum)


def _give_roles(held: Sequence[Held], known: _Known, by: UUID | None, now: datetime) -> int:
    given: dict[str, Any] = {"given_by_id": by, "given_at": now}
    rows = [
        Assignment(
            membership_id=one.membership_id,
            role_id=role.role_id,
            is_base=role.is_base,
            unit_id=role.unit_id,
            workspace_id=role.workspace_id,
            ends_at=role.ends_at,
            then_role_id=role.then_role_id,
            **given,
        )
        for one in held
        for role in one.roles
        if _stays(role, known, now)
    ]
    Assignment.objects.bulk_create(rows)
    profiles = {one.membership_id: one.profile_id for one in held if one.profile_id}
    ProfileAssignment.objects.bulk_create(
        ProfileAssignment(membership_id=one, profile_id=profile, **given) for one, profile in profiles.items()
    )
    RestrictionSet.objects.bulk_create(
        RestrictionSet(
            membership_id=one.membership_id, code=code, value=value, workspace_id=place, set_by_id=by, set_at=now
        )
        for one in held
        for code, value, place in one.limits
        if place is None or place in known.places
    )
    return len(rows)


def _put_into_places(held: Sequence[Held], known: _Known, now: datetime) -> tuple[int, int]:
    lock_teams(known.teams)
    teams = [
        TeamMember(team_id=team, membership_id=one.membership_id, is_lead=lead, added_at=now)
        for one in held
        for team, lead in _teams(one, known)
    ]
    TeamMember.objects.bulk_create(teams)
    flows = [
        WorkflowMember(workflow_id=flow, membership_id=one.membership_id, added_at=now)
        for one in held
        for flow in one.workflows
        if flow in known.workflows
    ]
    WorkflowMember.objects.bulk_create(flows)
    return len(teams), len(flows)


def _manage(one: Held) -> int:
    """Whoever has no manager since, unless they are above by now."""
    if not one.reports:
        return 0
    above: set[UUID] = set()
    at: UUID | None = one.membership_id
    while at is not None and at not in above:
        above.add(at)
        at = Membership.objects.filter(id=at).values_list("manager_id", flat=True).first()
    rows = Membership.objects.filter(id__in=set(one.reports) - above, manager=None)
    return rows.exclude(status=Status.REMOVED).update(manager_id=one.membership_id)


def _mentors(one: Held, successor_id: UUID | None, now: datetime) -> int:
    """Mentees who have nobody, or the successor, are theirs again; and their own mentor's, unless that one has left."""
    if one.mentor_id and Membership.objects.filter(id=one.mentor_id).exclude(status=Status.REMOVED).exists():
        own = {"mentor_id": one.mentor_id, "since": now}
        Mentorship.objects.get_or_create(mentee_id=one.membership_id, defaults=own)
    if not one.mentees:
        return 0
    with_others = Mentorship.objects.filter(mentee_id__in=one.mentees)
    moved = with_others.filter(mentor_id=successor_id).update(mentor_id=one.membership_id, since=now)
    taken = set(with_others.values_list("mentee_id", flat=True))
    alone = Membership.objects.filter(id__in=set(one.mentees) - taken).exclude(status=Status.REMOVED)
    fresh = [Mentorship(mentor_id=one.membership_id, mentee_id=mentee.id, since=now) for mentee in alone]
    Mentorship.objects.bulk_create(fresh)
    return moved + len(fresh)
