"""Leaving and coming back on a day, as an administrator does it on pages, without JavaScript."""

from datetime import UTC, datetime, timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.visitors import body, post, signed_in
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.planning import schedule_leaving


@pytest.fixture
def org():
    return make_organization()


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def digest_of(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_the_effect_comes_first_and_what_is_planned_is_shown_everywhere(org):
    person, owner = org.person(), org.owner
    client, url = signed_in(owner), f"/admin/users/u/{person.membership_id}/planned"
    assert "Last day" in body(client.get(url))
    shown = body(post(client, owner, url, {"last_day": day(5), "back_on": day(12)}))
    assert "is over, this happens" in shown
    assert "comes back, with the same role and teams" in shown
    form = {"last_day": day(5), "back_on": day(12), "digest": digest_of(shown)}
    assert post(client, owner, url, form).status_code == 303
    page = body(client.get(f"/admin/users/u/{person.membership_id}"))
    assert "Access ends after" in page
    assert "Access begins again on" in page
    assert "leaves" in body(client.get("/admin/users/u"))
    assert "leaves within a week" in body(client.get("/admin"))
    assert "Access ends after" not in body(signed_in(person).get(f"/admin/users/u/{person.membership_id}"))
    assert post(client, owner, f"{url}/off", {"kind": "deactivation"}).status_code == 303
    assert "Access ends after" not in body(client.get(f"/admin/users/u/{person.membership_id}"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"last_day": ""}, "required"),
        ({"last_day": day(-9)}, "is over already"),
        ({"last_day": day(9), "back_on": day(9)}, "has to come after the last day"),
        ({"last_day": day(5000)}, "At most ten years ahead."),
        ({"last_day": "soon"}, "valid date"),
    ],
)
def test_days_that_can_not_be_are_said_beside_their_field(org, form, said):
    person = org.person()
    answer = post(signed_in(org.owner), org.owner, f"/admin/users/u/{person.membership_id}/planned", form)
    assert answer.status_code == 422
    assert said in body(answer)


def test_somebody_who_is_out_comes_back_on_a_day(org):
    person, owner = org.person(), org.owner
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    client, url = signed_in(owner), f"/admin/users/u/{person.membership_id}/planned"
    assert "First day back" in body(client.get(url))
    assert post(client, owner, url, {"back_on": ""}).status_code == 422
    assert post(client, owner, url, {"back_on": day(3)}).status_code == 303
    assert "Access begins again on" in body(client.get(f"/admin/users/u/{person.membership_id}"))


def test_deactivating_now_says_that_the_plan_is_called_off(org):
    person = org.person()
    last = datetime.now(UTC).date() + timedelta(days=5)
    org.perform(schedule_leaving, membership_id=person.membership_id, last_day=last)
    shown = body(signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}/deactivation"))
    assert "planned change is called off" in shown


def test_a_removal_is_planned_with_its_successor_shown_and_called_off(org):
    person, heir, owner = org.person(), org.person(), org.owner
    make_record(org, "lead", person)
    client, url = signed_in(owner), f"/admin/users/u/{person.membership_id}/planned"
    assert "If removed, records go to" in body(client.get(url))
    form = {"how": "removal", "last_day": day(5), "successor": str(heir.membership_id)}
    answer = post(client, owner, url, {**form, "back_on": day(9)})
    assert (answer.status_code, "does not come back" in body(answer)) == (422, True)
    shown = body(post(client, owner, url, form))
    assert "record goes to Pat Example" in shown
    assert f'name="successor" value="{heir.membership_id}"' in shown
    assert post(client, owner, url, {**form, "digest": "0" * 32}).status_code == 409
    assert post(client, owner, url, {**form, "digest": digest_of(shown)}).status_code == 303
    page = body(client.get(f"/admin/users/u/{person.membership_id}"))
    assert "records go to Pat Example" in page
    assert "leaves within a week" in body(client.get("/admin"))
    assert post(client, owner, f"{url}/off", {"kind": "removal"}).status_code == 303
    assert "records go to Pat Example" not in body(client.get(f"/admin/users/u/{person.membership_id}"))


def test_somebody_who_is_out_is_removed_on_a_day(org):
    person, heir, owner = org.person(), org.person(), org.owner
    make_record(org, "lead", person)
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    here = f"/admin/users/u/{person.membership_id}"
    client, url = signed_in(owner), f"{here}/planned"
    assert f'href="{url}"' in body(client.get(f"{here}/removal"))
    form = {"how": "removal", "last_day": day(5), "successor": str(heir.membership_id)}
    assert "Choose a day." in body(post(client, owner, url, {**form, "last_day": ""}))
    late = post(client, owner, url, {"how": "reactivation", "back_on": day(-9)})
    assert (late.status_code, "is over already" in body(late)) == (422, True)
    shown = body(post(client, owner, url, form))
    assert "record goes to Pat Example" in shown
    assert post(client, owner, url, {**form, "digest": digest_of(shown)}).status_code == 303
    assert "records go to Pat Example" in body(client.get(here))
    # It gives way to a return.
    assert post(client, owner, url, {"how": "reactivation", "back_on": day(3)}).status_code == 303
    page = body(client.get(here))
    assert "Access begins again on" in page
    assert "records go to Pat Example" not in page


def test_a_selection_is_removed_on_a_day(org):
    people, owner, url = [org.person() for _n in range(2)], org.owner, "/admin/users/u/bulk/leaving"
    client = signed_in(owner)
    form = {"how": "removal", "last_day": day(5), "ids": [str(one.membership_id) for one in people]}
    shown = body(post(client, owner, url, form))
    assert "people leave for good" in shown
    assert post(client, owner, url, {**form, "digest": digest_of(shown)}).status_code == 303
    assert "2 people are removed after" in body(client.get("/admin/users/u"))
