"""Records that exist in tests only: types that declare every column, and types that leave some out.

`probing()` makes their tables, behind the same fence as any other, and registers them with permissions, fields and
restrictions of their own; everything is gone afterwards, so that tests over all tables and types never meet them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from unittest.mock import patch

import pytest
from django.db import connections, models

from tenantry.core import permissions
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.permissions import (
    PLACES_OF_RECORDS,
    Permission,
    RecordField,
    Restriction,
    declare,
    declare_fields,
    declare_restrictions,
)
from tenantry.core.records import Collaborators, RecordType, register, unregister
from tenantry.core.tenancy.fences import fence
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.models import Membership, Team


class Probe(TenantModel):
    """A record with every column that decides about access; each may be empty."""

    owner = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.MOVED, null=True, related_name="+")
    team = TenantForeignKey(Team, models.PROTECT, null=True, related_name="+")
    workflow = TenantForeignKey(Workflow, models.PROTECT, null=True, related_name="+")
    unit = TenantForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    workspace = TenantForeignKey(Workspace, models.PROTECT, null=True, related_name="+")
    name = CollatedText()
    created_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        app_label = "probing"
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-created_at", "id"], name="probing_recent"),
            models.Index(fields=["organization_id", "name", "id"], name="probing_by_name"),
            models.Index(fields=["organization_id", "owner", "-created_at", "id"], name="probing_of_owner"),
            models.Index(fields=["organization_id", "team", "-created_at", "id"], name="probing_of_team"),
            models.Index(fields=["organization_id", "workflow", "-created_at", "id"], name="probing_of_workflow"),
            models.Index(fields=["organization_id", "unit", "-created_at", "id"], name="probing_of_unit"),
            models.Index(fields=["organization_id", "workspace", "-created_at", "id"], name="probing_of_workspace"),
        ]


class ProbeCollaborator(TenantModel):
    probe = TenantForeignKey(Probe, models.CASCADE, related_name="collaborators")
    member = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        app_label = "probing"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "probe", "member"], name="probing_collaborates_once")
        ]
        indexes: ClassVar = [models.Index(fields=["organization_id", "member", "probe"], name="probing_collaborations")]


VIEW, CREATE, EDIT, DELETE = "probes.view", "probes.create", "probes.edit", "probes.delete"
PERMISSIONS = tuple(
    Permission(
        code,
        code,
        code,
        "work",
        has_reach=code != CREATE,
        scopes=PLACES_OF_RECORDS,
        in_applications=True,
        reads=code == VIEW,
    )
    for code in (VIEW, CREATE, EDIT, DELETE)
)
AMOUNT, SECRET = "probe.amount", "probe.secret"
FIELDS = (RecordField(AMOUNT, "Amount", "work"), RecordField(SECRET, "Secret", "work"))
NO_EDIT, SEEN, NO_SECRET = "probes.no_edit", "probes.seen", "probes.no_secret"
RESTRICTIONS = (
    Restriction(NO_EDIT, "No editing", "can't edit", (EDIT,)),
    Restriction(SEEN, "Seen", "sees fewer", (VIEW, EDIT, DELETE), ("own", "team", "workflow", "unit")),
    Restriction(NO_SECRET, "No secret", "can't see the secret", (DELETE,), hides=(SECRET,)),
)
VERBS = {"view": VIEW, "edit": EDIT, "delete": DELETE}
PROBE = RecordType(
    key="probe",
    model=Probe,
    title="Probe",
    plural="Probes",
    permissions=VERBS,
    owner="owner_id",
    team="team_id",
    workflow="workflow_id",
    unit="unit_id",
    workspace="workspace_id",
    collaborators=Collaborators(ProbeCollaborator, "probe_id", "member_id"),
    fields=FIELDS,
)
# Of the same rows: what stands where its owner stands, what hangs on no person, and what has an owner only.
HOMELESS = RecordType(
    key="homeless_probe",
    model=Probe,
    title="Probe",
    plural="Probes",
    permissions=VERBS,
    owner="owner_id",
    team="team_id",
    workspace="workspace_id",
    collaborators=Collaborators(ProbeCollaborator, "probe_id", "member_id"),
)
OWNERLESS = RecordType(
    key="ownerless_probe",
    model=Probe,
    title="Probe",
    plural="Probes",
    permissions=VERBS,
    workflow="workflow_id",
    unit="unit_id",
    workspace="workspace_id",
)
PLAIN = RecordType(key="plain_probe", model=Probe, title="Probe", plural="Probes", permissions=VERBS, owner="owner_id")
TYPES = (PROBE, HOMELESS, OWNERLESS, PLAIN)


@contextmanager
def probing() -> Iterator[None]:
    """Tables, fence, permissions, fields, restrictions and types of probes, for as long as it is open.

    Works on whatever database the alias `owner` points to.
    """
    owner = connections["owner"]
    tables = (Probe, ProbeCollaborator)
    with owner.schema_editor() as editor:
        for model in tables:
            editor.create_model(model)
    with owner.cursor() as cursor:
        for model in tables:
            for statement in fence(model._meta.db_table):
                cursor.execute(statement)
    try:
        with declared():
            yield
    finally:
        with owner.cursor() as cursor:
            for model in reversed(tables):
                cursor.execute(f'DROP TABLE "{model._meta.db_table}"')


@contextmanager
def declared() -> Iterator[None]:
    """The declarations alone, without tables."""
    with (
        patch.dict(permissions._catalogue),
        patch.dict(permissions._restrictions),
        patch.dict(permissions._fields),
    ):
        declare(PERMISSIONS)
        declare_fields(FIELDS)
        declare_restrictions(RESTRICTIONS)
        for record_type in TYPES:
            register(record_type)
        try:
            yield
        finally:
            for record_type in TYPES:
                unregister(record_type.key)


@pytest.fixture(scope="module")
def probes(database: None) -> Iterator[None]:
    """For tests that import it: `pytestmark = pytest.mark.usefixtures("probes")`."""
    with probing():
        yield
