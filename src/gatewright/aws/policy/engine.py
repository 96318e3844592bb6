"""IAM's policy language: read strictly, compiled once, decided in microseconds.

An explicit Deny wins over every Allow, and what nothing allows is not allowed. The order of statements means
nothing. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from gatewright.aws.policy.request import Check, Request, Test


class Verdict(Enum):
    ALLOW = "Allow"
    DENY = "Deny"  # explicit: it cannot be overruled
    SILENT = "neither"  # nothing matched: denied unless something else allows

    __hash__ = object.__hash__  # Enum hashes the name, in Python: a member is only ever one object


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    statement: str | None = None  # the Sid, or `Statement[0]`, of what decided


SILENT = Decision(Verdict.SILENT)


@dataclass(frozen=True, slots=True)
class Statement:
    checks: tuple[Check, ...]  # all that it demands; what is true of every request is left out
    matches: Test  # whether a request meets them all
    decision: Decision  # of a request that does
    keys: frozenset[str]  # the condition keys it looks at, in lower case


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A compiled policy. `keys` are the condition keys it looks at: no others need be known of a request."""

    statements: tuple[Statement, ...]  # as written
    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]
    keys: frozenset[str]


def policy_of(statements: Iterable[Statement]) -> Policy:
    written = tuple(statements)
    denies = tuple(one for one in written if one.decision.verdict is Verdict.DENY)
    allows = tuple(one for one in written if one.decision.verdict is Verdict.ALLOW)
    return Policy(written, denies, allows, frozenset().union(*(one.keys for one in written)))


def merged(policies: Iterable[Policy]) -> Policy:
    """One policy that decides as all of them together."""
    return policy_of(statement for policy in policies for statement in policy.statements)


def evaluate(policy: Policy, request: Request) -> Decision:
    for statement in policy.denies:
        if statement.matches(request):
            return statement.decision
    for statement in policy.allows:
        if statement.matches(request):
            return statement.decision
    return SILENT


@dataclass(frozen=True, slots=True)
class StatementAnswer:
    """What one statement said of a request; `unmet` tells what of it the request did not meet."""

    statement: str
    effect: Verdict
    unmet: tuple[str, ...]

    @property
    def matched(self) -> bool:
        return not self.unmet


def explain(policy: Policy, request: Request) -> list[StatementAnswer]:
    """Statement by statement, as written, why it decided or did not. For people: `evaluate` decides."""
    return [
        StatementAnswer(
            statement.decision.statement or "",
            statement.decision.verdict,
            tuple(_unmet(check, request) for check in statement.checks if not check.test(request)),
        )
        for statement in policy.statements
    ]


def _unmet(check: Check, request: Request) -> str:
    return f"{check.element} {check.demands} does not match {check.asked(request)}"
