"""One rendering: its output, and what it has used of its limits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from orjson import dumps

from gatewright.jsonpath.java_numbers import PLAIN_FROM, PLAIN_TO, double_text
from gatewright.vtl.errors import LimitExceeded
from gatewright.vtl.limits import LONG, Limits
from gatewright.vtl.text import to_text

if TYPE_CHECKING:
    from gatewright.vtl.blocks import Evaluator, Macro

_BUILT_STRINGS = 10  # strings of the greatest length that a template may make
_BUILT_LISTS = 20  # collections of the greatest length that a template may make

int_text = int.__repr__


class Runtime:
    """One rendering: its output, what it has used of its limits."""

    # Most renderings change none of these: they stand here so that a rendering does not set them.
    deadline: float | None = None
    measured = 256  # pieces of output from which on to look at their length
    built_chars = 0
    built_items = 0
    printed_chars = 0
    iterations = 0
    calls = 0
    depth = 0
    macros: Mapping[str, Macro] = MappingProxyType({})
    evaluator: Evaluator | None = None

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.out: list[str] = []

    def check_time(self) -> None:
        """The time runs from the first look at it: a template that never looks is done before it matters."""
        now = self.limits.clock()
        if self.deadline is None:
            self.deadline = now + self.limits.seconds
        elif now > self.deadline:
            raise LimitExceeded(f"the template ran for more than {self.limits.seconds:g} seconds")

    def check_string(self, length: int) -> None:
        if length > self.limits.string_chars:
            raise LimitExceeded(f"a string is longer than {self.limits.string_chars} characters")

    def check_items(self, count: int) -> None:
        if count > self.limits.collection_items:
            raise LimitExceeded(f"a collection has more than {self.limits.collection_items} items")

    def check_output(self) -> None:
        """Fails where the output is too long. Mostly the number of pieces tells: long ones were counted."""
        most = self.limits.output_chars
        if len(self.out) * LONG + self.printed_chars <= most:
            self.measured = max(self.measured, (most - self.printed_chars) // LONG)
            return
        if sum(map(len, self.out)) > most:
            raise LimitExceeded(f"the output is longer than {most} characters")
        self.measured = 2 * len(self.out)

    def printed(self, length: int) -> None:
        """Counts a long piece of output."""
        self.printed_chars += length
        if self.printed_chars > self.limits.output_chars:
            raise LimitExceeded(f"the output is longer than {self.limits.output_chars} characters")

    def built(self, length: int) -> None:
        """Counts a long string: many of them may be kept."""
        self.check_string(length)
        self.built_chars += length
        if self.built_chars > _BUILT_STRINGS * self.limits.string_chars:
            most = _BUILT_STRINGS * self.limits.string_chars
            raise LimitExceeded(f"long strings of together more than {most} characters were built")

    def built_list(self, count: int) -> None:
        """Counts the items of a new list or map: many of them may be kept."""
        self.check_items(count)
        self.built_items += count
        if self.built_items > _BUILT_LISTS * self.limits.collection_items:
            most = _BUILT_LISTS * self.limits.collection_items
            raise LimitExceeded(f"collections of together more than {most} items were built")

    def enter(self, what: str) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise LimitExceeded(f"{what}: more than {self.limits.depth} macros and blocks inside one another")
        self.check_time()

    def leave(self) -> None:
        self.depth -= 1


def joined(rt: Runtime, text: str) -> str:
    """The text of an interpolated string, counted if it is long."""
    if len(text) > LONG:
        rt.built(len(text))
    return text


def text(rt: Runtime, value: object) -> str:
    """What prints for a value that is no string."""
    if type(value) is float:
        if PLAIN_FROM <= value < PLAIN_TO:  # as double_text does: loops print many, and each call tells
            return dumps(value).decode()
        return double_text(value)
    kind = type(value)
    if value is None:
        return ""
    if kind is int:
        return int_text(value)
    if kind is bool:
        return "true" if value else "false"
    rt.check_time()
    printed = to_text(value, rt.limits)
    if len(printed) > LONG:
        rt.built(len(printed))
    return printed
