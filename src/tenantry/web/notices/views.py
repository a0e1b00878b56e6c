"""The centre: what somebody was told, what of it is unread, and what they want to be told."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import Action, Done, perform
from tenantry.core.errors import InvalidInput
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.notifications.actions import Choice, choose_channels, mark_all_read, mark_read, mark_unread
from tenantry.notifications.kinds import MAILS, Kind
from tenantry.notifications.selectors import Chosen, choices_of, count_unread, own, way_of
from tenantry.notifications.wording import Notice, worded
from tenantry.web.refusals import safe_back
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast

NOTICES = 30
ONLY_UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    notices: list[Notice]


@screen()
def notification_list(request: MemberRequest) -> HttpResponse:
    """Newest first, by day. `show=unread` leaves out what was read."""
    unread_only = request.GET.get("show") == ONLY_UNREAD
    rows = own(request.actor, unread=unread_only)
    cursor = request.GET.get("cursor")
    found = keyset_page(rows, order="created_at", descending=True, cursor=cursor, size=NOTICES)
    context = {
        "days": _by_day(request, worded(found.rows)),
        "page": found,
        "unread": count_unread(request.actor),
        "unread_only": unread_only,
        "newest": found.rows[0].id if found.rows and not cursor else None,
    }
    return page(request, "notices/list.html", context)


def _by_day(request: MemberRequest, notices: list[Notice]) -> list[Day]:
    zone = zone_of(request.organization)
    days = groupby(notices, key=lambda one: one.created_at.astimezone(zone).date())
    return [Day(day, list(some)) for day, some in days]


@screen(methods=("POST",))
def notification_read(request: MemberRequest) -> HttpResponse:
    """All of them; those that came after the page was made stay unread."""
    newest = request.POST.get("newest", "")
    perform(mark_all_read, actor=request.actor, newest=_id(newest) if newest else None)
    return go(request, reverse("notification_list"))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput({"newest": _("There is no such notification.")}) from None


@screen(methods=("POST",))
def notice_open(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """To what a notice is about; it is read by that."""
    perform(mark_read, actor=request.actor, notification_id=notification_id)
    with reading():
        way = way_of(request.actor, notification_id)
    return go(request, way or reverse("notification_list"))


@screen(methods=("POST",))
def notice_read(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    return _marked(request, mark_read, notification_id)


@screen(methods=("POST",))
def notice_unread(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    return _marked(request, mark_unread, notification_id)


def _marked(request: MemberRequest, act: Action[Done], notification_id: UUID) -> HttpResponse:
    perform(act, actor=request.actor, notification_id=notification_id)
    back = urlsplit(safe_back(request))
    here = reverse("notification_list")
    return go(request, f"{here}?{back.query}" if back.path == here and back.query else here)


@screen()
def unread_count(request: MemberRequest) -> HttpResponse:
    """The figure at the bell, for the one tab that asks for all of them (docs/decisions/0033). It keeps no session
    open: see `web.middleware`."""
    count, who = count_unread(request.actor), str(request.actor.membership_id)
    tag = f'"{who}-{count}"'
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = JsonResponse({"unread": count, "of": who})
    # The browser keeps it and asks whether it still holds.
    answer["ETag"], answer["Cache-Control"] = tag, "private, no-cache"
    return answer


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    choices: list[Chosen]


@screen(methods=("GET", "POST"))
def notice_choices(request: MemberRequest) -> HttpResponse:
    """What one is told in the centre and by mail, kind by kind."""
    if request.method == "POST":
        with reading():
            free = [one.kind for one in choices_of(request.actor) if not one.kind.fixed]
        perform(choose_channels, actor=request.actor, choices={kind.code: _choice(request, kind) for kind in free})
        toast(request, _("Saved."))
        return go(request, reverse("notice_choices"))
    parts = groupby(choices_of(request.actor), key=lambda one: one.group)
    groups = [Group(str(title), list(some)) for title, some in parts]
    return page(request, "notices/choices.html", {"groups": groups, "mails": MAILS})


def _choice(request: MemberRequest, kind: Kind) -> Choice:
    return Choice(
        centre=request.POST.get(f"centre.{kind.code}") == "on", mail=request.POST.get(f"mail.{kind.code}", "")
    )
