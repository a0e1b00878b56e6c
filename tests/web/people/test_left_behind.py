"""What a handing over that stopped has left with somebody who is gone, and whoever can't go on with records: said, each
with its way out."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record, make_workflow
from support.handing import make_large, owners
from support.many import run
from support.visitors import body, post, signed_in
from tenantry.usecases.handing_over import batches
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.workflows import add_to_workflow


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


@pytest.fixture
def org():
    return make_organization(seats=20)


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def test_what_stays_with_somebody_who_left_is_found_and_given_on(org, client, monkeypatch):
    """The successor leaves, too, while the records are on their way."""
    leaver, heir, other = org.person(), org.person(), org.person()
    org.perform(edit_person, membership_id=leaver.membership_id, given_name="Jonas", family_name="Weber")
    for _n in range(5):
        make_record(org, "lead", leaver)
    monkeypatch.setattr(batches, "RECORDS", 2)
    with make_large(True, batch=2):
        left = org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
        run(org, left.operation_id, batches=1)
        org.perform(deactivate_members, membership_ids=(heir.membership_id,))
        run(org, left.operation_id)
    said = body(client.get(f"/admin/operations/{left.operation_id}"))
    assert "Reassign what is left to somebody else." in said
    assert f'href="{page_of(leaver)}/records">Jonas Weber' in said
    assert f'href="{page_of(leaver)}/records"' in body(client.get(page_of(leaver)))
    tab = body(client.get(f"{page_of(leaver)}/records"))
    assert f'href="{page_of(leaver)}/records/reassign"' in tab
    sent = {"types": ["lead"], "spread": "one", "to": [str(other.membership_id)]}
    planned = post(client, org.owner, f"{page_of(leaver)}/records/reassign", sent)
    done = post(client, org.owner, f"{page_of(leaver)}/records/reassign", {**sent, "digest": digest_in(planned)})
    assert done.status_code == 303
    assert "owns no records" in body(client.get(done["Location"]))
    assert sorted(owners(org).values()) == sorted([heir.membership_id] * 2 + [other.membership_id] * 3)
    assert "What is left" not in body(client.get(f"/admin/operations/{left.operation_id}"))


def test_who_may_not_act_on_somebody_sees_nothing_of_what_is_left(org):
    leaver = org.person("administrator")
    make_record(org, "lead", leaver)
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    reader = org.person("billing_administrator")
    client = signed_in(reader)
    assert "/records" not in body(client.get(page_of(leaver)))
    assert client.get(f"{page_of(leaver)}/records").status_code == 404


def test_who_may_not_see_records_is_told_before_that_they_can_not_go_on_with_them(org):
    """A people administrator sees no records; the preview does not promise them what the deed refuses."""
    leaver, clerk = org.person(), org.person("people_administrator")
    make_each(org, leaver)
    client = signed_in(clerk)
    own = str(clerk.membership_id)
    shown = post(client, clerk, f"{page_of(leaver)}/removal", {"show": "1", "successor": own})
    assert shown.status_code == 403
    assert "go to Pat Example" not in body(shown)
    assert "What happens" in body(shown)
    several = {"do": "removal", "ids": [str(leaver.membership_id)], "successor": own, "show": "1"}
    again = post(client, clerk, "/admin/users/u/bulk", several)
    assert again.status_code == 403
    assert "What happens" in body(again)
    assert org.status(leaver.membership_id) == "active"


def test_settling_something_keeps_the_dialog_though_the_successor_has_left_meanwhile(org, client):
    leaver, gone = org.person(), org.person()
    make_record(org, "lead", leaver)
    flow = make_workflow(org)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(leaver.membership_id,))
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    matter = f"workflow:{flow}"
    sent = {"how": "removal", "matter": matter, f"person_{matter}": str(org.owner.membership_id)}
    answer = client.post(
        f"{page_of(leaver)}/leaving/matters",
        {"_organization": str(org.id), **sent, "successor": str(gone.membership_id)},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    assert "What happens" in body(answer)
    assert "settle first" not in body(answer)


def test_of_several_who_can_not_go_on_is_said_in_the_dialog(org, client):
    leaver, gone = org.person(), org.person()
    make_record(org, "lead", leaver)
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    asked = {"do": "removal", "ids": [str(leaver.membership_id)]}
    for choice, status, words in (
        ({"successor": str(gone.membership_id)}, 409, "Pat Example"),
        ({"successor": str(leaver.membership_id)}, 422, "is to leave too"),
        ({"successor_typed": "nobody like that"}, 422, "Nobody active here is called so."),
    ):
        shown = post(client, org.owner, "/admin/users/u/bulk", {**asked, **choice, "show": "1"})
        assert (shown.status_code, words in body(shown)) == (status, True), body(shown)
        assert f'name="ids" value="{leaver.membership_id}"' in body(shown)
        assert digest_in(shown)
    assert org.status(leaver.membership_id) == "active"
