"""One address, one organization: the counters of the database, and what comes of transactions at the same moment."""

from contextlib import suppress

import pytest
from django.db import connections

from factories.organizations import make_organization, unique
from support.policies import by_operator, value_of
from support.races import failures, together
from tenantry.core.errors import Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.errors import AddressElsewhere, PeopleElsewhere
from tenantry.people.models import AddressUse, Membership
from tenantry.usecases.inviting_many import InviteRow, invite_members
from tenantry.usecases.joining import revoke_invitation

POLICY = "people.exclusive_email"
EXCLUSIVE = "crm-suite"


def address():
    return f"{unique('x')}@example.test"


def use(email):
    with scope.platform("console"), reading():
        return AddressUse.objects.filter(email=email).values_list("organizations", "exclusive").first()


def counted(emails):
    """What the counters have to be, counted from the rows."""
    with scope.platform("console"), reading():
        rows = list(Membership.objects.filter(email__in=emails).exclude(status="removed"))
    found = {}
    for row in rows:
        organizations, exclusive = found.get(row.email, (0, 0))
        found[row.email] = (organizations + 1, exclusive + value_of_id(row.organization_id))
    return found


def value_of_id(organization_id):
    class Here:
        id = organization_id

    return int(value_of(Here, POLICY))


def remove(org, *emails):
    with scope.tenant(org.id), writing():
        Membership.objects.filter(email__in=emails).update(status="removed", invited_until=None)


def test_every_statement_moves_the_counters():
    email, (a, b) = address(), (make_organization(), make_organization())
    assert use(a.owner.email) == (1, 0)
    a.invite(email=email)
    b.invite(email=email)
    assert use(email) == (2, 0)
    remove(b, email)
    assert use(email) == (1, 0)
    by_operator(a, code=POLICY, value=True)
    assert use(email) == use(a.owner.email) == (1, 1)
    by_operator(a, code=POLICY, value=False)
    assert use(email) == use(a.owner.email) == (1, 0)
    other = address()
    with scope.tenant(a.id), writing():
        Membership.objects.filter(email=email).exclude(status="removed").update(email=other)
    assert (use(email), use(other)) == (None, (1, 0))
    with scope.tenant(a.id), writing():
        Membership.objects.filter(email=other).update(access_version=7)
    assert use(other) == (1, 0)
    remove(a, other)
    assert use(other) is None


def test_rows_that_are_deleted_are_counted_out():
    org, email = make_organization(), address()
    with scope.tenant(org.id), writing():
        made = Membership(email=email, status="removed", created_at="2026-01-01T00:00Z")
        Membership.objects.bulk_create([made])
    assert use(email) is None
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=made.id).update(status="invited", invited_until="2027-01-01T00:00Z")
    assert use(email) == (1, 0)
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=made.id).delete()
    assert use(email) is None


def test_the_rule_stands_without_any_code_of_ours():
    """Written past every action, as whoever has the database's password could."""
    a, b = make_organization(blueprint=EXCLUSIVE), make_organization()
    email = a.invite("standard_user").email
    with connections["owner"].cursor() as cursor, pytest.raises(Exception, match="people_address_exclusive"):
        cursor.execute(
            "INSERT INTO people_membership (organization_id, id, email, given_name, family_name, sort_name,"
            " search_text, status, invited_until, created_at, session_epoch, access_version, phone, locale, time_zone)"
            " VALUES (%s, gen_random_uuid(), %s, '', '', '', '', 'invited', now(), now(), 0, 0, '', '', '')",
            [b.id, email],
        )


# --- At once ------------------------------------------------------------------------------------

ROUNDS = 5


def test_two_organizations_add_the_same_address():
    a, b = make_organization(blueprint=EXCLUSIVE), make_organization()
    for _round in range(ROUNDS):
        email = address()
        results = together(lambda: a.invite("standard_user", email=email), lambda: b.invite(email=email))  # noqa: B023
        assert len(failures(results, AddressElsewhere)) == 1
        assert use(email)[0] == 1


def test_lists_that_share_many_addresses_in_opposite_order():
    """Exactly one gets each address, and nobody sees a deadlock."""
    a, b = make_organization(blueprint=EXCLUSIVE), make_organization(blueprint=EXCLUSIVE)
    emails = [address() for _n in range(40)]
    roles = {org.id: org.role("standard_user") for org in (a, b)}

    def invited(org, order):
        rows = tuple(InviteRow(email, roles[org.id]) for email in order)
        return lambda: org.perform(invite_members, rows=rows)

    results = together(invited(a, emails), invited(b, emails[::-1]))
    assert failures(results) == []
    assert sum(len(done.sent) for done in results) == len(emails)
    assert {row.code for done in results for row in done.refused} <= {"address_elsewhere"}
    assert {use(email) for email in emails} == {(1, 1)}


def test_a_sign_up_against_an_addition():
    a = make_organization(blueprint=EXCLUSIVE)
    for _round in range(ROUNDS):
        email = address()
        results = together(
            lambda: a.invite("standard_user", email=email),  # noqa: B023
            lambda: make_organization(email=email),  # noqa: B023
        )
        assert len(failures(results, AddressElsewhere)) == 1
        assert use(email)[0] == 1


def test_two_sign_ups_of_one_address():
    email = address()
    results = together(*(lambda: make_organization(email=email, blueprint=EXCLUSIVE) for _n in range(2)))
    assert len([one for one in results if isinstance(one, Refusal)]) == 1
    assert use(email) == (1, 1)


def test_the_policy_switched_on_against_an_addition_elsewhere():
    for _round in range(ROUNDS):
        a, b = make_organization(), make_organization()
        email = a.invite().email
        results = together(lambda: by_operator(a, code=POLICY, value=True), lambda: b.invite(email=email))  # noqa: B023
        assert len(failures(results, AddressElsewhere, PeopleElsewhere)) == 1
        assert use(email) in ((1, 1), (2, 0))


def test_the_policy_switched_on_against_an_addition_here():
    """The one who is added is counted, whoever was first."""
    for _round in range(ROUNDS):
        a, email = make_organization(), address()
        assert (
            failures(together(lambda: by_operator(a, code=POLICY, value=True), lambda: a.invite(email=email))) == []  # noqa: B023
        )
        assert use(email) == (1, 1)


def test_the_policy_switched_on_by_two_who_share_somebody():
    a, b, email = make_organization(), make_organization(), address()
    a.invite(email=email)
    shared = b.invite(email=email)
    results = together(*(lambda org=org: by_operator(org, code=POLICY, value=True) for org in (a, b)))
    assert len(failures(results, PeopleElsewhere, AddressElsewhere)) == 2
    b.perform(revoke_invitation, membership_id=shared.membership_id)
    results = together(*(lambda org=org: by_operator(org, code=POLICY, value=True) for org in (a, b)))
    assert failures(results) == []


def test_whatever_happens_at_once_the_counters_are_what_the_rows_say():
    orgs = [make_organization() for _n in range(3)]
    emails = [address() for _n in range(4)]

    def coming_and_going(org):
        def run():
            for turn in range(6):
                with suppress(Refusal):
                    org.invite(email=emails[turn % len(emails)])
                with suppress(Refusal):
                    by_operator(org, code=POLICY, value=turn % 2 == 0)
                remove(org, emails[(turn + 2) % len(emails)])

        return run

    assert failures(together(*(coming_and_going(org) for org in orgs))) == []
    everybody = [*emails, *(org.owner.email for org in orgs)]
    assert {email: use(email) for email in everybody if use(email)} == counted(everybody)
