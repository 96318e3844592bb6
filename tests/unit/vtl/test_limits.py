"""No template takes more than its limits give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from gatewright.vtl import JavaList, Limits, RenderError, TemplateSyntaxError, compile_template

SMALL = Limits(
    loop_iterations=100,
    total_iterations=500,
    output_chars=20_000,
    string_chars=5_000,
    collection_items=1_000,
    regex_seconds=60,
    seconds=60,
)
SHORTER = "#set($h = $s.substring(0, %d))"
GROW = "#foreach($i in [1..40])%s#end"


def variables() -> dict[str, object]:
    return {
        "s": "x" * 4_000,
        "l": JavaList(range(900)),
        "j": list(range(900)),
        "m": {str(key): key for key in range(900)},
        "a": "a" * 5_000,
    }


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("#foreach($i in [1..101])#end", "#foreach over 101 items; at most 100 are allowed"),
        ("#foreach($i in $m)#end", "#foreach over 900 items"),
        ("#foreach($i in [1..100])#foreach($j in [1..100])#end#end", "more than 500 iterations"),
        ("#foreach($i in [1..6])$s#end", "the output is longer than 20000 characters"),
        ("$s$s$s$s$s$s", "the output is longer than 20000 characters"),
        ("$s" * 40, "the output is longer than 20000 characters"),
        ("#foreach($i in [1..100])0123456789 #{end}" * 5 + "x" * 16_000, "the output is longer"),
        ("#macro(m)#end#foreach($i in [1..6])$s#end", "the output is longer than 20000 characters"),
        (f"#foreach($i in [1..6])#none('{'x' * 4_000}')#end", "the output is longer than 20000 characters"),
        (f"#macro(m)#end#foreach($i in [1..6])#none('{'x' * 4_000}')#end", "the output is longer"),
        # Before what follows the loop.
        (
            SHORTER % 500 + "#foreach($i in [1..100])$h#set($x = 1)$h#set($x = 1)$h#end#set($x = $s + $s)",
            "the output is",
        ),
        ('#set($x = "$s$s")', "a string is longer than 5000 characters"),
        ("#set($x = $s + $s)", "a string is longer"),
        ("#set($x = $s.concat($s))", "a string is longer"),
        ('#set($x = $s.replace("x", "yy"))', "a string is longer"),
        (
            SHORTER % 600 + '#foreach($i in [1..100])#set($x = $h.replace("x", "yy"))#end',
            "long strings of together",
        ),
        ('#set($x = $s.replaceAll("x", "yy"))', "a string is longer"),
        ("#set($x = $s.repeat(2))", "a string is longer"),
        ('#set($x = $s.format("%9999d", 1))', "a string is longer"),
        ('#set($x = $s.format("%s%s", $s, $s))', "a string is longer"),
        ('#set($x = $s.join($s, ["a", "b", "c"]))', "a string is longer"),
        ("#set($x = [$s, $s])$x", "the text of a value is longer than 5000 characters"),
        ('#set($x = "#if(true)$s$s#end")', "a string is longer"),
        ('#set($x = "a")' + GROW % '#set($x = "$x$x")', "a string is longer"),
        ("#set($q = [])" + GROW % '#set($t = $q.add("$s$i"))', "long strings of together more than 50000"),
        ("#set($x = [1..1001])", "a collection has more than 1000 items"),
        ("#set($x = [-2000000000..2000000000])", "a collection has more than 1000 items"),
        ("#set($x = [1])" + GROW % "#set($t = $x.addAll($x))", "a collection has more than"),
        ("#set($x = [1])" + GROW % "#set($t = $x.addAll(0, $x))", "a collection has more than"),
        (GROW % "#set($t = $l.subList(0, 800))", "collections of together more than 20000 items"),
        (GROW % "#set($t = $m.keySet())", "collections of together more than 20000 items"),
        (GROW % "#set($t = $a.split(''))", "a collection has more than 1000 items"),
        ("#set($x = [1])" + GROW % "#set($x = [$x, $x])" + "$x", "a value to print has more than 1000 items"),
        ("#set($x = [1])" + GROW % "#set($x = [$x, $x])" + "$x.hashCode()", "too large for hashCode"),
        ("#set($x = [1])" + GROW % "#set($x = [$x, $x])" + "#set($t = $m.put($x, 1))", "a key has more than"),
        (
            "#set($x = [1])#set($y = [1])"
            + GROW % "#set($x = [$x, $x])#set($y = [$y, $y])"
            + "#if($x == $y)#end",
            "values of more than 100000 items or 200 levels are compared",
        ),
        ("#set($q = [$l])$l.add($q)$l", "nested deeper than 200 levels|more than 1000 items"),
        ("$j.add($j)$j", "more than 1000 items"),
        ("#set($x = 99)" + GROW % "#set($x = $x * $x)", "an integer has more than 4000 digits"),
        ("#macro(r)#r()#end#r()", "more than 20 macros and blocks inside one another"),
        ("#macro(r $t)#evaluate($t)#end#set($t = '#r($t)')#r($t)", "more than 20 macros and blocks"),
        ('$a.matches("((a{100}){100}){100}")', "repeat more than 20000 parts"),
        ('$a.matches("((((((a{2}){9}){9}){9}){9}){9}){9}")', "repeat more than 20000 parts"),
    ],
)
def test_each_limit_fails_the_template(template: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        compile_template(template).render(variables(), SMALL)


@pytest.mark.parametrize(
    "template", ['$a.matches("(a|aa)+b")', '$a.replaceAll("(a|aa)+b", "")', '$a.split("(a|aa)+b")']
)
def test_a_regular_expression_that_takes_too_long_fails_the_template(template: str) -> None:
    limits = replace(SMALL, regex_seconds=0.05)
    with pytest.raises(RenderError, match=r"a regular expression ran for more than 0\.05 seconds"):
        compile_template(template).render(variables(), limits)


@pytest.mark.parametrize("length", [0, 1, 203, 204, 205, 511, 512, 513, 1024, 1025])
@pytest.mark.parametrize(("old", "new"), [("<", "&lt;"), ("&", "&amp;"), ("<&", ""), ("", "-")])
def test_replace_is_the_same_at_all_lengths(length: int, old: str, new: str) -> None:
    text = ("<&" * 600)[:length]
    template = compile_template(f"$t.replace('{old}', '{new}')")
    assert template.render({"t": text}) == text.replace(old, new)


def test_a_map_stays_within_its_items() -> None:
    template = '#foreach($i in [1..100])#foreach($j in [1..4])#set($m["${i}-$j"] = 1)#end#end'
    with pytest.raises(RenderError, match="a collection has more than 1000 items"):
        compile_template(template).render(variables(), SMALL)


def ticking(step: float) -> Callable[[], float]:
    ticks = count()
    return lambda: next(ticks) * step


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($i in [1..100])#foreach($j in [1..4])$i#end#end",
        "$l.contains(1)" * 100,
        "#if($l == $j)#end" * 30,
        '#macro(m $a)$a$a$a$a#end#macro(n $a)#m("$a$a$a$a")#end#n("$s$s")',
        "#define($d)x#end" + "$d" * 30,
        "$m.keySet()" * 100,
        "$l" * 30,
        '$s.replaceAll("y", "")' * 30,
    ],
)
def test_time_is_looked_at_by_all_that_can_take_long(template: str) -> None:
    limits = Limits(seconds=10, clock=ticking(1.0))
    with pytest.raises(RenderError, match="the template ran for more than 10 seconds"):
        compile_template(template).render({**variables(), "s": "x"}, limits)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("#set($x = " + "(" * 200 + "1" + ")" * 200 + ")", "levels inside one another"),
        ("#set($x = " + "[" * 200 + "]" * 200 + ")", "levels inside one another"),
        ("#if($a)" * 200 + "#end" * 200, "levels inside one another"),
        ("#foreach($i in $l)" * 30 + "#end" * 30, "nested too deep"),
        ("$a" + ".b" * 100, "more than 50 steps"),
        ("$a" + "[0]" * 100, "more than 50 steps"),
        ("#set($x = 1" + " + 1" * 200 + ")", "more than 100 operators"),
        ("#set($x = " + "9" * 5_000 + ")", "more than 4000 digits"),
        ("$a" * 20_001, "more than 20000 references"),
        ("#set($x = [" + "1," * 20_001 + "1])", "more than 20000 references"),
    ],
)
def test_a_template_is_bounded_before_it_runs(template: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=message):
        compile_template(template)


@pytest.mark.parametrize(
    "template",
    [
        "#if($a)" * 50 + "x" + "#end" * 50,
        "#foreach($i in [1..1])" * 15 + "x" + "#end" * 15,
        "$a" + ".b" * 50,
        '#set($x = ""' + " + $a" * 100 + ")$x",
        "#if($z == 1)" + "".join(f"#elseif($z == {i})" for i in range(500)) + "#end",
        "#set($x = " + "(" * 50 + "1" + ")" * 50 + ")$x",
    ],
)
def test_deep_and_long_templates_within_the_bounds_work(template: str) -> None:
    compile_template(template).render({"a": "", "z": 0}, Limits(total_iterations=10_000))


@pytest.mark.parametrize(
    "text", ["\\" * 100_000, "#" * 99_999 + " ", "$" * 99_999 + " ", "\\\\#" * 30_000 + " "]
)
def test_runs_of_special_characters_take_linear_time(text: str) -> None:
    """Were it quadratic, this would take minutes."""
    compile_template(text)
