"""One thing that `gatewright doctor` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names the thing, `what` goes on as a sentence about it, `remedy` says what to do."""

    where: str
    what: str
    remedy: str
