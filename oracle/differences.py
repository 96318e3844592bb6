"""The kinds of difference that stay, each with its reason; `README.md` says more of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from oracle.engines import Outcome

_FAULTS = frozenset(
    {"NullPointerException", "ClassCastException", "NegativeArraySizeException", "StackOverflowError"}
)
_VIEWS = re.compile(r"keySet|values|entrySet|subList|iterator")
_EMPTY_RANGE = re.compile(r"\([^()]*\[[^\[\]]*\.\.[^\[\]]*\]")
_NARROW = re.compile(r"(long|short|byte)Value|\$!?\{?(long|big)\b|[0-9]{10,}")
_WIDE = re.compile(r"\([^()]*([0-9]{10,}|\$!?\{?(long|big))")
_ADDRESS = re.compile("@[0-9a-fA-F]+")
_NOT_OFFERED = re.compile(r"toHexString|toArray\(|hashCode\(.|\$!?\{?(dec|big)\.[a-z]+\(")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of difference. `is_one` takes the shrunk template, Velocity's outcome and ours."""

    name: str
    reason: str
    is_one: Callable[[str, Outcome, Outcome], bool]


def _without(outcome: Outcome, part: str) -> str:
    return outcome.text.replace(part, "")


def _fault(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return theirs.kind in ("render", "parse") and theirs.text in _FAULTS and mine.kind == "ok"


def _limit(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return mine.kind == "limit" or theirs.kind == "hang"


def _identity(text: str, theirs: Outcome, mine: Outcome) -> bool:
    if not theirs.kind == mine.kind == "ok":
        return False
    return "hashCode()" in text or _ADDRESS.sub("@", theirs.text) == _ADDRESS.sub("@", mine.text)


def _view(text: str, theirs: Outcome, mine: Outcome) -> bool:
    fails = theirs.text in ("ConcurrentModificationException", "IllegalStateException")
    return _VIEWS.search(text) is not None and (fails or theirs.kind == "ok")


def _wide(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return _WIDE.search(text) is not None


def _narrow(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return (
        _NARROW.search(text) is not None
        and re.search(r"Value|compareTo|equals|class|valueOf|parse", text) is not None
    )


def _null(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return _EMPTY_RANGE.search(text) is not None


def _recursion(text: str, theirs: Outcome, mine: Outcome) -> bool:
    if re.search(r"#define|#macro", text) is None:
        return False
    return "#break(" in text or (theirs.kind == "ok" and _without(theirs, "null") == _without(mine, "null"))


def _not_offered(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return _NOT_OFFERED.search(text) is not None


def _comment(text: str, theirs: Outcome, mine: Outcome) -> bool:
    return "#*" in text and ("#literal" in text or '"' in text)


KINDS = (
    Kind("fault", "Velocity breaks with an exception of its own where ours renders", _fault),
    Kind("limit", "ours refuses what is too deep or too long for a gateway", _limit),
    Kind("identity", "the hashCode of an object that has none but its address", _identity),
    Kind("view", "keySet, values, subList and iterators are what they were when asked for", _view),
    Kind("wide", "an index that no int holds is out of range, not another method's argument", _wide),
    Kind("narrow", "a number of another class that an Integer could hold is an Integer", _narrow),
    Kind("null", "a range whose ends are no integers, as an argument, fits no method", _null),
    Kind(
        "recursion",
        "a block or macro inside itself: #break of a parent loop, the block in a list",
        _recursion,
    ),
    Kind("method", "a method of Java that templates are not offered", _not_offered),
    Kind("comment", "a block comment in the deprecated #literal, or one that a string leaves open", _comment),
)


def kind_of(text: str, theirs: Outcome, mine: Outcome) -> Kind | None:
    return next((kind for kind in KINDS if kind.is_one(text, theirs, mine)), None)
