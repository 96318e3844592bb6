"""A compiled template."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import TracebackType

from gatewright.vtl import arithmetic, runtime
from gatewright.vtl.codegen.analysis import Uses, analyse
from gatewright.vtl.codegen.pyast import mark
from gatewright.vtl.codegen.statements import StatementCode
from gatewright.vtl.errors import MethodFailed, Position, RenderError, TemplateSyntaxError
from gatewright.vtl.limits import DEFAULT_LIMITS, Limits
from gatewright.vtl.nodes import Block, Text
from gatewright.vtl.parser import parse
from gatewright.vtl.runtime import Body, BreakLoop, Context, Macro, Runtime, StopRendering
from gatewright.vtl.units import printable
from gatewright.vtl.values import ForeachScope, JavaList, map_key

_FILE = "<template>"
_POSITIONS = "positions"
# All that compiled templates can name.
_NAMESPACE: Mapping[str, object] = {
    "__builtins__": {},
    "dict": dict,
    "enumerate": enumerate,
    "len": len,
    "str": str,
    "type": type,
    "BreakLoop": BreakLoop,
    "ForeachScope": ForeachScope,
    "JavaList": JavaList,
    "StopRendering": StopRendering,
    "map_key": map_key,
    **{
        function.__name__: function
        for function in (
            arithmetic.add,
            arithmetic.divide,
            arithmetic.modulo,
            arithmetic.multiply,
            arithmetic.subtract,
            runtime.Block,
            runtime.at_least,
            runtime.at_most,
            runtime.call_macro,
            runtime.emit,
            runtime.equal,
            runtime.evaluate,
            runtime.fail_include,
            runtime.get_index,
            runtime.get_property,
            runtime.greater,
            runtime.guarded,
            runtime.joined,
            runtime.less,
            runtime.loop_items,
            runtime.make_range,
            runtime.render_string,
            runtime.set_index,
            runtime.set_property,
            runtime.text,
        )
    },
}


class Program:
    """A template's functions."""

    __slots__ = ("macros", "main", "shared")

    def __init__(self, block: Block, uses: Uses) -> None:
        code = StatementCode(uses)
        code.main(block)
        namespace = _executed(code)
        self.shared = uses.shared
        self.main: Callable[..., None] = namespace["main"]  # type: ignore[assignment]
        self.macros = {
            name: Macro(name, parameters, namespace[function])  # type: ignore[arg-type]
            for name, (parameters, function) in code.macros.items()
        }

    def run(self, rt: Runtime, variables: Mapping[str, object]) -> None:
        if not self.shared:
            self.main(rt, variables.get, rt.out)
            return
        rt.macros = dict(self.macros)
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
    """What `compile_template` makes of a text.

    It can be rendered any number of times, by several threads at once.
    """

    __slots__ = ("_block", "_program", "constant", "text")

    def __init__(self, text: str) -> None:
        block = parse(text)
        self.text = text
        self.constant: str | None = None  # the output of a template in which nothing can change
        if all(isinstance(statement, Text) for statement in block):
            self.constant = "".join(statement.text for statement in block if isinstance(statement, Text))
        self._block = block
        self._program = _compiled(text, block, analyse(block))

    def render(self, variables: Mapping[str, object], limits: Limits = DEFAULT_LIMITS) -> str:
        """The output. `variables` are the template's references by name; templates do not change the mapping.

        Raises:
            RenderError: a method failed, or a limit was exceeded.
        """
        rt = Runtime(limits)
        rt.evaluator = evaluator
        return _rendered(self._program, rt, variables)


def _compiled(text: str, block: Block, uses: Uses) -> Program:
    try:
        return Program(block, uses)
    except (RecursionError, SyntaxError) as fault:  # Python's own bounds on nesting
        raise TemplateSyntaxError("the directives of the template are nested too deep", 1, 1) from fault


def _rendered(program: Program, rt: Runtime, variables: Mapping[str, object]) -> str:
    try:
        program.run(rt, variables)
        rt.check_output()
    except (MethodFailed, TemplateSyntaxError) as fault:
        raise RenderError(_message(fault), _position(fault.__traceback__)) from fault
    except RecursionError as fault:
        raise RenderError("a value or a macro is nested too deep", _position(fault.__traceback__)) from None
    return printable("".join(rt.out))


def _message(fault: MethodFailed | TemplateSyntaxError) -> str:
    return str(fault)


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
def _evaluated(text: str) -> Program:
    block = parse(text)
    uses = analyse(block)
    return _compiled(text, block, uses.as_shared())


def evaluator(rt: Runtime, text: str) -> Body:
    """Compiles the text of an #evaluate; its macros are there from then on."""
    program = _evaluated(text)
    for name, macro in program.macros.items():
        rt.macros.setdefault(name, macro)
    return program.main


def compile_template(text: str) -> Template:
    """Compiles a template.

    Raises:
        TemplateSyntaxError: the text is no template; says where.
    """
    return Template(text)
