"""A type of record that exists in tests only, declared like any other: nothing in the product knows of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from unittest.mock import patch

from django.db import connections, models

from factories.organizations import Organization, Person
from tenantry.core import clock, permissions
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.permissions import PLACES_OF_RECORDS, Permission, declare
from tenantry.core.records import RecordType, register, unregister
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fences import fence
from tenantry.core.transactions import writing
from tenantry.crm.models.base import Record, record_indexes
from tenantry.people.words import words_of


class Visit(Record):
    name = models.TextField()

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        app_label = "probing"
        indexes: ClassVar = record_indexes("probing_visit")

    def refresh_search(self) -> None:
        self.sort_name = self.name.lower()
        self.search_text = words_of(self.name)


VERBS = {verb: f"visits.{verb}" for verb in ("view", "create", "edit", "delete")}
VISIT = RecordType(
    key="visit",
    model=Visit,
    title="Visit",
    plural="Visits",
    permissions=VERBS,
    owner="owner_id",
    workspace="workspace_id",
    exports=("id", "name", "owner_id", "created_at"),
    search="search_text",
    archived="archived_at",
)


@contextmanager
def visiting() -> Iterator[None]:
    """Table, fence, permissions and type of visits, for as long as it is open."""
    owner = connections["owner"]
    with owner.schema_editor() as editor:
        editor.create_model(Visit)
    with owner.cursor() as cursor:
        for statement in fence(Visit._meta.db_table):
            cursor.execute(statement)
    try:
        with patch.dict(permissions._catalogue):
            declare(
                Permission(
                    code,
                    code,
                    code,
                    "work",
                    has_reach=verb != "create",
                    scopes=PLACES_OF_RECORDS,
                    in_applications=True,
                    reads=verb == "view",
                )
                for verb, code in VERBS.items()
            )
            register(VISIT)
            yield
    finally:
        unregister(VISIT.key)
        with owner.cursor() as cursor:
            cursor.execute(f'DROP TABLE "{Visit._meta.db_table}"')


def make_visit(org: Organization, owner: Person | None, name: str) -> Visit:
    now = clock.now()
    with scope.tenant(org.id), writing():
        row = Visit(name=name, owner_id=owner.membership_id if owner else None, created_at=now, changed_at=now)
        row.refresh_search()
        row.save(force_insert=True)
    return row
