"""Choosing a record by typing some of its name: without a script by the form, with htmx by what it asks for."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.visitors import body, post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Deal, Lead, Task
from tenantry.usecases.offboarding import deactivate_members, reactivate_member
from tenantry.usecases.person import change_own_profile

NEW = "/apps/momentum/deals/new"
CHOICES = "/apps/momentum/records/company/choices"


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def flow(org):
    return make_workflow(org)


@pytest.fixture
def rep(org):
    return org.person("member")


@pytest.fixture
def client(rep):
    return signed_in(rep)


def sent(org, flow, **more) -> dict:
    stage = str(stages_of(org, flow)[0])
    return {"name": "Lighthouse", "stage": stage, "value": "1", "currency": "EUR", "closes_on": "", **more}


def radios(answer, field="company_id") -> dict[str, bool]:
    """Value -> whether it is chosen."""
    found = re.findall(rf'<input[^>]*type="radio" name="{field}" value="([^"]*)"( checked)?', answer.content.decode())
    return {value: bool(checked) for value, checked in found}


def company_of(org, answer):
    with scope.tenant(org.id), reading():
        return Deal.objects.get(id=answer["Location"].rpartition("/")[2]).company_id


def test_without_a_script_one_types_searches_and_chooses_and_keeps_what_was_typed(org, flow, rep, client):
    older = make_record(org, "company", rep, name="Northern Lights Ltd")
    for n in range(10):
        make_record(org, "company", rep, name=f"Other {n}")
    start = client.get(NEW)
    assert str(older) not in radios(start)
    assert "The last ones added" in body(start)
    asked = {"company_id": "", "company_id_typed": "light", "find": "company_id"}
    found = post(client, rep, NEW, sent(org, flow, name="", **asked))
    assert found.status_code == 200
    assert set(radios(found)) == {"", str(older)}
    assert 'value="light"' in body(found)
    assert "Please fill this in." not in body(found)
    chosen = sent(org, flow, company_id=str(older), company_id_typed="light")
    again = post(client, rep, NEW, {**chosen, "value": "twelve"})
    assert again.status_code == 422
    assert radios(again)[str(older)]
    made = post(client, rep, NEW, chosen)
    assert made.status_code == 303
    assert company_of(org, made) == older
    edit = f"{made['Location']}/edit"
    assert radios(client.get(edit))[str(older)]


def test_what_was_typed_is_chosen_by_its_whole_name_and_else_asked_for(org, flow, rep, client):
    fjord = make_record(org, "company", rep, name="Fjord Marine")
    other = make_record(org, "company", rep, name="Fjordland")
    unsure = post(client, rep, NEW, sent(org, flow, company_id="", company_id_typed="fjo"))
    assert unsure.status_code == 422
    assert "Choose one of these, or leave the search for “fjo” empty." in body(unsure)
    assert {str(fjord), str(other)} <= set(radios(unsure))
    # What was chosen before is not what was typed since.
    changed = post(client, rep, NEW, sent(org, flow, company_id=str(other), company_id_typed="marine"))
    assert changed.status_code == 422
    named = post(client, rep, NEW, sent(org, flow, company_id="", company_id_typed="fjord marine"))
    assert company_of(org, named) == fjord


def test_nothing_beyond_ones_reach_is_offered_or_taken(org, flow, rep, client):
    theirs = make_record(org, "company", org.owner, name="Hidden Harbour")
    elsewhere = make_organization()
    foreign = make_record(elsewhere, "company", elsewhere.owner, name="Hidden Haven")
    away = make_record(org, "company", rep, name="Hidden Archive", archived_at="2030-01-01T00:00:00Z")
    found = client.get(f"{CHOICES}?field=company_id&company_id_typed=hidden")
    assert set(radios(found)) == {""}
    assert "Nothing within your reach is called so." in body(found)
    assert str(away) not in radios(found)
    answers = {
        (answer.status_code, re.sub(r"[0-9a-f-]{36}", "", body(answer)))
        for i in (theirs, foreign, new_id(), "x")
        if (answer := post(client, rep, NEW, sent(org, flow, company_id=str(i), company_id_typed="hidden")))
    }
    [(status, text)] = answers
    assert status == 422
    assert "Choose one of these." in text
    named = post(client, rep, NEW, sent(org, flow, company_id="", company_id_typed="hidden harbour"))
    assert named.status_code == 422


def test_what_is_offered_while_one_types_keeps_what_is_chosen(org, rep, client):
    first = make_record(org, "company", rep, name="Ørsted Works")
    second = make_record(org, "company", rep, name="Polar Tools")
    found = client.get(f"{CHOICES}?field=company_id&company_id={first}&company_id_typed=pol")
    assert radios(found) == {"": False, str(first): True, str(second): False}
    assert "<html" not in body(found)
    names = client.get(f"{CHOICES}?field=company&as=names&company=pol")
    assert '<option value="Polar Tools">' in body(names)
    assert client.get(f"{CHOICES}?field=%22%3E").status_code == 404
    assert client.get(CHOICES.replace("company", "person")).status_code == 404


def test_a_company_out_of_sight_stays_on_a_deal_that_is_edited(org, flow, rep, client):
    theirs = make_record(org, "company", org.owner, name="Silent Partner")
    deal = make_record(org, "deal", rep, workflow_id=flow, company_id=theirs)
    edit = f"/apps/momentum/deals/{deal}/edit"
    assert "Silent Partner" not in body(client.get(edit))
    done = post(client, rep, edit, {**sent(org, flow, company_id=""), "version": "1"})
    assert done.status_code == 303
    with scope.tenant(org.id), reading():
        assert Deal.objects.get(id=deal).company_id == theirs


# --- Owners -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowded(database):
    """More people than any list offers."""
    org = make_organization(seats=60)
    for _n in range(24):
        org.person("member")
    last = org.person("member")
    org.perform(change_own_profile, by=last, given_name="Zoë", family_name="Lind")
    return org, last


def filter_boxes(answer) -> dict[str, bool]:
    """Value of the owner filter -> whether it is ticked."""
    found = re.findall(r'<input[^>]*type="checkbox" name="owner" value="([^"]*)"( checked)?', answer.content.decode())
    return {value: bool(checked) for value, checked in found}


def test_an_owner_among_many_is_searched_in_lists(crowded):
    org, last = crowded
    make_record(org, "lead", last, given_name="Hers")
    make_record(org, "lead", org.owner, given_name="Ours")
    client, wanted = signed_in(org.owner), str(last.membership_id)
    start = client.get("/apps/momentum/leads")
    assert wanted not in filter_boxes(start)
    assert "There are more: search for a name." in body(start)
    # Without a script the list comes again with who is called so; with one only the choices do.
    found = client.get("/apps/momentum/leads?owner_typed=lind")
    assert set(filter_boxes(found)) == {"me", "nobody", wanted}
    asked = client.get(
        f"/apps/momentum/owners/choices?as=filter&field=owner&owner_typed=zoe&owner={last.membership_id}"
    )
    assert filter_boxes(asked) == {"me": False, "nobody": False, wanted: True}
    assert "<html" not in body(asked)
    # Who is ticked stays among the choices, with a name, whatever is typed, and when they have left.
    org.perform(deactivate_members, membership_ids=(last.membership_id,))
    shown = client.get(f"/apps/momentum/leads?owner={wanted}&owner_typed=pat")
    assert filter_boxes(shown)[wanted]
    assert "something that is gone" not in body(shown)
    assert ("Hers" in body(shown), "Ours" in body(shown)) == (True, False)
    assert "Nobody here is called so." in body(client.get("/apps/momentum/leads?owner_typed=nosuchname"))
    org.perform(reactivate_member, membership_id=last.membership_id)


@pytest.mark.parametrize("several", [False, True])
def test_an_owner_among_many_is_searched_in_dialogs(crowded, several):
    org, last = crowded
    lead, client, wanted = make_record(org, "lead", org.owner), signed_in(org.owner), str(last.membership_id)
    path = "/apps/momentum/records/lead/several" if several else f"/apps/momentum/records/lead/{lead}/owner"
    sent = {"ids": str(lead), "do": "owner"} if several else {}
    start = post(client, org.owner, path, sent) if several else client.get(path)
    assert wanted not in radios(start, "owner")
    assert radios(start, "owner")[str(org.owner.membership_id)]
    typed = {**sent, "owner": str(org.owner.membership_id), "owner_typed": "zoe li"}
    found = post(client, org.owner, path, {**typed, "find": "owner"})
    assert found.status_code == 200
    assert set(radios(found, "owner")) == {"", str(org.owner.membership_id), wanted}
    asked = client.get(f"/apps/momentum/owners/choices?field=owner&owner={wanted}&owner_typed=zoe")
    assert radios(asked, "owner")[wanted]
    chosen = {**typed, "owner": wanted}
    if several:
        shown = post(client, org.owner, path, {**chosen, "show": "1"})
        assert "lead goes to Zoë Lind" in body(shown)
        chosen["digest"] = re.search(r'name="digest" value="([0-9a-f]{32})"', body(shown)).group(1)
    else:
        # What was typed and what is chosen have to be the same person.
        assert post(client, org.owner, path, typed).status_code == 422
        assert post(client, org.owner, path, {"owner": "", "owner_typed": "zoe"}).status_code == 422
    assert post(client, org.owner, path, chosen).status_code == 303
    with scope.tenant(org.id), reading():
        assert Lead.objects.get(id=lead).owner_id == last.membership_id


def test_a_task_is_given_to_one_of_many_and_nobody_out_of_reach_is_offered(crowded):
    org, last = crowded
    client, new = signed_in(org.owner), "/apps/workspace/tasks/new"
    sent = {"title": "Call back", "due_on": "2031-05-04", "body": "", "owner_typed": "lind"}
    found = post(client, org.owner, new, {**sent, "owner": str(org.owner.membership_id), "find": "owner"})
    assert (found.status_code, 'value="Call back"' in body(found)) == (200, True)
    assert str(last.membership_id) in radios(found, "owner")
    assert post(client, org.owner, new, {**sent, "owner": str(last.membership_id)}).status_code == 303
    with scope.tenant(org.id), reading():
        assert Task.objects.get().owner_id == last.membership_id
    # A member knows nobody here; by name or by id that stays so.
    alone = org.person("member")
    visitor = signed_in(alone)
    asked = visitor.get(f"/apps/momentum/owners/choices?owner={last.membership_id}&owner_typed=lind")
    assert set(radios(asked, "owner")) == {"", str(alone.membership_id)}
    assert set(filter_boxes(visitor.get("/apps/momentum/leads?owner_typed=lind"))) == {"me", "nobody"}
    named = post(visitor, alone, new, {**sent, "owner": "", "owner_typed": "Zoë Lind"})
    assert named.status_code == 422
