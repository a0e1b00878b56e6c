"""Taking back one act: what that would do, then the deed."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.audit.permissions import VIEW, VIEW_BILLING, VIEW_PEOPLE
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.usecases.telling_policies import effect_lines, effect_sentences
from tenantry.usecases.undoing import UndoPlan, members_of, plan_undo_entry, undo_entry
from tenantry.web.refusals import safe_back
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


@screen(methods=("GET", "POST"))
def audit_undo(request: MemberRequest, number: int) -> HttpResponse:
    """Open to every member: the act that is taken back says which permission it asks for. A toast posts without a
    digest, right after the act."""
    if request.method != "POST":
        plan = plan_undo_entry(actor=request.actor, number=number, now=clock.now())
        return _plan_page(request, plan)
    with reading():
        members = members_of(number)
    try:
        undone = perform(
            undo_entry,
            actor=request.actor,
            number=number,
            membership_ids=members,
            digest=request.POST.get("digest") or None,
        )
    except PlanChanged as changed:
        return _plan_page(request, changed.plan, changed=changed)
    toast(request, _("%(what)s: taken back.") % {"what": undone.what})
    return go(request, _back(request))


def _back(request: MemberRequest) -> str:
    """The page behind; without a script that is this dialog's own page, which is over."""
    back = safe_back(request)
    if back and request.path not in back:
        return back
    return reverse("audit_list" if request.actor.may_any(VIEW, VIEW_PEOPLE, VIEW_BILLING) else "launcher")


def _plan_page(request: MemberRequest, plan: UndoPlan, *, changed: PlanChanged | None = None) -> HttpResponse:
    context = {
        "plan": plan,
        "effects": effect_lines(plan.effects),
        "sentences": effect_sentences(plan.effects),
        "changed": changed,
    }
    return page(request, "audit/undo.html", context, status=409 if changed else 200)
