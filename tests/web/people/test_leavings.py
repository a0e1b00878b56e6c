"""The same last day for several people, as an administrator does it from the directory, without JavaScript."""

from datetime import UTC, date, datetime, timedelta

import pytest

from factories.organizations import Organization, Person, make_organization
from support.many import crowd
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import PlannedChange
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.planning import schedule_leaving

URL = "/admin/users/u/bulk/leaving"


@pytest.fixture
def org() -> Organization:
    return make_organization()


def day(days: int) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


def digest_of(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def planned(org: Organization, *people: Person) -> list[dict[str, date]]:
    with scope.tenant(org.id), reading():
        rows = PlannedChange.objects.filter(done_at=None, canceled_at=None)
        found = [(row.membership_id, row.kind, row.day) for row in rows]
    return [{kind: day for one, kind, day in found if one == person.membership_id} for person in people]


def test_a_leave_is_planned_for_everybody_who_is_ticked(org):
    people, client = [org.person() for _ in range(3)], signed_in(org.owner)
    ids = [str(person.membership_id) for person in people]
    assert 'formaction="/admin/users/u/bulk/leaving"' in body(client.get("/admin/users/u"))
    asked = body(post(client, org.owner, URL, {"ids": ids, "back": "/admin/users/u?q=pat"}))
    assert "Last day" in asked
    days = {"last_day": day(5).isoformat(), "back_on": day(12).isoformat()}
    shown = body(post(client, org.owner, URL, {"ids": ids, "back": "/admin/users/u?q=pat", **days}))
    assert "is over, this happens" in shown
    assert "they come back, each with the same role and teams" in shown
    assert planned(org, *people) == [{}, {}, {}]
    form = {"ids": ids, "back": "/admin/users/u?q=pat", "digest": digest_of(shown), **days}
    answer = post(client, org.owner, URL, form)
    assert (answer.status_code, answer["Location"]) == (303, "/admin/users/u?q=pat")
    assert planned(org, *people) == [{"deactivation": day(5), "reactivation": day(12)}] * 3
    audit = body(client.get("/admin/audit"))
    assert "Maren Holt planned that access of 3 people ends after" in audit or "Pat Example" in audit


def test_who_can_not_leave_is_named_and_the_others_go(org):
    person, gone, client = org.person(), org.person(), signed_in(org.owner)
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    ids = [str(one.membership_id) for one in (person, gone, org.owner)]
    shown = body(post(client, org.owner, URL, {"ids": ids, "last_day": day(5).isoformat()}))
    assert "2 people stay as they are" in shown
    assert "Plan it (1)" in shown
    form = {"ids": ids, "last_day": day(5).isoformat(), "digest": digest_of(shown)}
    assert post(client, org.owner, URL, form).status_code == 303
    assert planned(org, person, gone, org.owner) == [{"deactivation": day(5)}, {}, {}]


def test_what_was_planned_before_gives_way_and_nothing_is_written_twice(org):
    early, same, client = org.person(), org.person(), signed_in(org.owner)
    org.perform(schedule_leaving, membership_id=early.membership_id, last_day=day(3), back_on=day(9))
    org.perform(schedule_leaving, membership_id=same.membership_id, last_day=day(6))
    ids = [str(one.membership_id) for one in (early, same)]
    shown = body(post(client, org.owner, URL, {"ids": ids, "last_day": day(6).isoformat()}))
    form = {"ids": ids, "last_day": day(6).isoformat(), "digest": digest_of(shown)}
    assert post(client, org.owner, URL, form).status_code == 303
    assert planned(org, early, same) == [{"deactivation": day(6)}] * 2
    with scope.tenant(org.id), reading():
        assert PlannedChange.objects.filter(membership_id=same.membership_id).count() == 1


def test_whoever_went_meanwhile_makes_the_plan_old(org):
    first, second, client = org.person(), org.person(), signed_in(org.owner)
    form = {"ids": [str(first.membership_id), str(second.membership_id)], "last_day": day(5).isoformat()}
    digest = digest_of(body(post(client, org.owner, URL, form)))
    org.perform(deactivate_members, membership_ids=(second.membership_id,))
    answer = post(client, org.owner, URL, {**form, "digest": digest})
    assert answer.status_code == 409
    assert "1 person stays as they are" in body(answer)
    assert planned(org, first) == [{}]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"last_day": ""}, "required"),
        ({"last_day": day(-9).isoformat()}, "is over already"),
        ({"last_day": day(9).isoformat(), "back_on": day(9).isoformat()}, "has to come after the last day"),
    ],
)
def test_days_that_can_not_be_are_said_beside_their_field(org, days, said):
    person = org.person()
    answer = post(signed_in(org.owner), org.owner, URL, {"ids": [str(person.membership_id)], **days})
    assert answer.status_code == 422
    assert said in body(answer)


def test_all_who_match_up_to_a_batch(org):
    client = signed_in(org.owner)
    crowd(org, 501)
    refused = post(client, org.owner, URL, {"all": "1", "query": "q=crowd"})
    assert refused.status_code == 422
    assert "at most 500 people at once" in body(refused)
    few = body(post(client, org.owner, URL, {"all": "1", "query": "q=crowd+0001"}))
    # Crowd 0001, and the addresses that end in 00010 to 00019.
    assert few.count('name="ids"') == 11
    assert post(client, org.owner, URL, {"all": "1", "query": "q=nobodycalledthis"}).status_code == 422


def test_the_organizations_name_is_typed_where_the_policy_asks_for_it(org):
    org.perform(change_policy, code="people.deactivation_by", value="owner")
    person, client = org.person(), signed_in(org.owner)
    form = {"ids": [str(person.membership_id)], "last_day": day(5).isoformat()}
    form["digest"] = digest_of(body(post(client, org.owner, URL, form)))
    assert post(client, org.owner, URL, form).status_code == 422
    assert planned(org, person) == [{}]
    assert post(client, org.owner, URL, {**form, "organization_name": "Halden Supply"}).status_code == 303
    assert planned(org, person) == [{"deactivation": day(5)}]


def test_nobody_without_the_permission_and_nobody_out_of_reach(org):
    person, member, stranger = org.person(), org.person("member"), make_organization().person()
    form = {"ids": [str(person.membership_id)], "last_day": day(5).isoformat()}
    assert post(signed_in(member), member, URL, form).status_code == 403
    form["ids"] = [str(stranger.membership_id)]
    assert post(signed_in(org.owner), org.owner, URL, form).status_code == 404
