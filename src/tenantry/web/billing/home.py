"""Plan, state, next invoice, seats and card in one look; invoices beside them."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import ngettext

from tenantry.billing.coming import renewal_amount
from tenantry.billing.invoicing import buyer_parts, buyers_in
from tenantry.billing.offers import sells_to
from tenantry.billing.selectors import (
    SWITCHED,
    account,
    gateway_for,
    grace_ends,
    holding_of,
    planned_terms,
    renews,
    subscription,
    switched_in,
    switched_part,
    terms_of,
)
from tenantry.billing.states import Act, State, allows
from tenantry.billing.use import useful
from tenantry.billing.wording import STATES, interval_words
from tenantry.core import clock
from tenantry.organizations.entitlements import CATALOGUE
from tenantry.organizations.permissions import BILLING_CANCEL, BILLING_CHANGE, BILLING_VIEW
from tenantry.web.billing.leaving import may_lead_away
from tenantry.web.billing.meters import meter_rows
from tenantry.web.billing.words import granted_words
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.templatetags.components import grouped


@screen(BILLING_VIEW)
def billing_home(request: MemberRequest) -> HttpResponse:
    row, now, actor = subscription(), clock.now(), request.actor
    # Asked once, for the page and for the shell around it.
    shell = request.shell_facts()  # type: ignore[attr-defined]
    request.shell_facts = lambda: shell  # type: ignore[attr-defined]
    terms = terms_of(row)
    found = account(terms.currency, {**buyer_parts(), SWITCHED: switched_part()})
    words, tone = STATES[State(row.state)] if row else STATES[State.ACTIVE]
    changes, sold = actor.may(BILLING_CHANGE), sells_to(request.organization.blueprint, row)
    held = holding_of(row, switched_in(found.more)) if row else None
    context: dict[str, Any] = {
        "subscription": row,
        "terms": terms,
        "sells": sold,
        "state": words,
        "tone": tone,
        "planned": _planned(row) if row else "",
        "renews": row is not None and renews(row),
        "next_amount": renewal_amount(row, shell.seats, held) if row else 0,
        "card": found.card,
        "credit": found.credit,
        "newest": found.invoices,
        "unpaid": next((one for one in reversed(found.invoices) if one["state"] == "open"), None),
        "grace_ends": grace_ends(row) if row else None,
        "rows": meter_rows(now, limits=found.limits)[0],
        "granted": [one for one in granted_words(found.limits) if CATALOGUE[one.key].feature],
        "packs": useful(terms.packs, found.limits) if row and changes and allows(row.state, Act.BUY_PACK) else (),
        "addons": [(one, held.switched.get(one.key, 0)) for one in terms.addons] if held else [],
        "buyer": buyers_in(found.more, request.organization).said if sold else {},
        "may_change": changes,
        "gateway": gateway_for(row),
        "may_cancel": actor.may(BILLING_CANCEL),
    }
    return may_lead_away(page(request, "billing/home.html", context))


def _planned(row: Any) -> str:
    """What comes with the next period: `Team, monthly, 3 seats`; empty: everything goes on."""
    terms, interval, seats = planned_terms(row), row.planned.get("interval"), row.planned.get("seats")
    said = [terms.title] if terms else []
    if interval and interval != row.interval:
        said.append(interval_words(interval))
    if seats is not None and seats != row.seats:
        said.append(ngettext("%(n)s seat", "%(n)s seats", seats) % {"n": grouped(seats)})
    return ", ".join(said)
