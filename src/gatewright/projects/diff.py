"""What an API's draft would change on a stage, in readable lines: `/pets GET integration.uri: a -> b`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]
Members = dict[str, Any]  # of one thing: its members by dotted name
Things = dict[str, Members]  # by how a person names them

LONGEST = 160  # characters of a value on one line
_NOT_API = ("id", "createdDate", "rootResourceId", "tags", "warnings")
_NOT_METHOD = ("httpMethod", "authorizerId", "requestValidatorId", "methodIntegration")


def differences(live: Document, draft: Document) -> list[str]:
    """From the snapshot that a stage serves to what a deployment would freeze now."""
    old, new = _things(live), _things(draft)
    lines: list[str] = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            lines.append(f"{name}: removed")
        elif name not in old:
            lines.append(f"{name}: added{_summary(new[name])}")
        else:
            lines += _changes(name, old[name], new[name])
    return lines


def _summary(members: Members) -> str:
    kind = members.get("integration.type")
    return f" ({kind})" if kind else ""


def _changes(thing: str, old: Members, new: Members) -> Iterator[str]:
    for member in dict.fromkeys([*old, *new]):
        before, after = old.get(member), new.get(member)
        if before != after:
            yield from _change(f"{thing} {member}", before, after)


def _change(where: str, before: Any, after: Any) -> Iterator[str]:
    texts = [value for value in (before, after) if isinstance(value, str)]
    if not any("\n" in text for text in texts):
        yield f"{where}: {_shown(before)} -> {_shown(after)}"
        return
    yield f"{where}:"
    lines = ((before or "").splitlines(), (after or "").splitlines())
    for line in list(difflib.unified_diff(*lines, n=1, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield f"    {line}"


def _shown(value: Any) -> str:
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _things(snapshot: Document) -> Things:
    things: Things = {"API": _flat(_without(snapshot["restApi"], _NOT_API))}
    names = {
        one["id"]: one["name"] for kind in ("authorizers", "requestValidators") for one in snapshot[kind]
    }
    for resource in sorted(snapshot["resources"], key=lambda resource: str(resource["path"])):
        methods = resource.get("resourceMethods", {})
        if not methods:
            things[f"{resource['path']} (no methods)"] = {}
        for verb, method in methods.items():
            things[f"{resource['path']} {verb}"] = _method(method, resource["id"], names)
    for kind, member, name in _ENTITIES:
        for one in snapshot[kind]:
            things[f"{name} {one[member]}"] = _flat(_without(one, ("id", member)))
    return things


_ENTITIES = (
    ("models", "name", "model"),
    ("requestValidators", "name", "validator"),
    ("authorizers", "name", "authorizer"),
    ("gatewayResponses", "responseType", "gateway response"),
)


def _method(method: Document, resource: str, names: Mapping[str, str]) -> Members:
    """Other entities by their names, for an import gives them new ids."""
    members = _flat(_without(method, _NOT_METHOD))
    for member, shown in (("authorizerId", "authorizer"), ("requestValidatorId", "validator")):
        if method.get(member):
            members[shown] = names.get(method[member], method[member])
    integration = dict(method.get("methodIntegration", {}))
    if integration.get("cacheNamespace") == resource:
        del integration["cacheNamespace"]
    return members | _flat(integration, "integration.")


def _without(document: Document, members: tuple[str, ...]) -> Document:
    return {name: value for name, value in document.items() if name not in members}


def _flat(document: Document, prefix: str = "") -> Members:
    members: Members = {}
    for name, value in document.items():
        if isinstance(value, dict) and value:
            members |= _flat(value, f"{prefix}{name}.")
        elif value not in ({}, [], None):
            members[prefix + name] = value
    return members
