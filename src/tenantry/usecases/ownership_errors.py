from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class PeopleOnly(Refusal):
    """Never a key: a person proves themselves with their own password."""

    code = "people_only"
    kind = "forbidden"
    sentence = _("Only a person who is signed in can do this, never a key.")


class HolderNoMore(Refusal):
    """Whoever hands ownership over has it, without an end and without a restriction."""

    code = "holder_no_more"
    sentence = _("Whoever would hand ownership over does not have it, or not any more.")


class HolderAlready(Refusal):
    code = "holder_already"
    sentence = _("%(name)s is %(role)s already.")


class TransferWaiting(Refusal):
    """One offer at a time."""

    code = "transfer_waiting"
    sentence = _("Your offer to %(name)s is still open. Take it back first.")


class TransferOver(Refusal):
    code = "transfer_over"
    sentence = _("This offer is not open any more.")
