"""What every page's template may use. Nothing here asks the database unless the template prints it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tenantry.core.actor import Actor
from tenantry.web.navigation import ShownArea, applications, is_administrator, navigation, search_of

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, as the bar shows them."""

    name: str = ""
    email: str = ""
    key: Any = None
    picture_url: str = ""
    organizations: int = 1


@dataclass(frozen=True, slots=True)
class ShellFacts:
    """Figures around the page. `seats`: in_use, limit, active, pending, free; None where not permitted. `structure`:
    the parts of structure in use. `people`: how many are active, pending and expired, of those the member may see.

    `counts` by the navigation's count keys.
    """

    seats: Any = None
    counts: Mapping[str, int] = field(default_factory=dict)
    unread: int = 0
    structure: frozenset[str] = frozenset()
    account: Account = field(default_factory=Account)
    people: Mapping[str, int] = field(default_factory=dict)


class Permitted:
    """For templates: `{% if "people.invite" in may %}`. Decides what is shown; what is allowed the action decides."""

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor

    def __contains__(self, code: str) -> bool:
        return self._actor is not None and self._actor.may(code)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor. Member screens set `request.shell_facts`, a function that returns ShellFacts."""
    actor = getattr(request, "actor", None)
    facts = SimpleLazyObject(lambda: _facts(request))
    view_name = request.resolver_match.url_name or "" if request.resolver_match else ""
    return {
        "actor": actor,
        "may": Permitted(actor),
        "organization": getattr(request, "organization", None),
        "fragment": is_fragment(request),
        "theme": SimpleLazyObject(lambda: theme_of(request)),
        "shell": facts,
        "seats": SimpleLazyObject(lambda: facts.seats),
        "search_url": SimpleLazyObject(lambda: search_of(actor, request.path)),
        "administrator": SimpleLazyObject(lambda: is_administrator(actor)),
        "shell_areas": SimpleLazyObject(lambda: _areas(request, view_name, facts)),
        "structure": SimpleLazyObject(lambda: facts.structure),
        "applications": SimpleLazyObject(lambda: applications(actor, path=request.path)),
    }


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page; going back in history asks for a whole one."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Request-Type") != "full"
    )


def theme_of(request: HttpRequest) -> str:
    """light, dark or "" (as the system is): the account's choice, before sign-in the browser's cookie."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", None) if user is not None else None
    if chosen is None:
        chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def _areas(request: HttpRequest, view_name: str, facts: Any) -> list[ShownArea]:
    organization = getattr(request, "organization", None)
    return navigation(
        getattr(request, "actor", None),
        path=request.path,
        current=view_name,
        counts=facts.counts,
        structure=facts.structure,
        labels=organization.labels if organization is not None else None,
    )


def _facts(request: HttpRequest) -> ShellFacts:
    provider: Callable[[], ShellFacts] | None = getattr(request, "shell_facts", None)
    return provider() if provider is not None else ShellFacts()
