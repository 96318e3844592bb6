"""What a policy is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatewright.aws.policy.wildcard import Context

ANONYMOUS: frozenset[str] = frozenset()


@dataclass(slots=True)
class Request:
    """May these `names` (see `principal_element`) do `action` on `resource`?

    `action` is written as AWS writes it (`execute-api:Invoke`), `resource` is an ARN, and `context` has the
    condition keys by their names in lower case; a key that is not there is absent.
    """

    action: str
    resource: str
    names: frozenset[str] = ANONYMOUS
    context: Context = field(default_factory=dict)  # a mapping that computes its values when asked will do


_MOST_NESTED = 8

Test = Callable[[Request], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a statement demands of a request."""

    element: str  # as it stands in the policy: `Resource`, `Condition.IpAddress.aws:SourceIp`
    demands: str  # the policy's value, shortened
    test: Test
    asked: Callable[[Request], str]  # what of the request it is compared with


def all_of(tests: Sequence[Test]) -> Test:
    """One test that passes when all do, in their order. The usual few are nested: a loop costs more."""
    if len(tests) > _MOST_NESTED:
        return lambda request: all(test(request) for test in tests)
    if not tests:
        return lambda _: True
    first, rest = tests[0], all_of(tests[1:]) if tests[1:] else None
    return first if rest is None else lambda request: first(request) and rest(request)
