"""What stands in the way of something planned for a day, as of now: told before, and shown with its fix until then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.crm.opening import Closed
from tenantry.people.models import PlannedChange
from tenantry.people.permissions import REMOVE
from tenantry.usecases.leaving.errors import SettleFirst, SuccessorCannotOpen, SuccessorRequired
from tenantry.usecases.leaving.facts import Facts, facts_of
from tenantry.usecases.leaving.matters import MUST, SEEN, Matter, deserted, matters_of, people_of
from tenantry.usecases.leaving.plans import rules_of
from tenantry.usecases.leaving.records import REQUIRED
from tenantry.usecases.offboarding import LeavingPlan, plan_deactivate_members, plan_remove_members

Kind = PlannedChange.Kind
LEAVING = (Kind.DEACTIVATION.value, Kind.REMOVAL.value)
# What refuses whoever carries it out, and not only whoever looks.
OF_EVERYBODY = frozenset({"last_keyholder", "not_offered_here", "successor_not_offered", "receiver_not_active"})
MOST_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Outlook:
    """`code`: of what would refuse it now (`people.planned.REASONS`), empty for nothing; `matters`: what is to be
    settled until then; `closed`: what the successor could not open."""

    code: str = ""
    matters: tuple[Matter, ...] = ()
    closed: tuple[Closed, ...] = ()

    @property
    def must(self) -> bool:
        """Whether nobody would look after something."""
        return any(one.must for one in self.matters)


def outlook(actor: Actor, row: PlannedChange, now: datetime) -> Outlook:
    """For whoever might do it by hand now; nothing for others, and of a return."""
    removing = row.kind == Kind.REMOVAL
    if row.kind not in LEAVING or (removing and not actor.may(REMOVE)):
        return Outlook()
    wanted: dict[str, Any] = {"actor": actor, "membership_ids": [row.membership_id], "now": now}
    try:
        if removing:
            plan = plan_remove_members(**wanted, successor_id=row.successor_id, supposing=True)
        else:
            plan = plan_deactivate_members(**wanted, freezing=True)
    except Refusal as refused:
        return Outlook(_told(refused.code))
    matters = _matters(actor, row, plan, now, removing=removing)
    return Outlook(_code(plan, matters, removing=removing), matters, plan.closed)


def _told(code: str) -> str:
    return code if code in OF_EVERYBODY else ""


def _code(plan: LeavingPlan, matters: Collection[Matter], *, removing: bool) -> str:
    if plan.refused:
        return _told(plan.refused[0].code)
    if not removing:
        # What is to be settled waits, and access ends all the same.
        return ""
    if any(one.must for one in matters):
        return SettleFirst.code
    if plan.rule == REQUIRED and plan.owned and plan.successor_id is None:
        return SuccessorRequired.code
    return SuccessorCannotOpen.code if plan.closed else ""


def _matters(
    actor: Actor, row: PlannedChange, plan: LeavingPlan, now: datetime, *, removing: bool
) -> tuple[Matter, ...]:
    """With what nobody would look after because others, who do now, are to leave until then as well."""
    others = list(
        PlannedChange.objects.filter(done_at=None, canceled_at=None, kind__in=LEAVING, due_at__lte=row.due_at)
        .exclude(membership_id=row.membership_id)
        .order_by("due_at", "id")
        .values_list("membership_id", flat=True)[:MOST_TOGETHER]
    )
    if not others or not plan.members:
        return plan.matters
    together = facts_of([row.membership_id, *others], now, rules_of())
    alone = deserted(together)
    theirs = people_of(alone, [row.membership_id])
    places = matters_of(
        actor,
        Facts(together.places, {}, (), ()),
        [one for one in alone if (one.kind, one.id) in theirs],
        removing=removing,
    )
    rest = [one for one in plan.matters if one.kind not in SEEN]
    return tuple(sorted((*places, *rest), key=lambda one: not one.must))


def with_something_to_settle(member_ids: Collection[UUID], now: datetime) -> frozenset[UUID]:
    """Who of these people look after something that nobody would look after if all of them were gone."""
    ids = list(member_ids)[:MOST_TOGETHER]
    alone = [one for one in deserted(facts_of(ids, now, rules_of())) if one.kind in MUST]
    return frozenset(one for people in people_of(alone, ids).values() for one in people)
