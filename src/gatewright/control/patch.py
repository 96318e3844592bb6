"""Patch operations: `{"op", "path", "value"}`, applied in order; the first bad one refuses them all.

Two families of entities word their refusals differently.

Resource, Model, RequestValidator, Deployment and their like know a short list of paths that can be replaced::

    replace(model, params, {"/description": text("description"), "/schema": change_schema})

RestApi, GatewayResponse, Account and their like have a table of path patterns, in which `*` stands for one
segment, and name for each the operations it takes::

    RULES = (
        Rule("/name", {"replace": text("name")}),
        Rule("/binaryMediaTypes/*", {"add": add_type, "replace": replace_type, "remove": remove_type}),
    )
    apply(rest_api, params, RULES)

A change is `change(document, patch)`: `patch.value` is the operation's value, `patch.key` the last segment of
its path with `~1` and `~0` decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.operation import Params

ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"
# AWS says so even to one of the three, where a path takes fewer of them.
ADD_REMOVE_REPLACE = "Invalid patch operation specified. Must be 'add'|'remove'|'replace'"


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch operation. `path` and `value` are None where the caller left them out."""

    op: str
    path: str | None
    value: str | None

    @property
    def segments(self) -> list[str]:
        return [decode(segment) for segment in (self.path or "").removeprefix("/").split("/")]

    @property
    def key(self) -> str:
        """The last segment of the path, decoded."""
        return self.segments[-1]

    @property
    def shown(self) -> str:
        """The path as messages print it."""
        return "null" if self.path is None else self.path


Change = Callable[[Document, Patch], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a path takes: `changes` by operation; `refusal` answers any other, by default the words above."""

    pattern: str
    changes: Mapping[str, Change]
    refusal: str | None = None

    def matches(self, patch: Patch) -> bool:
        wanted = self.pattern.removeprefix("/").split("/")
        given = (patch.path or "").split("/")[1:]  # an unescaped slash makes a segment of its own
        return len(wanted) == len(given) and all(
            part == segment or (part == "*" and segment) for part, segment in zip(wanted, given, strict=True)
        )

    def change(self, patch: Patch) -> Change:
        change = self.changes.get(patch.op)
        if change is None:
            default = ONLY_REPLACE if set(self.changes) == {"replace"} else ADD_REMOVE_REPLACE
            raise BadRequest(self.refusal or default)
        return change


def patches(params: Params) -> list[Patch]:
    return [
        Patch(entry.get("op", ""), entry.get("path"), entry.get("value"))
        for entry in params.get("patchOperations") or []
    ]


def replace(
    document: Document,
    params: Params,
    changes: Mapping[str, Change],
    unlisted: Mapping[tuple[str, str], Change] = MappingProxyType({}),
) -> None:
    """Apply `params`' patch operations where paths can only be replaced. `changes` stand in printed order.

    `unlisted` are operations on paths that are done and that no message names, by (operation, path).
    """
    for patch in patches(params):
        if quiet := unlisted.get((patch.op, patch.shown)):
            quiet(document, patch)
            continue
        if patch.op != "replace":
            raise BadRequest(
                f"Invalid patch path  '{patch.shown}' specified for op '{patch.op}'. "
                "Please choose supported operations"
            )
        change = changes.get(patch.shown)
        if change is None:
            raise BadRequest(
                f"Invalid patch path  '{patch.shown}' specified for op 'replace'. "
                f"Must be one of: [{', '.join(changes)}]"
            )
        change(document, patch)


def apply(document: Document, params: Params, rules: Iterable[Rule]) -> None:
    """Apply `params`' patch operations by the first rule that matches each path."""
    for patch in patches(params):
        rule = next((rule for rule in rules if rule.matches(patch)), None)
        if rule is None:
            raise BadRequest(f"Invalid patch path {patch.shown}")
        rule.change(patch)(document, patch)


def decode(segment: str) -> str:
    """One segment of a patch path: `~1` is a slash, `~0` a tilde."""
    return segment.replace("~1", "/").replace("~0", "~")


def is_true(value: str | None) -> bool:
    """Booleans of patch operations: `true` in any case is true, everything else is false."""
    return (value or "").lower() == "true"


def text(member: str) -> Change:
    """Sets a text; an empty one takes the member away."""

    def change(document: Document, patch: Patch) -> None:
        if patch.value:
            document[member] = patch.value
        else:
            document.pop(member, None)

    return change


def flag(member: str) -> Change:
    """Sets a boolean."""

    def change(document: Document, patch: Patch) -> None:
        document[member] = is_true(patch.value)

    return change


def drop(member: str) -> Change:
    """Takes a member away, whether it is there or not."""

    def change(document: Document, _patch: Patch) -> None:
        document.pop(member, None)

    return change
