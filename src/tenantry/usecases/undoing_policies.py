"""Taking back a changed policy."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.together import Wanted, wanted
from tenantry.organizations.actions.policies import (
    PolicyChanged,
    change_policy,
    known_policy,
    plan_change_policy,
    policies_before,
)
from tenantry.organizations.models import PolicyValue
from tenantry.organizations.permissions import POLICIES_EDIT
from tenantry.organizations.selectors import policies_in
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

POLICY_CHANGED = "organization.policy_changed"


def reads_of_policies(rows: Sequence[Entry]) -> dict[str, Wanted]:
    """Every value: one of them may lock the others."""
    return {"values": wanted(PolicyValue.objects.all(), "code", "value", "version")}


def refusals_of_policies(
    actor: Actor, rows: Sequence[Entry], known: Mapping[str, list[dict[str, Any]]]
) -> Mapping[int, Refusal]:
    """Policies that are another one's to change, whose value moved on, or that this release does not know any more."""
    present = {one.state.policy.code: one for one in policies_before(actor, policies_in(known["values"]))}
    found: dict[int, Refusal] = {}
    for row in rows:
        standing = present.get(row.values["code"])
        if standing is None or not standing.state.policy.check(row.values["before"]):
            found[row.number] = UndoNotPossible()
        elif standing.refusal is not None:
            found[row.number] = standing.refusal
        elif standing.state.value != row.values["after"]:
            found[row.number] = UndoOvertaken()
    return found


def _reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    code = row.values["code"]
    plan = plan_change_policy(actor=actor, code=code, value=row.values["before"], now=now)
    return Reversal(known_policy(code).title_in_words, plan.before_words, plan.after_words, plan.effects)


def _carry_out(actor: Actor, row: Entry, now: datetime) -> Outcome[PolicyChanged]:
    outcome = change_policy(actor=actor, now=now, code=row.values["code"], value=row.values["before"])
    # Asked under the lock of the value, which `change_policy` holds from here to the commit.
    if outcome.entry is None or outcome.entry.values["before"] != row.values["after"]:
        raise UndoOvertaken
    return outcome


register_undoer(POLICY_CHANGED, Undoer(POLICIES_EDIT, refusals_of_policies, _reversal, _carry_out, reads_of_policies))
