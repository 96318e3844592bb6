"""Errors say what is wrong and where."""

from __future__ import annotations

import pytest

from gatewright.vtl import HostObject, RenderError, TemplateSyntaxError, compile_template


@pytest.mark.parametrize(
    ("template", "line", "column", "message"),
    [
        ("a\nb #if(true)\nc", 3, 2, "the text ends before a directive or reference is complete"),
        ("a\r\n#set($x = null)", 2, 11, "'null' cannot stand here"),
        ("ends with $", 1, 12, "the text ends within a reference"),
        ("#end", 1, 1, "'#end' cannot stand here"),
        ("#foreach", 1, 1, "#foreach needs its arguments in parentheses"),
        ("#foreach(x in $l)#end", 1, 10, "'x' is no argument for #foreach"),
        ("#macro('m')#end", 1, 8, "#macro begins with the macro's name"),
        ("#define($a $b)#end", 1, 1, "#define takes one reference"),
        ("#evaluate(5)", 1, 1, "the argument of #evaluate is a string or a reference"),
        ('#set($x = "abc\n #if(")', 2, 7, "the text ends"),
        ('#set($x = "C:\\users")', 1, 11, "needs four hexadecimal digits"),
        ("#set($x = [1.5..3])", 1, 15, "the ends of a range are integers or references"),
        ("$x.substring(0, $n - 1)", 1, 20, "'-' cannot stand here"),
    ],
)
def test_a_text_that_is_no_template(template: str, line: int, column: int, message: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template(template)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value) == f"{caught.value.message} (line {line}, column {column})"


@pytest.mark.parametrize(
    ("template", "line", "column", "source"),
    [
        ("\n\n  $l.get(9)", 3, 3, "$l.get(9)"),
        ("${l.get(9)}", 1, 1, "${l.get(9)}"),
        ("#if(true)\n#set($x = 1)\n $l[9] #end", 3, 2, "$l[9]"),
        ('#set($x = "a $l.get(9)")', 1, 14, "$l.get(9)"),
        ('#set($x = "#if(true)$l.get(9)#end")', 1, 21, "$l.get(9)"),
        ("#set($l[9] = 1)", 1, 1, "#set($l[9] = 1)"),
        ("#if($l.get(9) == 1)#end", 1, 5, "$l.get(9)"),
        ("#foreach($i in $l.get(9))#end", 1, 16, "$l.get(9)"),
        ("#macro(m)\n $l.get(9)#end\n#m()", 2, 2, "$l.get(9)"),
        ("#macro(m $a)$a#end\n#m($l.get(9))", 2, 4, "$l.get(9)"),
        ("#define($d)$l.get(9)#end\n$d", 1, 12, "$l.get(9)"),
        ("a #include('x')", 1, 3, "#include('x')"),
        ("#evaluate($bad)", 1, 1, "#evaluate($bad)"),
        ("#set($x = 5)#evaluate($fails)", 1, 1, "$l.get(9)"),
    ],
)
def test_a_failure_names_the_reference_and_its_place(
    template: str, line: int, column: int, source: str
) -> None:
    variables = {"l": [1], "bad": "#if(", "fails": "$l.get(9)"}
    with pytest.raises(RenderError) as caught:
        compile_template(template).render(variables)
    assert (caught.value.line, caught.value.column, caught.value.source) == (line, column, source)
    assert f"line {line}, column {column}: {source}" in str(caught.value)


def test_a_fault_of_the_host_is_not_taken_for_one_of_the_template() -> None:
    class Faulty(HostObject):
        def get(self, name: str) -> object:
            raise ZeroDivisionError(name)

    with pytest.raises(ZeroDivisionError):
        compile_template("$f.x").render({"f": Faulty()})
