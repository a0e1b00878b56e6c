"""From judged rows to invited people: everything of five hundred of them by the same few statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.models import Assignment, ProfileAssignment, Role
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.many import insert_many
from tenantry.organizations.selectors import policy
from tenantry.people.locks import lock_teams
from tenantry.people.models import BatchRow, Department, Membership, TeamMember
from tenantry.people.seats import counted_statuses, free_roles, seats
from tenantry.people.steps import create_invitations, invitation_end
from tenantry.usecases.bulk_inviting.drafts import Reason, reason
from tenantry.usecases.bulk_inviting.judging import Judged

Status = Membership.Status


@dataclass(slots=True)
class Sorted:
    """Rows that come in, and those that do not, with why."""

    coming: list[tuple[BatchRow, Judged]] = field(default_factory=list)
    refused: dict[UUID, list[Reason]] = field(default_factory=dict)


def sort_out(rows: Sequence[BatchRow], judged: Sequence[Judged], now: datetime) -> Sorted:
    """The first rows get the free seats, and the keyholders' roles that the policy leaves. Under the locks of both."""
    found = Sorted()
    free, limits = free_seats(now)
    exempt = roles_without_fee(free_roles())
    keyholders, left = _keyholders([one for one in judged if one.state != BatchRow.State.ERROR])
    for row, one in zip(rows, judged, strict=True):
        if one.state == BatchRow.State.ERROR:
            found.refused[row.id] = one.reasons
        elif free is not None and free <= 0 and one.resolved["role_id"] not in exempt:
            found.refused[row.id] = [reason("", "at_seat_limit", **limits)]
        elif one.resolved["role_id"] in keyholders and left is not None and left <= 0:
            found.refused[row.id] = [reason("role", "too_many_keyholders", maximum=policy("keyholders.maximum"))]
        else:
            found.coming.append((row, one))
            free = None if free is None else free - (one.resolved["role_id"] not in exempt)
            if left is not None and one.resolved["role_id"] in keyholders:
                left -= 1
    return found


def free_seats(now: datetime) -> tuple[int | None, dict[str, Any]]:
    """None: as many as one likes. With the figures that a refusal names."""
    if Status.INVITED not in counted_statuses() or policy("seats.growth") == "per_person":
        return None, {}
    state = seats(now)
    # Of the rows that find none: those before them have taken what was free.
    return state.free, {"in_use": max(state.in_use, state.limit or 0), "limit": state.limit, "free": 0}


def roles_without_fee(keys: Collection[str]) -> set[str]:
    """Ids of the roles with these keys, those of policy `seats.free_roles`."""
    return {str(i) for i in Role.objects.filter(key__in=keys).values_list("id", flat=True)} if keys else set()


def _keyholders(judged: Iterable[Judged]) -> tuple[set[str], int | None]:
    """Ids of keyholders' roles among these, and how many more people may hold them; None without a limit."""
    wanted = {one.resolved["role_id"] for one in judged}
    roles = {str(i) for i in Role.objects.filter(id__in=wanted, is_keyholder=True).values_list("id", flat=True)}
    maximum = policy("keyholders.maximum") if roles else None
    if maximum is None:
        return roles, None
    held = Assignment.objects.filter(is_base=True, role__is_keyholder=True).exclude(membership__status=Status.REMOVED)
    return roles, max(0, maximum - held.count())


def bring_in(actor: Actor, coming: Sequence[tuple[BatchRow, Judged]], now: datetime) -> list[Membership]:
    """Invited memberships with all that their rows name, in the order of the rows."""
    if not coming:
        return []
    departments = _departments([one.resolved for _row, one in coming], now)
    until, exempt = invitation_end(now), roles_without_fee(free_roles())
    members = [_member(one, departments, until, now, exempt) for _row, one in coming]
    create_invitations(members, invited_by=actor.membership_id, now=now)
    placed = [(member, one.resolved) for member, (_row, one) in zip(members, coming, strict=True)]
    _give_roles(actor, placed, now)
    _put_into_teams(placed, now)
    _bound(actor, placed, now)
    return members


def _member(
    one: Judged, departments: Mapping[str, UUID], until: datetime, now: datetime, exempt: Collection[str]
) -> Membership:
    said = one.resolved
    member = Membership(
        email=one.email,
        given_name=said["given_name"],
        family_name=said["family_name"],
        status=Status.INVITED,
        created_at=now,
        invited_until=until,
        unit_id=_id(said.get("unit_id")),
        department_id=departments.get(said.get("department", "").lower()),
        access_version=1,
        seat_free=said["role_id"] in exempt,
    )
    member.refresh_search()
    return member


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _departments(resolved: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, UUID]:
    """Folded name -> id of every department that is named; what is not there yet is made."""
    names = {said["department"].lower(): said["department"] for said in resolved if said.get("department")}
    found = dict(Department.objects.filter(sort_name__in=names).values_list("sort_name", "id"))
    made = [
        Department(id=new_id(), name=name, sort_name=folded, created_at=now)
        for folded, name in sorted(names.items())
        if folded not in found
    ]
    Department.objects.bulk_create(made)
    return found | {row.sort_name: row.id for row in made}


Placed = Sequence[tuple[Membership, Mapping[str, Any]]]


def _give_roles(actor: Actor, placed: Placed, now: datetime) -> None:
    given = {"given_by_id": actor.membership_id, "given_at": now}
    rows = [
        Assignment(membership=member, role_id=UUID(said["role_id"]), is_base=True, **given) for member, said in placed
    ]
    rows += [
        Assignment(membership=member, workspace_id=UUID(place), role_id=UUID(level), is_base=False, **given)
        for member, said in placed
        for place, level in said.get("levels", {}).items()
    ]
    insert_many(rows)


def _put_into_teams(placed: Placed, now: datetime) -> None:
    wanted = [(member, UUID(team)) for member, said in placed for team in said.get("team_ids", ())]
    present = lock_teams({team for _member, team in wanted}) if wanted else {}
    insert_many(TeamMember(team_id=team, membership=member, added_at=now) for member, team in wanted if team in present)


def _bound(actor: Actor, placed: Placed, now: datetime) -> None:
    insert_many(
        ProfileAssignment(
            membership=member, profile_id=UUID(said["profile_id"]), given_by_id=actor.membership_id, given_at=now
        )
        for member, said in placed
        if said.get("profile_id")
    )
