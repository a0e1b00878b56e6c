"""All that match the filter, without ticking them; what is chosen for them; the page with everybody's outcome."""

import csv
import io
import re

import pytest

from factories.organizations import make_organization
from support.holding import make_profile
from support.many import crowd, run, state_of
from support.visitors import post, signed_in
from tenantry.access.models import Assignment, ProfileAssignment
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.actions import create_team
from tenantry.people.models import Membership, TeamMember
from tenantry.usecases.departments import create_department

BULK = "/admin/users/u/bulk"
LIST = "/admin/users/u"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def done(client, org, asked):
    plan = post(client, org.owner, BULK, asked)
    assert plan.status_code == 200
    return post(client, org.owner, BULK, {**asked, "digest": digest_in(plan)})


def test_the_list_offers_all_who_match_and_carries_its_filter(org, client):
    crowd(org, 3)
    body = client.get(f"{LIST}?q=crowd&sort=-added&cursor=").content.decode()
    assert 'name="all"' in body
    assert "All that match: 3 people" in body
    assert 'name="query" value="q=crowd&amp;sort=-added"' in body


def test_twelve_hundred_go_on_in_the_background_and_the_page_says_how_far(org, client):
    crowd(org, 1200)
    team = org.perform(create_team, name="Field").id
    asked = {"do": "team", "all": "1", "query": "q=crowd", "team": str(team)}
    plan = post(client, org.owner, BULK, asked).content.decode()
    assert "1,200" in plan
    assert "in the background" in plan
    answer = done(client, org, asked)
    assert answer.status_code == 303
    there = answer["Location"]
    operation_id = there.rpartition("/")[2]
    page = client.get(there).content.decode()
    assert "0 of 1,200" in page
    assert 'hx-trigger="load delay:1s"' in page
    assert '<meta http-equiv="refresh"' in page
    run(org, operation_id, batches=1)
    fragment = client.get(f"{there}/progress?looks=12").content.decode()
    assert "500 of 1,200" in fragment
    assert "delay:3s" in fragment
    run(org, operation_id)
    assert client.get(f"{there}/progress")["HX-Refresh"] == "true"
    page = client.get(there).content.decode()
    assert "1,200 of 1,200" in page
    assert "hx-trigger" not in page.partition('id="progress"')[2].partition(">")[0]
    with scope.tenant(org.id), reading():
        assert TeamMember.objects.filter(team_id=team).count() == 1200
    listed = client.get("/admin/operations").content.decode()
    assert there in listed
    assert "Field" in listed


def test_a_few_who_match_are_done_at_once(org, client):
    crowd(org, 3)
    org.person(given_name="Other")
    answer = done(client, org, {"do": "removal", "all": "1", "query": "q=crowd"})
    assert answer["Location"] == LIST
    assert "3 people were removed" in client.get(LIST).content.decode()


def test_who_was_left_out_is_named_with_a_way_out_and_taken_out_as_a_file(org, client):
    rep = org.person()
    asked = {"do": "deactivation", "ids": [str(rep.membership_id), str(org.owner.membership_id)]}
    answer = done(client, org, asked)
    toast = client.get(answer["Location"]).content.decode()
    there = re.search(r'href="(/admin/operations/[0-9a-f-]+)"', toast).group(1)
    page = client.get(there).content.decode()
    assert "Nobody does this to themselves." in page
    assert "Ask somebody else who may." in page
    only = client.get(f"{there}?state=done").content.decode()
    assert "Pat Example" in only
    assert "Nobody does this" not in only
    refused = client.get(f"{there}/refused.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(refused.streaming_content).decode("utf-8-sig"))))
    assert [(row["name"], row["code"]) for row in rows] == [("Maren Holt", "not_on_oneself")]


def test_pages_of_lines_miss_nobody(org, client):
    crowd(org, 120)
    asked = {"do": "deactivation", "all": "1", "query": "q=crowd"}
    done(client, org, asked)
    there = re.search(r'href="(/admin/operations/[0-9a-f-]+)"', client.get("/admin/operations").content.decode()).group(
        1
    )
    seen, url = [], there
    while url:
        body = client.get(url).content.decode()
        seen += re.findall(r">(Crowd \d+)</a>", body)
        following = re.search(r'rel="next" href="([^"]+)"', body)
        url = there + following.group(1).replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("do", ["role", "profile", "department"])
def test_what_is_chosen_first(org, client, do):
    people = [org.person() for _ in range(2)]
    ids = [str(person.membership_id) for person in people]
    value = {
        "role": lambda: org.role("read_only"),
        "profile": lambda: make_profile(org),
        "department": lambda: org.perform(create_department, name="Sales").id,
    }[do]()
    choice = post(client, org.owner, BULK, {"do": do, "ids": ids}).content.decode()
    assert str(value) in choice
    assert 'name="digest"' not in choice
    answer = done(client, org, {"do": do, "ids": ids, do: str(value)})
    assert answer["Location"] == LIST
    with scope.tenant(org.id), reading():
        rows = {
            "role": Assignment.objects.filter(is_base=True, role_id=value),
            "profile": ProfileAssignment.objects.filter(profile_id=value),
            "department": Membership.objects.filter(department_id=value),
        }[do]
        assert rows.count() == 2


@pytest.mark.parametrize("do", ["profile", "department"])
def test_none_may_be_chosen_where_there_may_be_none(org, client, do):
    rep = org.person()
    value = make_profile(org) if do == "profile" else org.perform(create_department, name="Sales").id
    asked = {"do": do, "ids": [str(rep.membership_id)]}
    done(client, org, {**asked, do: str(value)})
    assert done(client, org, {**asked, do: ""}).status_code == 303
    with scope.tenant(org.id), reading():
        assert not ProfileAssignment.objects.exists()
        assert not Membership.objects.exclude(department=None).exists()


def test_canceling_says_what_stays(org, client):
    crowd(org, 600)
    answer = done(client, org, {"do": "removal", "all": "1", "query": "q=crowd"})
    there = answer["Location"]
    assert post(client, org.owner, f"{there}/cancellation").status_code == 303
    page = client.get(there).content.decode()
    assert "Canceled" in page
    assert "Not done" in page
    assert post(client, org.owner, f"{there}/cancellation").status_code == 409
    assert state_of(org, there.rpartition("/")[2]).state == "canceled"


def test_nobody_sees_the_work_of_another_organization_or_without_the_permission(org, client):
    crowd(org, 600)
    there = done(client, org, {"do": "removal", "all": "1", "query": "q=crowd"})["Location"]
    other = make_organization()
    stranger = signed_in(other.owner)
    for path in (there, f"{there}/progress", f"{there}/refused.csv"):
        assert stranger.get(path).status_code == 404
    assert post(stranger, other.owner, f"{there}/cancellation").status_code == 404
    rep = org.person("member")
    assert signed_in(rep).get(there).status_code == 403
    manager = org.person("manager")
    assert signed_in(manager).get(there).status_code in (403, 404)


def test_a_filter_that_is_nonsense_finds_nobody(org, client):
    answer = post(client, org.owner, BULK, {"do": "removal", "all": "1", "query": "team=nonsense"})
    assert answer.status_code == 422
    body = post(client, org.owner, BULK, {"do": "removal", "all": "1", "query": "q=nobodycalledthis"})
    assert body.status_code == 422


def test_the_organizations_name_is_typed_for_all_as_well(org, client):
    org.perform(change_policy, code="people.deactivation_by", value="owner")
    crowd(org, 600)
    asked = {"do": "deactivation", "all": "1", "query": "q=crowd"}
    plan = post(client, org.owner, BULK, asked)
    digest = digest_in(plan)
    assert "To go on, type" in plan.content.decode()
    assert post(client, org.owner, BULK, {**asked, "digest": digest}).status_code == 422
    typed = {**asked, "digest": digest, "organization_name": "Halden Supply"}
    answer = post(client, org.owner, BULK, typed)
    assert answer.status_code == 303
    run(org, answer["Location"].rpartition("/")[2])
    assert state_of(org, answer["Location"].rpartition("/")[2]).done == 600
