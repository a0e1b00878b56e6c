"""Plan, state, next invoice, seats and card in one look; invoices beside them."""

from typing import Any

from django.http import HttpResponse

from tenantry.billing.invoicing import buyer_parts, buyers_in
from tenantry.billing.offers import sells_to
from tenantry.billing.selectors import (
    SWITCHED,
    account,
    gateway_for,
    grace_ends,
    holding_of,
    planned_terms,
    renewal_amount,
    renews,
    subscription,
    switched_in,
    switched_part,
    terms_of,
)
from tenantry.billing.states import Act, State, allows
from tenantry.billing.wording import STATES
from tenantry.core import clock
from tenantry.organizations.entitlements import CATALOGUE
from tenantry.organizations.permissions import BILLING_CANCEL, BILLING_CHANGE, BILLING_VIEW
from tenantry.web.billing.leaving import may_lead_away
from tenantry.web.billing.meters import meter_rows
from tenantry.web.billing.words import granted_words
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen(BILLING_VIEW)
def billing_home(request: MemberRequest) -> HttpResponse:
    row, now, actor = subscription(), clock.now(), request.actor
    terms, found = terms_of(row), account({**buyer_parts(), SWITCHED: switched_part()})
    words, tone = STATES[State(row.state)] if row else STATES[State.ACTIVE]
    changes, sold = actor.may(BILLING_CHANGE), sells_to(request.organization.blueprint, row)
    held = holding_of(row, switched_in(found.more)) if row else None
    context: dict[str, Any] = {
        "subscription": row,
        "terms": terms,
        "sells": sold,
        "state": words,
        "tone": tone,
        "planned": planned_terms(row) if row else None,
        "renews": row is not None and renews(row),
        "next_amount": renewal_amount(row, held) if row else 0,
        "card": found.card,
        "credit": found.credit,
        "newest": found.invoices,
        "unpaid": next((one for one in reversed(found.invoices) if one["state"] == "open"), None),
        "grace_ends": grace_ends(row) if row else None,
        "rows": meter_rows(now, limits=found.limits)[0],
        "granted": [one for one in granted_words(found.limits) if CATALOGUE[one.key].feature],
        "packs": terms.packs if row and changes and allows(row.state, Act.BUY_PACK) else (),
        "addons": [(one, held.switched.get(one.key, 0)) for one in terms.addons] if held else [],
        "buyer": buyers_in(found.more, request.organization).said if sold else {},
        "may_change": changes,
        "gateway": gateway_for(row),
        "may_cancel": actor.may(BILLING_CANCEL),
    }
    return may_lead_away(page(request, "billing/home.html", context))
