"""Plans by agreement, for operators: what was agreed on, what it costs and does now, and the word that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.billing.actions.agreeing import Agreement, AgreementPlan, agree_plan, agreeable, plan_agreement
from tenantry.billing.actions.overriding import REASON
from tenantry.billing.changing import Difference
from tenantry.billing.errors import TooMuchInUse
from tenantry.billing.selectors import subscription, terms_of
from tenantry.billing.terms import Terms
from tenantry.billing.wording import worded
from tenantry.console.entitlements import words
from tenantry.console.screens import ConsoleRequest, SeeOther, act_in, looking_into, operator_screen, show
from tenantry.core import clock, money
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal
from tenantry.core.text import InvalidText
from tenantry.organizations.entitlements import CATALOGUE
from tenantry.organizations.selectors import find_organization
from tenantry.people.seats import seats

INTERVALS = ("month", "year")
FIELDS = ("plan", "interval", "base", "seats", "seat", "periods")


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says: the agreement, or what is wrong with which field."""

    agreement: Agreement | None
    wrong: Mapping[str, str]


@operator_screen(methods=("GET", "POST"), acts=True)
def console_agreement(request: ConsoleRequest, organization_id: UUID) -> HttpResponse:
    """A GET asks what was agreed on; a POST without a digest shows what it does and asks why; one with it does that."""
    with looking_into(organization_id):
        find_organization(organization_id)
        plans = agreeable()
        if not plans:
            raise Http404
        said = _said(request, plans)
    if request.method != "POST":
        return _form(request, organization_id, {})
    if said.agreement is None:
        return _form(request, organization_id, said.wrong)
    if not request.POST.get("digest"):
        return _shown(request, organization_id, said.agreement)
    return _agreed(request, organization_id, said.agreement)


def _agreed(request: ConsoleRequest, organization_id: UUID, agreement: Agreement) -> HttpResponse:
    sent = {"reason": request.POST.get("reason", ""), "digest": request.POST.get("digest", "")}
    try:
        act_in(request, organization_id, agree_plan, agreement=agreement, at=_moment(request), **sent)
    except PlanChanged as refused:
        return _shown(request, organization_id, agreement, changed=str(refused))
    except InvalidInput as refused:
        if "reason" in refused.fields:
            return _shown(request, organization_id, agreement, error=str(refused.fields["reason"]))
        return _form(request, organization_id, {name: str(text) for name, text in refused.fields.items()})
    except Refusal as refused:
        return _form(request, organization_id, {}, refused=refused)
    return SeeOther(f"{reverse('console_organization', args=[organization_id])}?agreed=1#plan")


def _said(request: ConsoleRequest, plans: list[Terms]) -> Said:
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    terms = next((one for one in plans if one.plan == typed["plan"]), plans[0])
    wrong: dict[str, str] = {}

    def number(name: str) -> int | None:
        said = typed[name].replace(",", "")
        if not said:
            return None
        if said.isascii() and said.isdigit() and len(said) < 9:
            return int(said)
        wrong[name] = _("A whole number, or nothing.")
        return None

    def amount(name: str) -> int | None:
        try:
            return money.read(typed[name], terms.currency) if typed[name] else None
        except InvalidText as refused:
            wrong[name] = str(refused)
            return None

    base = amount("base")
    if base is None and "base" not in wrong:
        wrong["base"] = _("Say the price; nothing is 0.")
    agreement = Agreement(terms.plan, typed["interval"], base or 0, number("seats"), amount("seat"), number("periods"))
    return Said(None if wrong else agreement, wrong)


def _moment(request: ConsoleRequest) -> datetime | None:
    try:
        moment = datetime.fromisoformat(request.POST.get("at", "")[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _form(
    request: ConsoleRequest, organization_id: UUID, wrong: Mapping[str, str], *, refused: Refusal | None = None
) -> HttpResponse:
    with looking_into(organization_id):
        row = subscription()
        held, plans = terms_of(row), agreeable()
        typed = {name: request.POST.get(name, "") for name in FIELDS}
        if request.method != "POST":
            typed |= _held(held, row.interval if row else INTERVALS[0], row.seats if row else None)
        context = {
            "viewed": find_organization(organization_id),
            "held": held,
            "counted": seats(clock.now()),
            "plans": plans,
            "currency": plans[0].currency,
            "typed": typed,
            "errors": wrong,
            "refused": refused,
        }
        return show(request, "console/agreement.html", context, status=409 if refused else 422 if wrong else 200)


def _held(held: Terms, interval: str, bought: int | None) -> dict[str, str]:
    """What was agreed on before, to be changed."""
    if not held.by_agreement:
        return {"interval": interval, "seats": "" if bought is None else str(bought)}
    price = held.price(interval)
    return {
        "plan": held.plan,
        "interval": interval,
        "base": money.plain(price.base, held.currency),
        "seats": "" if held.included is None else str(held.included),
        "seat": "" if price.seat is None else money.plain(price.seat, held.currency),
    }


def _shown(
    request: ConsoleRequest, organization_id: UUID, agreement: Agreement, *, changed: str = "", error: str = ""
) -> HttpResponse:
    """`changed`: why the figures that were read do not count any more; `error`: what is wrong with the reason."""
    try:
        with looking_into(organization_id):
            found = find_organization(organization_id)
            at = None if changed else _moment(request)
            plan = plan_agreement(actor=request.operator.actor, agreement=agreement, now=clock.now(), at=at)
            context = {
                "viewed": found,
                **_priced(plan),
                "sent": [(name, request.POST.get(name, "")) for name in FIELDS],
                "blocked": _blocked(plan),
                "changed": changed,
                "error": error,
                "reason": request.POST.get("reason", ""),
                "longest": REASON.max_length,
            }
            status = 409 if changed else 422 if error else 200
            return show(request, "console/agreement_plan.html", context, status=status)
    except InvalidInput as refused:
        return _form(request, organization_id, {name: str(text) for name, text in refused.fields.items()})
    except Refusal as refused:
        return _form(request, organization_id, {}, refused=refused)


def _blocked(plan: AgreementPlan) -> str:
    over = plan.change.reductions
    return str(TooMuchInUse(what=", ".join(f"{one.title} ({one.use} > {one.limit})" for one in over))) if over else ""


def _priced(plan: AgreementPlan) -> dict[str, Any]:
    """The invoices to be, and what differs, in words."""
    change = plan.change

    def line(one: Difference) -> tuple[str, str, str]:
        entitled = CATALOGUE[one.key]
        return one.title, words(entitled, one.before), words(entitled, one.after)

    return {
        "plan": plan,
        "change": change,
        "quote": change.quote,
        "lines": [worded(one, UTC) for one in change.quote.lines],
        "tax": sum(sheet.sums.tax for sheet in change.quote.sheets),
        "gained": [line(one) for one in change.gained],
        "lost": [line(one) for one in change.lost],
    }
