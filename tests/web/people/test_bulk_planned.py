"""More people than are planned while somebody waits: the page that plans, shows the plan and takes the confirmation."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.many import crowd, run, state_of
from support.visitors import post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Lead
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing import planned, planning
from tenantry.usecases.workflows import add_to_workflow, create_workflow

BULK = "/admin/users/u/bulk"
EVERYBODY = {"do": "removal", "all": "1", "query": "q=crowd"}
# Who goes on is asked before so many are looked through; here nobody does.
REMOVAL = {**EVERYBODY, "successor": ""}


@pytest.fixture(autouse=True)
def small_bound(monkeypatch):
    monkeypatch.setattr(planning, "AT_ONCE", 3)
    monkeypatch.setattr(planned, "BATCH", 4)


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def asked(client, org, sent=REMOVAL, by=None) -> str:
    answer = post(client, by or org.owner, BULK, sent)
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"]


def run_there(org, there: str, **given):
    run(org, there.rpartition("/")[2], **given)


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def removed(org) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.filter(status="removed").count()


def test_many_are_planned_on_a_page_that_survives_a_reload_and_confirmed_there(org, client):
    crowd(org, 10)
    there = asked(client, org)
    page = text_of(client.get(there))
    assert "0 of 10 looked at. Nothing is changed before it is confirmed." in page
    assert 'hx-trigger="load delay:1s"' in page
    assert '<meta http-equiv="refresh"' in page
    assert 'id="confirm"' not in page
    run_there(org, there, batches=1)
    assert "4 of 10 looked at" in text_of(client.get(f"{there}/progress"))
    assert "4 of 10 looked at" in text_of(client.get(there))
    run_there(org, there)
    assert client.get(f"{there}/progress")["HX-Refresh"] == "true"
    for _reload in range(2):
        page = text_of(client.get(there))
        assert "Waits for a confirmation" in page
        assert "people leave for good" in page
        assert "Remove (10)" in page
        assert 'http-equiv="refresh"' not in page
    assert removed(org) == 0
    listed = text_of(client.get("/admin/operations"))
    assert "Plan: Remove people" in listed
    assert "Waits for a confirmation" in listed
    # A plain form: no script is needed.
    assert f'<form method="post" action="{there}/confirmation">' in page
    assert post(client, org.owner, f"{there}/confirmation")["Location"] == there
    assert "0 of 10: 0 done" in text_of(client.get(there))
    run_there(org, there)
    assert "10 of 10: 10 done, 0 left out" in text_of(client.get(there))
    assert removed(org) == 10


def test_who_goes_on_with_the_records_of_so_many_is_asked_before(org, client):
    people = crowd(org, 5)
    heir = org.person("manager")
    leads = [make_record(org, "lead", people[n]) for n in (0, 3)]
    page = text_of(post(client, org.owner, BULK, EVERYBODY))
    assert "Records go to" in page
    assert "Next you read what happens." in page
    assert str(heir.membership_id) in page
    refused = post(client, org.owner, BULK, {**EVERYBODY, "successor": "", "successor_typed": "Nobody Known"})
    assert refused.status_code == 422
    assert "Nobody active here is called so." in text_of(refused)
    there = asked(client, org, {**EVERYBODY, "successor": str(heir.membership_id)})
    run_there(org, there)
    assert "records go to Pat Example" in text_of(client.get(there))
    assert post(client, org.owner, f"{there}/confirmation").status_code == 303
    run_there(org, there)
    assert removed(org) == 5
    with scope.tenant(org.id), reading():
        assert set(Lead.objects.filter(id__in=leads).values_list("owner_id", flat=True)) == {heir.membership_id}


def test_where_records_become_unassigned_anyway_nobody_is_asked(org, client):
    crowd(org, 5)
    org.perform(change_policy, code="people.removal_records", value="unassign")
    assert "/admin/operations/" in asked(client, org, EVERYBODY)


def test_with_script_it_leads_there_as_well(org, client):
    crowd(org, 5)
    answer = post(client, org.owner, BULK, REMOVAL, HTTP_HX_REQUEST="true")
    assert "/admin/operations/" in (answer.headers.get("HX-Redirect") or answer.headers.get("HX-Location", ""))


def test_what_has_to_be_chosen_is_chosen_first(org, client):
    crowd(org, 5)
    sent = {"do": "role", "all": "1", "query": "q=crowd"}
    choice = post(client, org.owner, BULK, sent)
    assert (choice.status_code, 'name="role"' in text_of(choice)) == (200, True)
    there = asked(client, org, {**sent, "role": str(org.role("administrator"))})
    run_there(org, there)
    page = text_of(client.get(there))
    assert "people get the role Administrator" in page
    assert "permissions that somebody of them gains" in page
    assert "Give the role (5)" in page


def test_who_stays_as_they_are_is_named_before_and_after(org, client):
    crowd(org, 4)
    there = asked(client, org, {"do": "deactivation", "all": "1", "query": ""})
    run_there(org, there)
    page = text_of(client.get(there))
    assert "1 person stays as they are" in page
    assert "Nobody does this to themselves." in page
    assert "Deactivate (4)" in page
    post(client, org.owner, f"{there}/confirmation")
    run_there(org, there)
    assert "4 done, 1 left out" in text_of(client.get(there))


def test_nobody_to_act_on_is_said_and_not_confirmed(org, client):
    crowd(org, 5)
    there = asked(client, org, {"do": "resend", "all": "1", "query": "q=crowd"})
    run_there(org, there)
    page = text_of(client.get(there))
    assert "Nobody of the selection is left to act on." in page
    assert 'id="confirm"' not in page
    assert post(client, org.owner, f"{there}/confirmation").status_code == 409


def test_canceled_in_both_phases(org, client):
    crowd(org, 10)
    there = asked(client, org)
    run_there(org, there, batches=1)
    assert post(client, org.owner, f"{there}/cancellation").status_code == 303
    page = text_of(client.get(there))
    assert "Canceled" in page
    assert 'id="confirm"' not in page
    assert post(client, org.owner, f"{there}/confirmation").status_code == 409
    there = asked(client, org)
    run_there(org, there)
    post(client, org.owner, f"{there}/confirmation")
    assert post(client, org.owner, f"{there}/cancellation").status_code == 303
    run_there(org, there)
    assert (state_of(org, there.rpartition("/")[2]).state, removed(org)) == ("canceled", 0)


def test_twice_and_by_somebody_else_it_is_refused(org, client):
    crowd(org, 5)
    admin = org.person("administrator")
    there = asked(client, org)
    run_there(org, there)
    other = signed_in(admin)
    page = text_of(other.get(there))
    assert "Only who asked for this plan can confirm it." in page
    assert 'id="confirm"' not in page
    assert post(other, admin, f"{there}/confirmation").status_code == 403
    stranger = make_organization()
    assert post(signed_in(stranger.owner), stranger.owner, f"{there}/confirmation").status_code == 404
    assert removed(org) == 0
    assert post(client, org.owner, f"{there}/confirmation").status_code == 303
    assert post(client, org.owner, f"{there}/confirmation").status_code == 409


def test_the_organizations_name_is_typed_on_the_page(org, client):
    org.perform(change_policy, code="people.deactivation_by", value="owner")
    crowd(org, 5)
    there = asked(client, org, {"do": "deactivation", "all": "1", "query": "q=crowd"})
    run_there(org, there)
    assert "To go on, type" in text_of(client.get(there))
    refused = post(client, org.owner, f"{there}/confirmation", {"organization_name": "Wrong"})
    assert refused.status_code == 422
    assert 'value="Wrong"' in text_of(refused)
    right = post(client, org.owner, f"{there}/confirmation", {"organization_name": "Halden Supply"})
    assert right.status_code == 303


def test_a_selection_that_grew_is_planned_in_the_background_whatever_was_read(org, client):
    crowd(org, 3)
    digest = re.search(r'name="digest" value="(\w+)"', text_of(post(client, org.owner, BULK, REMOVAL))).group(1)
    crowd(org, 1)
    there = asked(client, org, {**REMOVAL, "digest": digest})
    assert "0 of 4 looked at" in text_of(client.get(there))
    assert removed(org) == 0


def test_what_keeps_somebody_here_is_settled_on_the_page_and_the_same_people_are_looked_at_anew(org, client):
    people = crowd(org, 5)
    heir = org.person("manager")
    flow = org.perform(create_workflow, name="Loans").id
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(people[0],))
    there = asked(client, org)
    run_there(org, there)
    page = text_of(client.get(there))
    assert f'Workflow <a href="/admin/workflows/{flow}">Loans</a> would be left without a member.' in page
    assert f'formaction="{there}/matters"' in page
    assert "Remove (4)" in page
    matter = {"matter": f"workflow:{flow}"}
    # Nobody chosen, and somebody looked for: the plan stays, and nothing is confirmed.
    nobody = post(client, org.owner, f"{there}/matters", matter)
    assert (nobody.status_code, "Choose somebody." in text_of(nobody)) == (422, True)
    # What was typed stays where it can't be meant.
    vague = post(client, org.owner, f"{there}/matters", {**matter, f"person_workflow:{flow}_typed": "Nobody Known"})
    assert (vague.status_code, 'value="Nobody Known"' in text_of(vague)) == (422, True)
    looked = post(client, org.owner, f"{there}/confirmation", {"find": f"person_workflow:{flow}"})
    assert "Remove (4)" in text_of(looked)
    chosen = {**matter, f"person_workflow:{flow}": str(heir.membership_id)}
    stranger = make_organization()
    assert post(signed_in(stranger.owner), stranger.owner, f"{there}/matters", chosen).status_code == 404
    assert post(client, org.owner, f"{there}/matters", chosen)["Location"] == there
    assert "0 of 5 looked at" in text_of(client.get(there))
    run_there(org, there)
    page = text_of(client.get(there))
    assert "would be left" not in page
    assert "Remove (5)" in page
    assert post(client, org.owner, f"{there}/confirmation").status_code == 303
    run_there(org, there)
    assert removed(org) == 5


def test_who_did_not_ask_for_the_plan_settles_nothing_in_it(org, client):
    people = crowd(org, 5)
    admin = org.person("administrator")
    flow = org.perform(create_workflow, name="Loans").id
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(people[0],))
    there = asked(client, org)
    run_there(org, there)
    assert "would be left without a member" not in text_of(signed_in(admin).get(there))
