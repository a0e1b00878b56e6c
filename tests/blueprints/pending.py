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


# Permissions that no page and no operation asks for: whoever builds the first one takes the line out.
PERMISSIONS: dict[str, Waits] = {
    **_of("exports and imports", "data.export_all", "data.import"),
    **_of("customization", "fields.manage", "modules.manage", "automations.manage"),
    **_of("integrations", "integrations.manage", "webhooks.manage", "platform.manage"),
    **_of("recognition", "gamification.configure", "challenges.create", "challenges.join"),
    **_of("the request to delete the organization", "organization.delete"),
}

# (table, row) -> what its behaviour waits for, in every blueprint. Of policies the value itself is walked already.
ROWS: dict[tuple[str, str], Waits] = {
    ("Policies", "organization.deletion"): Waits("the deletion", permissions=("organization.delete",)),
    ("Policies", "session.sso_hours"): Waits("single sign-on", policies=("session.sso_hours",)),
}
