"""What the clock does."""

from datetime import datetime

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.billing.actions.orders import refuse_others
from tenantry.billing.models import EntitlementOverride
from tenantry.billing.renewing import begin_counting, pass_time
from tenantry.billing.selectors import moment_of
from tenantry.billing.steps import keep, lock_subscription, resolve_entitlements
from tenantry.core.actor import Actor


@action(open_to="the house's own clock")
def tend_subscription(*, actor: Actor, now: datetime) -> Outcome[Done]:
    """Carries out everything that is due by itself: trials and periods that end, seats to be charged, grace that is
    over, operators' words that end. What is granted follows the policies."""
    refuse_others(actor)
    row = lock_subscription()
    ended = sorted(_end_overrides(now))
    if row is None:
        if not ended:
            return Outcome(Done(), None)
        resolve_entitlements(now)
        return Outcome(Done(), Entry("billing.time_passed", "organization", None, {"overrides": ended}))
    counts = begin_counting(row, moment_of(row, now))
    happened = pass_time(row, now)
    if not happened.what and not ended:
        if counts:
            keep(row, now)
        resolve_entitlements(now)
        return Outcome(Done(row.id), None)
    keep(row, now)
    resolve_entitlements(now)
    values = {"what": list(happened.what), "overrides": ended, "name": row.terms["title"]}
    entry = Entry("billing.time_passed", "subscription", row.id, values)
    return Outcome(Done(row.id), entry, happened.events, happened.jobs)


def _end_overrides(now: datetime) -> list[str]:
    rows = EntitlementOverride.objects.filter(ends_at__lte=now)
    keys = list(rows.values_list("key", flat=True))
    rows.delete()
    return keys
