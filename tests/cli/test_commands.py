"""The commands of operators, called in this process on the test's database."""

import pytest
from typer.testing import CliRunner

from factories.organizations import make_organization, unique
from factories.records import make_record, make_workflow
from support.handing import owners
from tenantry.access.errors import LastKeyholder
from tenantry.audit.models import Entry
from tenantry.cli import api_keys, audit, main, operators, organizations, people
from tenantry.cli.failures import Failure
from tenantry.core import clock
from tenantry.core.errors import InvalidInput
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import Membership
from tenantry.security.errors import PasswordRefused
from tenantry.security.keys import find_key
from tenantry.usecases.leaving.errors import SettleFirst, SuccessorRequired
from tenantry.usecases.workflows import add_to_workflow

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
    with pytest.raises(Failure, match=r"no status 'pendign'\. There are: active, pending"):
        invoke(people, "list", "--organization", org.slug, "--status", "active", "--status", "pendign")
    asked = invoke(people, "deactivate", rep.email, "--organization", org.slug, input="n\n")
    assert asked.exit_code == 1
    assert org.status(rep.membership_id) == "active"
    assert "1 seats are freed" in invoke(people, "deactivate", rep.email, "--organization", org.slug, "--yes").output
    assert org.status(rep.membership_id) == "deactivated"


def test_people_remove_says_first_what_becomes_of_the_records():
    org = make_organization()
    leaver, heir, other = org.person(), org.person(), org.person()
    make_record(org, "lead", leaver)
    make_record(org, "task", leaver)
    here = ("--organization", org.slug)
    with pytest.raises(Failure, match="--successor EMAIL or --unassign"):
        invoke(people, "remove", leaver.email, *here, "--yes")
    with pytest.raises(Failure, match="Either"):
        invoke(people, "remove", leaver.email, *here, "--successor", heir.email, "--unassign")
    asked = invoke(people, "remove", leaver.email, *here, "--successor", heir.email, input="n\n")
    assert "2 records (lead 1, task 1) go to Pat Example." in asked.output
    assert (asked.exit_code, org.status(leaver.membership_id)) == (1, "active")
    done = invoke(people, "remove", leaver.email, *here, "--successor", heir.email, "--yes")
    assert "2 records changed owner." in done.output
    assert org.status(leaver.membership_id) == "removed"
    assert "become unassigned" in invoke(people, "remove", heir.email, *here, "--unassign", "--yes").output
    assert set(owners(org).values()) == {None}
    org.perform(change_policy, code="people.removal_records", value="successor_required")
    make_record(org, "lead", other)
    with pytest.raises(SuccessorRequired):
        invoke(people, "remove", other.email, *here, "--unassign", "--yes")


def test_people_deactivate_freezes_when_told():
    org = make_organization()
    alone = org.person()
    org.perform(add_to_workflow, workflow_id=make_workflow(org), membership_ids=(alone.membership_id,))
    with pytest.raises(SettleFirst):
        invoke(people, "deactivate", alone.email, "--organization", org.slug, "--yes")
    done = invoke(people, "deactivate", alone.email, "--organization", org.slug, "--freeze", "--yes")
    assert "Later: workflow " in done.output
    assert org.status(alone.membership_id) == "deactivated"


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


def test_at_seat_limit_the_pages_that_help_are_named(monkeypatch, capsys):
    org = make_organization(seats=1)
    monkeypatch.setattr(
        "sys.argv",
        ["tenantry", "people", "invite", f"{unique('x')}@example.test", "--organization", org.slug, "--role", "member"],
    )
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "tenantry: At seat limit: 1 of 1 seats are in use."
    pages = ("/admin/billing/plans", "/admin/billing/seats#buy", "&sort=last_sign_in", "/admin/users/invitations")
    assert [line.endswith(page) for line, page in zip(said[1:], pages, strict=True)] == [True] * 4
