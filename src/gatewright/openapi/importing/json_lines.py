"""Where the members and items of a JSON text stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from gatewright.openapi.importing.bounds import Pointer

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def places(text: str) -> Iterator[tuple[Pointer, int]]:
    """Every member and item with its line, in the order of the text, which has been read as JSON before."""
    line, seen = 1, 0
    path: list[str | int] = []  # the last part of an open list is the index of its item
    name: str | None = None  # the string read last: a member's name, if a colon follows
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        token = match.group()
        if token == "[":
            path.append(0)
            yield tuple(path), line
        elif token == "{":
            path.append("")
        elif token in "]}":
            path.pop()
        elif token == "," and isinstance(path[-1], int):
            path[-1] += 1
            yield tuple(path), line
        elif token == ":" and name is not None:
            path[-1] = name
            yield tuple(path), line
        elif token[0] == '"':
            name = orjson.loads(token)
