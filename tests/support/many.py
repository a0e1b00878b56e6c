"""Many people at once, and the work on them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from factories.organizations import PASSWORD, Organization, Person, unique
from tenantry.access.models import Assignment, Role
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting import operations
from tenantry.acting.actions import perform
from tenantry.acting.models import Operation, OperationLine
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.actions import create_team, join_team
from tenantry.people.models import Invitation, Membership, User
from tenantry.security.passwords import hashed
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.planning import BulkPlan, Selection, plan_change
from tenantry.usecases.saving_views import save_view

_hash = ""


def crowd(
    org: Organization,
    count: int,
    *,
    status: str = "active",
    until: datetime | None = None,
    role: str = "member",
    given_name: str = "Crowd",
) -> list[UUID]:
    """Members by insertion: too many to be invited one by one. Called `Crowd 0001` and so on."""
    now = clock.now()
    stem = unique("crowd")
    emails = [f"{stem}-{n:05}@example.test" for n in range(count)]
    users: list[User] = []
    if status != "invited":
        users = [User(email=email, password=_password(), email_proven_at=now, created_at=now) for email in emails]
        with scope.platform("sign_in"), writing():
            User.objects.bulk_create(users)
    with scope.tenant(org.id), writing():
        members = []
        for n, email in enumerate(emails):
            member = Membership(
                email=email,
                given_name=given_name,
                family_name=f"{n + 1:04}",
                status=status,
                user_id=users[n].id if users else None,
                invited_until=(until or now + timedelta(days=7)) if status == "invited" else None,
                joined_at=now if users else None,
                created_at=now,
            )
            member.refresh_search()
            members.append(member)
        Membership.objects.bulk_create(members)
        held = Role.objects.get(key=role)
        Assignment.objects.bulk_create(
            Assignment(membership=one, role=held, is_base=True, given_at=now) for one in members
        )
        if status == "invited":
            Invitation.objects.bulk_create(
                Invitation(membership=one, created_at=now, sent_at=now, expires_at=one.invited_until) for one in members
            )
    return [one.id for one in members]


def _password() -> str:
    global _hash  # noqa: PLW0603 hashed once for everybody
    _hash = _hash or hashed(PASSWORD)
    return _hash


def plan(
    org: Organization,
    do: str,
    ids: tuple[UUID, ...] | None,
    value: UUID | None,
    *,
    by: Person | None = None,
    wanted: DirectoryFilter | None = None,
) -> BulkPlan:
    with scope.tenant(org.id), reading():
        return plan_change(
            actor=(by or org.owner).actor,
            do=do,
            selection=Selection(ids or (), wanted),
            value_id=value,
            now=clock.now(),
        )


def run(org: Organization, operation_id: UUID, *, batches: int | None = None) -> None:
    """What the worker does; `batches`: no more of them."""
    with scope.tenant(org.id):
        if batches is None:
            operations.run(operation_id)
            return
        for _ in range(batches):
            _one_batch(operation_id)


def _one_batch(operation_id: UUID) -> Any:
    with reading():
        row = Operation.objects.get(id=operation_id)
        actor = operations._revivals[row.actor_kind](row.actor_id, clock.now())
    return perform(operations.operation_kinds()[row.kind].batch, actor=actor, operation_id=operation_id)


def state_of(org: Organization, operation_id: UUID) -> Operation:
    with scope.tenant(org.id), reading():
        return Operation.objects.get(id=operation_id)


def lines(org: Organization, operation_id: UUID) -> list[OperationLine]:
    with scope.tenant(org.id), reading():
        return list(OperationLine.objects.filter(operation_id=operation_id).order_by("position"))


def bulk_samples(org: Organization, many: int = 1) -> dict[str, str]:
    """Work with `many` people done and as many left out, and a saved view: values for addresses."""
    inside, outside = (crowd(org, many, status="invited", given_name=name) for name in ("Inside", "Outside"))
    team = org.perform(create_team, name=unique("many")).id
    org.perform(join_team, team_id=team, membership_ids=tuple(inside))
    ids = (*inside, *outside)
    done = org.perform(change_people, do="team", value_id=team, membership_ids=ids)
    view = org.perform(save_view, name=unique("view"), query="status=active")
    return {"operation_id": str(done.operation_id), "view_id": str(view.id)}
