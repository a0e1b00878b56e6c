"""The commands of operators, called in this process on the test's database."""

import pytest
from typer.testing import CliRunner

from factories.organizations import make_organization, unique
from tenantry.access.errors import LastKeyholder
from tenantry.audit.models import Entry
from tenantry.cli import api_keys, audit, operators, organizations, people
from tenantry.cli.failures import Failure
from tenantry.core import clock
from tenantry.core.errors import InvalidInput
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership
from tenantry.security.errors import PasswordRefused
from tenantry.security.keys import find_key

runner = CliRunner()


def invoke(module, *arguments, **options):
    return runner.invoke(module.app, arguments, catch_exceptions=False, **options)


def test_operator_create_prints_factor_and_code_prints_six_digits():
    email = f"{unique('op')}@example.test"
    done = invoke(operators, "create", "--email", email, "--name", "Op Erator")
    assert done.exit_code == 0
    assert "Password: " in done.output
    assert "otpauth://totp/" in done.output
    code = invoke(operators, "code", email).output.strip()
    assert len(code) == 6
    assert code.isdecimal()


def test_operator_create_refuses_a_weak_password_and_a_second_time():
    email = f"{unique('op')}@example.test"
    with pytest.raises(PasswordRefused):
        invoke(operators, "create", "--email", email, "--name", "Op", "--password", "short")
    invoke(operators, "create", "--email", email, "--name", "Op")
    with pytest.raises(InvalidInput):
        invoke(operators, "create", "--email", email, "--name", "Op")
    with pytest.raises(Failure):
        invoke(operators, "code", "nobody@example.test")


def test_apikey_secret_opens_its_organization_with_its_role():
    org = make_organization()
    done = invoke(api_keys, "create", "--organization", org.slug, "--name", "First", "--role", "people_administrator")
    found = find_key(done.output.strip(), address="", agent="", request_id="", now=clock.now())
    assert found is not None
    actor, organization = found
    assert organization.id == org.id
    assert actor.may("people.invite")
    assert not actor.may("organization.edit")
    with pytest.raises(Failure, match="people_administrator"):
        invoke(api_keys, "create", "--organization", org.slug, "--name", "First", "--role", "nonsense")


def test_people_invite_list_deactivate():
    org = make_organization()
    rep = org.person()
    email = f"{unique('new')}@example.test"
    done = invoke(people, "invite", email, "--organization", org.slug, "--role", "member", "--given-name", "Ada")
    assert "Ada is invited until" in done.output
    lines = invoke(people, "list", "--organization", org.slug).output.splitlines()
    assert f"pending\tMember\t{email}\tAda" in lines
    assert len(lines) == 3
    assert len(invoke(people, "list", "--organization", org.slug, "--status", "pending").output.splitlines()) == 1
    asked = invoke(people, "deactivate", rep.email, "--organization", org.slug, input="n\n")
    assert asked.exit_code == 1
    assert org.status(rep.membership_id) == "active"
    assert "1 seats are freed" in invoke(people, "deactivate", rep.email, "--organization", org.slug, "--yes").output
    assert org.status(rep.membership_id) == "deactivated"


def test_the_last_owner_is_not_deactivated_by_a_command():
    org = make_organization()
    with pytest.raises(LastKeyholder):
        invoke(people, "deactivate", org.owner.email, "--organization", org.slug, "--yes")
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=org.owner.membership_id).status == "active"


def test_the_way_back_when_no_owner_can_sign_in():
    org = make_organization()
    rep = org.person("member")
    asked = invoke(people, "role", rep.email, "--organization", org.slug, "--to", "owner", input="n\n")
    assert "Member becomes Owner" in asked.output
    assert not rep.actor.grants.everything
    done = invoke(people, "role", rep.email, "--organization", org.slug, "--to", "owner", "--yes")
    assert "is Owner" in done.output
    assert rep.actor.grants.everything
    invoke(people, "deactivate", org.owner.email, "--organization", org.slug, "--yes")
    assert "active again" in invoke(people, "reactivate", org.owner.email, "--organization", org.slug).output
    assert org.status(org.owner.membership_id) == "active"


def test_organization_list_counts_people_and_seats():
    org = make_organization(seats=5)
    org.invite()
    line = next(x for x in invoke(organizations, "list").output.splitlines() if x.startswith(f"{org.slug}\t"))
    assert line.split("\t")[1:4] == ["active", "2 people", "2 of 5 seats"]


def test_audit_verify_names_a_changed_entry():
    org = make_organization()
    assert "are whole" in invoke(audit, "verify", "--organization", org.slug).output
    assert invoke(audit, "verify", "--installation").exit_code == 0
    with scope.platform("schedule", org.id), writing():
        Entry.objects.filter(number=1).update(action="people.nothing")
    done = invoke(audit, "verify", "--organization", org.slug)
    assert done.exit_code == 1
    assert f"{org.slug}: Entry 1 was changed." in done.stderr
    assert invoke(audit, "verify", "--all").exit_code == 1
    with scope.platform("schedule", org.id), writing():
        Entry.objects.filter(number=1).update(action="organization.founded")
    with pytest.raises(Failure):
        invoke(audit, "verify")
    with pytest.raises(Failure):
        invoke(audit, "verify", "--organization", "no-such-place")
