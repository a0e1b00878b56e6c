from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class KeyReused(Refusal):
    """The same idempotency key with another body (IETF draft idempotency-key-header)."""

    code = "idempotency_key_reused"
    kind = "invalid"
    sentence = _("This idempotency key was used for another request.")


class AnswerNotRepeated(Refusal):
    """The first answer held a secret; it is shown once."""

    code = "answer_not_repeated"
    kind = "conflict"
    sentence = _("This was done already, and its answer held a secret that is shown only once.")


class Busy(Refusal):
    """Transactions kept colliding; nothing was done."""

    code = "busy"
    kind = "unavailable"
    sentence = _("Many people are changing this right now. Please try again.")


class OperationOver(Refusal):
    """Canceled, failed or finished meanwhile: no further batch begins."""

    code = "operation_over"
    kind = "conflict"
    sentence = _("This has come to its end already.")
