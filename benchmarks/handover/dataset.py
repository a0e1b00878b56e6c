"""Records of mixed types, made up in memory and loaded by COPY."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from factories.organizations import Organization
from factories.records import stages_of
from tenantry.core.ids import new_id
from tenantry.core.records import owned_types
from tenantry.people.words import words_of

# Parts of a hundred, in the order in which they are written: what others hang on comes first.
SHARES = {
    "company": 8,
    "contact": 20,
    "lead": 15,
    "deal": 12,
    "task": 15,
    "note": 12,
    "activity": 13,
    "folder": 1,
    "file": 4,
}
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def fill(server: psycopg.Connection[Any], org: Organization, workflow_id: UUID, owner: UUID, number: int) -> None:
    """So many records of one owner over two years."""
    rng = random.Random(7)
    stages = stages_of(org, workflow_id)
    known: dict[str, list[UUID]] = {}
    for key, share in SHARES.items():
        ids = [new_id() for _n in range(number * share // 100)]
        rows = _rows(key, ids, known, rng, stages, workflow_id)
        _copy(server, key, org.id, owner, rows, number)
        known[key] = ids


def _copy(
    server: psycopg.Connection[Any], key: str, organization_id: UUID, owner: UUID, rows: Iterator[Any], number: int
) -> None:
    model = owned_types()[key].model
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    )
    plain = {field.attname: field.get_default() for field in fields if field.attname != "organization_id"}
    plain |= {"organization_id": organization_id, "owner_id": owner, "created_by_id": owner}
    with server.transaction(), server.cursor().copy(into) as copying:
        for n, row in enumerate(rows):
            made = BEGAN + timedelta(seconds=n * 60_000_000 // number)
            name = f"{key} {n}"
            values = {
                **plain,
                "created_at": made,
                "changed_at": made,
                "sort_name": name,
                "search_text": words_of(name),
                **row,
            }
            copying.write_row([values[field.attname] for field in fields])


def _rows(
    key: str, ids: list[UUID], known: dict[str, list[UUID]], rng: random.Random, stages: list[UUID], workflow_id: UUID
) -> Iterator[dict[str, Any]]:
    for n, one in enumerate(ids):
        row: dict[str, Any] = {"id": one, **_OWN[key](n)}
        if key == "deal":
            row |= {
                "workflow_id": workflow_id,
                "stage_id": stages[n % len(stages)],
                "company_id": rng.choice(known["company"]),
            }
        if key == "contact":
            row["company_id"] = rng.choice(known["company"])
        if key in ("task", "note", "activity", "file"):
            subject = rng.choice(("lead", "contact", "company", "deal"))
            row[f"{subject}_id"] = rng.choice(known[subject])
        yield row


_OWN: dict[str, Any] = {
    "company": lambda n: {"name": f"Company {n}", "domain": f"firm{n}.example"},
    "contact": lambda n: {"given_name": "Tarek", "family_name": f"Contact {n}", "email": f"c{n}@firm.example"},
    "lead": lambda n: {"given_name": "Nora", "family_name": f"Lead {n}", "email": f"l{n}@firm.example"},
    "deal": lambda n: {"name": f"Deal {n}", "value": 100_000 + n, "currency": "EUR", "stage_since": BEGAN},
    "task": lambda n: {"title": f"Call back {n}", "body": "They asked for a second offer."},
    "note": lambda n: {"body": f"They asked for a visit, number {n}, and for the papers of last year."},
    "activity": lambda n: {"title": f"Call {n}", "happened_at": BEGAN},
    "folder": lambda n: {"name": f"Offers {n}"},
    "file": lambda n: {
        "name": f"offer {n}.txt",
        "size": 1000 + n,
        "content_type": "text/plain",
        "sha256": "0" * 64,
        "store_key": f"bench-{n}-{new_id().hex}",
    },
}
