"""Who may do what with records. Each type of record has four permissions; their reach says whose (product.md §1)."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import (
    PLACES_OF_RECORDS,
    REACH_CODES,
    Permission,
    Restriction,
    declare,
    declare_restrictions,
)

RECORDS_EXPORT = "records.export"
REPORTS_VIEW = "reports.view"
REPORTS_EXPORT = "reports.export"
DEALS_MOVE = "deals.move"
COMMISSION_VIEW = "commission.view"
PIPELINE = "pipeline.configure"
DEALS_APPROVE = "deals.approve"

# Type of record: area, and how titles and sentences name it.
TYPES: dict[str, tuple[str, Any, Any, Any, Any, Any, Any, Any, Any]] = {
    "leads": (
        "leads",
        _("See leads"),
        _("see leads"),
        _("Create leads"),
        _("create leads"),
        _("Edit leads"),
        _("edit leads"),
        _("Delete leads"),
        _("delete leads"),
    ),
    "contacts": (
        "contacts",
        _("See contacts"),
        _("see contacts"),
        _("Create contacts"),
        _("create contacts"),
        _("Edit contacts"),
        _("edit contacts"),
        _("Delete contacts"),
        _("delete contacts"),
    ),
    "companies": (
        "contacts",
        _("See companies"),
        _("see companies"),
        _("Create companies"),
        _("create companies"),
        _("Edit companies"),
        _("edit companies"),
        _("Delete companies"),
        _("delete companies"),
    ),
    "deals": (
        "deals",
        _("See deals"),
        _("see deals"),
        _("Create deals"),
        _("create deals"),
        _("Edit deals"),
        _("edit deals"),
        _("Delete deals"),
        _("delete deals"),
    ),
    "tasks": (
        "work",
        _("See tasks"),
        _("see tasks"),
        _("Create tasks"),
        _("create tasks"),
        _("Edit tasks"),
        _("edit tasks"),
        _("Delete tasks"),
        _("delete tasks"),
    ),
    "notes": (
        "work",
        _("See notes"),
        _("see notes"),
        _("Create notes"),
        _("create notes"),
        _("Edit notes"),
        _("edit notes"),
        _("Delete notes"),
        _("delete notes"),
    ),
    "activities": (
        "work",
        _("See activities"),
        _("see activities"),
        _("Create activities"),
        _("log activities"),
        _("Edit activities"),
        _("edit activities"),
        _("Delete activities"),
        _("delete activities"),
    ),
    "files": (
        "work",
        _("See files"),
        _("see files"),
        _("Upload files"),
        _("upload files"),
        _("Edit files"),
        _("rename and replace files"),
        _("Delete files"),
        _("delete files"),
    ),
}


def _of_types() -> Iterator[Permission]:
    for name, (area, *words) in TYPES.items():
        for verb, title, sentence in zip(("view", "create", "edit", "delete"), words[::2], words[1::2], strict=True):
            yield Permission(
                f"{name}.{verb}",
                title,
                sentence,
                area,
                has_reach=verb != "create",
                scopes=PLACES_OF_RECORDS,
                in_applications=True,
                reads=verb == "view",
            )


declare(_of_types())
declare(
    [
        Permission(
            DEALS_MOVE,
            _("Move deals"),
            _("move deals from stage to stage"),
            "deals",
            has_reach=True,
            scopes=PLACES_OF_RECORDS,
            in_applications=True,
        ),
        Permission(
            DEALS_APPROVE,
            _("Approve deals of mentees"),
            _("have mentees and approve their deals before lodgement"),
            "deals",
        ),
        Permission(
            COMMISSION_VIEW,
            _("See commission splits"),
            _("see how the commission of a deal is split"),
            "deals",
            has_reach=True,
            scopes=PLACES_OF_RECORDS,
            in_applications=True,
            reads=True,
        ),
        Permission(
            REPORTS_VIEW,
            _("See reports"),
            _("see reports on records"),
            "reports",
            has_reach=True,
            scopes=PLACES_OF_RECORDS,
            in_applications=True,
            reads=True,
        ),
        Permission(
            REPORTS_EXPORT,
            _("Export reports"),
            _("take reports out as a file"),
            "reports",
            scopes=PLACES_OF_RECORDS,
            in_applications=True,
            reads=True,
            exports=True,
        ),
        Permission(
            RECORDS_EXPORT,
            _("Export from lists"),
            _("take lists of records out as a file"),
            "data",
            has_reach=True,
            scopes=PLACES_OF_RECORDS,
            in_applications=True,
            reads=True,
            exports=True,
        ),
        Permission(PIPELINE, _("Configure pipelines"), _("change stages of workflows"), "customization"),
    ]
)

_SEEN = tuple(code for code in REACH_CODES if code != "all")
_OF_CONTACTS = tuple(f"contacts.{verb}" for verb in ("view", "edit", "delete"))
_OF_DEALS = tuple(f"deals.{verb}" for verb in ("view", "edit", "move", "delete"))

declare_restrictions(
    [
        Restriction(
            "deals.no_edit", _("No editing of deals"), _("can't edit deals, not even own ones"), ("deals.edit",)
        ),
        Restriction("deals.no_move", _("No moving of deals"), _("can't move deals between stages"), (DEALS_MOVE,)),
        Restriction("reports.no_export", _("No report export"), _("can't take reports out"), (REPORTS_EXPORT,)),
        Restriction(
            "commission.hidden",
            _("No commission splits"),
            _("can't see how commissions are split"),
            (COMMISSION_VIEW,),
        ),
        Restriction(
            "data.no_export",
            _("No data export"),
            _("can't take anything out as a file"),
            (RECORDS_EXPORT, REPORTS_EXPORT, "data.export_all", "people.export", "audit.export"),
        ),
        Restriction(
            "contacts.no_delete", _("No deletion of contacts"), _("can't delete contacts"), ("contacts.delete",)
        ),
        Restriction("contacts.seen", _("Contacts seen"), _("sees fewer contacts"), _OF_CONTACTS, _SEEN),
        Restriction("deals.seen", _("Deals seen"), _("sees fewer deals"), _OF_DEALS, _SEEN),
        Restriction(
            "leads.seen",
            _("Leads seen"),
            _("sees fewer leads"),
            tuple(f"leads.{verb}" for verb in ("view", "edit", "delete")),
            _SEEN,
        ),
        Restriction(
            "tasks.seen",
            _("Tasks seen"),
            _("sees fewer tasks"),
            tuple(f"tasks.{verb}" for verb in ("view", "edit", "delete")),
            _SEEN,
        ),
        Restriction(
            "workspaces.no_settings",
            _("No workspace settings"),
            _("can't change workspace settings or who is in a workspace"),
            ("workspaces.edit", "workspaces.manage"),
        ),
        Restriction(
            "integrations.none",
            _("No integrations"),
            _("can't manage integrations, keys and webhooks"),
            ("integrations.manage", "api_keys.manage", "webhooks.manage"),
        ),
    ]
)
