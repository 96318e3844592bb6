"""Which operation a request asks for: the models' `http` traits as a tree of path segments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from botocore.model import OperationModel

Query = list[tuple[str, str]]

# Labels that take the rest of the path when nothing else fits: an ARN whose slashes were not escaped.
_TAKES_THE_REST = frozenset({"resource_arn"})


@dataclass(frozen=True, slots=True)
class Route:
    """One operation at one place: `constants` are the query parameters its URI is written with."""

    operation: OperationModel
    labels: tuple[str, ...]
    constants: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Match:
    operation: OperationModel
    labels: dict[str, str]  # decoded
    query: Query  # decoded, without the constants of the operation's URI


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    label: _Node | None = None
    takes_the_rest: bool = False
    routes: dict[str, list[Route]] = field(default_factory=dict)  # by method, most constants first

    def child(self, segment: str) -> _Node:
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Node())
        self.label = self.label or _Node()
        self.label.takes_the_rest |= _label_name(segment) in _TAKES_THE_REST
        return self.label


class Routes:
    """All routes of one service."""

    def __init__(self, operations: Iterable[OperationModel]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: OperationModel) -> None:
        path, _, query = operation.http["requestUri"].partition("?")
        segments = _segments(path)
        node = self._root
        for segment in segments:
            node = node.child(segment)
        labels = tuple(_label_name(segment) for segment in segments if segment.startswith("{"))
        here = node.routes.setdefault(operation.http["method"], [])
        here.append(Route(operation, labels, frozenset(parse_qsl(query, keep_blank_values=True))))
        here.sort(key=lambda route: len(route.constants), reverse=True)

    def find(self, method: str, path: str, query: str) -> Match | None:
        """The operation for a request whose path and query are still percent-encoded."""
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
        given = frozenset(pairs)
        for node, values in _walk(self._root, _segments(path), ()):
            for route in node.routes.get(method, ()):
                if route.constants <= given:
                    labels = dict(zip(route.labels, values, strict=True))
                    rest = [pair for pair in pairs if pair not in route.constants]
                    return Match(route.operation, labels, rest)
        return None


def _walk(
    node: _Node, segments: list[str], values: tuple[str, ...]
) -> Iterable[tuple[_Node, tuple[str, ...]]]:
    """Every place the segments lead to, literal segments preferred, with the labels' values."""
    if not segments:
        yield node, values
        return
    first, rest = segments[0], segments[1:]
    if first in node.literals:
        yield from _walk(node.literals[first], rest, values)
    label = node.label
    if label is not None and first:
        yield from _walk(label, rest, (*values, unquote(first)))
        if label.takes_the_rest and rest:
            yield label, (*values, unquote("/".join(segments)))


def _segments(path: str) -> list[str]:
    """The models write some URIs with a slash at the end; it makes no difference."""
    return path.strip("/").split("/")


def _label_name(segment: str) -> str:
    return segment.strip("{}").removesuffix("+")
