"""Forms as Stripe's SDKs write them: `items[0][price]=…` becomes a tree of text."""

import re
from typing import Any
from urllib.parse import parse_qsl

PART = re.compile(r"\[([^\[\]]*)\]")


def tree_of(body: str) -> dict[str, Any]:
    """Lists stay objects with numbers for names: what is a list, the document says."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        head, _, rest = name.partition("[")
        node, key = tree, head
        for part in PART.findall(f"[{rest}") if rest else []:
            below = node.setdefault(key, {})
            # A list after an empty text of the same name: the last one counts.
            node = below if isinstance(below, dict) else node.__setitem__(key, {}) or node[key]
            key = part or str(len(node))
        node[key] = value
    return tree


def leaves(tree: Any, at: str = "") -> list[str]:
    """Dotted names of everything that carries a value; positions in lists are left out."""
    if isinstance(tree, dict) and tree:
        return [name for key, value in tree.items() for name in leaves(value, f"{at}.{key}" if at else key)]
    if isinstance(tree, list) and tree:
        return [name for value in tree for name in leaves(value, at)]
    return [at]
