"""Which method of which resource serves a path: static child, then the variable child, with backtracking.

A resource is a match only if it owns the request's method or ANY; otherwise the walk goes back and tries the
next candidate. Segments are compared as sent, never percent-decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright.gateway.plan import MethodPlan

METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))

Match = tuple["MethodPlan", dict[str, str]]


class _Node:
    __slots__ = ("greedy", "methods", "static", "variable", "variable_name")

    def __init__(self) -> None:
        self.static: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.variable_name = ""
        self.greedy = False
        self.methods: dict[str, MethodPlan] = {}

    def child(self, part: str) -> _Node:
        if not part.startswith("{"):
            return self.static.setdefault(part, _Node())
        if self.variable is None:
            self.variable = _Node()
            self.greedy = part.endswith("+}")
            self.variable_name = part.strip("{}").removesuffix("+")
        return self.variable


class Router:
    """A compiled trie. Paths without variables are also found by one look-up of the whole path."""

    __slots__ = ("_fixed", "_root")

    def __init__(self) -> None:
        self._root = _Node()
        self._fixed: dict[str, dict[str, MethodPlan]] = {}

    def add(self, resource_path: str, http_method: str, plan: MethodPlan) -> None:
        """Add a method; `http_method` is a verb, or ANY for those of the seven not added by name."""
        node = self._root
        for part in _segments(resource_path):
            node = node.child(part)
        node.methods[http_method] = plan
        if "{" not in resource_path:
            self._fixed[resource_path] = {verb: found for verb in METHODS if (found := _served(node, verb))}

    def find(self, path: str, verb: str) -> Match | None:
        """The method that serves `verb` on `path` (leading slash; a trailing one is ignored) and the path
        variables, or None."""
        methods = self._fixed.get(path)
        if methods is not None:
            plan = methods.get(verb)
            if plan is not None:
                return plan, {}
        if verb not in METHODS:
            return None
        if len(path) > 1 and path.endswith("/"):
            return self.find(path.rstrip("/") or "/", verb)
        return _walk(self._root, _segments(path), 0, verb)

    def nearest(self, path: str, verb: str) -> dict[str, str | None]:
        """Why nothing serves `verb` on `path`: `nearest`, the resource that matches most of it, and `why`."""
        segments = _segments(path.rstrip("/"))
        depth, at, node = _deepest(self._root, segments, 0, "")
        resource = at or "/"
        if depth < len(segments):
            return {"nearest": resource, "why": f"{resource} has no child for {segments[depth]!r}"}
        if verb not in METHODS:
            return {"nearest": resource, "why": f"{verb} is no method that REST APIs serve"}
        owned = ", ".join(sorted(node.methods)) or "none"
        return {"nearest": resource, "why": f"{resource} has no method for {verb}; its methods: {owned}"}


def _deepest(node: _Node, segments: list[str], index: int, path: str) -> tuple[int, str, _Node]:
    """(segments matched, resource path, node) of the walk that gets furthest."""
    best = (index, path, node)
    if index == len(segments):
        return best
    part = segments[index]
    static = node.static.get(part)
    if static is not None:
        best = max(best, _deepest(static, segments, index + 1, f"{path}/{part}"), key=_reach)
    if node.variable is not None:
        name = f"{path}/{{{node.variable_name}{'+' if node.greedy else ''}}}"
        taken = len(segments) if node.greedy else index + 1
        best = max(best, _deepest(node.variable, segments, taken, name), key=_reach)
    return best


def _reach(walk: tuple[int, str, _Node]) -> int:
    return walk[0]


def _served(node: _Node, verb: str) -> MethodPlan | None:
    return node.methods.get(verb) or node.methods.get("ANY")


def _segments(path: str) -> list[str]:
    return path[1:].split("/") if len(path) > 1 else []


def _walk(node: _Node, segments: list[str], index: int, verb: str) -> Match | None:
    """Depth first. Recursion is bounded by the tree's depth: each level consumes a resource of the API."""
    if index == len(segments):
        plan = _served(node, verb)
        return None if plan is None else (plan, {})
    static = node.static.get(segments[index])
    if static is not None:
        match = _walk(static, segments, index + 1, verb)
        if match is not None:
            return match
    return _walk_variable(node, segments, index, verb)


def _walk_variable(node: _Node, segments: list[str], index: int, verb: str) -> Match | None:
    child = node.variable
    if child is None:
        return None
    if node.greedy:
        plan = _served(child, verb)
        return None if plan is None else (plan, {node.variable_name: "/".join(segments[index:])})
    if not segments[index]:
        return None
    match = _walk(child, segments, index + 1, verb)
    if match is not None:
        match[1][node.variable_name] = segments[index]
    return match
