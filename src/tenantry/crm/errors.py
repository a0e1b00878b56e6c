from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class RecordArchived(Refusal):
    code = "record_archived"
    sentence = _("This is archived. Restore it first.")


class ReceiverNotActive(Refusal):
    code = "receiver_not_active"
    sentence = _("%(name)s is not active here and can’t be given records.")


class LeadAlreadyConverted(Refusal):
    code = "lead_already_converted"
    sentence = _("This lead was converted already. What it became is what you work with now.")
