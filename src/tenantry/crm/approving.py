"""A mentor's word on the deals of their mentees, before lodgement (blueprints.md, brokerage; decision 0030).

A mentee's deal enters a stage that is marked lodgement, or gets past the first of them, only once the mentor has said
yes; what the mentor does to it themselves is their word. One yes holds for the deal from then on. A deal is a mentee's
from the moment one has or makes it: `Deal.mentee`, written by the database whoever changes the owner, stays when the
deal is given to somebody without a mentor, and comes with a deal that was lodged in another's name. Whoever has a
mentor lodges no deal of somebody else's without them, either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.access.grants import of_members
from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.crm.deal_errors import MentorUnable, WordAwaited, WordNeeded
from tenantry.crm.models import Deal, DealApproval, Mentorship, Note, Stage
from tenantry.crm.permissions import DEALS_APPROVE
from tenantry.people.models import Membership

State = DealApproval.State


def mentors_of(ids: Iterable[UUID | None]) -> dict[UUID, Membership]:
    """By mentee, of those of these members who have a mentor."""
    wanted = {one for one in ids if one is not None}
    rows = Mentorship.objects.filter(mentee_id__in=wanted).select_related("mentor").defer("mentor__picture")
    return {row.mentee_id: row.mentor for row in rows}


def may_answer(mentor: Membership, now: datetime) -> bool:
    """Whether they are here and may have mentees: a role that gave it may have ended since."""
    if mentor.status != Membership.Status.ACTIVE:
        return False
    return of_members([mentor.id], now)[mentor.id].anywhere(DEALS_APPROVE)


def lodgement_of(workflow_id: UUID) -> Stage | None:
    """The first stage of a workflow that is marked so."""
    return Stage.objects.filter(workflow_id=workflow_id, is_lodgement=True).order_by("position").first()


def _lodged(stage: Stage, first: Stage | None) -> bool:
    return first is not None and (stage.is_lodgement or stage.position > first.position)


@dataclass(frozen=True, slots=True)
class Word:
    """Whose is needed, and about which stage they are asked. `own`: whoever acts is the mentor; their act is it."""

    mentor: Membership
    stage: Stage
    own: bool


def whose_word(actor: Actor, deal: Deal, stage: Stage | None) -> Word | None:
    """Whose is needed before `deal` enters `stage` (None: before it is won)."""
    people = (deal.mentee_id, deal.owner_id, actor.membership_id)
    found = mentors_of(people)
    mentor = next((found[one] for one in people if one in found), None)
    if mentor is None:
        return None
    first = lodgement_of(stage.workflow_id if stage else deal.workflow_id)
    if first is None or (stage is not None and not _lodged(stage, first)):
        return None
    there = not deal._state.adding and deal.workflow_id == first.workflow_id and _lodged(deal.stage, first)
    # What stood there before its owner had a mentor needs no word, unless it came to or from a mentee since.
    if (there and deal.mentee_id not in found) or _has_word(deal):
        return None
    about = (stage or deal.stage) if there or (stage is not None and stage.is_lodgement) else first
    return Word(mentor, about, mentor.id == actor.membership_id)


def _has_word(deal: Deal) -> bool:
    return not deal._state.adding and DealApproval.objects.filter(deal=deal, state=State.APPROVED).exists()


def refuse_without_word(actor: Actor, deal: Deal, stage: Stage | None) -> Word | None:
    """The mentor's own word, to be kept by `keep_word`; None where none is needed.

    :raises WordNeeded: there is somebody to ask first.
    """
    word = whose_word(actor, deal, stage)
    if word is not None and not word.own:
        raise WordNeeded(mentor=word.mentor.name, name=deal.name, stage=word.stage.name)
    return word


def keep_word(word: Word | None, deal: Deal, now: datetime) -> None:
    """A step: what the mentor did to the deal themselves is a yes, which holds as any."""
    in_action()
    if word is not None and word.own:
        row = DealApproval(deal=deal, stage=word.stage, asked_by=word.mentor, mentor=word.mentor, asked_at=now)
        row.state, row.settled_at = State.APPROVED, now
        DealApproval.objects.bulk_create([row])


def waiting(deal_id: UUID) -> QuerySet[DealApproval]:
    """The request that the mentor has not answered yet; one at most."""
    return DealApproval.objects.filter(deal_id=deal_id, state=State.WAITING).select_related("stage", "mentor")


def ask(actor: Actor, deal: Deal, stage: Stage, mentor: Membership, now: datetime) -> DealApproval:
    """A step: the mentor is asked about the deal.

    :raises MentorUnable: they could not answer. :raises WordAwaited: they were asked before.
    """
    in_action()
    if not may_answer(mentor, now):
        raise MentorUnable(mentor=mentor.name, name=deal.name)
    if waiting(deal.id).exists():
        raise WordAwaited(mentor=mentor.name, name=deal.name)
    row = DealApproval(
        deal=deal,
        stage=stage,
        asked_by_id=actor.membership_id or deal.owner_id or mentor.id,
        mentor=mentor,
        asked_at=now,
    )
    DealApproval.objects.bulk_create([row])
    return row


def cancel_waiting(actor: Actor, deal: Deal, now: datetime) -> tuple[Event, ...]:
    """A step: the deal went elsewhere or was closed. The mentor is told."""
    in_action()
    row = waiting(deal.id).first()
    if row is None:
        return ()
    DealApproval.objects.filter(id=row.id).update(state=State.CANCELED, settled_at=now)
    return withdrawn(actor, row, deal, [row.mentor_id])


def withdrawn(actor: Actor, row: DealApproval, deal: Deal, tell: list[UUID | None]) -> tuple[Event, ...]:
    """The event that tells them, without the actor, that a question needs no answer any more."""
    people = [one for one in tell if one != actor.membership_id]
    return tuple(Event("DealQuestionEnded", one) for one in told(deal, None, people, stage=row.stage.name))


def note_on(actor: Actor, deal: Deal, text: str, now: datetime) -> None:
    """A step: what was said, as a note on the deal, whatever the actor may write there otherwise."""
    in_action()
    row = Note(
        owner_id=actor.membership_id or deal.owner_id,
        created_by_id=actor.membership_id,
        workspace_id=deal.workspace_id,
        deal=deal,
        body=text,
        created_at=now,
        changed_at=now,
    )
    row.refresh_search()
    Note.objects.bulk_create([row])


def told(deal: Deal, about: UUID | None, tell: list[UUID | None], **more: str) -> tuple[Mapping[str, Any], ...]:
    """What the event says by which people are told; `about`: who did it. Nobody is told what they did themselves, and
    where nobody is left there is no event."""
    ids = dict.fromkeys(str(one) for one in tell if one is not None and one != about)
    if not ids:
        return ()
    about = about or deal.owner_id or UUID(next(iter(ids)))
    return ({"membership_id": str(about), "tell": list(ids), "deal_id": str(deal.id), **more, "deal": deal.name},)
