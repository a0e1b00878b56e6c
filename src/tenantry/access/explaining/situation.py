"""Everything that a decision about one person reads, as plain values that can be changed and decided on again."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.access.grants import build, sources
from tenantry.access.models import ProfileAssignment
from tenantry.access.permissions import EXPLAIN
from tenantry.access.weighing import Source
from tenantry.core.actor import Actor, Grants, Line
from tenantry.core.decisions import Decision, decide, find, require
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.permissions import Reach, ScopeKind, catalogue, record_fields
from tenantry.core.records import Target, record_types, target_of
from tenantry.organizations.models import Organization, UnitLink
from tenantry.people.models import Membership
from tenantry.people.selectors import visible_members


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that is asked about, as it is called."""

    kind: str
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """*May this person do that, to this record, in this field?* `organization`: its name; `profile`: the name of the
    person's profile, empty without one; `place`: where the person stands, as others act on them."""

    member: Membership
    organization: str
    organization_id: UUID
    profile: str
    place: Target
    permission: str
    subject: Subject | None
    field: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assignment and what it gives of the permission. `line`: None where it gives nothing; `ended`: it held until
    `ends_at`; a base role that ended is the one that followed."""

    role: str
    base: bool
    scope: ScopeKind
    scope_id: UUID | None
    given: Reach
    line: Line | None
    ends_at: datetime | None
    ended: bool


@dataclass(frozen=True)
class Situation:
    """`source`: what `grants.build` reads of the person; `target`: None when the question names no record."""

    question: Question
    source: Source
    state: str
    status: str
    target: Target | None
    _grants: list[Grants] = field(default_factory=list, compare=False, repr=False)

    @property
    def grants(self) -> Grants:
        if not self._grants:
            self._grants.append(build(self.source, self.question.now))
        return self._grants[0]

    def actor(self) -> Actor:
        """The person, as the gate would build them; seated only while the membership is active."""
        member = self.question.member
        return Actor(
            kind="member",
            organization_id=self.question.organization_id,
            grants=self.grants,
            membership_id=member.id,
            user_id=member.user_id,
            label=member.name,
            state=self.state,
            seated=self.status == Membership.Status.ACTIVE,
        )

    def decision(self) -> Decision:
        return decide(self.actor(), self.question.permission, self.target, field=self.question.field)

    def changed(self, **changes: Any) -> Self:
        return replace(self, **changes, _grants=[])

    def assigned(self) -> list[Assigned]:
        """Every assignment by itself, in the order in which grants hold them."""
        return [self._alone(one) for one in self.source["assigned"]]

    def _alone(self, one: dict[str, Any]) -> Assigned:
        ends = datetime.fromisoformat(one["ends"]) if one["ends"] else None
        ended = ends is not None and ends <= self.question.now
        lines = build({**self.source, "assigned": [one]}, self.question.now).lines(self.question.permission)
        kind, place = _scope_of(one)
        line = lines[0] if lines else None
        role = one["then"] if ended and one["base"] else one["role"]
        given = line.given if line else Reach.NONE
        return Assigned(role["name"], one["base"], kind, place, given, line, ends, ended)


def _scope_of(one: dict[str, Any]) -> tuple[ScopeKind, UUID | None]:
    if one["unit"]:
        return ScopeKind.UNIT, UUID(one["unit"])
    if one["workspace"]:
        return ScopeKind.WORKSPACE, UUID(one["workspace"])
    return ScopeKind.ORGANIZATION, None


def refuse_unknown(permission: str, record_type: str | None, field: str | None) -> None:
    """:raises InvalidInput: nothing declares the permission, the type or the field."""
    wrong: dict[str, str | Promise] = {}
    if permission not in catalogue():
        wrong["permission"] = _("There is no such permission.")
    if record_type and record_type not in record_types():
        wrong["record_type"] = _("There is no such type of record.")
    if field and field not in record_fields():
        wrong["field"] = _("There is no such field.")
    if wrong:
        raise InvalidInput(wrong)


def find_explained(actor: Actor, membership_id: UUID) -> Any:
    """The person, whoever asks; with the organization's name and state, and the name of their profile.

    :raises NotFound: unknown, of another organization, or out of reach. One always sees oneself.
    """
    own = membership_id == actor.membership_id
    rows: QuerySet[Membership] = Membership.objects.all() if own else visible_members(actor)
    profile = ProfileAssignment.objects.filter(membership_id=OuterRef("id")).values("profile__name")
    here = Organization.objects.filter(id=OuterRef("organization_id"))
    found = (
        rows.filter(id=membership_id)
        .annotate(
            profile_name=Subquery(profile[:1]),
            organization_name=Subquery(here.values("name")[:1]),
            organization_state=Subquery(here.values("state")[:1]),
            above=ArraySubquery(UnitLink.objects.filter(below_id=OuterRef("unit_id")).values("above_id")),
        )
        .defer("picture", "search_text")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def place_of_member(member: Any) -> Target:
    """`member`: of `find_explained`."""
    return Target("member", member.id, owner=member.id, units=frozenset(member.above))


def require_explain(actor: Actor, member: Any) -> Target:
    """The full chain is for whoever holds `access.explain` over that person.

    :raises PermissionMissing: see there.
    """
    place = place_of_member(member)
    require(actor, EXPLAIN, place)
    return place


def situation_of(
    actor: Actor,
    member: Any,
    place: Target,
    *,
    permission: str,
    now: datetime,
    record_type: str | None = None,
    record_id: UUID | None = None,
    field: str | None = None,
) -> Situation:
    """`member`: of `find_explained`. The record has to be one that `actor`, who asks, may view.

    :raises NotFound: the record is unknown, or out of the asking actor's reach.
    """
    subject, target = None, None
    if record_type and record_id:
        declared = record_types()[record_type]
        row = find(actor, declared, record_id)
        subject = Subject(record_type, record_id, name_shown(declared, row, hidden(actor, declared)))
        target = target_of(declared, row)
    source = sources(Membership.objects.filter(id=member.id)).get()
    question = Question(
        member,
        member.organization_name,
        member.organization_id,
        member.profile_name or "",
        place,
        permission,
        subject,
        field or None,
        now,
    )
    return Situation(question, dict(source), member.organization_state, member.status, target)
