"""The audit's words for bulk invites."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

TITLES: Mapping[str, Any] = {
    "people.batch_uploaded": gettext_lazy("List of people uploaded"),
    "people.batch_sent": gettext_lazy("Bulk invite begun"),
    "people.bulk_invited": gettext_lazy("Invited in bulk"),
    "people.bulk_mailed_again": gettext_lazy("Invitations of a bulk invite sent again"),
    "people.batch_canceled": gettext_lazy("Bulk invite canceled"),
    "people.batch_deleted": gettext_lazy("List of people deleted"),
}


def _file(facts: Any) -> str:
    return str(facts.personal.get("file") or _("pasted list"))


def _uploaded(facts: Any) -> str:
    return _("%(who)s uploaded people to invite (%(file)s).") % {"who": facts.who, "file": _file(facts)}


def _sent(facts: Any) -> str:
    count = int(facts.values.get("count") or 0)
    words = ngettext(
        "%(who)s began to invite %(n)s person (%(file)s).", "%(who)s began to invite %(n)s people (%(file)s).", count
    )
    return words % {"who": facts.who, "n": count, "file": _file(facts)}


def _invited(facts: Any) -> str:
    count, refused = (int(facts.values.get(name) or 0) for name in ("count", "refused"))
    words = ngettext("%(who)s invited %(n)s person.", "%(who)s invited %(n)s people.", count)
    if refused:
        words = ngettext(
            "%(who)s invited %(n)s person; %(refused)s refused.",
            "%(who)s invited %(n)s people; %(refused)s refused.",
            count,
        )
    return words % {"who": facts.who, "n": count, "refused": refused}


def _again(facts: Any) -> str:
    count = int(facts.values.get("count") or 0)
    words = ngettext(
        "%(who)s sent %(n)s invitation again that had not arrived.",
        "%(who)s sent %(n)s invitations again that had not arrived.",
        count,
    )
    return words % {"who": facts.who, "n": count}


def _plain(text: Any) -> Callable[[Any], str]:
    return lambda facts: str(text) % {"who": facts.who}


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "people.batch_uploaded": _uploaded,
    "people.batch_sent": _sent,
    "people.bulk_invited": _invited,
    "people.bulk_mailed_again": _again,
    "people.batch_canceled": _plain(gettext_lazy("%(who)s canceled a bulk invite.")),
    "people.batch_deleted": _plain(gettext_lazy("%(who)s deleted a list of people to invite.")),
}
