"""Macros, blocks, strings with directives and #evaluate: pieces of template that share its variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.limits import LONG
from gatewright.vtl.runtime import Runtime, joined, text
from gatewright.vtl.values import ForeachScope, HostObject, JavaClass


class StopRendering(Exception):
    """`#stop`."""


class BreakLoop(Exception):
    """`#break` on its way to the loop of `scope`; None is the innermost loop, macro or block."""

    def __init__(self, scope: ForeachScope | None = None) -> None:
        super().__init__("#break outside of the loop that it is to leave")
        self.scope = scope


def break_out(scope: object) -> None:
    """`#break($foreach.parent)`."""
    if type(scope) is not ForeachScope:
        raise MethodFailed("#break takes $foreach, or a loop further out such as $foreach.parent")
    raise BreakLoop(scope)


def goes_on(leaving: BreakLoop, scope: ForeachScope) -> bool:
    """Whether it leaves more than the loop of `scope`."""
    return leaving.scope is not None and leaving.scope is not scope


Body: TypeAlias = "Callable[[Runtime, Context, list[str]], None]"
Evaluator: TypeAlias = Callable[[Runtime, str], Body]


class Context:
    """The variables of a rendering, for templates whose macros and blocks share them."""

    __slots__ = ("variables",)

    def __init__(self, variables: dict[str, object]) -> None:
        self.variables = variables

    def get(self, name: str) -> object:
        return self.variables.get(name)

    def put(self, name: str, value: object) -> None:
        self.variables[name] = value

    def restore(self, name: str, value: object) -> None:
        """Sets back what a loop replaced; None was no variable."""
        if value is None:
            self.variables.pop(name, None)
        else:
            self.put(name, value)


class MacroContext(Context):
    """What a macro sees: what it set itself, its arguments, evaluated anew at each use, and the variables
    around it. What it sets is set around it, too, its arguments included."""

    __slots__ = ("arguments", "outer", "rt")

    def __init__(self, rt: Runtime, outer: Context, arguments: dict[str, Callable[[], object]]) -> None:
        super().__init__({})
        self.rt = rt
        self.outer = outer
        self.arguments = arguments

    def get(self, name: str) -> object:
        if name in self.variables:
            return self.variables[name]
        argument = self.arguments.get(name)
        if argument is None:
            return self.outer.get(name)
        self.rt.check_time()  # arguments can be made of arguments, which multiplies
        return argument()

    def put(self, name: str, value: object) -> None:
        self.variables[name] = value
        self.outer.put(name, value)

    def restore(self, name: str, value: object) -> None:
        if value is not None:
            self.put(name, value)
            return
        self.variables.pop(name, None)
        self.arguments.pop(name, None)
        self.outer.restore(name, None)


class Macro:
    """A defined macro."""

    __slots__ = ("body", "name", "parameters")

    def __init__(self, name: str, parameters: tuple[str, ...], body: Body) -> None:
        self.name = name
        self.parameters = parameters
        self.body = body


class Block(HostObject):
    """What #define stores: a piece of template that is rendered wherever it is printed.

    `most`: how many times it may be inside itself.
    """

    __slots__ = ("body", "context", "depth", "most", "rt")
    java_class = "org.apache.velocity.runtime.directive.Block$Reference"

    def __init__(self, rt: Runtime, context: Context, body: Body, most: int = 2) -> None:
        self.rt = rt
        self.most = most
        self.context = context
        self.body = body
        self.depth = 0

    def render(self, context: Context, out: list[str]) -> bool:
        """False where the block is inside itself too often: Velocity prints its name then."""
        if self.depth == self.most:
            return False
        self.depth += 1
        self.rt.enter("#define")
        try:
            self.body(self.rt, context, out)
        except BreakLoop as leaving:
            if leaving.scope is not None:
                raise
        finally:
            self.rt.leave()
            self.depth -= 1
        return True

    def get(self, name: str) -> object:
        return JavaClass(self.java_class) if name in ("class", "Class") else None

    def text(self) -> str:
        return self.rendered() or ""

    def rendered(self) -> str | None:
        """What Java's toString gives: null where it is inside itself too often."""
        out: list[str] = []
        return joined(self.rt, "".join(out)) if self.render(self.context, out) else None


def render_string(rt: Runtime, context: Context, body: Body) -> str:
    """An interpolated string with directives in it."""
    out: list[str] = []
    body(rt, context, out)
    return joined(rt, "".join(out))


Argument = tuple[Callable[[], object], str | None]


def call_macro(
    rt: Runtime,
    context: Context,
    out: list[str],
    name: str,
    arguments: tuple[Argument, ...],
    body: Body | None,
    source: str,
    invalid: str | None,
) -> None:
    """Renders a macro; where there is none of the name, the call prints as it is written."""
    macro = rt.macros.get(name)
    if macro is None:
        put(rt, out, source)
        return
    if invalid is not None:
        raise MethodFailed(f"{invalid!r} is no argument for the macro #{name}")
    inner = MacroContext(rt, context, {})
    for parameter, (argument, written) in zip(macro.parameters, arguments, strict=False):
        inner.arguments[parameter] = argument
        if written is not None:
            inner.variables[f".literal.${parameter}"] = written
    if body is not None:
        inner.variables["bodyContent"] = Block(rt, context, body, rt.limits.depth)
    rt.enter(f"#{name}")
    try:
        macro.body(rt, inner, out)
    except BreakLoop as leaving:
        if leaving.scope is not None:
            raise
    finally:
        rt.leave()


def evaluate(rt: Runtime, context: Context, out: list[str], template: object) -> None:
    """`#evaluate`: renders text as a template among the same variables."""
    assert rt.evaluator is not None
    body = rt.evaluator(rt, text(rt, template))
    rt.enter("#evaluate")
    try:
        body(rt, context, out)
    finally:
        rt.leave()


def put(rt: Runtime, out: list[str], piece: str) -> None:
    """Prints text, which is counted if it is long."""
    out.append(piece)
    if len(piece) > LONG:
        rt.printed(len(piece))


def literal(context: Context, written: str) -> str:
    """A reference as it is written; that of a macro's argument as it is written in the call."""
    in_call = context.get(f".literal.{written}")
    return in_call if isinstance(in_call, str) else written


def emit(
    rt: Runtime,
    context: Context,
    out: list[str],
    value: object,
    prefix: str,
    unprinted: str,
    written: str,
) -> None:
    """Prints a value where it may be a block; a block prints without what stands before the reference."""
    if type(value) is not Block:
        put(rt, out, prefix + text(rt, value))
    elif not value.render(context, out):
        put(rt, out, unprinted + literal(context, written))


def second(first: object, result: str) -> str:
    """An escaped reference: evaluated, since it may fail, but not printed."""
    del first
    return result


def printed(rt: Runtime, context: Context, value: object, prefix: str, unprinted: str, written: str) -> str:
    """What `emit` prints, as a piece of a string."""
    if type(value) is not Block:
        return prefix + text(rt, value)
    out: list[str] = []
    emit(rt, context, out, value, prefix, unprinted, written)
    return joined(rt, "".join(out))


def holds(value: object) -> bool:
    """Whether a value that may be a block is true; a block is rendered to see whether it can be."""
    return value.rendered() is not None if type(value) is Block else value is not False


def fail(message: str) -> None:
    raise MethodFailed(message)
