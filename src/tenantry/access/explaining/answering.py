"""*Why can, or can't, this person do that to this record?* (product.md §4, Explain)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.explaining.chain import StepTaken, steps_of
from tenantry.access.explaining.names import names_for
from tenantry.access.explaining.remedies import Remedy, remedies, until
from tenantry.access.explaining.situation import (
    Situation,
    Subject,
    find_explained,
    place_of_member,
    refuse_unknown,
    require_explain,
    situation_of,
)
from tenantry.access.permissions import EXPLAIN
from tenantry.core.actor import Actor
from tenantry.core.decisions import Decision, decide
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.permissions import permission as declared


@dataclass(frozen=True, slots=True)
class Explanation:
    """`ends`: when an assignment of theirs ends next, which may alter the answer by itself."""

    membership_id: UUID
    name: str
    permission: str
    subject: Subject | None
    field: str | None
    decision: Decision
    steps: tuple[StepTaken, ...]
    remedies: tuple[Remedy, ...]
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The short answer about oneself. `code`: to hand over, empty for a yes."""

    membership_id: UUID
    permission: str
    subject: Subject | None
    decision: Decision
    sentence: str
    code: str


def may_explain(actor: Actor, membership_id: UUID) -> bool:
    """Whether the chain of this person is open to the actor."""
    try:
        member = find_explained(actor, membership_id)
    except (NotFound, PermissionMissing):
        return False
    return bool(decide(actor, EXPLAIN, place_of_member(member)))


def explain(
    *,
    actor: Actor,
    membership_id: UUID,
    permission: str,
    now: datetime,
    record_type: str | None = None,
    record_id: UUID | None = None,
    field: str | None = None,
) -> Explanation:
    """The whole chain, for whoever holds `access.explain` over that person and may view the record.

    :raises NotFound: person or record is unknown, of another organization, or out of reach.
    :raises PermissionMissing: `access.explain` over this person. :raises InvalidInput: nothing declares it.
    """
    member = find_explained(actor, membership_id)
    place = require_explain(actor, member)
    refuse_unknown(permission, record_type, field)
    situation = situation_of(
        actor,
        member,
        place,
        permission=permission,
        now=now,
        record_type=record_type,
        record_id=record_id,
        field=field,
    )
    names = names_for(actor, situation)
    return Explanation(
        membership_id=member.id,
        name=member.name,
        permission=permission,
        subject=situation.question.subject,
        field=situation.question.field,
        decision=situation.decision(),
        steps=steps_of(situation, names),
        remedies=remedies(actor, situation, names),
        ends=until(situation),
    )


def answer_oneself(
    *,
    actor: Actor,
    permission: str,
    now: datetime,
    record_type: str | None = None,
    record_id: UUID | None = None,
    field: str | None = None,
) -> Answer:
    """The one sentence that everybody may have about themselves.

    :raises NotFound: the record is unknown or out of reach, or the actor is nobody's membership.
    """
    if actor.membership_id is None:
        raise NotFound
    refuse_unknown(permission, record_type, field)
    member = find_explained(actor, actor.membership_id)
    situation = situation_of(
        actor,
        member,
        place_of_member(member),
        permission=permission,
        now=now,
        record_type=record_type,
        record_id=record_id,
        field=field,
    )
    decision = situation.decision()
    sentence, code = _in_short(situation, decision)
    return Answer(member.id, permission, situation.question.subject, decision, sentence, code)


def _in_short(situation: Situation, decision: Decision) -> tuple[str, str]:
    code = situation.question.permission
    if decision.step is None:
        return _("Your access includes “%(permission)s”.") % {"permission": declared(code).title}, ""
    refusal = PermissionMissing(code, decision.step)
    return str(refusal), refusal.handover
