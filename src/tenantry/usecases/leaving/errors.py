from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class SettleFirst(Refusal):
    """Something would be left without anybody who looks after it. `matters`: all of it, at once."""

    code = "settle_first"
    sentence = _("Something is to be settled before %(name)s leaves: %(what)s")


class SuccessorRequired(Refusal):
    """Policy `people.removal_records`."""

    code = "successor_required"
    sentence = _("%(name)s owns records. Name somebody who goes on with them.")


class SuccessorNotOffered(Refusal):
    """Policy `people.removal_records`: what a removed person owned becomes unassigned."""

    code = "successor_not_offered"
    kind = "invalid"
    sentence = _("In this organization records of a removed person become unassigned. Reassign them before.")


class SuccessorLeaves(Refusal):
    code = "successor_leaves"
    kind = "invalid"
    sentence = _("%(name)s is to leave too and can't go on with the records.")
