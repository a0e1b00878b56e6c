"""Numbers of records in words."""

from collections.abc import Iterable

from tenantry.core.records import record_types
from tenantry.web.templatetags.components import grouped


def records_in_words(counts: Iterable[tuple[str, int]]) -> str:
    """`41 deals, 196 contacts`."""
    types = record_types()
    said = []
    for key, number in counts:
        declared = types.get(key)
        if declared:
            said.append(f"{grouped(number)} {str(declared.title if number == 1 else declared.plural).lower()}")
    return ", ".join(said)
