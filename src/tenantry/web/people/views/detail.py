"""One person: what they may do and why, teams, sessions, and what was done to them. Tabs are addresses."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.access.directory import find_person
from tenantry.access.permissions import EXPLAIN
from tenantry.access.selectors import permissions_of
from tenantry.audit.permissions import VIEW as AUDIT_VIEW
from tenantry.audit.permissions import VIEW_PEOPLE as AUDIT_PEOPLE
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound
from tenantry.core.permissions import AREAS
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.structure import named_parts
from tenantry.people.identity import identity_of
from tenantry.people.particulars import locales
from tenantry.people.permissions import END_SESSIONS, INVITE, TEAMS_MANAGE, TEAMS_VIEW, VIEW
from tenantry.people.planned import planned_of
from tenantry.people.selectors import latest_invitation, manageable_teams, teams_of_member, visible_members
from tenantry.security.selectors import open_sessions
from tenantry.usecases.handing_over import may_take_from
from tenantry.web.billing.addons import addons_for
from tenantry.web.people.agents import device_of
from tenantry.web.people.ahead import ahead_context
from tenantry.web.people.answers import DEACTIVATION_BY
from tenantry.web.people.changes import changes
from tenantry.web.people.holding import access_context
from tenantry.web.people.particulars import local_time
from tenantry.web.people.plans import planned_lines
from tenantry.web.people.rows import Row, row_of
from tenantry.web.people.views.places import places_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


def head(request: MemberRequest, membership_id: UUID) -> dict[str, Any]:
    """What every tab shows above itself. `hands`: whether something can be done to them; `takes`: they have left, and
    who goes on with what is still theirs can be said.

    :raises NotFound: unknown, of another organization, or out of reach.
    """
    now = clock.now()
    member = find_person(request.actor, membership_id, now, policy=DEACTIVATION_BY)
    rule = CATALOGUE[DEACTIVATION_BY].default if member.ruled is None else member.ruled
    identity = identity_of(member)
    row = row_of(request.actor, member, now, deactivation_by=rule, ways=identity.ways)
    actor = request.actor
    hands = bool(row.acts & {"edit", "deactivate", "reactivate", "remove"})
    # What was on its way and stopped is still with them.
    takes = row.status == "removed" and may_take_from(actor, member)
    return {
        "row": row,
        "member": member,
        "unproven": row.status in ("active", "deactivated") and not identity.proven,
        "used": named_parts(request.organization),
        "shows_teams": actor.may_any(TEAMS_VIEW, TEAMS_MANAGE),
        "shows_sessions": _may_see_sessions(request, row),
        "shows_audit": actor.may_any(AUDIT_VIEW, AUDIT_PEOPLE),
        "shows_records": row.is_self or hands or takes,
        "hands": hands,
        "takes": takes,
        "shows_why": bool(decide(actor, EXPLAIN, Target("member", member.id, units=frozenset(member.above)))),
    }


def _may_see_sessions(request: MemberRequest, row: Row) -> bool:
    """Addresses and devices are for whoever may end them, and for the person."""
    return row.is_self or "sessions" in row.acts


@screen(VIEW)
def person_detail(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    context = head(request, membership_id)
    context.update(access_context(request.actor, context["row"], request.organization, context["used"], clock.now()))
    context.update(places_of(request, context["member"], context["row"].status))
    context.update(_about(request, context["row"]))
    context["addons"] = addons_for(request.actor, membership_id, context["row"].status)
    assignment = context["assignment"]
    if assignment is not None and not assignment.role.is_keyholder:
        lines = [line for line in permissions_of(assignment.role) if line.reach]
        context["allowed"] = [
            (title, [line for line in lines if line.area == area])
            for area, title in AREAS.items()
            if any(line.area == area for line in lines)
        ]
    if request.actor.may(INVITE) and context["row"].status in ("pending", "expired"):
        context["invitation"] = latest_invitation(membership_id)
    return page(request, "people/access.html", context)


def _about(request: MemberRequest, row: Row) -> dict[str, Any]:
    """What is known of them, and what is planned for them, where the actor might plan it."""
    member: Any = row.member
    # Who is in has no return without a last day: mostly there is nothing to ask.
    plans = row.leaves_on is not None or "reactivate" in row.acts
    rows = planned_of(member.id) if plans else []
    return {
        **ahead_context(request, rows),
        "planned": planned_lines(rows),
        "local": local_time(member, request.organization.time_zone, clock.now()),
        "language": locales().get(member.locale, ""),
        "manager_seen": member.manager_id is not None and _sees(request.actor, member.manager_id),
    }


def _sees(actor: Actor, membership_id: UUID) -> bool:
    """Whoever manages somebody may themselves be out of reach: then their name stands there without a link."""
    return bool(decide(actor, VIEW, NOWHERE)) or visible_members(actor).filter(id=membership_id).exists()


@screen(VIEW)
def person_teams(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    context = head(request, membership_id)
    if not context["shows_teams"]:
        raise NotFound
    context["rows"] = list(teams_of_member(request.actor, membership_id))
    mine = [row.team_id for row in context["rows"]]
    changes = context["row"].status != "removed" and request.actor.may(TEAMS_MANAGE)
    teams = manageable_teams(request.actor).filter(id__in=mine)
    context["manageable"] = set(teams.values_list("id", flat=True)) if changes else set()
    context |= {"may_add": changes, "row_id": str(membership_id)}
    return page(request, "people/teams.html", context)


@screen(VIEW)
def person_audit(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    context = head(request, membership_id)
    if not context["shows_audit"]:
        raise NotFound
    context["lines"] = changes(request.actor, about=membership_id, limit=50)
    return page(request, "people/audit.html", context)


def sessions_page(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """The tab behind `person_sessions`, whose POST ends them."""
    context = head(request, membership_id)
    if not context["shows_sessions"]:
        raise NotFound
    entries = list(open_sessions([membership_id], clock.now())[:100])
    context["sessions"] = [(entry, device_of(entry.agent)) for entry in entries]
    context["may_end"] = END_SESSIONS if request.actor.may(END_SESSIONS) else ""
    return page(request, "people/sessions.html", context)
