"""The caller: who they are, their own name and sessions."""

from ninja import Router

from tenantry.api.idempotency import carry_out
from tenantry.api.me.schemas import EditMe, Me, PutAppearance
from tenantry.api.operations import operation
from tenantry.api.people.schemas import Named, Sessions, session_out
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.permissions import YES, catalogue, reach_codes
from tenantry.core.transactions import reading
from tenantry.people.actions import choose_appearance
from tenantry.people.selectors import find_member_of
from tenantry.security.actions import end_own_session
from tenantry.security.selectors import open_sessions
from tenantry.usecases.person import change_own_profile

router = Router(tags=["Me"])


def _me(request: ApiRequest) -> Me:
    actor = request.actor
    member = find_member_of(actor)
    return Me(
        kind="member" if member else "key",
        name=member.name if member else actor.label,
        organization=Named(id=request.organization.id, name=request.organization.name),
        person=Named(id=member.id, name=member.name) if member else None,
        phone=member.phone if member else "",
        locale=member.locale if member else "",
        time_zone=member.time_zone if member else "",
        holds_everything=actor.grants.everything,
        permissions={
            p.code: " ".join(reach_codes(reach)) if p.has_reach else YES
            for p in catalogue().values()
            if (reach := actor.reach(p.code)) is not None
        },
    )


def _member_only(request: ApiRequest) -> None:
    """:raises NotFound: a key has nothing of its own."""
    if request.actor.membership_id is None:
        raise NotFound


@operation(router, "GET", "/me", open_to="everybody may ask who they are", answer=Me)
def me_get(request: ApiRequest) -> Me:
    """Who the key or session is, and what it may do."""
    return _me(request)


@operation(
    router, "PATCH", "/me", open_to="everybody changes what is theirs: name, phone, language, time zone", answer=Me
)
def me_edit(request: ApiRequest, body: EditMe) -> Me:
    """Changes one's own name, phone, language and time zone; only what is sent."""
    _member_only(request)
    carry_out(request, change_own_profile, **body.model_dump(exclude_unset=True))
    with reading():
        return _me(request)


@operation(router, "PUT", "/me/appearance", open_to="everybody chooses how their own screens look")
def appearance_choose(request: ApiRequest, body: PutAppearance) -> None:
    """Light, dark, or as the system has it."""
    _member_only(request)
    carry_out(request, choose_appearance, theme=body.theme)


@operation(router, "GET", "/me/sessions", open_to="everybody sees where they are signed in", answer=Sessions)
def my_session_list(request: ApiRequest) -> Sessions:
    """One's own open sessions in this organization, the latest first; at most 200."""
    _member_only(request)
    rows = open_sessions([i for i in [request.actor.membership_id] if i], clock.now())[:200]
    return Sessions(items=[session_out(row) for row in rows])


@operation(router, "DELETE", "/me/sessions/{session_id}", open_to="everybody ends their own sessions")
def my_session_end(request: ApiRequest, session_id: Id) -> None:
    """Ends one of one's own sessions, this one included."""
    _member_only(request)
    carry_out(request, end_own_session, entry_id=session_id)
