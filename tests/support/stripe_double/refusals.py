"""What Stripe answers instead of an object, in its words, and what a test is told of it."""

from typing import Any


class Refused(Exception):
    """`fault`: the kind under which it is recorded; empty: nothing is wrong with the request (a card was declined)."""

    def __init__(
        self,
        message: str,
        *,
        fault: str = "semantics",
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message, self.fault, self.status, self.param = message, fault, status, param
        # Whether nothing is left of what was done until then.
        self.undo = status != 402
        self.error: dict[str, Any] = {"message": message, "type": kind, **more}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def missing(kind: str, key: str, *, param: str = "id", status: int = 400) -> Refused:
    """Nothing is there under that id."""
    words = kind.replace("_", " ").replace(".", " ")
    message = f"No such {words}: '{key}'"
    return Refused(message, fault="missing", status=status, code="resource_missing", param=param)


def lacking(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unheeded(what: str, param: str = "") -> Refused:
    """Stripe has it, the double has not."""
    return Refused(f"The double does not know {what}.", fault="unknown", status=501, kind="api_error", param=param)


def unwanted(message: str, param: str = "") -> Refused:
    """Stripe would do it; this house never wants it done."""
    return Refused(f"Not in this house: {message}", fault="house", param=param)


DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "expired_card": "Your card has expired.",
}


def declined(reason: str, **more: Any) -> Refused:
    """402, as a card is declined; `reason` is the decline code."""
    code = reason if reason in {"authentication_required", "expired_card"} else "card_declined"
    message = DECLINES.get(reason, DECLINES["generic_decline"])
    return Refused(message, fault="", status=402, kind="card_error", code=code, decline_code=reason, **more)
