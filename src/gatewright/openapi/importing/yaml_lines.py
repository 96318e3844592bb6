"""Where the members and items of a YAML text stand."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from gatewright.openapi.importing.bounds import Pointer
from gatewright.openapi.importing.yaml_reader import LOADER, line_of_event


def places(text: str) -> Iterator[tuple[Pointer, int]]:
    """Every member and item with its line, in the order of the text, which has been read as YAML before.

    What an alias stands for is not looked into.
    """
    path: list[str | int | None] = []  # None: the open mapping expects a name
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionEndEvent):
            path.pop()
            _step(path)
        elif isinstance(event, yaml.NodeEvent):
            line = line_of_event(event)
            if path and path[-1] is None:
                path[-1] = event.value if isinstance(event, yaml.ScalarEvent) else ""
                yield _pointer(path), line
                continue
            if path and isinstance(path[-1], int):
                yield _pointer(path), line
            if isinstance(event, yaml.MappingStartEvent):
                path.append(None)
            elif isinstance(event, yaml.SequenceStartEvent):
                path.append(0)
            else:
                _step(path)


def _step(path: list[str | int | None]) -> None:
    """Go on to the next item of the open list, or to the next name of the open mapping."""
    if path:
        path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None


def _pointer(path: list[str | int | None]) -> Pointer:
    return tuple(part for part in path if part is not None)
