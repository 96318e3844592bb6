"""What a resource policy may hold: its members, its principals, its conditions.

A policy that would be read otherwise than its owner means it is refused when it is stored: a member or an
operator that is misspelt would otherwise be a statement that never matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

LISTS = ("Action", "NotAction", "Resource", "NotResource")

_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY = frozenset({"Version", "Id", "Statement"})
# Of each pair a statement has exactly one.
_PAIRS = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_STATEMENT = frozenset({"Sid", "Effect", "Condition", *(name for pair in _PAIRS for name in pair)})
_PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_AWS_PRINCIPAL = re.compile(
    r"\*|\d{12}"
    r"|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[^*?\s]+)"
    r"|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role/[^*?\s/]+/[^*?\s]+|federated-user/[^*?\s]+)",
    re.ASCII,
)
_OPERATOR = re.compile(
    r"Null|(?:ForAllValues:|ForAnyValue:)?(?:"
    r"String(?:Not)?Equals(?:IgnoreCase)?|String(?:Not)?Like"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?)"
    r"|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like)"
    r")(?:IfExists)?"
)


def is_policy(value: Any) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _POLICY:
        return False
    statements = value.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    return (
        value.get("Version", _VERSIONS[0]) in _VERSIONS
        and isinstance(value.get("Id", ""), str)
        and bool(statements)
        and all(_is_statement(statement) for statement in statements)
    )


def _is_statement(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.keys() <= _STATEMENT
        and statement.get("Effect") in ("Allow", "Deny")
        and isinstance(statement.get("Sid", ""), str)
        and all((one in statement) != (other in statement) for one, other in _PAIRS)
        and all(_is_texts(statement[name]) for name in LISTS if name in statement)
        and all(_is_principal(statement[name]) for name in _PAIRS[0] if name in statement)
        and _is_condition(statement.get("Condition", {}))
    )


def _is_principal(value: Any) -> bool:
    if value == "*":
        return True
    if not isinstance(value, dict) or not value:
        return False
    return all(kind in _PRINCIPAL_KINDS and _is_texts(names) for kind, names in value.items()) and all(
        _AWS_PRINCIPAL.fullmatch(name) for name in _listed(value.get("AWS", []))
    )


def _is_condition(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _OPERATOR.fullmatch(operator)
        and isinstance(keys, dict)
        and all(isinstance(item, str | int | float) for values in keys.values() for item in _listed(values))
        for operator, keys in value.items()
    )


def _is_texts(value: Any) -> bool:
    return bool(value) and all(isinstance(item, str) and item for item in _listed(value))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
