"""Templates of all that the language has: most are whole, some have a piece broken out of them or put in."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from oracle import words

DEPTH = 3  # of directives in one another
STEPS = 3  # of one reference
BROKEN = 0.12  # the part of the templates that is damaged


class Generator:
    """An endless source of templates; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._directives: tuple[Callable[[int], str], ...] = (
            self._set,
            self._set,
            self._if,
            self._if,
            self._foreach,
            self._foreach,
            self._define,
            self._macro,
            self._macro,
            self._call,
            self._block_call,
            self._evaluate,
        )

    def template(self) -> str:
        text = self._block(0)
        return self._damaged(text) if self._chance(BROKEN) else text

    def _damaged(self, text: str) -> str:
        start = self._random.randint(0, len(text))
        end = min(len(text), start + self._random.choice((0, 1, 1, 2, 5)))
        return text[:start] + self._one(("", *words.NOISE)) + text[end:]

    def _chance(self, part: float) -> bool:
        return self._random.random() < part

    def _one(self, choices: Sequence[str]) -> str:
        return self._random.choice(choices)

    def _space(self) -> str:
        return self._one(words.SPACES)

    def _pad(self) -> str:
        return " " if self._chance(0.15) else ""

    def _block(self, depth: int) -> str:
        return "".join(self._part(depth) for _ in range(self._random.randint(1, 4 if depth < 2 else 2)))

    def _part(self, depth: int) -> str:
        kind = self._random.random()
        if kind < 0.25:
            return self._one(words.NOISE)
        if kind < 0.55 or depth >= DEPTH:
            return self._reference(1)
        return self._random.choice(self._directives)(depth + 1)

    # Values

    def _reference(self, depth: int) -> str:
        name = "foreach." + self._one(words.LOOPS) if self._chance(0.08) else self._one(words.NAMES)
        steps = "".join(self._step(depth) for _ in range(self._random.choice((0, 0, 0, 1, 1, STEPS))))
        return self._one(("${}", "${}", "${}", "$!{}", "${{{}}}", "$!{{{}}}")).format(name + steps)

    def _step(self, depth: int) -> str:
        if self._chance(0.25):
            return "[" + self._one((*words.KEYS[:8], "0", "-1", "9")) + "]"
        return "." + self._call_of_method(depth)

    def _call_of_method(self, depth: int) -> str:
        pattern = self._one(words.CALLS[self._one(tuple(words.CALLS))])
        values = {
            "any": self._value(depth + 1),
            "string": self._one((self._string(), "$s", "$v")),
            "int": self._one(words.EDGES),
            "key": self._one(words.KEYS),
            "list": self._one(words.LISTS),
            "map": self._one(words.MAPS),
        }
        for kind, value in values.items():
            pattern = pattern.replace("{" + kind + "}", value)
        return pattern

    def _string(self) -> str:
        quote, contents = ("'", words.SINGLE) if self._chance(0.5) else ('"', words.DOUBLE)
        return quote + self._one(contents) + quote

    def _value(self, depth: int) -> str:
        """What may be an argument."""
        kind = self._random.random()
        if kind < 0.35 or depth > 3:
            return self._one(words.NUMBERS) if kind < 0.15 else "$" + self._one(words.NAMES)
        if kind < 0.5:
            return self._reference(depth + 1)
        if kind < 0.65:
            return self._string()
        if kind < 0.72:
            return self._one(("true", "false"))
        return self._collection(depth)

    def _collection(self, depth: int) -> str:
        kind, size = self._random.random(), self._random.randint(0, 3)
        if kind < 0.4:
            return "[" + ",".join(self._value(depth + 1) for _ in range(size)) + "]"
        if kind < 0.65:
            return f"[{self._one(words.ENDS)}..{self._one(words.ENDS)}]"
        entries = (f"{self._one(words.KEYS)} : {self._value(depth + 1)}" for _ in range(size))
        return "{" + ",".join(entries) + "}"

    def _expression(self, depth: int) -> str:
        kind = self._random.random()
        if kind < 0.4 or depth > 3:
            return self._value(depth)
        if kind < 0.5:
            return self._one(("!", "not ", "! ")) + self._expression(depth + 1)
        if kind < 0.6:
            return "(" + self._expression(depth + 1) + ")"
        operator = self._one(words.OPERATORS)
        gap = " " if operator.isalpha() else self._one((" ", " ", ""))
        return self._expression(depth + 1) + gap + operator + gap + self._expression(depth + 1)

    # Directives

    def _set(self, depth: int) -> str:
        del depth
        target, shown = self._one(words.TARGETS), self._one(("", "$x", "$m", "$l"))
        value = self._one(("=", " = ", "  =\n")) + self._expression(0)
        return f"{self._space()}#set({self._pad()}{target}{value}{self._pad()}){self._space()}{shown}"

    def _if(self, depth: int) -> str:
        text = f"{self._space()}#if({self._pad()}{self._expression(0)}){self._space()}{self._block(depth)}"
        while self._chance(0.2):
            text += f"#elseif({self._expression(0)}){self._space()}{self._block(depth)}"
        if self._chance(0.6):
            text += f"{self._one(('#else ', '#{else}'))}{self._space()}{self._block(depth)}"
        return text + self._end()

    def _end(self) -> str:
        return self._one(("#end", "#{end}", "#end ")) + self._space()

    def _foreach(self, depth: int) -> str:
        variable, items = self._one(words.VARIABLES), self._one((*words.LOOPED, self._value(0)))
        inner = self._one((variable, "", "$foreach." + self._one(words.LOOPS), "$velocityCount"))
        comma = self._one(
            ("", "#if($foreach.hasNext),#end", "#if($velocityCount > 1)#break#end", "#break($foreach.parent)")
        )
        body = f"{self._space()}{inner}{self._block(depth)}{comma}"
        return f"{self._space()}#foreach({self._pad()}{variable} in {items}{self._pad()}){body}{self._end()}"

    def _define(self, depth: int) -> str:
        name = self._one(words.DEFINED)
        used = self._one((name, name + name, "", "$!{d}", '#set($x="$d")$x', "#m($d)", "$d.class.name"))
        return f"{self._space()}#define({name}){self._space()}{self._block(depth)}{self._end()}{used}"

    def _macro(self, depth: int) -> str:
        signature = self._one(("m", "m", "q", "w")) + self._one(words.PARAMETERS)
        body = f"{self._space()}{self._one(words.IN_MACROS)}{self._block(depth)}"
        return f"{self._space()}#macro({signature}){body}{self._end()}{self._call(depth)}"

    def _arguments(self) -> str:
        joint = self._one((" ", ",", ", "))
        return joint.join(self._value(1) for _ in range(self._random.choice((0, 1, 1, 1, 2, 3))))

    def _call(self, depth: int) -> str:
        del depth
        call = self._one(words.CALLED).format(self._arguments())
        return call + self._space() + self._one(("", "$x", "$p", "$l"))

    def _block_call(self, depth: int) -> str:
        name = self._one(("m", "m", "q"))
        return f"#@{name}({self._arguments()}){self._space()}{self._block(depth)}{self._end()}"

    def _evaluate(self, depth: int) -> str:
        del depth
        return f"#evaluate({self._one((self._string(), '$s', '$x', '$nope', '$m'))}){self._space()}"
