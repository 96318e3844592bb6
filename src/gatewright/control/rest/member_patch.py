"""Patch operations on a method and on what lives inside it: one table for each kind of document.

These four families answer an unknown path, and a known one with the wrong operation, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog.api import Document

NO_PARAMETER = "Invalid parameter name specified"
NO_CONTENT_TYPE = "Content-Type specified was not found"

Setter = Callable[[Document, str | None], None]  # (document, value of the operation)


@dataclass(frozen=True, slots=True)
class MapMember:
    """A member whose entries stand at `/{member}/{key}`."""

    read: Callable[[str], Any]  # an entry's value from the operation's
    missing: str  # what a replace or a remove answers when the key is not there


@dataclass(frozen=True, slots=True)
class PatchTable:
    """What one kind of document can be patched at. Paths stand without their leading slash."""

    members: Mapping[str, Setter]  # replace only
    maps: Mapping[str, MapMember] = field(default_factory=dict)  # add, replace, remove
    lists: frozenset[str] = frozenset()  # add, replace, remove; the item in the path, or in the value


def apply(document: Document, operations: Sequence[Document], table: PatchTable) -> None:
    """Apply the operations in order to `document`. Raises BadRequest or NotFound at the first bad one."""
    for operation in operations:
        path = operation.get("path")
        member, _, key = (path or "").removeprefix("/").partition("/")
        if path and path.removeprefix("/") in table.members:
            _replace(document, operation, table.members[path.removeprefix("/")])
        elif member in table.lists and "/" not in key:
            _change_list(document, member, decode(key), operation)
        elif member in table.maps and key and "/" not in key:
            _change_map(document, member, decode(key), operation, table.maps[member])
        else:
            raise BadRequest(f"Invalid patch path {'null' if path is None else path}")


def decode(segment: str) -> str:
    """One segment of a patch path: `~1` is a slash, `~0` a tilde."""
    return segment.replace("~1", "/").replace("~0", "~")


def _replace(document: Document, operation: Document, change: Setter) -> None:
    if operation["op"] != "replace":
        raise BadRequest("Invalid patch operation specified. Must be one of: [replace]")
    change(document, operation.get("value"))


def _change_map(document: Document, member: str, key: str, operation: Document, kind: MapMember) -> None:
    entries = dict(document.get(member) or {})
    op = _add_remove_or_replace(operation)
    if op != "add" and key not in entries:
        raise NotFound(kind.missing)
    if op == "remove":
        del entries[key]
    else:
        entries[key] = kind.read(operation.get("value") or "")
    _store(document, member, entries)


def _change_list(document: Document, member: str, key: str, operation: Document) -> None:
    items = list(document.get(member) or [])
    op = _add_remove_or_replace(operation)
    value = operation.get("value") or ""
    if op == "replace" and not key:
        items = [item.strip() for item in value.split(",") if item.strip()]
    else:
        item = key or value
        items = [kept for kept in items if kept != item]
        if op != "remove":
            items.append(item)
    _store(document, member, items)


def _add_remove_or_replace(operation: Document) -> str:
    op: str = operation["op"]
    if op not in ("add", "remove", "replace"):
        raise BadRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    return op


def _store(document: Document, member: str, entries: dict[str, Any] | list[str]) -> None:
    if entries:
        document[member] = entries
    else:
        document.pop(member, None)


def text(member: str) -> Setter:
    """Sets a text; an empty one takes the member away."""

    def change(document: Document, value: str | None) -> None:
        if value:
            document[member] = value
        else:
            document.pop(member, None)

    return change


def choice(member: str, *allowed: str) -> Setter:
    """Sets one of a few values; an empty one takes the member away."""

    def change(document: Document, value: str | None) -> None:
        if value and value not in allowed:
            raise BadRequest(f"Invalid {member} specified. Valid options are {','.join(allowed)}")
        text(member)(document, value)

    return change


def flag(value: str | None) -> bool:
    """Booleans of patch operations: `true` in any case is true, everything else is false."""
    return (value or "").lower() == "true"
