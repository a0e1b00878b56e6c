"""Composes mails about people. One-time tokens are minted here, in the transaction that seals the body."""

from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.core import clock, crypto
from tenantry.core.ids import NIL
from tenantry.core.mail.composing import Content, NothingToSay, composer
from tenantry.core.models import MailDelivery
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import company_profile
from tenantry.people.address_changes import ASKED_MAIL, CHANGED_MAIL, LINK_MAIL
from tenantry.people.models import (
    EmailChange,
    InvitationLink,
    Membership,
    PasswordReset,
    SignUpRequest,
    TemporaryPassword,
    User,
)
from tenantry.people.selectors import INVITATION_MAIL, TEMPORARY_MAIL
from tenantry.people.ways import secret_hash

SIGN_UP_MAIL = "people.sign_up"
RESET_MAIL = "people.password_reset"
CODE_MAIL = "people.invitation_code"
WELCOME_MAIL = "people.welcome"
PASSWORD_SET_MAIL = "people.password_set"  # noqa: S105 a kind of mail


@composer(INVITATION_MAIL)
def invitation(delivery: MailDelivery) -> Content:
    now = clock.now()
    links = InvitationLink.objects.select_for_update(no_key=True, of=("self",))
    link = (
        links.select_related("invitation__membership", "invitation__invited_by")
        .filter(id=delivery.subject_id or NIL)
        .first()
    )
    if link is None or link.ended_at or link.used_at or link.invitation.state(now) != "pending":
        raise NothingToSay
    return _with_link(link)


def _with_link(link: InvitationLink) -> Content:
    """Mints the link's token."""
    token = crypto.new_token()
    link.token_hash = crypto.token_hash(token)
    link.save(update_fields=["token_hash"])
    return _to_member(
        "invitation",
        _("Join %(organization)s"),
        link.invitation.membership,
        inviter=_name(link.invitation.invited_by),
        url=f"{settings.BASE_URL}/accounts/invitation/{token}",
        expires_at=link.invitation.expires_at,
    )


def _name(member: Membership | None) -> str:
    return member.name if member else ""


def _to_member(template: str, subject: str, member: Membership, **more: object) -> Content:
    """A mail in the organization's name and colours. `subject` has a place for its name."""
    organization = Organization.objects.get(pk=member.organization_id)
    context: dict[str, object] = {
        "organization": organization,
        "colour": company_profile().colour,
        "member": member,
        "time_zone": organization.time_zone,
        **more,
    }
    return Content.from_template(template, subject % {"organization": organization.name}, context)


@composer(TEMPORARY_MAIL)
def temporary_password(delivery: MailDelivery) -> Content:
    """Mints the password. Whoever has proven that the address is theirs gets a link to accept by instead: nobody gives
    an account that belongs to somebody a password. The link and the invitation end each other."""
    now = clock.now()
    rows = TemporaryPassword.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("membership", "invitation__invited_by")
    row = rows.filter(id=delivery.subject_id or NIL).first()
    if row is None or row.ended_at or row.used_at or row.expires_at <= now:
        raise NothingToSay
    member = row.membership
    if row.invitation is not None:
        if row.invitation.state(now) != "pending":
            raise NothingToSay
        if User.objects.filter(email=member.email, email_proven_at__isnull=False, password_given=False).exists():
            link = InvitationLink(invitation=row.invitation, kind=InvitationLink.Kind.MAILED, created_at=now)
            InvitationLink.objects.bulk_create([link])
            return _with_link(link)
    secret = crypto.new_password()
    row.secret_hash = secret_hash(secret)
    row.save(update_fields=["secret_hash"])
    subject = _("Your way into %(organization)s") if row.invitation else _("A temporary password for %(organization)s")
    return _to_member(
        "temporary_password",
        subject,
        member,
        inviter=_name(row.invitation.invited_by) if row.invitation else "",
        is_first=row.invitation is not None,
        secret=secret,
        url=f"{settings.BASE_URL}/accounts/login",
        expires_at=row.expires_at,
    )


@composer(WELCOME_MAIL)
def welcome(delivery: MailDelivery) -> Content:
    """To somebody whose password an administrator chose. It never stands in a mail."""
    member = _active(delivery)
    return _to_member("welcome", _("You are in %(organization)s"), member, url=f"{settings.BASE_URL}/accounts/login")


@composer(PASSWORD_SET_MAIL)
def password_set(delivery: MailDelivery) -> Content:
    """To somebody whose password an administrator has replaced."""
    member = _active(delivery)
    url = f"{settings.BASE_URL}/accounts/login"
    return _to_member("password_set", _("Your password for %(organization)s was changed"), member, url=url)


def _active(delivery: MailDelivery) -> Membership:
    rows = Membership.objects.filter(id=delivery.subject_id or NIL, status=Membership.Status.ACTIVE)
    member = rows.first()
    if member is None:
        raise NothingToSay
    return member


@composer(SIGN_UP_MAIL)
def sign_up(delivery: MailDelivery) -> Content:
    request = SignUpRequest.objects.select_for_update(no_key=True).filter(id=delivery.subject_id or NIL).first()
    if request is None or request.used_at or request.expires_at <= clock.now():
        raise NothingToSay
    token = crypto.new_token()
    request.token_hash = crypto.token_hash(token)
    request.save(update_fields=["token_hash"])
    context: dict[str, object] = {
        "request": request,
        "known": User.objects.filter(email=request.email).exists(),
        "url": f"{settings.BASE_URL}/accounts/verify/{token}",
    }
    return Content.from_template("sign_up", _("Confirm your address to create your organization"), context)


@composer(RESET_MAIL)
def password_reset(delivery: MailDelivery) -> Content:
    reset = PasswordReset.objects.select_for_update(no_key=True).filter(id=delivery.subject_id or NIL).first()
    if reset is None or reset.used_at or reset.expires_at <= clock.now():
        raise NothingToSay
    known = User.objects.filter(email=reset.email, is_active=True).exists()
    context: dict[str, object] = {"known": known, "email": reset.email, "base_url": settings.BASE_URL}
    if known:
        token = crypto.new_token()
        reset.token_hash = crypto.token_hash(token)
        reset.save(update_fields=["token_hash"])
        context["url"] = f"{settings.BASE_URL}/accounts/reset/{token}"
    return Content.from_template("password_reset", _("Choose a new password"), context)


@composer(CODE_MAIL)
def invitation_code(delivery: MailDelivery) -> Content:
    link = InvitationLink.objects.select_for_update(no_key=True).filter(id=delivery.subject_id or NIL).first()
    if link is None or link.ended_at or link.used_at:
        raise NothingToSay
    code = crypto.new_code()
    link.code_hash = crypto.token_hash(f"{link.id}{code}")
    link.save(update_fields=["code_hash"])
    organization = Organization.objects.get(pk=link.organization_id)
    context: dict[str, object] = {"organization": organization, "code": code, "colour": company_profile().colour}
    return Content.from_template(
        "invitation_code", _("Your code to join %(organization)s") % {"organization": organization.name}, context
    )


@composer(LINK_MAIL)
def address_link(delivery: MailDelivery) -> Content:
    """To the new address. It may be a stranger's by mistake: the present one is not told."""
    change = _change(delivery)
    known = User.objects.filter(email=change.new_email).exists()
    context: dict[str, object] = {"known": known, "change": change, "base_url": settings.BASE_URL, **_house(change)}
    if not known:
        token = crypto.new_token()
        change.token_hash = crypto.token_hash(token)
        change.save(update_fields=["token_hash"])
        context["url"] = f"{settings.BASE_URL}/accounts/address/{token}"
    return Content.from_template("address_link", _("Confirm your new address"), context)


@composer(ASKED_MAIL)
def address_asked(delivery: MailDelivery) -> Content:
    """To the present address. Whoever else reads its mails is not told the new one."""
    change = _change(delivery)
    context: dict[str, object] = {"change": change, "url": f"{settings.BASE_URL}/me/address", **_house(change)}
    return Content.from_template("address_asked", _("Another address is asked for"), context)


@composer(CHANGED_MAIL)
def address_changed(delivery: MailDelivery) -> Content:
    change = EmailChange.objects.filter(id=delivery.subject_id or NIL).exclude(used_at=None).first()
    if change is None:
        raise NothingToSay
    context: dict[str, object] = {"change": change, **_house(change)}
    return Content.from_template("address_changed", _("Your address was changed"), context)


def _change(delivery: MailDelivery) -> EmailChange:
    """:raises NothingToSay: it was used, called off or replaced meanwhile, or its time is up."""
    change = EmailChange.objects.select_for_update(no_key=True).filter(id=delivery.subject_id or NIL).first()
    if change is None or change.used_at or change.ended_at or change.expires_at <= clock.now():
        raise NothingToSay
    return change


def _house(change: EmailChange) -> dict[str, object]:
    """Where it was asked for and by whom: `asked_by` is empty where it was the person."""
    organization = Organization._base_manager.filter(organization_id=change.organization_id).first()
    rows = Membership._base_manager.filter(organization_id=change.organization_id, id=change.asked_by_id or NIL)
    by = rows.first()
    return {
        "organization": organization,
        "time_zone": organization.time_zone if organization else "UTC",
        "asked_by": by.name if by else "",
    }
