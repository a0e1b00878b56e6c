"""A new organization: asked for by anybody, created only after the address is proven."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password

from tenantry.access.steps import create_profiles, create_roles, give_base_role
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.billing.steps import start_subscription
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.mail import end_mails, queue_mail
from tenantry.core.tenancy import scope
from tenantry.organizations.steps import create_organization
from tenantry.people.errors import AskerUnproven, LinkExpired, LinkUnknown, LinkUsed, SignInFirst, WrongAccount
from tenantry.people.identity import lock_account
from tenantry.people.mails import SIGN_UP_MAIL
from tenantry.people.models import SignUpRequest, User
from tenantry.people.steps import create_membership, create_user
from tenantry.security.passwords import Person, hashed, refuse_weak
from tenantry.security.steps import open_entry, prove
from tenantry.usecases.founding import Founding, create_first_workflow

LINK_LIFE = timedelta(hours=24)


@action(open_to="anybody may sign an organization up")
def request_sign_up(
    *,
    actor: Actor,
    now: datetime,
    email: str,
    given_name: str,
    family_name: str,
    password: str,
    organization_name: str,
    slug: str,
    blueprint: str,
    time_zone: str = "UTC",
) -> Outcome[Done]:
    """Keeps what was asked and mails a link. Does the same, in the same time, for known and new addresses; whether
    the organization's address is free is asked only after the proof.

    :raises PasswordRefused: too weak.
    """
    refuse_weak(password, Person(email, f"{given_name} {family_name} {organization_name}"))
    request = SignUpRequest(
        email=email,
        given_name=given_name,
        family_name=family_name,
        password=hashed(password),
        organization_name=organization_name,
        slug=slug,
        blueprint=blueprint,
        time_zone=time_zone,
        created_at=now,
        expires_at=now + LINK_LIFE,
    )
    request.save(force_insert=True)
    queue_mail(kind=SIGN_UP_MAIL, to=email, subject_id=request.id, now=now)
    entry = Entry("installation.sign_up_requested", "sign_up", request.id, {"slug": slug}, {"email": email})
    return Outcome(Done(request.id), entry)


def find_sign_up(token: str, now: datetime) -> SignUpRequest:
    """The request behind a mailed link. Changes nothing.

    :raises LinkUnknown, LinkUsed, LinkExpired: what became of it.
    """
    request = SignUpRequest.objects.filter(token_hash=crypto.token_hash(token)).first() if len(token) <= 200 else None
    if request is None:
        raise LinkUnknown
    if request.used_at:
        raise LinkUsed
    if request.expires_at <= now:
        raise LinkExpired
    return request


def knows_password(token: str, password: str, now: datetime) -> bool:
    """Whether this is the password that was chosen with the request behind a mailed link. Changes nothing.

    :raises LinkUnknown, LinkUsed, LinkExpired: what became of the link.
    """
    return check_password(password, find_sign_up(token, now).password)


@dataclass(frozen=True, slots=True)
class Founded:
    user_id: UUID
    organization_id: UUID
    membership_id: UUID
    entry_id: UUID


@action(open_to="the mailed link is the permission; an existing account must be signed in")
def found_organization(
    *,
    actor: Actor,
    now: datetime,
    token: str,
    founding: Founding,
    slug: str | None = None,
    signed_in_user_id: UUID | None = None,
    asker_known: bool = False,
) -> Outcome[Founded]:
    """Creates organization, roles, policies, the first member, who holds all permissions, and the first workflow.

    Runs as crossing `sign_up`, armed with `founding.organization_id`. `slug`: another address, when the one that was
    asked for is taken by now. `asker_known`: this browser asked for it, or its person typed the password again. The
    mail proves whose the address is, not who chose the password: without this a stranger could sign somebody else's
    address up and keep the password of the account.

    :raises SlugTaken, LinkUnknown, LinkUsed, LinkExpired, SignInFirst, WrongAccount, AskerUnproven: see there.
    """
    request = SignUpRequest.objects.select_for_update(no_key=True).get(id=find_sign_up(token, now).id)
    if request.used_at:
        raise LinkUsed
    user = _founder(request, signed_in_user_id, now, asker_known=asker_known)
    organization_id = scope.organization_id()
    create_organization(
        organization_id=organization_id,
        name=request.organization_name,
        slug=slug or request.slug,
        blueprint=founding.blueprint,
        policies=founding.policies,
        entitlements=founding.entitlements,
        labels=founding.labels,
        time_zone=request.time_zone,
        now=now,
    )
    begun = start_subscription(founding.blueprint, now)
    roles = create_roles(founding.roles)
    create_profiles(founding.profiles)
    member = create_membership(
        email=request.email, given_name=request.given_name, family_name=request.family_name, now=now, user_id=user.id
    )
    give_base_role(member.id, roles[founding.keyholder_key], given_by=None, now=now)
    create_first_workflow(founding.workflow, member.id, now)
    entry = open_entry(member, actor, now)
    request.used_at, request.password = now, ""
    request.save(update_fields=["used_at", "password"])
    end_mails(kind=SIGN_UP_MAIL, subject_ids=[request.id], now=now)
    values = {"name": request.organization_name, "slug": slug or request.slug, "blueprint": founding.blueprint}
    return Outcome(
        Founded(user.id, organization_id, member.id, entry.id),
        Entry("organization.founded", "member", member.id, values, {"email": request.email}),
        events=(Event("OrganizationFounded", {"membership_id": member.id}), *begun),
    )


def makes_account(user: User | None) -> bool:
    """Whether the password of the request becomes the one of the account."""
    return user is None or not user.is_own


def _founder(request: SignUpRequest, signed_in_user_id: UUID | None, now: datetime, *, asker_known: bool) -> User:
    user = lock_account(request.email)
    if makes_account(user) and not asker_known:
        raise AskerUnproven
    if user is None:
        return create_user(email=request.email, password_hash=request.password, proven=True, now=now)
    if not user.is_own:
        # Joined by a copied link without proof; the mailed link proves that the address is this person's.
        prove(user, request.password, now)
        return user
    if signed_in_user_id is None:
        raise SignInFirst
    if signed_in_user_id != user.id:
        raise WrongAccount
    return user
