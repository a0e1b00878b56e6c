"""Amounts of money: whole numbers of a currency's smallest unit, read and written as people do. Never floats.

Symbols are those of CLDR for English; a currency without one is written by its code (CHF 1,200.00).
"""

import re
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext as _

from tenantry.core.text import InvalidText

# Digits behind the point (ISO 4217) where they are not two.
_DIGITS = {
    "BHD": 3,
    "CLP": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "PYG": 0,
    "TND": 3,
    "UGX": 0,
    "VND": 0,
    "XAF": 0,
    "XOF": 0,
}
_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "NZD": "NZ$",
    "USD": "$",
}
# What a bigint holds, with room for sums of many.
LARGEST = 10**15
_BLANK = re.compile(r"[\s\u00a0\u202f'’]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def digits(currency: str) -> int:
    """Digits behind the point."""
    return _DIGITS.get(currency, 2)


def major(minor: int, currency: str) -> Decimal:
    """In the currency's main unit: 123456 cents are 1234.56."""
    return Decimal(minor).scaleb(-digits(currency))


def written(minor: int, currency: str, *, short: bool = False) -> str:
    """As the person writes numbers: `€1,234.50`. `short`: without what is behind the point where that is nothing."""
    places = digits(currency)
    if short and minor % 10**places == 0:
        places = 0
    number = formats.number_format(abs(major(minor, currency)), places, use_l10n=True, force_grouping=True)
    symbol = _SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"{'−' if minor < 0 else ''}{symbol}{number}"


def plain(minor: int, currency: str) -> str:
    """For a field that is edited and for files: 1234.50, without groups, in the person's notation."""
    return str(formats.number_format(major(minor, currency), digits(currency), use_l10n=True, force_grouping=False))


def read(text: str, currency: str) -> int:
    """Minor units of what somebody typed: `1,234.5`, `1 234.50`, `1234`, with or without the currency.

    :raises InvalidText: not an amount, below nothing, more digits than the currency has, or beyond `LARGEST`.
    """
    if len(text) > 60:
        raise _no_amount()
    bare = _BLANK.sub("", text).removeprefix(_SYMBOLS.get(currency, currency)).removeprefix(currency)
    bare = bare.removesuffix(currency)
    group, point = formats.get_format("THOUSAND_SEPARATOR"), formats.get_format("DECIMAL_SEPARATOR")
    whole, dot, rest = bare.partition(str(point))
    bare = whole.replace(str(group), "") + ("." + rest if dot else "")
    if not _NUMBER.fullmatch(bare):
        raise _no_amount()
    minor = Decimal(bare).scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise InvalidText("too_exact", _("%(currency)s has %(count)s digits behind the point.") % _about(currency))
    if minor > LARGEST:
        raise InvalidText("too_much", _("This is more than can be kept."))
    return int(minor)


def _about(currency: str) -> dict[str, str | int]:
    return {"currency": currency, "count": digits(currency)}


def _no_amount() -> InvalidText:
    return InvalidText("no_amount", _("An amount is digits, maybe with a point: 1,250.00"))
