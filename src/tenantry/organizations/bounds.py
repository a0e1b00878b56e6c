"""Fields of an organization, and the addresses that nobody can take."""

import re
from dataclasses import dataclass
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from tenantry.core.text import InvalidText, TextBound

LEGAL_NAME = TextBound(200, required=False)
POSTAL_ADDRESS = TextBound(600, required=False, multiline=True)
TAX_ID = TextBound(40, required=False)
WEBSITE = TextBound(200, required=False)
PHONE = TextBound(40, required=False)

RESERVED_SLUGS = frozenset(
    "about account accounts admin api app apps assets auth auto badge badges billing blog careers company console"
    " contact customer customers dashboard demo dev docs download enterprise faq features feedback files guest healthz"
    " help home host invitation invite jobs legal login logout mail me media metrics momentum news notifications oauth"
    " operator owner payment platform policy press pricing privacy public readyz recognition register reports reset"
    " root saml scim search secure security service session settings setup signin signup sso static status subscribe"
    " support system team tenantry terms test user users verify webhook webhooks workspace workspaces www".split()
)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")


@dataclass(frozen=True, slots=True)
class SlugBound:
    max_length: int = 40
    required: bool = True

    def clean(self, value: str) -> str:
        """:raises InvalidText: not 3 to 40 of a-z, 0-9 and inner hyphens, or reserved."""
        text = value.strip().lower()[: self.max_length + 1]
        if not text:
            raise InvalidText("required", _("Please fill this in."))
        if not _SLUG.fullmatch(text) or "--" in text:
            raise InvalidText("invalid_slug", _("3 to 40 small letters, digits and single hyphens between them."))
        if text in RESERVED_SLUGS:
            raise InvalidText("reserved_slug", _("This address is reserved. Please choose another one."))
        return text


SLUG = SlugBound()
# Of the wizard, in this order.
SETUP_STEPS = ("company", "people", "plan")
TIME_ZONES = frozenset(available_timezones())
CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "CAD",
    "AUD",
    "NZD",
    "JPY",
    "INR",
    "BRL",
    "ZAR",
)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class ColourBound:
    max_length: int = 7
    required: bool = False

    def clean(self, value: str) -> str:
        """:raises InvalidText: not #rrggbb, or white text on it would have less than 4.5 : 1 (WCAG 2.2, 1.4.3)."""
        text = value.strip().lower()[:8]
        if not text:
            return ""
        if not _COLOUR.fullmatch(text):
            raise InvalidText("invalid_colour", _("Write a colour as #rrggbb."))
        if contrast_with_white(text) < 4.5:
            raise InvalidText(
                "low_contrast", _("White text on this colour would be hard to read. Please choose a darker one.")
            )
        return text


def contrast_with_white(colour: str) -> float:
    """WCAG contrast ratio of #rrggbb against white, 1 to 21."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


COLOUR = ColourBound()
