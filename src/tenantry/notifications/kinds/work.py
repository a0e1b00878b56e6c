"""Kinds about deals and long work."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.notifications.kinds.registry import Kind

if TYPE_CHECKING:
    from tenantry.notifications.models import Notification


def _operation(row: "Notification") -> str:
    if row.values.get("state") == "failed":
        return _("%(what)s: it came to a stop after %(done)s.")
    if row.values.get("state") == "planned":
        return _("%(what)s: ready. Read what would happen and confirm it within a day.")
    return _("%(what)s: finished, %(done)s done, %(refused)s left out.")


def _operation_url(row: "Notification") -> str:
    return f"/admin/operations/{row.values['operation_id']}"


def _approval(row: "Notification") -> str:
    return f"/apps/momentum/approvals/{row.values['approval_id']}"


def _approvals(_row: "Notification") -> str:
    return "/apps/momentum/approvals"


def _deal(row: "Notification") -> str:
    return f"/apps/momentum/deals/{row.values['deal_id']}"


KINDS = (
    Kind(
        "mentor_set",
        gettext_lazy("You became somebody’s mentor"),
        "deals",
        gettext_lazy("You are the mentor of %(name)s now: their deals wait for your word before lodgement."),
        url=_approvals,
    ),
    Kind(
        "deal_approval_asked",
        gettext_lazy("A deal waits for your approval"),
        "deals",
        gettext_lazy("%(name)s asks for your approval: “%(deal)s” is to enter “%(stage)s”."),
        url=_approval,
    ),
    Kind(
        "deal_approved",
        gettext_lazy("Your deal was approved"),
        "deals",
        gettext_lazy("%(name)s approved “%(deal)s”: it is in “%(stage)s” now."),
        url=_deal,
    ),
    Kind(
        "deal_declined",
        gettext_lazy("Your deal was not approved"),
        "deals",
        gettext_lazy("%(name)s did not approve “%(deal)s” for “%(stage)s”. The reason stands on the deal."),
        url=_deal,
    ),
    Kind(
        "deal_question_moved",
        gettext_lazy("A question about a deal has another mentor"),
        "deals",
        gettext_lazy("“%(deal)s” waits for the approval of %(name)s now, before “%(stage)s”."),
    ),
    Kind(
        "deal_question_ended",
        gettext_lazy("A question about a deal was withdrawn"),
        "deals",
        gettext_lazy("The question about “%(deal)s” and “%(stage)s” was withdrawn: no answer is needed."),
    ),
    Kind("operation_ended", gettext_lazy("Long work you started is ready"), "work", _operation, url=_operation_url),
)
