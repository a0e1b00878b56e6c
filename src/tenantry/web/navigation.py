"""The side navigation and the App Launcher: declared entries, shown where the page exists and the actor may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """`permissions`: any one of them opens it, none means everybody. `pages`: further views that it stands for."""

    label: Any
    url_name: str
    icon: str
    permissions: tuple[str, ...] = ()
    count: str = ""
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    label: Any
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """`sentence` says on the App Launcher what is in it; `hue` is a colour class."""

    key: str
    label: Any
    url_name: str
    icon: str
    sentence: Any
    hue: str
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownEntry:
    label: str
    url: str
    icon: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ShownArea:
    label: str
    entries: tuple[ShownEntry, ...]


@dataclass(frozen=True, slots=True)
class ShownApplication:
    label: str
    url: str
    icon: str
    sentence: str
    hue: str
    current: bool = field(default=False)


ADMIN: tuple[Area, ...] = (
    Area("", (Entry(_("Home"), "admin_home", "home"),)),
    Area(
        _("People"),
        (
            Entry(_("Overview"), "people_overview", "chart-bar", ("people.view",)),
            Entry(_("Directory"), "person_list", "users", ("people.view",), "people", ("person_",)),
            Entry(_("Invitations"), "invitation_list", "mail", ("people.invite",), "invitations", ("invitation_",)),
            Entry(_("Teams"), "team_list", "users-group", ("teams.view", "teams.manage"), "", ("team_",)),
            Entry(_("Roles"), "role_list", "shield-half", ("roles.view",), "", ("role_",)),
        ),
    ),
    Area(
        _("Organization"),
        (
            Entry(
                _("Company"),
                "org_overview",
                "building",
                ("organization.view", "organization.edit", "policies.view"),
                "",
                ("org_",),
            ),
        ),
    ),
    Area(
        _("Safety"),
        (
            Entry(
                _("Audit"),
                "audit_list",
                "history",
                ("audit.view", "audit.view_people", "audit.view_billing"),
                "",
                ("audit_",),
            ),
            Entry(_("Developers"), "api_key_list", "code", ("api_keys.manage",), "", ("api_key_",)),
        ),
    ),
)

APPLICATIONS: tuple[Application, ...] = (
    Application("admin", _("Admin"), "admin_home", "key", _("People, access, plan and safety"), "h0c"),
    Application("momentum", _("Momentum"), "momentum_home", "bolt", _("Leads, contacts, companies, deals"), "h2c"),
    Application("workspace", _("Workspace"), "workspace_home", "folders", _("Drive, files and tasks"), "h4c"),
)


def address(url_name: str, args: Sequence[str] = ()) -> str:
    """Where a view is; "" where this installation has no such page."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def navigation(actor: Actor | None, *, current: str = "", counts: Mapping[str, int] | None = None) -> list[ShownArea]:
    """What this actor sees beside an Admin page. `current`: the view's name; `counts`: figures by entry's count key."""
    shown = []
    for area in ADMIN:
        entries = tuple(_shown(entry, current, counts or {}) for entry in area.entries if _visible(entry, actor))
        if entries:
            shown.append(ShownArea(str(area.label), entries))
    return shown


def is_administrator(actor: Actor | None) -> bool:
    """Whether anything of Admin is open to them; whoever holds any administrative permission has the tile."""
    return actor is not None and any(
        actor.may(code) for area in ADMIN for entry in area.entries for code in entry.permissions
    )


def applications(actor: Actor | None, *, path: str = "") -> list[ShownApplication]:
    """The tiles of the App Launcher."""
    shown = []
    for one in APPLICATIONS:
        url = address(one.url_name)
        allowed = is_administrator(actor) if one.key == "admin" else actor is not None
        if url and allowed:
            here = path == url or path.startswith(f"{url}/")
            shown.append(ShownApplication(str(one.label), url, one.icon, str(one.sentence), one.hue, here))
    return shown


def _visible(entry: Entry, actor: Actor | None) -> bool:
    if actor is None or not address(entry.url_name):
        return False
    if not entry.permissions:
        return is_administrator(actor)
    return any(actor.may(code) for code in entry.permissions)


def _shown(entry: Entry, current: str, counts: Mapping[str, int]) -> ShownEntry:
    here = current == entry.url_name or any(current.startswith(page) for page in entry.pages)
    return ShownEntry(str(entry.label), address(entry.url_name), entry.icon, here, counts.get(entry.count))
