"""Reads JSON strictly: what two readers could understand differently is refused."""

import json
import re
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """:raises ValueError: not JSON in UTF-8 (RFC 8259), a name twice, NaN, half a character, or too deep."""
        body = request.body
        try:
            value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
        except RecursionError as error:
            raise ValueError from error
        if _SURROGATE.search(body):
            # Half of a pair can be written as an escape, and stored nowhere.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)
