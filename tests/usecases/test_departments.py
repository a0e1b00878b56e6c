"""The managed list of departments, set-based, with its effect first and the way back."""

from typing import Any

import pytest

from factories.organizations import Organization, make_organization
from support.races import failures, together
from tenantry.access.errors import MemberOutOfHand
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import (
    AlreadyInDepartment,
    DepartmentNameTaken,
    ManagerCircle,
    ManagerNotActive,
    NotOnOneself,
)
from tenantry.people.models import Department, Membership
from tenantry.usecases.departments import (
    create_department,
    dissolve_department,
    plan_dissolve_department,
    plan_set_department,
    rename_department,
    set_department,
)
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.undoing import UndoOvertaken, members_of, newest_entry, undo_entry


@pytest.fixture
def org() -> Organization:
    return make_organization()


def make(org: Organization, name: str) -> Any:
    return org.perform(create_department, name=name).id


def inside(org: Organization, department_id: Any) -> set[Any]:
    with scope.tenant(org.id), reading():
        return set(Membership.objects.filter(department_id=department_id).values_list("id", flat=True))


def names(org: Organization) -> list[str]:
    with scope.tenant(org.id), reading():
        return list(Department.objects.order_by("sort_name").values_list("name", flat=True))


def put(org: Organization, department_id: Any, *people: Any, **more: Any) -> Any:
    ids = tuple(person.membership_id for person in people)
    return org.perform(set_department, membership_ids=ids, department_id=department_id, **more)


def undo(org: Organization, code: str, target: Any) -> None:
    with scope.tenant(org.id), reading():
        number = newest_entry(code, target)
        members = members_of(number or 0)
    org.perform(undo_entry, number=number, membership_ids=members)


def test_a_merge_moves_everybody_and_comes_back(org):
    sales, selling = make(org, "Sales"), make(org, "Selling")
    people = [org.person() for _ in range(3)]
    put(org, selling, *people)
    org.perform(remove_members, membership_ids=(people[2].membership_id,))
    with scope.tenant(org.id), reading():
        plan = plan_dissolve_department(actor=org.owner.actor, department_id=selling, to_id=sales)
    assert (plan.people, plan.to) == (2, "Sales")
    org.perform(dissolve_department, department_id=selling, to_id=sales, digest=plan.digest)
    assert names(org) == ["Sales"]
    assert len(inside(org, sales)) == 3
    undo(org, "people.department_merged", selling)
    assert names(org) == ["Sales", "Selling"]
    assert len(inside(org, selling)) == 3


def test_a_merge_whose_people_went_on_is_not_taken_back(org):
    sales, selling = make(org, "Sales"), make(org, "Selling")
    person = org.person()
    put(org, selling, person)
    org.perform(dissolve_department, department_id=selling, to_id=sales)
    put(org, None, person)
    with pytest.raises(UndoOvertaken):
        undo(org, "people.department_merged", selling)


def test_deleting_leaves_people_in_none_and_a_plan_grows_old(org):
    sales, person = make(org, "Sales"), org.person()
    with scope.tenant(org.id), reading():
        plan = plan_dissolve_department(actor=org.owner.actor, department_id=sales, to_id=None)
    put(org, sales, person)
    with pytest.raises(PlanChanged):
        org.perform(dissolve_department, department_id=sales, to_id=None, digest=plan.digest)
    org.perform(dissolve_department, department_id=sales, to_id=None)
    assert inside(org, None) >= {person.membership_id}
    with pytest.raises(NotFound):
        org.perform(dissolve_department, department_id=sales, to_id=None)


def test_a_renamed_one_comes_back_and_names_are_unique(org):
    sales = make(org, "Sales")
    make(org, "Finance")
    for name in ("finance", "FINANCE"):
        with pytest.raises(DepartmentNameTaken):
            org.perform(rename_department, department_id=sales, name=name)
    org.perform(rename_department, department_id=sales, name="Revenue")
    undo(org, "people.department_renamed", sales)
    assert names(org) == ["Finance", "Sales"]


def test_a_selection_is_put_into_one_and_back_where_each_was(org):
    sales, finance = make(org, "Sales"), make(org, "Finance")
    first, second, chief = org.person(), org.person(), org.person("owner")
    put(org, finance, first)
    admin = org.person("administrator")
    ids = [one.membership_id for one in (first, second, chief, admin)]
    with scope.tenant(org.id), reading():
        plan = plan_set_department(actor=admin.actor, membership_ids=ids, department_id=sales)
    assert {refused.code for refused in plan.refused} == {"member_out_of_hand", "not_on_oneself"}
    put(org, sales, first, second, chief, admin, by=admin, digest=plan.digest)
    assert inside(org, sales) == {first.membership_id, second.membership_id}
    undo(org, "people.department_set", None)
    assert inside(org, finance) == {first.membership_id}
    assert not inside(org, sales)
    with pytest.raises(AlreadyInDepartment):
        put(org, finance, first)
    with pytest.raises(NotOnOneself):
        put(org, sales, admin, by=admin)
    with pytest.raises(MemberOutOfHand):
        put(org, sales, chief, by=admin)
    with pytest.raises(PermissionMissing):
        org.perform(create_department, by=org.person(), name="Mine")


def test_managers_are_active_and_never_go_round(org):
    first, second, third = (org.person() for _ in range(3))
    ids = [one.membership_id for one in (first, second, third)]
    org.perform(edit_person, membership_id=ids[0], manager_id=ids[1])
    org.perform(edit_person, membership_id=ids[1], manager_id=ids[2])
    with pytest.raises(ManagerCircle) as refused:
        org.perform(edit_person, membership_id=ids[2], manager_id=ids[0])
    assert str(refused.value).count("→") == 3
    with pytest.raises(ManagerCircle):
        org.perform(edit_person, membership_id=ids[0], manager_id=ids[0])
    with pytest.raises(ManagerNotActive):
        org.perform(edit_person, membership_id=ids[0], manager_id=org.invite().membership_id)


def test_two_who_name_each_other_at_once_are_no_circle(org):
    first, second = org.person(), org.person()
    results = together(
        lambda: org.perform(edit_person, membership_id=first.membership_id, manager_id=second.membership_id),
        lambda: org.perform(edit_person, membership_id=second.membership_id, manager_id=first.membership_id),
    )
    assert len(failures(results, ManagerCircle)) == 1
