"""A compiled path, and the shortest way to the value for the paths that templates are full of."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gatewright.jsonpath.compiler import compile_path_value
from gatewright.jsonpath.errors import InvalidPath
from gatewright.jsonpath.path_parser import parse_path
from gatewright.jsonpath.run import Run
from gatewright.jsonpath.syntax import Filter, Function, Index, PathSyntax, Property, Scan

CACHED_PATHS = 1024

Read = Callable[[object], object]


class Path:
    """`definite`: at most one value can match, and `read` gives that value; otherwise it gives a list."""

    __slots__ = ("definite", "read", "text")

    def __init__(self, text: str, syntax: PathSyntax) -> None:
        self.text = text
        self.definite = syntax.definite
        #: document -> the value or MISSING; for an indefinite path a new list. Raises PathError.
        self.read: Read = _read(syntax)

    def __repr__(self) -> str:
        return f"Path({self.text!r})"


@lru_cache(CACHED_PATHS)
def compile_path(text: str, *, mapping: bool = False) -> Path:
    """Raises InvalidPath. `mapping`: parameter mappings have no deep scan, no filters and no functions."""
    syntax = parse_path(text)
    if mapping:
        _refuse_beyond_mapping(text, syntax)
    return Path(text, syntax)


def _refuse_beyond_mapping(text: str, syntax: PathSyntax) -> None:
    names = {Scan: "a deep scan (..)", Filter: "a filter", Function: "a function"}
    for step in syntax.steps:
        if type(step) in names:
            raise InvalidPath(f"Path {text!r} has {names[type(step)]}: a parameter mapping cannot use it.", 0)


def _read(syntax: PathSyntax) -> Read:
    get = compile_path_value(syntax, raises=True)

    def read(document: object) -> object:
        return get(document, Run(document))

    keys = _plain_keys(syntax)
    return read if keys is None else _direct(keys, read)


def _plain_keys(syntax: PathSyntax) -> list[str | int] | None:
    """The keys to look up, one in the other, if that is all the path does."""
    keys: list[str | int] = []
    for step in syntax.steps:
        if isinstance(step, Property) and len(step.names) == 1:
            keys.append(step.names[0])
        elif isinstance(step, Index) and len(step.indexes) == 1:
            keys.append(step.indexes[0])
        else:
            return None
    return keys


def _direct(keys: list[str | int], read: Read) -> Read:
    """Looks the keys up as they stand; whatever is in the way is left to `read`."""

    def direct(document: object) -> object:
        value: Any = document
        try:
            for key in keys:
                if isinstance(value, str):  # which would take an index
                    return read(document)
                value = value[key]
        except (KeyError, IndexError, TypeError):
            return read(document)
        return value

    return direct
