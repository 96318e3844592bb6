"""The text of a path -> its steps. The grammar is that of Jayway's newer releases, which takes in 2.0's.

path     ($ | @) step*        text that starts with neither is taken as `$.text`
step     .name  ..name  .*  [*]  ['a','b']  [0,-1]  [a:b]  [?(filter)]  [(@.length-1)]  .name(arguments)
"""

from __future__ import annotations

import re

from gatewright.jsonpath.filter_parser import read_operand, read_test
from gatewright.jsonpath.functions import FUNCTIONS
from gatewright.jsonpath.scanner import Scanner
from gatewright.jsonpath.syntax import (
    Filter,
    Function,
    Index,
    Operand,
    PathSyntax,
    Property,
    Scan,
    Slice,
    Step,
    Wildcard,
)

MAX_STEPS = 200
MAX_INDEX = 2**31 - 1  # a Java int

_name = re.compile(r"[^.\[( ]+")
_name_in_filter = re.compile(r"[^.\[(\s)<>=!~&|,]+")
# Jayway reads a third part, as in Python's slices, and ignores it.
_slice = re.compile(r"(-?[0-9]*) *: *(-?[0-9]*) *(?::[-0-9 ]*)?(?=\])")
_indexes = re.compile(r"-?[0-9]+ *(?:, *-?[0-9]+ *)*(?:, *)?(?=\])")
_from_the_end = re.compile(r"\( *@\.(?:length|size)(?:\(\))? *(- *[0-9]+) *\) *(?=\])")


def parse_path(text: str) -> PathSyntax:
    """Raises InvalidPath."""
    trimmed = text.strip()
    if not trimmed:
        raise Scanner(text).invalid("it is empty; $ stands for the whole document")
    scanner = Scanner(trimmed if trimmed[0] in "$@" else f"$.{trimmed}")
    return _read_path(scanner, _name)


def read_path_in_filter(scanner: Scanner) -> PathSyntax:
    """Ends at a blank, an operator or a bracket that is not the path's own."""
    return _read_path(scanner, _name_in_filter)


def _read_path(scanner: Scanner, name: re.Pattern[str]) -> PathSyntax:
    at_root = scanner.next == "$"
    scanner.position += 1
    whole = name is _name
    if whole and scanner.next not in ("", ".", "["):
        raise scanner.invalid("expected . or [ behind the first character")
    steps: list[Step] = []
    while scanner.next and (whole or scanner.next in ".["):
        if len(steps) == MAX_STEPS:
            raise scanner.invalid(f"more than {MAX_STEPS} steps")
        steps.append(_read_step(scanner, name))
    return PathSyntax(at_root, tuple(steps))


def _read_step(scanner: Scanner, name: re.Pattern[str]) -> Step:
    if scanner.skip(".."):
        scanned = _read_child(scanner, name)
        if isinstance(scanned, Function):
            raise scanner.invalid("a function needs a step before it, not ..")
        return Scan(scanned)
    scanner.skip(".")
    return _read_child(scanner, name)


def _read_child(scanner: Scanner, name: re.Pattern[str]) -> Step:
    """What stands behind the dots, or a bracket."""
    if scanner.skip("["):
        return _read_bracket(scanner)
    start = scanner.position
    text = scanner.take(name)
    if not text:
        found = f"not {scanner.next!r}" if scanner.next else "the path ends"
        raise scanner.invalid(f"expected a name, * or [ here, {found}; names with blanks are written ['a b']")
    if text == "*":
        return Wildcard()
    if scanner.skip("("):
        return _read_function(scanner, text, start)
    return Property((text,))


def _read_function(scanner: Scanner, name: str, start: int) -> Function:
    if name not in FUNCTIONS:
        raise scanner.invalid(f"there is no function {name}; known are {', '.join(FUNCTIONS)}", start)
    arguments: list[Operand] = []
    with scanner.nested():
        while scanner.skip_blanks() != ")":
            arguments.append(read_operand(scanner, read_path_in_filter))
            if scanner.skip_blanks() != ")":
                scanner.expect(",")
    scanner.expect(")")
    return Function(name, tuple(arguments))


def _read_bracket(scanner: Scanner) -> Step:
    first = scanner.skip_blanks()
    step = _read_names(scanner) if first and first in "'\"" else _read_selector(scanner)
    scanner.expect("]")
    return step


def _read_names(scanner: Scanner) -> Property:
    names = [scanner.quoted()]
    while scanner.skip_blanks() == ",":
        scanner.position += 1
        if scanner.skip_blanks() not in ("'", '"'):
            raise scanner.invalid("expected a quoted name behind the comma")
        names.append(scanner.quoted())
    return Property(tuple(names))


def _read_selector(scanner: Scanner) -> Step:
    if scanner.skip("*"):
        return Wildcard()
    if scanner.skip("?"):
        return _read_filter(scanner)
    if found := scanner.match(_slice):
        start, stop = (_integer(scanner, text) if text else None for text in found.groups())
        if start is None and stop is None:
            raise scanner.invalid("a slice needs a number before or behind the colon", found.start())
        return Slice(start, stop)
    if found := scanner.match(_indexes):
        numbers = found[0].rstrip(" ,").split(",")
        return Index(tuple(_integer(scanner, number) for number in numbers))
    if found := scanner.match(_from_the_end):
        return Index((_integer(scanner, found[1].replace(" ", "")),))
    raise scanner.invalid("expected a quoted name, an index, a slice, * or ?(filter) in the brackets")


def _read_filter(scanner: Scanner) -> Filter:
    scanner.expect("(")
    test = read_test(scanner, read_path_in_filter)
    scanner.expect(")")
    return Filter(test)


def _integer(scanner: Scanner, text: str) -> int:
    number = int(text) if text != "-" and len(text) <= len(str(-MAX_INDEX)) else None
    if number is None or abs(number) > MAX_INDEX:
        raise scanner.invalid(f"{text.strip()} is no index: at most {MAX_INDEX}")
    return number
