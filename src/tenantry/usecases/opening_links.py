"""What pages show behind one-time links. Opening changes nothing: mail scanners open links too."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from tenantry.access.selectors import roles_of
from tenantry.organizations.selectors import current_organization
from tenantry.people.errors import CodeNeeded, CodeWrong, LinkExpired, LinkReplaced, LinkRevoked, LinkUsed
from tenantry.people.models import InvitationLink, Membership
from tenantry.people.seats import counted_statuses, seats
from tenantry.people.selectors import FoundLink, find_link, find_user, refuse_dead_link
from tenantry.security.passwords import password_rule, rule_in_words
from tenantry.usecases.accepting import ask_code, code_is_out
from tenantry.usecases.signing_up import find_sign_up, makes_account

DEAD = {LinkUsed: "used", LinkRevoked: "revoked", LinkReplaced: "replaced", LinkExpired: "expired"}


@dataclass(frozen=True, slots=True)
class SeenInvitation:
    """`state`: ok, used, revoked, replaced, expired, wrong_account, unverified, account_unproven or
    no_seat. `mode`, with state ok: new
    (an account is made), sign_in (there is one), join (it is signed in)."""

    state: str
    mode: str
    link_id: UUID
    organization_id: UUID
    organization_name: str
    inviter_name: str
    inviter_email: str
    email: str
    given_name: str
    family_name: str
    role_name: str
    until: datetime
    code_sent: bool
    password_rules: tuple[str, ...]


def open_invitation_link(token: str, *, signed_in_user_id: UUID | None, code: str, now: datetime) -> SeenInvitation:
    """Reads in the crossing `accept_invitation`, armed with the link's organization.

    :raises LinkUnknown: no such token.
    """
    found = find_link(token)
    member, inviter = found.member, found.invitation.invited_by
    organization = current_organization()
    role = roles_of([member.id]).get(member.id)
    state, mode = _state(found, signed_in_user_id, code, now)
    return SeenInvitation(
        state=state,
        mode=mode,
        link_id=found.link.id,
        organization_id=found.organization_id,
        organization_name=organization.name,
        inviter_name=inviter.name if inviter else organization.name,
        inviter_email=inviter.email if inviter and inviter.status == Membership.Status.ACTIVE else "",
        email=member.email,
        given_name=member.given_name,
        family_name=member.family_name,
        role_name=role.name if role else "",
        until=found.invitation.expires_at,
        code_sent=code_is_out(found.link, now),
        password_rules=tuple(rule_in_words(password_rule())) if mode == "new" else (),
    )


def _state(found: FoundLink, signed_in_user_id: UUID | None, code: str, now: datetime) -> tuple[str, str]:
    try:
        refuse_dead_link(found, now)
    except tuple(DEAD) as dead:
        return DEAD[type(dead)], ""
    user = find_user(found.member.email)
    if signed_in_user_id is not None and (user is None or user.id != signed_in_user_id):
        return "wrong_account", ""
    if not found.member.seat_free and _needs_seat() and seats(now).free == 0:
        return "no_seat", ""
    signed_in = user is not None and user.id == signed_in_user_id
    account = user is not None and user.is_own
    if found.link.kind == InvitationLink.Kind.COPIED and not (account and signed_in):
        # Asked before anything is said about an account: a copied link must not tell whether the address has one.
        if settings.SMTP_URL and not code_holds(found.link, code, now):
            return "unverified", ""
        if user is not None and not account and not settings.SMTP_URL:
            return "account_unproven", ""
    if not account:
        return "ok", "new"
    return "ok", "join" if signed_in else "sign_in"


@dataclass(frozen=True, slots=True)
class SeenSignUp:
    """`state`: ok, sign_in (the address has an account) or wrong_account (another one is signed in). `makes_account`:
    with the password that was chosen with the request."""

    state: str
    request_id: UUID
    makes_account: bool
    email: str
    organization_name: str
    slug: str
    blueprint: str


def open_sign_up_link(token: str, *, signed_in_user_id: UUID | None, now: datetime) -> SeenSignUp:
    """Reads in the crossing `sign_up`.

    :raises LinkUnknown, LinkUsed, LinkExpired: what became of the link.
    """
    request = find_sign_up(token, now)
    user = find_user(request.email)
    state = "ok"
    if signed_in_user_id is not None and (user is None or user.id != signed_in_user_id):
        state = "wrong_account"
    elif signed_in_user_id is None and user is not None and user.is_own:
        state = "sign_in"
    return SeenSignUp(
        state,
        request.id,
        makes_account(user),
        request.email,
        request.organization_name,
        request.slug,
        request.blueprint,
    )


def code_holds(link: InvitationLink, code: str, now: datetime) -> bool:
    """Whether this code still opens a copied link."""
    try:
        ask_code(link, code, now)
    except (CodeNeeded, CodeWrong):
        return False
    return True


def _needs_seat() -> bool:
    counted = counted_statuses()
    return Membership.Status.ACTIVE in counted and Membership.Status.INVITED not in counted
