"""An edited role or profile goes back to what it was, asked again of whoever takes it back."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import Organization, Person, make_organization, unique
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.deleting_roles import delete_role
from tenantry.access.actions.profiles import create_profile, edit_profile
from tenantry.access.actions.roles import create_role, edit_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.access.errors import NotYoursToGive
from tenantry.access.models import Profile, Role
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.usecases.telling import sentences
from tenantry.usecases.undoing import UndoOvertaken, newest_entry, plan_undo_entry, standings, undo_entry

EDITOR = {"roles.view": "yes", "roles.edit": "yes", "audit.view": "yes", "deals.view": "team"}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def made(org: Organization, permissions: dict[str, str], **more: Any) -> UUID:
    return org.perform(create_role, kind="base", content=RoleContent(unique("R"), "", permissions, **more)).id


def edited(org: Organization, role_id: UUID, permissions: dict[str, str]) -> int:
    """The number of the entry of the edit."""
    with scope.tenant(org.id), reading():
        name = Role.objects.get(id=role_id).name
    org.perform(edit_role, role_id=role_id, content=RoleContent(name, "", permissions))
    with scope.tenant(org.id), reading():
        number = newest_entry("access.role_edited", role_id)
    assert number
    return number


def standing(org: Organization, person: Person, number: int) -> Any:
    actor = person.actor
    with scope.tenant(org.id), reading():
        return standings(actor, Entry.objects.filter(number=number), clock.now())[number]


def test_a_role_goes_back_with_its_effect_first(org):
    mine = made(org, {"deals.view": "team", "deals.edit": "own"})
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=mine)
    number = edited(org, mine, {"deals.view": "all"})
    actor = org.owner.actor
    with scope.tenant(org.id), reading():
        plan = plan_undo_entry(actor=actor, number=number, now=clock.now())
    assert [(one.number, one.warning) for one in plan.effects] == [(1, False), (1, True)]
    assert plan.effects[1].text == "person loses: see deals – All, now Team"
    assert plan.effects[1].names == ("Pat Example",)
    org.perform(undo_entry, membership_ids=(), number=number, digest=plan.digest)
    with scope.tenant(org.id), reading():
        assert Role.objects.get(id=mine).permissions == {"deals.view": "team", "deals.edit": "own"}
        told = sentences(Entry.objects.order_by("-number")[:1])[0]
    assert told.sentence.startswith(f"Maren Holt took entry {number} back: the role “")
    assert [(c.label, c.before, c.after) for c in told.changes] == [
        ("Edit deals", "", "Own"),
        ("See deals", "All", "Team"),
    ]


def test_what_was_written_since_stays(org):
    mine = made(org, {"deals.view": "team"})
    number = edited(org, mine, {"deals.view": "own"})
    edited(org, mine, {"deals.view": "all"})
    assert isinstance(standing(org, org.owner, number), UndoOvertaken)
    with pytest.raises(UndoOvertaken):
        org.perform(undo_entry, membership_ids=(), number=number)
    last = edited(org, mine, {})
    org.perform(delete_role, role_id=mine)
    assert isinstance(standing(org, org.owner, last), UndoOvertaken)


def test_taking_back_gives_only_what_one_holds(org):
    mine = made(org, {"deals.view": "all"})
    number = edited(org, mine, {"deals.view": "own"})
    person = org.person()
    editor = made(org, EDITOR, assignable_ids=(mine,))
    org.perform(change_role, membership_id=person.membership_id, role_id=editor)
    assert isinstance(standing(org, person, number), NotYoursToGive)
    with pytest.raises(NotYoursToGive):
        org.perform(undo_entry, by=person, membership_ids=(), number=number)
    less = edited(org, mine, {})
    assert standing(org, org.owner, less) is None


def test_a_list_of_many_entries_asks_once(org):
    numbers = [edited(org, made(org, {"deals.view": "team"}), {"deals.view": "all"}) for _ in range(4)]
    actor = org.owner.actor
    asked = []
    for some in (numbers[:1], numbers):
        with scope.tenant(org.id), reading():
            rows = list(Entry.objects.filter(number__in=some))
            with CaptureQueriesContext(connection) as captured:
                assert set(standings(actor, rows, clock.now()).values()) == {None}
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_a_profile_goes_back(org):
    content = ProfileContent(unique("P"), "", {"deals.view": "all", "deals.edit": "own"})
    profile_id = org.perform(create_profile, content=content).id
    org.perform(edit_profile, profile_id=profile_id, content=ProfileContent(content.name, "", {"deals.view": "own"}))
    with scope.tenant(org.id), reading():
        number = newest_entry("access.profile_edited", profile_id)
    org.perform(undo_entry, membership_ids=(), number=number)
    with scope.tenant(org.id), reading():
        assert Profile.objects.get(id=profile_id).permissions == dict(content.permissions)
