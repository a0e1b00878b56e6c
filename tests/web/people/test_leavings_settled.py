"""What keeps people of a selection here is settled in the dialog in which they leave on a day: nothing that was chosen
is lost, and what happens then is counted anew. Without JavaScript."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow
from support.visitors import body, post, signed_in
from tenantry.access.models import Assignment
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import PlannedChange, WorkflowMember
from tenantry.usecases.person import edit_person
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

URL = "/admin/users/u/bulk/leaving"


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def digest_of(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", body(answer))


def called(org, name: str, role: str = "manager"):
    person = org.person(role)
    org.perform(edit_person, membership_id=person.membership_id, given_name=name, family_name="Example")
    return person


@pytest.fixture
def org():
    return make_organization(seats=40)


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def flow_of(org, name: str, *people):
    flow = make_workflow(org, name)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=tuple(one.membership_id for one in people))
    return flow


def planned(org) -> dict:
    with scope.tenant(org.id), reading():
        rows = PlannedChange.objects.filter(done_at=None, canceled_at=None)
        return {row.membership_id: (row.kind, row.day.isoformat(), row.successor_id) for row in rows}


def keeps(page: str, **sent) -> bool:
    """Whether the form says again what was chosen."""
    ids = all(f'name="ids" value="{one}"' in page for one in sent["ids"])
    return ids and all(f'name="{name}" value="{sent[name]}"' in page for name in ("back", "last_day", "how"))


def test_ten_leave_on_a_day_and_what_keeps_three_is_settled_there(org, client):
    people, heir = [called(org, f"Leaver{n}") for n in range(10)], called(org, "Heir")
    flows = [flow_of(org, "Loans", people[0]), flow_of(org, "Leases", people[1], people[2])]
    space = org.perform(create_workspace, name="Nordics").id
    inside = {"workspace_id": space, "role_id": org.role("workspace_manager")}
    org.perform(add_to_workspace, membership_ids=(people[3].membership_id,), **inside)
    leads = [make_record(org, "lead", one) for one in people[:4]]
    sent = {
        "ids": [str(one.membership_id) for one in people],
        "back": "/admin/users/u?q=leaver",
        "how": "removal",
        "last_day": day(4),
        "successor": str(heir.membership_id),
    }
    page = text_of(post(client, org.owner, URL, sent))
    assert "3 things to settle by then" in page
    assert f'<a href="/admin/workflows/{flows[0]}">Loans</a> would be left without a member.' in page
    assert f'<a href="/admin/workspaces/{space}">Nordics</a> would be left without an Owner.' in page
    assert page.count(f'formaction="{URL}"') == 3
    for matter in (f"workflow:{flows[0]}", f"workflow:{flows[1]}", f"workspace:{space}"):
        nobody = post(client, org.owner, URL, {**sent, "shown": "1", "matter": matter})
        assert (nobody.status_code, "Choose somebody." in body(nobody)) == (422, True)
        # Looked for, and named by typing.
        typed = {f"person_{matter}_typed": "heir exa"}
        found = text_of(post(client, org.owner, URL, {**sent, **typed, "shown": "1", "find": f"person_{matter}"}))
        assert f'name="person_{matter}" value="{heir.membership_id}"' in found
        assert keeps(found, **sent)
        chosen = {f"person_{matter}": str(heir.membership_id), "matter": matter, "shown": "1"}
        # Whoever confirmed in the same moment reads what happens now first.
        answer = post(client, org.owner, URL, {**sent, **chosen, "digest": digest_of(page)})
        page = text_of(answer)
        assert answer.status_code == 200
        assert keeps(page, **sent)
        assert matter not in page
    assert "to settle by then" not in page
    assert "records go to Heir Example" in page
    assert "Plan it (10)" in page
    assert planned(org) == {}
    done = post(client, org.owner, URL, {**sent, "shown": "1", "digest": digest_of(page)})
    assert (done.status_code, done["Location"]) == (303, "/admin/users/u?q=leaver")
    assert planned(org) == {one.membership_id: ("removal", day(4), heir.membership_id) for one in people}
    assert len(leads) == 4
    with scope.tenant(org.id), reading():
        assert set(WorkflowMember.objects.filter(membership_id=heir.membership_id).values_list("workflow_id")) == {
            (one,) for one in flows
        }
        assert Assignment.objects.filter(workspace_id=space, membership_id=heir.membership_id).exists()


def test_whose_access_ends_on_a_day_keeps_nothing_unseen_either(org, client):
    people, heir = [called(org, f"Leaver{n}") for n in range(2)], called(org, "Heir")
    flow = flow_of(org, "Loans", *people)
    sent = {"ids": [str(one.membership_id) for one in people], "last_day": day(4), "back_on": day(9), "shown": "1"}
    page = text_of(post(client, org.owner, URL, sent))
    assert "To be settled by then" in page
    assert "access ends all the same, and you are told" in page
    chosen = {"matter": f"workflow:{flow}", f"person_workflow:{flow}": str(heir.membership_id)}
    page = text_of(post(client, org.owner, URL, {**sent, **chosen}))
    assert "settled" not in page
    assert f'name="back_on" value="{day(9)}"' in page
    assert post(client, org.owner, URL, {**sent, "digest": digest_of(page)}).status_code == 303
    assert {kind for kind, _day, _to in planned(org).values()} <= {"deactivation", "reactivation"}


def test_who_goes_on_is_named_beside_the_plan_where_the_policy_asks_for_it(org, client):
    org.perform(change_policy, code="people.removal_records", value="successor_required")
    people, heir = [called(org, f"Leaver{n}") for n in range(3)], called(org, "Heir")
    for one in people[:2]:
        make_record(org, "lead", one)
    sent = {"ids": [str(one.membership_id) for one in people], "how": "removal", "last_day": day(4), "shown": "1"}
    page = text_of(post(client, org.owner, URL, sent))
    assert "2 people stay as they are" in page
    assert "Owns records, and nobody is named who goes on with them." in page
    assert "Plan it (1)" in page
    assert f'name="successor" value="{heir.membership_id}"' in page
    with_heir = {**sent, "successor": str(heir.membership_id)}
    page = text_of(post(client, org.owner, URL, {**with_heir, "show": "1", "digest": digest_of(page)}))
    assert "stay as they are" not in page
    assert post(client, org.owner, URL, {**with_heir, "digest": digest_of(page)}).status_code == 303
    assert len(planned(org)) == 3


def test_other_days_are_chosen_with_everything_else_kept(org, client):
    one, two, heir = called(org, "Leaver"), called(org, "Other"), called(org, "Heir")
    sent = {
        "ids": [str(one.membership_id), str(two.membership_id)],
        "back": "/admin/users/u?q=e",
        "how": "removal",
        "last_day": day(4),
        "successor": str(heir.membership_id),
    }
    several = body(post(client, org.owner, URL, {**sent, "shown": "1", "days": "1"}))
    here = f"/admin/users/u/{one.membership_id}/planned"
    alone = body(post(client, org.owner, here, {**sent, "shown": "1", "days": "1"}))
    for page in (several, alone):
        assert f'value="{day(4)}"' in page
        assert re.search(r'value="removal"[^>]* checked', page)
        assert re.search(rf'name="successor" value="{heir.membership_id}" checked', page)
    assert all(f'name="ids" value="{i}"' in several for i in sent["ids"])


def test_of_one_it_is_settled_in_the_dialog_too_and_planned_anew_with_whom_was_chosen(org, client):
    person, heir = called(org, "Leaver"), called(org, "Heir")
    flow = flow_of(org, "Loans", person)
    make_record(org, "lead", person)
    url = f"/admin/users/u/{person.membership_id}/planned"
    sent = {"how": "removal", "last_day": day(4), "successor": str(heir.membership_id), "shown": "1"}
    page = text_of(post(client, org.owner, url, sent))
    assert "One thing to settle by then" in page
    matter = f"workflow:{flow}"
    page = text_of(
        post(client, org.owner, url, {**sent, "matter": matter, f"person_{matter}": str(heir.membership_id)})
    )
    assert "to settle by then" not in page
    assert "record goes to Heir Example" in page
    assert post(client, org.owner, url, {**sent, "digest": digest_of(page)}).status_code == 303
    assert planned(org) == {person.membership_id: ("removal", day(4), heir.membership_id)}
    # Whoever changes the day finds the rest as it was chosen.
    again = body(client.get(url))
    assert f'value="{day(4)}"' in again
    assert re.search(rf'name="successor" value="{heir.membership_id}" checked', again)


def test_nobody_settles_what_is_not_theirs(org, client):
    person, heir = called(org, "Leaver"), called(org, "Heir")
    flow = flow_of(org, "Loans", person)
    member = org.person("member")
    sent = {"ids": [str(person.membership_id)], "how": "removal", "last_day": day(4), "shown": "1"}
    matter = f"workflow:{flow}"
    settling = {**sent, "matter": matter, f"person_{matter}": str(heir.membership_id)}
    assert post(signed_in(member), member, URL, settling).status_code == 403
    stranger = make_organization()
    assert post(signed_in(stranger.owner), stranger.owner, URL, settling).status_code == 404
    page = text_of(post(client, org.owner, URL, sent))
    assert "would be left without a member" in page
