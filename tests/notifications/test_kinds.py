"""Every kind is declared with all that its surfaces need, and what can't be switched off isn't."""

import pytest

from factories.organizations import make_organization
from tenantry.audit import outbox
from tenantry.core.errors import InvalidInput
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications import contacts, receivers
from tenantry.notifications.actions import Choice, choose_channels
from tenantry.notifications.kinds import GROUPS, Kind, Mail, channels, declare, kind_of, kinds
from tenantry.notifications.selectors import choices_of
from tenantry.organizations.models import Contact


def test_every_event_that_tells_somebody_becomes_a_declared_kind():
    codes = {*receivers.KINDS.values(), *receivers.MONEY.values(), *receivers.EVERYBODY.values()}
    assert codes == {kind.code for kind in kinds()}
    for kind in kinds():
        assert str(kind.title).strip()
        assert kind.group in GROUPS
        assert kind.mail in set(Mail)
        assert callable(kind.sentence) or str(kind.sentence).strip()
    heard = outbox.subscriptions()["notifications"]
    assert heard == {*receivers.KINDS, *receivers.MONEY, *contacts.EVENTS}


def test_a_kind_that_nobody_declared_is_no_notice():
    with pytest.raises(KeyError):
        kind_of("invented")
    for wrong in (("code", "", "work", "Said."), ("code", "Title", "nowhere", "Said."), ("code", "Title", "work", "")):
        with pytest.raises(ValueError, match="declares no"):
            Kind(*wrong)
    with pytest.raises(ValueError, match="unknown permission"):
        Kind("code", "Title", "work", "Said.", permission="no.such")
    with pytest.raises(ValueError, match="are called role_changed"):
        declare([Kind("role_changed", "Title", "work", "Said.")])


def test_ownership_and_ones_own_roles_can_not_be_switched_off():
    fixed = {kind.code for kind in kinds() if kind.fixed}
    assert {kind.code for kind in kinds() if kind.group == "ownership"} <= fixed
    assert {"role_changed", "role_given", "role_ended", "access_ended", "member_reactivated"} <= fixed
    nothing = {code: {"centre": False, "mail": "never"} for code in fixed}
    assert all(channels(kind_of(code), nothing).centre for code in fixed)
    assert {channels(kind_of(code), nothing).mail for code in fixed} == {Mail.AT_ONCE}
    org = make_organization()
    for code in (*fixed, "invented"):
        with pytest.raises(InvalidInput):
            org.perform(choose_channels, choices={code: Choice(centre=False, mail="never")})


def test_kinds_of_billing_are_chosen_by_those_who_see_it():
    org = make_organization()
    member = org.person()

    def offered(person):
        with scope.tenant(org.id), reading():
            return {one.kind.code for one in choices_of(person.actor)}

    assert {kind.code for kind in kinds()} == offered(org.owner)
    assert offered(org.owner) - offered(member) == {kind.code for kind in kinds() if kind.permission}
    with pytest.raises(InvalidInput):
        org.perform(choose_channels, by=member, choices={"invoice_issued": Choice(centre=True, mail="never")})
    with pytest.raises(InvalidInput):
        org.perform(choose_channels, by=member, choices={"profile_set": Choice(centre=True, mail="hourly")})


def test_what_is_left_at_the_default_follows_it():
    org = make_organization()
    org.perform(choose_channels, choices={"member_joined": Choice(centre=True, mail="digest")})
    org.perform(choose_channels, choices={"somebody_left": Choice(centre=True, mail="never")})
    with scope.tenant(org.id), reading():
        chosen = {one.kind.code: one for one in choices_of(org.owner.actor)}
    assert not chosen["member_joined"].own
    assert chosen["somebody_left"].own
    assert chosen["somebody_left"].channels.mail == Mail.NEVER


def test_contacts_are_told_of_declared_kinds_and_the_page_says_what_of_each():
    assert {kind for _contact, kind in contacts.EVENTS.values()} <= set(contacts.KINDS)
    assert set(contacts.GETS) == set(Contact.Kind)
