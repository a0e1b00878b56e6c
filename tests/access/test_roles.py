"""Roles as data: only what one holds is put in, whatever path; system roles stay as they are (product.md §3, §4)."""

from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support import catalogue as database_rows
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.deleting_roles import delete_role, plan_delete_role
from tenantry.access.actions.roles import copy_role, create_role, edit_role, plan_edit_role
from tenantry.access.contents import RoleContent, content_of
from tenantry.access.errors import (
    FromTheBlueprint,
    MemberOutOfHand,
    NotYoursToGive,
    RoleNameTaken,
    RoleNotAssignable,
    SuccessorNeeded,
)
from tenantry.access.models import Assignment, Role
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged, VersionChanged
from tenantry.core.ids import new_id
from tenantry.core.permissions import catalogue, reach_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.security.actions import create_key
from tenantry.security.models import ApiKey

EDITOR = {"roles.view": "yes", "roles.edit": "yes", "people.view": "all", "people.assign_roles": "yes",
          "deals.view": "all", "deals.edit": "team", "reports.view": "unit"}  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def content(name: str = "", permissions: Any = None, assignable: Any = (), **more: Any) -> RoleContent:
    ids = None if assignable is None else tuple(assignable)
    return RoleContent(name or unique("Role"), "", permissions or {}, ids, **more)


def role(
    org: Organization, permissions: Any = None, *, kind: str = "base", by: Person | None = None, **more: Any
) -> UUID:
    return org.perform(create_role, by=by, kind=kind, content=content(permissions=permissions, **more)).id


def stored(org: Organization, role_id: UUID) -> Role:
    with scope.tenant(org.id), reading():
        return Role.objects.get(id=role_id)


def give(org: Organization, person: Person, role_id: UUID) -> Person:
    org.perform(change_role, membership_id=person.membership_id, role_id=role_id)
    return person


def editor(org: Organization, permissions: Any = None, assignable: Any = ()) -> Person:
    """Somebody who may edit roles and holds nothing more than this."""
    return give(org, org.person(), role(org, permissions or EDITOR, assignable=assignable))


def test_a_role_is_created_with_what_was_written_and_told_in_the_audit(org):
    beside = (org.role("manager"),)
    made = org.perform(
        create_role,
        kind="addition",
        content=content("  Night 🌙  watch ", {"deals.view": "team", "people.invite": "yes"}, [org.role("member")],
                        beside_ids=beside),
    )  # fmt: skip
    row = stored(org, made.id)
    assert (row.name, row.kind, row.is_system, row.is_keyholder) == ("Night 🌙 watch", "addition", False, False)
    assert row.permissions == {"deals.view": "team", "people.invite": "yes"}
    assert (row.assignable_roles, row.beside) == ([str(org.role("member"))], [str(beside[0])])
    with scope.tenant(org.id), reading():
        entry = Entry.objects.get(action="access.role_created", target_id=made.id)
    assert entry.values["after"]["permissions"] == row.permissions


@pytest.mark.parametrize(
    ("kind", "written", "field"),
    [
        ("base", {"permissions": {"deals.fly": "all"}}, "permissions"),
        ("base", {"permissions": {"deals.view": "yes"}}, "permissions"),
        ("base", {"permissions": {"deals.view": "everything"}}, "permissions"),
        ("base", {"permissions": {"people.invite": "all"}}, "permissions"),
        ("base", {"permissions": {"ownership.transfer": "yes"}}, "permissions"),
        ("unit", {"permissions": {"roles.edit": "yes"}}, "permissions"),
        ("workspace", {"permissions": {"people.invite": "yes"}}, "permissions"),
        ("base", {"beside_ids": ()}, "beside_ids"),
        ("workspace", {"beside_ids": ()}, "beside_ids"),
        ("base", {"name": ""}, "name"),
        ("base", {"name": "x" * 81}, "name"),
        ("base", {"name": "x" * 1_000_000}, "name"),
        ("base", {"name": "a\u202eb"}, "name"),
        ("king", {}, "kind"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_field(org, kind, written, field):
    values = {"name": unique("R"), "permissions": {}, "assignable_ids": (), **written}
    with pytest.raises(InvalidInput) as refused:
        org.perform(create_role, kind=kind, content=RoleContent(**values))
    assert set(refused.value.fields) == {field}


def test_names_are_unique_by_kind_whatever_their_case(org):
    org.perform(create_role, kind="base", content=content("Ärzte"))
    with pytest.raises(RoleNameTaken):
        org.perform(create_role, kind="base", content=content("ÄRZTE"))
    org.perform(create_role, kind="addition", content=content("Ärzte"))
    other = org.perform(create_role, kind="base", content=content())
    with pytest.raises(RoleNameTaken):
        org.perform(edit_role, role_id=other.id, content=content("ärzte"))


def test_names_in_any_script_and_with_markup_are_kept_as_they_are(org):
    for name in ("مدير المبيعات", "<b>Lead</b> & “co”", "🧑🏽‍🚀", "%(name)s {x}"):
        made = org.perform(create_role, kind="base", content=content(name))
        assert stored(org, made.id).name == name


def test_the_role_with_all_permissions_is_in_no_list(org):
    with pytest.raises(InvalidInput):
        role(org, assignable=[org.role("owner")])
    with pytest.raises(NotFound):
        role(org, assignable=[new_id()])
    with pytest.raises(NotFound):
        role(org, assignable=[make_organization().role("member")])
    with pytest.raises(InvalidInput):
        role(org, kind="addition", beside_ids=(role(org, kind="addition"),))


def test_a_system_role_is_only_copied(org):
    for key in ("owner", "administrator", "member"):
        row = stored(org, org.role(key))
        before = content_of(row)
        for action, more in ((edit_role, {"content": content("Mine")}), (delete_role, {})):
            with pytest.raises(FromTheBlueprint):
                org.perform(action, role_id=row.id, **more)
        assert content_of(stored(org, row.id)) == before
        copied = stored(org, org.perform(copy_role, role_id=row.id, name=unique("Copy")).id)
        assert (copied.is_system, copied.is_keyholder, copied.copied_from) == (False, False, row.name)


def test_a_copy_of_all_permissions_writes_out_what_can_be_given(org):
    copied = stored(org, org.perform(copy_role, role_id=org.role("owner"), name=unique("Nearly")).id)
    assert set(copied.permissions) == {code for code, p in catalogue().items() if not p.keyholders_only}
    assert all(reach_of(value) == reach_of("all") for value in copied.permissions.values())


# --- Nobody gives what they do not hold ----------------------------------------------------


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ({"deals.view": "all", "deals.edit": "team", "reports.view": "unit"}, True),
        ({"deals.view": "workflow", "deals.edit": "own"}, True),
        ({"deals.edit": "unit"}, False),
        ({"deals.edit": "all"}, False),
        ({"reports.view": "team"}, False),
        ({"people.invite": "yes"}, False),
        ({"profiles.edit": "yes", "deals.view": "own"}, False),
    ],
)
def test_only_what_the_editor_holds_is_put_in(org, permissions, allowed):
    person = editor(org)
    if allowed:
        role(org, permissions, by=person)
        return
    with pytest.raises(NotYoursToGive) as refused:
        role(org, permissions, by=person)
    out = set(refused.value.facts()["permissions"])
    assert out
    assert out <= set(permissions)
    assert all(str(catalogue()[code].title) in str(refused.value) for code in out)


def test_a_copy_is_put_in_whole(org):
    with pytest.raises(NotYoursToGive):
        org.perform(copy_role, by=editor(org), role_id=org.role("administrator"), name=unique("Copy"))


def test_what_stands_there_already_may_stay_and_grow_smaller(org):
    mine = role(org, {"deals.edit": "all", "people.invite": "yes", "deals.view": "own"})
    person = editor(org, assignable=[mine])
    kept = {"deals.edit": "all", "people.invite": "yes", "deals.view": "all"}
    org.perform(edit_role, by=person, role_id=mine, content=content(permissions=kept))
    assert stored(org, mine).permissions == kept
    org.perform(edit_role, by=person, role_id=mine, content=content(permissions={"deals.edit": "team"}))
    with pytest.raises(NotYoursToGive):
        org.perform(edit_role, by=person, role_id=mine, content=content(permissions={"deals.edit": "all"}))


def test_a_list_holds_only_roles_that_the_editor_may_give(org):
    below, above = role(org), role(org)
    person = editor(org, assignable=[below])
    role(org, assignable=[below], by=person)
    with pytest.raises(NotYoursToGive) as refused:
        role(org, assignable=[below, above], by=person)
    assert refused.value.facts()["roles"] == [stored(org, above).name]
    with pytest.raises(NotYoursToGive):
        role(org, assignable=None, by=person)
    with pytest.raises(NotYoursToGive):
        org.perform(edit_role, by=editor(org, assignable=[below]), role_id=below, content=content(assignable=None))


def test_a_role_that_is_not_theirs_to_give_is_not_theirs_to_edit(org):
    other = role(org, {"deals.view": "all"})
    person = editor(org)
    for permissions in ({}, {"deals.view": "own"}, {"deals.view": "all"}):
        with pytest.raises(RoleNotAssignable):
            org.perform(edit_role, by=person, role_id=other, content=content(permissions=permissions))
    with pytest.raises(RoleNotAssignable):
        org.perform(delete_role, by=person, role_id=other)


def test_ones_own_role_only_grows_smaller(org):
    person = editor(org)
    with scope.tenant(org.id), reading():
        mine = Assignment.objects.get(membership_id=person.membership_id, is_base=True).role_id
    for more in ({"people.invite": "yes"}, {"deals.edit": "all"}):
        with pytest.raises(NotYoursToGive):
            org.perform(edit_role, by=person, role_id=mine, content=content(permissions={**EDITOR, **more}))
    less = {code: value for code, value in EDITOR.items() if code != "reports.view"}
    org.perform(edit_role, by=person, role_id=mine, content=content(permissions=less))
    assert person.actor.reach("reports.view") is None
    with pytest.raises(NotYoursToGive):
        org.perform(edit_role, by=person, role_id=mine, content=content(permissions=EDITOR))


def test_nothing_is_done_without_the_permission(org):
    person, mine = org.person("people_administrator"), role(org)
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (create_role, {"kind": "base", "content": content()}),
        (copy_role, {"role_id": mine, "name": "x"}),
        (edit_role, {"role_id": mine, "content": content()}),
        (delete_role, {"role_id": mine}),
    ]
    for action, params in attempts:
        with pytest.raises(PermissionMissing):
            org.perform(action, by=person, **params)
    actor = person.actor
    with scope.tenant(org.id), reading():
        for plan, params in ((plan_edit_role, {"content": content()}), (plan_delete_role, {})):
            with pytest.raises(PermissionMissing):
                plan(actor=actor, role_id=mine, now=clock.now(), **params)


def test_foreign_roles_are_unknown(org):
    there = make_organization()
    theirs = role(there)
    for role_id in (theirs, new_id()):
        for action, more in ((edit_role, {"content": content()}), (copy_role, {"name": "x"}), (delete_role, {})):
            with pytest.raises(NotFound):
                org.perform(action, role_id=role_id, **more)
    with pytest.raises(NotFound):
        org.perform(delete_role, role_id=role(org), successor_id=theirs)


# --- Who may give a role that was made ------------------------------------------------------


def test_peers_may_give_a_role_that_gives_no_more_than_their_own():
    org = make_organization()
    administrator = content_of(stored(org, org.role("administrator")))

    def listed(role_id: UUID) -> bool:
        return str(role_id) in (stored(org, org.role("administrator")).assignable_roles or [])

    within = {code: administrator.permissions[code] for code in ("people.view", "people.invite")}
    small = role(org, within)
    assert listed(small)
    assert not {str(small)} & set(stored(org, org.role("people_administrator")).assignable_roles or [])
    everything = {code: "all" if p.has_reach else "yes" for code, p in catalogue().items() if not p.keyholders_only}
    beyond = {code: value for code, value in everything.items() if code not in administrator.permissions}
    assert beyond
    org.perform(edit_role, role_id=small, content=content(permissions=beyond))
    assert not listed(small)
    org.perform(edit_role, role_id=small, content=content(permissions={}))
    assert listed(small)
    org.perform(delete_role, role_id=small)
    assert not listed(small)


# --- Two at once ---------------------------------------------------------------------------


def test_the_second_of_two_editors_is_told(org):
    mine = role(org, {"deals.view": "own"})
    version = stored(org, mine).version
    org.perform(edit_role, role_id=mine, version=version, content=content(permissions={"deals.view": "team"}))
    with pytest.raises(VersionChanged):
        org.perform(edit_role, role_id=mine, version=version, content=content(permissions={"deals.view": "all"}))
    assert stored(org, mine).permissions == {"deals.view": "team"}


def test_saving_what_stands_there_writes_nothing(org):
    mine = role(org, {"deals.view": "own"})
    row = stored(org, mine)
    before = database_rows.rows("SELECT count(*) FROM audit_entry WHERE organization_id = %s", org.id)
    done = org.perform(edit_role, role_id=mine, content=content_of(row))
    assert done.version == row.version
    assert database_rows.rows("SELECT count(*) FROM audit_entry WHERE organization_id = %s", org.id) == before


# --- Deleting ------------------------------------------------------------------------------


def base_of(org: Organization, person: Person) -> UUID:
    with scope.tenant(org.id), reading():
        return Assignment.objects.get(membership_id=person.membership_id, is_base=True).role_id


def test_a_role_in_use_is_deleted_only_with_a_successor(org):
    mine, member = role(org, {"deals.view": "team"}), org.role("member")
    people = [give(org, org.person(), mine) for _ in range(3)]
    made = org.perform(create_key, name="Nightly", role_id=mine)
    with pytest.raises(SuccessorNeeded):
        org.perform(delete_role, role_id=mine)
    for wrong in (mine, org.role("owner"), role(org, kind="addition")):
        with pytest.raises(RoleNotAssignable):
            org.perform(delete_role, role_id=mine, successor_id=wrong)
    done = org.perform(delete_role, role_id=mine, successor_id=member)
    assert (done.holders, [base_of(org, p) for p in people]) == (3, [member] * 3)
    with scope.tenant(org.id), reading():
        assert ApiKey.objects.get(id=made.id).role_id == member
        entry = Entry.objects.get(action="access.role_deleted", target_id=mine)
        assert not Role.objects.filter(id=mine).exists()
    assert entry.values["before"]["permissions"] == {"deals.view": "team"}
    assert set(entry.values["members"]) == {str(p.membership_id) for p in people}


def test_keys_move_only_by_whoever_manages_keys(org):
    mine, below = role(org), role(org)
    org.perform(create_key, name="Nightly", role_id=mine)
    person = editor(org, assignable=[mine, below])
    with pytest.raises(PermissionMissing) as refused:
        org.perform(delete_role, by=person, role_id=mine, successor_id=below)
    assert refused.value.params["permission"] == "api_keys.manage"


def test_holders_who_are_out_of_hand_are_not_moved(org):
    mine, below, above = role(org), role(org), role(org)
    person = editor(org, assignable=[mine, below])
    other = give(org, org.person(), mine)
    extra = role(org, kind="addition")
    hold(org, other, extra)
    with pytest.raises(MemberOutOfHand):
        org.perform(delete_role, by=person, role_id=mine, successor_id=below)
    with pytest.raises(RoleNotAssignable):
        org.perform(delete_role, by=person, role_id=mine, successor_id=above)
    assert base_of(org, other) == mine


def test_nobody_moves_themselves_by_deleting_their_role(org):
    below = role(org)
    mine = role(org, {**EDITOR}, assignable=[below])
    person = give(org, org.person(), mine)
    with pytest.raises(NotOnOneself):
        org.perform(delete_role, by=person, role_id=mine, successor_id=below)


def hold(org: Organization, person: Person, role_id: UUID) -> None:
    """An addition, held from now on."""
    with database_rows.superuser() as connection:
        connection.execute(
            "INSERT INTO access_assignment (id, organization_id, role_id, membership_id, is_base, given_at)"
            " VALUES (%s, %s, %s, %s, false, now())",
            [new_id(), org.id, role_id, person.membership_id],
        )
        connection.commit()


def test_an_addition_may_just_end_and_one_that_does_not_fit_the_successor_ends(org):
    base, member, after = role(org), org.role("member"), role(org)
    extra = role(org, {"deals.delete": "all"}, kind="addition", beside_ids=(base, member))
    person, other = give(org, org.person(), base), org.person()
    hold(org, person, extra)
    hold(org, other, extra)
    actor = org.owner.actor
    with scope.tenant(org.id), reading():
        plan = plan_delete_role(actor=actor, role_id=base, successor_id=after, now=clock.now())
    assert plan.ends_besides == 1
    assert [(c.kind, c.code, c.number) for c in plan.consequences] == [("loses", "deals.delete", 1)]
    org.perform(delete_role, role_id=base, successor_id=after)
    assert person.actor.reach("deals.delete") is None
    assert other.actor.reach("deals.delete") == reach_of("all")
    org.perform(delete_role, role_id=extra)
    assert other.actor.reach("deals.delete") is None


def test_a_deletion_that_grew_old_is_shown_anew(org):
    mine, below = role(org), role(org)
    actor = org.owner.actor
    with scope.tenant(org.id), reading():
        plan = plan_delete_role(actor=actor, role_id=mine, successor_id=below, now=clock.now())
    give(org, org.person(), mine)
    with pytest.raises(PlanChanged) as refused:
        org.perform(delete_role, role_id=mine, successor_id=below, digest=plan.digest)
    assert refused.value.plan.holders == 1
