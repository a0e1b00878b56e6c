"""The audit's words for records of every type, and for leads."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.core.records import record_types
from tenantry.usecases.telling_handover import closed_said

AREAS: Mapping[str, Any] = {
    "records": gettext_lazy("Records"),
    "leads": gettext_lazy("Leads"),
}
TITLES: Mapping[str, Any] = {
    "records.created": gettext_lazy("Record added"),
    "records.edited": gettext_lazy("Record edited"),
    "records.archived": gettext_lazy("Archived"),
    "records.restored": gettext_lazy("Restored from the archive"),
    "records.deleted": gettext_lazy("Record deleted"),
    "records.reassigned": gettext_lazy("Owner changed"),
    "records.exported": gettext_lazy("List taken out as a file"),
    "leads.taken_up": gettext_lazy("Lead taken up"),
    "leads.qualified": gettext_lazy("Lead qualified"),
    "leads.disqualified": gettext_lazy("Lead not qualified"),
    "leads.converted": gettext_lazy("Lead converted"),
}


def _type(key: str, *, many: bool = False) -> str:
    known = record_types().get(key)
    return str(known.plural if many else known.title).lower() if known else key


def _what(facts: Any) -> str:
    """`the lead “Nora Vik”`, `12 deals`."""
    key = facts.entry.target_type
    count = facts.values.get("count")
    if count:
        return _("%(count)s %(types)s") % {"count": count, "types": _type(key, many=int(count) != 1)}
    name = facts.get("name") or str(facts.personal.get("name") or _("(erased)"))
    return _("the %(type)s “%(name)s”") % {"type": _type(key), "name": name}


def _told(text: Any) -> Callable[[Any], str]:
    def tell(facts: Any) -> str:
        return str(text) % {"who": facts.who, "what": _what(facts)}

    return tell


def _reassigned(facts: Any) -> str:
    if facts.values.get("undoes"):
        words = {"who": facts.who, "what": _what(facts), "number": facts.values["undoes"]}
        return _("%(who)s took entry %(number)s back: %(what)s went back.") % words
    if not facts.values.get("to_id"):
        return _told(gettext_lazy("%(who)s took %(what)s from its owner, into the queue Unassigned."))(facts)
    words = {"who": facts.who, "what": _what(facts), "several": facts.several}
    return _("%(who)s gave %(what)s to %(several)s.") % words + closed_said(facts)


def _deleted(facts: Any) -> str:
    losses = facts.values.get("losses") or {}
    along = sum(int(count) for name, count in losses.items() if str(name).startswith("deleted."))
    said = _told(gettext_lazy("%(who)s deleted %(what)s."))(facts)
    if along:
        words = ngettext(
            "%(count)s record that hung on it went along.", "%(count)s records that hung on it went along.", along
        )
        said += " " + words % {"count": along}
    return said


def _exported(facts: Any) -> str:
    count = int(facts.values.get("count") or 0)
    return _("%(who)s took a list out as a file, %(count)s %(types)s.") % {
        "who": facts.who,
        "count": count,
        "types": _type(facts.get("type"), many=count != 1),
    }


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "records.created": _told(gettext_lazy("%(who)s added %(what)s.")),
    "records.edited": _told(gettext_lazy("%(who)s edited %(what)s.")),
    "records.archived": _told(gettext_lazy("%(who)s archived %(what)s.")),
    "records.restored": _told(gettext_lazy("%(who)s restored %(what)s from the archive.")),
    "records.deleted": _deleted,
    "records.reassigned": _reassigned,
    "records.exported": _exported,
    "leads.taken_up": _told(gettext_lazy("%(who)s took up %(what)s.")),
    "leads.qualified": _told(gettext_lazy("%(who)s qualified %(what)s.")),
    "leads.disqualified": _told(gettext_lazy("%(who)s marked %(what)s as not qualified.")),
    "leads.converted": _told(gettext_lazy("%(who)s converted %(what)s.")),
}
