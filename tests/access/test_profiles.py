"""Profiles as data: upper bounds that never add; what is let through is held by whoever lets it (product.md §4)."""

from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support.visitors import body, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.profiles import copy_profile, create_profile, delete_profile, edit_profile
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.access.errors import FromTheBlueprint, MemberOutOfHand, NotYoursToGive, ProfileNameTaken
from tenantry.access.models import Profile, ProfileAssignment
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, VersionChanged
from tenantry.core.ids import new_id
from tenantry.core.permissions import Reach, catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.errors import NotOnOneself

EDITOR = {"profiles.edit": "yes", "people.restrict": "yes", "roles.view": "yes", "deals.view": "team"}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def made(org: Organization, permissions: dict[str, str] | None = None, by: Person | None = None) -> UUID:
    return org.perform(create_profile, by=by, content=ProfileContent(unique("Profile"), "", permissions or {})).id


def role(org: Organization, permissions: dict[str, str], assignable: tuple[UUID, ...] = ()) -> UUID:
    content = RoleContent(unique("Role"), "", permissions, assignable)
    return org.perform(create_role, kind="base", content=content).id


def person(org: Organization, permissions: dict[str, str], assignable: tuple[UUID, ...] = ()) -> Person:
    found = org.person()
    org.perform(change_role, membership_id=found.membership_id, role_id=role(org, permissions, assignable))
    return found


def bound(org: Organization, somebody: Person, profile_id: UUID) -> None:
    with scope.tenant(org.id), writing():
        ProfileAssignment.objects.create(
            profile_id=profile_id, membership_id=somebody.membership_id, given_at=clock.now()
        )


def stored(org: Organization, profile_id: UUID) -> Profile:
    with scope.tenant(org.id), reading():
        return Profile.objects.get(id=profile_id)


def edit(org: Organization, profile_id: UUID, permissions: dict[str, str], by: Person | None = None, **more) -> None:
    content = ProfileContent(stored(org, profile_id).name, "", permissions)
    org.perform(edit_profile, by=by, profile_id=profile_id, content=content, **more)


@pytest.mark.parametrize(
    ("permissions", "fields", "wrong"),
    [
        ({"people.invite": "yes"}, {}, "permissions"),
        ({"deals.fly": "all"}, {}, "permissions"),
        ({"deals.view": "yes"}, {}, "permissions"),
        ({}, {"deal.nothing": "hidden"}, "fields"),
    ],
)
def test_only_what_has_to_do_with_the_applications_is_bounded(org, permissions, fields, wrong):
    with pytest.raises(InvalidInput) as refused:
        org.perform(create_profile, content=ProfileContent(unique("P"), "", permissions, fields))
    assert set(refused.value.fields) == {wrong}


def test_an_edited_profile_acts_at_the_next_request(org):
    profile, somebody = made(org, {"deals.view": "own"}), person(org, {"deals.view": "all"})
    bound(org, somebody, profile)
    edit(org, profile, {"deals.view": "team"})
    assert somebody.actor.reach("deals.view") == Reach.TEAM
    edit(org, profile, {})
    assert somebody.actor.reach("deals.view") is None
    with pytest.raises(VersionChanged):
        edit(org, profile, {"deals.view": "all"}, version=1)


def test_widening_gives_and_is_asked_for(org):
    profile, editor = made(org, {"deals.view": "own", "deals.edit": "all"}), person(org, EDITOR)
    edit(org, profile, {"deals.view": "team", "deals.edit": "all"}, by=editor)
    for wider in ({"deals.view": "all", "deals.edit": "all"}, {"deals.view": "team", "deals.delete": "own"}):
        with pytest.raises(NotYoursToGive):
            edit(org, profile, wider, by=editor)
    edit(org, profile, {}, by=editor)
    with pytest.raises(NotYoursToGive):
        edit(org, profile, {"deals.edit": "own"}, by=editor)
    with pytest.raises(NotYoursToGive):
        made(org, {"deals.view": "all"}, by=editor)


def test_nobody_widens_their_own_bound(org):
    editor = person(org, {**EDITOR, "deals.view": "all"})
    profile = made(org, {"deals.view": "own"})
    bound(org, editor, profile)
    with pytest.raises(NotYoursToGive):
        edit(org, profile, {"deals.view": "all"}, by=editor)
    with pytest.raises(NotOnOneself):
        org.perform(delete_profile, by=editor, profile_id=profile)


def test_a_copy_of_one_that_bounds_nothing_writes_everything_out(org):
    with scope.tenant(org.id), writing():
        everything = Profile.objects.create(key=unique("all"), name="All", sort_name=unique("all"), is_everything=True)
    copied = stored(org, org.perform(copy_profile, profile_id=everything.id, name=unique("Copy")).id)
    assert set(copied.permissions) == {code for code, p in catalogue().items() if p.in_applications}
    assert not copied.is_everything
    for action, more in ((edit_profile, {"content": ProfileContent("x")}), (delete_profile, {})):
        with pytest.raises(FromTheBlueprint):
            org.perform(action, profile_id=everything.id, **more)
    with pytest.raises(ProfileNameTaken):
        org.perform(copy_profile, profile_id=copied.id, name=copied.name.upper())


def test_deleting_asks_where_people_go(org):
    profile, successor = made(org, {"deals.view": "own"}), made(org, {"deals.view": "team"})
    somebody = person(org, {"deals.view": "all"})
    bound(org, somebody, profile)
    editor = person(org, EDITOR)
    with pytest.raises(MemberOutOfHand):
        org.perform(delete_profile, by=editor, profile_id=profile, successor_id=successor)
    with pytest.raises(NotFound):
        org.perform(delete_profile, profile_id=profile, successor_id=new_id())
    org.perform(delete_profile, profile_id=profile, successor_id=successor)
    assert somebody.actor.reach("deals.view") == Reach.TEAM
    org.perform(delete_profile, profile_id=successor)
    assert somebody.actor.reach("deals.view") == Reach.ALL


def test_without_the_permission_nothing_is_done(org):
    profile, reader = made(org), org.person("people_administrator")
    for action, more in ((edit_profile, {"content": ProfileContent("x")}), (delete_profile, {})):
        with pytest.raises(PermissionMissing):
            org.perform(action, by=reader, profile_id=profile, **more)


def test_the_pages_show_what_saving_does_before_it_is_done(org):
    profile, somebody = made(org, {"deals.view": "all"}), person(org, {"deals.view": "all"})
    bound(org, somebody, profile)
    client, path = signed_in(org.owner), f"/admin/users/profiles/{profile}"
    assert stored(org, profile).name in body(client.get("/admin/users/profiles"))
    assert 'name="p.deals.view"' in body(client.get(path))
    wanted = {"name": stored(org, profile).name, "description": "", "version": 1, "p.deals.view": "own", "do": "save"}
    page = body(post(client, org.owner, f"{path}/plan", wanted, headers={"HX-Request": "true"}))
    assert "person loses: see deals – All, now Own" in page
    page = body(post(client, org.owner, f"{path}/edit", wanted))
    assert "person loses" in page
    digest = page.partition('name="digest" value="')[2][:32]
    assert post(client, org.owner, f"{path}/edit", {**wanted, "digest": digest}).status_code == 303
    assert stored(org, profile).permissions == {"deals.view": "own"}
    answer = post(client, org.owner, f"{path}/edit", {**wanted, "p.deals.view": "team", "digest": digest})
    assert answer.status_code == 409
    page = body(client.get(f"{path}/deletion"))
    assert "No profile: nothing bounds them" in page
    page = body(post(client, org.owner, f"{path}/deletion", {"successor": ""}))
    assert "person gains: see deals – All, was Own" in page
    digest = page.partition('name="digest" value="')[2][:32]
    assert post(client, org.owner, f"{path}/deletion", {"successor": "", "digest": digest}).status_code == 303
    assert somebody.actor.reach("deals.view") == Reach.ALL
    answer = post(client, org.owner, "/admin/users/profiles/new", {"name": "Readers", "description": ""})
    assert answer.status_code == 303
    answer = post(client, org.owner, f"{answer.url}/copy", {"name": "Readers too"})
    assert answer.status_code == 303
