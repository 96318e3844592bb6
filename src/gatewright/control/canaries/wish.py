"""How a stage's canaries are judged, as its tag says: `gatewright:canary-judge` = `act window=600 errors=1`.

The first word is what a verdict does: `act` promotes the canary or rolls it back, `advise` only tells. What
follows changes a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast

from gatewright.aws.errors import BadRequest

TAG = "gatewright:canary-judge"

Mode = Literal["act", "advise"]
MODES = ("act", "advise")
ERROR_CLASSES = ("5xx", "4xx")


@dataclass(frozen=True, slots=True)
class Wish:
    """How one stage's canaries are judged."""

    mode: Mode
    window: float = 600.0  # seconds that are compared
    requests: int = 600  # the least that each side must have answered
    errors: float = 1.0  # percentage points that the canary may fail more often
    count: str = "5xx"  # what is an error: 5xx, or 4xx too
    latency: float = 1.25  # times as slow as the stage that it may be
    percentile: float = 95.0  # at which latencies are compared
    confidence: float = 99.0  # percent: how seldom chance may decide


_RANGES: Mapping[str, tuple[float, float]] = {
    "window": (10, 86_400),
    "requests": (20, 1_000_000_000),
    "errors": (0, 100),
    "latency": (1, 100),
    "percentile": (50, 99.9),
    "confidence": (80, 99.99),
}
_HOW = (
    "write act or advise, then any of window, requests, errors, count, latency, percentile and confidence, "
    "such as: act window=600 errors=1"
)


def wish_of(tags: Mapping[str, str]) -> Wish | None:
    """None for a stage whose canaries nobody judges. Raises BadRequest for a tag that says no such thing."""
    text = tags.get(TAG)
    if text is None:
        return None
    mode, *words = text.split() or [""]
    if mode not in MODES:
        raise _refused(f"it begins with '{mode[:32]}'")
    given = [word.partition("=") for word in words]
    values = {name: _value(name, value) for name, _, value in given}
    if len(values) < len(words):
        raise _refused("it says something twice")
    read = Wish(cast(Mode, mode))
    whole = {field.name: values.get(field.name, getattr(read, field.name)) for field in fields(Wish)}
    return Wish(**{**whole, "requests": int(whole["requests"])})


def _value(name: str, value: str) -> float | str:
    if name == "count" and value in ERROR_CLASSES:
        return value
    least, most = _RANGES.get(name, (1.0, 0.0))
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        wanted = f"must be from {least:g} to {most:g}" if name in _RANGES else "is not known"
        wanted = f"must be {' or '.join(ERROR_CLASSES)}" if name == "count" else wanted
        raise _refused(f"'{name[:32]}={value[:32]}' {wanted}")
    return number


def _refused(why: str) -> BadRequest:
    return BadRequest(f"Invalid {TAG} tag: {why}; {_HOW}")
