"""The organization's managed list of departments, and who is in which: one or many, by the same few statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from tenantry.access.hands import out_of_hand, standings
from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import NIL
from tenantry.people.departments import get_department
from tenantry.people.errors import AlreadyInDepartment, AlreadyRemoved, DepartmentNameTaken, NotOnOneself
from tenantry.people.models import Department, Membership
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import PLANNED, visible_members

# Up to here an entry names whom it moved, so that it can be taken back.
MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class DepartmentCreated:
    id: UUID
    name: str


@action(EDIT)
def create_department(*, actor: Actor, now: datetime, name: str) -> Outcome[DepartmentCreated]:
    """For whoever edits everybody.

    :raises DepartmentNameTaken: in any spelling of capitals.
    """
    require(actor, EDIT)
    row = Department(name=name, sort_name=name.lower(), created_at=now)
    save_department(row, insert=True)
    entry = Entry("people.department_created", "department", row.id, {"name": name})
    return Outcome(DepartmentCreated(row.id, name), entry)


def save_department(row: Department, *, insert: bool = False) -> None:
    """:raises DepartmentNameTaken: see there."""
    try:
        with transaction.atomic():
            row.save(force_insert=insert, update_fields=None if insert else ["name", "sort_name", "version"])
    except IntegrityError:
        raise DepartmentNameTaken(name=row.name) from None


def _locked(department_id: UUID) -> Department:
    """:raises NotFound: unknown, of another organization, or deleted meanwhile."""
    row = Department.objects.select_for_update().filter(id=department_id).first()
    if row is None:
        raise NotFound
    return row


@action(EDIT)
def rename_department(*, actor: Actor, now: datetime, department_id: UUID, name: str) -> Outcome[Done]:
    """:raises DepartmentNameTaken, NotFound: see there."""
    require(actor, EDIT)
    row = _locked(department_id)
    if row.name == name:
        return Outcome(Done(row.id), None)
    before = {"name": row.name}
    row.name, row.sort_name, row.version = name, name.lower(), row.version + 1
    save_department(row)
    values = {"before": before, "after": {"name": name}}
    return Outcome(Done(row.id), Entry("people.department_renamed", "department", row.id, values))


@dataclass(frozen=True, slots=True)
class DissolvingPlan(Plan):
    """`people`: how many come into `to`, or into none (`to_id` None)."""

    department_id: UUID
    name: str
    to_id: UUID | None
    to: str
    people: int


def plan_dissolve_department(*, actor: Actor, department_id: UUID, to_id: UUID | None) -> DissolvingPlan:
    """What deleting it, or merging it into another, would do.

    :raises NotFound, PermissionMissing: see there.
    """
    require(actor, EDIT)
    row = get_department(department_id)
    if to_id == department_id:
        raise NotFound
    to = get_department(to_id) if to_id else None
    return DissolvingPlan(row.id, row.name, to_id, to.name if to else "", row.size)  # type: ignore[attr-defined]


@action(EDIT)
def dissolve_department(
    *, actor: Actor, now: datetime, department_id: UUID, to_id: UUID | None, digest: str | None = None
) -> Outcome[DissolvingPlan]:
    """Deletes a department; its people come into `to_id`, or into none. One statement, however many they are.

    :raises PlanChanged: `digest` is of an older plan. :raises NotFound: one of both is gone.
    """
    require(actor, EDIT)
    # In the order of their ids: two that are merged into each other wait for one another, once.
    rows = Department.objects.select_for_update().filter(id__in=_ids(department_id, to_id)).order_by("id")
    row = {one.id: one for one in rows}.get(department_id)
    if row is None:
        raise NotFound
    plan = confirm(plan_dissolve_department(actor=actor, department_id=department_id, to_id=to_id), digest)
    people = Membership.objects.filter(department_id=department_id)
    ids = [str(i) for i in people.order_by("id").values_list("id", flat=True)[: MOST_NAMED + 1]]
    people.update(department_id=to_id)
    row.delete()
    values: dict[str, object] = {"name": plan.name, "to": plan.to, "to_id": to_id, "count": plan.people}
    if len(ids) <= MOST_NAMED:
        values["members"] = ids
    entry = Entry("people.department_deleted", "department", department_id, values)
    if to_id:
        entry = Entry("people.department_merged", "department", department_id, values)
    return Outcome(plan, entry)


def _ids(*given: UUID | None) -> list[UUID]:
    return sorted(i for i in given if i)


# --- Who is in which ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DepartmentPlan(Plan):
    """Who of a selection would come into a department, and who not, with the reason. `department_id` None: none."""

    department_id: UUID | None
    department: str
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]


def plan_set_department(*, actor: Actor, membership_ids: Iterable[UUID], department_id: UUID | None) -> DepartmentPlan:
    """:raises NotFound: the department, or somebody of the selection, is unknown or out of reach."""
    rows, refused = _sorted_out(actor, membership_ids, department_id)
    coming = [member for member in rows if member.id not in refused]
    return DepartmentPlan(
        department_id,
        get_department(department_id).name if department_id else "",
        tuple(m.id for m in coming),
        tuple(m.name for m in coming),
        tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused),
    )


def _sorted_out(
    actor: Actor, membership_ids: Iterable[UUID], department_id: UUID | None
) -> tuple[list[Membership], dict[UUID, Refusal]]:
    """The selection by name, and who of it can't come there and why."""
    wanted = set(membership_ids)
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    standing = standings(member.id for member in rows)
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        if member.status == Membership.Status.REMOVED:
            refused[member.id] = AlreadyRemoved(name=member.name)
        elif member.department_id == department_id:
            refused[member.id] = AlreadyInDepartment(name=member.name)
        elif member.id == actor.membership_id:
            refused |= {} if actor.grants.everything else {member.id: NotOnOneself()}
        elif refusal := out_of_hand(actor, member, standing[member.id], EDIT):
            refused[member.id] = refusal
    return rows, refused


@action(EDIT, targets=("membership_ids",))
def set_department(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    department_id: UUID | None,
    digest: str | None = None,
) -> Outcome[DepartmentPlan]:
    """Those of a selection who can be are in the department from now on; the others are left out and named.

    :raises PlanChanged: `digest` is of an older plan.
    :raises AlreadyInDepartment, AlreadyRemoved, MemberOutOfHand, NotOnOneself: when nobody could be.
    """
    plan = confirm(plan_set_department(actor=actor, membership_ids=membership_ids, department_id=department_id), digest)
    if not plan.members:
        rows, refused = _sorted_out(actor, membership_ids, department_id)
        raise refused[rows[0].id]
    return Outcome(plan, carry_out_department(plan))


def carry_out_department(plan: DepartmentPlan) -> Entry:
    """What a confirmed plan says, for actions that asked everything else; and what the audit says of it."""
    rows = Membership.objects.filter(id__in=plan.members)
    before = dict(rows.values_list("id", "department_id"))
    rows.update(department_id=plan.department_id)
    values = {
        "name": plan.department,
        "department_id": plan.department_id,
        "members": [str(i) for i in plan.members],
        "before_ids": {str(i): before[i] for i in plan.members},
    }
    one = plan.members[0] if len(plan.members) == 1 else None
    # Many share one target, so that an undo of it is found.
    return Entry("people.department_set", "member" if one else "members", one or NIL, values)
