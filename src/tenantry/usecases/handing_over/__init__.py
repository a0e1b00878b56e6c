"""Records change hands when somebody leaves, or before: planned in numbers, carried out as planned, undone for 30 days.

    plan = plan_reassign_records(actor=…, from_ids=(leaver,), spread=Spread("one", (successor,)), now=…)
    perform(reassign_records, actor=…, from_ids=plan.from_ids, spread=plan.spread, digest=plan.digest)

A use case that does more plans with `locking` inside of its action and calls `hand_over`.
"""

from tenantry.crm.opening import Closed
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.usecases.handing_over.carrying import HandedOver, hand_over, reassign_records
from tenantry.usecases.handing_over.counting import owned_counts
from tenantry.usecases.handing_over.errors import NobodyReceives, NothingToHandOver
from tenantry.usecases.handing_over.giving import may_take_from
from tenantry.usecases.handing_over.moving import HANDED_OVER, STARTED
from tenantry.usecases.handing_over.planning import AT_ONCE, HandoverPlan, plan_reassign_records
from tenantry.usecases.handing_over.portions import Portion
from tenantry.usecases.handing_over.spreads import NOBODY, ONE, ROUND_ROBIN, TEAM, WORKFLOW, Spread

__all__ = [
    "AT_ONCE",
    "HANDED_OVER",
    "NOBODY",
    "ONE",
    "ROUND_ROBIN",
    "STARTED",
    "TEAM",
    "WORKFLOW",
    "Closed",
    "HandedOver",
    "HandoverPlan",
    "NobodyReceives",
    "NothingToHandOver",
    "Portion",
    "ReceiverCannotOpen",
    "Spread",
    "hand_over",
    "may_take_from",
    "owned_counts",
    "plan_reassign_records",
    "reassign_records",
]
