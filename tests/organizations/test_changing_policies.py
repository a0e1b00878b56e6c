"""The one action that changes a policy: who may, what it refuses, two at once."""

import pytest

from factories.organizations import make_organization
from support.policies import by_operator, entries_of, planned, value_of
from support.races import failures, together
from tenantry.acting.actions import perform
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged, VersionChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy, policies_before
from tenantry.organizations.errors import OperatorOnlyPolicy, PolicyLocked, PolicyValueRefused
from tenantry.organizations.models import PolicyValue
from tenantry.organizations.policies import POLICIES

DAYS = "people.invitation_days"


def test_a_change_counts_at_once_and_stands_in_the_audit():
    org = make_organization()
    done = org.perform(change_policy, code=DAYS, value=3)
    assert (done.value, done.version) == (3, 2)
    assert value_of(org, DAYS) == 3
    (entry,) = entries_of(org)
    assert entry.values == {"code": DAYS, "before": 7, "after": 3}
    assert (entry.target_type, entry.target_id) == ("policy", done.id)


def test_what_is_so_already_writes_nothing():
    org = make_organization()
    assert org.perform(change_policy, code=DAYS, value=7).version == 1
    assert entries_of(org) == []


@pytest.mark.parametrize("value", [0, 91, "7", None, True, [7]])
def test_a_wrong_value_is_refused(value):
    org = make_organization()
    with pytest.raises(PolicyValueRefused, match="Life of an invitation"):
        org.perform(change_policy, code=DAYS, value=value)
    assert value_of(org, DAYS) == 7


def test_an_unknown_policy_is_not_there():
    org = make_organization()
    with pytest.raises(NotFound):
        org.perform(change_policy, code="people.unheard_of", value=1)


def test_who_may_see_may_not_change():
    org = make_organization()
    seer = org.person("people_administrator")
    with pytest.raises(PermissionMissing, match="Edit policies"):
        org.perform(change_policy, by=seer, code=DAYS, value=3)
    with pytest.raises(PermissionMissing, match="Edit policies"):
        planned(org, DAYS, 3, by=seer)


def test_only_an_operator_changes_what_is_the_operators():
    org = make_organization()
    operators = [p for p in POLICIES if p.operator_only]
    assert len(operators) == 7
    for one in operators:
        with pytest.raises(OperatorOnlyPolicy):
            org.perform(change_policy, code=one.code, value=one.default)
        with pytest.raises(OperatorOnlyPolicy):
            planned(org, one.code, one.default)
    with scope.tenant(org.id), reading():
        refused = {one.state.policy.code for one in policies_before(org.owner.actor) if one.refusal}
    assert refused == {p.code for p in operators}


def test_an_operator_says_why_and_acts_in_the_organizations_own_chain():
    org = make_organization()
    for nothing in ("", "  ", "x" * 301):
        with pytest.raises(InvalidInput):
            by_operator(org, code="seats.growth", value="per_person", reason=nothing)
    done = by_operator(org, code="seats.growth", value="per_person", reason="Contract 17")
    assert value_of(org, "seats.growth") == "per_person"
    (entry,) = entries_of(org)
    assert (entry.actor_kind, entry.actor_label, entry.organization_id) == ("operator", "Opal Rater", org.id)
    assert entry.values["reason"] == "Contract 17"
    assert done.version == 2


def test_locked_password_rules_are_the_operators_too():
    org = make_organization()
    org.perform(change_policy, code="password.minimum_length", value=14)
    by_operator(org, code="password.locked", value=True, reason="Asked for by the board")
    for code, value in (("password.minimum_length", 8), ("password.breached", False), ("password.history", 3)):
        with pytest.raises(PolicyLocked):
            org.perform(change_policy, code=code, value=value)
    org.perform(change_policy, code="session.idle_hours", value=2)
    by_operator(org, code="password.minimum_length", value=16, reason="Asked for by the board")
    assert value_of(org, "password.minimum_length") == 16
    by_operator(org, code="password.locked", value=False, reason="No longer asked for")
    org.perform(change_policy, code="password.minimum_length", value=12)


def test_a_stale_version_and_a_stale_plan_are_refused():
    org = make_organization()
    read = planned(org, DAYS, 3)
    assert read.version == 1
    org.perform(change_policy, code=DAYS, value=5, version=1)
    with pytest.raises(VersionChanged):
        org.perform(change_policy, code=DAYS, value=3, version=1)
    with pytest.raises(PlanChanged) as changed:
        org.perform(change_policy, code=DAYS, value=3, digest=read.digest)
    assert (changed.value.plan.before, changed.value.plan.after) == (5, 3)
    org.perform(change_policy, code=DAYS, value=3, version=2, digest=changed.value.plan.digest)
    assert value_of(org, DAYS) == 3


def test_of_two_at_once_with_one_version_one_is_told():
    # Its blueprint leaves some policies to their defaults.
    org = make_organization(blueprint="sales-floor")
    second = org.person("admin")

    def change(person, value, code, version):
        actor = person.actor

        def run():
            with scope.tenant(org.id):
                return perform(change_policy, actor=actor, code=code, value=value, version=version)

        return run

    # One that is stored already, and one whose first value is written by both.
    for code, version, values in ((DAYS, 1, (3, 5)), ("session.sso_hours", 0, (12, 24))):
        results = together(change(org.owner, values[0], code, version), change(second, values[1], code, version))
        assert len(failures(results, VersionChanged)) == 1, code
        (won,) = [one.value for one in results if not isinstance(one, Exception)]
        assert value_of(org, code) == won
        with scope.tenant(org.id), reading():
            assert PolicyValue.objects.filter(code=code).count() == 1
    assert [entry.values["code"] for entry in entries_of(org)] == [DAYS, "session.sso_hours"]


def test_another_organization_keeps_its_own():
    org, other = make_organization(), make_organization()
    org.perform(change_policy, code=DAYS, value=3)
    assert value_of(other, DAYS) == 7
