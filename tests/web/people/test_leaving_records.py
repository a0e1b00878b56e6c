"""Leaving with records over HTTP: what is settled first, on the spot; who goes on with them; the receipt."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record, make_workflow
from support.many import crowd
from support.visitors import post, signed_in
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Deal
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import WorkflowMember
from tenantry.usecases.person import edit_person
from tenantry.usecases.workflows import add_to_workflow


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def hidden(answer, name: str = "digest") -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]{{32}})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def owners(org) -> dict:
    """How many records of each type each owner has."""
    found: dict = {}
    with scope.tenant(org.id), reading():
        for key, one in owned_types().items():
            for owner_id in one.model.objects.values_list("owner_id", flat=True):
                found.setdefault(owner_id, {}).setdefault(key, 0)
                found[owner_id][key] += 1
    return found


@pytest.fixture
def org():
    return make_organization(seats=20)


def called(org, given_name: str, family_name: str):
    person = org.person("member")
    org.perform(edit_person, membership_id=person.membership_id, given_name=given_name, family_name=family_name)
    return person


@pytest.fixture
def rep(org):
    return called(org, "Jonas", "Weber")


@pytest.fixture
def heir(org):
    return called(org, "Petra", "Lindqvist")


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def alone_in(org, rep):
    flow = make_workflow(org, "Hamburg service contracts")
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(rep.membership_id,))
    return flow


def test_all_that_stands_in_the_way_is_settled_on_the_spot(org, rep, heir, client):
    flow = alone_in(org, rep)
    shown = client.get(f"{page_of(rep)}/deactivation")
    body = shown.content.decode()
    assert "One thing to settle first" in body
    assert "Hamburg service contracts" in body
    assert 'name="digest"' not in body
    refused = post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": "0" * 32})
    assert refused.status_code == 409
    assert org.status(rep.membership_id) == "active"
    sent = {"how": "deactivation", "matter": f"workflow:{flow}", f"person_workflow:{flow}": str(heir.membership_id)}
    done = post(client, org.owner, f"{page_of(rep)}/leaving/matters", sent)
    assert (done.status_code, done["Location"]) == (303, f"{page_of(rep)}/deactivation")
    again = client.get(f"{page_of(rep)}/deactivation")
    assert "to settle first" not in again.content.decode()
    post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": hidden(again)})
    assert org.status(rep.membership_id) == "deactivated"
    with scope.tenant(org.id), reading():
        assert WorkflowMember.objects.filter(workflow_id=flow, membership_id=heir.membership_id).exists()


def test_who_must_go_at_once_is_frozen_and_the_list_stays(org, rep, heir, client):
    flow = alone_in(org, rep)
    make_each(org, rep)
    shown = client.get(f"{page_of(rep)}/deactivation")
    assert "Freeze now, hand over later" in shown.content.decode()
    answer = post(
        client,
        org.owner,
        f"{page_of(rep)}/deactivation",
        {"freezing": "1", "frozen_digest": hidden(shown, "frozen_digest")},
    )
    assert answer.status_code == 303
    assert org.status(rep.membership_id) == "deactivated"
    tab = client.get(f"{page_of(rep)}/records").content.decode()
    assert "Still to be settled" in tab
    assert "is without a member who is active" in tab
    receipt = client.get(f"{page_of(rep)}/receipt", follow=True).content.decode()
    assert "A workflow was left without a member." in receipt
    sent = {"how": "records", "matter": f"workflow:{flow}", f"person_workflow:{flow}": str(heir.membership_id)}
    done = post(client, org.owner, f"{page_of(rep)}/leaving/matters", sent)
    assert done["Location"] == f"{page_of(rep)}/records"
    assert "Still to be settled" not in client.get(f"{page_of(rep)}/records").content.decode()


def test_a_successor_goes_on_with_every_type(org, rep, heir, client):
    make_each(org, rep)
    before = owners(org)[rep.membership_id]
    shown = client.get(f"{page_of(rep)}/removal")
    assert "become unassigned" in shown.content.decode()
    chosen = post(client, org.owner, f"{page_of(rep)}/removal", {"show": "1", "successor": str(heir.membership_id)})
    assert chosen.status_code == 200
    assert "records go to Petra Lindqvist" in chosen.content.decode()
    assert org.status(rep.membership_id) == "active"
    done = post(
        client,
        org.owner,
        f"{page_of(rep)}/removal",
        {"digest": hidden(chosen), "successor": str(heir.membership_id)},
    )
    assert done.status_code == 303
    assert org.status(rep.membership_id) == "removed"
    after = owners(org)
    assert after[heir.membership_id] == before
    assert rep.membership_id not in after
    receipt = client.get(f"{page_of(rep)}/receipt", follow=True).content.decode()
    assert "records went to Petra Lindqvist" in receipt
    assert "Jonas Weber was removed" in receipt


def test_another_successor_than_the_plan_said_is_asked_again(org, rep, heir, client):
    make_each(org, rep)
    shown = client.get(f"{page_of(rep)}/removal")
    answer = post(
        client, org.owner, f"{page_of(rep)}/removal", {"digest": hidden(shown), "successor": str(heir.membership_id)}
    )
    assert answer.status_code == 409
    assert "records go to Petra Lindqvist" in answer.content.decode()
    assert org.status(rep.membership_id) == "active"


def test_a_choice_that_was_not_shown_yet_is_shown_and_called_no_change(org, rep, heir, client):
    """On the page without a script, where somebody is chosen and *Remove* pressed at once."""
    make_each(org, rep)
    shown = client.get(f"{page_of(rep)}/removal")
    assert 'name="planned_for" value="nobody"' in shown.content.decode()
    said = {"digest": hidden(shown), "planned_for": "nobody", "successor": str(heir.membership_id)}
    answer = post(client, org.owner, f"{page_of(rep)}/removal", said)
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "records go to Petra Lindqvist" in body
    assert "changed since" not in body
    assert org.status(rep.membership_id) == "active"
    said |= {"digest": hidden(answer), "planned_for": str(heir.membership_id)}
    assert post(client, org.owner, f"{page_of(rep)}/removal", said).status_code == 303
    assert org.status(rep.membership_id) == "removed"


def test_who_was_chosen_stays_where_something_is_settled(org, rep, heir, client):
    flow = alone_in(org, rep)
    make_each(org, rep)
    sent = {"how": "removal", "matter": f"workflow:{flow}", f"person_workflow:{flow}": str(heir.membership_id)}
    done = post(client, org.owner, f"{page_of(rep)}/leaving/matters", {**sent, "successor": str(heir.membership_id)})
    assert done.status_code == 303
    assert "records go to Petra Lindqvist" in client.get(done["Location"]).content.decode()


def test_where_somebody_has_to_go_on_nothing_is_said_to_become_unassigned(org, rep, heir, client):
    make_each(org, rep)
    org.perform(change_policy, code="people.removal_records", value="successor_required")
    page = client.get(f"{page_of(rep)}/removal").content.decode()
    assert "become unassigned" not in page
    assert "records go to whom you choose" in page
    assert "Choose who goes on with the records." in page
    chosen = post(client, org.owner, f"{page_of(rep)}/removal", {"show": "1", "successor": str(heir.membership_id)})
    assert "records go to Petra Lindqvist" in chosen.content.decode()


def test_without_a_successor_they_are_in_the_queue(org, rep, client):
    make_each(org, rep)
    before = owners(org)[rep.membership_id]
    shown = client.get(f"{page_of(rep)}/removal")
    post(client, org.owner, f"{page_of(rep)}/removal", {"digest": hidden(shown)})
    assert owners(org)[None] == before


def test_a_successor_who_left_is_said_in_the_dialog(org, rep, heir, client):
    make_each(org, rep)
    shown = client.get(f"{page_of(heir)}/deactivation")
    post(client, org.owner, f"{page_of(heir)}/deactivation", {"digest": hidden(shown)})
    answer = post(client, org.owner, f"{page_of(rep)}/removal", {"show": "1", "successor": str(heir.membership_id)})
    assert answer.status_code == 409
    assert "Petra Lindqvist" in answer.content.decode()
    assert org.status(rep.membership_id) == "active"


def test_records_are_reassigned_before_and_after_without_removing(org, rep, heir, client):
    make_each(org, rep)
    make_record(org, "deal", rep, state="open")
    asked = client.get(f"{page_of(rep)}/records/reassign")
    assert "They go to" in asked.content.decode()
    sent = {"types": ["deal"], "spread": "one", "to": [str(heir.membership_id)]}
    planned = post(client, org.owner, f"{page_of(rep)}/records/reassign", sent)
    assert "records change owner" in planned.content.decode()
    done = post(client, org.owner, f"{page_of(rep)}/records/reassign", {**sent, "digest": hidden(planned)})
    assert (done.status_code, done["Location"]) == (303, f"{page_of(rep)}/records")
    with scope.tenant(org.id), reading():
        assert set(Deal.objects.values_list("owner_id", flat=True)) == {heir.membership_id}
    # The message takes it back.
    said = client.get(f"{page_of(rep)}/records").content.decode()
    post(client, org.owner, re.search(r'action="(/admin/audit/\d+/undo)"', said).group(1))
    with scope.tenant(org.id), reading():
        assert set(Deal.objects.values_list("owner_id", flat=True)) == {rep.membership_id}
    shown = client.get(f"{page_of(rep)}/deactivation")
    post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": hidden(shown)})
    sent = {"spread": "nobody"}
    planned = post(client, org.owner, f"{page_of(rep)}/records/reassign", sent)
    post(client, org.owner, f"{page_of(rep)}/records/reassign", {**sent, "digest": hidden(planned)})
    assert rep.membership_id not in owners(org)
    assert org.status(rep.membership_id) == "deactivated"


def test_several_at_once_with_a_successor(org, rep, heir, client):
    other = org.person("member")
    make_each(org, rep)
    make_each(org, other)
    ids = [str(rep.membership_id), str(other.membership_id)]
    shown = post(client, org.owner, "/admin/users/u/bulk", {"do": "removal", "ids": ids})
    assert "records become unassigned" in shown.content.decode()
    sent = {"do": "removal", "ids": ids, "successor": str(heir.membership_id)}
    chosen = post(client, org.owner, "/admin/users/u/bulk", {**sent, "show": "1"})
    assert "records go to Petra Lindqvist" in chosen.content.decode()
    done = post(client, org.owner, "/admin/users/u/bulk", {**sent, "digest": hidden(chosen)})
    assert done.status_code == 303
    assert set(owners(org)) == {heir.membership_id}
    assert sum(owners(org)[heir.membership_id].values()) == 2 * len(owned_types())


def test_receivers_are_searched_among_many_and_stay_ticked(org, rep, heir, client):
    """Without a script: the form's own button looks for them."""
    make_record(org, "lead", rep)
    make_record(org, "lead", rep)
    crowd(org, 60, given_name="Crowd")
    last = crowd(org, 1, given_name="Zuzana")[0]
    url = f"{page_of(rep)}/records/reassign"
    first = client.get(url).content.decode()
    assert "There are more: search for a name." in first
    assert first.count('name="to"') < 15
    sent = {"types": ["lead"], "spread": "round_robin", "to": [str(heir.membership_id)], "to_typed": "zuzana"}
    found = post(client, org.owner, url, {**sent, "find": "1"})
    body = found.content.decode()
    assert found.status_code == 200
    assert f'value="{heir.membership_id}" checked' in body
    assert f'value="{last}">' in body
    assert 'value="round_robin"' in body
    assert "Choose" not in body.partition('id="pick-to"')[2].partition("</fieldset>")[0]
    nobody = post(client, org.owner, url, {**sent, "to": [], "to_typed": "nobody like that", "find": "1"})
    assert "Nobody active here is called so." in nobody.content.decode()
    both = {**sent, "to": [str(heir.membership_id), str(last)]}
    planned = post(client, org.owner, url, both)
    assert "record goes to" in planned.content.decode()
    assert post(client, org.owner, url, {**both, "digest": hidden(planned)}).status_code == 303
    assert {one for one, kinds in owners(org).items() if kinds} == {heir.membership_id, last}
