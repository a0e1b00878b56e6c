"""Composes mails about access."""

from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.access.directory import base_assignment
from tenantry.access.models import OwnershipTransfer
from tenantry.core import clock
from tenantry.core.ids import NIL
from tenantry.core.mail.composing import Content, NothingToSay, composer
from tenantry.core.models import MailDelivery
from tenantry.organizations.selectors import company_profile, current_organization

OFFER_MAIL = "access.ownership_offer"


@composer(OFFER_MAIL)
def ownership_offer(delivery: MailDelivery) -> Content:
    rows = OwnershipTransfer.objects.select_related("giver", "recipient", "then_role")
    transfer = rows.filter(id=delivery.subject_id or NIL).first()
    held = base_assignment(transfer.giver_id) if transfer else None
    if transfer is None or held is None or not transfer.is_open(clock.now()):
        raise NothingToSay
    organization = current_organization()
    context: dict[str, object] = {
        "organization": organization,
        "colour": company_profile().colour,
        "transfer": transfer,
        "role": held.role.name,
        "url": f"{settings.BASE_URL}/ownership/{transfer.id}",
        "time_zone": organization.time_zone,
    }
    subject = _("%(name)s wants to hand %(organization)s over to you")
    words = {"name": transfer.giver.name, "organization": organization.name}
    return Content.from_template("ownership_offer", subject % words, context)
