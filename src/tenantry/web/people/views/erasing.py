"""Erasing a person who was removed: what goes, then the deed."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.people.permissions import REMOVE
from tenantry.usecases.erasing import ErasurePlan, erase_person, plan_erase_person
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


@screen(REMOVE, methods=("GET", "POST"))
def person_erasure(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    changed: PlanChanged | None = None
    if request.method == "POST":
        try:
            done = perform(
                erase_person,
                actor=request.actor,
                membership_id=membership_id,
                digest=request.POST.get("digest", ""),
            )
            toast(request, _("What was personal is gone: it is %(name)s now.") % {"name": done.pseudonym})
            return go(request, reverse("person_detail", args=[membership_id]))
        except PlanChanged as found:
            changed = found
    with reading():
        plan = changed.plan if changed else plan_erase_person(actor=request.actor, membership_id=membership_id)
        context = {"plan": plan, "person_id": membership_id, "changed": changed, "effects": _effects(plan)}
        return page(request, "people/erasure.html", context, status=409 if changed else 200)


def _effects(plan: ErasurePlan) -> list[dict[str, object]]:
    lines = [
        (plan.audit, ngettext("value goes from the audit", "values go from the audit", plan.audit)),
        (plan.sessions, ngettext("session is forgotten", "sessions are forgotten", plan.sessions)),
        (plan.mails, ngettext("mail loses address and text", "mails lose address and text", plan.mails)),
    ]
    return [{"number": number, "text": text} for number, text in lines if number]
