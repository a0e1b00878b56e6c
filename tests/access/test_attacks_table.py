"""The table of security cases names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE = (TESTS.parent / "docs" / "develop" / "security-cases.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_/]+\.py)::(\w+)`", TABLE)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_is_there(path, name):
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_case_of_access_has_a_row():
    cases = {int(number) for row in re.findall(r"^\| ([\d, ]+) \|", TABLE, re.MULTILINE) for number in row.split(",")}
    assert set(range(5, 15)) <= cases
