"""No cell without a test or a line of what it waits for, and no line whose wait is over."""

from pathlib import Path

import pytest

from blueprints import mapping, tables
from blueprints.pending import PERMISSIONS, ROWS
from blueprints.surfaces import surfaces
from blueprints.walked import WALKED
from tenantry.blueprints.schema import SHIPPED, load
from tenantry.core.permissions import catalogue
from tenantry.organizations.policies import CATALOGUE

DOCUMENT = Path(__file__).parents[2] / "docs" / "develop" / "blueprints.md"


def test_every_cell_has_a_test_or_waits():
    mapping.load_tests()
    rows = {(cell.table, cell.row) for cell in tables.cells()}
    assert rows - set(WALKED) - set(ROWS) == set()
    assert (set(WALKED) | set(ROWS)) - rows == set(), "a row that no table has"


@pytest.mark.parametrize("row", sorted(ROWS), ids=" · ".join)
def test_a_row_waits_only_while_its_surface_is_missing(row):
    assert ROWS[row].there() == [], f"{row}: walk it and take it out of pending.py"


def test_a_permission_waits_only_while_nothing_asks_for_it():
    assert set(PERMISSIONS) <= set(catalogue())
    over = {code: [str(one) for one in surfaces()[code]] for code in PERMISSIONS if surfaces().get(code)}
    assert over == {}, "walked by test_roles.py once they are taken out of pending.py"


def test_the_tables_know_every_policy_and_every_blueprint():
    assert tables.BLUEPRINTS == SHIPPED
    assert set(tables.VALUES) | {"organization.structure"} == set(CATALOGUE)
    assert {code for code, policy in CATALOGUE.items() if policy.operator_only} == tables.OPERATORS
    for blueprint in SHIPPED:
        base = [role.key for role in load(blueprint).roles if role.kind == "base" and role.system]
        assert list(tables.ROLES[blueprint].roles) == base


def test_no_role_holds_a_permission_that_its_table_does_not_name():
    """In the tables of roles every cell is written; what has no row is in nobody's role but the keyholder's."""
    for blueprint in ("standard", "crm-suite"):
        named = {code for codes in tables.ROLES[blueprint].rows.values() for code in codes}
        for role in load(blueprint).roles:
            assert set(role.row()["permissions"]) <= named, role.key


def test_the_map_of_cells_is_current():
    assert DOCUMENT.read_text("utf-8") == mapping.document(), "scripts/blueprint_cells.py writes it"
