"""*Who can do this to that record?* The people whose roles might give it are found as a set, page by page; each page's
people are decided on one by one, without asking the database again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from tenantry.access.explaining.chain import permission_evidence
from tenantry.access.explaining.names import Names, names_for
from tenantry.access.explaining.reaching import reach_evidence
from tenantry.access.explaining.situation import Question, Situation, Subject, refuse_unknown
from tenantry.access.grants import sources
from tenantry.access.models import Assignment
from tenantry.access.permissions import EXPLAIN
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, visible
from tenantry.core.fields import hidden, name_shown
from tenantry.core.paging import Page, keyset_page
from tenantry.core.records import NOWHERE, Target, record_types, target_of
from tenantry.organizations.models import Organization
from tenantry.people.models import Membership
from tenantry.people.records import MEMBER
from tenantry.people.selectors import visible_members

SIZE = 50


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody who can, and by what: the role and how it covers the record."""

    id: UUID
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WhoPage:
    """`page`: the people of this page whose roles might give it; `doers`: those of them who can."""

    subject: Subject | None
    permission: str
    page: Page[Membership]
    doers: tuple[Doer, ...]


def who_can(
    *,
    actor: Actor,
    permission: str,
    now: datetime,
    record_type: str | None = None,
    record_id: UUID | None = None,
    cursor: str | None = None,
    size: int = SIZE,
) -> WhoPage:
    """Active people whose access the actor may explain, by name. Without a record: who can at all.

    :raises NotFound: the record is unknown or out of the actor's reach. :raises PermissionMissing: `people.view`.
    :raises InvalidInput: nothing declares it, or a cursor that was not made here.
    """
    refuse_unknown(permission, record_type, None)
    subject, target = None, None
    if record_type and record_id:
        declared = record_types()[record_type]
        row = find(actor, declared, record_id)
        subject = Subject(record_type, record_id, name_shown(declared, row, hidden(actor, declared)))
        target = target_of(declared, row)
    rows: QuerySet[Any] = visible(actor, EXPLAIN, MEMBER, visible_members(actor)).defer("picture", "search_text")
    here = Organization.objects.filter(id=OuterRef("organization_id"))
    rows = rows.filter(Exists(_holding(permission)), status=Membership.Status.ACTIVE).annotate(
        organization_name=Subquery(here.values("name")[:1]), organization_state=Subquery(here.values("state")[:1])
    )
    page: Page[Any] = keyset_page(rows, order="sort_name", cursor=cursor, size=size)
    able = [one for one in _situations(page, permission, subject, target, now) if one.decision()]
    names = names_for(actor, *able)
    doers = [Doer(one.question.member.id, one.question.member.name, _reason(one, names)) for one in able]
    return WhoPage(subject, permission, page, tuple(doers))


def _holding(permission: str) -> QuerySet[Assignment]:
    """Of the outer membership: roles that give the permission, now or after an end."""
    gives = Q(role__is_keyholder=True) | Q(role__permissions__has_key=permission)
    follows = Q(then_role__is_keyholder=True) | Q(then_role__permissions__has_key=permission)
    return Assignment.objects.filter(gives | follows, membership_id=OuterRef("id"))


def _situations(
    page: Page[Any], permission: str, subject: Subject | None, target: Target | None, now: datetime
) -> list[Situation]:
    members = {row.id: row for row in page.rows}
    read = {row["id"]: dict(row) for row in sources(Membership.objects.filter(id__in=list(members)))}
    return [
        Situation(
            Question(
                member,
                member.organization_name,
                member.organization_id,
                "",
                NOWHERE,
                permission,
                subject,
                None,
                now,
            ),
            read[member.id],
            member.organization_state,
            member.status,
            target,
        )
        for member in members.values()
    ]


def _reason(situation: Situation, names: Names) -> str:
    look = permission_evidence if situation.target is None else reach_evidence
    _holds, evidence = look(situation, names)
    return next(one.text for one in evidence if one.holds)


def records_called(actor: Actor, record_type: str, query: str, limit: int = 20) -> list[Subject]:
    """Records of this type that the actor may view and whose name holds `query`, by name."""
    declared = record_types().get(record_type)
    if declared is None:
        return []
    rows: Any = visible(actor, declared.permissions["view"], declared)
    column = "sort_name" if hasattr(declared.model, "sort_name") else declared.name
    unseen = hidden(actor, declared)
    if query:
        rows = rows.filter(**{f"{column}__icontains": query.lower()})
        # Who has no other name than what is hidden is not found by it.
        for one in unseen & {field.name for field in declared.model._meta.get_fields()}:
            rows = rows.exclude(**{f"{column}__iexact": F(one)})
    found = rows.order_by(column, "pk")[:limit]
    return [Subject(record_type, row.pk, name_shown(declared, row, unseen)) for row in found]
