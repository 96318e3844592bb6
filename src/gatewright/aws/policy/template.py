"""Texts of a policy with wildcards and `${variables}` in them, read once.

`*` stands for any run of characters, `?` for one. `${*}`, `${?}` and `${$}` are those characters themselves;
`${key}` is the request's value of a condition key and `${key, 'text'}` has a default. Variables exist only
from policy version 2012-10-17 on; before, they are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Wild(Enum):
    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    key: str  # lower case
    default: str | None = None


Token = str | Wild | Variable
Template = tuple[Token, ...]


class BadTemplate(ValueError):
    """What is wrong with a text of a policy, and what to write instead."""


_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_CONTENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9:_./+=@-]{0,255})(?:\s*,\s*'([^']{0,256})')?")
_ARN_FIELDS = 6


def parse(text: str, *, variables: bool, wildcards: bool) -> Template:
    """The tokens of `text`; raises `BadTemplate` for a variable that cannot be read."""
    if not variables or "${" not in text:
        return tuple(_plain(text, wildcards))
    tokens: list[Token] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        tokens += _plain(_without_opening(text[end : found.start()]), wildcards)
        tokens.append(_variable(found[1]))
        end = found.end()
    tokens += _plain(_without_opening(text[end:]), wildcards)
    return _merged(tokens)


def variables_of(templates: Iterable[Template]) -> frozenset[str]:
    """The keys of all variables."""
    return frozenset(token.key for tokens in templates for token in tokens if isinstance(token, Variable))


def required_of(templates: Iterable[Template]) -> frozenset[str]:
    """The keys of the variables that have no default."""
    return frozenset(
        token.key
        for tokens in templates
        for token in tokens
        if isinstance(token, Variable) and token.default is None
    )


def arn(template: Template) -> Template:
    """The template with all six fields of an ARN, `arn:partition:service:region:account:resource`.

    A last field that is `*` stands for itself and all that are missing, as in `arn:aws:execute-api:*`.
    """
    fields = _fields(template)
    if len(fields) < _ARN_FIELDS:
        if fields[-1] != [Wild.MANY]:
            raise BadTemplate(
                "it must be * or an ARN of six fields, arn:partition:service:region:account:resource"
            )
        fields += [[Wild.MANY]] * (_ARN_FIELDS - len(fields))
    if fields[0] not in ([Wild.MANY], ["arn"]):
        raise BadTemplate("it must be * or an ARN, which begins with arn:")
    joined = list(fields[0])
    for field in fields[1:]:
        joined += [":", *field]
    return _merged(joined)


def _merged(tokens: list[Token]) -> Template:
    """The same with neighbouring texts in one."""
    merged: list[Token] = []
    for token in tokens:
        before = merged[-1] if merged else None
        if isinstance(token, str) and isinstance(before, str):
            merged[-1] = before + token
        else:
            merged.append(token)
    return tuple(merged)


def _fields(template: Template) -> list[list[Token]]:
    fields: list[list[Token]] = [[]]
    for token in template:
        pieces = token.split(":", _ARN_FIELDS - len(fields)) if isinstance(token, str) else [token]
        for number, piece in enumerate(pieces):
            if number:
                fields.append([])
            if piece != "":
                fields[-1].append(piece)
    return fields


def _plain(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return [text] if text else []
    pieces = re.split(r"([*?])", text)
    return [Wild(piece) if piece in ("*", "?") else piece for piece in pieces if piece]


def _without_opening(text: str) -> str:
    if "${" in text:
        raise BadTemplate("the variable that begins with ${ has no end: close it with }, or write ${$}{")
    return text


def _variable(content: str) -> Token:
    if content in ("*", "?", "$"):
        return content
    found = _CONTENT.fullmatch(content)
    if found is None:
        raise BadTemplate(f"${{{content}}} is no variable: write ${{key}} or ${{key, 'default'}}")
    return Variable(found[1].lower(), found[2])
