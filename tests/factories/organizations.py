"""Organizations and people, made by the product's own actions."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from support.processes import wait_for
from support.servers import a_worker_lives
from tenantry.access import grants
from tenantry.access.models import Role
from tenantry.acting.actions import perform
from tenantry.blueprints.schema import founding, load
from tenantry.core import clock, crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import new_id
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Entitlement
from tenantry.people.models import InvitationLink, Membership, SignUpRequest
from tenantry.people.selectors import open_invitation
from tenantry.people.steps import create_user
from tenantry.people.ways import offered_ways
from tenantry.security.passwords import hashed
from tenantry.usecases import accepting, inviting_many, joining, signing_up

PASSWORD = "correct-horse battery 9"
_numbers = count(1)


def unique(stem: str) -> str:
    return f"{stem}-{next(_numbers)}-{new_id().hex[-10:]}"


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for one in kind.__subclasses__():
        yield one
        yield from _refusals(one)


@dataclass(frozen=True)
class Person:
    organization_id: UUID
    membership_id: UUID
    user_id: UUID
    email: str

    @property
    def actor(self) -> Actor:
        """An actor of this moment, as the gate would build it."""
        with scope.tenant(self.organization_id), reading():
            member = Membership.objects.get(id=self.membership_id)
            granted = grants.of_member(
                self.organization_id, member.id, member.access_version, grants.catalogue_version(), clock.now()
            )
            return Actor(
                kind="member",
                organization_id=self.organization_id,
                grants=granted,
                membership_id=member.id,
                user_id=self.user_id,
                label=member.name,
                session_epoch=member.session_epoch,
                address="192.0.2.7",
                agent="test",
            )


@dataclass(frozen=True)
class Organization:
    id: UUID
    slug: str
    owner: Person

    def role(self, key: str) -> UUID:
        with scope.tenant(self.id), reading():
            return Role.objects.get(key=key).id

    def perform(self, action: Any, *, by: Person | None = None, **params: Any) -> Any:
        with scope.tenant(self.id):
            return perform(action, actor=(by or self.owner).actor, **params)

    def status(self, membership_id: UUID) -> str:
        with scope.tenant(self.id), reading():
            return Membership.objects.get(id=membership_id).status

    def limit_seats(self, limit: int | None) -> None:
        with scope.platform("demo", self.id), writing():
            Entitlement.objects.filter(key="seats").update(limit=limit)

    def token_for(self, membership_id: UUID) -> str:
        """A fresh token on the mailed link of a pending person, as the composing job would mint it. Whoever was mailed
        a temporary password gets a link, too, as those do who have an account."""
        if a_worker_lives():
            self._wait_for_mails_to(membership_id)
        token = crypto.new_token()
        with scope.tenant(self.id), writing():
            invitation = open_invitation(membership_id)
            link = InvitationLink.objects.filter(
                invitation=invitation, ended_at=None, used_at=None, kind="mailed"
            ).first()
            if link is None:
                link = InvitationLink(invitation=invitation, kind="mailed", created_at=clock.now())
                InvitationLink.objects.bulk_create([link])
            link.token_hash = crypto.token_hash(token)
            link.save(update_fields=["token_hash"])
        return token

    def _wait_for_mails_to(self, membership_id: UUID) -> None:
        """Until a live worker has composed what waits for a person: composing mints a token of its own."""

        def composed() -> bool:
            with scope.tenant(self.id), reading():
                links = InvitationLink.objects.filter(invitation__membership_id=membership_id).values("id")
                return not MailDelivery.objects.filter(
                    subject_id__in=links, state=MailDelivery.State.QUEUED, sealed_body=None
                ).exists()

        # A worker that was killed a moment ago composes nothing, and nobody's token is lost.
        with suppress(AssertionError):
            wait_for(composed, seconds=20, what="mails are composed")

    def invite(self, role: str = "member", *, email: str | None = None, by: Person | None = None, **more: Any) -> Any:
        """A pending person. Where everybody is added with a password, only people of a list are."""
        wanted = {
            "email": email or f"{unique('person')}@example.test",
            "role_id": self.role(role),
            "given_name": more.pop("given_name", "Pat"),
            "family_name": more.pop("family_name", "Example"),
        }
        if self.ways == ["administrator_password"] and "password" not in more:
            many = self.perform(inviting_many.invite_members, by=by, rows=(inviting_many.InviteRow(**wanted),))
            if many.refused:
                raise next(one for one in _refusals(Refusal) if one.code == many.refused[0].code)
            name = f"{wanted['given_name']} {wanted['family_name']}"
            return joining.Invited(many.sent[0], name, wanted["email"], "invitation_link")
        return self.perform(joining.invite_member, by=by, **wanted, **more)

    @property
    def ways(self) -> list[str]:
        with scope.tenant(self.id), reading():
            return offered_ways()

    def accept(self, token: str, **more: Any) -> Any:
        with scope.platform("accept_invitation", self.id):
            return perform(
                accepting.accept_invitation,
                actor=Actor.guest(self.id),
                token=token,
                **{"given_name": "Pat", "family_name": "Example", "password": PASSWORD, **more},
            )

    def person(self, role: str = "member", **more: Any) -> Person:
        """An active member with this role, through invitation and acceptance."""
        invited = self.invite(role, **more)
        accepted = self.accept(self.token_for(invited.membership_id))
        return Person(self.id, accepted.membership_id, accepted.user_id, invited.email)


def make_organization(
    name: str = "Halden Supply",
    *,
    email: str | None = None,
    seats: int | None = None,
    blueprint: str = "standard",
) -> Organization:
    """An organization of this blueprint with its keyholder, through the sign-up's own action."""
    now = clock.now()
    slug, token, organization_id = unique("halden"), crypto.new_token(), new_id()
    email = email or f"{unique('owner')}@example.test"
    with scope.platform("sign_up", organization_id):
        with writing():
            SignUpRequest.objects.create(
                email=email,
                given_name="Maren",
                family_name="Holt",
                password=hashed(PASSWORD),
                organization_name=name,
                slug=slug[:40].rstrip("-"),
                blueprint=blueprint,
                token_hash=crypto.token_hash(token),
                created_at=now,
                expires_at=now + timedelta(hours=1),
            )
        made = perform(
            signing_up.found_organization,
            actor=Actor.guest(organization_id),
            token=token,
            founding=founding(load(blueprint)),
            asker_known=True,
        )
    organization = Organization(
        organization_id, slug[:40].rstrip("-"), Person(organization_id, made.membership_id, made.user_id, email)
    )
    if seats is not None:
        organization.limit_seats(seats)
    return organization


def make_user(email: str | None = None, password: str = PASSWORD) -> UUID:
    """An identity without any membership."""
    with scope.platform("sign_in"), writing():
        return create_user(
            email=email or f"{unique('user')}@example.test",
            password_hash=hashed(password),
            proven=True,
            now=clock.now(),
        ).id
