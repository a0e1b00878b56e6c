"""Finds messages that a translator could never see: marked for translation, but put together at run time."""

import ast
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tenantry"
# How many leading arguments are messages.
MARKERS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 2,
    "pgettext_lazy": 2,
    "npgettext": 3,
}


def is_literal(node: ast.expr) -> bool:
    """A string as it stands in the source; neighbouring strings are one."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def problems_in(path: Path) -> list[str]:
    """One line a message that cannot be extracted."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = MARKERS.get(node.func.id, 0)
        if not all(is_literal(argument) for argument in node.args[:count]):
            found.append(f"{path}:{node.lineno}: the message of {node.func.id}() must be a plain string")
        if any(is_literal(a) and str(ast.literal_eval(a)).count("%s") > 1 for a in node.args[:count]):
            found.append(f"{path}:{node.lineno}: name the places, translators may need another order: %(name)s")
    return found


def main() -> int:
    """Exit code 1 when there is one."""
    problems = [line for path in sorted(SOURCE.rglob("*.py")) for line in problems_in(path)]
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
