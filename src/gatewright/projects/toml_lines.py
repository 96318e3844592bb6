"""On which line of a TOML text a table or a key stands: `tomllib` tells values, not places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]

_HEADER = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[\w.-]|"[^"]*"|'[^']*')+)\s*=""")


def line_of(text: str, path: Path) -> int | None:
    """The line, from 1, of `path` or of the nearest thing around it; None if nothing of it is there.

    What stands in an inline table is on that table's line.
    """
    nearest, depth = None, 0
    for place, line in _places(text):
        shared = _shared(place, path)
        if shared > depth:
            nearest, depth = line, shared
    return nearest


def _shared(place: Path, path: Path) -> int:
    """How much of `path` lies at `place`; 0 unless one leads to the other."""
    if place == path[: len(place)]:
        return len(place)
    return len(path) if path == place[: len(path)] else 0


def _places(text: str) -> Iterator[tuple[Path, int]]:
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _names(header[1])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_names(key[1])), number


def _names(dotted: str) -> Path:
    """The parts of a dotted key, read as TOML reads them."""
    try:
        value: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()  # a line of a text that only looks like a key
    names = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        names.append(name)
    return tuple(names)
