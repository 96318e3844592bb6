"""Why a policy is refused: what cannot be enforced to the letter is not accepted at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a policy."""

    statement: str  # its Sid, else `Statement[0]`; empty for what stands outside
    element: str  # `Resource`, `Condition.StringEquals.aws:Referer`
    message: str  # the value, what is wrong with it, and what to write instead

    def __str__(self) -> str:
        return ": ".join(part for part in (self.statement, self.element, self.message) if part)


class PolicyRefused(Exception):
    """A policy that cannot be enforced as it stands; `problems` names everything that must change."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class Wrong(Exception):
    """Raised where one element is read; the reader of the statement adds which one it is."""

    def __init__(self, element: str, message: str) -> None:
        super().__init__(f"{element}: {message}")
        self.element = element
        self.message = message


def shown(value: object, most: int = 120) -> str:
    """A value as it is quoted in a message."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"
