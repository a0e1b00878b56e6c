"""Invitations: who was asked and what became of it; sending again, links, revoking, editing before acceptance."""

from typing import Any

from django.conf import settings
from ninja import Query, Router

from tenantry.access.directory import base_assignment
from tenantry.access.errors import MemberOutOfHand, RoleNotAssignable, TooManyKeyholders
from tenantry.acting.errors import AnswerNotRepeated
from tenantry.api.idempotency import carry_out
from tenantry.api.invitations.schemas import (
    EditInvitation,
    InvitationLinkOut,
    InvitationOut,
    InvitationPage,
    InvitationQuery,
)
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.rows import person
from tenantry.api.people.schemas import (
    ConfirmedSelection,
    Named,
    Person,
    ResendPlanOut,
    ResentOut,
    Selection,
    named,
    refused_people,
)
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.core.ids import NIL
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import NotInvited, OneTeamOnly
from tenantry.people.permissions import INVITE
from tenantry.people.selectors import get_member, invitations, team_links_of
from tenantry.usecases.joining import copy_invitation_link, edit_invited, resend_invitation, revoke_invitation
from tenantry.usecases.resending import plan_resend_invitations, resend_invitations

router = Router(tags=["Invitations"])


@operation(router, "GET", "/invitations", INVITE, answer=InvitationPage)
def invitation_list(request: ApiRequest, query: Query[InvitationQuery]) -> Answer:
    """Every invitation of people whom the caller may see, open and ended ones."""
    page = keyset_page(
        invitations(request.actor),
        order="created_at",
        descending=query.sort == "-created",
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, InvitationPage, page, [_invitation(row) for row in page.rows])


def _invitation(row: Any) -> InvitationOut:
    by = row.invited_by
    return InvitationOut(
        id=row.id,
        state=row.state(clock.now()),
        way=row.way,
        person=Named(id=row.membership.id, name=row.membership.name),
        email=row.membership.email,
        invited_by=Named(id=by.id, name=by.name) if by else None,
        created_at=row.created_at,
        sent_at=row.sent_at,
        sent_count=row.sent_count,
        expires_at=row.expires_at,
        accepted_at=row.accepted_at,
        revoked_at=row.revoked_at,
    )


@operation(router, "POST", "/invitations/deliveries/plan", INVITE, answer=ResendPlanOut, reads=True)
def invitations_resend_plan(request: ApiRequest, body: Selection) -> ResendPlanOut:
    """What sending a selection again would do; changes nothing."""
    plan = plan_resend_invitations(actor=request.actor, membership_ids=body.person_ids, now=clock.now())
    return ResendPlanOut(
        digest=plan.digest,
        people=named(plan.members, plan.names),
        refused=refused_people(plan.refused),
        seats_taken=plan.seats_taken,
    )


@operation(
    router,
    "POST",
    "/invitations/deliveries",
    INVITE,
    answer=ResentOut,
    status=202,
    refuses=(NotInvited, AtSeatLimit, PlanChanged),
)
def invitations_resend(request: ApiRequest, body: ConfirmedSelection) -> ResentOut:
    """New links for those of a selection who wait for one. Who can't be sent one is left out and named."""
    sent = carry_out(request, resend_invitations, membership_ids=tuple(body.person_ids), digest=body.digest)
    return ResentOut(person_ids=list(sent.members), refused=refused_people(sent.refused), expires_at=sent.expires_at)


@operation(
    router,
    "PATCH",
    "/people/{person_id}/invitation",
    INVITE,
    answer=Person,
    refuses=(NotInvited, MemberOutOfHand, RoleNotAssignable, TooManyKeyholders, OneTeamOnly),
)
def invitation_edit(request: ApiRequest, person_id: Id, body: EditInvitation) -> Person:
    """Changes a pending person before they accept: name, role, teams, unit, profile."""
    sent = body.model_fields_set
    with reading():
        member = get_member(request.actor, person_id)
        held = base_assignment(person_id)
        teams = [team_id for team_id, _name in team_links_of(request.actor, [person_id]).get(person_id, [])]
    role_id = body.role_id or (held.role_id if held else None)
    if role_id is None:
        raise NotFound
    carry_out(
        request,
        edit_invited,
        membership_id=person_id,
        given_name=body.given_name if "given_name" in sent else member.given_name,
        family_name=body.family_name if "family_name" in sent else member.family_name,
        role_id=role_id,
        team_ids=tuple(body.team_ids if "team_ids" in sent else teams),
        unit_id=body.unit_id if "unit_id" in sent else NIL,
        profile_id=body.profile_id if "profile_id" in sent else NIL,
    )
    with reading():
        return person(request.actor, person_id)


@operation(
    router,
    "POST",
    "/people/{person_id}/invitation/delivery",
    INVITE,
    answer=Person,
    status=202,
    refuses=(NotInvited, MemberOutOfHand, AtSeatLimit),
)
def invitation_resend(request: ApiRequest, person_id: Id) -> Person:
    """Mails a new link or temporary password; the old one is dead, the timer starts anew, a seat is taken again."""
    carry_out(request, resend_invitation, membership_id=person_id)
    with reading():
        return person(request.actor, person_id)


@operation(
    router,
    "POST",
    "/people/{person_id}/invitation/link",
    INVITE,
    answer=InvitationLinkOut,
    status=201,
    refuses=(NotInvited, MemberOutOfHand, AtSeatLimit, AnswerNotRepeated),
)
def invitation_link_create(request: ApiRequest, person_id: Id) -> InvitationLinkOut:
    """A link to pass on by hand, beside the mailed one. Not repeated for a repeated Idempotency-Key."""
    copied = carry_out(request, copy_invitation_link, membership_id=person_id)
    return InvitationLinkOut(url=f"{settings.BASE_URL}/accounts/invitation/{copied.token}")


@operation(
    router,
    "POST",
    "/people/{person_id}/invitation/revocation",
    INVITE,
    answer=Person,
    refuses=(NotInvited, MemberOutOfHand),
)
def invitation_revoke(request: ApiRequest, person_id: Id) -> Person:
    """Links and temporary passwords are dead, the seat is free, the address can be invited anew."""
    carry_out(request, revoke_invitation, membership_id=person_id)
    with reading():
        return person(request.actor, person_id)
