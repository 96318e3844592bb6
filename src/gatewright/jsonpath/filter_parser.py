"""The text of a filter -> its test.

    test      every ( || every )*
    every     one ( && one )*
    one       !one  (test)  operand  operand operator operand
    operand   @path  $path  'text'  "text"  number  true  false  null  [json]  {json}  /regex/flags

An operand alone must be a path: does it find something?
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from gatewright.jsonpath.lenient_reader import LenientReader
from gatewright.jsonpath.lenient_scalars import ParseError
from gatewright.jsonpath.scanner import Scanner
from gatewright.jsonpath.syntax import (
    Comparison,
    Every,
    Exists,
    Literal,
    Not,
    Operand,
    Operator,
    PathSyntax,
    Pattern,
    Some,
    Test,
)

ReadPath = Callable[[Scanner], PathSyntax]

WORDS = {"true": True, "false": False, "null": None}
OPERATORS = {operator.value: operator for operator in Operator}

_symbol = re.compile(r"[<>=!~]+")
_word = re.compile(r"[a-zA-Z]+")
_integer = re.compile(r"-?[0-9]+(?![0-9.eE])")
_decimal = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_pattern = re.compile(r"/((?:[^/\\]|\\.)*)/([dixmsuU]*)", re.DOTALL)
_json = re.compile(r"""(?:[^\[\]{}'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*""", re.DOTALL)


def read_test(scanner: Scanner, read_path: ReadPath) -> Test:
    with scanner.nested():
        tests = [_read_every(scanner, read_path)]
        while scanner.skip_blanks() == "|":
            scanner.expect("||")
            tests.append(_read_every(scanner, read_path))
    return tests[0] if len(tests) == 1 else Some(tuple(tests))


def _read_every(scanner: Scanner, read_path: ReadPath) -> Test:
    tests = [_read_one(scanner, read_path)]
    while scanner.skip_blanks() == "&":
        scanner.expect("&&")
        tests.append(_read_one(scanner, read_path))
    return tests[0] if len(tests) == 1 else Every(tuple(tests))


def _read_one(scanner: Scanner, read_path: ReadPath) -> Test:
    scanner.skip_blanks()
    if scanner.skip("!"):
        with scanner.nested():
            return Not(_read_one(scanner, read_path))
    if scanner.skip("("):
        test = read_test(scanner, read_path)
        scanner.expect(")")
        return test
    return _read_comparison(scanner, read_path)


def _read_comparison(scanner: Scanner, read_path: ReadPath) -> Test:
    start = scanner.position
    left = read_operand(scanner, read_path)
    if scanner.skip_blanks() in ("", ")", "&", "|"):
        if not isinstance(left, PathSyntax):
            raise scanner.invalid("a value alone is no test: expected an operator behind it", start)
        return Exists(left)
    operator = _read_operator(scanner)
    start = scanner.position
    right = read_operand(scanner, read_path)
    if isinstance(left, Pattern) and isinstance(right, Pattern):
        raise scanner.invalid("a regular expression cannot be matched with another", start)
    return Comparison(left, operator, right)


def _read_operator(scanner: Scanner) -> Operator:
    start = scanner.position
    text = scanner.take(_symbol) or scanner.take(_word).upper()
    if text not in OPERATORS:
        known = ", ".join(OPERATORS).lower()
        raise scanner.invalid(f"there is no operator {text or scanner.next!r}; known are {known}", start)
    return OPERATORS[text]


def read_operand(scanner: Scanner, read_path: ReadPath) -> Operand:
    first = scanner.skip_blanks()
    if first in ("$", "@"):
        return read_path(scanner)
    if first in ("'", '"'):
        return Literal(scanner.quoted())
    if first in ("[", "{"):
        return Literal(_read_json(scanner))
    if found := scanner.match(_pattern):
        return Pattern(found[1], found[2])
    if found := scanner.match(_integer):
        return Literal(int(found[0]))
    if found := scanner.match(_decimal):
        return Literal(Decimal(found[0]))
    start = scanner.position
    word = scanner.take(_word)
    if word not in WORDS:
        raise scanner.invalid(
            "expected a path, a quoted text, a number, true, false, null, JSON or /regex/", start
        )
    return Literal(WORDS[word])


def _read_json(scanner: Scanner) -> object:
    """Finds the closing bracket, then reads what stands between as json-smart would."""
    start = scanner.position
    depth = 0
    while True:
        depth += 1 if scanner.next in ("[", "{") else -1
        scanner.position += 1
        if not depth:
            break
        scanner.take(_json)
        if not scanner.next or scanner.next in "'\"":
            raise scanner.invalid("the JSON value that begins here is not closed", start)
    try:
        return LenientReader(scanner.text[start : scanner.position]).read()
    except ParseError as error:
        raise scanner.invalid(f"the value is no JSON: {error}", start) from None
