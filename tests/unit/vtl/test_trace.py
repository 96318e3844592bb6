"""What a traced rendering tells."""

from __future__ import annotations

import pytest
from tests.unit.vtl.support import recorded, variables, variables_of

from gatewright.vtl import RenderError, Step, compile_template


def steps(template: str) -> list[Step]:
    told: list[Step] = []
    compile_template(template).render_traced(variables(), told.append)
    return told


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("$v", None),
        ("$nope", "variable"),
        ("$nope.a.b()", "variable"),
        ("$m.nope", "property"),
        ("$m.nope.deeper", "property"),
        ('$m["nope"]', "property"),
        ('$l["x"]', "property"),
        ("$s.nope()", "method"),
        ("$s.substring('x')", "method"),
        ("$m.get('nope')", "value"),
        ("$m.c.nul", "property"),
    ],
)
def test_references_tell_why_they_print_nothing(template: str, missing: str | None) -> None:
    (step,) = steps(template)
    assert (step.kind, step.source, step.line, step.column) == ("reference", template, 1, 1)
    assert step.missing == missing
    assert step.text == ("V" if missing is None else "")


def test_a_rendering_tells_its_steps_in_order() -> None:
    template = (
        '#set($x = $m.b)\n#if($x == "no")a#elseif($x)$x#end #foreach($i in $l)#if($i == 2)#break#end$i#end'
    )
    assert steps(template) == [
        Step("set", "#set($x = $m.b)", 1, 1, target="$x", text="two"),
        Step("if", '$x == "no"', 2, 5, text="false"),
        Step("if", "$x", 2, 25, text="true"),
        Step("reference", "$x", 2, 28, text="two"),
        Step("if", "$i == 2", 2, 57, text="false"),
        Step("reference", "$i", 2, 75, text="1"),
        Step("if", "$i == 2", 2, 57, text="true"),
        Step("foreach", "#foreach($i in $l)", 2, 35, items=3, iterations=2),
    ]


def test_a_set_tells_what_was_missing_and_what_stays() -> None:
    told = steps("#set($m.k = $nope)#set($v = 1 / 0)")
    assert [(step.target, step.text, step.missing) for step in told] == [
        ("$m.k", "", "variable"),
        ("$v", "", None),
    ]


def test_macros_blocks_and_evaluated_text_tell_their_steps() -> None:
    told = steps("#macro(m $a)$a#end#define($d)$n#end#m($v)$d#evaluate('$s')")
    assert [(step.source, step.text) for step in told] == [
        ("$a", "V"),
        ("$n", "5"),
        ("$d", "5"),
        ("$s", "hello"),
    ]


def test_what_happened_before_a_failure_is_told() -> None:
    told: list[Step] = []
    with pytest.raises(RenderError):
        compile_template("$v$l.get(9)").render_traced(variables(), told.append)
    assert [step.source for step in told] == ["$v"]


@pytest.mark.parametrize("cases", ["generated", "language", "worked_examples"])
def test_tracing_changes_no_result(cases: str) -> None:
    for case in recorded(cases):
        if "output" in case:
            output = compile_template(case["template"]).render_traced(variables_of(case), lambda step: None)
            assert output == case["output"], case
