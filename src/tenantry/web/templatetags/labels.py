"""Words that the organization's blueprint chose: `{% label "teams" %}`, or `{% label "teams" as heading %}`."""

from typing import Any

from django import template

from tenantry.organizations.labels import label as chosen

register = template.Library()


@register.simple_tag(takes_context=True)
def label(context: template.Context, key: str) -> str:
    """The organization's own word, else ours; pages without an organization read ours."""
    organization: Any = context.get("organization")
    return chosen(getattr(organization, "labels", None) or {}, key)
