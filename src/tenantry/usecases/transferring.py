"""Ownership: a keyholder hands the role with all permissions to somebody else, who confirms, or takes over at once.

The swap is one transaction under the lock of the keyholders: the recipient gets the giver's role, the giver another
one, so there are never fewer keyholders than before, and never more. Everything is asked again at acceptance.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db.models import Q, QuerySet

from tenantry.access.directory import base_assignment
from tenantry.access.errors import FollowerNeeded
from tenantry.access.mails import OFFER_MAIL
from tenantry.access.models import Assignment, OwnershipTransfer, Role
from tenantry.access.permissions import TRANSFER
from tenantry.access.selectors import keyholder_ids, keyholding
from tenantry.access.steps import assignable, give_base_role, lift_restrictions
from tenantry.access.weighing import differ, held_beside, settle, source_of, with_base, with_nothing_taken
from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound
from tenantry.core.mail import end_mails, queue_mail
from tenantry.core.tenancy import scope
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import policy
from tenantry.people.errors import NotActive, NotOnOneself
from tenantry.people.models import Membership, User
from tenantry.people.seats import seats_kept
from tenantry.people.selectors import get_member
from tenantry.security.errors import SignInRefused
from tenantry.security.selectors import open_sessions
from tenantry.security.steps import end_entries, raise_epoch
from tenantry.usecases.ownership_errors import (
    HolderAlready,
    HolderNoMore,
    PeopleOnly,
    TransferOver,
    TransferWaiting,
)

LIFE = timedelta(days=7)
POLICY = "ownership.transfer"
IMMEDIATE = "immediate"


# --- Reads --------------------------------------------------------------------------------


def state_of(transfer: OwnershipTransfer, now: datetime) -> str:
    """`accepted`, `declined`, `withdrawn`, `expired` or `waiting`."""
    if transfer.accepted_at:
        return "accepted"
    if transfer.declined_at:
        return "declined"
    if transfer.withdrawn_at:
        return "withdrawn"
    return "waiting" if transfer.is_open(now) else "expired"


def transfers(actor: Actor) -> QuerySet[OwnershipTransfer]:
    """Those in which one takes part; all of them for whoever may transfer ownership. Not ordered."""
    rows = OwnershipTransfer.objects.select_related("giver", "recipient", "then_role")
    if actor.may(TRANSFER):
        return rows
    return rows.filter(Q(giver_id=actor.own_id) | Q(recipient_id=actor.own_id))


def find_transfer(actor: Actor, transfer_id: UUID) -> OwnershipTransfer:
    """:raises NotFound: unknown, or none of one's own."""
    transfer = transfers(actor).filter(id=transfer_id).first()
    if transfer is None:
        raise NotFound
    return transfer


def open_transfers(actor: Actor, now: datetime) -> list[OwnershipTransfer]:
    """Waiting for their recipient, the newest first."""
    rows = transfers(actor).filter(accepted_at=None, declined_at=None, withdrawn_at=None, expires_at__gt=now)
    return list(rows.order_by("-created_at", "-id"))


# --- The plan -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TransferPlan(Plan):
    """`gains`: codes of permissions that the recipient gets; `loses`: that the giver loses. `restrictions`: codes that
    are lifted from the recipient, `ends_lifted`: whether an end of theirs is. `recipient_ends`, `giver_ends`: roles
    that may not stand beside the new ones. `sessions`: of the giver, ended at once where `immediate`."""

    giver_id: UUID
    giver: str
    recipient_id: UUID
    recipient: str
    role: str
    before: str
    then_id: UUID
    then: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]
    restrictions: tuple[str, ...]
    ends_lifted: bool
    recipient_ends: tuple[str, ...]
    giver_ends: tuple[str, ...]
    sessions: int
    immediate: bool


def _holding(giver_id: UUID) -> Assignment:
    """:raises HolderNoMore: the giver is no keyholder any more, or never was."""
    held = keyholding().filter(membership_id=giver_id).select_related("role", "membership").first()
    if held is None:
        raise HolderNoMore
    return held


def _plan(giver_id: UUID, recipient: Membership, then: Role, now: datetime, *, immediate: bool) -> TransferPlan:
    held = _holding(giver_id)
    if recipient.id == giver_id:
        raise NotOnOneself
    if recipient.status != Membership.Status.ACTIVE:
        raise NotActive(name=recipient.name)
    if recipient.id in set(keyholder_ids()):
        raise HolderAlready(name=recipient.name, role=held.role.name)
    if then.is_keyholder:
        raise FollowerNeeded
    theirs, mine = source_of(recipient.id), source_of(giver_id)
    losing = _ending(recipient.id, held.role), _ending(giver_id, then)
    present = base_assignment(recipient.id)
    risen = with_base(with_nothing_taken(theirs), held.role, losing[0], None, None)
    return TransferPlan(
        giver_id=giver_id,
        giver=held.membership.name,
        recipient_id=recipient.id,
        recipient=recipient.name,
        role=held.role.name,
        before=present.role.name if present else "",
        then_id=then.id,
        then=then.name,
        gains=differ(theirs, risen, now).gains,
        loses=differ(mine, with_base(mine, then, losing[1], None, None), now).loses,
        restrictions=tuple(sorted({taken["code"] for taken in theirs["taken"]})),
        ends_lifted=bool(present and present.ends_at),
        recipient_ends=tuple(row.role.name for row in losing[0]),
        giver_ends=tuple(row.role.name for row in losing[1]),
        sessions=open_sessions([giver_id], now).count() if immediate else 0,
        immediate=immediate,
    )


def _ending(member_id: UUID, role: Role) -> list[Assignment]:
    base = Assignment(role=role)
    return [row for row in held_beside(member_id) if not settle(row, base)[0]]


def plan_transfer_ownership(*, actor: Actor, recipient_id: UUID, then_role_id: UUID, now: datetime) -> TransferPlan:
    """What handing ownership over would do, now or once it is confirmed (policy `ownership.transfer`).

    :raises PermissionMissing, PeopleOnly, HolderNoMore: the actor is no keyholder in person.
    :raises NotFound, NotOnOneself, NotActive, HolderAlready, RoleNotAssignable, FollowerNeeded: see there.
    """
    require(actor, TRANSFER)
    if actor.kind != "member" or actor.membership_id is None:
        raise PeopleOnly
    recipient = get_member(actor, recipient_id)
    then = assignable(actor, then_role_id)
    return _plan(actor.membership_id, recipient, then, now, immediate=policy(POLICY) == IMMEDIATE)


def plan_accept_ownership(*, actor: Actor, transfer_id: UUID, now: datetime) -> TransferPlan:
    """What accepting would do now; see `plan_transfer_ownership`.

    :raises NotFound: nothing that was offered to the actor. :raises TransferOver: not open any more.
    """
    return _plan_of(actor, _offered(actor, transfer_id), now)


def _plan_of(actor: Actor, transfer: OwnershipTransfer, now: datetime) -> TransferPlan:
    if not transfer.is_open(now):
        raise TransferOver
    recipient = Membership.objects.get(id=actor.own_id)
    return _plan(transfer.giver_id, recipient, transfer.then_role, now, immediate=False)


def _offered(actor: Actor, transfer_id: UUID) -> OwnershipTransfer:
    rows = OwnershipTransfer.objects.select_related("giver", "recipient", "then_role")
    transfer = rows.filter(id=transfer_id, recipient_id=actor.own_id).first()
    if transfer is None:
        raise NotFound
    return transfer


def refuse_wrong_password(actor: Actor, password: str) -> None:
    """Fresh proof that it is the person. Whoever calls slows wrong ones down, as at sign-in (`security.slowing`).

    :raises PeopleOnly: a key or a job. :raises SignInRefused: not their password.
    """
    if actor.kind != "member" or actor.user_id is None:
        raise PeopleOnly
    user = User.objects.filter(id=actor.user_id).first()
    if user is None or not check_password(password, user.password):
        raise SignInRefused


# --- Acts ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transferred:
    """`transfer_id` None: it was immediate, and the giver is signed out."""

    recipient_id: UUID
    recipient: str
    role: str
    then: str
    transfer_id: UUID | None = None


@action(TRANSFER, targets=("recipient_id",))
def transfer_ownership(
    *,
    actor: Actor,
    now: datetime,
    recipient_id: UUID,
    then_role_id: UUID,
    password: str,
    digest: str | None = None,
) -> Outcome[Transferred]:
    """Hands ownership over: at once, or as an offer that waits a week for its recipient.

    :raises SignInRefused: not the actor's password. :raises TransferWaiting: an offer of theirs waits already.
    :raises PlanChanged: `digest` is of an older plan. Others as in `plan_transfer_ownership`.
    """
    refuse_wrong_password(actor, password)
    plan = plan_transfer_ownership(actor=actor, recipient_id=recipient_id, then_role_id=then_role_id, now=now)
    confirm(plan, digest)
    if not plan.immediate:
        return _offer(actor, plan, now)
    _swap(plan, now)
    raise_epoch([plan.giver_id])
    sessions = end_entries([plan.giver_id], now)
    return Outcome(
        Transferred(recipient_id, plan.recipient, plan.role, plan.then),
        _transferred(plan, {"sessions": sessions}),
        events=(Event("OwnershipTransferred", _told(plan, plan.recipient_id, plan.giver_id, plan.recipient_id)),),
    )


def _offer(actor: Actor, plan: TransferPlan, now: datetime) -> Outcome[Transferred]:
    _settle_expired(plan.giver_id, now)
    waiting = OwnershipTransfer.objects.filter(
        giver_id=plan.giver_id, accepted_at=None, declined_at=None, withdrawn_at=None
    ).select_related("recipient")
    if (other := waiting.first()) is not None:
        raise TransferWaiting(name=other.recipient.name)
    transfer = OwnershipTransfer(
        giver_id=plan.giver_id,
        recipient_id=plan.recipient_id,
        then_role_id=plan.then_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    OwnershipTransfer.objects.bulk_create([transfer])
    to = Membership.objects.values_list("email", flat=True).get(id=plan.recipient_id)
    queue_mail(kind=OFFER_MAIL, to=to, organization_id=scope.organization_id(), subject_id=transfer.id, now=now)
    values = {"role": plan.role, "then": plan.then, "expires_at": transfer.expires_at}
    told = {**_told(plan, plan.giver_id, plan.recipient_id), "transfer_id": transfer.id}
    return Outcome(
        Transferred(plan.recipient_id, plan.recipient, plan.role, plan.then, transfer.id),
        Entry("access.ownership_offered", "member", plan.recipient_id, values),
        events=(Event("OwnershipOffered", told),),
    )


def _settle_expired(giver_id: UUID, now: datetime) -> None:
    rows = OwnershipTransfer.objects.filter(giver_id=giver_id, accepted_at=None, declined_at=None, withdrawn_at=None)
    rows.filter(expires_at__lte=now).update(withdrawn_at=now)


def _told(plan: TransferPlan, about: UUID, *tell: UUID) -> dict[str, object]:
    return {"membership_id": about, "role": plan.role, "tell": list(tell)}


def _transferred(plan: TransferPlan, more: dict[str, object]) -> Entry:
    values = {
        "members": [plan.giver_id],
        "role": plan.role,
        "before": plan.before,
        "then": plan.then,
        "restrictions": list(plan.restrictions),
    }
    return Entry("access.ownership_transferred", "member", plan.recipient_id, {**values, **more})


def _swap(plan: TransferPlan, now: datetime) -> None:
    """Both rows are locked by the action. Whoever changed something before this lock is seen by what is asked here.

    :raises HolderNoMore: the giver has lost the role meanwhile.
    """
    with seats_kept(now):
        lock(LockRow.Name.KEYHOLDERS)
        role = _holding(plan.giver_id).role
        then = Role.objects.get(id=plan.then_id)
        lift_restrictions(plan.recipient_id)
        give_base_role(plan.recipient_id, role, given_by=plan.giver_id, now=now)
        give_base_role(plan.giver_id, then, given_by=plan.giver_id, now=now)
    open_ = OwnershipTransfer.objects.filter(accepted_at=None, declined_at=None, withdrawn_at=None)
    open_.filter(giver_id=plan.giver_id).update(withdrawn_at=now)


def _locked(transfer_id: UUID, now: datetime, **who: UUID) -> OwnershipTransfer:
    """:raises NotFound: none of theirs. :raises TransferOver: settled, or expired."""
    rows = OwnershipTransfer.objects.select_for_update(no_key=True, of=("self",))
    transfer = rows.select_related("giver", "recipient", "then_role").filter(id=transfer_id, **who).first()
    if transfer is None:
        raise NotFound
    if not transfer.is_open(now):
        raise TransferOver
    return transfer


@action(open_to="whom it was offered to, and nobody else, accepts", targets=("giver_id",))
def accept_ownership(
    *, actor: Actor, now: datetime, transfer_id: UUID, giver_id: UUID, password: str, digest: str | None = None
) -> Outcome[Transferred]:
    """Takes ownership over. `giver_id`: of the transfer, locked together with the recipient.

    :raises NotFound, TransferOver: nothing waits for the actor. :raises SignInRefused: not their password.
    :raises HolderNoMore: the giver has nothing to give any more. :raises PlanChanged: see there.
    """
    transfer = _locked(transfer_id, now, recipient_id=actor.own_id, giver_id=giver_id)
    refuse_wrong_password(actor, password)
    plan = confirm(_plan_of(actor, transfer, now), digest)
    transfer.accepted_at = now
    transfer.save(update_fields=["accepted_at"])
    _swap(plan, now)
    return Outcome(
        Transferred(plan.recipient_id, plan.recipient, plan.role, plan.then, transfer.id),
        _transferred(plan, {"transfer_id": transfer.id}),
        events=(Event("OwnershipTransferred", _told(plan, plan.recipient_id, plan.giver_id)),),
    )


@action(open_to="whom it was offered to, and nobody else, declines")
def decline_ownership(*, actor: Actor, now: datetime, transfer_id: UUID) -> Outcome[Done]:
    """Nothing changes; the giver is told.

    :raises NotFound, TransferOver: nothing waits for the actor.
    """
    transfer = _locked(transfer_id, now, recipient_id=actor.own_id)
    transfer.declined_at = now
    role = _settled(transfer, "declined_at", now)
    told = {"membership_id": actor.own_id, "role": role, "tell": [transfer.giver_id]}
    return Outcome(
        Done(transfer.id),
        Entry("access.ownership_declined", "member", transfer.giver_id, {"role": role}),
        events=(Event("OwnershipDeclined", told),),
    )


@action(open_to="who offered it, and nobody else, takes it back")
def withdraw_ownership(*, actor: Actor, now: datetime, transfer_id: UUID) -> Outcome[Done]:
    """The offer is dead; the recipient is told.

    :raises NotFound, TransferOver: nothing of the actor's waits.
    """
    transfer = _locked(transfer_id, now, giver_id=actor.own_id)
    transfer.withdrawn_at = now
    role = _settled(transfer, "withdrawn_at", now)
    told = {"membership_id": actor.own_id, "role": role, "tell": [transfer.recipient_id]}
    return Outcome(
        Done(transfer.id),
        Entry("access.ownership_withdrawn", "member", transfer.recipient_id, {"role": role}),
        events=(Event("OwnershipWithdrawn", told),),
    )


def _settled(transfer: OwnershipTransfer, column: str, now: datetime) -> str:
    """Ends the offer and its mail. Returns the name of the giver's role."""
    transfer.save(update_fields=[column])
    end_mails(kind=OFFER_MAIL, subject_ids=[transfer.id], now=now)
    held = base_assignment(transfer.giver_id)
    return held.role.name if held else ""
