"""Erasure of a person: a pseudonym stands in their place everywhere, and the audit still verifies."""

import pytest
from django.apps import apps

from factories.organizations import PASSWORD, make_organization, unique
from factories.records import make_each
from support.catalogue import rows
from support.mentors import Brokerage
from support.visitors import link_in, mail_to, signed_in
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry, PersonalValue
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.models import TenantModel
from tenantry.core.transactions import reading, writing
from tenantry.people.address_changes import LINK_MAIL
from tenantry.people.mails import RESET_MAIL
from tenantry.people.models import Membership, User
from tenantry.security.models import SessionEntry
from tenantry.usecases.changing_address import ask_own_address, confirm_address
from tenantry.usecases.erasing import DOMAIN, erase_person, plan_erase_person
from tenantry.usecases.erasing_errors import AlreadyErased, NotRemoved
from tenantry.usecases.joining import invite_member, revoke_invitation
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.signing_in import request_password_reset
from tenantry.usecases.tasks import erase_account


def gone(org):
    """Somebody who worked here, was edited, and left."""
    person = org.person("administrator")
    signed_in(person).get("/admin")
    org.perform(
        edit_person, membership_id=person.membership_id, given_name="Grete", family_name="Sunde", phone="+47 22"
    )
    org.perform(invite_member, by=person, email=f"x-{person.email}", role_id=org.role("member"))
    make_each(org, person)
    org.perform(remove_members, membership_ids=(person.membership_id,))
    return person


def _about(membership_id):
    return Entry.objects.filter(target_id=membership_id).values("number")


def everything_said(org) -> str:
    """All that the organization's rows say, of every table, in one text."""
    with scope.tenant(org.id), reading():
        tables = [one for one in apps.get_models() if issubclass(one, TenantModel)]
        rows = [list(one._default_manager.values()) for one in tables]
        mails = MailDelivery.objects.values_list("recipient", "subject")
        return repr([rows, list(mails)])


def test_the_pseudonym_stands_everywhere_and_the_audit_verifies():
    org = make_organization(seats=20)
    person = gone(org)
    assert "Grete" in everything_said(org)
    with scope.tenant(org.id), reading():
        plan = plan_erase_person(actor=org.owner.actor, membership_id=person.membership_id)
        number = Entry.objects.order_by("-number").values_list("number", flat=True)[0]
    assert plan.name == "Grete Sunde"
    assert plan.audit > 0
    erased = org.perform(erase_person, membership_id=person.membership_id, digest=plan.digest)
    assert erased.pseudonym == plan.pseudonym
    said = everything_said(org)
    assert "Grete" not in said
    assert f"'{person.email}'" not in said
    with scope.tenant(org.id), reading():
        assert verify().sound
        assert verify().erased == plan.audit
        assert Entry.objects.filter(number__gt=number).count() == 1
        row = Membership.objects.get(id=person.membership_id)
        assert (row.name, row.user_id, row.email.endswith(DOMAIN)) == (plan.pseudonym, None, True)
        assert not SessionEntry.objects.filter(membership_id=person.membership_id).exists()
    page = signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}").content.decode()
    assert plan.pseudonym in page
    with pytest.raises(AlreadyErased):
        org.perform(erase_person, membership_id=person.membership_id)


def test_the_account_goes_where_no_organization_has_them():
    org, other = make_organization(seats=20), make_organization()
    here, there = gone(org), gone(org)
    with scope.platform("sign_in"), writing():
        user = User.objects.get(id=there.user_id)
    with scope.tenant(other.id), writing():
        member = Membership(
            email=there.email, given_name="Ida", user_id=user.id, status="active", created_at=clock.now()
        )
        member.refresh_search()
        Membership.objects.bulk_create([member])
    for person in (here, there):
        org.perform(erase_person, membership_id=person.membership_id)
        erase_account(user_id=person.user_id)
    with scope.platform("sign_in"), reading():
        accounts = {row.id: row for row in User.objects.filter(id__in=[here.user_id, there.user_id])}
    assert accounts[here.user_id].email.endswith(DOMAIN)
    assert not accounts[here.user_id].has_usable_password()
    assert accounts[there.user_id].email == there.email
    assert other.status(member.id) == "active"


def test_nobody_is_erased_while_they_are_here_and_only_by_whoever_removes():
    org = make_organization(seats=20)
    person, clerk = org.person("member"), org.person("billing_administrator")
    with pytest.raises(NotRemoved):
        org.perform(erase_person, membership_id=person.membership_id)
    org.perform(remove_members, membership_ids=(person.membership_id,))
    with pytest.raises(PermissionMissing):
        org.perform(erase_person, by=clerk, membership_id=person.membership_id)
    assert person.email in everything_said(org)


def test_a_mentor_who_was_asked_is_not_named_on_the_deal_any_more():
    world = Brokerage()
    deal = world.deal()
    world.move(deal, 2)
    assert world.notes(deal) == ["Asked Ada Berg for approval of “Lodged”."]
    world.told(world.mentor)
    who = world.mentor.membership_id
    world.org.perform(remove_members, membership_ids=(who,))
    world.told(world.org.owner)
    erased = world.org.perform(erase_person, membership_id=who)
    assert world.notes(deal)[0] == f"Asked {erased.pseudonym} for approval of “Lodged”."
    said = everything_said(world.org)
    assert "Ada" not in said
    assert "berg" not in said.lower()


def test_an_address_that_was_only_typed_leads_to_nobody():
    """Whoever asked for the address of somebody else and never proved it is not them."""
    org = make_organization(seats=20)
    person, email = org.person("member"), f"{unique('typed')}@example.test"
    lost = org.invite("member", email=email, given_name="Liv", family_name="Strand")
    org.perform(revoke_invitation, membership_id=lost.membership_id)
    with scope.tenant(org.id), reading():
        mails = MailDelivery.objects.filter(organization_id=org.id, recipient=email).exclude(kind=LINK_MAIL).count()
        told = PersonalValue.objects.filter(number__in=_about(lost.membership_id)).count()
    assert mails
    assert told
    org.perform(ask_own_address, by=person, email=email, password=PASSWORD)
    org.perform(remove_members, membership_ids=(person.membership_id,))
    org.perform(erase_person, membership_id=person.membership_id)
    with scope.tenant(org.id), reading():
        row = Membership.objects.get(id=lost.membership_id)
        assert (row.name, row.email) == ("Liv Strand", email)
        left = MailDelivery.objects.filter(organization_id=org.id, recipient=email)
        # The link that was asked for is gone.
        assert not left.filter(kind=LINK_MAIL).exists()
        assert left.count() == mails
        assert PersonalValue.objects.filter(number__in=_about(lost.membership_id)).count() == told
        asked = Entry.objects.filter(action="people.address_change_asked").values("number")
        assert not PersonalValue.objects.filter(number__in=asked, field="email").exists()


def test_an_address_that_is_somebody_elses_now_is_left_to_them():
    """Whoever has the address today asked for a new password; erasing who had it before ends nothing of theirs."""
    org, other = make_organization(seats=20), make_organization(seats=20)
    person = org.person("member")
    before, after = person.email, f"{unique('after')}@example.test"
    org.perform(ask_own_address, by=person, email=after, password=PASSWORD)
    token = link_in(mail_to(after, LINK_MAIL)).rpartition("/")[2]
    with scope.installation("change_address"):
        perform(confirm_address, actor=Actor.guest(), token=token, signed_in_user_id=person.user_id)
    typed = other.person("member")
    org.perform(ask_own_address, by=person, email=typed.email, password=PASSWORD)
    other.person("member", email=before)
    for email in (before, typed.email):
        with scope.installation("sign_in"):
            perform(request_password_reset, actor=Actor.guest(), email=email)
    org.perform(remove_members, membership_ids=(person.membership_id,))
    org.perform(erase_person, membership_id=person.membership_id)
    erase_account(user_id=person.user_id)
    for email in (before, typed.email):
        assert rows("SELECT id FROM people_passwordreset WHERE email = %s", email), email
        assert link_in(mail_to(email, RESET_MAIL)), email
