"""Length is a choice: modules of at most 600 lines, functions of at most 60, and hardly any over 50."""

import ast
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tenantry"
MODULE_LINES = 600
FUNCTION_LINES = 60
LONG_LINES = 50
LONG_SHARE = 0.01


def main() -> int:
    """Exit code 1 when a budget is exceeded."""
    problems = []
    functions, long = 0, []
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MODULE_LINES:
            problems.append(f"{path}: {lines} lines, at most {MODULE_LINES}")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            functions += 1
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                problems.append(f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}")
            if length > LONG_LINES:
                long.append(f"{path}:{node.lineno}: {node.name} has {length} lines")
    if len(long) > functions * LONG_SHARE:
        problems += [f"{len(long)} of {functions} functions have over {LONG_LINES} lines, at most 1 %:", *long]
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
