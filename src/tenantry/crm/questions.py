"""Questions to mentors follow whose word counts: when a deal changes hands, a mentee the mentor, or somebody leaves."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.crm.approving import State, mentors_of, note_on, told, withdrawn
from tenantry.crm.models import Deal, DealApproval, Mentorship


def _astray() -> QuerySet[DealApproval]:
    """Waiting questions to somebody whose word does not count any more: the mentor of the deal's mentee does, else its
    owner's, else that of whoever asked."""

    def mentor_of(column: str) -> Subquery:
        return Subquery(Mentorship.objects.filter(mentee_id=OuterRef(column)).values("mentor_id")[:1])

    counts = Coalesce(mentor_of("deal__mentee_id"), mentor_of("deal__owner_id"), mentor_of("asked_by_id"))
    rows = DealApproval.objects.filter(state=State.WAITING).annotate(counts=counts)
    return rows.filter(Q(counts__isnull=True) | ~Q(counts=F("mentor_id")))


def let_stages_go(actor: Actor, stage_ids: Iterable[UUID], now: datetime) -> tuple[Event, ...]:
    """A step, after their deals went elsewhere and before they are deleted: what waits is withdrawn and those concerned
    are told; what was answered stays with the deal, because a yes holds wherever it goes."""
    in_action()
    rows = DealApproval.objects.filter(stage_id__in=list(stage_ids))
    events: list[Event] = []
    for row in rows.filter(state=State.WAITING).select_related("deal", "stage").order_by("id"):
        events += withdrawn(actor, row, row.deal, [row.mentor_id, row.asked_by_id, row.deal.owner_id])
    rows.filter(state=State.WAITING).update(state=State.CANCELED, settled_at=now)
    here = Deal.objects.filter(pk=OuterRef("deal_id")).values("stage_id")[:1]
    rows.update(stage_id=Subquery(here))
    return tuple(events)


def follow_words(actor: Actor, now: datetime) -> tuple[Event, ...]:
    """A step, after the change: such questions go to whose word counts now, or are withdrawn where nobody's is needed.
    The deal notes it; both mentors, whoever asked and the deal's owner are told. One query where there are none."""
    in_action()
    ids = list(_astray().order_by("id").values_list("id", flat=True))
    if not ids:
        return ()
    rows = DealApproval.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids, state=State.WAITING)
    events: list[Event] = []
    for row in rows.select_related("deal", "stage").order_by("id"):
        people = (row.deal.mentee_id, row.deal.owner_id, row.asked_by_id)
        found = mentors_of(people)
        mentor = next((found[one] for one in people if one in found), None)
        concerned = [row.mentor_id, row.asked_by_id, row.deal.owner_id]
        if mentor is None:
            row.state, row.settled_at = State.CANCELED, now
            note_on(
                actor, row.deal, _("No approval of “%(stage)s” is needed any more.") % {"stage": row.stage.name}, now
            )
            events += withdrawn(actor, row, row.deal, concerned)
        else:
            row.mentor = mentor
            words = {"mentor": mentor.name, "stage": row.stage.name}
            note_on(actor, row.deal, _("%(mentor)s is asked for approval of “%(stage)s” now.") % words, now)
            more = {"stage": row.stage.name, "approval_id": str(row.id)}
            others = [one for one in concerned if one != actor.membership_id]
            events += (Event("DealQuestionMoved", one) for one in told(row.deal, mentor.id, others, **more))
            asked = [mentor.id] if mentor.id != actor.membership_id else []
            events += (Event("DealApprovalAsked", one) for one in told(row.deal, row.asked_by_id, [*asked], **more))
        row.save(update_fields=["state", "settled_at", "mentor"])
    return tuple(events)
