"""Kinds of activities in words and drawings."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from tenantry.web.templatetags.components import icon

register = template.Library()
KINDS = {
    "call": gettext_lazy("Call"),
    "meeting": gettext_lazy("Meeting"),
    "mail": gettext_lazy("Mail"),
    "other": gettext_lazy("Something else"),
}
ICONS = {"call": "phone", "meeting": "users", "mail": "mail", "other": "activity"}


@register.simple_tag
def activity_kind(kind: str) -> str:
    return str(KINDS.get(kind, kind))


@register.simple_tag
def activity_icon(kind: str) -> SafeString:
    return icon(ICONS.get(kind, "activity"))
