"""Home of Admin: every line is true, and nobody sees what is not theirs."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization
from support.holding import make_role
from support.visitors import signed_in
from tenantry.access.actions.giving import change_end, give_role
from tenantry.access.actions.restricting import set_restrictions
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.models import Organization
from tenantry.people.models import Invitation, Membership


def home(person) -> str:
    answer = signed_in(person).get("/admin")
    assert answer.status_code == 200
    return answer.content.decode()


def ends(org, invited, moment) -> None:
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=invited.membership_id).update(invited_until=moment)
        Invitation.objects.filter(membership_id=invited.membership_id).update(expires_at=moment)


def test_a_new_organization_is_told_what_is_left_to_do():
    org = make_organization()
    body = home(org.owner)
    assert "Setting up is not finished" in body
    assert "Only one Owner" in body
    assert "Maren Holt" in body
    assert "No mail server is set up" not in body
    org.person("owner")
    with scope.tenant(org.id), writing():
        Organization.objects.filter(pk=org.id).update(setup_finished_at=clock.now())
    body = home(org.owner)
    assert "Setting up is not finished" not in body
    assert "Only one person" not in body
    assert "Nothing. All is well." in body


def test_invitations_that_wait_end_or_have_ended():
    org = make_organization()
    late, soon = org.invite(given_name="Late"), org.invite(given_name="Soon")
    ends(org, late, clock.now() - timedelta(minutes=1))
    ends(org, soon, clock.now() + timedelta(days=2))
    body = home(org.owner)
    assert "1 invitation has expired" in body
    assert "1 invitation expires within three days" in body
    assert "Soon Example has not answered yet" in body
    assert "1 invitation waits in the outbox" in body


@pytest.mark.parametrize(
    ("limit", "sentence"), [(10, "1 seat is left"), (9, "At seat limit: 9 of 9 in use"), (None, ""), (20, "")]
)
def test_seats_that_run_out_are_said(limit, sentence):
    org = make_organization(seats=20)
    for _ in range(8):
        org.invite()
    org.limit_seats(limit)
    body = home(org.owner)
    said = [text for text in ("1 seat is left", "At seat limit: 9 of 9 in use") if text in body]
    assert said == ([sentence] if sentence else [])


def test_many_administrators_are_too_many():
    org = make_organization()
    for _ in range(2):
        org.person("administrator")
    assert "administrators for" not in home(org.owner)
    org.person("administrator")
    assert "4 administrators for 4 people" in home(org.owner)


def test_too_many_who_hold_everything_are_said():
    org = make_organization()
    for _ in range(2):
        org.person("owner")
    assert "people are Owner" not in home(org.owner)
    org.person("owner")
    assert "4 people are Owner" in home(org.owner)
    org.perform(change_policy, code="keyholders.maximum", value=1)
    assert "This organization allows 1." in home(org.owner)


def test_a_restricted_keyholder_does_not_count():
    org = make_organization()
    second = org.person("owner")
    assert "Only one Owner" not in home(org.owner)
    org.perform(set_restrictions, membership_id=second.membership_id, values={"data.no_export": "yes"})
    assert "Only one Owner" in home(org.owner)


def test_access_that_ends_soon_is_said():
    org, now = make_organization(), clock.now()
    person, role = org.person(), make_role(org, "addition")
    given = {"membership_id": person.membership_id, "role_id": role}
    held = org.perform(give_role, **given, ends_at=now + timedelta(days=30))
    assert "ends within a week" not in home(org.owner)
    where = {"membership_id": person.membership_id, "assignment_id": held.assignment_id}
    org.perform(change_end, **where, ends_at=now + timedelta(days=3))
    assert "1 role ends within a week" in home(org.owner)
    assert "Pat Example (addition-" in home(org.owner)


def test_everybody_sees_their_own_cards_only():
    org = make_organization()
    org.invite(given_name="Hidden")
    body = home(org.person("manager"))
    for foreign in ("Recent changes", "Hidden", "Only one person", "No mail server", "of whoever runs", "Add user"):
        assert foreign not in body
    clerk = home(org.person("billing_administrator"))
    assert "Seats" in clerk
    assert "Only one person" not in clerk


def test_without_any_administrative_permission_admin_is_closed():
    org = make_organization()
    answer = signed_in(org.person("member")).get("/admin")
    assert answer.status_code == 403
    assert "Maren Holt" in answer.content.decode()
