"""Nobody reaches above what their role may assign, on any path (security case 6; product.md §3)."""

from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, make_organization, unique
from support import catalogue
from tenantry.access.actions.assigning import change_role, plan_change_role
from tenantry.access.errors import MemberOutOfHand, RoleNotAssignable
from tenantry.access.selectors import roles_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.security.actions import create_key, end_sessions
from tenantry.security.keys import find_key
from tenantry.usecases.changing_address import ask_address, cancel_address, change_invited_address
from tenantry.usecases.given_passwords import set_member_password
from tenantry.usecases.joining import (
    copy_invitation_link,
    edit_invited,
    invite_member,
    resend_invitation,
    revoke_invitation,
)
from tenantry.usecases.offboarding import (
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    reactivate_member,
    remove_members,
)
from tenantry.usecases.person import edit_person
from tenantry.usecases.signing_in import send_password_reset
from tenantry.usecases.temporary_passwords import send_temporary_password

ABOVE = {"people_administrator": ("owner", "administrator", "billing_administrator", "people_administrator"),
         "administrator": ("owner",)}  # fmt: skip
CASES = [(actor, role) for actor, roles in ABOVE.items() for role in roles]
ON_ACTIVE: dict[Any, dict[str, Any]] = {
    deactivate_members: {},
    remove_members: {},
    end_sessions: {},
    send_password_reset: {},
    send_temporary_password: {},
    set_member_password: {"password": "Harbour-lamp 52"},
    ask_address: {"email": "other@example.test"},
    cancel_address: {},
    edit_person: {"given_name": "X", "family_name": "Y"},
}
ON_PENDING: dict[Any, dict[str, Any]] = {
    resend_invitation: {},
    change_invited_address: {"email": "other@example.test"},
    revoke_invitation: {},
    copy_invitation_link: {},
    remove_members: {},
    edit_person: {"given_name": "X", "family_name": "Y"},
}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def on(action: Any, membership_id: UUID) -> dict[str, Any]:
    many = action in (deactivate_members, remove_members)
    return {"membership_ids": (membership_id,)} if many else {"membership_id": membership_id}


def role_of(org: Organization, membership_id: UUID) -> str:
    with scope.tenant(org.id), reading():
        return roles_of([membership_id])[membership_id].key


@pytest.mark.parametrize(("role", "above"), CASES)
def test_no_action_reaches_somebody_above(org, role, above):
    actor, active, pending = org.person(role), org.person(above), org.invite(above)
    attempts = [
        *((action, active.membership_id, more) for action, more in ON_ACTIVE.items()),
        *((action, pending.membership_id, more) for action, more in ON_PENDING.items()),
        (change_role, active.membership_id, {"role_id": org.role("member")}),
        (change_role, pending.membership_id, {"role_id": org.role("member")}),
        (edit_invited, pending.membership_id,
         {"given_name": "X", "family_name": "Y", "role_id": org.role("member"), "team_ids": ()}),
    ]  # fmt: skip
    for action, member_id, more in attempts:
        with pytest.raises(MemberOutOfHand):
            org.perform(action, by=actor, **on(action, member_id), **more)
    assert (org.status(active.membership_id), org.status(pending.membership_id)) == ("active", "invited")
    assert role_of(org, active.membership_id) == role_of(org, pending.membership_id) == above
    org.perform(deactivate_members, membership_ids=(active.membership_id,))
    with pytest.raises(MemberOutOfHand):
        org.perform(reactivate_member, by=actor, membership_id=active.membership_id)


@pytest.mark.parametrize(("role", "above"), CASES)
def test_no_path_gives_a_role_above(org, role, above):
    actor, below, pending = org.person(role), org.person("member"), org.invite("member")
    given = org.role(above)
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (invite_member, {"email": f"{unique('up')}@example.test"}),
        (change_role, {"membership_id": below.membership_id}),
        (edit_invited, {"membership_id": pending.membership_id, "given_name": "X", "family_name": "", "team_ids": ()}),
    ]
    if role == "administrator":
        attempts.append((create_key, {"name": "k"}))
    for action, more in attempts:
        with pytest.raises(RoleNotAssignable):
            org.perform(action, by=actor, role_id=given, **more)
    assert role_of(org, below.membership_id) == role_of(org, pending.membership_id) == "member"


def test_nobody_acts_on_their_own_standing(org):
    for role in ("owner", "administrator", "people_administrator"):
        person = org.person(role)
        attempts: list[tuple[Any, dict[str, Any]]] = [
            (deactivate_members, {"membership_ids": (person.membership_id,)}),
            (remove_members, {"membership_ids": (person.membership_id,)}),
            (change_role, {"membership_id": person.membership_id, "role_id": org.role("member")}),
        ]
        for action, params in attempts:
            with pytest.raises(NotOnOneself):
                org.perform(action, by=person, **params)
        assert role_of(org, person.membership_id) == role


def test_a_role_of_another_organization_is_unknown(org):
    there = make_organization()
    person = org.person()
    for role_id in (there.role("member"), new_id()):
        with pytest.raises(NotFound):
            org.perform(change_role, membership_id=person.membership_id, role_id=role_id)
        with pytest.raises(NotFound):
            org.perform(invite_member, email=f"{unique('x')}@example.test", role_id=role_id)


def test_a_key_reaches_what_its_role_reaches_not_what_its_creator_does(org):
    made = org.perform(create_key, name="small", role_id=org.role("people_administrator"))
    actor, _organization = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
    administrator = org.person("administrator")
    read_only = org.role("read_only")
    with scope.tenant(org.id):
        with pytest.raises(MemberOutOfHand):
            perform(deactivate_members, actor=actor, membership_ids=(administrator.membership_id,))
        with pytest.raises(PermissionMissing):
            perform(create_key, actor=actor, name="more", role_id=read_only)


@pytest.mark.parametrize("plan", [plan_deactivate_members, plan_remove_members])
def test_a_preview_needs_the_permission_of_what_it_previews(org, plan):
    """Security case 10."""
    actor, target = org.person("billing_administrator").actor, org.person()
    with scope.tenant(org.id), reading(), pytest.raises(PermissionMissing):
        plan(actor=actor, membership_ids=[target.membership_id], now=clock.now())


def test_a_preview_of_a_role_refuses_as_the_change_does(org):
    actor, owner = org.person("administrator"), org.owner
    member = actor.actor
    with scope.tenant(org.id), reading(), pytest.raises(MemberOutOfHand):
        plan_change_role(actor=member, membership_id=owner.membership_id, role_id=new_id(), now=clock.now())


def test_a_refused_attempt_leaves_no_trace(org):
    actor = org.person("people_administrator")
    before = catalogue.rows("SELECT count(*) FROM audit_entry WHERE organization_id = %s", org.id)
    with pytest.raises(Refusal):
        org.perform(invite_member, by=actor, email=f"{unique('x')}@example.test", role_id=org.role("owner"))
    assert catalogue.rows("SELECT count(*) FROM audit_entry WHERE organization_id = %s", org.id) == before
