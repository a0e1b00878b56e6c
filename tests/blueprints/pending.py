"""What of the tables has no surface yet, and what it waits for. A test fails when that is there."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tenantry
from blueprints.surfaces import operation_names, page_names, surfaces
from tenantry.core.records import record_types

SOURCE = Path(tenantry.__file__).parent
# They declare policies, foretell them or compare blueprints: nothing is enforced there.
_NOT_ENFORCING = ("organizations/policies/", "policy_effects.py", "blueprints/", "web/accounts/signups.py")


@dataclass(frozen=True)
class Waits:
    """For any one of these: a page or an operation of that name, a type of record, a permission that some surface asks
    for, a policy that something in the source (`within` a folder of it) reads."""

    what: str
    pages: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    within: str = ""

    def there(self) -> list[str]:
        """What of it exists by now."""
        return [
            *(name for name in self.pages if name in page_names()),
            *(name for name in self.operations if name in operation_names()),
            *(key for key in self.records if key in record_types()),
            *(code for code in self.permissions if surfaces().get(code)),
            *(code for code in self.policies if f'"{code}"' in _sources(self.within)),
        ]


@cache
def _sources(within: str) -> str:
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    return "\n".join(
        path.read_text("utf-8")
        for name, path in files.items()
        if name.startswith(within) and not any(part in name for part in _NOT_ENFORCING)
    )


def _of(what: str, *codes: str) -> dict[str, Waits]:
    return {code: Waits(what, permissions=(code,)) for code in codes}


_VERBS = ("view", "create", "edit", "delete")
_TYPES = ("leads", "contacts", "companies", "deals", "tasks", "notes", "activities", "files")
# Permissions that no page and no operation asks for: whoever builds the first one takes the line out.
PERMISSIONS: dict[str, Waits] = {
    **_of("records of the CRM", *(f"{kind}.{verb}" for kind in _TYPES for verb in _VERBS)),
    **_of("deals", "deals.move", "deals.approve", "commission.view"),
    **_of("reports", "reports.view", "reports.export"),
    **_of("lists of records", "records.export"),
    **_of("exports and imports", "data.export_all", "data.import"),
    **_of("stages of workflows", "pipeline.configure"),
    **_of("customization", "fields.manage", "modules.manage", "automations.manage"),
    **_of("integrations", "integrations.manage", "webhooks.manage", "platform.manage"),
    **_of("recognition", "gamification.configure", "challenges.create", "challenges.join"),
    **_of("billing", "billing.edit_details", "billing.change_plan", "billing.cancel"),
    **_of("the request to delete the organization", "organization.delete"),
}

_BILLING = Waits("plans and billing", permissions=("billing.change_plan", "billing.cancel"))
_DEALS = Waits("deals", records=("deal",))
_CONTACTS = Waits("contacts", records=("contact",))

# (table, row) -> what its behaviour waits for, in every blueprint. Of policies the value itself is walked already.
ROWS: dict[tuple[str, str], Waits] = {
    ("Policies", "people.entry_modes"): Waits(
        "passwords set or mailed", policies=("people.entry_modes",), within="usecases/"
    ),
    ("Policies", "people.exclusive_email"): Waits("exclusive addresses", policies=("people.exclusive_email",)),
    ("Policies", "people.removal_records"): Waits("successors", policies=("people.removal_records",)),
    ("Policies", "people.email_change"): Waits("the change of an address", policies=("people.email_change",)),
    ("Policies", "organization.deletion"): Waits("the deletion", policies=("organization.deletion",)),
    ("Policies", "proration.basis"): Waits("invoices", policies=("proration.basis",)),
    ("Policies", "session.sso_hours"): Waits("single sign-on", policies=("session.sso_hours",)),
    ("Policies", "plan changes"): _BILLING,
    ("Policies", "label bulk_invite"): Waits("bulk invite", pages=("bulk_invite", "invitation_bulk", "batch_list")),
    ("Roles, in words", "a mentee's deal needs the mentor's approval before lodgement"): _DEALS,
    ("Roles, in words", "no fee for System administrators"): _BILLING,
    ("Roles, in words", "removing a person unassigns their contacts"): _CONTACTS,
}
