"""What somebody was called in an organization, now and ever before, and whatever the product wrote with those words:
all of it says the pseudonym instead, or is gone. What colleagues typed themselves is theirs, except in notes on deals
about which somebody was asked for a word: there the product writes beside them."""

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tenantry.access.models import OwnershipTransfer
from tenantry.acting.actions import in_action
from tenantry.acting.models import IdempotencyRecord
from tenantry.audit.models import Entry as Row
from tenantry.audit.models import OutboxEvent, PersonalValue
from tenantry.core import crypto
from tenantry.core.mail.composing import Content
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.crm.models import DealApproval, Note
from tenantry.crm.records import NOTE
from tenantry.notifications.models import Notification
from tenantry.people.address_changes import LINK_MAIL
from tenantry.people.models import BatchRow, EmailChange, InvitationBatch, InvitationLink, Membership, TemporaryPassword

Status = Membership.Status
# Of an entry they are those of whoever acted, not of whom it is about.
OF_THE_ACTOR = ("address", "agent")
# Events that say with `tell` or `membership_id` whose word a deal waits for.
ASKING = ("DealApprovalAsked", "DealQuestionMoved")
ASKED = "people.address_change_asked"


@dataclass(frozen=True, slots=True)
class Traces:
    """`ids`: the membership and former ones of the same person, the latest first. `names` and `emails`: present and
    former ones; addresses under which somebody is here are not among them. `typed`: addresses that they asked for and
    never proved; `said`: all addresses by which nobody else is known here."""

    ids: tuple[UUID, ...]
    names: tuple[str, ...]
    emails: tuple[str, ...]
    typed: tuple[str, ...]
    said: tuple[str, ...]


def traces_of(member: Membership) -> Traces:
    """Of somebody who was removed."""
    emails = {member.email, *_former_addresses(member)}
    ids, names, rows = [member.id], list[str](), [member]
    names += _names(member, emails)
    for former in _former(member, emails):
        ids.append(former.id)
        rows.append(former)
        names += _names(former, emails)
    here = Membership.objects.filter(email__in=emails).exclude(id__in=ids).exclude(status=Status.REMOVED)
    emails -= set(here.values_list("email", flat=True))
    typed = _typed(ids) - emails
    others = Membership.objects.filter(email__in=typed).exclude(id__in=ids)
    said = emails | typed - set(others.values_list("email", flat=True))
    called = sorted(dict.fromkeys(name for name in names if name and "@" not in name), key=len, reverse=True)
    return Traces(tuple(ids), tuple(called), tuple(sorted(emails)), tuple(sorted(typed)), tuple(sorted(said)))


def _typed(ids: Iterable[UUID]) -> set[str]:
    asked = Row.objects.filter(target_id__in=list(ids), action=ASKED).values("number")
    values = PersonalValue.objects.filter(number__in=asked, field="email").values_list("value", flat=True)
    return {value for value in values if isinstance(value, str)}


def _former_addresses(member: Membership) -> set[str]:
    if member.user_id is None:
        return set()
    rows = EmailChange.objects.filter(user_id=member.user_id).exclude(used_at=None)
    return {text for pair in rows.values_list("old_email", "new_email") for text in pair if text}


def _former(member: Membership, emails: Iterable[str]) -> QuerySet[Membership]:
    """They were here before, or were invited and never came."""
    same = Q(email__in=list(emails), user_id=None)
    if member.user_id:
        same |= Q(user_id=member.user_id)
    rows = Membership.objects.filter(same, status=Status.REMOVED).exclude(id=member.id)
    return rows.defer("picture").order_by("-id")


def _names(member: Membership, emails: set[str]) -> list[str]:
    """Present and former ones, read off the audit from its end; addresses are put into `emails`."""
    given, family = member.given_name, member.family_name
    found = [f"{given} {family}".strip()]
    # Whoever only asked for an address need not be who has it.
    numbers = Row.objects.filter(target_id=member.id).exclude(action=ASKED).values("number")
    rows = PersonalValue.objects.filter(number__in=numbers, field__in=("name", "email", "before", "after"))
    for field, value in rows.order_by("-number", "field").values_list("field", "value"):
        if field == "name" and isinstance(value, str):
            found.append(value)
        elif field == "email" and isinstance(value, str):
            emails.add(value)
        elif isinstance(value, Mapping):
            emails |= {str(value["email"])} if value.get("email") else set()
            if field == "before":
                given, family = value.get("given_name", given), value.get("family_name", family)
                found.append(f"{given} {family}".strip())
    return found


# --- The audit ----------------------------------------------------------------------------


def audit_of(found: Traces) -> QuerySet[PersonalValue]:
    """Personal values of what they did, of what was done to them, and of whom they were set over as manager."""
    ids = list(found.ids)
    did = Row.objects.filter(actor_id__in=ids)
    about = Row.objects.filter(target_id__in=ids).values("number")
    texts = [str(one) for one in ids]
    over = Row.objects.filter(action="people.edited").filter(
        Q(values__ids__before__manager_id__in=texts) | Q(values__ids__after__manager_id__in=texts)
    )
    own = Q(number__in=did.values("number"), field__in=OF_THE_ACTOR)
    own |= Q(number__in=about) & ~Q(field__in=OF_THE_ACTOR)
    own |= Q(number__in=over.values("number"), field__in=("before", "after"), value__manager__in=list(found.names))
    # What they called their own views.
    own |= Q(number__in=did.filter(target_type="view").values("number"), field="name")
    # Notes of the product that name them, by their first words.
    notes = Row.objects.filter(target_type=NOTE.key, target_id__in=[one.id for one in _named_in(found)])
    own |= Q(number__in=notes.values("number")) & ~Q(field__in=OF_THE_ACTOR)
    return PersonalValue.objects.filter(own)


# --- What is written out ------------------------------------------------------------------


def words_of(found: Traces, name: str, email: str) -> Callable[[str], str]:
    """Puts the pseudonym for every name as a whole word, and its address for every address."""
    said = {**dict.fromkeys(found.said, email), **dict.fromkeys(found.names, name)}
    said |= {html.escape(text): html.escape(new) for text, new in said.items()}
    if not said:
        return lambda text: text
    longest = sorted(said, key=len, reverse=True)
    whole = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
    return lambda text: whole.sub(lambda hit: said[hit.group()], text)


def forget_in_notes(found: Traces, words: Callable[[str], str]) -> None:
    """The house writes on deals who was asked for a word (`crm.approving`)."""
    in_action()
    ids = [note.id for note in _named_in(found)]
    changed = list(Note.objects.filter(id__in=ids).select_for_update(no_key=True).order_by("id"))
    for note in changed:
        note.body = words(note.body)
        note.version += 1
        note.refresh_search()
    Note.objects.bulk_update(changed, ["body", "version", "sort_name", "search_text"])


def _named_in(found: Traces) -> list[Note]:
    """Notes on deals about which a mentor was asked. Of a name that somebody else here has, too: not on deals whose
    questions are theirs, unless this person was asked there as well."""
    names = list(found.names)
    if not names:
        return []
    lower = [name.lower() for name in names]
    alike = Membership.objects.filter(sort_name__in=lower).exclude(id__in=found.ids)
    others = list(alike.values_list("id", flat=True))
    asked = DealApproval.objects.filter(deal_id=OuterRef("deal_id"))
    theirs = Q(Exists(asked.filter(Q(mentor_id__in=found.ids) | Q(asked_by_id__in=found.ids))))
    rows = Note.objects.filter(Exists(asked))
    if others:
        of_others = Exists(asked.filter(Q(mentor_id__in=others) | Q(asked_by_id__in=others)))
        rows = rows.filter(theirs | Q(deal_id__in=_once_asked(found)) | ~Q(of_others))
    called = Q()
    for name in names:
        called |= Q(body__contains=name)
    whole = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
    return [note for note in rows.filter(called).only("id", "body").order_by("id") if whole.search(note.body)]


def _once_asked(found: Traces) -> list[str]:
    """Deals whose question was theirs once, as far as the outbox still knows."""
    texts = [str(one) for one in found.ids]
    events = OutboxEvent.objects.filter(name__in=ASKING)
    told = Q(payload__membership_id__in=texts)
    for text in texts:
        told |= Q(payload__tell__contains=text)
    deals = events.filter(told).values_list("payload__deal_id", flat=True)
    return [one for one in deals if one]


def mails_to(found: Traces) -> QuerySet[MailDelivery]:
    sent = Q(recipient__in=found.emails) | Q(recipient__in=found.typed, kind=LINK_MAIL)
    return MailDelivery.objects.filter(sent, organization_id=scope.organization_id())


def forget_in_mails(found: Traces, words: Callable[[str], str], email: str) -> None:
    """Those to them say nothing any more; those to others about them are called differently, and so is the text of
    those that are not sent yet."""
    in_action()
    mails_to(found).update(recipient=email, subject="", sealed_body=None)
    changed = []
    rows = MailDelivery.objects.filter(organization_id=scope.organization_id(), subject_id__in=_told_of(found))
    for row in rows.exclude(subject="", sealed_body=None).select_for_update(no_key=True).order_by("id"):
        row.subject = words(row.subject)
        if row.sealed_body:
            said = Content.from_bytes(crypto.unseal(bytes(row.sealed_body), PURPOSE))
            anew = Content(words(said.subject), words(said.text), words(said.html))
            row.sealed_body = crypto.seal(anew.to_bytes(), PURPOSE)
        changed.append(row)
    MailDelivery.objects.bulk_update(changed, ["subject", "sealed_body"], batch_size=500)


def _told_of(found: Traces) -> Any:
    """What mails to others are about that name them: notices, offers of ownership, invitations that they sent."""
    ids = list(found.ids)
    letters = Notification.objects.filter(about_id__in=ids).exclude(letter_id=None)
    offers = OwnershipTransfer.objects.filter(giver_id__in=ids)
    links = InvitationLink.objects.filter(invitation__invited_by_id__in=ids)
    passwords = TemporaryPassword.objects.filter(invitation__invited_by_id__in=ids)
    return letters.values("letter_id").union(*(one.values("id") for one in (offers, links, passwords)), all=True)


def forget_in_batches(found: Traces) -> None:
    """Lines of files that name them. What was not sent goes; of what was the line stays, without saying who it was."""
    in_action()
    rows = BatchRow.objects.filter(
        Q(membership_id__in=found.ids) | Q(email__in=found.emails) | _reasons_about(found.ids)
    )
    touched = list(rows.order_by().values_list("batch_id", flat=True).distinct())
    # An upload is kept until it is sent, for reading it another way.
    kept = InvitationBatch.objects.filter(id__in=touched).exclude(state=InvitationBatch.State.READING)
    kept.exclude(content=None).update(content=None)
    sent = (BatchRow.State.SENT, BatchRow.State.REFUSED)
    rows.exclude(state__in=sent).delete()
    rows.update(email="", name="", reasons=[], resolved={})


def _reasons_about(ids: Iterable[UUID]) -> Q:
    found = Q()
    for one in ids:
        found |= Q(reasons__contains=[{"values": {"membership_id": str(one)}}])
    return found


def forget_in_answers(found: Traces, words: Callable[[str], str]) -> None:
    """What programs were answered is kept for a day, to be repeated."""
    in_action()
    said = Q()
    for text in (*map(str, found.ids), *found.names, *found.said):
        said |= Q(plain__contains=json.dumps(text, ensure_ascii=False)[1:-1])
    rows = IdempotencyRecord.objects.annotate(plain=Cast("result", TextField())).filter(said)
    changed = []
    for row in rows.select_for_update(no_key=True).order_by("id"):
        row.result = _said_anew(row.result, words)
        changed.append(row)
    IdempotencyRecord.objects.bulk_update(changed, ["result"])


def _said_anew(value: Any, words: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, list):
        return [_said_anew(one, words) for one in value]
    if isinstance(value, dict):
        return {name: _said_anew(one, words) for name, one in value.items()}
    return value
