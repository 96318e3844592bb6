"""A document as text: JSON spaced as the real service spaces it, or YAML with its texts in double quotes."""

from __future__ import annotations

import sys
from typing import Any

import orjson
import yaml

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # much faster where libyaml is there
_RESOLVER: Any = yaml.resolver.Resolver()
_TAG = "tag:yaml.org,2002:"


def json_text(document: Any) -> bytes:
    """Objects over several lines, two spaces a level; lists in line, with a blank inside their brackets."""
    pieces: list[bytes] = []
    _write(document, b"\n", pieces)
    return b"".join(pieces)


def _write(value: Any, line: bytes, pieces: list[bytes]) -> None:
    """`line` is a line break with the indentation of the object that `value` stands in."""
    if isinstance(value, dict):
        below = line + b"  "
        for index, (name, item) in enumerate(value.items()):
            pieces.append((b"," if index else b"{") + below + orjson.dumps(name) + b" : ")
            _write(item, below, pieces)
        pieces.append(line + b"}" if value else b"{ }")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            pieces.append(b", " if index else b"[ ")
            _write(item, line, pieces)
        pieces.append(b" ]" if value else b"[ ]")
    else:
        pieces.append(orjson.dumps(value))


def yaml_text(document: Any) -> bytes:
    text: bytes = yaml.serialize(
        _node(document),
        Dumper=_DUMPER,
        explicit_start=True,
        allow_unicode=True,
        encoding="utf-8",
        width=sys.maxsize // 2**32,
    )
    return text


def _node(value: Any) -> yaml.Node:
    if isinstance(value, dict):
        members = [(_name(name), _node(item)) for name, item in value.items()]
        return yaml.MappingNode(f"{_TAG}map", members, flow_style=not members)
    if isinstance(value, list):
        items = [_node(item) for item in value]
        return yaml.SequenceNode(f"{_TAG}seq", items, flow_style=not items)
    if isinstance(value, str):
        return yaml.ScalarNode(f"{_TAG}str", value, style='"')
    kind = {bool: "bool", int: "int", float: "float"}.get(type(value), "null")
    return yaml.ScalarNode(f"{_TAG}{kind}", orjson.dumps(value).decode())


def _name(name: str) -> yaml.Node:
    """A member's name, bare where it cannot be taken for anything but a text."""
    resolved = _RESOLVER.resolve(yaml.ScalarNode, name, (True, False))
    return yaml.ScalarNode(f"{_TAG}str", name, style=None if resolved == f"{_TAG}str" else '"')
