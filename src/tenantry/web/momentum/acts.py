"""What is done to records of any type: another owner, the archive and back, deletion with its effect first."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import require_any
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.crm.actions.records import (
    MOST,
    Acted,
    DeletionPlan,
    archive_records,
    delete_records,
    give_records,
    plan_delete_records,
    records_for,
    restore_records,
)
from tenantry.crm.opening import closed_to, places_in
from tenantry.crm.removing import Loss
from tenantry.crm.selectors import type_of
from tenantry.people.selectors import names_of
from tenantry.usecases.undoing import plan_undo_entry
from tenantry.usecases.undoing_records import newest_giving
from tenantry.web.context import is_fragment
from tenantry.web.momentum.closed import closed_shown, given_access, is_meant
from tenantry.web.momentum.forms import OwnerForm
from tenantry.web.momentum.listing import record_url
from tenantry.web.momentum.owning import owner_picker
from tenantry.web.navigation import address
from tenantry.web.people.closed import closed_said
from tenantry.web.people.plans import listing
from tenantry.web.picking import shown_pickers
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, page_behind, screen
from tenantry.web.toasts import toast

_PLACES = ("/apps/", "/reports")


def open_type(request: MemberRequest, type_key: str) -> RecordType:
    """:raises NotFound: no such type. :raises PermissionMissing: none of its records is open to the actor."""
    record_type = type_of(type_key)
    require_any(request.actor, record_type.permissions["view"])
    return record_type


def ticked_ids(request: MemberRequest, record_id: UUID | None = None) -> tuple[UUID, ...]:
    """`record_id`: of the address, where that is about one.

    :raises NotFound: an id that is none. :raises InvalidInput: none at all, or too many at once.
    """
    if record_id is not None:
        return (record_id,)
    ids = [parse_id(one) for one in request.POST.getlist("ids")]
    if any(one is None for one in ids):
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select something first.")})
    if len(ids) > MOST:
        raise InvalidInput({"ids": _("At most %(count)s are acted on at once.") % {"count": MOST}})
    return tuple({one: None for one in ids if one})


def behind(request: MemberRequest) -> str:
    """Path and query of the page of an application from which a button was pressed; "" when it is none of ours."""
    given = request.POST.get("back", "") or (page_behind(request) if is_fragment(request) else "")
    parts = urlsplit(given)
    if parts.scheme or parts.netloc or not parts.path.startswith(_PLACES):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def after_acting(request: MemberRequest, record_type: RecordType, ids: tuple[UUID, ...], *, gone: bool = False) -> str:
    """Where the browser goes: back to the list it came from, else to the record."""
    back = behind(request)
    page_of = record_url(record_type.key, ids[0]) if len(ids) == 1 else ""
    if back and not (gone and page_of and back.partition("?")[0] == page_of):
        return back
    return (page_of if not gone else "") or address(f"{record_type.key}_list") or reverse("launcher")


def _to(name: str, type_key: str, record_id: UUID | None) -> str:
    """Where a dialog's form goes."""
    return reverse(name, args=[type_key, record_id]) if record_id else reverse(f"{name}_several", args=[type_key])


# --- Archive ------------------------------------------------------------------------------


@screen(methods=("POST",))
def record_archive(request: MemberRequest, type_key: str) -> HttpResponse:
    record_type, ids = open_type(request, type_key), ticked_ids(request)
    done = perform(archive_records, actor=request.actor, type_key=type_key, record_ids=ids)
    said = ngettext("%(count)s record is archived.", "%(count)s records are archived.", len(done.done))
    toast(request, said % {"count": len(done.done)})
    return go(request, after_acting(request, record_type, ids))


@screen(methods=("POST",))
def record_restore(request: MemberRequest, type_key: str) -> HttpResponse:
    record_type, ids = open_type(request, type_key), ticked_ids(request)
    done = perform(restore_records, actor=request.actor, type_key=type_key, record_ids=ids)
    said = ngettext("%(count)s record is back.", "%(count)s records are back.", len(done.done))
    toast(request, said % {"count": len(done.done)})
    return go(request, after_acting(request, record_type, ids))


# --- Owner --------------------------------------------------------------------------------


@screen(methods=("GET", "POST"))
def record_owner(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """GET: the dialog. POST: `owner` is a person, or empty for the queue."""
    return _owner(request, type_key, record_id)


@screen(methods=("POST",))
def record_owner_several(request: MemberRequest, type_key: str) -> HttpResponse:
    """The same for the ticked `ids`; with `do` it shows the dialog."""
    return _owner(request, type_key, None)


def _owner(request: MemberRequest, type_key: str, record_id: UUID | None) -> HttpResponse:
    record_type, ids = open_type(request, type_key), ticked_ids(request, record_id)
    asked = request.method == "POST" and request.POST.get("do", "") == ""
    with reading():
        _type, rows = records_for(request.actor, type_key, ids, "edit")
        present = rows[0].owner_id if len(rows) == 1 else request.actor.membership_id
        said = request.POST if asked else None
        picker = owner_picker(request.actor, present, said, title=_("Owner"))
    receiver_id = given_access(request)
    searching = "find" in request.POST or receiver_id is not None
    form = OwnerForm(None if searching else said, actor=request.actor, picker=picker)
    context: dict[str, Any] = {
        "ids": ids,
        "record_type": record_type,
        "back": after_acting(request, record_type, ids),
        "to": _to("record_owner", type_key, record_id),
    }
    if receiver_id is not None:
        with reading():
            places = places_in(record_type, (row for row in rows if row.owner_id != receiver_id))
            left = closed_to(request.actor, receiver_id, record_type, places, clock.now())
            context |= closed_shown(request, left)
    if not asked or searching or not form.is_valid():
        return _owner_page(request, form, context, 422 if asked and not searching else 200)
    owner_id = form.cleaned_data["owner"]
    try:
        asked_for = {"record_ids": ids, "owner_id": owner_id, "anyway": is_meant(request, owner_id)}
        done = perform(give_records, actor=request.actor, type_key=type_key, **asked_for)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        with reading():
            context |= closed_shown(request, refused)
        return _owner_page(request, form, context, status_of(refused))
    say_given(request, record_type, done, owner_id)
    return go(request, context["back"])


def _owner_page(request: MemberRequest, form: OwnerForm, context: dict[str, Any], status: int) -> HttpResponse:
    shown = {"form": form, "picker": shown_pickers(form)["owner"]}
    return page(request, "momentum/owner_form.html", {**context, **shown}, status=status)


def say_given(request: MemberRequest, record_type: RecordType, done: Acted, owner_id: UUID | None) -> None:
    """Whose they are now, with the way back."""
    count, own = len(done.done), request.actor.membership_id
    with reading():
        name = names_of([owner_id]).get(owner_id, "") if owner_id and owner_id != own else ""
        undo = way_back(request, newest_giving(request.actor, record_type, done.done))
    if owner_id is None:
        text = ngettext("%(count)s record is unassigned now.", "%(count)s records are unassigned now.", count)
    elif owner_id == own:
        text = ngettext("%(count)s record is yours now.", "%(count)s records are yours now.", count)
    else:
        text = ngettext("%(count)s record is %(name)s’s now.", "%(count)s records are %(name)s’s now.", count)
    said = f"{text % {'count': count, 'name': name}} {closed_said(done.closed)}"
    toast(request, said.strip(), undo_url=undo)


def way_back(request: MemberRequest, number: int | None) -> str:
    """Where an entry is taken back; "" where that is not the actor's: what is given away may be out of reach."""
    if number is None:
        return ""
    try:
        plan_undo_entry(actor=request.actor, number=number, now=clock.now())
    except Refusal:
        return ""
    return reverse("audit_undo", args=[number])


@screen(methods=("POST",))
def record_take(request: MemberRequest, type_key: str) -> HttpResponse:
    """The actor makes them their own."""
    record_type, ids = open_type(request, type_key), ticked_ids(request)
    own = request.actor.membership_id
    done = perform(give_records, actor=request.actor, type_key=type_key, record_ids=ids, owner_id=own)
    say_given(request, record_type, done, own)
    return go(request, after_acting(request, record_type, ids))


# --- Deletion -----------------------------------------------------------------------------


@screen(methods=("GET", "POST"))
def record_deletion(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """GET: what deleting would do. POST with its digest: it happens, or is shown anew."""
    return _deletion(request, type_key, record_id)


@screen(methods=("POST",))
def record_deletion_several(request: MemberRequest, type_key: str) -> HttpResponse:
    """The same for the ticked `ids`; with `do` it shows what would happen."""
    return _deletion(request, type_key, None)


def _deletion(request: MemberRequest, type_key: str, record_id: UUID | None) -> HttpResponse:
    record_type, ids = open_type(request, type_key), ticked_ids(request, record_id)
    back = after_acting(request, record_type, ids, gone=True)
    context: dict[str, Any] = {
        "record_type": record_type,
        "ids": ids,
        "back": back,
        "to": _to("record_deletion", type_key, record_id),
        "cancel": behind(request) or record_url(type_key, ids[0]) or back,
    }
    status = 200
    try:
        if request.method == "POST" and request.POST.get("do", "") == "":
            digest = request.POST.get("digest", "")
            plan = perform(delete_records, actor=request.actor, type_key=type_key, record_ids=ids, digest=digest)
            count = len(plan.record_ids)
            said = ngettext("%(count)s record was deleted.", "%(count)s records were deleted.", count)
            toast(request, said % {"count": count})
            return go(request, back)
    except PlanChanged as changed:
        status, context["changed"] = 409, changed
    with reading():
        plan = plan_delete_records(actor=request.actor, type_key=type_key, record_ids=ids)
    context |= {"plan": plan, "effects": deletion_effects(record_type, plan)}
    return page(request, "momentum/deletion.html", context, status=status)


def deletion_effects(record_type: RecordType, plan: DeletionPlan) -> list[dict[str, Any]]:
    count = len(plan.record_ids)
    title = str(record_type.title if count == 1 else record_type.plural).lower()
    lines: list[dict[str, Any]] = [
        {
            "number": count,
            "text": _("%(what)s deleted for good") % {"what": title},
            "detail": listing(plan.names),
            "warning": True,
        }
    ]
    return lines + loss_effects(plan.losses)


def loss_effects(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    lines = []
    for loss in losses:
        other = type_of(loss.type)
        what = str(other.title if loss.count == 1 else other.plural).lower()
        if loss.what == "deleted":
            text = _("%(what)s deleted along, whoever they belong to") % {"what": what}
        else:
            text = _("%(what)s kept, without the link to it") % {"what": what}
        lines.append({"number": loss.count, "text": text, "warning": loss.what == "deleted"})
    return lines
