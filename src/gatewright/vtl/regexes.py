"""Java's regular expressions, run by the `regex` package with a time limit.

Raises MethodFailed for a pattern or replacement that Java would refuse, LimitExceeded when time is up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import regex

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.errors import LimitExceeded, MethodFailed

_T = TypeVar("_T")
_MAX_PATTERN = 10_000
_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0B\f\r",
}
_SIMPLE = {
    "z": r"\Z",
    "Z": r"(?=(?:\r\n|[\n\r\u0085\u2028\u2029])?\Z)",
    "h": r"[ \t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
    "e": r"\x1B",
    "R": r"(?>\r\n|[\n\x0B\f\r\u0085\u2028\u2029])",
}
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(p|P)\{(?:Is)?(\w+)\}|(.))", re.DOTALL)
_REPLACEMENT = re.compile(r"\\(.)|\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|([0-9]+))|([\\$])", re.DOTALL)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern in Python's terms.

    By default Java's classes (`\\w`, `\\d`) and case folding know ASCII only.
    """
    if len(pattern) > _MAX_PATTERN:
        raise LimitExceeded(f"a regular expression is longer than {_MAX_PATTERN} characters")
    try:
        return regex.compile(_translated(pattern), regex.ASCII | regex.VERSION1)
    except (regex.error, RecursionError, OverflowError, ValueError) as fault:
        raise MethodFailed(f"PatternSyntaxException: {fault} in {pattern!r}") from fault


def _translated(pattern: str) -> str:
    pattern = _QUOTED.sub(lambda match: re.escape(match[1]), pattern)
    return _ESCAPE.sub(_escape, pattern)


def _escape(match: re.Match[str]) -> str:
    sign, name, character = match.groups()
    if name is not None:
        members = _CLASSES.get(name)
        if members is None:
            return match[0]
        return f"[{'^' if sign == 'P' else ''}{members}]"
    return _SIMPLE.get(character, match[0])


def matches(rt: Bounds, text: str, pattern: str) -> bool:
    """Whether the whole text matches."""
    found = _timed(rt, lambda: compiled(pattern).fullmatch(text, timeout=rt.limits.regex_seconds))
    return found is not None


def replace(rt: Bounds, text: str, pattern: str, replacement: str, first_only: bool = False) -> str:
    """`replaceAll` or `replaceFirst`: `$1` and `${name}` in the replacement are groups, `\\` escapes."""
    pieces: list[str] = []
    expression = compiled(pattern)
    length = at = 0

    def run() -> None:
        nonlocal at, length
        for match in expression.finditer(text, timeout=rt.limits.regex_seconds):
            piece = text[at : match.start()] + _expanded(replacement, match)
            length += len(piece)
            rt.check_string(length)
            pieces.append(piece)
            at = match.end()
            if first_only:
                break

    _timed(rt, run)
    rt.check_string(length + len(text) - at)
    return "".join(pieces) + text[at:]


def _expanded(replacement: str, match: regex.Match[str]) -> str:
    if "$" not in replacement and "\\" not in replacement:
        return replacement
    return _REPLACEMENT.sub(lambda part: _part(part, match), replacement)


def _part(part: re.Match[str], match: regex.Match[str]) -> str:
    escaped, name, digits, stray = part.groups()
    if escaped is not None:
        return escaped
    if stray is not None:
        raise MethodFailed(
            "IllegalArgumentException: a replacement ends with a lone \\ or names no group after $"
        )
    if name is not None:
        if name not in match.re.groupindex:
            raise MethodFailed(f"IllegalArgumentException: no group is called {name!r}")
        return match[name] or ""
    groups = match.re.groups
    if int(digits[0]) > groups:
        raise MethodFailed(f"IndexOutOfBoundsException: no group {digits[0]}")
    # As many digits as still name a group.
    used = 1
    while used < len(digits) and used < 9 and int(digits[: used + 1]) <= groups:
        used += 1
    return (match[int(digits[:used])] or "") + digits[used:]


def split(rt: Bounds, text: str, pattern: str, limit: int = 0) -> list[object]:
    """`String.split`: limit 0 drops empty strings at the end; an empty match at the start splits nothing."""
    parts: list[object] = []
    at = 0

    def run() -> None:
        nonlocal at
        for match in compiled(pattern).finditer(text, timeout=rt.limits.regex_seconds):
            if limit > 0 and len(parts) == limit - 1:
                break
            if match.end() == 0 or (match.start() == match.end() == len(text)):
                continue
            parts.append(text[at : match.start()])
            rt.check_items(len(parts))
            at = match.end()

    _timed(rt, run)
    if not parts and at == 0:
        return [text]
    parts.append(text[at:])
    while limit == 0 and parts and parts[-1] == "":
        parts.pop()
    return parts


def _timed(rt: Bounds, run: Callable[[], _T]) -> _T:
    rt.check_time()
    try:
        return run()
    except TimeoutError:
        raise LimitExceeded(
            f"a regular expression ran for more than {rt.limits.regex_seconds:g} seconds"
        ) from None
