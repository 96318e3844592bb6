"""The kinds of paths a method, and what lives inside it, can be patched at: texts, choices, maps, lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog.api import Document
from gatewright.control.patch import Change, Patch, Rule, text

NO_PARAMETER = "Invalid parameter name specified"
NO_CONTENT_TYPE = "Content-Type specified was not found"


def replaced(path: str, change: Change) -> Rule:
    """A path that can only be replaced."""
    return Rule(path, {"replace": change})


def texts(*members: str) -> tuple[Rule, ...]:
    """Members that hold a text, which an empty value takes away."""
    return tuple(replaced(f"/{member}", text(member)) for member in members)


def choice(member: str, *allowed: str) -> Rule:
    """A member that holds one of a few words, which an empty value takes away."""
    return replaced(f"/{member}", word(member, *allowed))


def word(member: str, *allowed: str) -> Change:
    """The change of a `choice`."""

    def change(document: Document, patch: Patch) -> None:
        if patch.value and patch.value not in allowed:
            raise BadRequest(f"Invalid {member} specified. Valid options are {','.join(allowed)}")
        text(member)(document, patch)

    return change


def entries(member: str, read: Callable[[str], Any], missing: str) -> Rule:
    """A map whose entries stand at `/{member}/{key}`.

    `read` makes an entry's value of the operation's; `missing` answers a replace or a remove of a key that is
    not there. The member goes with its last entry.
    """

    def put(document: Document, patch: Patch) -> None:
        document.setdefault(member, {})[patch.key] = read(patch.value or "")

    def replace(document: Document, patch: Patch) -> None:
        _require_entry(document, member, patch, missing)
        put(document, patch)

    def remove(document: Document, patch: Patch) -> None:
        _require_entry(document, member, patch, missing)
        del document[member][patch.key]
        if not document[member]:
            del document[member]

    return Rule(f"/{member}/*", {"add": put, "replace": replace, "remove": remove})


def _require_entry(document: Document, member: str, patch: Patch, missing: str) -> None:
    if patch.key not in document.get(member, {}):
        raise NotFound(missing)


def listed(member: str) -> Rule:
    """A list of texts, one in each operation's value; a replace takes several, separated by commas."""

    def replace(document: Document, patch: Patch) -> None:
        _store(document, member, [item.strip() for item in (patch.value or "").split(",")])

    return Rule(
        f"/{member}",
        {
            "add": lambda document, patch: _add(document, member, patch.value or ""),
            "remove": lambda document, patch: _remove(document, member, patch.value or ""),
            "replace": replace,
        },
    )


def listed_by_path(member: str) -> Rule:
    """A list of texts, one in each operation's path."""

    def add(document: Document, patch: Patch) -> None:
        _add(document, member, patch.key)

    def remove(document: Document, patch: Patch) -> None:
        _remove(document, member, patch.key)

    return Rule(f"/{member}/*", {"add": add, "replace": add, "remove": remove})


def _add(document: Document, member: str, item: str) -> None:
    _store(document, member, [*(kept for kept in document.get(member, []) if kept != item), item])


def _remove(document: Document, member: str, item: str) -> None:
    _store(document, member, [kept for kept in document.get(member, []) if kept != item])


def _store(document: Document, member: str, items: list[str]) -> None:
    items = [item for item in items if item]
    if items:
        document[member] = items
    else:
        document.pop(member, None)
