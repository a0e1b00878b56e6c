"""Documents that people write by hand, in YAML: read strictly, and what is wrong is said with line and column.

YAML is walked by hand: the words that people typed keep their places, a key that stands twice is refused, and nothing
but plain values is ever built. Blueprints and plan catalogues are read so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Document = TypeVar("Document", bound=BaseModel)
Path = tuple[str | int, ...]
# A document is a page or a few; more than this is an attack by aliases of aliases.
MOST_NODES = 50_000
DEEPEST = 20
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}
_MERGE = "tag:yaml.org,2002:merge"


class Shape(BaseModel):
    """Base of every part of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """`at_key`: the key is what is wrong, not its value."""

    path: Path
    text: str
    at_key: bool = False


def close(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where something is spelled almost so."""
    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """From 1, as editors count."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: Any) -> "Mark":
        return cls(mark.line + 1, mark.column + 1)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong; as text `standard.yaml:41:7 roles.broker.name: is missing`."""

    file: str
    line: int
    column: int
    place: str
    text: str

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}:{self.line}:{self.column} {place}{self.text}"


class DocumentWrong(ValueError):
    """`findings` in the order of the document; at least one."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))


class Unreadable(Exception):
    def __init__(self, mark: Any, text: str) -> None:
        self.mark, self.text = Mark.of(mark), text
        super().__init__(text)


class Walk:
    """Builds plain values and remembers where each of them stands."""

    def __init__(self) -> None:
        self.values: dict[Path, Mark] = {}
        self.keys: dict[Path, Mark] = {}
        self._left = MOST_NODES
        self._construct = yaml.constructor.SafeConstructor()

    def build(self, node: Node, path: Path = (), depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            self._refuse(node, "the document is too large or refers to itself")
        self.values[path] = Mark.of(node.start_mark)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if isinstance(node, SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(one, (*path, place), depth + 1) for place, one in enumerate(node.value)]
        if isinstance(node, MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path, depth)
        return self._refuse(node, f"the tag {node.tag} is not allowed")

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag not in _PLAIN:
            self._refuse(node, f"the tag {node.tag} is not allowed")
        if node.tag.endswith("timestamp"):
            return node.value
        try:
            return self._construct.construct_object(node)
        except (ValueError, yaml.YAMLError):
            return self._refuse(node, f"{node.value} is no {node.tag.rpartition(':')[2]}")

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    if not isinstance(source, MappingNode):
                        self._refuse(value, "only mappings can be merged")
                    merged = self._mapping(source, path, depth + 1) | merged
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            if not isinstance(key, ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self._refuse(key, "keys are words; put others in quotes")
            if key.value in own:
                self._refuse(key, f"{key.value} stands here twice")
            here = (*path, key.value)
            self.keys[here] = Mark.of(key.start_mark)
            own[key.value] = self.build(value, here, depth + 1)
        return merged | own

    def _refuse(self, node: Node, text: str) -> NoReturn:
        raise Unreadable(node.start_mark, text)

    def mark(self, path: Path, *, at_key: bool) -> Mark:
        """Of the place, or of the nearest one around it that was written."""
        while path:
            found = self.keys.get(path) if at_key else None
            if found or path in self.values:
                return found or self.values[path]
            path, at_key = path[:-1], True
        return self.values.get((), Mark(1, 1))


def read_document(
    text: str,
    file: str,
    shape: type[Document],
    faults: Callable[[Document], Iterable[Fault]],
    *,
    shapes: Iterable[type[BaseModel]] = (),
) -> Document:
    """The document, if nothing is wrong with it. `file`: how findings call it. `faults`: what its parts say about each
    other. `shapes`: whose keys are offered for one that is spelled almost so.

    :raises DocumentWrong: with everything that is wrong, each with line and column.
    """
    walk = Walk()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = walk.build(node) if node is not None else None
    except Unreadable as found:
        raise DocumentWrong([Finding(file, found.mark.line, found.mark.column, "", found.text)]) from None
    except yaml.MarkedYAMLError as error:
        mark = Mark.of(error.problem_mark) if error.problem_mark else Mark(1, 1)
        raise DocumentWrong([Finding(file, mark.line, mark.column, "", error.problem or "is no YAML")]) from None
    except yaml.YAMLError as error:
        raise DocumentWrong([Finding(file, 1, 1, "", str(error).splitlines()[0])]) from None
    try:
        document = shape.model_validate(value)
    except ValidationError as error:
        models: list[type[BaseModel]] = [shape, *shapes]
        keys = {name for model in models for name in model.model_fields}
        wrong = [_of_shape(one, keys) for one in error.errors(include_url=False)]
    else:
        wrong = list(faults(document))
        if not wrong:
            return document
    raise DocumentWrong(_findings(file, walk, value, wrong))


def _findings(file: str, walk: Walk, value: Any, wrong: Iterable[Fault]) -> Iterator[Finding]:
    for fault in wrong:
        mark = walk.mark(fault.path, at_key=fault.at_key)
        yield Finding(file, mark.line, mark.column, _in_words(fault.path, value), fault.text)


def _in_words(path: Path, value: Any) -> str:
    """`roles.broker.permissions`: rows by their keys, other places in lists from 1."""
    words = []
    for part in path:
        inner = None
        if isinstance(value, dict):
            inner = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            inner = value[part]
        named = inner.get("key") if isinstance(part, int) and isinstance(inner, dict) else None
        words.append(str(named or (part + 1 if isinstance(part, int) else part)))
        value = inner
    return ".".join(words)


def _of_shape(error: ErrorDetails, keys: set[str]) -> Fault:
    kind, path = error["type"], tuple(error["loc"])
    if kind == "extra_forbidden":
        return Fault(path, f"unknown key{close(str(path[-1]), keys)}", at_key=True)
    if kind == "missing":
        return Fault(path, "is missing")
    if kind == "model_type":
        return Fault(path, "is no mapping of keys to values")
    text = error["msg"].replace("Input should be", "should be").replace("String should", "should")
    return Fault(path, text)
