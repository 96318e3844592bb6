"""What happened while a template was rendered, for those who want to see why it came out as it did.

Templates are compiled a second time for this, with calls of the functions below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gatewright.vtl.access import get_index, get_property
from gatewright.vtl.blocks import Block, Context, emit, printed
from gatewright.vtl.dispatch import Call, fits
from gatewright.vtl.errors import Position
from gatewright.vtl.limits import Limits
from gatewright.vtl.methods.table import methods_of
from gatewright.vtl.runtime import Runtime, text

Kind: TypeAlias = Literal["reference", "set", "if", "foreach"]
Missing: TypeAlias = Literal["variable", "property", "method", "value"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a template did.

    Attributes:
        source, line, column: what stands in the template, and where (from 1): the reference, the #set, the
            condition of an #if or #elseif, the #foreach.
        target: what a #set stores in.
        text: what the reference printed, what was stored, `true` or `false` of a condition; empty for a loop.
        missing: why a reference in it had no value: the variable is not set, there is no such property or
            element, no such method for these arguments, or the method gave nothing.
        items, iterations: of a loop.
    """

    kind: Kind
    source: str
    line: int
    column: int
    target: str = ""
    text: str = ""
    missing: Missing | None = None
    items: int = 0
    iterations: int = 0


Recorder: TypeAlias = Callable[[Step], None]


class TracedRuntime(Runtime):
    """A rendering that tells its steps."""

    def __init__(self, limits: Limits, recorder: Recorder) -> None:
        super().__init__(limits)
        self.recorder = recorder
        self.missing: Missing | None = None

    def tell(
        self,
        kind: Kind,
        position: Position,
        text: str,
        *,
        target: str = "",
        items: int = 0,
        iterations: int = 0,
    ) -> None:
        missing, self.missing = self.missing, None
        self.recorder(
            Step(
                kind,
                position.source,
                position.line,
                position.column,
                target,
                text,
                missing,
                items,
                iterations,
            )
        )


def traced_variable(rt: TracedRuntime, value: object) -> object:
    if value is None:
        rt.missing = "variable"
    return value


def traced_property(rt: TracedRuntime, target: object, key: str) -> object:
    value = get_property(target, key)
    if value is None and target is not None:
        rt.missing = "property"
    return value


def traced_index(rt: TracedRuntime, target: object, key: object) -> object:
    value = get_index(target, key)
    if value is None and target is not None:
        rt.missing = "property"
    return value


def traced_call(rt: TracedRuntime, name: str, site: Call, target: object, *arguments: object) -> object:
    value = site(rt, target, *arguments)
    if value is None:
        methods = methods_of(type(target), name, len(arguments))
        rt.missing = "value" if any(fits(method, arguments) for method in methods) else "method"
    return value


def traced_text(rt: TracedRuntime, value: object, position: Position) -> str:
    printed = value if type(value) is str else text(rt, value)
    rt.tell("reference", position, printed)
    return printed


def traced_emit(
    rt: TracedRuntime,
    context: Context,
    out: list[str],
    value: object,
    prefix: str,
    unprinted: str,
    literal: str,
    position: Position,
) -> None:
    before = len(out)
    emit(rt, context, out, value, prefix, unprinted, literal)
    rt.tell("reference", position, "".join(out[before:]))


def traced_printed(
    rt: TracedRuntime,
    context: Context,
    value: object,
    prefix: str,
    unprinted: str,
    literal: str,
    position: Position,
) -> str:
    piece = printed(rt, context, value, prefix, unprinted, literal)
    rt.tell("reference", position, piece)
    return piece


def traced_set(rt: TracedRuntime, value: object, target: str, position: Position) -> None:
    rt.tell("set", position, "" if type(value) is Block else text(rt, value), target=target)


def traced_condition(rt: TracedRuntime, outcome: bool, position: Position) -> bool:
    rt.tell("if", position, "true" if outcome else "false")
    return outcome


def traced_loop(rt: TracedRuntime, items: Sequence[object], last: int, position: Position) -> None:
    rt.tell("foreach", position, "", items=len(items), iterations=last + 1)
