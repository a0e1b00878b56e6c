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
from tenantry.core.actor import Actor
from tenantry.core.decisions import ORDER

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
