"""Organizations with records, drawn at random: roles of every reach and place, teams, units, workspaces, workflows,
profiles, restrictions, collaborators, records of every type with and without an owner. Written past the actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tenantry.access import grants
from tenantry.access.models import (
    Assignment,
    Profile,
    ProfileAssignment,
    RestrictionSet,
    Role,
)
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.ids import new_id
from tenantry.core.permissions import Reach, catalogue, record_fields, restrictions
from tenantry.core.records import RecordType, Target, owned_types, target_of
from tenantry.crm.models import DealMember, Stage
from tenantry.crm.records import LEAD
from tenantry.crm.stages import add_first_stages
from tenantry.organizations.models import Unit, UnitLink, Workflow, Workspace
from tenantry.people.models import Membership, Team, TeamMember, User, WorkflowMember

# Every record's words begin with it: one search finds them all.
WORD = "zebra"
REACHES = ("own", "team", "workflow", "unit", "all")
SUBJECTS = ("lead", "contact", "company", "deal")
STATUSES = ("active", "active", "active", "deactivated")


@dataclass
class World:
    """`rows`: record type -> its records; `targets`: of the same, as decisions see them."""

    organization_id: UUID
    now: datetime
    members: list[Membership] = field(default_factory=list)
    rows: dict[str, dict[UUID, Any]] = field(default_factory=dict)
    targets: dict[UUID, Target] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)

    def actor(self, member: Membership) -> Actor:
        granted = grants.of_members([member.id], self.now)[member.id]
        return Actor(
            kind="member",
            organization_id=self.organization_id,
            grants=granted,
            membership_id=member.id,
            user_id=member.user_id,
            seated=member.status == "active",
        )

    def allowed(self, actor: Actor, code: str, record_type: RecordType) -> set[UUID]:
        """Row by row."""
        return {pk for pk in self.rows[record_type.key] if decide(actor, code, self.targets[pk])}

    def seen(self, actor: Actor, record_type: RecordType) -> set[UUID]:
        return self.allowed(actor, record_type.permissions["view"], record_type)

    def listed(self, actor: Actor, record_type: RecordType) -> set[UUID]:
        """What is seen and not archived."""
        rows = self.rows[record_type.key]
        return {pk for pk in self.seen(actor, record_type) if rows[pk].archived_at is None}

    def counted(self, actor: Actor, record_type: RecordType) -> list[Any]:
        """What a report counts: what `reports.view` reaches, and only what is seen where that is narrowed."""
        code, seen = "reports.view", record_type.permissions["view"]
        places = (None, *actor.grants.taken_in)
        narrowed = actor.grants.cap(seen) != Reach.ALL or any(actor.grants.left(seen, p) != Reach.ALL for p in places)
        found = self.allowed(actor, code, record_type)
        if narrowed:
            found &= self.seen(actor, record_type)
        return [self.rows[record_type.key][pk] for pk in found]


class Maker:
    """Draws and stores one world in the open scope and transaction."""

    def __init__(self, rnd: Random, organization_id: UUID, users: list[UUID]) -> None:
        self.rnd = rnd
        self.users = users
        self.world = World(organization_id, clock.now())
        self.units: list[UUID] = []
        self.spaces: list[UUID] = []
        self.flows: list[Workflow] = []
        self.teams: list[UUID] = []

    def make(self, *, each: int = 4) -> World:
        """`each`: records of every type."""
        self._structure()
        self._people()
        for member in self.world.members:
            self._access(member)
        for key in sorted(owned_types(), key=lambda name: name not in SUBJECTS):
            self._records(key, each)
        for key, record_type in owned_types().items():
            rows = record_type.model.objects.filter(pk__in=self.world.rows[key])
            self.world.rows[key] = {row.pk: row for row in rows}
            self.world.targets |= {pk: target_of(record_type, row) for pk, row in self.world.rows[key].items()}
        return self.world

    def _maybe(self, things: list[Any], chance: float = 0.6) -> Any:
        return self.rnd.choice(things) if things and self.rnd.random() < chance else None

    def _some(self, things: list[Any], most: int = 2) -> list[Any]:
        return self.rnd.sample(things, min(self.rnd.randint(0, most), len(things)))

    def _structure(self) -> None:
        now = self.world.now

        def named(model: Any, number: int) -> list[Any]:
            names = [f"{model.__name__} {new_id().hex[-12:]}" for _n in range(number)]
            return model.objects.bulk_create([model(name=n, sort_name=n.lower(), created_at=now) for n in names])

        above: dict[UUID, list[UUID]] = {}
        for _number in range(4):
            parent = self.rnd.choice(self.units) if self.units else None
            name = f"Unit {new_id().hex[-12:]}"
            unit = Unit.objects.create(parent_id=parent, name=name, sort_name=name.lower(), created_at=now)
            above[unit.id] = [unit.id, *(above[parent] if parent else [])]
            self.units.append(unit.id)
        UnitLink.objects.bulk_create(
            UnitLink(below_id=below, above_id=one, depth=depth)
            for below, line in above.items()
            for depth, one in enumerate(line)
        )
        self.spaces = [row.id for row in named(Workspace, 2)]
        self.teams = [row.id for row in named(Team, 2)]
        self.flows = named(Workflow, 2)
        self.world.stages = [stage for flow in self.flows for stage in add_first_stages(flow)]

    def _people(self) -> None:
        now = self.world.now
        for number, user_id in enumerate(self.users):
            member = Membership(
                user_id=user_id,
                email=f"{new_id().hex}@example.test",
                given_name=f"Member {number}",
                status=self.rnd.choice(STATUSES) if number else "active",
                unit_id=self._maybe(self.units),
                created_at=now,
                joined_at=now,
            )
            if member.status == "deactivated":
                member.deactivated_at = now
            member.refresh_search()
            member.save(force_insert=True)
            self.world.members.append(member)
            for model, name, places in (
                (TeamMember, "team_id", self.teams),
                (WorkflowMember, "workflow_id", [f.id for f in self.flows]),
            ):
                model.objects.bulk_create(
                    model(**{name: place}, membership_id=member.id, added_at=now) for place in self._some(places)
                )

    def _permissions(self, chance: float) -> dict[str, str]:
        codes = [p for p in catalogue().values() if p.in_applications]
        return {p.code: self.rnd.choice(REACHES) if p.has_reach else "yes" for p in codes if self.rnd.random() < chance}

    def _role(self, kind: str) -> UUID:
        name = new_id().hex
        role = Role(key=name, kind=kind, name=name, sort_name=name, permissions=self._permissions(0.7))
        role.save(force_insert=True)
        return role.id

    def _access(self, member: Membership) -> None:
        now = self.world.now
        held: list[tuple[str, dict[str, UUID]]] = [("base", {})]
        if self.rnd.random() < 0.3:
            held.append(("addition", {}))
        held += [("unit", {"unit_id": place}) for place in self._some(self.units, 1)]
        held += [("workspace", {"workspace_id": place}) for place in self._some(self.spaces, 1)]
        for kind, place in held:
            Assignment.objects.create(
                membership_id=member.id, role_id=self._role(kind), is_base=kind == "base", given_at=now, **place
            )
        if self.rnd.random() < 0.3:
            name = new_id().hex
            fields = {code: self.rnd.choice(["hidden", "view"]) for code in record_fields() if self.rnd.random() < 0.5}
            profile = Profile(key=name, name=name, sort_name=name, permissions=self._permissions(0.9), fields=fields)
            profile.save(force_insert=True)
            ProfileAssignment.objects.create(profile_id=profile.id, membership_id=member.id, given_at=now)
        narrowing = [one for one in restrictions().values() if one.choices]
        for one in self._some(narrowing):
            RestrictionSet.objects.create(
                membership_id=member.id,
                code=one.code,
                value=self.rnd.choice(one.choices),
                workspace_id=self._maybe(self.spaces, 0.4),
                set_at=now,
            )

    def _records(self, key: str, number: int) -> None:
        model = owned_types()[key].model
        rows = [self._record(key, model, place) for place in range(number)]
        model.objects.bulk_create(rows)
        self.world.rows[key] = {row.pk: row for row in rows}
        if key == "deal":
            DealMember.objects.bulk_create(
                DealMember(deal_id=row.pk, membership_id=member.id, added_at=self.world.now)
                for row in rows
                for member in self._some(self.world.members)
            )

    def _record(self, key: str, model: Any, place: int) -> Any:
        made = self.world.now - timedelta(minutes=self.rnd.randint(1, 90_000))
        row = model(
            owner_id=self._maybe([member.id for member in self.world.members], 0.8),
            workspace_id=self._maybe(self.spaces, 0.4),
            created_at=made,
            changed_at=made,
            archived_at=self.world.now if self.rnd.random() < 0.15 else None,
            **self._own(key, f"{WORD} {place} {new_id().hex[-12:]}"),
        )
        if hasattr(row, "subject"):
            subject = self.rnd.choice(SUBJECTS)
            setattr(row, f"{subject}_id", self._maybe(list(self.world.rows[subject])))
        row.refresh_search()
        return row

    def _own(self, key: str, name: str) -> Mapping[str, Any]:
        """What rows of a type need besides what all have."""
        known: dict[str, Mapping[str, Any]] = {
            "lead": {"given_name": name, **self._lead_state()},
            "contact": {"given_name": name},
            "deal": self._deal(name),
            "task": {"title": name, "done_at": self._maybe([self.world.now])},
            "note": {"body": name},
            "activity": {
                "title": name,
                "kind": self.rnd.choice(["call", "meeting", "mail", "other"]),
                "happened_at": self.world.now,
            },
            "file": {"name": name, "size": 1, "content_type": "text/plain", "sha256": "0" * 64, "store_key": name},
        }
        return known.get(key, {"name": name})

    def _lead_state(self) -> Mapping[str, Any]:
        state = self.rnd.choice(LEAD.model.State.values)
        now = self.world.now
        return {
            "state": state,
            "qualified_at": now if state == "qualified" else None,
            "converted_at": now if state == "converted" else None,
            "source": self.rnd.choice(["", "Fair", "Web"]),
        }

    def _deal(self, name: str) -> Mapping[str, Any]:
        stage, state = self.rnd.choice(self.world.stages), self.rnd.choice(["open", "open", "won", "lost"])
        return {
            "name": name,
            "stage_id": stage.id,
            "workflow_id": stage.workflow_id,
            "state": state,
            "closed_at": None if state == "open" else self.world.now,
            "value": self.rnd.randint(0, 10**6),
            "currency": self.rnd.choice(["EUR", "USD"]),
            "stage_since": self.world.now,
        }


def make_users(number: int) -> list[UUID]:
    """Identities for members to come; in the scope of a tenant they can't be made."""
    now = clock.now()
    users = [User(email=f"{new_id().hex}@example.test", created_at=now, email_proven_at=now) for _n in range(number)]
    return [user.id for user in User.objects.bulk_create(users)]
