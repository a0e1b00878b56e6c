"""Where the assistant of a record is: `{% assistant_url record_type id as assistant %}`, "" where there is none."""

from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse

from tenantry.core.records import RecordType
from tenantry.usecases.assisting import assists

register = template.Library()


@register.simple_tag
def assistant_url(record_type: RecordType, record_id: UUID | Any) -> str:
    return reverse("record_assistant", args=[record_type.key, record_id]) if assists(record_type) else ""
