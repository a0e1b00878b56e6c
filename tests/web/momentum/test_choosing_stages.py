"""Choosing among more stages, workflows and mentors than any list shows: in the dialogs of deals, leads and people, and
in the filter of deals."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.mentors import Brokerage
from support.structure import somebody
from support.visitors import body, post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Deal, Mentorship
from tenantry.organizations.models import Workflow
from tenantry.usecases.workflows import add_to_workflow, edit_workflow

HOME = "/apps/momentum"
NEW, CHOICES = f"{HOME}/deals/new", f"{HOME}/stages/choices"
MANY = 110


@pytest.fixture(scope="module")
def crowded(database):
    """An organization with more workflows than a page offers, each with four stages; the last by name is Zürich."""
    org = make_organization()
    for number in range(MANY):
        make_workflow(org, f"Flow {number:03}")
    make_workflow(org, "Zürich")
    return org


@pytest.fixture(scope="module")
def client(crowded):
    return signed_in(crowded.owner)


def flow_of(org, name: str):
    with scope.tenant(org.id), reading():
        return Workflow.objects.get(name=name).id


def stages(org, name: str) -> list[str]:
    return [str(one) for one in stages_of(org, flow_of(org, name))]


def boxes(answer, field: str, kind: str = "radio") -> dict[str, bool]:
    """Value -> whether it is on."""
    found = re.findall(rf'<input[^>]*type="{kind}" name="{field}" value="([^"]*)"( checked)?', body(answer))
    return {value: bool(checked) for value, checked in found}


def made(org, answer) -> Deal:
    assert answer.status_code == 303, body(answer)[-600:]
    with scope.tenant(org.id), reading():
        return Deal.objects.get(id=answer["Location"].rpartition("/")[2])


def deal_form(stage: str, **more) -> dict:
    return {"name": "Wharf", "stage": stage, "value": "5", "currency": "EUR", "closes_on": "", **more}


# --- Deals --------------------------------------------------------------------------------


def test_a_deal_is_made_in_any_of_many_stages(crowded, client):
    zurich = stages(crowded, "Zürich")
    start = client.get(NEW)
    first = stages(crowded, "Flow 000")
    # All stages of the first workflow, in their order, the first one chosen; some of the next; others by searching.
    assert list(boxes(start, "stage"))[:4] == first
    assert len(boxes(start, "stage")) == 8
    assert boxes(start, "stage")[first[0]]
    assert "Flow 000: New" in body(start)
    assert "There are more: search for a name." in body(start)
    # Accents aside, by the workflow's name and the stage's.
    asked = client.get(f"{CHOICES}?field=stage&stage_typed=zurich+qual")
    assert boxes(asked, "stage") == {zurich[1]: False}
    assert "<html" not in body(asked)
    # Without a script: one types, searches, chooses; nothing is found wrong with what is not finished.
    looked = post(client, crowded.owner, NEW, deal_form("", stage_typed="zurich", find="stage"))
    assert looked.status_code == 200
    assert list(boxes(looked, "stage")) == zurich
    assert 'value="Wharf"' in body(looked)
    kept = post(client, crowded.owner, NEW, deal_form(zurich[2], stage_typed="flow 001", find="stage"))
    assert boxes(kept, "stage")[zurich[2]]
    assert str(made(crowded, post(client, crowded.owner, NEW, deal_form(zurich[2]))).stage_id) == zurich[2]
    for typed in ("Zürich: Proposal", "zurich: proposal"):
        by_name = post(client, crowded.owner, NEW, deal_form("", stage_typed=typed))
        assert str(made(crowded, by_name).stage_id) == zurich[2]
    # Many are called so: one of them is chosen, not guessed.
    unsure = post(client, crowded.owner, NEW, deal_form("", stage_typed="Proposal"))
    assert unsure.status_code == 422
    assert "Choose one of these." in body(unsure)
    assert post(client, crowded.owner, NEW, deal_form(str(new_id()))).status_code == 422


def test_a_deal_begins_where_its_address_says(crowded, client):
    zurich = stages(crowded, "Zürich")
    here = boxes(client.get(f"{NEW}?workflow={flow_of(crowded, 'Zürich')}"), "stage")
    assert list(here)[:4] == zurich
    assert here[zurich[0]]
    there = boxes(client.get(f"{NEW}?stage={zurich[3]}"), "stage")
    assert [one for one, on in there.items() if on] == [zurich[3]]
    assert set(zurich) <= set(there)
    gone = boxes(client.get(f"{NEW}?stage={new_id()}"), "stage")
    assert sum(gone.values()) == 1


def test_few_stages_are_not_searched(database):
    org = make_organization()
    with scope.tenant(org.id), reading():
        [flow] = Workflow.objects.all()
    start = signed_in(org.owner).get(NEW)
    assert [str(one) for one in stages_of(org, flow.id)] == list(boxes(start, "stage"))
    assert "stage_typed" not in body(start)
    assert f"{flow.name}: " not in body(start)


def test_a_deal_is_moved_to_any_of_many_stages(crowded, client):
    flow = flow_of(crowded, "Flow 050")
    deal = make_record(crowded, "deal", crowded.owner, workflow_id=flow)
    at, own = f"{HOME}/deals/{deal}/move", stages(crowded, "Flow 050")
    start = client.get(at)
    # Those of its own workflow first, where it stands chosen.
    assert list(boxes(start, "stage"))[:4] == own
    assert boxes(start, "stage")[own[0]]
    looked = post(client, crowded.owner, at, {"stage_typed": "zur neg", "find": "stage", "from": own[0]})
    assert looked.status_code == 200
    zurich = stages(crowded, "Zürich")
    assert boxes(looked, "stage") == {zurich[3]: False}
    sent = {"stage": zurich[3], "stage_typed": "zur neg", "from": own[0]}
    assert post(client, crowded.owner, at, sent).status_code == 303
    with scope.tenant(crowded.id), reading():
        assert str(Deal.objects.get(id=deal).stage_id) == zurich[3]


def test_nobody_is_offered_stages_beyond_their_reach(crowded):
    """Whoever moves a deal of a workflow in which they take no part is offered that one's stages, and no others."""
    rights = {"deals.view": "own", "deals.edit": "own", "deals.move": "own", "deals.create": "yes"}
    rep, other = somebody(crowded, rights), somebody(crowded, rights)
    mine, theirs = flow_of(crowded, "Flow 020"), flow_of(crowded, "Flow 021")
    crowded.perform(add_to_workflow, workflow_id=mine, membership_ids=(rep.membership_id,))
    crowded.perform(add_to_workflow, workflow_id=theirs, membership_ids=(other.membership_id,))
    client = signed_in(rep)
    hidden = set(stages(crowded, "Flow 021"))
    assert not hidden & set(boxes(client.get(NEW), "stage"))
    assert boxes(client.get(f"{CHOICES}?field=stage&stage_typed=021"), "stage") == {}
    chosen = next(iter(hidden))
    assert boxes(client.get(f"{CHOICES}?field=stage&stage={chosen}&stage_typed=021"), "stage") == {}
    assert post(client, rep, NEW, deal_form(chosen)).status_code == 422
    foreign = make_record(crowded, "deal", other, workflow_id=theirs)
    assert client.get(f"{CHOICES}?field=stage&deal={foreign}").status_code == 404
    own = make_record(crowded, "deal", rep, workflow_id=theirs)
    assert hidden <= set(boxes(client.get(f"{CHOICES}?field=stage&deal={own}"), "stage"))
    assert client.get(f"{CHOICES}?field=%22%3E").status_code == 404
    nobody = signed_in(somebody(crowded, {"deals.view": "own"}))
    assert nobody.get(f"{CHOICES}?field=stage").status_code == 404
    assert nobody.get(f"{CHOICES}?as=workflow&field=workflow_id").status_code == 404


def test_the_filter_of_deals_offers_any_number_of_stages(crowded, client):
    zurich = stages(crowded, "Zürich")
    inside = make_record(
        crowded, "deal", crowded.owner, workflow_id=flow_of(crowded, "Zürich"), stage_id=zurich[1], name="Inside"
    )
    make_record(crowded, "deal", crowded.owner, workflow_id=flow_of(crowded, "Flow 000"), name="Outside")
    deals = f"{HOME}/deals"
    assert len(boxes(client.get(deals), "stage", "checkbox")) == 20
    assert boxes(client.get(f"{deals}?stage_typed=zurich+qua"), "stage", "checkbox") == {zurich[1]: False}
    asked = client.get(f"{CHOICES}?as=filter&field=stage&stage={zurich[1]}&stage_typed=nosuchname")
    assert boxes(asked, "stage", "checkbox") == {zurich[1]: True}
    shown = client.get(f"{deals}?stage={zurich[1]}")
    assert boxes(shown, "stage", "checkbox")[zurich[1]]
    assert str(inside) in body(shown)
    assert "Outside" not in body(shown)
    assert "something that is gone" not in body(shown)


# --- Leads --------------------------------------------------------------------------------


def test_a_lead_begins_a_deal_in_any_of_many_workflows(crowded, client):
    lead = make_record(crowded, "lead", crowded.owner, given_name="Nora", family_name="Vik")
    at, zurich = f"{HOME}/leads/{lead}/conversion", str(flow_of(crowded, "Zürich"))
    start = client.get(at)
    offered = boxes(start, "workflow_id")
    assert offered[str(flow_of(crowded, "Flow 000"))]
    assert zurich not in offered
    asked = client.get(f"{CHOICES}?as=workflow&field=workflow_id&workflow_id_typed=zurich")
    assert boxes(asked, "workflow_id") == {zurich: False}
    sent = {"contact": "new", "company": "none", "deal_name": "Vik boats", "value": "12"}
    looked = post(client, crowded.owner, at, {**sent, "workflow_id_typed": "zurich", "find": "workflow_id"})
    assert looked.status_code == 200
    assert boxes(looked, "workflow_id") == {zurich: False}
    assert 'value="Vik boats"' in body(looked)
    # What was not ticked is not ticked by searching.
    assert not re.search(r'name="with_deal"[^>]*checked', body(looked))
    unsure = {**sent, "with_deal": "on", "workflow_id_typed": "flow"}
    assert post(client, crowded.owner, at, unsure).status_code == 422
    converted = post(client, crowded.owner, at, {**sent, "with_deal": "on", "workflow_id_typed": "zürich"})
    assert str(made(crowded, converted).workflow_id) == zurich


def test_a_workflow_may_be_called_anything(crowded, client):
    flow = make_workflow(crowded, "Élan 7")
    crowded.perform(edit_workflow, workflow_id=flow, name="<b>Élan</b> & 7: two")
    asked = client.get(f"{CHOICES}?field=stage&stage_typed=elan")
    assert len(boxes(asked, "stage")) == 4
    assert "<b>" not in body(asked)
    for odd in ("%00", "%25", "x" * 300, "%3A", "a+b+c+d+e+f+g+h"):
        for kind in ("", "&as=workflow", "&as=filter"):
            assert client.get(f"{CHOICES}?field=stage&stage_typed={odd}{kind}").status_code == 200


# --- Mentors ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(database):
    """A brokerage with more mentors than are offered."""
    found = Brokerage()
    for number in range(9):
        found.able("Mia", f"Number {number}")
    return found


def mentor_of(scene):
    with scope.tenant(scene.org.id), reading():
        return Mentorship.objects.get(mentee_id=scene.mentee.membership_id).mentor_id


def test_a_mentor_among_many_is_found(scene):
    org, last = scene.org, scene.able("André", "Zimmer")
    client, at = signed_in(org.owner), f"/admin/users/u/{scene.mentee.membership_id}/mentor"
    wanted, present = str(last.membership_id), str(scene.mentor.membership_id)
    start = boxes(client.get(at), "mentor")
    assert start[present]
    assert "" in start
    assert str(scene.colleague.membership_id) not in start
    asked = client.get(f"{at}/choices?field=mentor&mentor={present}&mentor_typed=andre")
    assert boxes(asked, "mentor") == {"": False, present: True, wanted: False}
    assert "<html" not in body(asked)
    looked = post(client, org.owner, at, {"mentor": present, "mentor_typed": "zimm", "find": "mentor"})
    assert looked.status_code == 200
    assert boxes(looked, "mentor") == {"": False, present: True, wanted: False}
    # Who may have none is found by nobody, however their name is typed.
    for no in (scene.colleague, scene.mentee, org.owner):
        assert post(client, org.owner, at, {"mentor": str(no.membership_id)}).status_code == (
            303 if no is org.owner else 422
        )
    scene.bind(scene.mentor)
    assert post(client, org.owner, at, {"mentor": "", "mentor_typed": "weber"}).status_code == 422
    assert mentor_of(scene) == scene.mentor.membership_id
    assert post(client, org.owner, at, {"mentor": "", "mentor_typed": "andre zimmer"}).status_code == 303
    assert mentor_of(scene) == last.membership_id
    scene.bind(scene.mentor)


def test_mentors_are_offered_to_whoever_names_them(scene):
    org, at = scene.org, f"/admin/users/u/{scene.mentee.membership_id}/mentor/choices"
    assert signed_in(scene.colleague).get(at).status_code == 403
    assert signed_in(org.owner).get(f"{at}?field=%22").status_code == 404
    assert signed_in(org.owner).get(f"/admin/users/u/{new_id()}/mentor/choices").status_code == 404
