"""Operators' words about one entitlement, before what the plan says."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.billing.models import EntitlementOverride
from tenantry.billing.selectors import moment_of
from tenantry.billing.steps import lock_subscription, resolve_entitlements
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.ids import new_id
from tenantry.core.text import InvalidText, TextBound
from tenantry.organizations.entitlements import CATALOGUE

REASON = TextBound(300)
LARGEST = 10**15
OPERATORS = "operators alone reach it; every one of them may"


def _refuse_others(actor: Actor) -> None:
    if actor.kind != "operator" or actor.operator_id is None:
        raise NotFound


@action(open_to=OPERATORS)
def override_entitlement(
    *, actor: Actor, now: datetime, key: str, limit: int | None, reason: str, ends_at: datetime | None = None
) -> Outcome[Done]:
    """`limit` None: unlimited; of a feature 0 is off. It ends by itself at `ends_at`, or when it is taken back.

    :raises InvalidInput: unknown key, a limit below nothing, no reason, an end that is past.
    """
    _refuse_others(actor)
    row = lock_subscription()
    wrong = {}
    if key not in CATALOGUE:
        wrong["key"] = _("There is no such entitlement.")
    if limit is not None and not 0 <= limit <= LARGEST:
        wrong["limit"] = _("A whole number, or nothing for no limit.")
    if ends_at is not None and ends_at <= now:
        wrong["ends_at"] = _("Choose a day that is still to come.")
    try:
        said = REASON.clean(reason)
    except InvalidText:
        wrong["reason"] = _("Say why; the organization reads it in its audit.")
    if wrong:
        raise InvalidInput(dict(wrong))
    before = EntitlementOverride.objects.filter(key=key).first()
    one = before or EntitlementOverride(id=new_id(), key=key)
    one.limit, one.reason, one.ends_at, one.made_at = limit, said, ends_at, moment_of(row, now) if row else now
    assert actor.operator_id is not None
    one.made_by_id = actor.operator_id
    one.save(force_insert=before is None)
    resolve_entitlements(now)
    values = {"key": key, "limit": limit, "reason": said, "ends_at": ends_at.isoformat() if ends_at else None}
    return Outcome(Done(one.id), Entry("billing.entitlement_overridden", "entitlement", one.id, values))


@action(open_to=OPERATORS)
def end_override(*, actor: Actor, now: datetime, key: str) -> Outcome[Done]:
    """What the plan says holds again.

    :raises NotFound: nobody overrode it.
    """
    _refuse_others(actor)
    lock_subscription()
    row = EntitlementOverride.objects.filter(key=key).first()
    if row is None:
        raise NotFound
    row.delete()
    resolve_entitlements(now)
    return Outcome(Done(row.id), Entry("billing.override_ended", "entitlement", row.id, {"key": key}))
