"""Any text is a template or a clear error, and stays within its limits; any value prints."""

from __future__ import annotations

import time
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.vtl import JavaList, Limits, RenderError, TemplateSyntaxError, compile_template, to_text

LIMITS = Limits(
    loop_iterations=50,
    total_iterations=200,
    output_chars=20_000,
    string_chars=10_000,
    collection_items=500,
    regex_seconds=0.05,
    seconds=1.0,
)
PIECES = [
    "$", "$!", "#", "{", "}", "(", ")", "[", "]", ".", "..", ",", ":", '"', "'", "\\", "|", " ", "\n",
    "\r\n", "\t", "v", "$v", "${v}", "$!{v}", "$l", "$m", "$s", "$nope", "1", "-1", "0.5", "1e9", "true",
    "false", "and", "or", "not", "in", "==", "!=", "<", ">=", "+", "-", "*", "/", "%", "!", "&&", "||", "=",
    "#set(", "#set($x = ", "#if(", "#elseif(", "#else", "#{else}", "#end", "#{end}", "#foreach($i in ",
    "#foreach($i in $l)", "#break", "#stop", "#define($d)", "#macro(m $a)", "#m(", "#@m(", "#evaluate(",
    "#literal()", "#include(", "##", "#*", "*#", "#**", "#[[", "]]#", ".size()", ".get(", ".length()",
    ".add(", ".put(", ".keySet()", ".replaceAll(", ".split(", ".format(", ".substring(", "[0]", "[-1]",
    '["a"]', "$foreach.hasNext", "$foreach.index", "$velocityCount", "\\u0041", "\\u", "é", "😀", "\ud83d",
]  # fmt: skip
pieced = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(JavaList)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
names = st.sampled_from(["v", "l", "m", "s", "x", "i", "foreach"])


def render(text: str, variables: dict[str, object]) -> None:
    try:
        template = compile_template(text)
    except TemplateSyntaxError as error:
        check_place(error)
        return
    started = time.monotonic()
    outcomes = [
        outcome(lambda: template.render(variables, LIMITS)),
        outcome(lambda: template.render_traced(variables, lambda step: None, LIMITS)),
    ]
    assert time.monotonic() - started < 30  # far above the limit: a hang, not a slow machine
    for output in outcomes:
        assert output is None or len(output) <= LIMITS.output_chars
        (output or "").encode()  # no half of a character


def check_place(error: TemplateSyntaxError | RenderError) -> None:
    assert error.message
    assert error.line >= 1
    assert error.column >= 1


def outcome(render: object) -> str | None:
    assert callable(render)
    try:
        result = render()
    except RenderError as error:
        check_place(error)
        return None
    assert isinstance(result, str)
    return result


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("$#!{}()[].,:\"'\\|= \nabv1-*@éx"), max_size=40))
def test_any_text(text: str) -> None:
    render(text, {"v": "V", "a": {"b": [1]}})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieced, st.dictionaries(names, values, max_size=5))
def test_any_sequence_of_pieces_on_any_values(text: str, variables: dict[str, object]) -> None:
    render(text, variables)


METHODS = [
    "length", "size", "isEmpty", "toString", "trim", "keySet", "values", "entrySet", "iterator", "hashCode",
    "clear", "intValue", "longValue", "substring", "get", "contains", "indexOf", "lastIndexOf",
    "startsWith", "equals", "add", "remove", "containsKey", "concat", "split", "charAt", "matches",
    "addAll", "compareTo", "valueOf", "containsAll", "parseInt", "parseDouble", "put", "replace",
    "replaceAll", "replaceFirst", "set", "getOrDefault", "subList", "format", "join", "putAll", "repeat",
    "toHexString", "removeAll", "retainAll", "max", "codePointAt",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values, st.sampled_from(METHODS), st.lists(values, max_size=3))
def test_any_method_on_any_value(target: object, method: str, arguments: list[object]) -> None:
    variables = {"t": target, **{f"a{index}": argument for index, argument in enumerate(arguments)}}
    call = f"$t.{method}({', '.join(f'$a{index}' for index in range(len(arguments)))})"
    render(f"{call}|$t|#foreach($x in {call})$x,#end", variables)


@settings(max_examples=100, deadline=None)
@given(values, values, st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]))
def test_any_operator_on_any_values(left: object, right: object, operator: str) -> None:
    render(f"#set($x = $l {operator} $r)$x#if($l {operator} $r)T#end", {"l": left, "r": right})


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=30) | st.text(alphabet=st.sampled_from("()[]{}?*+|^$\\.,-&abd<>=!:1pLQE"), max_size=25)
)
def test_any_regular_expression(pattern: str) -> None:
    template = "$s.matches($p)$s.replaceAll($p, '$0-')$s.split($p).size()$s.replaceAll('a', $p)"
    render(template, {"s": "abba 12 (a)", "p": pattern})


@settings(max_examples=100, deadline=None)
@given(values)
def test_any_value_prints(value: object) -> None:
    text = to_text(value)
    assert (text == "") == (value is None or value == "")
    assert not isinstance(value, Decimal) or Decimal(text) == value
