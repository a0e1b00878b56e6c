"""Why can or can't somebody, on pages: the chain for those in scope, one sentence for everybody else (cases 10, 14)."""

import html
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization
from support.holding import make_unit, make_workspace, stand_in
from support.structure import give, make_role, somebody
from support.visitors import signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import Membership

SEES = {"people.view": "all", "access.explain": "yes"}


def why(client, person, **asked):
    return client.get(f"/admin/users/u/{person.membership_id}/why", asked)


def called(org, person, given, family="Example"):
    with scope.tenant(org.id), writing():
        member = Membership.objects.get(id=person.membership_id)
        member.given_name, member.family_name = given, family
        member.refresh_search()
        member.save()
    return person


def text(answer) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def org():
    return make_organization()


def test_the_chain_shows_every_step_and_the_one_that_refused(org):
    person = org.person("member")
    answer = why(signed_in(org.owner), person, permission="people.edit")
    assert answer.status_code == 200
    shown = text(answer)
    for title in ("Organization", "Membership", "Permission", "Reach", "Restrictions", "Field"):
        assert f'<div class="fw-medium">{title}</div>' in shown
    assert shown.count('aria-current="step"') == 1
    assert "Member, in the whole of Halden Supply: does not include it." in shown
    assert "Not looked at any more." in shown


def test_a_yes_names_the_role_and_what_would_take_it_away(org):
    administrator = org.person("administrator")
    shown = text(why(signed_in(org.owner), administrator, permission="people.edit"))
    assert "Why Pat Example can" in shown
    assert "Administrator, in the whole of Halden Supply: gives it" in shown
    assert "What would take it away" in shown
    assert "Deactivate Pat Example" in shown


def test_the_smallest_change_is_found_and_leads_where_it_is_made(org):
    """A manager of no team sees nobody: joining the person's team is less than a stronger role."""
    manager, other = org.person("manager"), called(org, org.person("member"), "Amara", "Okoye")
    team = org.perform(create_team, name="Field sales")
    org.perform(add_to_team, team_id=team.id, membership_ids=(other.membership_id,))
    answer = why(signed_in(org.owner), manager, permission="people.view", type="member", id=str(other.membership_id))
    shown = text(answer)
    assert "They share no team with its owner." in shown
    assert "Add Pat Example to the team Field sales" in shown
    assert f'href="/admin/users/g/{team.id}"' in shown
    assert "Maren Holt" in shown
    org.perform(add_to_team, team_id=team.id, membership_ids=(manager.membership_id,))
    shown = text(why(signed_in(org.owner), manager, permission="people.view", type="member", id=other.membership_id))
    assert "shares Field sales with Amara Okoye, who owns it." in shown


def test_choosing_a_permission_searches_titles_and_codes(org):
    person = org.person()
    client = signed_in(org.owner)
    assert "people.edit" in text(why(client, person))
    found = text(why(client, person, find="plan billing"))
    assert "billing.change_plan" in found
    assert "people.edit" not in found


def test_a_record_is_found_by_its_name(org):
    person = org.person()
    team = org.perform(create_team, name="Northern lights")
    shown = text(why(signed_in(org.owner), person, permission="teams.view", type="team", q="north"))
    assert "Northern lights" in shown
    assert str(team.id) in shown


def test_for_oneself_there_is_one_sentence_and_a_code(org):
    person = org.person("member")
    answer = why(signed_in(person), person, permission="people.edit")
    shown = text(answer)
    assert answer.status_code == 200
    assert "permission-people.edit" in shown
    assert "which none of your roles gives you" in shown
    assert "t-chain" not in shown
    assert "Maren Holt" not in shown


def test_others_need_the_permission_to_explain(org):
    other = org.person("member")
    seer = somebody(org, {"people.view": "all"})
    assert why(signed_in(seer), other, permission="people.edit").status_code == 403
    assert why(signed_in(seer), other).status_code == 403
    nobody = org.person("member")
    assert why(signed_in(nobody), other, permission="people.edit").status_code in (403, 404)
    client = signed_in(somebody(org, SEES))
    assert why(client, other, permission="people.edit").status_code == 200
    unknown = client.get(f"/admin/users/u/{uuid4()}/why", {"permission": "people.edit"})
    assert unknown.status_code == 404


def test_a_record_that_one_may_not_see_is_not_there(org):
    other = org.person("member")
    workspace = make_workspace(org)
    client = signed_in(somebody(org, SEES))
    asked = {"permission": "workspaces.edit", "type": "workspace"}
    assert why(client, other, **asked, id=str(workspace)).status_code == 404
    assert why(client, other, **asked, id=str(uuid4())).status_code == 404
    assert client.get("/admin/access/who", {**asked, "id": str(workspace)}).status_code == 404
    assert client.get("/admin/access/who", {**asked, "id": str(uuid4())}).status_code == 404


def test_a_unit_agent_reads_only_names_that_they_may_see(org):
    """The chain speaks of a team, a workspace and people outside of the unit without their names (case 14)."""
    north, south = make_unit(org), make_unit(org)
    agent, mine, far = org.person(), org.person(), called(org, org.person(), "Faraway")
    stand_in(org, mine.membership_id, north)
    stand_in(org, far.membership_id, south)
    role = make_role(org, "unit", {"people.view": "all", "access.explain": "yes"})
    give(org, agent, role, unit_id=north)
    workspace = make_workspace(org)
    level = make_role(org, "workspace", {"workspaces.view": "yes"})
    give(org, mine, level, workspace_id=workspace)
    client = signed_in(agent)
    assert why(client, far, permission="people.edit").status_code == 404
    shown = text(why(client, mine, permission="workspaces.view"))
    assert "in a workspace that you don't see" in shown
    for hidden in ("Faraway", "Maren Holt"):
        assert hidden not in shown
    who = client.get("/admin/access/who", {"permission": "people.view"})
    assert who.status_code == 200
    assert "Maren Holt" not in text(who)
    assert "Faraway" not in text(who)


def test_who_can_names_people_and_the_role(org):
    manager, other = called(org, org.person("manager"), "Petra"), called(org, org.person("member"), "Amara")
    team = org.perform(create_team, name="Field sales")
    org.perform(add_to_team, team_id=team.id, membership_ids=(other.membership_id, manager.membership_id))
    client = signed_in(org.owner)
    answer = client.get("/admin/access/who", {"type": "member", "id": str(other.membership_id)})
    shown = text(answer)
    assert "Petra Example" in shown
    assert "shares Field sales with Amara Example" in shown
    assert "Owner, in the whole of Halden Supply: reaches everything there." in shown
    edit = text(
        client.get("/admin/access/who", {"type": "member", "id": other.membership_id, "permission": "people.edit"})
    )
    assert "Petra Example" not in edit


def test_without_the_permission_nobody_learns_who_can(org):
    assert signed_in(org.person("member")).get("/admin/access/who").status_code == 403
    assert signed_in(somebody(org, {"people.view": "all"})).get("/admin/access/who").status_code == 403


def test_a_refused_page_names_the_step_and_a_code_to_hand_over(org):
    person = org.person("member")
    answer = signed_in(person).get("/admin/users/roles")
    shown = text(answer)
    assert answer.status_code == 403
    assert "permission-roles.view" in shown
    assert f"/admin/users/u/{person.membership_id}/why?permission=roles.view" in shown
    opened = signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}/why?permission=roles.view")
    assert "t-chain" in text(opened)


def test_pages_of_records_lead_to_who_can_see_them(org):
    person = org.person("member")
    team = org.perform(create_team, name="Field sales")
    client = signed_in(org.owner)
    for path, kind, record in (
        (f"/admin/users/u/{person.membership_id}", "member", person.membership_id),
        (f"/admin/users/g/{team.id}", "team", team.id),
        (f"/admin/units/{(unit := make_unit(org))}", "unit", unit),
        (f"/admin/workspaces/{(workspace := make_workspace(org))}", "workspace", workspace),
    ):
        link = f"/admin/access/who?type={kind}&id={record}"
        assert link in text(client.get(path)), path
        assert client.get(link).status_code == 200
    watcher = signed_in(somebody(org, {"teams.view": "all"}))
    assert "/admin/access/who" not in text(watcher.get(f"/admin/users/g/{team.id}"))


def test_the_pages_do_not_ask_the_database_more_often_for_more_people(org):
    team = org.perform(create_team, name="Field sales")
    person = org.person("member")
    client = signed_in(org.owner)

    def asked() -> list[int]:
        counts = []
        for path in (
            f"/admin/users/u/{person.membership_id}/why?permission=teams.view&type=team&id={team.id}",
            f"/admin/access/who?type=team&id={team.id}",
        ):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        return counts

    before = asked()
    others = [org.person("manager") for _ in range(3)]
    org.perform(add_to_team, team_id=team.id, membership_ids=tuple(one.membership_id for one in others))
    assert asked() == before
