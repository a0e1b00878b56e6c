"""Another address for somebody (policy `people.email_change`): proven by its mail, everywhere at once, told to all."""

from datetime import timedelta

import pytest

from factories.organizations import PASSWORD, make_organization, unique
from support.policies import by_operator, entries_of
from support.races import failures, together
from support.visitors import link_in, mail_to
from tenantry.acting.actions import perform
from tenantry.audit.models import PersonalValue
from tenantry.core import clock, crypto, jobs
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, TooFast
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.address_changes import ASKED_MAIL, CHANGED_MAIL, LINK_MAIL, MOST_AN_HOUR, POLICY
from tenantry.people.errors import (
    AddressChangeForbidden,
    AddressElsewhere,
    AddressHasAccount,
    AddressNotYours,
    AddressWaiting,
    AlreadyMember,
    ChangeCanceled,
    LinkExpired,
    LinkReplaced,
    LinkUnknown,
    LinkUsed,
    NothingToChange,
    NotInvited,
    NotOnOneself,
    SignInFirst,
    WrongAccount,
)
from tenantry.people.models import EmailChange, Membership, User
from tenantry.security.errors import SignInRefused
from tenantry.usecases import changing_address as changing
from tenantry.usecases.signing_in import find_reset, request_password_reset

EXCLUSIVE = "people.exclusive_email"


def address():
    return f"{unique('new')}@example.test"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def ada(org):
    return org.person(given_name="Pat")


def ask(org, person, email, password=PASSWORD):
    return org.perform(changing.ask_own_address, by=person, email=email, password=password)


def token_of(email):
    return link_in(mail_to(email, LINK_MAIL)).rpartition("/")[2]


def confirm(token, user_id):
    with scope.installation("change_address"):
        return perform(changing.confirm_address, actor=Actor.guest(), token=token, signed_in_user_id=user_id)


def seen(token, user_id=None):
    with scope.installation("change_address"), reading():
        return changing.open_address_link(token, signed_in_user_id=user_id, now=clock.now())


def changed(org, person, email=None):
    email = email or address()
    ask(org, person, email)
    confirm(token_of(email), person.user_id)
    return email


def member_of(org, person_or_id):
    with scope.tenant(org.id), reading():
        return Membership.objects.get(id=getattr(person_or_id, "membership_id", person_or_id))


def join(org, person, role="member"):
    """This person in another organization, too."""
    invited = org.invite(role, email=person.email)
    org.accept(org.token_for(invited.membership_id), signed_in_user_id=person.user_id)
    return invited.membership_id


def tell(change_org):
    """What the worker does for one organization."""
    with scope.platform("console"), reading():
        ids = list(EmailChange.objects.exclude(used_at=None).values_list("id", flat=True))
    for change_id in ids:
        with scope.tenant(change_org.id):
            jobs.DECLARED[changing.TELL](organization_id=change_org.id, change_id=str(change_id))


# --- By the person ------------------------------------------------------------------------------


def test_nothing_changes_before_the_new_address_is_confirmed(org, ada):
    email = address()
    ask(org, ada, email)
    assert member_of(org, ada).email == ada.email
    link = token_of(email)
    assert seen(link, ada.user_id).state == "ok"
    assert member_of(org, ada).email == ada.email
    confirm(link, ada.user_id)
    member = member_of(org, ada)
    assert (member.email, email in member.search_text, ada.email in member.search_text) == (email, True, False)
    with scope.platform("sign_in"), reading():
        user = User.objects.get(id=ada.user_id)
    assert (user.email, user.email_proven_at is not None) == (email, True)


def test_the_old_address_hears_when_it_is_done_and_what_to_do(org, ada):
    email = changed(org, ada)
    done = mail_to(ada.email, CHANGED_MAIL)
    assert "confirmed by you" in done["text"]
    assert "Tell an administrator" in done["text"]
    assert email not in done["text"] + done["html"]


def test_the_notice_of_asking_says_when_by_whom_and_what_to_do_and_not_the_new_address(org, ada):
    email = address()
    ask(org, ada, email)
    notice = mail_to(ada.email, ASKED_MAIL)
    assert "signed in as you" in notice["text"]
    assert "(UTC)" in notice["text"]
    assert "/me/address" in notice["text"]
    assert email not in notice["text"] + notice["html"]


def test_the_link_says_nothing_of_the_present_address(org, ada):
    email = address()
    ask(org, ada, email)
    mail = mail_to(email, LINK_MAIL)
    assert ada.email not in mail["text"] + mail["html"]
    assert "Pat" not in mail["text"]


def test_with_the_password_again(org, ada):
    with pytest.raises(SignInRefused):
        ask(org, ada, address(), password="not the one at all")


def test_the_present_address_is_no_other(org, ada):
    with pytest.raises(InvalidInput):
        ask(org, ada, ada.email)


def test_only_one_is_open_sent_again_and_called_off(org, ada):
    first, second = address(), address()
    ask(org, ada, first)
    old = token_of(first)
    ask(org, ada, second)
    assert seen(old, ada.user_id).state == "replaced"
    with pytest.raises(LinkReplaced):
        confirm(old, ada.user_id)
    once = token_of(second)
    org.perform(changing.resend_own_address, by=ada)
    again = token_of(second)
    assert once != again
    assert seen(once, ada.user_id).state == "replaced"
    org.perform(changing.cancel_own_address, by=ada)
    assert seen(again, ada.user_id).state == "canceled"
    with pytest.raises(ChangeCanceled):
        confirm(again, ada.user_id)
    org.perform(changing.cancel_own_address, by=ada)
    assert len(entries_of(org, "people.address_change_canceled")) == 1
    with pytest.raises(NothingToChange):
        org.perform(changing.resend_own_address, by=ada)


def test_so_many_an_hour(org, ada):
    for _n in range(MOST_AN_HOUR):
        ask(org, ada, address())
    with pytest.raises(TooFast) as refused:
        ask(org, ada, address())
    assert 0 < refused.value.params["seconds"] <= 3601


@pytest.mark.parametrize("state", ["expired", "used", "unknown", "sign_in", "wrong_account"])
def test_a_link_that_opens_nothing_says_why(org, ada, state):
    email = address()
    ask(org, ada, email)
    token, who = token_of(email), ada.user_id
    refusal = {"expired": LinkExpired, "used": LinkUsed, "sign_in": SignInFirst, "wrong_account": WrongAccount}
    if state == "expired":
        with scope.platform("console"), writing():
            EmailChange.objects.filter(token_hash=crypto.token_hash(token)).update(
                expires_at=clock.now() - timedelta(seconds=1)
            )
    elif state == "used":
        confirm(token, who)
    elif state == "sign_in":
        who = None
    elif state == "wrong_account":
        who = org.owner.user_id
    else:
        with pytest.raises(LinkUnknown):
            confirm(token[:-3], who)
        return
    assert seen(token, who).state == state
    with pytest.raises(refusal[state]):
        confirm(token, who)


def test_it_is_used_once_whoever_presses_at_the_same_moment(org, ada):
    email = address()
    ask(org, ada, email)
    token = token_of(email)
    results = together(*(lambda: confirm(token, ada.user_id) for _n in range(4)))
    assert len(failures(results, LinkUsed)) == 3


# --- The new address is known -------------------------------------------------------------------


def test_of_an_address_with_an_account_nothing_is_learned_but_by_its_owner(org, ada):
    known, unknown = make_organization().owner.email, address()
    assert ask(org, ada, known).email == known
    mail = mail_to(known, LINK_MAIL)
    assert "has an account of its own" in mail["text"]
    assert "/accounts/address/" not in mail["text"] + mail["html"]
    assert ada.email not in mail["text"]
    ask(org, ada, unknown)
    kinds = {email: _queued(email) for email in (known, unknown)}
    assert kinds[known] == kinds[unknown] == 1


def _queued(email):
    with scope.platform("mail"), reading():
        return MailDelivery.objects.filter(recipient=email, kind=LINK_MAIL).count()


def test_an_account_that_came_meanwhile_keeps_its_address(org, ada):
    email = address()
    ask(org, ada, email)
    token = token_of(email)
    make_organization(email=email)
    assert seen(token, ada.user_id).state == "account"
    with pytest.raises(AddressHasAccount):
        confirm(token, ada.user_id)


def test_two_people_confirm_one_address_at_the_same_moment(org, ada):
    email, bob = address(), org.person()
    tokens = []
    for person in (ada, bob):
        ask(org, person, email)
        tokens.append((token_of(email), person.user_id))
    results = together(*(lambda token=token, who=who: confirm(token, who) for token, who in tokens))
    assert len(failures(results, AddressHasAccount)) == 1


def test_an_invitation_to_it_in_an_own_organization_is_in_the_way(org, ada):
    email = address()
    ask(org, ada, email)
    token = token_of(email)
    org.invite(email=email)
    assert (seen(token, ada.user_id).state, seen(token, ada.user_id).organizations) == ("waiting", "Halden Supply")
    with pytest.raises(AddressWaiting):
        confirm(token, ada.user_id)


def test_an_address_in_use_where_one_of_both_excludes_that(org, ada):
    by_operator(org, code=EXCLUSIVE, value=True)
    email = make_organization().invite().email
    ask(org, ada, email)
    token = token_of(email)
    assert seen(token, ada.user_id).state == "elsewhere"
    with pytest.raises(AddressElsewhere):
        confirm(token, ada.user_id)


def test_the_rule_holds_against_an_addition_at_the_same_moment(org, ada):
    by_operator(org, code=EXCLUSIVE, value=True)
    other, email = make_organization(), address()
    ask(org, ada, email)
    token = token_of(email)
    results = together(lambda: confirm(token, ada.user_id), lambda: other.invite(email=email))
    assert len(failures(results, AddressElsewhere)) == 1


# --- Everywhere ---------------------------------------------------------------------------------


def test_all_memberships_follow_and_each_audit_tells_it(org, ada):
    other = make_organization("Halden Rental")
    there = join(other, ada)
    email = changed(org, ada)
    assert member_of(org, ada).email == member_of(other, there).email == email
    for here, member_id in ((org, ada.membership_id), (other, there)):
        tell(here)
        tell(here)
        [entry] = entries_of(here, "people.address_changed")
        assert entry.target_id == member_id
        with scope.tenant(here.id), reading():
            values = dict(PersonalValue.objects.filter(number=entry.number).values_list("field", "value"))
        assert values == {"before": {"email": ada.email}, "after": {"email": email}}


def test_a_membership_that_was_left_keeps_the_address_of_its_time(org, ada):
    other = make_organization()
    there = join(other, ada)
    with scope.tenant(other.id), writing():
        Membership.objects.filter(id=there).update(status="removed")
    changed(org, ada)
    assert member_of(other, there).email == ada.email


def test_links_that_were_mailed_to_the_old_address_open_nothing(org, ada):
    other = make_organization()
    invited = other.invite(email=ada.email)
    invitation = other.token_for(invited.membership_id)
    with scope.installation("sign_in"):
        perform(request_password_reset, actor=Actor.guest(), email=ada.email)
    reset = link_in(mail_to(ada.email, "people.password_reset")).rpartition("/")[2]
    changed(org, ada)
    with pytest.raises(LinkReplaced):
        other.accept(invitation)
    with scope.installation("sign_in"), reading(), pytest.raises(LinkUnknown):
        find_reset(reset, clock.now())


def test_one_of_several_organizations_forbids_it_and_is_named(org, ada):
    strict = make_organization("Strict Freight")
    join(strict, ada)
    email = address()
    ask(org, ada, email)
    token = token_of(email)
    strict.perform(change_policy, code=POLICY, value="forbidden")
    with scope.installation("change_address"), reading(), pytest.raises(AddressChangeForbidden) as refused:
        changing.refuse_where_forbidden(ada.user_id)
    assert refused.value.params == {"organizations": "Strict Freight"}
    assert (seen(token, ada.user_id).state, seen(token, ada.user_id).organizations) == ("forbidden", "Strict Freight")
    with pytest.raises(AddressChangeForbidden):
        confirm(token, ada.user_id)


def test_where_it_is_forbidden_nobody_asks(org, ada):
    org.perform(change_policy, code=POLICY, value="forbidden")
    with pytest.raises(AddressChangeForbidden):
        ask(org, ada, address())
    with pytest.raises(AddressChangeForbidden):
        org.perform(changing.ask_address, membership_id=ada.membership_id, email=address())


# --- By an administrator ------------------------------------------------------------------------


def test_an_administrator_begins_and_the_person_confirms(org, ada):
    email = address()
    org.perform(changing.ask_address, membership_id=ada.membership_id, email=email)
    assert "Maren Holt of Halden Supply" in mail_to(ada.email, ASKED_MAIL)["text"]
    token = token_of(email)
    assert seen(token).state == "sign_in"
    with pytest.raises(WrongAccount):
        confirm(token, org.owner.user_id)
    confirm(token, ada.user_id)
    assert member_of(org, ada).email == email
    assert [e.action for e in entries_of(org, "people.address_change_asked")] == ["people.address_change_asked"]


def test_an_administrator_calls_it_off(org, ada):
    email = address()
    org.perform(changing.ask_address, membership_id=ada.membership_id, email=email)
    token = token_of(email)
    org.perform(changing.cancel_address, membership_id=ada.membership_id)
    assert seen(token, ada.user_id).state == "canceled"


def test_of_somebody_who_is_elsewhere_too_nobody_but_them(org, ada):
    join(make_organization(), ada)
    for act, more in ((changing.ask_address, {"email": address()}), (changing.cancel_address, {})):
        with pytest.raises(AddressNotYours):
            org.perform(act, membership_id=ada.membership_id, **more)


def test_not_of_oneself_and_not_under_an_address_of_somebody_else(org, ada):
    with pytest.raises(NotOnOneself):
        org.perform(changing.ask_address, membership_id=org.owner.membership_id, email=address())
    with pytest.raises(AlreadyMember):
        org.perform(changing.ask_address, membership_id=ada.membership_id, email=org.owner.email)


# --- Pending people -----------------------------------------------------------------------------


def test_the_address_of_a_pending_person(org):
    invited, email = org.invite(), address()
    old = org.token_for(invited.membership_id)
    org.perform(changing.change_invited_address, membership_id=invited.membership_id, email=email)
    with pytest.raises(LinkReplaced):
        org.accept(old)
    accepted = org.accept(org.token_for(invited.membership_id))
    assert member_of(org, accepted.membership_id).email == email
    with scope.platform("mail"), reading():
        assert MailDelivery.objects.filter(recipient=email, kind="people.invitation").count() == 1


def test_duplicates_are_answered_as_in_add_user(org, ada):
    invited = org.invite()
    for taken, refusal in ((ada.email, AlreadyMember), (invited.email, InvalidInput)):
        with pytest.raises(refusal):
            org.perform(changing.change_invited_address, membership_id=invited.membership_id, email=taken)
    by_operator(org, code=EXCLUSIVE, value=True)
    elsewhere = make_organization().invite().email
    with pytest.raises(AddressElsewhere):
        org.perform(changing.change_invited_address, membership_id=invited.membership_id, email=elsewhere)
    with pytest.raises(NotInvited):
        org.perform(changing.change_invited_address, membership_id=ada.membership_id, email=address())


def test_only_the_house_writes_the_line(org, ada):
    changed(org, ada)
    with scope.platform("console"), reading():
        change = EmailChange.objects.filter(user_id=ada.user_id).get()
    with pytest.raises(NotFound):
        org.perform(changing.note_address, change_id=change.id)
