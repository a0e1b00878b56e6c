"""What is wrong with an audit chain, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.audit.chain import Fault

SENTENCES: Mapping[str, Any] = {
    "missing": _("Entry %(number)s is missing."),
    "out_of_order": _("Entry %(number)s is not where it belongs."),
    "link_broken": _("Entry %(number)s does not follow the one before it."),
    "changed": _("Entry %(number)s was changed."),
    "personal_changed": _("A personal value of entry %(number)s was changed (%(field)s)."),
    "head_missing": _("The end of the chain is missing."),
    "head_forged": _("The seal of the end is not ours."),
    "end_missing": _("The last entries are missing."),
    "end_added": _("Entries were added after the end."),
}


def fault_in_words(fault: Fault) -> str:
    what, _colon, field = fault.what.partition(":")
    known = SENTENCES.get(what)
    return str(known) % {"number": fault.number, "field": field} if known else f"{fault.number}: {fault.what}"
