"""The side navigation and the App Launcher: declared entries, shown where the page exists and the actor may see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.organizations.labels import label


@dataclass(frozen=True, slots=True)
class Entry:
    """`permissions`: any one of them opens it, none means everybody. `pages`: further views that it stands for.
    `part`: of structure, shown where it is used; `whole`: only for who holds it in the whole organization,
    since what is held in one workspace is done outside of Admin. `word`: of `organizations.labels`, which the
    organization may have chosen itself."""

    label: Any
    url_name: str
    icon: str
    permissions: tuple[str, ...] = ()
    count: str = ""
    pages: tuple[str, ...] = ()
    part: str = ""
    whole: bool = False
    word: str = ""

    def opens_to(self, actor: Actor) -> bool:
        if self.whole:
            return any(actor.may(code) and actor.reach(code) for code in self.permissions)
        return actor.may_any(*self.permissions)


@dataclass(frozen=True, slots=True)
class Area:
    label: Any
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """`sentence` says on the App Launcher what is in it; `hue` is a colour class. `permissions`: any one of them opens
    it; none means whoever administers anything. `within`: the application that leads to it where that is open."""

    key: str
    label: Any
    url_name: str
    icon: str
    sentence: Any
    hue: str
    permissions: tuple[str, ...] = ()
    within: str = ""

    def opens_to(self, actor: Actor | None) -> bool:
        if not self.permissions:
            return is_administrator(actor)
        return actor is not None and actor.may_any(*self.permissions)


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
            Entry(
                _("Invitations"),
                "invitation_list",
                "mail",
                ("people.invite",),
                "invitations",
                ("invitation_", "batch_"),
            ),
            Entry(_("Teams"), "team_list", "users-group", ("teams.view", "teams.manage"), "", ("team_",), word="teams"),
            Entry(_("Departments"), "department_list", "tag", ("people.edit",), "", ("department_",), whole=True),
            Entry(_("Roles"), "role_list", "shield-half", ("roles.view", "roles.edit"), "", ("role_",)),
            Entry(
                _("Profiles"),
                "profile_list",
                "id-badge-2",
                ("roles.view", "profiles.edit"),
                "",
                ("profile_", "permission_profile"),
                part="profiles",
            ),
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
            Entry(
                _("Branches"),
                "unit_list",
                "sitemap",
                ("units.view", "units.manage"),
                "",
                ("unit_",),
                "units",
                word="units",
            ),
            Entry(
                _("Workspaces"),
                "workspace_list",
                "layout-grid",
                ("workspaces.view", "workspaces.manage"),
                "",
                ("workspace_",),
                "workspaces",
                whole=True,
            ),
            Entry(
                _("Workflows"),
                "workflow_list",
                "arrows-split-2",
                ("workflows.view", "workflows.manage"),
                "",
                ("workflow_",),
                "workflows",
            ),
        ),
    ),
    Area(
        _("Plan"),
        (
            Entry(_("Billing"), "billing_home", "credit-card", ("billing.view",), "", ("billing_", "invoice_")),
            Entry(_("Seats"), "seat_home", "ticket", ("seats.view", "billing.view"), "", ("seat_",)),
            Entry(_("Usage"), "usage_home", "activity", ("billing.view",), "", ("usage_",)),
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

# The board has an entry of its own.
DEAL_PAGES = (
    "deal_list",
    "deal_detail",
    "deal_create",
    "deal_edit",
    "deal_move",
    "deal_loss",
    "deal_people",
    "deal_split",
)
_RECORDS = ("leads.view", "contacts.view", "companies.view", "deals.view")
_OWN_WORK = ("tasks.view", "files.view")
MOMENTUM: tuple[Area, ...] = (
    Area(
        "",
        (
            Entry(_("Overview"), "momentum_home", "home", _RECORDS),
            Entry(_("Board"), "deal_board", "layout-list", ("deals.view",), pages=("deal_board",)),
            Entry(_("Deals"), "deal_list", "briefcase", ("deals.view",), pages=DEAL_PAGES),
            Entry(_("Leads"), "lead_list", "target", ("leads.view",), pages=("lead_",)),
            Entry(_("Contacts"), "contact_list", "users", ("contacts.view",), pages=("contact_",)),
            Entry(_("Companies"), "company_list", "building", ("companies.view",), pages=("company_",)),
        ),
    ),
    Area(
        _("Work"),
        (
            Entry(_("Activities"), "activity_list", "phone", ("activities.view",), pages=("activity_",)),
            Entry(_("Notes"), "note_list", "note", ("notes.view",), pages=("note_",)),
            Entry(_("Approvals"), "approval_list", "checks", ("deals.approve",), pages=("approval_",)),
            Entry(_("Unassigned"), "unassigned_list", "inbox", _RECORDS, pages=("unassigned_",)),
            Entry(_("Reports"), "report_home", "chart-bar", ("reports.view",), pages=("report_",)),
        ),
    ),
)
WORKSPACE: tuple[Area, ...] = (
    Area(
        "",
        (
            Entry(_("My tasks"), "workspace_home", "checks", _OWN_WORK, pages=("task_",)),
            Entry(_("Drive"), "drive_home", "folders", ("files.view",), pages=("drive_", "folder_", "file_")),
        ),
    ),
)
# Beside the pages of an application stand its own entries; beside all others those of Admin.
BESIDE: Mapping[str, tuple[Area, ...]] = {
    "/apps/momentum": MOMENTUM,
    "/reports": MOMENTUM,
    "/apps/workspace": WORKSPACE,
}

APPLICATIONS: tuple[Application, ...] = (
    Application("admin", _("Admin"), "admin_home", "key", _("People, access, plan and safety"), "h0c"),
    Application(
        "momentum", _("Momentum"), "momentum_home", "bolt", _("Leads, contacts, companies, deals"), "h2c", _RECORDS
    ),
    Application(
        "workspace", _("Workspace"), "workspace_home", "folders", _("Drive, files and tasks"), "h4c", _OWN_WORK
    ),
    Application(
        "reports",
        _("Reports"),
        "report_home",
        "chart-bar",
        _("Pipeline, won deals, conversion"),
        "h3c",
        ("reports.view",),
        within="momentum",
    ),
)


def address(url_name: str, args: Sequence[str] = ()) -> str:
    """Where a view is; "" where this installation has no such page."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def navigation(
    actor: Actor | None,
    *,
    path: str = "",
    current: str = "",
    counts: Mapping[str, int] | None = None,
    structure: Collection[str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[ShownArea]:
    """What this actor sees beside the page at `path`. `current`: the view's name; `counts`: figures by entry's count
    key; `structure`: the parts in use, None shows every one; `labels`: the organization's own words."""
    shown = []
    for area in next((areas for start, areas in BESIDE.items() if path.startswith(start)), ADMIN):
        used = (e for e in area.entries if not e.part or structure is None or e.part in structure)
        entries = tuple(_shown(entry, current, counts or {}, labels or {}) for entry in used if _visible(entry, actor))
        if entries:
            shown.append(ShownArea(str(area.label), entries))
    return shown


def search_of(actor: Actor | None, path: str) -> str:
    """What “/” reaches on the page at `path`: records beside the CRM, people elsewhere; "" for whoever sees none."""
    if actor is None:
        return ""
    if any(path.startswith(start) and areas is MOMENTUM for start, areas in BESIDE.items()):
        return address("momentum_search") if actor.may_any(*_RECORDS) else ""
    return address("person_list") if actor.may("people.view") else ""


def is_administrator(actor: Actor | None) -> bool:
    """Whether anything of Admin is open to them; whoever holds any administrative permission has the tile."""
    return actor is not None and any(entry.opens_to(actor) for area in ADMIN for entry in area.entries)


def applications(actor: Actor | None, *, path: str = "") -> list[ShownApplication]:
    """The tiles of the App Launcher."""
    shown: list[ShownApplication] = []
    opened = {one.key for one in APPLICATIONS if one.opens_to(actor)}
    for one in APPLICATIONS:
        url = address(one.url_name)
        if url and one.key in opened and one.within not in opened:
            here = path == url or path.startswith(f"{url}/")
            shown.append(ShownApplication(str(one.label), url, one.icon, str(one.sentence), one.hue, here))
    return shown


def _visible(entry: Entry, actor: Actor | None) -> bool:
    if actor is None or not address(entry.url_name):
        return False
    if not entry.permissions:
        return is_administrator(actor)
    return entry.opens_to(actor)


def _shown(entry: Entry, current: str, counts: Mapping[str, int], labels: Mapping[str, str]) -> ShownEntry:
    here = current == entry.url_name or any(current.startswith(page) for page in entry.pages)
    text = label(labels, entry.word) if entry.word else str(entry.label)
    return ShownEntry(text, address(entry.url_name), entry.icon, here, counts.get(entry.count))
