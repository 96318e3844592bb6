"""The operators of a Condition: what one value of the request is compared with, and how.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

An operator is given all values a policy lists for a key and makes one test of them: the values are
alternatives, and for a negated operator none may match.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, TypeVar

from gatewright.aws.policy import template
from gatewright.aws.policy.template import BadTemplate, Template, Variable
from gatewright.aws.policy.wildcard import Context, Matcher, one_of, value_of

T = TypeVar("T")
Compile = Callable[[Sequence[str], bool], Matcher]


class BadValue(ValueError):
    """A policy's value that its operator cannot compare with; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`compile` makes the test of a policy's values, told whether `${…}` is a variable, or raises `BadValue`.
    A request without the key passes a negated operator and fails the others."""

    compile: Compile
    negated: bool = False
    variables: bool = True  # whether a policy's value may have variables in it


def number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def moment(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 date or time (UTC unless it says otherwise), or of epoch seconds."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        time = datetime.fromisoformat(text if _DATE.match(text) else "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def address(text: str) -> tuple[int, int] | None:
    """Version and number of an IP address; an IPv4 address in IPv6 clothes is an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return parsed.version, int(parsed)


_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:$|T)", re.ASCII)


def _string(values: Sequence[str], variables: bool, *, wildcards: bool = False) -> Matcher:
    return one_of([_template(value, variables, wildcards) for value in values])


def _folded(values: Sequence[str], variables: bool) -> Matcher:
    templates = [_template(value, variables, False) for value in values]

    def matches(text: str, context: Context) -> bool:
        wanted = (_filled(tokens, context) for tokens in templates)
        return text.casefold() in [value.casefold() for value in wanted if value is not None]

    return matches


def _filled(tokens: Template, context: Context) -> str | None:
    """A template without wildcards with its variables' values; None if one has none."""
    parts = [value_of(token, context) if isinstance(token, Variable) else str(token) for token in tokens]
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _arn(values: Sequence[str], variables: bool) -> Matcher:
    try:
        templates = [template.arn(_template(value, variables, True)) for value in values]
    except BadTemplate as error:
        raise BadValue(str(error)) from None
    matches = one_of(templates, arn=True)
    return lambda text, context: text.count(":") >= 5 and matches(text, context)


def _template(value: str, variables: bool, wildcards: bool) -> Template:
    try:
        return template.parse(value, variables=variables, wildcards=wildcards)
    except BadTemplate as error:
        raise BadValue(str(error)) from None


def _read(values: Sequence[str], read: Callable[[str], T | None], what: str) -> list[T]:
    read_values = [read(value) for value in values]
    for value, result in zip(values, read_values, strict=True):
        if result is None:
            raise BadValue(f"{value!r} is not {what}")
    return [value for value in read_values if value is not None]


def _ordered(
    values: Sequence[str],
    variables: bool,
    *,
    read: Callable[[str], Any],
    what: str,
    compare: Callable[[Any, Any], bool],
    quantify: Callable[..., bool] = any,
) -> Matcher:
    """Numbers and dates. A request's value that is none passes no operator, not even a negated one."""
    limits = _read(values, read, what)

    def matches(text: str, _: Context) -> bool:
        value = read(text)
        return value is not None and quantify(compare(value, limit) for limit in limits)

    return matches


def _boolean(values: Sequence[str], variables: bool) -> Matcher:
    for value in values:
        if value.lower() not in ("true", "false") and not (variables and value.startswith("${")):
            raise BadValue(f"{value!r} is neither true nor false")
    return _folded(values, variables)


def _binary(values: Sequence[str], variables: bool) -> Matcher:
    wanted = _read(values, _decoded, "base64")
    return lambda text, _: _decoded(text) in wanted


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _ip(values: Sequence[str], variables: bool) -> Matcher:
    networks = _read(values, _network, "an IP address or a range such as 203.0.113.0/24")

    def matches(text: str, _: Context) -> bool:
        found = address(text)
        if found is None:
            return False
        version, bits = found
        return any(version == of and bits & mask == base for of, base, mask in networks)

    return matches


def _network(text: str) -> tuple[int, int, int] | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.netmask)


def _not(compile_: Compile) -> Compile:
    def negated(values: Sequence[str], variables: bool) -> Matcher:
        matches = compile_(values, variables)
        return lambda text, context: not matches(text, context)

    return negated


_like = partial(_string, wildcards=True)
_number = partial(_ordered, read=number, what="a number")
_moment = partial(_ordered, read=moment, what="a date such as 2026-01-31T12:00:00Z or seconds since 1970")


def _orders(family: str, compile_: Callable[..., Matcher]) -> dict[str, Operator]:
    def ordered(**how: Any) -> Operator:
        return Operator(partial(compile_, **how), negated=how.get("quantify") is all, variables=False)

    return {
        f"{family}Equals": ordered(compare=operator.eq),
        f"{family}NotEquals": ordered(compare=operator.ne, quantify=all),
        f"{family}LessThan": ordered(compare=operator.lt),
        f"{family}LessThanEquals": ordered(compare=operator.le),
        f"{family}GreaterThan": ordered(compare=operator.gt),
        f"{family}GreaterThanEquals": ordered(compare=operator.ge),
    }


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_string),
    "StringNotEquals": Operator(_not(_string), negated=True),
    "StringEqualsIgnoreCase": Operator(_folded),
    "StringNotEqualsIgnoreCase": Operator(_not(_folded), negated=True),
    "StringLike": Operator(_like),
    "StringNotLike": Operator(_not(_like), negated=True),
    **_orders("Numeric", _number),
    **_orders("Date", _moment),
    "Bool": Operator(_boolean),
    "BinaryEquals": Operator(_binary, variables=False),
    "IpAddress": Operator(_ip, variables=False),
    "NotIpAddress": Operator(_not(_ip), negated=True, variables=False),
    "ArnEquals": Operator(_arn),
    "ArnLike": Operator(_arn),
    "ArnNotEquals": Operator(_not(_arn), negated=True),
    "ArnNotLike": Operator(_not(_arn), negated=True),
}
