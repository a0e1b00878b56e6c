"""System roles follow a release; what an organization made itself stays."""

import pytest

from factories.organizations import make_organization
from tenantry.access.actions.releasing import follow_release
from tenantry.access.models import Profile, Role
from tenantry.audit.models import Entry
from tenantry.blueprints import tasks
from tenantry.core.errors import PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing


def older(org) -> None:
    """As a release before this one would have left the roles and profiles."""
    with scope.tenant(org.id), writing():
        manager = Role.objects.get(key="manager")
        del manager.permissions["notes.view"]
        manager.permissions["people.view"] = "all"
        manager.save(update_fields=["permissions"])
        Profile.objects.filter(key="standard").update(permissions={"deals.view": "own"})
        Role.objects.create(key="own", name="Our own", sort_name="our own", is_system=False, permissions={})


def held(org, key: str) -> dict[str, str]:
    with scope.tenant(org.id), reading():
        return Role.objects.get(key=key).permissions


def find() -> list[object]:
    with scope.platform("schedule"), reading():
        return tasks.outdated()


def follow(org) -> None:
    """The job, armed as the worker arms it."""
    with scope.tenant(org.id):
        tasks.follow(organization_id=org.id)


def test_an_older_organization_is_found_and_brought_up_once():
    org, current = make_organization(blueprint="crm-suite"), make_organization(blueprint="crm-suite")
    wanted = held(org, "manager")
    leader = org.person("manager")
    older(org)
    found = find()
    assert org.id in found
    assert current.id not in found
    follow(org)
    assert held(org, "manager") == wanted
    assert held(org, "own") == {}
    assert leader.actor.reach("people.view") == leader.actor.reach("teams.view")
    with scope.tenant(org.id), reading():
        bound = Profile.objects.get(key="standard").permissions
        assert bound["deals.edit"] == "all"
        assert "deals.delete" not in bound
        entry = Entry.objects.filter(action="access.release_followed").get()
    (told,) = [one for one in entry.values["changed"] if one["name"] == "Manager"]
    assert told["before"] == {"people.view": "all"}
    assert told["after"] == {"people.view": "team", "notes.view": "team"}
    assert org.id not in find()
    follow(org)
    with scope.tenant(org.id), reading():
        assert Entry.objects.filter(action="access.release_followed").count() == 1


def test_nobody_but_the_house_follows_a_release():
    org = make_organization()
    with pytest.raises(PermissionMissing):
        org.perform(follow_release, roles=(), profiles=())
