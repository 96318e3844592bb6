"""The Condition element: `{operator: {key: value or values}}`; all of it must hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from gatewright.aws.policy import template
from gatewright.aws.policy.operators import OPERATORS, BadValue, Operator
from gatewright.aws.policy.refusal import Wrong, shown
from gatewright.aws.policy.request import Check, Request, Test
from gatewright.aws.policy.wildcard import Context, Matcher

MOST_VALUES = 1_000  # of one key

_NAME = re.compile(r"(ForAnyValue:|ForAllValues:)?([A-Za-z]+?)(IfExists)?")
_KEY = re.compile(r"[A-Za-z0-9.-]{1,128}:[\x21-\x7e ]{1,256}")


def read(condition: Any, variables: bool) -> tuple[list[Check], frozenset[str]]:
    """The checks of a Condition and the keys it needs. Raises `Wrong`."""
    checks: list[Check] = []
    needed: set[str] = set()
    for operator, keys in _members("Condition", condition).items():
        element = f"Condition.{operator}"
        entries = _members(element, keys)
        if not entries:
            raise Wrong(element, "it names no key: name one, or leave the operator out")
        for key, value in entries.items():
            check, its_keys = _check(operator, key, value, variables)
            checks.append(check)
            needed |= its_keys
    return checks, frozenset(needed)


def _check(name: str, key: str, value: Any, variables: bool) -> tuple[Check, frozenset[str]]:
    element = f"Condition.{name}.{key}"
    if not _KEY.fullmatch(key):
        raise Wrong(element, f"{shown(key)} is no condition key: write it as aws:SourceIp is written")
    values = _values(element, value)
    lower = key.lower()
    if name == "Null":
        test, variables_used = _null(element, lower, values), frozenset[str]()
    else:
        test, variables_used = _compared(element, name, lower, values, variables)
    return Check(element, shown(value), test, lambda request: _asked(request, lower)), variables_used | {
        lower
    }


def _null(element: str, key: str, values: list[str]) -> Test:
    absent = {value.lower() for value in values}
    if not absent <= {"true", "false"} or len(absent) != 1:
        raise Wrong(element, f"{shown(values)} is neither true (the key is absent) nor false (it is present)")
    wanted = absent == {"true"}
    return lambda request: (request.context.get(key) is None) is wanted


def _compared(
    element: str, name: str, key: str, values: list[str], variables: bool
) -> tuple[Test, frozenset[str]]:
    found = _NAME.fullmatch(name)
    operator = OPERATORS.get(found[2]) if found else None
    if found is None or operator is None:
        raise Wrong(f"Condition.{name}", f"{shown(name)} is no condition operator{_nearest(name)}")
    try:
        matches = operator.compile(values, variables)
        texts = [
            template.parse(value, variables=variables and operator.variables, wildcards=False)
            for value in values
        ]
    except BadValue as error:
        raise Wrong(element, f"{shown(values)}: {error}") from None
    if operator.negated and (required := template.required_of(texts)):
        matches = _defined(matches, required)
    return _quantified(found[1] or "", operator, found[3] is not None, key, matches), template.variables_of(
        texts
    )


def _defined(matches: Matcher, required: frozenset[str]) -> Matcher:
    """A negated operator must not hold because a variable has no value."""
    return lambda text, context: (
        all(isinstance(context.get(key), str) for key in required) and matches(text, context)
    )


def _quantified(quantifier: str, operator: Operator, if_exists: bool, key: str, matches: Matcher) -> Test:
    """A key may be absent or have several values, which a set operator counts one by one."""
    quantify = all if quantifier == "ForAllValues:" or (operator.negated and not quantifier) else any
    missing = quantifier == "ForAllValues:" or (not quantifier and (operator.negated or if_exists))

    def holds(request: Request) -> bool:
        value = request.context.get(key)
        if isinstance(value, str):
            return matches(value, request.context)
        return quantify(matches(item, request.context) for item in value) if value else missing

    return holds


def _members(element: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(element, f"{shown(value)} is no object: write {{operator: {{key: value}}}}")
    return value


def _values(element: str, value: Any) -> list[str]:
    items: Sequence[Any] = value if isinstance(value, list) else [value]
    if not 1 <= len(items) <= MOST_VALUES:
        raise Wrong(element, f"it has {len(items)} values: give it between 1 and {MOST_VALUES}")
    return [_value(element, item) for item in items]


def _value(element: str, item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (str, int, float)):
        return str(item)
    raise Wrong(element, f"{shown(item)} is no value: write a text, a number, true or false")


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.rpartition(":")[2], [*OPERATORS, "Null"], 1)
    return f": did you mean {near[0]}?" if near else ", such as StringEquals"


def _asked(request: Request, key: str) -> str:
    value: Context | object = request.context.get(key)
    return "nothing" if value is None else shown(value)
