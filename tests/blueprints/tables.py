"""The tables of the five blueprints, cell by cell: what every organization of a blueprint has to do.

`-` is no, `yes` a permission without reach, `own`, `team`, `workflow`, `all` whose records.
"""

from collections.abc import Iterator
from dataclasses import dataclass

BLUEPRINTS = ("standard", "crm-suite", "sales-floor", "brokerage", "messaging")
NO = "-"


@dataclass(frozen=True, order=True)
class Cell:
    """`column`: the blueprint in the table of policies, the role in the tables of roles."""

    blueprint: str
    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.blueprint} · {self.table} · {self.row} · {self.column}"


# --- Policies ------------------------------------------------------------------------------

LINK, TEMPORARY, ADMINISTRATOR = "invitation_link", "temporary_password", "administrator_password"
WAITING = ["active", "invited"]

# Code -> value of each blueprint. What the table leaves to its default stands here as that default.
VALUES: dict[str, tuple[object, ...]] = {
    "people.entry_modes": ([LINK, TEMPORARY], [ADMINISTRATOR], [LINK], [TEMPORARY], [LINK]),
    "people.add_fields": (
        ["names", "email", "role", "profile", "teams", "unit"],
        ["names", "email", "password", "role", "profile"],
        ["email", "names", "role", "teams"],
        ["email", "given_name", "family_name"],
        ["email", "role", "workspaces"],
    ),
    "people.invitation_days": (7, 7, 7, 7, 7),
    "workspaces.assign_on_add_limit": (10, 10, 10, 10, 10),
    "people.exclusive_email": (False, True, False, False, False),
    "seats.counted_statuses": (WAITING, WAITING, WAITING, ["active", "invited", "deactivated"], WAITING),
    "seats.growth": ("licensed", "licensed", "licensed", "per_person", "licensed"),
    "seats.free_roles": ([], [], [], ["system_administrator", "system_administrator_addition"], []),
    "people.deactivation_by": ("permission", "permission", "permission", "owner", "nobody"),
    "people.removal_records": (
        "successor_optional",
        "successor_optional",
        "successor_optional",
        "successor_required",
        "unassign",
    ),
    "people.email_change": ("verified", "verified", "verified", "verified", "forbidden"),
    "keyholders.maximum": (None, None, None, 1, None),
    "ownership.transfer": (
        "recipient_confirms",
        "recipient_confirms",
        "recipient_confirms",
        "immediate",
        "recipient_confirms",
    ),
    "organization.deletion": ("self_service", "support_only", "support_only", "support_only", "self_service"),
    "teams.per_person": ("many", "many", "one", "many", "one_per_workspace"),
    "proration.basis": ("second", "second", "second", "month", "second"),
    "password.minimum_length": (12, 8, 12, 12, 12),
    "password.required_classes": ([], ["digit", "symbol"], [], [], []),
    "password.breached": (True, True, True, True, True),
    "password.similar": (True, True, True, True, True),
    "password.expiry_days": (None, None, None, None, None),
    "password.history": (0, 0, 0, 0, 0),
    "password.locked": (False, False, False, False, False),
    "session.idle_hours": (12, 12, 12, 12, 12),
    "session.absolute_days": (14, 14, 14, 14, 14),
    "session.sso_hours": (None, None, None, None, 24),
}
# Only the operator may change these.
OPERATORS = {
    "people.exclusive_email",
    "seats.counted_statuses",
    "seats.growth",
    "seats.free_roles",
    "organization.deletion",
    "proration.basis",
    "password.locked",
}
# Rows of the table that are no policy of their own.
FOLLOWS = ("ways to stop paying for a person", "plan changes", "sign-in")
LABELS: dict[str, tuple[str, ...]] = {
    "teams": ("Teams", "Groups", "Teams", "Teams", "Teams"),
    "add_user": ("Add user", "Add user", "Invite User", "Add New", "ADD USER"),
    "bulk_invite": ("Bulk Invite",) * 5,
    "deactivate": ("Deactivate", "Deactivate", "Deactivate", "Disable", "Deactivate"),
}


# --- Roles ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoleTable:
    """`rows`: ability -> permission -> what each role has of it, in the order of `roles`. `gives`: base roles that
    somebody of a role may give away. `admin`: who has Admin at all."""

    roles: tuple[str, ...]
    rows: dict[str, dict[str, str]]
    gives: dict[str, tuple[str, ...]]
    admin: tuple[str, ...]

    def expected(self, row: str, role: str) -> dict[str, str]:
        place = self.roles.index(role)
        return {code: columns.split()[place] for code, columns in self.rows[row].items()}


def _each(columns: str, *codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, columns)


_TYPES = ("leads", "contacts", "companies", "deals", "tasks", "notes", "activities", "files")


def _records(view: str, create: str, edit: str, delete: str) -> dict[str, str]:
    found = {}
    for verb, columns in (("view", view), ("create", create), ("edit", edit), ("delete", delete)):
        found |= _each(columns, *(f"{kind}.{verb}" for kind in _TYPES))
    return found | {"deals.move": edit, "commission.view": view}


_STANDARD = {
    "organization information, contacts": {
        "organization.view": "all all all all - - -",
        "organization.edit": "all all - - - - -",
    },
    "policies, roles, profiles": {
        **_each("all all - all - - -", "policies.view", "roles.view"),
        **_each("all all - - - - -", "policies.edit", "roles.edit", "profiles.edit"),
    },
    "people: assignable and manageable": {
        "people.view": "all all all all team - -",
        **_each(
            "all all - all - - -",
            "people.invite",
            "people.edit",
            "people.deactivate",
            "people.remove",
            "people.reset_password",
            "people.end_sessions",
            "people.assign_roles",
            "people.restrict",
            "access.explain",
        ),
    },
    "teams / units / workspaces / workflow members": {
        "teams.view": "all all all all team - -",
        "teams.manage": "all all - all team - -",
        **_each("all all all all - - -", "units.view", "workspaces.view", "workflows.view"),
        **_each("all all - all - - -", "units.manage", "workspaces.manage", "workspaces.edit", "workflows.manage"),
    },
    "pipelines, fields, modules, automations, API keys, webhooks, SSO, SCIM": _each(
        "all all - - - - -",
        "pipeline.configure",
        "fields.manage",
        "modules.manage",
        "automations.manage",
        "integrations.manage",
        "webhooks.manage",
        "api_keys.manage",
        "usage.report",
        "platform.manage",
    ),
    "billing: view / change / cancel": {
        "billing.view": "all all all - - - -",
        "billing.edit_details": "all all all - - - -",
        "billing.change_plan": "all all all - - - -",
        "billing.cancel": "all all - - - - -",
        "seats.view": "all all all all - - -",
    },
    "records": _records(
        "all all - - team own all", "all all - - all all -", "all all - - team own -", "all all - - - - -"
    ),
    "reports; export from lists; export all": {
        "reports.view": "all all - - team own all",
        "reports.export": "all all - - all - -",
        "records.export": "all all - - team - -",
        "people.export": "all all - all - - -",
        "data.export_all": "all all - - - - -",
        "data.import": "all all - - - - -",
    },
    "challenges": {
        "gamification.configure": "all all - - - - -",
        "challenges.create": "all all - - all - -",
        "challenges.join": "all all - - all all -",
    },
    "audit": {
        "audit.view": "all all - - - - -",
        "audit.view_billing": "all all all - - - -",
        "audit.view_people": "all all - all - - -",
        "audit.export": "all all - - - - -",
    },
    "transfer ownership, delete organization": _each("all - - - - - -", "ownership.transfer", "organization.delete"),
}
_BELOW = ("manager", "member", "read_only")
_CRM_COLUMNS = {"admin": "owner", "manager": "manager", "standard_user": "member"}


def _crm() -> dict[str, dict[str, str]]:
    """Admin is the Owner's column, Manager the Manager's, Standard user the Member's."""
    columns = ("owner", "administrator", "billing_administrator", "people_administrator", *_BELOW)
    places = [columns.index(standard) for standard in _CRM_COLUMNS.values()]
    return {
        row: {code: " ".join(text.split()[place] for place in places) for code, text in codes.items()}
        for row, codes in _STANDARD.items()
    }


ROLES: dict[str, RoleTable] = {
    "standard": RoleTable(
        roles=("owner", "administrator", "billing_administrator", "people_administrator", *_BELOW),
        rows=_STANDARD,
        gives={
            "owner": (
                "owner",
                "administrator",
                "billing_administrator",
                "people_administrator",
                *_BELOW,
            ),
            "administrator": ("administrator", "billing_administrator", "people_administrator", *_BELOW),
            "people_administrator": _BELOW,
        },
        admin=("owner", "administrator", "billing_administrator", "people_administrator", "manager"),
    ),
    "crm-suite": RoleTable(
        roles=tuple(_CRM_COLUMNS),
        rows=_crm(),
        gives={"admin": ("admin", "manager", "standard_user")},
        admin=("admin", "manager"),
    ),
    "sales-floor": RoleTable(
        roles=("admin", "manager", "sales_rep"),
        rows={
            "deals.view / deals.edit": {"deals.view": "all team own", "deals.edit": "all team own"},
            "deals.create": {"deals.create": "all all all"},
            "deals.delete": {"deals.delete": "all - -"},
            "reports.view": {"reports.view": "all team own"},
            "people.* (manage users)": _each(
                "all - -",
                "people.invite",
                "people.edit",
                "people.deactivate",
                "people.remove",
                "people.reset_password",
                "people.end_sessions",
                "people.assign_roles",
                "people.restrict",
                "people.export",
            ),
            "teams.manage": {"teams.manage": "all team -"},
            "pipeline.configure, fields.manage, automations.manage, integrations.manage, gamification.configure": _each(
                "all - -",
                "pipeline.configure",
                "fields.manage",
                "automations.manage",
                "integrations.manage",
                "gamification.configure",
            ),
            "billing.*": _each("all - -", "billing.view", "billing.change_plan", "billing.cancel"),
            "challenges.create": {"challenges.create": "all all -"},
            "records.export (from lists)": {"records.export": "all team -"},
            "data.export_all": {"data.export_all": "all - -"},
        },
        gives={
            "admin": ("admin", "manager", "sales_rep", "team_lead", "senior_sales_rep", "read_only_viewer"),
        },
        admin=("admin", "manager"),
    ),
    "brokerage": RoleTable(
        roles=("owner", "system_administrator", "broker", "processor"),
        rows={
            "sees everything": _records(
                "all all workflow workflow", "all all all all", "all all workflow workflow", "all - - -"
            )
            | {"people.view": "all all - -", "reports.view": "all all workflow workflow"},
            "only the Owner adds and removes": _each(
                "all - - -", "people.invite", "people.edit", "people.remove", "people.reset_password"
            ),
            "only administrators set account types": _each("all all - -", "people.assign_roles", "people.restrict"),
            "only the Owner disables": {"people.deactivate": "all - - -"},
            "the Owner alone sees billing": _each(
                "all - - -",
                "billing.view",
                "billing.edit_details",
                "billing.change_plan",
                "billing.cancel",
                "seats.view",
                "audit.view_billing",
            ),
            "the Owner alone exports (one person's data or everything)": _each(
                "all - - -", "data.export_all", "people.export", "records.export", "audit.export"
            ),
            "the Owner alone imports people": {"data.import": "all - - -"},
            "the Owner alone renames the organization": {"organization.edit": "all - - -"},
            "switches: edit deals, move deals, export reports, see commission splits": {
                **_each("all all workflow workflow", "deals.edit", "deals.move", "commission.view"),
                "reports.export": "all all all all",
            },
            "workflows: a person sees them only once added": _each("all all - -", "workflows.view", "workflows.manage"),
        },
        gives={
            "owner": ("owner", "system_administrator", "broker", "processor"),
            "system_administrator": ("system_administrator", "broker", "processor"),
        },
        admin=("owner", "system_administrator"),
    ),
    "messaging": RoleTable(
        roles=("admin", "billing_admin", "user_admin", "member"),
        rows={
            "enter organization settings": {"organization.view": "all all all -"},
            "organization information": {"organization.edit": "all - - -"},
            "billing information (name, address, tax id)": {
                "billing.edit_details": "all all - -",
                "billing.view": "all all - -",
            },
            "people": {
                "people.view": "all all all -",
                **_each("all - all -", "people.invite", "people.remove"),
                **_each("all - - -", "people.assign_roles", "people.edit", "people.deactivate", "people.restrict"),
            },
            "workspaces": {
                "workspaces.view": "all all all -",
                **_each("all - all -", "workspaces.manage", "workspaces.edit"),
                **_records("all - - -", "all - - -", "all - - -", "all - - -"),
            },
            "subscription": {"billing.change_plan": "all all - -", "seats.view": "all all - -"},
            "cancel subscription, delete organization": _each("all - - -", "billing.cancel", "organization.delete"),
        },
        gives={
            "admin": ("admin", "billing_admin", "user_admin", "member"),
            "user_admin": ("member",),
        },
        admin=("admin", "billing_admin", "user_admin"),
    ),
}

# What the text around the tables says, one sentence a cell.
SAID: dict[str, tuple[str, ...]] = {
    "standard": (),
    "crm-suite": (
        "Role and profile are chosen when a user is added",
        "profile Administrator: everything",
        "profile Standard: all modules, no delete, no export all",
        "profile Read-only: view only",
        "Standard user with the Read-only profile views and edits nothing",
    ),
    "sales-floor": (
        "Any number of Admins",
        "A role change acts at once",
        "recipe Senior Sales Rep: rep + team's deals and reports",
        "recipe Read-only Viewer: dashboards and reports",
        "recipe Team Lead: manager of one team",
    ),
    "brokerage": (
        "exactly one Organization Owner",
        "addition System administrator on a Broker",
        "addition Mentor on a Broker",
        "a mentee's deal needs the mentor's approval before lodgement",
        "Managing Agent of a unit: accounts of that subtree, and none elsewhere",
        "the Owner is managing agent of the root",
        "no fee for System administrators",
        "visibility: owners, workflow, everything",
        "a person sees a workflow's deals only once added to it",
        "deleting a workflow asks for the organization's name",
        "disabling a person asks for the organization's name",
    ),
    "messaging": (
        "workspace level Owner: everything in the workspace but billing; invites all levels",
        "workspace level Manager: everything with limited settings; invites Agents only",
        "workspace level Agent: works on contacts",
        "restrictions: no data export, no contact deletion, no workspace settings, no integrations",
        "contacts seen: all / team's / only mine",
        "removing a person ends all workspaces",
        "removing a person unassigns their contacts",
        "Pending stands in place of the last sign-in",
        "Nobody removes themselves",
    ),
}


def policy_cells() -> Iterator[Cell]:
    for blueprint in BLUEPRINTS:
        for row in (*VALUES, *FOLLOWS, *(f"label {key}" for key in LABELS)):
            yield Cell(blueprint, "Policies", row, blueprint)


def role_cells() -> Iterator[Cell]:
    for blueprint, table in ROLES.items():
        for row in table.rows:
            for role in table.roles:
                yield Cell(blueprint, "Roles", row, role)


def said_cells() -> Iterator[Cell]:
    for blueprint, sentences in SAID.items():
        for sentence in sentences:
            yield Cell(blueprint, "Roles, in words", sentence, "everybody")


def cells() -> list[Cell]:
    return [*policy_cells(), *role_cells(), *said_cells()]
