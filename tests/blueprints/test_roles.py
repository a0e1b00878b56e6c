"""The tables of roles, cell by cell: what is held, and what pages and the interface answer to it."""

import pytest

from blueprints.pending import PERMISSIONS
from blueprints.scenes import scene
from blueprints.surfaces import asked
from blueprints.tables import BLUEPRINTS, NO, ROLES, Cell, role_cells
from blueprints.walked import walks
from tenantry.core.permissions import Reach, reach_of

CELLS = list(role_cells())


def _answers(cell: Cell, code: str) -> None:
    """Every surface that asks for the permission refuses whoever holds none of those that open it, and nobody else;
    what a policy does not offer at all is refused to everybody."""
    here = scene(cell.blueprint)
    actor = here.people[cell.column].actor
    for surface in asked(code):
        opens, status = surface.opens(actor), here.status(cell.column, surface)
        if cell.blueprint == "messaging" and surface.path.endswith("/deactivation"):
            assert status in (403, 404), (cell.column, str(surface), status)
            continue
        assert status < 500, (str(surface), status)
        if opens is False:
            assert status == 403, (cell.column, str(surface), status)
        elif opens:
            assert status not in (401, 403), (cell.column, str(surface), status)


@walks("Roles", *dict.fromkeys(cell.row for cell in CELLS))
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_cell(cell):
    actor = scene(cell.blueprint).people[cell.column].actor
    for code, wanted in ROLES[cell.blueprint].expected(cell.row, cell.column).items():
        reach = actor.reach(code) or Reach.NONE
        assert reach == (Reach.NONE if wanted == NO else reach_of(wanted)), (code, wanted, reach)
        assert actor.may(code) is (wanted != NO), code
        if code not in PERMISSIONS:
            assert asked(code), f"nothing asks for {code}: see pending.py"
            _answers(cell, code)


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_each_role_gives_the_roles_of_the_table_and_no_other(blueprint):
    here, table = scene(blueprint), ROLES[blueprint]
    for role in table.roles:
        answer = here.caller(role).get("/roles/assignable")
        wanted = table.gives.get(role, ())
        may = here.people[role].actor.may_any("people.invite", "people.assign_roles")
        assert answer.status == (200 if may else 403), role
        if may:
            assert [one["key"] for one in answer.body["items"]] == list(wanted), role
        else:
            assert not wanted


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_whoever_administers_anything_has_admin_and_nobody_else(blueprint):
    here, table = scene(blueprint), ROLES[blueprint]
    for role in table.roles:
        client = here.caller(role).client
        assert client.get("/admin").status_code == (200 if role in table.admin else 403), role
        assert ('href="/admin"' in client.get("/").content.decode()) is (role in table.admin), role


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_roles_that_the_table_does_not_name_are_no_stronger_than_its_strongest(blueprint):
    """Additions, unit roles and levels hold what somebody below the keyholder could hold, and nothing of keyholders."""
    here = scene(blueprint)
    for role in here.caller(ROLES[blueprint].roles[0]).get("/roles").body["items"]:
        held = set(role["permissions"])
        if not role["holds_everything"]:
            assert not held & {"ownership.transfer", "organization.delete"}, role["key"]
