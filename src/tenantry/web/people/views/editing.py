"""What is known of one person, edited by an administrator."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.directory import find_listed
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.people.departments import choices
from tenantry.people.permissions import EDIT
from tenantry.usecases.person import edit_person
from tenantry.web.people.answers import done
from tenantry.web.people.particulars import PersonForm, initial_of, people_called
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

SHORTEST = 2


@screen(EDIT, methods=("GET", "POST"))
def person_edit(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """GET with `manager`: the same page with the people who may be meant."""
    now = clock.now()
    with reading():
        member = find_listed(request.actor, membership_id, now)
        if member.status == member.Status.REMOVED:
            raise NotFound
        typed = request.GET.get("manager", "").strip()
        found = people_called(request.actor, typed, now) if len(typed) >= SHORTEST else []
        form = PersonForm(
            request.POST if request.method == "POST" else None,
            request.FILES if request.method == "POST" else None,
            actor=request.actor,
            member=member,
            now=now,
            departments=choices(),
            zone=request.organization.time_zone,
            initial=initial_of(member),
        )
        valid = request.method == "POST" and form.is_valid()
    context = {"form": form, "member": member, "found": [one for one in found if one.id != membership_id]}
    if not valid:
        return page(request, "people/edit.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(edit_person, actor=request.actor, membership_id=membership_id, **form.params)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        if refused.code.startswith("manager_"):
            form.errors.pop("__all__", None)
            form.add_error("manager", str(refused))
        return page(request, "people/edit.html", context, status=status_of(refused))
    return done(request, membership_id, _("Saved."))
