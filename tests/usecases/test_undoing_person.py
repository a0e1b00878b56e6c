"""An edit of one person is taken back from the audit while nothing came after it (product.md §6)."""

import re
from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support.visitors import body, post, signed_in
from tenantry.access.errors import MemberOutOfHand
from tenantry.audit.chain import erase_personal
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership
from tenantry.usecases.departments import create_department, dissolve_department
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.undoing import (
    UndoneAlready,
    UndoNotPossible,
    UndoOvertaken,
    members_of,
    newest_entry,
    plan_undo_entry,
    undo_entry,
)


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def edit(org: Organization, person: Person, **wanted: Any) -> int:
    org.perform(edit_person, membership_id=person.membership_id, **wanted)
    with scope.tenant(org.id), reading():
        number = newest_entry("people.edited", person.membership_id)
    assert number is not None
    return number


def undo(org: Organization, number: int, **more: Any) -> Any:
    with scope.tenant(org.id), reading():
        members = members_of(number)
    return org.perform(undo_entry, number=number, membership_ids=members, **more)


def plan(org: Organization, number: int, by: Person | None = None) -> Any:
    with scope.tenant(org.id), reading():
        return plan_undo_entry(actor=(by or org.owner).actor, number=number, now=clock.now())


def known(org: Organization, person: Person) -> dict[str, Any]:
    columns = ("given_name", "family_name", "phone", "locale", "time_zone", "department_id", "manager_id", "sort_name")
    with scope.tenant(org.id), reading():
        return Membership.objects.values(*columns).get(id=person.membership_id)


def department(org: Organization) -> UUID:
    return org.perform(create_department, name=unique("Sales")).id


def test_everything_that_an_edit_changed_comes_back_by_the_page_of_the_audit(org):
    person, chief, sales = org.person(), org.person(), department(org)
    edit(org, person, phone="+47 1", department_id=sales)
    before = known(org, person)
    number = edit(
        org, person, given_name="Zoë", phone="+47 2", time_zone="Europe/Oslo", department_id=None,
        manager_id=chief.membership_id,
    )  # fmt: skip
    client = signed_in(org.owner)
    path = f"/admin/audit/{number}/undo"
    assert f'href="{path}"' in body(client.get("/admin/audit"))
    page = body(client.get(path))
    assert re.search(r"<del>[^<]*\+47 2[^<]*</del>.*<ins>[^<]*\+47 1[^<]*</ins>", page)
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', page).group(1)
    assert post(client, org.owner, path, {"digest": digest}).status_code == 303
    assert known(org, person) == before
    assert f'href="{path}"' not in body(client.get("/admin/audit"))
    with pytest.raises(UndoneAlready):
        undo(org, number)


@pytest.mark.parametrize(
    ("wanted", "what", "shown"),
    [
        ({"phone": "+1 555"}, "Phone of", ("+1 555", "none")),
        ({"time_zone": "Asia/Tokyo"}, "Time zone of", ("Asia/Tokyo", "none")),
        ({"locale": "en-us"}, "Language of", ("English (United States)", "none")),
        ({"given_name": "Kim"}, "Name of", ("Kim", "Pat")),
    ],
)
def test_one_thing_is_called_by_its_name(org, wanted, what, shown):
    found = plan(org, edit(org, org.person(), **wanted))
    assert found.what.startswith(what)
    assert (found.before, found.after) == shown


def test_an_undo_can_be_taken_back_itself(org):
    person, sales = org.person(), department(org)
    number = edit(org, person, department_id=sales)
    undo(org, number)
    with scope.tenant(org.id), reading():
        later = newest_entry("people.edited", person.membership_id)
    assert later is not None
    assert later > number
    undo(org, later)
    assert known(org, person)["department_id"] == sales


def test_who_was_edited_again_stays_as_they_are(org):
    person = org.person()
    number = edit(org, person, phone="1", locale="en")
    edit(org, person, phone="2")
    with pytest.raises(UndoOvertaken):
        undo(org, number)
    assert known(org, person)["phone"] == "2"


def test_a_department_that_is_gone_and_a_manager_who_left_refuse(org):
    sales, chief, person, other = department(org), org.person(), org.person(), org.person()
    edit(org, person, department_id=sales)
    edit(org, other, manager_id=chief.membership_id)
    first, second = edit(org, person, department_id=None), edit(org, other, manager_id=None)
    assert plan(org, first).after.startswith("Sales")
    org.perform(dissolve_department, department_id=sales, to_id=None)
    org.perform(deactivate_members, membership_ids=(chief.membership_id,))
    for number in (first, second):
        with pytest.raises(UndoNotPossible):
            undo(org, number)


def test_pictures_and_erased_texts_are_not_there_to_come_back(org):
    person = org.person()
    picture = edit(org, person, picture=b"image", phone="3")
    with pytest.raises(UndoNotPossible):
        undo(org, picture)
    erased = edit(org, person, phone="4")
    assert plan(org, erased).after == "3"
    with scope.tenant(org.id), writing():
        erase_personal([erased])
    with pytest.raises(UndoNotPossible):
        undo(org, erased)


def test_only_whoever_may_edit_that_person_takes_it_back(org):
    chief, admin, gone = org.person("owner"), org.person("administrator"), org.person()
    number = edit(org, chief, phone="5")
    with pytest.raises(MemberOutOfHand):
        plan(org, number, by=admin)
    left = edit(org, gone, phone="6")
    org.perform(remove_members, membership_ids=(gone.membership_id,))
    with pytest.raises(NotFound):
        undo(org, left)
