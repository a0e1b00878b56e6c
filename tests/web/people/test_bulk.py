"""A selection of the directory: plan, refusals row by row, deed with digest."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.visitors import post, signed_in
from tenantry.access.actions.giving import give_role
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.models import Lead, Mentorship
from tenantry.people.actions import create_team
from tenantry.people.models import Invitation, TeamMember
from tenantry.usecases.workflows import add_to_workflow, create_workflow

BULK = "/admin/users/u/bulk"


@pytest.fixture
def org():
    return make_organization(seats=20)


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def ids(*people) -> list[str]:
    return [str(person.membership_id) for person in people]


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


@pytest.mark.parametrize(("do", "after"), [("deactivation", "deactivated"), ("removal", "removed")])
def test_those_who_can_go_and_the_others_are_named(org, client, do, after):
    one, two = org.person(given_name="One"), org.person(given_name="Two")
    asked = {"do": do, "ids": ids(one, two, org.owner)}
    plan = post(client, org.owner, BULK, asked)
    assert plan.status_code == 200
    assert "do this to yourself" in plan.content.decode()
    assert org.status(one.membership_id) == "active"
    done = post(client, org.owner, BULK, {**asked, "digest": digest_in(plan), "back": "/admin/users/u?sort=added"})
    assert (done.status_code, done["Location"]) == (303, "/admin/users/u?sort=added")
    assert [org.status(p.membership_id) for p in (one, two, org.owner)] == [after, after, "active"]
    assert "1 was left out" in client.get("/admin/users/u").content.decode()


def test_a_selection_that_changed_meanwhile_is_shown_again(org, client):
    one, two = org.person(), org.person()
    plan = post(client, org.owner, BULK, {"do": "deactivation", "ids": ids(one, two)})
    answer = post(client, org.owner, BULK, {"do": "deactivation", "ids": ids(one), "digest": digest_in(plan)})
    assert answer.status_code == 409
    assert [org.status(p.membership_id) for p in (one, two)] == ["active", "active"]


def test_invitations_are_sent_again_to_those_who_wait(org, client):
    pending, active = org.invite(), org.person()
    asked = {"do": "resend", "ids": ids(pending, active)}
    plan = post(client, org.owner, BULK, asked)
    assert "not waiting for an invitation" in plan.content.decode()
    assert post(client, org.owner, BULK, {**asked, "digest": digest_in(plan)}).status_code == 303
    with scope.tenant(org.id), reading():
        assert Invitation.objects.get(membership_id=pending.membership_id).sent_count == 2


def test_people_come_into_a_team(org, client):
    team = org.perform(create_team, name="Field sales")
    one, two = org.person(), org.invite()
    asked = {"do": "team", "ids": ids(one, two)}
    assert "Field sales" in post(client, org.owner, BULK, asked).content.decode()
    asked["team"] = str(team.id)
    plan = post(client, org.owner, BULK, asked)
    assert post(client, org.owner, BULK, {**asked, "digest": digest_in(plan)}).status_code == 303
    again = post(client, org.owner, BULK, asked).content.decode()
    assert "already" in again
    assert "aria-disabled" in again
    with scope.tenant(org.id), reading():
        assert TeamMember.objects.filter(team_id=team.id).count() == 2


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"do": "removal", "ids": []}, 422),
        ({"do": "removal", "ids": ["x"]}, 404),
        ({"do": "removal", "ids": ["\0"]}, 404),
        ({"do": "nonsense", "ids": []}, 404),
        ({"ids": []}, 404),
        ({"do": "removal", "ids": [str(new_id())]}, 404),
        ({"do": "removal", "ids": [str(new_id()) for _ in range(501)]}, 422),
        ({"do": "team", "ids": [str(new_id())], "team": str(new_id()), "digest": "0" * 32}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(org, client, asked, status):
    assert post(client, org.owner, BULK, asked).status_code == status


def test_another_organizations_people_spoil_the_whole_selection(org, client):
    other, rep = make_organization(), org.person()
    answer = post(client, org.owner, BULK, {"do": "removal", "ids": ids(rep, other.owner), "digest": "0" * 32})
    assert answer.status_code == 404
    assert org.status(rep.membership_id) == "active"
    assert other.status(other.owner.membership_id) == "active"


@pytest.mark.parametrize(
    ("do", "permission"),
    [
        ("deactivation", "people.deactivate"),
        ("removal", "people.remove"),
        ("resend", "people.invite"),
        ("team", "teams.manage"),
    ],
)
def test_each_deed_needs_its_permission(org, do, permission):
    clerk, rep = org.person("billing_administrator"), org.person()
    answer = post(signed_in(clerk), clerk, BULK, {"do": do, "ids": ids(rep), "digest": "0" * 32})
    assert answer.status_code == 403
    assert permission in answer.content.decode()
    assert org.status(rep.membership_id) == "active"


def test_back_leads_to_our_lists_only(org, client):
    rep = org.person()
    asked = {"do": "removal", "ids": ids(rep)}
    plan = post(client, org.owner, BULK, asked)
    done = post(client, org.owner, BULK, {**asked, "digest": digest_in(plan), "back": "https://evil.example/"})
    assert done["Location"] == "/admin/users/u"


@pytest.mark.parametrize("do", ["removal", "deactivation"])
def test_what_keeps_somebody_here_is_settled_in_the_dialog_with_the_selection_kept(org, client, do):
    one, two, heir = org.person(), org.person(), org.person("manager", given_name="Heir")
    flow = org.perform(create_workflow, name="Loans").id
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(one.membership_id, two.membership_id))
    lead = make_record(org, "lead", two)
    asked = {"do": do, "ids": ids(one, two), "back": "/admin/users/u?sort=added", "successor": str(heir.membership_id)}
    plan = post(client, org.owner, BULK, asked).content.decode()
    assert f'<a href="/admin/workflows/{flow}">Loans</a> would be left without a member.' in plan
    assert f'formaction="{BULK}/matters"' in plan
    settling = {**asked, "matter": f"workflow:{flow}"}
    refused = post(client, org.owner, f"{BULK}/matters", settling)
    assert (refused.status_code, "Choose somebody." in refused.content.decode()) == (422, True)
    settling[f"person_workflow:{flow}"] = str(heir.membership_id)
    settled = post(client, org.owner, f"{BULK}/matters", settling)
    said = settled.content.decode()
    assert settled.status_code == 200
    assert "would be left" not in said
    assert all(f'name="ids" value="{i}"' in said for i in asked["ids"])
    done = post(client, org.owner, BULK, {**asked, "digest": digest_in(settled)})
    assert (done.status_code, done["Location"]) == (303, "/admin/users/u?sort=added")
    assert {org.status(p.membership_id) for p in (one, two)} == {"removed" if do == "removal" else "deactivated"}
    owner = heir if do == "removal" else two
    with scope.tenant(org.id), reading():
        assert Lead.objects.get(id=lead).owner_id == owner.membership_id


def test_mentees_of_several_go_on_together():
    org = make_organization(blueprint="brokerage")
    mentors = [org.person("broker") for _ in range(3)]
    mentees = [org.person("broker") for _ in range(2)]
    for one in mentors:
        org.perform(give_role, membership_id=one.membership_id, role_id=org.role("mentor"))
    for mentee, mentor in zip(mentees, mentors, strict=False):
        org.perform(set_mentor, membership_id=mentee.membership_id, mentor_id=mentor.membership_id)
    client = signed_in(org.owner)
    asked = {"do": "deactivation", "ids": ids(*mentors[:2])}
    assert "2 mentees would wait" in post(client, org.owner, BULK, asked).content.decode()
    chosen = {"matter": "mentees:", "person_mentees:": str(mentors[2].membership_id)}
    settled = post(client, org.owner, f"{BULK}/matters", {**asked, **chosen})
    assert "would wait" not in settled.content.decode()
    with scope.tenant(org.id), reading():
        assert set(Mentorship.objects.values_list("mentor_id", flat=True)) == {mentors[2].membership_id}
