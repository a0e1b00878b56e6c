"""The second step of the dialogs in which people leave on a day: what happens then, what is to be settled until then
and the way to settle it there, who goes on with the records. What was chosen before stays."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tenantry.core.errors import Refusal
from tenantry.core.transactions import reading
from tenantry.usecases.leaving.settling import concerned
from tenantry.usecases.offboarding import LeavingPlan
from tenantry.web.people.bulk_plans import LeftOut, left_out
from tenantry.web.people.closed import closed_context
from tenantry.web.people.heirs import HeirPicker
from tenantry.web.people.leaving_words import leaving_effects
from tenantry.web.people.plans import blockers
from tenantry.web.people.settling import lines_to_settle, settle
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest


def named_day(day: date) -> str:
    """With its weekday: people plan by weeks."""
    return date_format(day, pgettext("a day with its weekday, see Django's date filter", "l j F Y"))


def is_choosing(sent: QueryDict | None) -> bool:
    """Whether the days are still chosen: somebody is looked for beside them, or they are to be others."""
    return sent is not None and ("days" in sent or (is_searching(sent) and "shown" not in sent))


def digest_in(sent: QueryDict) -> str:
    """Of the plan that is confirmed; empty where it is shown first."""
    shows = is_searching(sent) or "show" in sent or "matter" in sent
    return "" if shows else sent.get("digest", "")


def settled(request: MemberRequest, ids: Collection[UUID]) -> Refusal | None:
    """Settles what the form names, if it does (`settle`). Returns why it was not.

    :raises NotFound: see there.
    """
    if "matter" not in request.POST:
        return None
    return settle(request, lambda kind: concerned(request.actor, kind, ids), leaving=ids)


def day_context(
    request: MemberRequest,
    plan: LeavingPlan,
    ids: Collection[UUID],
    *,
    removing: bool,
    heir: HeirPicker | None = None,
    refused: Refusal | None = None,
) -> dict[str, Any]:
    """`refused`: why something could not be settled."""
    with reading():
        lines = lines_to_settle(request, plan.matters, leaving=ids)
        closed = closed_context(request.actor, plan.closed, anyway=False)
    if heir is not None:
        missing = any(one.code == "successor_required" for one in plan.refused)
        heir = replace(heir, title=_("Records go to"), needed=missing)
    return {
        **closed,
        "plan": plan,
        "removing": removing,
        "effects": leaving_effects(plan, removing=removing),
        "blockers": blockers(plan),
        "reasons": _reasons(plan, removing=removing),
        "musts": [line for line in lines if line.must],
        "shoulds": [line for line in lines if not line.must],
        "heir": heir,
        "refused": refused,
        "here": request.path,
        "typed": request.POST.get("organization_name", ""),
    }


def _reasons(plan: LeavingPlan, *, removing: bool) -> list[LeftOut]:
    reasons = left_out(plan.refused)
    if not removing:
        return reasons
    # Whoever was let go before can be removed; only an invitation stands in the way.
    remedy = _("Whoever has not joined is not let go on a day.")
    return [replace(one, remedy=remedy) if one.code == "not_active" else one for one in reasons]
