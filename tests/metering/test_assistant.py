"""The assistant on records: told what its asker sees, counted as the endpoint says, and stopped at the limit."""

import pytest
from django.test import override_settings

from factories.organizations import make_organization, unique
from factories.records import make_record
from support.language_models import language_model
from support.meters import allow, holds, quota
from support.processes import free_port
from support.visitors import body, post, signed_in
from tenantry.access.actions.profiles import create_profile
from tenantry.access.actions.restricting import set_profile
from tenantry.access.contents import ProfileContent


@pytest.fixture
def org(database):
    return make_organization()


def path(kind, record):
    return f"/apps/momentum/records/{kind}/{record}/assistant"


def ask(org, kind, record, question="What now?", *, by=None):
    person = by or org.owner
    return post(signed_in(person), person, path(kind, record), {"question": question})


def test_without_an_endpoint_there_is_no_assistant(org):
    lead = make_record(org, "lead", org.owner)
    client = signed_in(org.owner)
    assert 'id="assistant"' not in body(client.get(f"/apps/momentum/leads/{lead}"))
    assert client.get(path("lead", lead)).status_code == 404


@pytest.mark.parametrize("kind", ["lead", "contact", "company", "deal"])
def test_it_answers_on_every_kind_of_record_and_counts_what_the_endpoint_says(org, kind):
    plurals = {"lead": "leads", "contact": "contacts", "company": "companies", "deal": "deals"}
    record = make_record(org, kind, org.owner)
    make_record(org, "note", org.owner, body="They want blue ones.", **{f"{kind}_id": record})
    allow(org, ai_tokens=100_000)
    with language_model() as model:
        assert path(kind, record) in body(signed_in(org.owner).get(f"/apps/momentum/{plurals[kind]}/{record}"))
        page = body(ask(org, kind, record))
    assert "Call them on Monday." in page
    assert "321 AI tokens" in page
    [sent] = model.asked
    assert (sent["model"], sent["max_tokens"], model.keys) == ("small", 800, ["Bearer a key"])
    told = sent["messages"][-1]["content"]
    assert "They want blue ones." in told
    assert told.endswith("What now?")
    assert quota(org) == (321, 0, 0)


def test_nobody_learns_from_it_what_they_do_not_see(org):
    person = org.person()
    mine = make_record(org, "lead", person, email="secret@example.test")
    theirs = make_record(org, "lead", org.owner)
    hiding = ProfileContent(unique("profile"), "", {"leads.view": "own"}, {"leads.reached": "hidden"})
    profile_id = org.perform(create_profile, content=hiding).id
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile_id)
    with language_model() as model:
        assert ask(org, "lead", mine, by=person).status_code == 200
        assert "secret@example.test" not in str(model.asked)
        assert ask(org, "lead", theirs, by=person).status_code == 404
        assert ask(org, "task", make_record(org, "task", org.owner)).status_code == 404
        assert len(model.asked) == 1


@pytest.mark.parametrize("mood", ["silent", "dripping", "busy", "broken", "empty", "failing"])
def test_what_goes_wrong_at_the_endpoint_costs_nothing(org, mood):
    lead = make_record(org, "lead", org.owner)
    with language_model() as model:
        model.mood = mood
        answer = ask(org, "lead", lead, "Keep this question")
    assert answer.status_code == 503
    page = body(answer)
    assert "Nothing was counted" in page
    assert "Keep this question" in page
    assert [hold.state for hold in holds(org)] == ["released"]
    assert quota(org) == (0, 0, 0)


def test_an_endpoint_that_is_down_costs_nothing(org):
    lead = make_record(org, "lead", org.owner)
    with override_settings(ASSISTANT_URL=f"http://127.0.0.1:{free_port()}", ASSISTANT_MODEL="small"):
        assert ask(org, "lead", lead).status_code == 503
    assert quota(org) == (0, 0, 0)


def test_at_the_limit_the_model_is_not_asked(org):
    lead = make_record(org, "lead", org.owner)
    allow(org, ai_tokens=500)
    with language_model() as model:
        answer = ask(org, "lead", lead)
    assert (answer.status_code, model.asked) == (409, [])
    page = body(answer)
    assert "The limit of “AI tokens” is reached: 0 of 500 are in use" in page
    assert "It is counted anew from" in page
    assert quota(org) == (0, 0, 0)


def test_more_than_was_held_and_an_answer_without_figures_are_counted_too(org):
    lead = make_record(org, "lead", org.owner)
    with language_model() as model:
        model.tokens = 50_000
        ask(org, "lead", lead)
        assert quota(org) == (50_000, 0, 0)
        model.mood = "uncounted"
        ask(org, "lead", lead)
    used, reserved, _packs = quota(org)
    assert used - 50_000 == holds(org)[-1].amount
    assert reserved == 0
