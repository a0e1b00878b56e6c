"""The caller's own notifications, and what they want to be told."""

from ninja import Query, Router

from tenantry.api.idempotency import carry_out
from tenantry.api.notifications.schemas import (
    ChoiceOut,
    Choices,
    EditChoices,
    NotificationOut,
    NotificationPage,
    NotificationQuery,
    Unread,
)
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.errors import NotFound
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.notifications.actions import Choice, choose_channels, mark_all_read, mark_read, mark_unread
from tenantry.notifications.selectors import choices_of, count_unread, own
from tenantry.notifications.wording import worded

router = Router(tags=["Me"])
READS = "everybody reads their own notifications"
CHOOSES = "everybody chooses what they are told"


def _member_only(request: ApiRequest) -> None:
    """:raises NotFound: a key has nothing of its own."""
    if request.actor.membership_id is None:
        raise NotFound


@operation(router, "GET", "/me/notifications", open_to=READS, answer=NotificationPage)
def notification_list(request: ApiRequest, query: Query[NotificationQuery]) -> Answer:
    """One's own notifications, the latest first."""
    _member_only(request)
    rows = own(request.actor, unread=query.unread)
    page = keyset_page(rows, order="created_at", descending=True, cursor=query.cursor, size=query.limit)
    items = [
        NotificationOut(
            id=n.id,
            kind=n.kind,
            sentence=n.sentence,
            about_id=n.about_id,
            created_at=n.created_at,
            is_read=n.is_read,
        )
        for n in worded(page.rows)
    ]
    return listed(request, NotificationPage, page, items)


@operation(router, "GET", "/me/notifications/unread", open_to=READS, answer=Unread)
def notification_count(request: ApiRequest) -> Unread:
    """How many are unread."""
    _member_only(request)
    return Unread(unread=count_unread(request.actor))


@operation(router, "POST", "/me/notifications/reading", open_to=READS)
def notifications_read(request: ApiRequest) -> None:
    """Marks all of one's notifications read; mails about them that have not gone out are canceled."""
    _member_only(request)
    carry_out(request, mark_all_read)


@operation(router, "POST", "/me/notifications/{notification_id}/reading", open_to=READS)
def notification_read(request: ApiRequest, notification_id: Id) -> None:
    """Marks one read; a mail about it that has not gone out is canceled."""
    _member_only(request)
    carry_out(request, mark_read, notification_id=notification_id)


@operation(router, "DELETE", "/me/notifications/{notification_id}/reading", open_to=READS)
def notification_unread(request: ApiRequest, notification_id: Id) -> None:
    """Marks one unread again; no mail goes out for that."""
    _member_only(request)
    carry_out(request, mark_unread, notification_id=notification_id)


def _choices(request: ApiRequest) -> Choices:
    return Choices(
        items=[
            ChoiceOut(
                kind=one.kind.code,
                title=str(one.kind.title),
                group=one.kind.group,
                centre=one.channels.centre,
                mail=one.channels.mail.value,
                fixed=one.kind.fixed,
                chosen=one.own,
            )
            for one in choices_of(request.actor)
        ]
    )


@operation(router, "GET", "/me/notification-choices", open_to=CHOOSES, answer=Choices)
def notification_choices_get(request: ApiRequest) -> Choices:
    """What one can be told, and where each kind goes: into the centre, and by mail at once, once a day or never."""
    _member_only(request)
    return _choices(request)


@operation(router, "PATCH", "/me/notification-choices", open_to=CHOOSES, answer=Choices)
def notification_choices_edit(request: ApiRequest, body: EditChoices) -> Choices:
    """Chooses for the kinds that are sent."""
    _member_only(request)
    wanted = {one.kind: Choice(one.centre, one.mail) for one in body.items}
    carry_out(request, choose_channels, choices=wanted)
    with reading():
        return _choices(request)
