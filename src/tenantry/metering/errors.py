from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy


class MeterExhausted(Refusal):
    """No room is left (product.md §5). `used`, `limit`, `needed`, `room`: numbers; `resets_at`: ISO 8601, UTC, empty
    where nothing resets; `words`: the same figures for people."""

    code = "meter_exhausted"
    sentence = _("The limit of “%(title)s” is reached.")
    remedies = (Remedy(_("See usage"), "usage_home"), Remedy(_("See plans and packs"), "billing_plans"))

    def __init__(self, *, words: dict[str, str] | None = None, packs: bool = False, **params: Any) -> None:
        super().__init__(packs=packs, **params)
        self.words = words or {}

    def __str__(self) -> str:
        if not self.words:
            return str(self.sentence) % {"title": self.params.get("meter", "")}
        told = [
            gettext("The limit of “%(title)s” is reached: %(used)s of %(limit)s are in use, and this needs %(needed)s.")
            % self.words
        ]
        if "resets" in self.words:
            told.append(gettext("It is counted anew from %(resets)s (UTC).") % self.words)
        else:
            told.append(gettext("Archive or delete what is no longer needed, and there is room again."))
        if self.params["packs"]:
            told.append(gettext("Whoever looks after billing can buy a pack or choose a larger plan."))
        else:
            told.append(gettext("Whoever looks after billing can choose a larger plan."))
        return " ".join(told)


class CallsExhausted(MeterExhausted):
    """The same for calls of programs, who ask again later."""

    code = "api_calls_exhausted"
    kind = "limited"


class HoldEnded(Refusal):
    """`state`: committed, released or expired."""

    code = "reservation_ended"
    sentence = _("This reservation has ended already: it was %(state)s.")


class MoreThanReserved(Refusal):
    """What is committed is part of what was reserved; more is reserved first."""

    code = "more_than_reserved"
    kind = "invalid"
    sentence = _("%(reserved)s were reserved. Reserve more before you commit more.")


class NotReported(Refusal):
    """The meter is counted by Tenantry itself."""

    code = "meter_not_reported"
    kind = "invalid"
    sentence = _("“%(meter)s” is no meter that usage is reported for.")
