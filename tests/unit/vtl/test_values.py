"""Values that the embedding program puts into templates, and how all values print."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

import pytest

from gatewright.vtl import (
    ANY,
    SCALAR,
    STRING,
    HostObject,
    JavaList,
    MapValue,
    Method,
    MethodFailed,
    RenderError,
    compile_template,
    to_text,
)


class Greeter(HostObject):
    """Has a method of each form."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def greet(self, whom: str, again: str = "") -> str:
        return f"{self.name} greets {whom}{again}"

    def scalar(self, value: object) -> str:
        return f"<{to_text(value)}>"

    def fail(self) -> str:
        raise MethodFailed("no greeting today")

    methods: ClassVar = {
        "greet": Method(greet, (STRING, STRING), optional=1),
        "scalar": Method(scalar, (SCALAR,)),
        "twice": (Method(lambda self: "none"), Method(lambda self, value: "one", (ANY,))),
        "fail": Method(fail),
    }

    def get(self, name: str) -> object:
        return self.name if name == "name" else None

    def text(self) -> str:
        return "a greeter"


class Squares(MapValue):
    """A computed map: the squares of three numbers, and what was put."""

    def __init__(self) -> None:
        self.written: dict[str, object] = {}

    def keys(self) -> Iterator[str]:
        return iter(("1", "2", "3", *self.written))

    def get(self, name: str) -> object:
        return self.written[name] if name in self.written else int(name) ** 2 if name in "123" else None

    def put(self, name: str, value: object) -> object:
        old = self.written.get(name)
        self.written[name] = value
        return old


class ReadOnly(MapValue):
    def keys(self) -> Iterator[str]:
        return iter(("a",))

    def get(self, name: str) -> object:
        return "A" if name == "a" else None


def render(template: str, **variables: object) -> str:
    return compile_template(template).render(variables)


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("$g", "a greeter"),
        ('$g.name|$g["name"]|$g.nope|$g.greet|$g[0]', "ann|ann|||"),
        ('$g.greet("bob")|$g.greet("bob","!")', "ann greets bob|ann greets bob!"),
        ('$g.greet()|$g.greet(1)|$g.greet("a","b","c")|$g.greet(["x"])', "|||"),
        ('$g.scalar(1)$g.scalar(1.0)$g.scalar(true)$g.scalar("x")$g.scalar([])', "<1><1.0><true><x>"),
        ("$g.twice()|$g.twice([])", "none|one"),
        ("$g.methods|$g.text()|$g.get('name')|$g.name.upper()", "|||"),
        ("$g.__class__|$g._secret|$g.class", "a greeter.__class__|a greeter._secret|"),
        ('#set($g.name = "x")#set($g["name"] = "x")$g.name', "ann"),
        ('#if($g.greet("x") == "ann greets x")T#end#if($g == "a greeter")T#end', "TT"),
    ],
)
def test_only_listed_members_of_a_host_object_can_be_reached(template: str, output: str) -> None:
    assert render(template, g=Greeter("ann")) == output


def test_a_method_that_fails_fails_the_template_where_it_stands() -> None:
    with pytest.raises(RenderError, match="no greeting today") as caught:
        render("line one\n  $g.name and $g.fail()", g=Greeter("ann"))
    assert (caught.value.line, caught.value.column, caught.value.source) == (2, 15, "$g.fail()")


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("$m", "{1=1, 2=4, 3=9}"),
        ('$m["2"]|$m.get("3")|$m.get("x")|$m.get(2)', "4|9||"),
        ("$m.keySet()|$m.values()|$m.entrySet()", "[1, 2, 3]|[1, 4, 9]|[1=1, 2=4, 3=9]"),
        ('$m.size()|$m.isEmpty()|$m.containsKey("1")|$m.containsKey("x")', "3|false|true|false"),
        ('$m.containsValue(9)|$m.getOrDefault("x","d")|$m.getOrDefault("1","d")', "true|d|1"),
        ("#foreach($v in $m)$v,#end#foreach($k in $m.keySet())$k#end", "1,4,9,123"),
        ('#set($m.x = 5)#set($m["y"] = 6)$m.put("x", 7)|$m.x|$m.y', "5|7|6"),
        ('#set($q = $m.putAll({"p": 1}))$m.p|$m.remove("p")', "1|1"),
    ],
)
def test_a_computed_map_is_a_map(template: str, output: str) -> None:
    assert render(template, m=Squares()) == output


@pytest.mark.parametrize("template", ["#set($m.a = 1)", '#set($m["b"] = 1)', '$m.put("a", 1)', "$m.clear()"])
def test_a_read_only_map_refuses_writes(template: str) -> None:
    with pytest.raises(RenderError, match="read-only"):
        render(template, m=ReadOnly())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (1.1, "1.1"),
        (100000000.0, "1.0E8"),
        (Decimal("1.10"), "1.10"),
        ('a"b', 'a"b'),
        ({}, "{}"),
        ({"a": None, "b": "", "c": [1, "x/y"]}, '{a=null, b=, c=[1,"x\\/y"]}'),
        ([{"a": "b"}, 1, None, 1e9], '[{"a":"b"},1,null,1.0E9]'),
        (JavaList([1, None, [True], {"k": "v"}]), "[1, null, [true], {k=v}]"),
        ([JavaList(["a"]), Greeter("x")], '[["a"],"a greeter"]'),
    ],
)
def test_values_print_as_java_prints_them(value: object, text: str) -> None:
    assert to_text(value) == text
    assert render("$v", v=value) == text


def test_keys_of_other_types_stay_apart() -> None:
    template = (
        '#set($m = {1: "i", true: "b", 1.0: "d", "1": "s", [1]: "l"})$m.size()|$m.get(1)$m.get(true)$m[1]'
    )
    assert render(template + '$m.get(1.0)$m["1"]$m.get([1])|$m.keySet()|$m') == (
        "5|ibidsl|[1, true, 1.0, 1, [1]]|{1=i, true=b, 1.0=d, 1=s, [1]=l}"
    )


def test_a_template_does_not_change_the_mapping_it_is_given() -> None:
    variables: dict[str, object] = {"a": 1}
    template = compile_template("#set($a = 2)#set($b = 3)$a$b#macro(m)#set($c = 4)#end#m()")
    assert template.render(variables) == "23"
    assert variables == {"a": 1}


def test_documents_are_shared() -> None:
    document: dict[str, object] = {"a": [1]}
    render("#set($d.b = 2)$d.a.add(3)", d=document)
    assert document == {"a": [1, 3], "b": 2}


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("", ""),
        ("plain $5.00 #fff", None),
        ("plain $5.00", "plain $5.00"),
        ("a#[[ $b ]]#c## d", "a $b c"),
        ("$a", None),
        ("#set($a=1)", None),
    ],
)
def test_the_output_of_a_template_without_dynamic_parts_is_known(text: str, constant: str | None) -> None:
    template = compile_template(text)
    assert template.constant == constant
    assert template.text == text


def test_halves_of_characters_never_leave_a_template() -> None:
    template = '#set($x = "\\uD83D")$x#set($y = "\\uDE00")$y|$x|$s.substring(0, 1)|$s.charAt(1)|$s.length()'
    assert render(template, s="😀") == "😀|?|?|?|2"
