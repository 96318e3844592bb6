"""A template as it was written: YAML with CloudFormation's short tags, or JSON, and the line of each part."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault

MOST_BYTES = 5_000_000  # of one file; CloudFormation itself takes a megabyte
MOST_NODES = 200_000  # an alias counts as often as it is used
DEEPEST = 100
TEMPLATE_BYTES_SNIFFED = 65_536

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_SECTION = re.compile(rb"^[\"'\s{]*(?:AWSTemplateFormatVersion|Transform)[\"']?\s*:", re.MULTILINE)
_RESOURCE = re.compile(rb"[\"']?Type[\"']?\s*:\s*[\"']?AWS::[A-Za-z0-9]+::")


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds, and the line on which each of its keys and list items begins."""

    file: Path
    document: Any
    lines: Mapping[faults.Path, int] = field(repr=False)

    def line(self, path: faults.Path) -> int | None:
        """Of the part at `path`, or of the nearest one around it."""
        for length in range(len(path), 0, -1):
            if line := self.lines.get(path[:length]):
                return line
        return None


def is_template(path: Path) -> bool:
    """Whether a file looks like a CloudFormation or SAM template, by its first 64 KiB."""
    if path.suffix.lower() not in (".yaml", ".yml", ".json", ".template") or not path.is_file():
        return False
    with path.open("rb") as file:
        beginning = file.read(TEMPLATE_BYTES_SNIFFED)
    return bool(_SECTION.search(beginning) or (b"Resources" in beginning and _RESOURCE.search(beginning)))


def read_source(file: Path) -> Source:
    """Read a template, or a file that it includes. Raises TemplateFault, whose path is one line number."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TemplateFault(f"cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise TemplateFault(f"has {len(content)} bytes; {MOST_BYTES} are the most")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TemplateFault("is not UTF-8 text") from None
    if text.lstrip().startswith("{"):
        text = _checked_json(text)
    reader = _Reader()
    return Source(file, reader.read(text), reader.lines)


def _checked_json(text: str) -> str:
    """JSON is YAML but for tabs, which can only stand between its tokens."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise TemplateFault(f"is not JSON: {error.msg}", (error.lineno,)) from None
    except RecursionError:
        raise TemplateFault(f"is nested more than {DEEPEST} deep") from None
    return text.replace("\t", " ")


class _Loader(yaml.SafeLoader):
    """YAML in which dates are texts: `2012-10-17` is a policy's version."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Reader:
    """Turns YAML's nodes into values, and notes their lines."""

    def __init__(self) -> None:
        self.lines: dict[faults.Path, int] = {}
        self._nodes = 0

    def read(self, text: str) -> Any:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            return {} if node is None else self._value(loader, node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = () if mark is None else (mark.line + 1,)
            raise TemplateFault(f"is not YAML: {error.problem or error.context}", line) from None
        except (yaml.YAMLError, ValueError) as error:
            raise TemplateFault(f"is not YAML: {error}") from None
        except RecursionError:
            raise TemplateFault(f"is nested more than {DEEPEST} deep") from None
        finally:
            loader.dispose()

    def _value(self, loader: _Loader, node: yaml.Node, path: faults.Path) -> Any:
        self._count(node, path)
        if not node.tag.startswith("!"):
            return self._plain(loader, node, path)
        tag = node.tag.removeprefix("!")
        name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
        value = self._plain(loader, node, path)
        if tag == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name: value}

    def _plain(self, loader: _Loader, node: yaml.Node, path: faults.Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(loader, item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.tag.startswith("!"):
            return node.value
        return loader.construct_object(node)

    def _mapping(self, loader: _Loader, node: yaml.MappingNode, path: faults.Path) -> dict[str, Any]:
        merges = any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value)
        if merges:
            loader.flatten_mapping(node)
        value: dict[str, Any] = {}
        for key_node, inner in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in value and not merges:
                raise TemplateFault(f"the key {key} stands twice in one map", (line,))
            self.lines.setdefault((*path, key), line)
            value[key] = self._value(loader, inner, (*path, key))
        return value

    def _count(self, node: yaml.Node, path: faults.Path) -> None:
        self._nodes += 1
        line = node.start_mark.line + 1
        if self._nodes > MOST_NODES:
            raise TemplateFault(f"has more than {MOST_NODES} values", (line,))
        if len(path) > DEEPEST:
            raise TemplateFault(f"is nested more than {DEEPEST} deep", (line,))
        self.lines.setdefault(path, line)
