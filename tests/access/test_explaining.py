"""The chain is the decision, told; and what is proposed to alter it does (product.md §4, Explain)."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from access.test_decisions_generated import ASKED
from access.worlds import MOST_PEOPLE, in_words, stored, worlds
from factories.organizations import make_organization, make_user
from support import probes as kinds
from support.probes import probes  # noqa: F401
from tenantry.access.explaining.answering import explain
from tenantry.access.explaining.chain import Outcome, refused_step, steps_of
from tenantry.access.explaining.changes import means_for
from tenantry.access.explaining.names import names_for
from tenantry.access.explaining.remedies import applied, proposals
from tenantry.access.explaining.situation import find_explained, place_of_member, situation_of
from tenantry.access.models import RestrictionSet
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import ORDER, Step
from tenantry.core.permissions import restrictions
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Organization
from tenantry.usecases.offboarding import deactivate_members, remove_members

pytestmark = pytest.mark.usefixtures("probes")

Place = tuple[UUID, list[UUID]]
CODES = [(record_type.key, code) for record_type, codes in ASKED for code in codes]
OTHERS = ["billing.view", "access.explain", "people.invite"]


@pytest.fixture(scope="module")
def place() -> Place:
    return make_organization().id, [make_user() for _ in range(MOST_PEOPLE)]


def of(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def questions(world: Any) -> list[dict[str, Any]]:
    """One question a permission: about nothing, and about the first and last record of a type."""
    found: list[dict[str, Any]] = [{"permission": code} for code in OTHERS]
    ids = {
        "member": [m.id for m in world.members],
        "team": list(world.teams),
        "unit": list(world.units),
        "workspace": world.workspaces,
        "workflow": world.workflows,
    }
    for kind, code in CODES:
        mine = ids.get(kind, [record.id for record in world.records])
        found.append({"permission": code})
        found += [{"permission": code, "record_type": kind, "record_id": i} for i in {*mine[:1], *mine[-1:]}]
    probe = world.records[0].id
    for field in (kinds.AMOUNT, kinds.SECRET):
        found.append({"permission": kinds.EDIT, "record_type": kinds.PROBE.key, "record_id": probe, "field": field})
    return found


@given(world=worlds(), data=st.data())
@of(12)
def test_the_first_refused_step_is_the_decisions_and_what_is_proposed_turns_it_round(place, world, data):
    note(in_words(world))
    organization_id, users = place
    asking = Actor.system("test", organization_id)
    with stored(world, organization_id, users):
        member = data.draw(st.sampled_from(world.members))
        for question in questions(world):
            found = find_explained(asking, member.id)
            situation = situation_of(asking, found, place_of_member(found), now=world.now, **question)
            names = names_for(asking, situation)
            steps, decision = steps_of(situation, names), situation.decision()
            assert refused_step(steps) == decision.step, question
            assert tuple(step.step for step in steps) == ORDER
            for remedy in proposals(situation, means_for(situation), names):
                after = applied(situation, remedy.changes)
                assert after.decision().allowed != decision.allowed, (question, remedy)
                assert refused_step(steps_of(after, names)) == after.decision().step


@given(world=worlds())
@of(6)
def test_every_step_says_what_was_found(place, world):
    organization_id, users = place
    with stored(world, organization_id, users):
        for question in questions(world)[::3]:
            told = explain(
                actor=Actor.system("test", organization_id),
                membership_id=world.members[0].id,
                now=world.now,
                **question,
            )
            for step in told.steps:
                asked = step.outcome in (Outcome.PASSED, Outcome.REFUSED)
                assert bool(step.evidence) == asked, (question, step)
            assert len({one.changes for one in told.remedies}) == len(told.remedies)


def told(org: Any, person: Any, permission: str) -> Any:
    with scope.tenant(org.id), reading():
        return explain(
            actor=Actor.system("test", org.id),
            membership_id=person.membership_id,
            permission=permission,
            now=clock.now(),
        )


def kinds_of(explanation: Any) -> list[tuple[str, ...]]:
    return [tuple(change.kind for change in one.changes) for one in explanation.remedies]


def test_a_restriction_is_named_and_lifting_it_comes_first() -> None:
    org = make_organization()
    person = org.person("administrator")
    code = next(one.takes[0] for one in restrictions().values() if one.code == "workspaces.no_settings")
    with scope.tenant(org.id), writing():
        RestrictionSet.objects.create(
            membership_id=person.membership_id, code="workspaces.no_settings", set_at=clock.now()
        )
    found = told(org, person, code)
    assert found.decision.step == Step.RESTRICTION
    assert kinds_of(found)[0] == ("restriction",)
    assert [able.role for able in found.remedies[0].people] == ["Owner"]


def test_somebody_deactivated_is_reactivated_first_and_nothing_helps_who_was_removed() -> None:
    org = make_organization()
    person = org.person("administrator")
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    found = told(org, person, "people.edit")
    assert found.decision.step == Step.SEAT
    assert kinds_of(found) == [("reactivate",)]
    lesser = org.person("member")
    org.perform(deactivate_members, membership_ids=(lesser.membership_id,))
    assert {kinds[0] for kinds in kinds_of(told(org, lesser, "people.edit"))} == {"reactivate"}
    org.perform(remove_members, membership_ids=(person.membership_id,))
    assert kinds_of(told(org, person, "people.edit")) == []


def test_a_frozen_organization_is_brought_back_by_whoever_pays() -> None:
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        Organization.objects.filter(id=org.id).update(state="frozen")
    found = told(org, org.owner, "people.edit")
    assert found.decision.step == Step.STATE
    assert kinds_of(found) == [("thaw",)]
    assert [able.id for able in found.remedies[0].people] == [org.owner.membership_id]
    assert told(org, org.owner, "billing.change_plan").decision


def test_nobody_is_named_who_could_only_help_themselves() -> None:
    org = make_organization()
    found = told(org, org.owner, "people.edit")
    assert found.decision
    assert all(not one.people for one in found.remedies)
