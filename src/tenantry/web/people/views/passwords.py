"""Passwords that an administrator gives to somebody who is in: a temporary one by mail, or one of their choice."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.transactions import reading
from tenantry.people.permissions import RESET_PASSWORD
from tenantry.people.selectors import get_member
from tenantry.security.errors import PasswordRefused
from tenantry.security.passwords import password_rule, rule_in_words
from tenantry.usecases.given_passwords import set_member_password, why_not_set
from tenantry.usecases.temporary_passwords import send_temporary_password
from tenantry.web.people.answers import done
from tenantry.web.people.forms import GivenPasswordForm
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen(RESET_PASSWORD, methods=("POST",))
def person_temporary_password(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    perform(send_temporary_password, actor=request.actor, membership_id=membership_id)
    return done(request, membership_id, _("A temporary password is on its way to them. It works once, for an hour."))


@screen(RESET_PASSWORD, methods=("GET", "POST"))
def person_password_set(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """A password that the administrator chooses; refused with its reason before anything is typed."""
    form = GivenPasswordForm(request.POST or None)
    with reading():
        member = get_member(request.actor, membership_id)
        rule = password_rule()
        context: dict[str, Any] = {
            "member": member,
            "form": form,
            "password_rules": rule_in_words(rule),
            "password_length": rule.minimum_length,
            "refused": why_not_set(request.actor, member),
        }
    if request.method == "GET":
        return page(request, "people/password.html", context)
    if not form.is_valid():
        return page(request, "people/password.html", context, status=422)
    try:
        perform(set_member_password, actor=request.actor, membership_id=membership_id, **form.cleaned_data)
    except PasswordRefused as refused:
        form.add_error("password", str(refused))
        return page(request, "people/password.html", context, status=422)
    return done(request, membership_id, _("%(name)s has the new password.") % {"name": member.name})
