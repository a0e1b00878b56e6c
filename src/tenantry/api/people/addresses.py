"""Another address for somebody: asked for, called off; of a pending person, changed."""

from typing import Annotated

from ninja import Router
from pydantic import Field

from tenantry.access.errors import MemberOutOfHand
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.rows import person
from tenantry.api.people.schemas import Person
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Bounded, Id, In
from tenantry.core import bounds
from tenantry.core.errors import TooFast
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import (
    AddressChangeForbidden,
    AddressElsewhere,
    AddressNotYours,
    AlreadyInvited,
    AlreadyMember,
    MemberDeactivated,
    NotActive,
    NotInvited,
    NotOnOneself,
)
from tenantry.people.permissions import EDIT, INVITE
from tenantry.usecases.changing_address import ask_address, cancel_address, change_invited_address

router = Router(tags=["People"])
KNOWN = (AlreadyMember, AlreadyInvited, MemberDeactivated, AddressElsewhere, TooFast)


class NewAddress(In):
    email: Annotated[str, Bounded(bounds.EMAIL)] = Field(examples=["pat@example.com"])


@operation(
    router,
    "PUT",
    "/people/{person_id}/address-change",
    EDIT,
    status=202,
    refuses=(*KNOWN, NotOnOneself, NotActive, MemberOutOfHand, AddressChangeForbidden, AddressNotYours),
)
def address_change_ask(request: ApiRequest, person_id: Id, body: NewAddress) -> None:
    """Mails a link to the new address and a notice to the present one. The person confirms it, signed in as before;
    until then nothing changes. Only of people whose account is this organization's alone."""
    carry_out(request, ask_address, membership_id=person_id, email=body.email)


@operation(
    router,
    "DELETE",
    "/people/{person_id}/address-change",
    EDIT,
    refuses=(NotOnOneself, MemberOutOfHand, AddressNotYours),
)
def address_change_cancel(request: ApiRequest, person_id: Id) -> None:
    """The link is dead; the address stays."""
    carry_out(request, cancel_address, membership_id=person_id)


@operation(
    router,
    "PUT",
    "/invitations/{person_id}/address",
    INVITE,
    answer=Person,
    refuses=(*KNOWN, NotInvited, MemberOutOfHand, AtSeatLimit),
)
def invitation_address_change(request: ApiRequest, person_id: Id, body: NewAddress) -> Person:
    """Of somebody who has not accepted: what lets them in goes to the new address, and what was sent is dead."""
    carry_out(request, change_invited_address, membership_id=person_id, email=body.email)
    with reading():
        return person(request.actor, person_id)
