"""After a leaving was planned: what stands in its way is told before, shown with its fix on the page of whoever leaves,
and done by itself once it is settled."""

import re
from datetime import timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.actions.policies import change_policy
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.planning import schedule_leaving
from tenantry.usecases.planning_removals import schedule_removals
from tenantry.usecases.workflows import add_to_workflow
from usecases.test_planning import at, in_days, midnight, rows_of, tend, told

LAST = 20


@pytest.fixture
def org():
    return make_organization(seats=40)


def called(org, name: str):
    person = org.person("manager")
    org.perform(edit_person, membership_id=person.membership_id, given_name=name, family_name="Example")
    return person


def flow_of(org, name: str, *people):
    flow = make_workflow(org, name)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=tuple(one.membership_id for one in people))
    return flow


def remove(org, *people, **more):
    ids = tuple(one.membership_id for one in people)
    org.perform(schedule_removals, membership_ids=ids, last_day=in_days(LAST), **more)


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def seen(org, person, path: str = "") -> str:
    return re.sub(r"\s+", " ", body(signed_in(org.owner).get(f"{page_of(person)}{path}")))


def settle(org, person, flow, by):
    sent = {"how": "planned", "matter": f"workflow:{flow}", f"person_workflow:{flow}": str(by.membership_id)}
    return post(signed_in(org.owner), org.owner, f"{page_of(person)}/leaving/matters", sent)


def links(org) -> list[str]:
    with scope.tenant(org.id), reading():
        rows = Notification.objects.filter(membership_id=org.owner.membership_id, kind__startswith="planned")
        return [one.url for one in worded(list(rows.order_by("created_at", "id")))]


def test_what_comes_up_after_the_plan_is_told_before_the_day_and_settled_on_the_page(org, monkeypatch):
    person, heir = called(org, "Leaver"), called(org, "Heir")
    remove(org, person)
    assert "to settle by then" not in seen(org, person)
    flow = flow_of(org, "Loans", person)
    page = seen(org, person)
    assert "One thing to settle by then" in page
    assert f'Workflow <a href="/admin/workflows/{flow}">Loans</a> would be left without a member.' in page
    at(midnight(in_days(LAST + 1)) - timedelta(days=7), monkeypatch)
    tend(org)
    assert "As things stand, it can’t be. Something is to be settled before." in told(org, org.owner.membership_id)[-1]
    assert links(org)[-1] == page_of(person)
    home = body(signed_in(org.owner).get("/admin"))
    assert "and something is to be settled" in home
    assert f'href="{page_of(person)}"' in home
    nobody = post(
        signed_in(org.owner),
        org.owner,
        f"{page_of(person)}/leaving/matters",
        {"how": "planned", "matter": f"workflow:{flow}"},
    )
    assert nobody["Location"] == page_of(person)
    assert settle(org, person, flow, heir)["Location"] == page_of(person)
    assert "to settle by then" not in seen(org, person)
    assert "and something is to be settled" not in body(signed_in(org.owner).get("/admin"))
    at(midnight(in_days(LAST + 1)) - timedelta(days=1), monkeypatch)
    tend(org)
    assert "As things stand" not in told(org, org.owner.membership_id)[-1]


def test_what_could_not_be_done_on_the_day_is_settled_on_the_page_and_then_happens_by_itself(org, monkeypatch):
    person, heir = called(org, "Leaver"), called(org, "Heir")
    flow = flow_of(org, "Loans", person)
    remove(org, person)
    at(midnight(in_days(LAST + 1)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    assert "Something is to be settled before. Settle it, or call it off." in told(org, org.owner.membership_id)[-1]
    assert links(org)[-1] == page_of(person)
    home = body(signed_in(org.owner).get("/admin"))
    assert "Leaver Example still has access" in home
    assert "Settle it" in home
    page = seen(org, person)
    assert "Was to be removed after" in page
    assert f'name="matter" value="workflow:{flow}"' in page
    assert settle(org, person, flow, heir).status_code == 303
    assert "Nothing stands in the way any more: it happens by itself within ten minutes." in seen(org, person)
    at(midnight(in_days(LAST + 1)) + timedelta(minutes=11), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "removed"


def test_a_place_that_several_leave_is_said_of_each_before_any_of_them_is_gone(org, monkeypatch):
    one, two, heir = called(org, "One"), called(org, "Two"), called(org, "Heir")
    flow = flow_of(org, "Loans", one, two)
    remove(org, one)
    assert "to settle by then" not in seen(org, one)
    remove(org, two)
    assert all("One thing to settle by then" in seen(org, person) for person in (one, two))
    assert settle(org, two, flow, heir).status_code == 303
    assert all("to settle by then" not in seen(org, person) for person in (one, two))
    at(midnight(in_days(LAST + 1)), monkeypatch)
    tend(org)
    assert [org.status(person.membership_id) for person in (one, two)] == ["removed", "removed"]


def test_whose_access_has_ended_with_something_left_is_told_and_settled_behind_the_message(org, monkeypatch):
    person, heir = called(org, "Leaver"), called(org, "Heir")
    flow = flow_of(org, "Loans", person)
    org.perform(schedule_leaving, membership_id=person.membership_id, last_day=in_days(LAST))
    assert "To be settled by then" in seen(org, person)
    at(midnight(in_days(LAST)), monkeypatch)
    tend(org)
    assert "Something is to be settled; what is not by then" in told(org, org.owner.membership_id)[-1]
    at(midnight(in_days(LAST + 1)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "deactivated"
    assert "has ended as planned. Something is still to be settled." in told(org, org.owner.membership_id)[-1]
    assert links(org)[-1] == f"{page_of(person)}/records"
    page = seen(org, person, "/records")
    assert f'name="matter" value="workflow:{flow}"' in page
    sent = {"how": "records", "matter": f"workflow:{flow}", f"person_workflow:{flow}": str(heir.membership_id)}
    assert post(signed_in(org.owner), org.owner, f"{page_of(person)}/leaving/matters", sent).status_code == 303
    assert "Still to be settled" not in seen(org, person, "/records")


@pytest.mark.parametrize("why", ["gone", "required"])
def test_another_successor_is_chosen_from_the_page_with_the_next_day_that_can_be(org, monkeypatch, why):
    person, heir, other = called(org, "Leaver"), called(org, "Heir"), called(org, "Other")
    make_record(org, "lead", person)
    remove(org, person, **({"successor_id": heir.membership_id} if why == "gone" else {}))
    if why == "gone":
        org.perform(deactivate_members, membership_ids=(heir.membership_id,))
    else:
        org.perform(change_policy, code="people.removal_records", value="successor_required")
    assert "As things stand, it can’t be." in seen(org, person)
    at(midnight(in_days(LAST + 1)), monkeypatch)
    tend(org)
    page = seen(org, person)
    assert "As things stand" not in page
    assert "Choose somebody" in page
    url = f"{page_of(person)}/planned"
    client = signed_in(org.owner)
    assert f'value="{in_days(LAST + 1).isoformat()}"' in body(client.get(url))
    sent = {"how": "removal", "last_day": in_days(LAST + 1).isoformat(), "successor": str(other.membership_id)}
    digest = body(post(client, org.owner, url, sent)).partition('name="digest" value="')[2].partition('"')[0]
    assert post(client, org.owner, url, {**sent, "digest": digest}).status_code == 303
    assert [(row.successor_id, row.refused) for row in rows_of(org, person)] == [(other.membership_id, "")]
    at(midnight(in_days(LAST + 2)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "removed"
