"""Java's regular expressions, run by the `regex` package with a time limit.

Raises MethodFailed for a pattern or replacement that Java would refuse, LimitExceeded when time is up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import regex

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.java_regex import compile_java

_LEAST_SECONDS = 0.001
_MAX_PATTERN = 10_000
_MAX_EXPANDED = 20_000
_MAX_KEPT = 2_000  # of a pattern that is worth keeping
_PART = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|\{(?P<count>[0-9]{1,9})(?:,(?P<most>[0-9]{0,9}))?\}"
    r"|(?P<open>\()|(?P<close>\))|.",
    re.DOTALL,
)
_REPLACEMENT = re.compile(r"\\(.)|\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|([0-9]+))|([\\$])", re.DOTALL)


def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern in Python's terms. As in Java, `\\w`, `\\d` and case folding know ASCII only."""
    if len(pattern) > _MAX_PATTERN:
        raise LimitExceeded(f"a regular expression is longer than {_MAX_PATTERN} characters")
    size = expanded_size(pattern)
    if size > _MAX_EXPANDED:
        raise LimitExceeded(f"the counts in a regular expression repeat more than {_MAX_EXPANDED} parts")
    return _kept(pattern) if size <= _MAX_KEPT else compile_java(pattern)


_kept = lru_cache(maxsize=256)(compile_java)


def expanded_size(pattern: str) -> int:
    """How many parts the pattern has when counts (`a{100}`) are written out, as the compiled one has them."""
    sizes = [0]  # of the groups that are open
    last = 0  # of the part before here
    for part in _PART.finditer(pattern):
        count, opens, closes = part["count"], part["open"], part["close"]
        if count is not None:
            sizes[-1] += last * (max(int(count), int(part["most"] or 0)) - 1)
        elif opens:
            sizes.append(0)
        elif closes and len(sizes) > 1:
            last = sizes.pop() + 1
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
        if sizes[-1] > _MAX_EXPANDED:
            break
    return max(sizes)


def matches(rt: Bounds, text: str, pattern: str) -> bool:
    """Whether the whole text matches."""
    expression = compiled(pattern)
    rt.check_time()
    try:
        return expression.fullmatch(text, timeout=rt.limits.regex_seconds) is not None
    except TimeoutError:
        raise _too_slow(rt) from None


def _found(rt: Bounds, expression: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
    """Java's `find`, again and again: after an empty match it goes on one character further."""
    clock = rt.limits.clock
    end = clock() + rt.limits.regex_seconds
    at = 0
    while at <= len(text):
        try:
            match = expression.search(text, at, timeout=max(end - clock(), _LEAST_SECONDS))
        except TimeoutError:
            raise _too_slow(rt) from None
        if match is None:
            return
        yield match
        at = match.end() + (match.start() == match.end())
        if clock() > end:
            raise _too_slow(rt)


def _too_slow(rt: Bounds) -> LimitExceeded:
    return LimitExceeded(f"a regular expression ran for more than {rt.limits.regex_seconds:g} seconds")


def replace(rt: Bounds, text: str, pattern: str, replacement: str, first_only: bool = False) -> str:
    """`replaceAll` or `replaceFirst`: `$1` and `${name}` in the replacement are groups, `\\` escapes."""
    rt.check_time()
    pieces: list[str] = []
    length = at = 0
    for match in _found(rt, compiled(pattern), text):
        piece = text[at : match.start()] + _expanded(replacement, match)
        length += len(piece)
        rt.check_string(length)
        pieces.append(piece)
        at = match.end()
        if first_only:
            break
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
    rt.check_time()
    parts: list[object] = []
    at = 0
    for match in _found(rt, compiled(pattern), text):
        if limit > 0 and len(parts) == limit - 1:
            break
        if match.end() == 0:
            continue
        parts.append(text[at : match.start()])
        rt.check_items(len(parts))
        at = match.end()
    if not parts:
        return [text]
    parts.append(text[at:])
    while limit == 0 and parts and parts[-1] == "":
        parts.pop()
    return parts
