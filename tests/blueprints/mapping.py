"""docs/develop/blueprints.md: each cell of the tables with the test that walks it, or with what it waits for."""

import importlib

from blueprints.pending import PERMISSIONS, ROWS
from blueprints.tables import BLUEPRINTS, FOLLOWS, LABELS, NO, OPERATORS, ROLES, SAID, VALUES, role_cells
from blueprints.walked import WALKED

MODULES = (
    "test_policies",
    "test_behaviour",
    "test_addresses",
    "test_roles",
    "test_words",
    "test_plans",
    "test_records",
    "test_walks",
    "test_record_walks",
)
HEAD = """# The five blueprints, cell by cell

Written by `scripts/blueprint_cells.py`; a test compares. The documents are `src/tenantry/blueprints/*.yaml`, checked by
`tenantry organization check-blueprint FILE`. Tests are in `tests/blueprints`: a cell is walked in each blueprint,
allowed and refused, by pages and by the interface, as far as there is a surface. What waits stands in
`tests/blueprints/pending.py`; a test fails once the surface is there.
"""


def load_tests() -> None:
    for name in MODULES:
        importlib.import_module(f"blueprints.{name}")


def _walked(table: str, row: str) -> str:
    waits = [f"waits for {ROWS[table, row].what}"] if (table, row) in ROWS else []
    return "; ".join([*(f"`{place}`" for place in sorted(WALKED.get((table, row), []))), *waits])


def _line(*columns: object) -> str:
    return "| " + " | ".join(str(one).replace("|", "\\|") for one in columns) + " |"


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) or "–" if isinstance(value, list) else str(value)


def _policies() -> list[str]:
    lines = ["## Policies", "", _line("row", *BLUEPRINTS, "tests"), _line(*["---"] * 7)]
    for code, values in VALUES.items():
        name = f"{code} (op)" if code in OPERATORS else code
        lines.append(_line(name, *map(_value, values), _walked("Policies", code)))
    lines += [_line(row, *["follows"] * 5, _walked("Policies", row)) for row in FOLLOWS]
    for key, words in LABELS.items():
        lines.append(_line(f"label {key}", *words, _walked("Policies", f"label {key}")))
    return lines


def _roles(blueprint: str) -> list[str]:
    table = ROLES[blueprint]
    lines = ["", f"## Roles of {blueprint}", "", _line("ability", "permission", *table.roles, "surfaces")]
    lines.append(_line(*["---"] * (len(table.roles) + 3)))
    for row, codes in table.rows.items():
        for code, columns in codes.items():
            waits = f"waits for {PERMISSIONS[code].what}" if code in PERMISSIONS else "pages and interface"
            lines.append(_line(row, f"`{code}`", *(c.replace(NO, "–") for c in columns.split()), waits))
    lines += ["", f"Each cell: {_walked('Roles', next(iter(table.rows)))}."]
    if SAID[blueprint]:
        lines += ["", _line("said around the table", "tests"), _line("---", "---")]
        lines += [_line(said, _walked("Roles, in words", said)) for said in SAID[blueprint]]
    return lines


def document() -> str:
    load_tests()
    body = [HEAD, *_policies()]
    for blueprint in BLUEPRINTS:
        body += _roles(blueprint)
    return "\n".join(body) + f"\n\n{len(list(role_cells()))} cells of roles.\n"
