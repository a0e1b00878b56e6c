"""Composes mails about people. One-time tokens are minted here, in the transaction that seals the body."""

from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.core import clock, crypto
from tenantry.core.ids import NIL
from tenantry.core.mail.composing import Content, NothingToSay, composer
from tenantry.core.models import MailDelivery
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import company_profile
from tenantry.people.models import InvitationLink, PasswordReset, SignUpRequest, User

SIGN_UP_MAIL = "people.sign_up"
RESET_MAIL = "people.password_reset"
CODE_MAIL = "people.invitation_code"


@composer("people.invitation")
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
    token = crypto.new_token()
    link.token_hash = crypto.token_hash(token)
    link.save(update_fields=["token_hash"])
    organization = Organization.objects.get(pk=link.organization_id)
    inviter = link.invitation.invited_by
    context: dict[str, object] = {
        "organization": organization,
        "colour": company_profile().colour,
        "member": link.invitation.membership,
        "inviter": inviter.name if inviter else "",
        "url": f"{settings.BASE_URL}/accounts/invitation/{token}",
        "expires_at": link.invitation.expires_at,
        "time_zone": organization.time_zone,
    }
    subject = _("Join %(organization)s") % {"organization": organization.name}
    return Content.from_template("invitation", subject, context)


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
