from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class NotRemoved(Refusal):
    code = "not_removed"
    sentence = _("%(name)s is still here. Remove them first.")


class AlreadyErased(Refusal):
    code = "already_erased"
    sentence = _("What was personal is gone already.")
