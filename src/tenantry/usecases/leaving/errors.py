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


class SuccessorCannotOpen(Refusal):
    """They would own what they can't open, which looks like order and is loss. `closed`: by workspace."""

    code = "successor_cannot_open"
    sentence = _(
        "%(successor)s could not open %(number)s of the records of %(name)s. Give access, choose somebody else, or say "
        "that they go there anyway."
    )


class SuccessorLeaves(Refusal):
    code = "successor_leaves"
    kind = "invalid"
    sentence = _("%(name)s is to leave too and can't go on with the records.")
