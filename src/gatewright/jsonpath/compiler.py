"""A parsed path -> functions."""

from __future__ import annotations

from collections.abc import Callable

import regex

from gatewright.jsonpath import selectors
from gatewright.jsonpath.comparing import OPERATORS, number_text
from gatewright.jsonpath.errors import MISSING, InvalidPath
from gatewright.jsonpath.functions import FUNCTIONS
from gatewright.jsonpath.run import Run
from gatewright.jsonpath.selectors import Accepts, Select, Values
from gatewright.jsonpath.syntax import (
    Comparison,
    Every,
    Exists,
    Filter,
    Function,
    Index,
    Literal,
    Not,
    Operand,
    Operator,
    PathSyntax,
    Pattern,
    Property,
    Scan,
    Slice,
    Step,
    Test,
    Wildcard,
)

Get = Callable[[object, Run], object]  # of the value at `@`


def compile_steps(path: PathSyntax, raises: bool) -> list[Select]:
    """`raises`: where Jayway raises on a value of the wrong kind; else it finds nothing, as in filters."""
    steps = path.steps
    if path.collects:
        *scanned, function = steps
        assert isinstance(function, Function)
        if function.name in ("length", "size"):  # Jayway counts the children of what it found
            scanned.append(Wildcard())
        selects = compile_steps(PathSyntax(path.at_root, tuple(scanned)), raises)
        return [*_collected(selects), _function(function)]
    strict, selects = raises, []
    for step in steps:
        selects.append(_select(step, step is steps[-1], strict))
        strict = strict and PathSyntax(path.at_root, (step,)).definite
    return selects


def _collected(selects: list[Select]) -> list[Select]:
    """`$..price.sum()` sums what the path before it finds."""
    return [lambda values, run: [_apply(selects, values, run)]]


def _apply(selects: list[Select], values: Values, run: Run) -> Values:
    for select in selects:
        values = select(values, run)
    return values


def compile_path_value(path: PathSyntax, raises: bool) -> Get:
    """The path's value: of a definite one what it finds or MISSING, of any other the list."""
    selects = compile_steps(path, raises)
    definite = path.definite

    def get(start: object, run: Run) -> object:
        found = _apply(selects, [start], run)
        if not definite:
            return found
        return found[-1] if found else MISSING

    return get


def _select(step: Step, last: bool, strict: bool) -> Select:
    if isinstance(step, Scan):
        return _scan(step.step, last)
    if isinstance(step, Property):
        if len(step.names) == 1:
            return selectors.property_(step)
        return selectors.merged_properties(step) if last else selectors.each_property(step)
    if isinstance(step, Index):
        return selectors.index(step, strict)
    if isinstance(step, Slice):
        return selectors.slice_(step, strict)
    if isinstance(step, Filter):
        return selectors.filter_(_test(step.test), strict)
    if isinstance(step, Function):
        return _function(step)
    return selectors.wildcard


def _scan(step: Step, last: bool) -> Select:
    if isinstance(step, Property) and len(step.names) == 1:
        return selectors.scan_property(step)
    return selectors.scan(_select(step, last, strict=False), _scanned(step, last), last)


def _scanned(step: Step, last: bool) -> Accepts:
    """Which of the containers a scan visits the step behind it is applied to."""
    if isinstance(step, Filter):
        return _test(step.test)
    if isinstance(step, Property):
        names = step.names if last else ()
        return lambda value, run: isinstance(value, dict) and all(name in value for name in names)
    if isinstance(step, Wildcard):
        return lambda value, run: True
    return lambda value, run: isinstance(value, list)


def _function(step: Function) -> Select:
    function, arguments = FUNCTIONS[step.name], [_operand(argument) for argument in step.arguments]

    def select(values: Values, run: Run) -> Values:
        given = [argument(run.root, run) for argument in arguments]
        run.spend(sum(len(value) for value in [*values, *given] if isinstance(value, (list, dict))))
        return [function(value, given) for value in values]

    return select


def _test(test: Test) -> Accepts:
    if isinstance(test, Comparison):
        return _comparison(test)
    if isinstance(test, Exists):
        get = _operand(test.path)
        if not test.path.definite:
            return lambda value, run: bool(get(value, run))
        return lambda value, run: _is_there(get(value, run))
    if isinstance(test, Not):
        accepts = _test(test.test)
        return lambda value, run: not accepts(value, run)
    tests = [_test(one) for one in test.tests]
    if isinstance(test, Every):
        return lambda value, run: all(accepts(value, run) for accepts in tests)
    return lambda value, run: any(accepts(value, run) for accepts in tests)


def _is_there(found: object) -> bool:
    return found is not MISSING and found is not None


def _comparison(test: Comparison) -> Accepts:
    if test.operator is Operator.MATCHES:
        return _matching(test)
    if isinstance(test.left, Pattern) or isinstance(test.right, Pattern):
        return lambda value, run: False
    left, right, holds = _operand(test.left), _operand(test.right), OPERATORS[test.operator]

    def accepts(value: object, run: Run) -> bool:
        one, other = left(value, run), right(value, run)
        if isinstance(one, list) or isinstance(other, list):
            run.spend(_length(one) * _length(other))
        return holds(one, other)

    return accepts


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 1


def _matching(test: Comparison) -> Accepts:
    """The whole text must match; of a list, one of its items. Numbers and booleans count as they print."""
    pattern, operand = (test.left, test.right) if isinstance(test.left, Pattern) else (test.right, test.left)
    if not isinstance(pattern, Pattern):
        return lambda value, run: False
    compiled, get = _regex(pattern), _operand(operand)

    def accepts(value: object, run: Run) -> bool:
        found = get(value, run)
        candidates = found if isinstance(found, list) else [found]
        texts = (_matched_text(candidate) for candidate in candidates)
        return any(text is not None and run.matches(compiled, text) for text in texts)

    return accepts


def _matched_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(value)


JAVA_FLAGS = {
    "i": regex.IGNORECASE,
    "x": regex.VERBOSE,
    "m": regex.MULTILINE,
    "s": regex.DOTALL,
    "d": 0,  # only \\n ends a line: so it is here anyway
    "u": regex.UNICODE,
    "U": regex.UNICODE,
}


def _regex(pattern: Pattern) -> regex.Pattern[str]:
    """Java's classes (`\\d`, `\\w`) and its letter case are ASCII unless a flag says otherwise."""
    flags = regex.V1 if "u" in pattern.flags.lower() else regex.V1 | regex.ASCII
    for letter in pattern.flags:
        flags |= JAVA_FLAGS[letter]
    try:
        return regex.compile(pattern.source, flags)
    except (regex.error, RecursionError, OverflowError) as error:
        raise InvalidPath(f"Regular expression /{pattern.source}/ is not valid: {error}.", 0) from None


def _operand(operand: Operand) -> Get:
    if isinstance(operand, Literal):
        constant = operand.value
        return lambda value, run: constant
    assert isinstance(operand, PathSyntax)  # the parser lets regular expressions stand only behind =~
    get = compile_path_value(operand, raises=False)
    if not operand.at_root:
        return get
    key = id(get)

    def get_once(value: object, run: Run) -> object:
        if key not in run.read_once:
            run.read_once[key] = get(run.root, run)
        return run.read_once[key]

    return get_once
