"""Amounts of bytes for people: 4.2 GB, by thousands, as disks and plans are sold."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def in_words(size: int) -> str:
    """Three digits at most before the unit; whole bytes below a thousand."""
    if size < 1000:
        return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": size}
    units = (_("%(count)s KB"), _("%(count)s MB"), _("%(count)s GB"), _("%(count)s TB"))
    amount, unit = size / 1000, 0
    while amount >= 999.5 and unit < len(units) - 1:
        amount, unit = amount / 1000, unit + 1
    rounded = round(amount, 1 if amount < 99.95 else 0)
    shown = number_format(rounded, decimal_pos=0 if rounded == int(rounded) else 1, force_grouping=True)
    return units[unit] % {"count": shown}
