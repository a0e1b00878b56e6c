"""From a proven person to a browser that is inside an organization, and out again."""

from uuid import UUID

from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NoLongerIn, NotFound
from tenantry.core.ids import parse_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.selectors import Entry, active_memberships_of
from tenantry.security import browsing
from tenantry.security.actions import end_own_session
from tenantry.security.gate import enter
from tenantry.usecases.signing_in import enter_organization
from tenantry.web.requests import carry_entry, guest_actor

BACKEND = f"{ModelBackend.__module__}.{ModelBackend.__qualname__}"
# Where a person wanted to go when the password was asked for again.
WANTED_KEY = "wanted_organization"
LONGEST_NEXT = 2000


def safe_next(request: HttpRequest, given: str, otherwise: str = "/") -> str:
    """A path of ours, or `otherwise`: never another host, whatever somebody wrote into a link."""
    if not given.startswith("/") or len(given) > LONGEST_NEXT:
        return otherwise
    return given if url_has_allowed_host_and_scheme(given, {request.get_host()}) else otherwise


def private(response: HttpResponse) -> HttpResponse:
    """For pages whose address holds a token. Not `no-referrer`: under it browsers send `Origin: null` with the form,
    which the CSRF check has to refuse; `strict-origin` leaves the path out just the same."""
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def signed_in_id(request: HttpRequest) -> UUID | None:
    return UUID(str(request.user.pk)) if request.user.is_authenticated else None


def sign_in(request: HttpRequest, user_id: UUID) -> None:
    """Lets a person in whose password, or whose mailed link, was right; into the organization they visited last."""
    take_account(request, user_id)
    entries = memberships(user_id)
    wanted = parse_id(str(request.session.pop(WANTED_KEY, "")))
    for entry in sorted(entries, key=lambda e: e.organization_id != wanted):
        try:
            with scope.tenant(entry.organization_id):
                entered = perform(
                    enter_organization, actor=guest_actor(request, entry.organization_id), user_id=user_id
                )
        except NotFound:
            continue
        carry_entry(request, entered.organization_id, entered.entry_id)
        break


def take_account(request: HttpRequest, user_id: UUID) -> None:
    """Makes this the browser's account. Whoever was signed in before is signed out first."""
    user = ModelBackend().get_user(user_id)
    if user is None:
        raise NotFound
    if request.user.is_authenticated and request.user.pk != user.pk:
        end_stay(request)
    auth.login(request, user, backend=BACKEND)
    epochs = {entry.organization_id: entry.epoch for entry in memberships(user_id)}
    browsing.remember_sign_in(request.session, epochs, clock.now())


def joined(request: HttpRequest, user_id: UUID, organization_id: UUID, entry_id: UUID) -> None:
    """After an invitation was accepted or an organization founded: signs its person in, there."""
    user = ModelBackend().get_user(user_id)
    if user is not None and signed_in_id(request) == user_id:
        # A new password ends every session that knew the old one, but this is where it was chosen.
        auth.update_session_auth_hash(request, user)
        entries = memberships(user_id)
        epoch = next((e.epoch for e in entries if e.organization_id == organization_id), 0)
        browsing.remember_joined(request.session, organization_id, epoch, len(entries))
    else:
        take_account(request, user_id)
    carry_entry(request, organization_id, entry_id)


def memberships(user_id: UUID) -> list[Entry]:
    with scope.platform("sign_in"), reading():
        return active_memberships_of(user_id)


def end_stay(request: HttpRequest) -> None:
    """Ends every session entry that this browser carries, in whichever organization."""
    user_id = signed_in_id(request)
    for organization_id, entry_id in browsing.carried_entries(request.session) if user_id else []:
        try:
            inside = enter(
                organization_id=organization_id,
                entry_id=entry_id,
                user_id=user_id,  # type: ignore[arg-type]
                address=request.client_address,  # type: ignore[attr-defined]
                agent=request.client_agent,  # type: ignore[attr-defined]
                request_id=request.request_id,  # type: ignore[attr-defined]
                now=clock.now(),
            )
            with scope.tenant(organization_id):
                perform(end_own_session, actor=inside.actor, entry_id=entry_id)
        except (NoLongerIn, NotFound):
            continue
