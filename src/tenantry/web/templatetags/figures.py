"""Large amounts in few characters: `{{ cell|compact:currency }}`."""

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from tenantry.core.money import major

register = template.Library()
THOUSAND, MILLION = 1_000, 1_000_000


@register.filter
def compact(minor: int, currency: str) -> str:
    """For the top of a column, without the currency: 940, 12 k, 1.3 M."""
    amount = major(minor, currency)
    if amount < 10 * THOUSAND:
        return str(formats.number_format(round(amount), use_l10n=True, force_grouping=True))
    if amount < MILLION:
        return _("%(number)s k") % {"number": formats.number_format(round(amount / THOUSAND), use_l10n=True)}
    places = 1 if amount < 100 * MILLION else 0
    return _("%(number)s M") % {"number": formats.number_format(amount / MILLION, decimal_pos=places, use_l10n=True)}
