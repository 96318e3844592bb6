"""What a template uses, which decides how its variables are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace

from gatewright.vtl.nodes import (
    Block,
    Break,
    Define,
    Evaluate,
    Foreach,
    Interpolated,
    MacroCall,
    MacroDefinition,
    Method,
    Property,
    Reference,
    Set,
    Text,
)

LOOP_PROPERTIES = frozenset({"index", "count", "hasNext", "first", "last"})
LOOP_VARIABLES = frozenset({"foreach", "velocityCount", "velocityHasNext"})
# Methods that may change the collection that a loop goes through.
MUTATORS = frozenset(
    {"add", "addAll", "remove", "removeAll", "retainAll", "clear", "put", "putAll", "putIfAbsent"}
)


@dataclass(frozen=True, slots=True)
class Uses:
    """Facts of one template.

    `shared`: functions other than the main one see its variables. `plain_loops`: `$foreach` is only asked for
    its place, so that no object has to stand for it. `mutates`: something may change a collection.
    """

    shared: bool
    macros: bool
    plain_loops: bool
    mutates: bool
    breaks: bool
    variables: tuple[str, ...]

    def as_shared(self) -> Uses:
        """Of a template that runs among another's variables."""
        return replace(self, shared=True, macros=True, plain_loops=False)


def walk(node: object) -> Iterator[object]:
    """The node and all nodes in it."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif is_dataclass(current):
            yield current
            pending.extend(getattr(current, field.name) for field in fields(current))


def is_plain(body: Block) -> bool:
    """Whether an interpolated string is made of text and references only."""
    return all(
        isinstance(statement, Text) or (isinstance(statement, Reference) and not statement.escaped)
        for statement in body
    )


def analyse(template: Block) -> Uses:
    nodes = list(walk(template))
    macros = any(isinstance(node, MacroDefinition | Evaluate) for node in nodes)
    shared = macros or any(
        isinstance(node, Define)
        or (isinstance(node, MacroCall) and node.body is not None)
        or (isinstance(node, Interpolated) and not is_plain(node.body))
        or (isinstance(node, Break) and node.loop is not None)
        for node in nodes
    )
    references = [node for node in nodes if isinstance(node, Reference)]
    names = {reference.root: None for reference in references}
    names |= {node.variable: None for node in nodes if isinstance(node, Foreach)}
    plain_loops = not shared and _plain_loops(nodes, references)
    methods = {node.name for node in nodes if isinstance(node, Method)}
    return Uses(
        shared=shared,
        macros=macros,
        plain_loops=plain_loops,
        mutates=bool(methods & MUTATORS)
        or any(isinstance(node, Set) and node.target.steps for node in nodes),
        breaks=any(isinstance(node, Break | Evaluate) for node in nodes),
        variables=tuple(names if plain_loops else names | dict.fromkeys(sorted(LOOP_VARIABLES))),
    )


def _plain_loops(nodes: list[object], references: list[Reference]) -> bool:
    assigned = {node.target.root for node in nodes if isinstance(node, Set)}
    assigned |= {node.variable for node in nodes if isinstance(node, Foreach)}
    return not assigned & LOOP_VARIABLES and all(
        loop_property(reference) is not None for reference in references if reference.root == "foreach"
    )


def loop_property(reference: Reference) -> str | None:
    """The property of `$foreach.index` and its like; None for any other use of `$foreach`."""
    if reference.root != "foreach" or len(reference.steps) != 1:
        return None
    step = reference.steps[0]
    if isinstance(step, Property) and step.name in LOOP_PROPERTIES:
        return step.name
    if isinstance(step, Method) and step.name == "hasNext" and not step.arguments:
        return step.name
    return None


def uses_loop_place(body: Block) -> bool:
    """Whether a loop's body, outside of loops in it, asks for its place."""
    return any(isinstance(node, Reference) and node.root in LOOP_VARIABLES for node in walk(body))
