"""The audit's words for long work and for what was done to a selection."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.acting.operations import operation_kinds

TITLES: Mapping[str, Any] = {
    "operations.started": gettext_lazy("Long work begun"),
    "operations.finished": gettext_lazy("Long work finished"),
    "operations.canceled": gettext_lazy("Long work canceled"),
    "operations.failed": gettext_lazy("Long work stopped"),
    "people.roles_changed": gettext_lazy("Role given to several"),
    "people.profiles_set": gettext_lazy("Profile given to several"),
    "people.view_renamed": gettext_lazy("View renamed"),
    "people.view_shared": gettext_lazy("View shared"),
    "people.view_unshared": gettext_lazy("View made private"),
    "people.view_deleted": gettext_lazy("View deleted"),
}


def _what(facts: Any) -> str:
    known = operation_kinds().get(facts.get("kind"))
    return str(known.title) if known else facts.get("kind")


def _of_operation(text: Any) -> Callable[[Any], str]:
    def tell(facts: Any) -> str:
        figures = {name: facts.get(name) or "0" for name in ("done", "refused", "left")}
        return str(text) % {"who": facts.who, "what": _what(facts), **figures}

    return tell


def _started(facts: Any) -> str:
    count = int(facts.values.get("count") or 0)
    words = ngettext("%(who)s began: %(what)s, %(n)s person.", "%(who)s began: %(what)s, %(n)s people.", count)
    return words % {"who": facts.who, "what": _what(facts), "n": count}


def _given(given: Any, taken: Any) -> Callable[[Any], str]:
    """`taken`: the sentence where nothing comes in the place of what was."""

    def tell(facts: Any) -> str:
        text = given if facts.get("after") else taken
        return str(text) % {"who": facts.who, "several": facts.several, "after": facts.get("after")}

    return tell


def _view(text: Any) -> Callable[[Any], str]:
    def tell(facts: Any) -> str:
        return str(text) % {"who": facts.who, "name": str(facts.personal.get("name") or _("(erased)"))}

    return tell


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "operations.started": _started,
    "operations.finished": _of_operation(
        gettext_lazy("Finished for %(who)s: %(what)s, %(done)s done, %(refused)s left out.")
    ),
    "operations.canceled": _of_operation(
        gettext_lazy("%(who)s canceled: %(what)s, %(done)s were done, %(left)s were not.")
    ),
    "operations.failed": _of_operation(gettext_lazy("It came to a stop: %(what)s, %(done)s were done.")),
    "people.roles_changed": _given(gettext_lazy("%(who)s gave %(several)s the role %(after)s."), ""),
    "people.profiles_set": _given(
        gettext_lazy("%(who)s gave %(several)s the profile %(after)s."),
        gettext_lazy("%(who)s took the profile of %(several)s away."),
    ),
    "people.view_renamed": _view(gettext_lazy("%(who)s renamed a view, now “%(name)s”.")),
    "people.view_shared": _view(gettext_lazy("%(who)s shared the view “%(name)s”.")),
    "people.view_unshared": _view(gettext_lazy("%(who)s made the view “%(name)s” private.")),
    "people.view_deleted": _view(gettext_lazy("%(who)s deleted the view “%(name)s”.")),
}
