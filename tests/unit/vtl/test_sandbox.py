"""Attacks on template engines, of Velocity's and of Python's kind: nothing of the host can be reached."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from tests.unit.vtl.support import variables

from gatewright.vtl import (
    STRING,
    HostObject,
    Method,
    RenderError,
    Step,
    TemplateSyntaxError,
    compile_template,
)

ATTACKS = (Path(__file__).parent / "attacks.txt").read_text(encoding="utf-8").splitlines()
# Nothing that prints may look like Python's or the machine's insides.
TELLING = (
    "<class",
    "<built-in",
    "<bound",
    "<function",
    "<module",
    "object at 0x",
    "gatewright",
    "uid=",
    "root:",
    "top secret",
    "ClassLoader@",
    "java.lang.Runtime'",
)


class Host(HostObject):
    """Holds something that templates must not see."""

    __slots__ = ("_hidden", "secret")

    def __init__(self) -> None:
        self.secret = self._hidden = "top secret"

    def call(self, text: str) -> str:
        return text

    methods: ClassVar = {"call": Method(call, (STRING,))}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_reaches_nothing(attack: str) -> None:
    try:
        template = compile_template(attack)
    except TemplateSyntaxError:
        return
    told: list[Step] = []
    for render in (template.render, lambda given: template.render_traced(given, told.append)):
        try:
            output = render({**variables(), "h": Host()})
        except RenderError as error:
            output = error.message
        shown = output.replace(attack, "")
        assert not [word for word in TELLING if word in shown], shown


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ("$s.class.name|$s.class.simpleName|$s.class", "java.lang.String|String|class java.lang.String"),
        ('$s.class.forName("java.lang.Runtime")|$s.class.classLoader|$s.class.methods', "||"),
        (
            "$m.class.name|$l.class.name|$n.class.name",
            "java.util.LinkedHashMap|java.util.ArrayList|java.lang.Integer",
        ),
        ("$j.class.name|$dec.class.simpleName", "net.minidev.json.JSONArray|BigDecimal"),
    ],
)
def test_a_class_tells_its_names_only(template: str, output: str) -> None:
    assert compile_template(template).render({**variables(), "j": []}) == output


def test_compiled_code_has_no_builtins_and_only_this_packages_names() -> None:
    program = compile_template("$a.b.c($d)")._program  # the one place where this can be seen
    namespace = program.main.__globals__
    assert namespace["__builtins__"] == {}
    outside = {
        name
        for name, value in namespace.items()
        if callable(value) and not str(value.__module__).startswith("gatewright.vtl")
    }
    assert outside == {"dict", "enumerate", "int", "len", "main", "str", "type"}
