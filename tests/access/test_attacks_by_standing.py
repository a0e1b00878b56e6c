"""People who hold a lot and try for more: on themselves, in their workspace, with each other, with a key, with a page
that was opened while they still could (product.md §3; security cases 6 to 9)."""

import time
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from access.acts import VALID, Stage, give, stage
from access.ground import hold, holdings, seat
from access.test_no_escalation import ACTIONS
from api.callers import by_session
from factories.organizations import Person, make_organization, unique
from support.visitors import post, signed_in
from tenantry.access.actions.roles import copy_role, create_role, edit_role
from tenantry.access.contents import RoleContent
from tenantry.access.errors import MemberOutOfHand, NotYoursToGive, RoleNotAssignable
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NoLongerIn, NotFound, PermissionMissing, Refusal
from tenantry.core.permissions import catalogue, reach_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.errors import UnitBelowItself
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership
from tenantry.security.actions import create_key
from tenantry.security.keys import find_key
from tenantry.security.models import ApiKey
from tenantry.usecases.bulk_changing.errors import NobodyToChange


@pytest.fixture(scope="module")
def house() -> Stage:
    """What is refused leaves it as it is."""
    return stage()


def administrator(one: Stage) -> Person:
    person = seat(one.org, unit_id=one.units["far north"])
    hold(person, one.org.role("administrator"), base=True)
    return person


# --- On oneself ----------------------------------------------------------------------------------------

# Acts on a person that anybody may do to themselves: they take nothing and give nothing.
# What is settled before one leaves goes to somebody else, whose side is asked.
ON_ONESELF = {"edit_person", "end_sessions", "send_password_reset", "settle_matter"}
OF_PEOPLE = sorted(
    name
    for name in VALID
    if {"membership_id", "membership_ids"} & set(ACTIONS[name].declaration.targets)
    and name not in {"undo_entry", *ON_ONESELF}
    # Of the invited, who can't act.
    and name not in {"change_invited_address", "copy_invitation_link", "edit_invited",
                     "resend_invitation", "resend_invitations",
                     "revoke_invitation", "reactivate_member"}
)  # fmt: skip


def on_myself(one: Stage, name: str, me: Person) -> dict[str, Any]:
    params = VALID[name](one)
    if "membership_id" in params:
        params["membership_id"] = me.membership_id
    else:
        params["membership_ids"] = (me.membership_id,)
    return params


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_nobody_acts_on_themselves(house, name):
    """Own role, level, profile, restrictions, unit, teams and workflows (product.md §3)."""
    me = administrator(house)
    params = on_myself(house, name, me)
    if name in ("end_role", "change_end"):
        params["assignment_id"] = hold(me, house.roles["own addition"])
    before = holdings(house.org.id)
    with pytest.raises((NotOnOneself, NotFound, NobodyToChange)) as refused:
        house.org.perform(ACTIONS[name], by=me, **params)
    # Not there is only what one is not in; in it, it is oneself.
    assert isinstance(refused.value, NotOnOneself | NobodyToChange) or name in INSIDE_FIRST
    assert holdings(house.org.id) == before


INSIDE_FIRST = {"change_level", "remove_from_team", "remove_from_workspace", "remove_from_workflow"}


@pytest.mark.parametrize("name", sorted(INSIDE_FIRST))
def test_nobody_leaves_or_changes_a_place_of_their_own(name):
    one = stage()
    me = administrator(one)
    for joining in ("add_to_team", "add_to_workspace", "add_to_workflow"):
        one.org.perform(ACTIONS[joining], **on_myself(one, joining, me))
    with pytest.raises(NotOnOneself):
        one.org.perform(ACTIONS[name], by=me, **on_myself(one, name, me))


def test_a_selection_with_oneself_inside_leaves_oneself_as_one_is():
    """The others are acted on, or nobody is."""
    one = stage()
    me = administrator(one)
    both = (me.membership_id, one.other.membership_id)
    before = me.actor.grants
    selections = "add_to_team join_team add_to_workspace add_to_workflow move_to_unit deactivate_members remove_members"
    for name in selections.split():
        with suppress(NotOnOneself):
            one.org.perform(ACTIONS[name], by=me, **{**VALID[name](one), "membership_ids": both})
        assert me.actor.grants == before, name
        assert one.org.status(me.membership_id) == "active"


# --- What a role holds ---------------------------------------------------------------------------------


def test_whatever_an_editor_of_roles_does_not_hold_is_refused_one_by_one(house):
    mine = {"roles.view": "yes", "roles.edit": "yes", "deals.view": "team", "people.view": "unit"}
    editor = seat(house.org)
    held = house.org.perform(create_role, kind="base", content=RoleContent(unique("role"), "", mine)).id
    hold(editor, held, base=True)
    for code, declared in catalogue().items():
        for value in ("own", "team", "workflow", "unit", "all") if declared.has_reach else ("yes",):
            content = RoleContent(unique("role"), "", {code: value})
            covered = code in mine and reach_of(value) & reach_of(mine[code]) == reach_of(value)
            if covered:
                house.org.perform(create_role, by=editor, kind="base", content=content)
                continue
            refusals = InvalidInput if declared.keyholders_only else NotYoursToGive
            with pytest.raises(refusals):
                house.org.perform(create_role, by=editor, kind="base", content=content)


def test_the_role_with_all_permissions_is_neither_copied_nor_listed_nor_edited(house):
    me, owner = administrator(house), house.org.role("owner")
    with pytest.raises(NotYoursToGive):
        house.org.perform(copy_role, by=me, role_id=owner, name=unique("Owner"))
    content = RoleContent(unique("role"), "", {}, (owner,))
    with pytest.raises(InvalidInput):
        house.org.perform(create_role, by=me, kind="base", content=content)
    with pytest.raises(NotYoursToGive):
        house.org.perform(create_role, by=me, kind="base", content=RoleContent(unique("role"), "", {}, None))
    for role in (owner, house.org.role("administrator"), house.org.role("member")):
        with pytest.raises(Refusal):
            house.org.perform(edit_role, by=me, role_id=role, content=RoleContent("Mine"))


def test_a_role_of_ones_own_is_not_made_larger(house):
    """Not even by somebody who holds what is put in: they hold it by another role, which may end."""
    me = seat(house.org)
    small = house.org.perform(create_role, kind="base", content=RoleContent(unique("r"), "", {"roles.edit": "yes"})).id
    seats = RoleContent(unique("r"), "", {"seats.view": "yes"})
    hold(me, small, base=True)
    hold(me, house.org.perform(create_role, kind="addition", content=seats).id)
    larger = RoleContent(unique("r"), "", {"roles.edit": "yes", "seats.view": "yes"})
    with pytest.raises(RoleNotAssignable):
        house.org.perform(edit_role, by=me, role_id=small, content=larger)


def test_two_who_edit_each_others_role_never_hold_more_than_both_were_given(house):
    """Alternately, as far as it goes: what neither holds stays out of both."""
    basics = {"roles.view": "yes", "roles.edit": "yes", "people.assign_roles": "yes", "people.view": "all"}
    first, second = {**basics, "deals.view": "all"}, {**basics, "contacts.edit": "team"}
    roles = [
        house.org.perform(create_role, kind="base", content=RoleContent(unique("r"), "", held)).id
        for held in (first, second)
    ]
    pairs = zip((first, second), roles[::-1], strict=True)
    contents = [RoleContent(unique("r"), "", held, (other,)) for held, other in pairs]
    for role, content in zip(roles, contents, strict=True):
        house.org.perform(edit_role, role_id=role, content=content)
    people = [seat(house.org), seat(house.org)]
    for person, role in zip(people, roles, strict=True):
        hold(person, role, base=True)
    union = {**first, **second}
    for turn in range(4):
        me, other = turn % 2, (turn + 1) % 2
        for code, declared in catalogue().items():
            value = "all" if declared.has_reach else "yes"
            if code in union and reach_of(value) == reach_of(union[code]):
                continue
            with pytest.raises((NotYoursToGive, InvalidInput)):
                wanted = RoleContent(contents[other].name, "", {**union, code: value}, contents[other].assignable_ids)
                house.org.perform(edit_role, by=people[me], role_id=roles[other], content=wanted)
        mine = {c: v for c, v in union.items() if people[me].actor.grants.covers(c, reach_of(v))}
        theirs = {c: v for c, v in union.items() if people[other].actor.grants.covers(c, reach_of(v))}
        both = RoleContent(contents[other].name, "", {**theirs, **mine}, contents[other].assignable_ids)
        house.org.perform(edit_role, by=people[me], role_id=roles[other], content=both)
        for person in people:
            grants = person.actor.grants
            for code in catalogue():
                assert not (grants.reach(code) or 0) & ~reach_of(union.get(code, "")), code


# --- The manager of a workspace ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def level() -> tuple[Stage, Person]:
    """A stage, and the manager of its first workspace, who gives its lower levels."""
    one = stage()
    owner = RoleContent(unique("Space owner"), "", {"workspaces.manage": "yes", "workspaces.view": "yes"}, None)
    top = one.org.perform(create_role, kind="workspace", content=owner).id
    content = RoleContent(
        unique("Space manager"), "", {"workspaces.manage": "yes", "workspaces.view": "yes"},
        (one.roles["workspace_member"], one.roles["workspace_viewer"]),
    )  # fmt: skip
    role = one.org.perform(create_role, kind="workspace", content=content).id
    manager = seat(one.org)
    hold(manager, one.roles["read_only"], base=True)
    hold(manager, role, workspace_id=one.spaces[0])
    one.roles |= {"top": top, "manager of space": role}
    return one, manager


def test_the_manager_of_a_workspace_gives_its_lower_levels_only(level):
    one, manager = level
    place = {"workspace_id": one.spaces[0]}
    for role in ("top", "manager of space", "member", "manager", "own unit", "own addition"):
        with pytest.raises(RoleNotAssignable):
            one.org.perform(
                ACTIONS["add_to_workspace"], by=manager, **place,
                membership_ids=(one.other.membership_id,), role_id=one.roles[role],
            )  # fmt: skip
        with pytest.raises(RoleNotAssignable):
            one.org.perform(
                ACTIONS["change_level"], by=manager, **place,
                membership_id=one.target.membership_id, role_id=one.roles[role],
            )  # fmt: skip


def test_the_manager_of_a_workspace_acts_on_nobody_of_a_higher_level(level):
    one, manager = level
    above = seat(one.org)
    hold(above, one.roles["read_only"], base=True)
    hold(above, one.roles["top"], workspace_id=one.spaces[0])
    before = holdings(one.org.id)
    for name, more in (
        ("change_level", {"role_id": one.roles["workspace_viewer"]}),
        ("remove_from_workspace", {}),
        ("set_restrictions", {"values": {"deals.no_edit": "yes"}}),
    ):
        with pytest.raises((MemberOutOfHand, RoleNotAssignable)):
            one.org.perform(
                ACTIONS[name], by=manager, workspace_id=one.spaces[0], membership_id=above.membership_id, **more
            )
    assert holdings(one.org.id) == before


@pytest.mark.parametrize(
    "name",
    "create_workspace edit_workspace delete_workspace add_to_workspace change_level remove_from_workspace"
    " assign_workspaces set_restrictions".split(),
)
def test_the_manager_of_a_workspace_does_nothing_in_another(level, name):
    one, manager = level
    params = VALID[name](one)
    if "workspace_id" in params:
        params["workspace_id"] = one.spaces[1]
    before = holdings(one.org.id)
    with pytest.raises((PermissionMissing, NotFound)):
        one.org.perform(ACTIONS[name], by=manager, **params)
    assert holdings(one.org.id) == before


# --- Units ---------------------------------------------------------------------------------------------


def test_a_unit_is_not_hung_below_itself_nor_moved_for_more(house):
    for below in ("north", "far north"):
        with pytest.raises(UnitBelowItself):
            house.org.perform(ACTIONS["move_unit"], unit_id=house.units["north"], parent_id=house.units[below])
    agent = seat(house.org, unit_id=house.units["north"])
    content = RoleContent(unique("Planner"), "", {"units.view": "yes", "units.manage": "yes", "people.edit": "yes"})
    planner = house.org.perform(create_role, kind="unit", content=content).id
    hold(agent, house.roles["read_only"], base=True)
    hold(agent, planner, unit_id=house.units["north"])
    for unit, parent in (("south", "north"), ("north", "south"), ("far north", "south"), ("far north", "root")):
        with pytest.raises((PermissionMissing, NotFound)):
            house.org.perform(ACTIONS["move_unit"], by=agent, unit_id=house.units[unit], parent_id=house.units[parent])


# --- Keys ----------------------------------------------------------------------------------------------


def key_of(one: Stage, role_id: UUID, by: Person | None = None) -> tuple[Any, UUID]:
    made = one.org.perform(create_key, by=by, name=unique("key"), role_id=role_id)
    found = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
    assert found
    return found[0], made.id


def test_a_key_gives_no_more_than_its_role_lists_whoever_made_it(house):
    held = {"api_keys.manage": "yes", "people.view": "all", "people.assign_roles": "yes", "roles.edit": "yes"}
    content = RoleContent(unique("Key"), "", held, (house.roles["member"],))
    role = house.org.perform(create_role, kind="base", content=content).id
    key, _key_id = key_of(house, role)
    target = house.other.membership_id
    with scope.tenant(house.org.id):
        for above in ("manager", "read_only", "own base"):
            for action, params in (
                (ACTIONS["change_role"], {"membership_id": target, "role_id": house.roles[above]}),
                (create_key, {"name": "more", "role_id": house.roles[above]}),
            ):
                with pytest.raises(RoleNotAssignable):
                    perform(action, actor=key, **params)
        with pytest.raises(RoleNotAssignable):
            perform(create_key, actor=key, name="like me", role_id=role)
        larger = RoleContent(unique("r"), "", {**held, "deals.view": "all"})
        with pytest.raises(NotYoursToGive):
            perform(create_role, actor=key, kind="base", content=larger)
        itself = RoleContent(unique("r"), "", held, (house.roles["member"], role))
        with pytest.raises((NotYoursToGive, RoleNotAssignable)):
            perform(edit_role, actor=key, role_id=role, content=itself)


def test_a_key_is_dead_from_the_moment_of_its_end_also_for_a_request_that_runs(house):
    key, key_id = key_of(house, house.org.role("administrator"))
    with scope.tenant(house.org.id), writing():
        ApiKey.objects.filter(id=key_id).update(expires_at=clock.now())
    with scope.tenant(house.org.id), pytest.raises(NoLongerIn):
        perform(ACTIONS["create_team"], actor=key, name=unique("late"))


# --- What has ended ------------------------------------------------------------------------------------


def test_a_page_that_was_opened_in_time_saves_nothing_afterwards():
    org = make_organization()
    person = org.person("member")
    role = org.perform(
        create_role, kind="addition",
        content=RoleContent(unique("r"), "", {"teams.view": "all", "teams.manage": "all"}),
    ).id  # fmt: skip
    client, caller = signed_in(person), by_session(person)
    ends = clock.now() + timedelta(seconds=4)
    hold(person, role, ends_at=ends)
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=person.membership_id).update(access_version=99)
    assert client.get("/admin/users/g/new").status_code == 200
    assert caller.get("/teams").status == 200
    held = person.actor
    time.sleep(max(0.0, (ends - clock.now()).total_seconds()) + 0.05)
    answer = post(client, person, "/admin/users/g/new", {"name": "Too late", "description": ""})
    assert answer.status_code == 403
    assert caller.post("/teams", {"name": "Too late"}).status == 403
    with scope.tenant(org.id), pytest.raises(PermissionMissing):
        perform(ACTIONS["create_team"], actor=held, name="Too late")


def test_an_actor_of_before_is_asked_again(house):
    """Whatever an interface still holds in hand: grants are read under the lock of the acting membership."""
    me = administrator(house)
    held = me.actor
    house.org.perform(ACTIONS["change_role"], membership_id=me.membership_id, role_id=house.roles["read_only"])
    with scope.tenant(house.org.id), pytest.raises(PermissionMissing):
        perform(ACTIONS["create_team"], actor=held, name=unique("late"))
    with scope.tenant(house.org.id), reading():
        assert not me.actor.may("teams.manage")


def test_a_role_that_follows_is_one_of_those_that_may_be_given(house):
    me = administrator(house)
    target = house.other.membership_id
    ends = clock.now() + timedelta(days=1)
    for then in (house.org.role("owner"), house.roles["own unit"]):
        with pytest.raises((RoleNotAssignable, Refusal)):
            house.org.perform(
                ACTIONS["change_role"], by=me, membership_id=target, role_id=house.roles["manager"], ends_at=ends,
                then_role_id=then,
            )  # fmt: skip
    assert give(house, house.other)
