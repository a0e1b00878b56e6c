"""Who has a mentor: set by administrators, as account types are (blueprints.md, brokerage)."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.access.hands import handled
from tenantry.access.permissions import ASSIGN
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.crm.approving import may_answer
from tenantry.crm.deal_errors import NoMentor
from tenantry.crm.models import Deal, Mentorship
from tenantry.crm.questions import follow_words
from tenantry.people.models import Membership
from tenantry.people.selectors import get_member


@action(ASSIGN, targets=("membership_id", "mentor_id"))
def set_mentor(*, actor: Actor, now: datetime, membership_id: UUID, mentor_id: UUID | None) -> Outcome[Done]:
    """`membership_id`: the mentee. None ends the mentorship, and with it that their deals need a word; what waits for
    one goes to whose counts now, or is withdrawn.

    :raises NoMentor: not active, or without the permission to approve.
    :raises InvalidInput, NotOnOneself, NotFound, PermissionMissing, MemberOutOfHand: see there.
    """
    member, _standing = handled(actor, membership_id, ASSIGN)
    before = Mentorship.objects.filter(mentee_id=membership_id).select_related("mentor").first()
    if mentor_id == (before.mentor_id if before else None):
        return Outcome(Done(membership_id), None)
    Mentorship.objects.filter(mentee_id=membership_id).delete()
    was = str(before.mentor_id) if before else None
    if mentor_id is None:
        theirs = Deal.objects.filter(mentee_id=membership_id).select_for_update(no_key=True).order_by("id")
        Deal.objects.filter(id__in=list(theirs.values_list("id", flat=True))).update(mentee=None)
        values = {"before_id": was, "members": [was]}
        entry = Entry("people.mentor_ended", "member", membership_id, values)
        return Outcome(Done(membership_id), entry, follow_words(actor, now))
    mentor = _able(actor, mentor_id, membership_id, now)
    Mentorship.objects.create(mentor=mentor, mentee=member, since=now)
    values = {"before_id": was, "members": [str(mentor_id)]}
    entry = Entry("people.mentor_set", "member", membership_id, values)
    told = Event("MentorSet", {"membership_id": str(membership_id), "tell": [str(mentor_id)]})
    return Outcome(Done(membership_id), entry, (told, *follow_words(actor, now)))


def _able(actor: Actor, mentor_id: UUID, mentee_id: UUID, now: datetime) -> Membership:
    mentor = get_member(actor, mentor_id)
    if mentor_id == mentee_id:
        raise InvalidInput({"mentor": _("Nobody is their own mentor.")})
    if not may_answer(mentor, now):
        raise NoMentor(name=mentor.name)
    return mentor
