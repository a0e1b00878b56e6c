from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tenantry.core import clock
from tenantry.core.ids import NIL
from tenantry.core.mail.composing import Content, NothingToSay, composer
from tenantry.core.models import MailDelivery
from tenantry.notifications.contacts import contact_role, contact_sentence
from tenantry.notifications.letters import MOST_IN_A_LETTER, taken_in
from tenantry.notifications.models import CONTACT_MAIL, DIGEST, MAIL, ContactNotice, Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.selectors import company_profile, current_organization
from tenantry.people.models import Membership
from tenantry.people.particulars import known_locale


@composer(MAIL)
def notice(delivery: MailDelivery) -> Content:
    """Of one notice, or of all that wait for the same person."""
    return _letter(taken_in(delivery.subject_id or NIL, clock.now()))


@composer(DIGEST)
def digest(delivery: MailDelivery) -> Content:
    rows = Notification.objects.filter(letter_id=delivery.subject_id or NIL, read_at=None, mailed_at=None)
    found = list(rows.select_for_update(no_key=True).order_by("id"))
    Notification.objects.filter(id__in=[row.id for row in found]).update(mailed_at=clock.now())
    return _letter(found, daily=True)


def _letter(rows: list[Notification], *, daily: bool = False) -> Content:
    """:raises NothingToSay: all of it was read in the application, or its reader can't sign in any more."""
    first = rows[0].membership_id if rows else NIL
    reader = Membership.objects.filter(id=first, status=Membership.Status.ACTIVE).first()
    if reader is None:
        raise NothingToSay
    # In the language of whoever reads it, as its pages are.
    with translation.override(known_locale(reader.locale) or settings.LANGUAGE_CODE):
        organization = current_organization()
        told = [one.sentence for one in worded(rows[:MOST_IN_A_LETTER])]
        if len(rows) == 1:
            title = told[0]
        elif daily:
            title = _("Your day: %(count)s notifications") % {"count": len(rows)}
        else:
            title = _("%(count)s notifications") % {"count": len(rows)}
        context: dict[str, object] = {
            "organization": organization,
            "colour": company_profile().colour,
            "title": title,
            "sentences": told if len(rows) > 1 else [],
            "more": len(rows) - len(told),
            "url": f"{settings.BASE_URL}/notifications",
            "daily": daily,
            "choose_url": f"{settings.BASE_URL}/me/notifications",
        }
        return Content.from_template("notice", f"{organization.name}: {title}", context)


@composer(CONTACT_MAIL)
def contact(delivery: MailDelivery) -> Content:
    row = ContactNotice.objects.filter(id=delivery.subject_id or NIL).first()
    if row is None:
        raise NothingToSay
    organization = current_organization()
    with translation.override(known_locale(organization.locale) or settings.LANGUAGE_CODE):
        sentence = contact_sentence(row)
        context: dict[str, object] = {
            "organization": organization,
            "colour": company_profile().colour,
            "sentence": sentence,
            "role": contact_role(row.contact),
        }
        return Content.from_template("contact_notice", f"{organization.name}: {sentence}", context)
