"""Amounts as people read them: `{% money deal.value deal.currency %}`."""

from django import template

from tenantry.core.money import written

register = template.Library()


@register.simple_tag
def money(minor: int | None, currency: str, short: bool = True) -> str:
    """`€1,200`, `€1,200.50`; "–" for none. Not `short`: with what is behind the point where that is nothing, too."""
    return "–" if minor is None else written(minor, currency, short=short)
