"""Something for a selection of records, ticked or all that match a filter: its effect first, then the deed with its
digest. Up to one batch is done at once; more is an operation with a page of its own."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.acting.actions import perform
from tenantry.acting.errors import OperationOver
from tenantry.acting.operations import cancel_operation, get_operation, lines_of
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.crm.actions.bulk import CODE, ActedOn, act_on_records
from tenantry.crm.bulk import ARCHIVE, DELETE, GIVE, RESTORE, RecordsPlan, Selection, plan_act_on_records
from tenantry.crm.errors import RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.usecases.bulk_changing.results import REFUSED, told, told_lines
from tenantry.usecases.undoing_records import giving_by
from tenantry.web.momentum.acts import (
    after_acting,
    behind,
    loss_effects,
    open_type,
    record_take,
    ticked_ids,
    way_back,
)
from tenantry.web.momentum.closed import closed_shown, given_access, is_meant
from tenantry.web.momentum.listing import listing_of
from tenantry.web.momentum.owning import owner_picker
from tenantry.web.momentum.pages import meant, record_file
from tenantry.web.navigation import address
from tenantry.web.people.closed import closed_effect, closed_said
from tenantry.web.people.plans import listing as listed
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

# What the buttons of a list say -> what is done.
_ACTS = {"owner": GIVE, "archive": ARCHIVE, "restore": RESTORE, "deletion": DELETE}
_TITLES = {
    GIVE: gettext_lazy("Change owner"),
    ARCHIVE: gettext_lazy("Archive"),
    RESTORE: gettext_lazy("Restore"),
    DELETE: gettext_lazy("Delete"),
}
_WHY = {
    PermissionMissing.code: gettext_lazy("You may not do this to them."),
    RecordArchived.code: gettext_lazy("They are archived. Restore them first."),
    NotFound.code: gettext_lazy("They are out of your reach now, or gone."),
    ReceiverCannotOpen.code: gettext_lazy("Whoever was to receive them could not open them any more."),
}
# Left-out records that the page of an operation names.
MOST_SHOWN = 200
# Seconds until that page looks again.
LOOK = 2


class _Asked:
    """What the form says.

    :raises NotFound: no such act, no such type, an id that is none. :raises InvalidInput: nothing is selected.
    """

    def __init__(self, request: MemberRequest, type_key: str) -> None:
        sent = request.POST
        self.do = sent.get("do", "")
        if self.do not in _ACTS:
            raise NotFound
        self.act = _ACTS[self.do]
        self.record_type: RecordType = open_type(request, type_key)
        self.everything, self.query = "all" in sent, sent.get("query", "")
        self.ids = () if self.everything else ticked_ids(request)
        self.digest = sent.get("digest", "")
        owner = sent.get("owner", "")
        self.owner_id = parse_id(owner)
        if owner and self.owner_id is None:
            raise NotFound
        # Whom it is given to is chosen while the plan is read: its digest is of the one that was shown.
        self.chosen = self.act != GIVE or "owner" in sent
        self.back = behind(request)

    @property
    def at_once(self) -> bool:
        """What is ticked and easily taken back needs no second look."""
        return not self.everything and self.act in (ARCHIVE, RESTORE)

    def selection(self, request: MemberRequest) -> Selection:
        """Call it where the database may be asked."""
        if not self.everything:
            return Selection(self.record_type.key, self.ids)
        return Selection(self.record_type.key, (), _meant(request, self.record_type.key, self.query))


def _meant(request: MemberRequest, type_key: str, query: str) -> Any:
    """:raises NotFound: a list of which all can't be meant."""
    of_type = listing_of(type_key)
    if of_type is None:
        raise NotFound
    return meant(request.actor, of_type, QueryDict(query))


@screen(methods=("POST",))
def record_bulk(request: MemberRequest, type_key: str) -> HttpResponse:
    """The form of a list: `do` says what, `ids` with which records, or `all` that match `query`; `digest`: the plan
    that was read, without it the plan is shown."""
    if request.POST.get("do", "") == "take":
        return record_take(request, type_key)
    asked = _Asked(request, type_key)
    looking = "show" in request.POST or "find" in request.POST or given_access(request) is not None
    if not asked.chosen or looking or (not asked.digest and not asked.at_once):
        return _plan_page(request, asked)
    try:
        with reading():
            selection = asked.selection(request)
        done = perform(
            act_on_records,
            actor=request.actor,
            act=asked.act,
            selection=selection,
            owner_id=asked.owner_id,
            digest=asked.digest or None,
            anyway=is_meant(request, asked.owner_id),
        )
    except PlanChanged as changed:
        return _plan_page(request, asked, changed=changed)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden") or isinstance(refused, InvalidInput):
            raise
        return _plan_page(request, asked, refused=refused)
    return _answer(request, asked, done)


def _answer(request: MemberRequest, asked: _Asked, done: ActedOn) -> HttpResponse:
    there = reverse("record_operation", args=[done.operation_id])
    if not done.finished:
        return go(request, there)
    said = {
        GIVE: ngettext("%(count)s record has another owner.", "%(count)s records have another owner.", done.done),
        ARCHIVE: ngettext("%(count)s record is archived.", "%(count)s records are archived.", done.done),
        RESTORE: ngettext("%(count)s record is back.", "%(count)s records are back.", done.done),
        DELETE: ngettext("%(count)s record was deleted.", "%(count)s records were deleted.", done.done),
    }[asked.act] % {"count": done.done}
    if done.refused:
        left = ngettext("%(count)s was left out.", "%(count)s were left out.", done.refused)
        said = f"{said} {left % {'count': done.refused}}"
    if done.closed:
        said = f"{said} {closed_said(done.closed)}"
    undo = ""
    if asked.act == GIVE and done.done and not done.refused:
        with reading():
            undo = way_back(request, giving_by(request.actor, done.operation_id))
    toast(request, said, undo_url=undo, url=there if done.refused else "")
    return go(request, asked.back or after_acting(request, asked.record_type, asked.ids, gone=asked.act == DELETE))


def _plan_page(
    request: MemberRequest, asked: _Asked, *, changed: PlanChanged | None = None, refused: Refusal | None = None
) -> HttpResponse:
    with reading():
        owner_id = asked.owner_id if asked.chosen else request.actor.membership_id
        picker = owner_picker(request.actor, owner_id, request.POST, title=_("Owner")) if asked.act == GIVE else None
        plan = plan_act_on_records(
            actor=request.actor,
            act=asked.act,
            selection=asked.selection(request),
            now=clock.now(),
            owner_id=owner_id,
        )
        closed = closed_shown(request, plan.closed)
    record_type = asked.record_type
    context = {
        "asked": asked,
        "record_type": record_type,
        "title": _TITLES[asked.act],
        "plan": plan,
        "effects": effects_of(record_type, plan),
        "left_out": [(number, _WHY[code]) for code, number in plan.refused],
        "picker": picker,
        "deletes": asked.act == DELETE,
        "changed": changed,
        "refused": refused,
        "back": asked.back or address(f"{record_type.key}_list") or reverse("launcher"),
        **closed,
    }
    status = 409 if changed else status_of(refused) if refused else 200
    return page(request, "momentum/bulk.html", context, status=status)


def effects_of(record_type: RecordType, plan: RecordsPlan) -> list[dict[str, Any]]:
    """In the order in which people ask."""
    if not plan.done:
        return []
    what = str(record_type.title if plan.done == 1 else record_type.plural).lower()
    text = {
        GIVE: ngettext("%(what)s goes to %(name)s", "%(what)s go to %(name)s", plan.done)
        if plan.receiver
        else ngettext("%(what)s goes into the queue Unassigned", "%(what)s go into the queue Unassigned", plan.done),
        ARCHIVE: ngettext(
            "%(what)s leaves lists and counts, and is found among the archived ones",
            "%(what)s leave lists and counts, and are found among the archived ones",
            plan.done,
        ),
        RESTORE: ngettext(
            "%(what)s comes back into lists and counts", "%(what)s come back into lists and counts", plan.done
        ),
        DELETE: _("%(what)s deleted for good"),
    }[plan.act] % {"what": what, "name": plan.receiver}
    names = listed(plan.names)
    if plan.done > len(plan.names):
        names = _("%(names)s and others") % {"names": ", ".join(plan.names)}
    lines = [{"number": plan.done, "text": text, "detail": names, "warning": plan.act == DELETE}]
    return lines + loss_effects(plan.losses) + closed_effect(plan.closed)


# --- As a file ----------------------------------------------------------------------------


@screen(methods=("POST",), crosses=True)
def record_selection_file(request: MemberRequest, type_key: str) -> HttpResponseBase:
    """The selected records as CSV: `ids`, or `all` that match `query`."""
    of_type = listing_of(type_key)
    if of_type is None:
        raise NotFound
    if "all" in request.POST:
        return record_file(request, of_type, QueryDict(request.POST.get("query", "")))
    return record_file(request, of_type, QueryDict(), among=ticked_ids(request))


# --- What became of it --------------------------------------------------------------------


def _operation(request: MemberRequest, acted_id: UUID) -> Any:
    row = get_operation(request.actor, acted_id)
    if not row.kind.startswith(CODE):
        raise NotFound
    return row


@screen()
def record_operation(request: MemberRequest, acted_id: UUID) -> HttpResponse:
    """How far it is, and which records were left out; for whoever asked for it.

    :raises NotFound: unknown, somebody else's, or about something else.
    """
    row = _operation(request, acted_id)
    [operation] = told([row])
    lines = told_lines(request.actor, lines_of(row, REFUSED)[:MOST_SHOWN])
    context = {
        "operation": operation,
        "lines": [(line, _WHY.get(line.code, line.reason)) for line in lines],
        "more": row.refused - len(lines),
        "failure": in_words(row.error).sentence if row.error else "",
        "look": LOOK,
        "back": address(f"{row.params['type']}_list") or reverse("launcher"),
    }
    return page(request, "momentum/operation.html", context)


@screen(methods=("POST",))
def record_operation_cancel(request: MemberRequest, acted_id: UUID) -> HttpResponse:
    """No further batch begins; what was done stays done.

    :raises NotFound: see `record_operation`.
    """
    with reading():
        _operation(request, acted_id)
    there = reverse("record_operation", args=[acted_id])
    try:
        perform(cancel_operation, actor=request.actor, operation_id=acted_id)
    except OperationOver:
        # It ended while its page was looked at, and the page says how.
        return go(request, there)
    toast(request, _("It was canceled. What was done stays done."))
    return go(request, there)
