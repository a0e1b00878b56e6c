from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class BatchNotReady(Refusal):
    """Being read or sent, sent, canceled: what was asked for needs one that waits."""

    code = "batch_not_ready"
    sentence = _("This batch is being worked on, or was sent or canceled already.")


class BatchMoved(Refusal):
    """Somebody else has read these rows, or the file is read anew: this reader stops."""

    code = "batch_moved"
    sentence = _("This file is being read already.")


class NothingToSend(Refusal):
    code = "nothing_to_send"
    sentence = _("No row of this batch can be sent. Please mend the rows with errors first.")


class NothingFailed(Refusal):
    code = "nothing_failed"
    sentence = _("No row of this batch was refused, and every mail is on its way.")


class NoAddresses(Refusal):
    code = "no_addresses"
    kind = "invalid"
    sentence = _("There is no address in this text.")
