"""Amazon's two tables: what an identity's (or an authorizer's) policy and a resource policy decide together.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.aws.policy.engine import Verdict

Table = Mapping[tuple[Verdict, Verdict], Verdict]

_ALLOW, _DENY, _SILENT = Verdict.ALLOW, Verdict.DENY, Verdict.SILENT

# (identity or authorizer, resource policy): either side may grant.
SAME_ACCOUNT: dict[tuple[Verdict, Verdict], Verdict] = {
    (_ALLOW, _ALLOW): _ALLOW,
    (_ALLOW, _SILENT): _ALLOW,
    (_ALLOW, _DENY): _DENY,
    (_SILENT, _ALLOW): _ALLOW,
    (_SILENT, _SILENT): _SILENT,
    (_SILENT, _DENY): _DENY,
    (_DENY, _ALLOW): _DENY,
    (_DENY, _SILENT): _DENY,
    (_DENY, _DENY): _DENY,
}

# Both must grant.
CROSS_ACCOUNT: Table = SAME_ACCOUNT | {(_ALLOW, _SILENT): _SILENT, (_SILENT, _ALLOW): _SILENT}


def combine(table: Table, identity: Verdict, resource: Verdict) -> Verdict:
    return table[identity, resource]
