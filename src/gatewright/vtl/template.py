"""A compiled template."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import TracebackType

from gatewright.vtl import access, arithmetic, blocks, conditions, loops, runtime, tracing
from gatewright.vtl.blocks import Body, BreakLoop, Context, Evaluator, Macro, StopRendering
from gatewright.vtl.codegen.analysis import Uses, analyse
from gatewright.vtl.codegen.pyast import mark
from gatewright.vtl.codegen.statements import StatementCode
from gatewright.vtl.codegen.traced import TracedCode
from gatewright.vtl.errors import MethodFailed, Position, RenderError, TemplateSyntaxError
from gatewright.vtl.limits import DEFAULT_LIMITS, LONG, Limits
from gatewright.vtl.nodes import Block, Text
from gatewright.vtl.parser import parse
from gatewright.vtl.runtime import Runtime
from gatewright.vtl.tracing import Recorder, TracedRuntime
from gatewright.vtl.units import printable
from gatewright.vtl.values import ForeachScope, JavaList, map_key

_FILE = "<template>"
_POSITIONS = "positions"
# All that compiled templates can name.
_NAMESPACE: Mapping[str, object] = {
    "__builtins__": {},
    "dict": dict,
    "int": int,
    "enumerate": enumerate,
    "len": len,
    "str": str,
    "type": type,
    "BreakLoop": BreakLoop,
    "ForeachScope": ForeachScope,
    "JavaList": JavaList,
    "NOTHING": loops.NOTHING,
    "StopRendering": StopRendering,
    "map_key": map_key,
    **{
        function.__name__: function
        for function in (
            access.get_index,
            access.get_property,
            access.set_index,
            access.set_property,
            arithmetic.add,
            arithmetic.add_written,
            arithmetic.divide,
            arithmetic.modulo,
            arithmetic.multiply,
            arithmetic.subtract,
            blocks.Block,
            blocks.break_out,
            blocks.call_macro,
            blocks.emit,
            blocks.evaluate,
            blocks.fail,
            blocks.goes_on,
            blocks.holds,
            blocks.literal,
            blocks.printed,
            blocks.render_string,
            blocks.second,
            conditions.at_least,
            conditions.at_most,
            conditions.equal,
            conditions.greater,
            conditions.less,
            loops.counted,
            loops.guarded,
            loops.loop_items,
            loops.make_range,
            runtime.joined,
            runtime.text,
            tracing.traced_call,
            tracing.traced_condition,
            tracing.traced_emit,
            tracing.traced_index,
            tracing.traced_loop,
            tracing.traced_printed,
            tracing.traced_property,
            tracing.traced_set,
            tracing.traced_text,
            tracing.traced_variable,
        )
    },
}


class Program:
    """A template's functions."""

    __slots__ = ("macros", "main", "shared")

    def __init__(self, block: Block, uses: Uses, code: StatementCode) -> None:
        code.main(block)
        namespace = _executed(code)
        self.shared = uses.shared
        self.main: Callable[..., None] = namespace["main"]  # type: ignore[assignment]
        self.macros = {
            name: Macro(name, parameters, namespace[function])  # type: ignore[arg-type]
            for name, (parameters, function) in code.macros.items()
        }

    def run_shared(self, rt: Runtime, variables: Mapping[str, object], evaluator: Evaluator) -> None:
        """Runs a template whose functions share its variables."""
        rt.macros = self.macros
        rt.evaluator = evaluator
        try:
            self.main(rt, Context(dict(variables)), rt.out)
        except (StopRendering, BreakLoop):
            pass


def _executed(code: StatementCode) -> dict[str, object]:
    module = ast.Module(code.functions, [])
    mark(module, 1)
    namespace = dict(_NAMESPACE)
    namespace |= {f"m_{name}_{count}": site for (name, count), site in code.sites.items()}
    namespace[_POSITIONS] = code.positions
    exec(compile(module, _FILE, "exec"), namespace)
    return namespace


class Template:
    """What `compile_template` makes of a text; any number of threads can render it at once.

    Attributes:
        text: what was compiled.
        constant: the output of a template in which nothing can change; None for all others.
    """

    __slots__ = ("_block", "_program", "_traced", "_uses", "constant", "text")

    def __init__(self, text: str) -> None:
        block = _parsed(text)
        self.text = text
        self.constant = _constant(block)
        self._block = block
        self._uses = analyse(block)
        self._program = _compiled(block, self._uses, StatementCode(self._uses))
        self._traced: Program | None = None  # compiled when it is first asked for

    def refers_to(self, name: str) -> bool:
        """Whether the variable can matter to the output."""
        return self._uses.shared or name in self._uses.variables

    def render(self, variables: Mapping[str, object], limits: Limits = DEFAULT_LIMITS) -> str:
        """The output. `variables` are the template's references by name; templates do not change the mapping.

        Raises:
            RenderError: a method failed, or a limit was exceeded.
        """
        return _rendered(self._program, Runtime(limits), variables, _evaluator)

    def render_traced(
        self, variables: Mapping[str, object], recorder: Recorder, limits: Limits = DEFAULT_LIMITS
    ) -> str:
        """As `render`; calls `recorder` for each thing that happens, in its order.

        A loop is told when it has ended, after the steps in it.
        """
        if self._traced is None:
            self._traced = _compiled(self._block, self._uses, TracedCode(self._uses))
        return _rendered(self._traced, TracedRuntime(limits, recorder), variables, _traced_evaluator)


def _parsed(text: str) -> Block:
    try:
        return parse(text)
    except RecursionError as fault:
        raise TemplateSyntaxError("the template is nested too deep", 1, 1) from fault


def _constant(block: Block) -> str | None:
    texts = [statement.text for statement in block if isinstance(statement, Text)]
    return "".join(texts) if len(texts) == len(block) else None


def _compiled(block: Block, uses: Uses, code: StatementCode) -> Program:
    try:
        return Program(block, uses, code)
    except (RecursionError, SyntaxError) as fault:  # Python's own bounds on nesting
        raise TemplateSyntaxError("the directives of the template are nested too deep", 1, 1) from fault


def _rendered(program: Program, rt: Runtime, variables: Mapping[str, object], evaluator: Evaluator) -> str:
    out = rt.out
    try:
        if program.shared:
            program.run_shared(rt, variables, evaluator)
        else:
            program.main(rt, variables.get, out)
        if len(out) * LONG + rt.printed_chars > rt.limits.output_chars:
            rt.check_output()
    except (MethodFailed, TemplateSyntaxError) as fault:
        raise RenderError(str(fault), _position(fault.__traceback__)) from fault
    except RecursionError as fault:
        raise RenderError("a value or a macro is nested too deep", _position(fault.__traceback__)) from None
    text = out[0] if len(out) == 1 else "".join(out)
    return text if text.isascii() else printable(text)


def _position(traceback: TracebackType | None) -> Position:
    """Of the innermost piece of template that was running."""
    found = Position(1, 1, "")
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == _FILE:
            positions = traceback.tb_frame.f_globals[_POSITIONS]
            if 0 < traceback.tb_lineno <= len(positions):
                found = positions[traceback.tb_lineno - 1]
        traceback = traceback.tb_next
    return found


@lru_cache(maxsize=128)
def _evaluated(text: str, generator: type[StatementCode]) -> Program:
    block = _parsed(text)
    uses = analyse(block).as_shared()
    return _compiled(block, uses, generator(uses))


def _evaluator(rt: Runtime, text: str) -> Body:
    return _with_macros(rt, _evaluated(text, StatementCode))


def _traced_evaluator(rt: Runtime, text: str) -> Body:
    return _with_macros(rt, _evaluated(text, TracedCode))


def _with_macros(rt: Runtime, program: Program) -> Body:
    """The text of an #evaluate; its macros are there from then on."""
    if program.macros:
        rt.macros = {**program.macros, **rt.macros}
    return program.main


def compile_template(text: str) -> Template:
    """Compiles a template.

    Raises:
        TemplateSyntaxError: the text is no template; says where.
    """
    return Template(text)
