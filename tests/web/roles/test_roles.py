"""Roles on the pages: found, read, created, copied, edited with the effect first, compared, deleted."""

import re
from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support.visitors import body, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.access.models import Assignment, Role
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.security.actions import create_key
from tenantry.usecases.person import change_own_profile

ROLES = "/admin/users/roles"


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


@pytest.fixture(scope="module")
def owner(org):
    return signed_in(org.owner)


def made(org: Organization, permissions: dict[str, str] | None = None, *, kind: str = "base", **more: Any) -> UUID:
    content = RoleContent(more.pop("name", unique("Role")), "", permissions or {}, **more)
    return org.perform(create_role, kind=kind, content=content).id


def stored(org: Organization, role_id: UUID) -> Role:
    with scope.tenant(org.id), reading():
        return Role.objects.get(id=role_id)


def give(org: Organization, role_id: UUID, given_name: str = "Pat", family_name: str = "Example") -> Person:
    person = org.person()
    org.perform(change_own_profile, by=person, given_name=given_name, family_name=family_name)
    org.perform(change_role, membership_id=person.membership_id, role_id=role_id)
    return person


def sent(org: Organization, role_id: UUID, permissions: dict[str, str], **more: Any) -> dict[str, Any]:
    row = stored(org, role_id)
    fields = {f"p.{code}": value for code, value in permissions.items()}
    return {"name": row.name, "description": "", "version": row.version, "do": "save", **fields, **more}


def digest(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', page)
    assert found
    return found.group(1)


def test_the_list_shows_kinds_in_use_and_is_searched(org, owner):
    page = body(owner.get(ROLES))
    assert "Base roles" in page
    name = unique("Keeper")
    made(org, kind="workspace", name=name)
    page = body(owner.get(ROLES))
    assert "Workspace levels" in page
    assert name in page
    page = body(owner.get(ROLES, {"q": name.lower()}))
    assert name in page
    assert "Administrator" not in re.sub(r"(?s)<nav.*?</nav>", "", page)
    assert "No role is called so" in body(owner.get(ROLES, {"q": "zzzz"}))


def test_a_role_is_created_empty_and_copied_whole(org, owner):
    answer = post(owner, org.owner, f"{ROLES}/new", {"name": "Field", "description": "On the road", "kind": "base"})
    assert answer.status_code == 303
    page = body(owner.get(answer.url))
    assert "The role Field is there." in page
    assert 'name="p.deals.view"' in page
    answer = post(owner, org.owner, f"{ROLES}/new", {"name": "field", "description": "", "kind": "base"})
    assert answer.status_code == 409
    assert "There is a role called “field” already." in body(answer)
    answer = post(owner, org.owner, f"{ROLES}/new", {"name": "", "kind": "king"})
    assert answer.status_code == 422
    answer = post(owner, org.owner, f"{ROLES}/{org.role('manager')}/copy", {"name": "Regional lead"})
    assert answer.status_code == 303
    assert "copied from Manager" in body(owner.get(answer.url))


def test_saving_shows_by_name_who_gains_and_loses_before_it_is_done(org, owner):
    mine = made(org, {"deals.view": "unit", "people.invite": "yes"})
    give(org, mine, given_name="Lucie", family_name="Fabre")
    give(org, mine, given_name="Anders", family_name="Moe")
    org.perform(create_key, name="Nightly sync", role_id=mine)
    wanted = sent(org, mine, {"deals.view": "all"})
    answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", wanted)
    page = body(answer)
    assert answer.status_code == 200
    assert "people gain: see deals – All, was Unit" in page
    assert "people lose: add people and send, copy and revoke invitations" in page
    assert "Lucie Fabre, Anders Moe" in page or "Anders Moe, Lucie Fabre" in page
    assert "Nightly sync" in page
    assert "Save 2 changes" in page
    assert stored(org, mine).permissions == {"deals.view": "unit", "people.invite": "yes"}
    answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", {**wanted, "digest": digest(page)})
    assert answer.status_code == 303
    assert stored(org, mine).permissions == {"deals.view": "all"}
    page = body(owner.get(answer.url))
    assert "It takes effect with each person" in page
    undo = re.search(r'action="(/admin/audit/\d+/undo)"', page)
    assert undo
    assert post(owner, org.owner, undo.group(1)).status_code == 303
    assert stored(org, mine).permissions == {"deals.view": "unit", "people.invite": "yes"}


def test_a_role_that_nobody_holds_is_saved_at_once(org, owner):
    mine = made(org)
    assert post(owner, org.owner, f"{ROLES}/{mine}/edit", sent(org, mine, {"deals.view": "own"})).status_code == 303
    assert stored(org, mine).permissions == {"deals.view": "own"}


def test_the_panel_beside_the_editor_follows_what_is_chosen(org, owner):
    mine = made(org, {"deals.view": "unit"})
    give(org, mine, given_name="Ines", family_name="Prado")
    fields = sent(org, mine, {"deals.view": "none"})
    answer = post(owner, org.owner, f"{ROLES}/{mine}/plan", fields, headers={"HX-Request": "true"})
    page = body(answer)
    assert answer.status_code == 200
    assert "person loses: see deals – was Unit" in page
    assert "Ines Prado" in page
    assert "Save 1 change<" in page
    assert ", 1 changed" in page
    assert stored(org, mine).permissions == {"deals.view": "unit"}
    answer = post(owner, org.owner, f"{ROLES}/{mine}/plan", {**fields, "name": ""}, headers={"HX-Request": "true"})
    assert answer.status_code == 422


def test_the_second_of_two_editors_reads_what_the_first_left(org, owner):
    mine = made(org, {"deals.view": "own"})
    give(org, mine)
    stale = sent(org, mine, {"deals.view": "all"})
    shown = digest(body(post(owner, org.owner, f"{ROLES}/{mine}/edit", stale)))
    other = sent(org, mine, {"deals.view": "team"})
    seen = digest(body(post(owner, org.owner, f"{ROLES}/{mine}/edit", other)))
    assert post(owner, org.owner, f"{ROLES}/{mine}/edit", {**other, "digest": seen}).status_code == 303
    answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", {**stale, "digest": shown})
    page = body(answer)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in page
    assert "All, was Team" in page
    again = {**stale, "version": stored(org, mine).version, "digest": digest(page)}
    assert post(owner, org.owner, f"{ROLES}/{mine}/edit", again).status_code == 303


def test_a_plan_that_grew_old_is_shown_anew(org, owner):
    mine = made(org, {"deals.view": "own"})
    give(org, mine)
    wanted = sent(org, mine, {"deals.view": "all"})
    shown = digest(body(post(owner, org.owner, f"{ROLES}/{mine}/edit", wanted)))
    give(org, mine)
    answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", {**wanted, "digest": shown})
    assert answer.status_code == 409
    assert "people gain" in body(answer)


def test_what_one_does_not_hold_is_out_of_reach_and_says_why(org):
    mine = made(org, {"deals.view": "own", "deals.delete": "all"})
    editor = made(
        org,
        {"roles.view": "yes", "roles.edit": "yes", "deals.view": "team"},
        assignable_ids=(mine,),
    )
    person = give(org, editor)
    client = signed_in(person)
    page = body(client.get(f"{ROLES}/{mine}"))
    row = page[page.index('name="p.deals.view"') :][:2500]
    assert re.search(r'value="team"[^>]*>', row)
    assert "disabled" not in re.search(r'<input[^>]*name="p.deals.view" value="team"[^>]*>', page).group()
    assert "disabled" in re.search(r'<input[^>]*name="p.deals.view" value="all"[^>]*>', page).group()
    assert "disabled" in re.search(r'<input[^>]*name="p.people.invite"[^>]*>', page).group()
    assert "disabled" not in re.search(r'<input[^>]*name="p.deals.delete" value="all"[^>]*>', page).group()
    assert "You can&#x27;t give it: you do not hold it yourself." in page
    assert "You can&#x27;t give more than you hold: Team." in page
    answer = post(client, person, f"{ROLES}/{mine}/edit", sent(org, mine, {"people.invite": "yes"}))
    assert answer.status_code == 403
    assert "Add people" in body(answer)
    assert stored(org, mine).permissions == {"deals.view": "own", "deals.delete": "all"}
    assert client.get(f"{ROLES}/{org.role('administrator')}").status_code == 200
    assert client.get(f"{ROLES}/{org.role('administrator')}/edit").status_code == 409


def test_what_makes_no_sense_stays_typed_and_is_named(org, owner):
    mine = made(org)
    for fields in (
        {"p.deals.fly": "all"},
        {"p.deals.view": "everything"},
        {"name": ""},
        {"name": "x" * 100_000},
        {"p.ownership.transfer": "yes"},
    ):
        answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", {**sent(org, mine, {}), **fields})
        assert answer.status_code == 422, fields
    answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", {**sent(org, mine, {"deals.view": "team"}), "name": ""})
    assert "checked" in re.search(r'<input[^>]*name="p.deals.view" value="team"[^>]*>', body(answer)).group()


def test_lists_of_other_roles_are_ticked(org, owner):
    mine, other = made(org, kind="addition"), made(org)
    wanted = sent(org, mine, {}, gives=[str(other)], beside=[str(org.role("member"))])
    assert post(owner, org.owner, f"{ROLES}/{mine}/edit", wanted).status_code == 303
    row = stored(org, mine)
    assert (row.assignable_roles, row.beside) == ([str(other)], [str(org.role("member"))])
    wanted = sent(org, mine, {}, gives_all="yes", beside_any="yes")
    assert post(owner, org.owner, f"{ROLES}/{mine}/edit", wanted).status_code == 303
    assert (stored(org, mine).assignable_roles, stored(org, mine).beside) == (None, None)
    for name in ("gives", "beside"):
        for value in (str(new_id()), "nonsense"):
            answer = post(owner, org.owner, f"{ROLES}/{mine}/edit", sent(org, mine, {}, **{name: [value]}))
            assert answer.status_code == 404


def test_permissions_are_searched_without_a_script(org, owner):
    mine = made(org)
    page = body(owner.get(f"{ROLES}/{mine}", {"q": "invit"}))
    assert re.search(r'<div class="t-perm" data-filtered-row><label for="p.people.invite">', page)
    assert re.search(r'<div class="t-perm" data-filtered-row hidden><div>See deals', page)


def test_two_roles_are_compared(org, owner):
    left = made(org, {"deals.view": "team", "people.invite": "yes"})
    right = made(org, {"deals.view": "all", "people.invite": "yes"})
    page = body(owner.get(f"{ROLES}/compare", {"a": str(left), "b": str(right)}))
    assert "See deals" in page
    assert "Add people" not in page
    page = body(owner.get(f"{ROLES}/compare", {"a": str(left), "b": str(right), "all": "1"}))
    assert "Add people" in page
    assert "They allow the same" in body(owner.get(f"{ROLES}/compare", {"a": str(left), "b": str(left)}))
    assert "Choose two roles" in body(owner.get(f"{ROLES}/compare"))
    assert owner.get(f"{ROLES}/compare", {"a": str(new_id())}).status_code == 404


def test_deleting_asks_where_its_people_go(org, owner):
    mine, other = made(org, {"deals.view": "all"}), made(org, {"deals.view": "own"})
    person = give(org, mine, given_name="Tom", family_name="Ashby")
    page = body(owner.get(f"{ROLES}/{mine}/deletion"))
    assert "Tom Ashby" in page
    assert "What takes its place" in page
    assert 'name="digest"' not in page
    answer = post(owner, org.owner, f"{ROLES}/{mine}/deletion", {"successor": ""})
    assert answer.status_code == 422
    page = body(post(owner, org.owner, f"{ROLES}/{mine}/deletion", {"successor": str(other)}))
    assert "person loses: see deals – All, now Own" in page
    fields = {"successor": str(other), "digest": digest(page)}
    assert post(owner, org.owner, f"{ROLES}/{mine}/deletion", fields).status_code == 303
    with scope.tenant(org.id), reading():
        assert Assignment.objects.get(membership_id=person.membership_id).role_id == other
    assert owner.get(f"{ROLES}/{mine}").status_code == 404


def test_names_are_shown_as_they_are_and_never_as_markup(org, owner):
    mine = made(org, name="<script>alert(1)</script> 🌙 مدير")
    for path in (ROLES, f"{ROLES}/{mine}", f"{ROLES}/{mine}/deletion", f"{ROLES}/compare?a={mine}"):
        page = body(owner.get(path))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; 🌙 مدير" in page
        assert "<script>alert" not in page


def test_two_hundred_roles_stay_readable():
    org = make_organization()
    for _number in range(200):
        made(org, {"deals.view": "own"})
    client = signed_in(org.owner)
    assert client.get(ROLES).status_code == 200
    assert client.get(f"{ROLES}/{made(org)}").status_code == 200


def test_who_only_reads_roles_edits_nothing(org):
    person = org.person("people_administrator")
    client, mine = signed_in(person), made(org, {"deals.view": "own"})
    page = body(client.get(f"{ROLES}/{mine}"))
    assert 'name="p.deals.view"' not in page
    assert "Only their own" in page
    for path in ("edit", "copy", "deletion"):
        assert post(client, person, f"{ROLES}/{mine}/{path}", {"name": "x"}).status_code == 403
    assert post(client, person, f"{ROLES}/new", {"name": "x", "kind": "base"}).status_code == 403
