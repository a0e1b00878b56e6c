from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.core.ids import NIL
from tenantry.core.mail.composing import Content, NothingToSay, composer
from tenantry.core.models import MailDelivery
from tenantry.notifications.models import MAIL, Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.selectors import company_profile, current_organization


@composer(MAIL)
def notice(delivery: MailDelivery) -> Content:
    row = Notification.objects.filter(id=delivery.subject_id or NIL).first()
    # Reading in the application cancels the mail.
    if row is None or row.read_at is not None:
        raise NothingToSay
    organization = current_organization()
    text = worded([row])[0].sentence
    context: dict[str, object] = {
        "organization": organization,
        "colour": company_profile().colour,
        "sentence": text,
        "url": f"{settings.BASE_URL}/notifications",
    }
    subject = _("%(organization)s: %(sentence)s") % {"organization": organization.name, "sentence": text}
    return Content.from_template("notice", subject, context)
