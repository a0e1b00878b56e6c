"""One address, one organization (policy `people.exclusive_email`): who is refused on which path, and how often."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization, make_user, unique
from support.policies import by_operator, operator_actor, value_of
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import TooFast
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import plan_change_policy
from tenantry.organizations.policies import CATALOGUE
from tenantry.people.addresses import taken_elsewhere
from tenantry.people.errors import AddressElsewhere, AlreadyInvited, PeopleElsewhere
from tenantry.people.models import Membership
from tenantry.security import answers
from tenantry.security.answers import answers_left
from tenantry.usecases.inviting_many import InviteRow, invite_members
from tenantry.usecases.joining import revoke_invitation

POLICY = "people.exclusive_email"
EXCLUSIVE = "crm-suite"


def address():
    return f"{unique('someone')}@example.test"


@pytest.fixture
def exclusive():
    return make_organization("Exclusive Ltd", blueprint=EXCLUSIVE)


@pytest.fixture
def ordinary():
    return make_organization("Ordinary Ltd")


def test_the_default_that_the_database_assumes():
    assert CATALOGUE[POLICY].default is False


def test_it_holds_when_either_has_it_on(exclusive, ordinary):
    email = address()
    exclusive.invite("standard_user", email=email)
    with pytest.raises(AddressElsewhere):
        ordinary.invite(email=email)
    other = address()
    ordinary.invite(email=other)
    with pytest.raises(AddressElsewhere):
        exclusive.invite("standard_user", email=other)
    free = address()
    ordinary.invite(email=free)
    make_organization().invite(email=free)


def test_the_refusal_says_what_to_do_and_never_where(exclusive, ordinary):
    email = address()
    exclusive.invite("standard_user", email=email)
    with pytest.raises(AddressElsewhere) as refused:
        ordinary.invite(email=email)
    assert "different address" in str(refused.value)
    assert "Exclusive" not in str(refused.value)
    assert refused.value.facts() == {}


def test_who_is_here_already_is_answered_as_ever(exclusive):
    email = address()
    exclusive.invite("standard_user", email=email)
    with pytest.raises(AlreadyInvited):
        exclusive.invite("standard_user", email=email)


@pytest.mark.parametrize("state", ["invited", "expired", "active", "deactivated"])
def test_everybody_counts_who_is_not_removed(exclusive, ordinary, state):
    if state in ("invited", "expired"):
        invited = exclusive.invite("standard_user")
        email, member_id = invited.email, invited.membership_id
        if state == "expired":
            with scope.tenant(exclusive.id), writing():
                Membership.objects.filter(id=member_id).update(invited_until=clock.now() - timedelta(days=1))
    else:
        person = exclusive.person("standard_user")
        email, member_id = person.email, person.membership_id
        if state == "deactivated":
            with scope.tenant(exclusive.id), writing():
                Membership.objects.filter(id=member_id).update(status="deactivated")
    with pytest.raises(AddressElsewhere):
        ordinary.invite(email=email)


def test_a_removed_one_counts_no_more(exclusive, ordinary):
    invited = exclusive.invite("standard_user")
    exclusive.perform(revoke_invitation, membership_id=invited.membership_id)
    ordinary.invite(email=invited.email)


def test_founding_with_a_blueprint_that_has_it_on_and_by_somebody_who_is_in_one(exclusive, ordinary):
    with pytest.raises(AddressElsewhere):
        make_organization(email=ordinary.invite().email, blueprint=EXCLUSIVE)
    with pytest.raises(AddressElsewhere):
        make_organization(email=exclusive.invite("standard_user").email)


def test_acceptance_comes_in_where_it_was_invited(exclusive):
    assert exclusive.person("standard_user").membership_id


def test_rows_of_a_list_are_answered_by_row(exclusive, ordinary):
    taken, free = address(), address()
    exclusive.invite("standard_user", email=taken)
    role = ordinary.role("member")
    done = ordinary.perform(invite_members, rows=(InviteRow(taken, role), InviteRow(free, role)))
    assert [(row.position, row.code) for row in done.refused] == [(0, "address_elsewhere")]
    assert len(done.sent) == 1


def test_the_set_based_question_answers_for_the_open_organization_only(exclusive, ordinary):
    here, free = exclusive.invite("standard_user").email, address()
    with scope.tenant(ordinary.id), reading():
        assert taken_elsewhere([here, free]) == {here}
        assert taken_elsewhere([]) == set()
    with scope.tenant(exclusive.id), reading():
        assert taken_elsewhere([here, free]) == set()


# --- Switching it -------------------------------------------------------------------------------


def test_switched_on_where_somebody_is_elsewhere_too(ordinary):
    email, other = address(), make_organization()
    invited = ordinary.invite(email=email, given_name="Ada", family_name="Both")
    other.invite(email=email)
    operator = operator_actor()
    with scope.platform("console", ordinary.id), reading():
        plan = plan_change_policy(actor=operator, code=POLICY, value=True, now=clock.now())
    assert [(e.number, e.names, e.warning) for e in plan.effects] == [(1, ("Ada Both",), True)]
    with pytest.raises(PeopleElsewhere) as refused:
        by_operator(ordinary, code=POLICY, value=True)
    assert refused.value.params == {"count": 1}
    assert value_of(ordinary, POLICY) is False
    ordinary.perform(revoke_invitation, membership_id=invited.membership_id)
    by_operator(ordinary, code=POLICY, value=True)
    with pytest.raises(AddressElsewhere):
        ordinary.invite(email=email)


def test_switched_off_it_lets_in(exclusive, ordinary):
    email = exclusive.invite("standard_user").email
    by_operator(exclusive, code=POLICY, value=False)
    ordinary.invite(email=email)
    with pytest.raises(PeopleElsewhere):
        by_operator(exclusive, code=POLICY, value=True)


# --- How often ----------------------------------------------------------------------------------


def test_so_many_answers_an_hour_then_nobody_is_added(exclusive, ordinary):
    email, second = exclusive.invite("standard_user").email, ordinary.person("administrator")
    for _n in range(answers.LIMIT):
        with pytest.raises(AddressElsewhere):
            ordinary.invite(email=email)
    with pytest.raises(TooFast):
        ordinary.invite(email=email)
    # An answer for known addresses only would be an answer too.
    with pytest.raises(TooFast) as refused:
        ordinary.invite(email=address())
    assert 0 < refused.value.params["seconds"] <= 3600
    # Somebody else of the organization goes on.
    ordinary.invite(email=address(), by=second)


def test_rows_count_too(exclusive, ordinary):
    taken = [exclusive.invite("standard_user").email for _n in range(3)]
    role = ordinary.role("member")
    before = answers_left(ordinary.owner.actor, clock.now())
    ordinary.perform(invite_members, rows=tuple(InviteRow(email, role) for email in taken))
    assert before - answers_left(ordinary.owner.actor, clock.now()) == 3


def test_the_organization_together_has_a_limit_too(ordinary):
    answers.count(ordinary.owner.actor, answers.LIMIT_OF_ALL, clock.now())
    second = Actor("key", ordinary.id, key_id=make_user())
    assert answers_left(second, clock.now()) == 0


def test_the_house_itself_is_not_asked(ordinary):
    assert answers_left(Actor.system("test", ordinary.id), clock.now()) is None
    assert answers_left(Actor.guest(ordinary.id), clock.now()) is None
