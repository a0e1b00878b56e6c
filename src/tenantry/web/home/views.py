"""The first page of Admin: what needs attention, what changed, seats, new people. Only what the actor may see."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse

from tenantry.access.directory import newest_and_expiring, standing
from tenantry.access.permissions import ASSIGN, ROLES_VIEW
from tenantry.audit.permissions import VIEW as AUDIT_VIEW
from tenantry.audit.permissions import VIEW_BILLING, VIEW_PEOPLE
from tenantry.core import clock
from tenantry.core.errors import PermissionMissing
from tenantry.crm.mentoring import questions_waiting, unanswered
from tenantry.organizations.permissions import EDIT
from tenantry.people.permissions import INVITE, VIEW
from tenantry.usecases.planning import Waiting, planned_attention
from tenantry.web.home.attention import Facts, attention
from tenantry.web.navigation import ADMIN, is_administrator
from tenantry.web.people.changes import changes
from tenantry.web.people.rows import row_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

# Any of them opens Admin; the first is the one that a refusal names.
ADMINISTRATIVE = tuple(dict.fromkeys(code for area in ADMIN for entry in area.entries for code in entry.permissions))
SOON = timedelta(days=3)
NEW_PEOPLE, RECENT_CHANGES, MOST_EXPIRING = 5, 8, 20


@screen(*ADMINISTRATIVE)
def admin_home(request: MemberRequest) -> HttpResponse:
    now = clock.now()
    actor = request.actor
    # A level in a workspace opens that workspace's settings, outside of Admin.
    if not is_administrator(actor):
        raise PermissionMissing(ADMINISTRATIVE[0])
    # Asked once, for the page and for the shell around it.
    shell = request.shell_facts()  # type: ignore[attr-defined]
    request.shell_facts = lambda: shell  # type: ignore[attr-defined]
    people = []
    if actor.may(VIEW):
        people = list(newest_and_expiring(actor, now, now + SOON, newest=NEW_PEOPLE, most=NEW_PEOPLE + MOST_EXPIRING))
    expiring = [m for m in people if m.status == m.Status.INVITED and now < m.invited_until <= now + SOON]
    asked = questions_waiting(actor) if actor.may(VIEW) and actor.may(ASSIGN) else None
    state = standing(actor, now, besides=asked) if actor.may(ROLES_VIEW) else None
    facts = Facts(
        seats=shell.seats,
        people=shell.people,
        standing=state,
        expiring=tuple(m.name for m in expiring) if actor.may(INVITE) else (),
        invites=actor.may(INVITE),
        setup_open=actor.may(EDIT) and request.organization.setup_finished_at is None,
        mail_waits=actor.may(INVITE) and not settings.SMTP_URL,
        sees_seats=actor.may_any("seats.view", "billing.view"),
        planned=planned_attention(actor, now) if actor.may(VIEW) else Waiting(),
        unanswered=unanswered(state.besides, now) if state is not None else (),
    )
    context = {
        "attention": attention(facts),
        "heads": shell.people,
        "new_people": [row_of(actor, m, now, deactivation_by="nobody") for m in people if m.is_new],
        "shows_people": actor.may(VIEW),
        "shows_changes": actor.may_any(AUDIT_VIEW, VIEW_PEOPLE, VIEW_BILLING),
        "now": now,
    }
    if context["shows_changes"]:
        context["changes"] = changes(actor, limit=RECENT_CHANGES)
    return page(request, "home/home.html", context)
