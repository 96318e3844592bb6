"""Allow, explicit deny, silence: what statements decide together, and what `explain` says of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.policies import ARN, Json, identity_policy, resource_policy, statement

from gatewright.aws.policy.combination import CROSS_ACCOUNT, SAME_ACCOUNT, Table, combine
from gatewright.aws.policy.engine import SILENT, Decision, Verdict, evaluate, explain, merged
from gatewright.aws.policy.request import Request

USER = "arn:aws:iam::111122223333:user/team/ann"
ROLE = "arn:aws:iam::111122223333:role/App"
SESSION = "arn:aws:sts::111122223333:assumed-role/App/s1"

principals = st.sampled_from(
    ["*", {"AWS": "*"}, {"AWS": USER}, {"AWS": "111122223333"}, {"AWS": [ROLE, USER]}]
)
actions = st.sampled_from(
    ["execute-api:Invoke", "execute-api:*", "*", "execute-api:InvalidateCache", "s3:Get*"]
)
resources = st.sampled_from(["*", ARN, ARN.replace("GET", "*"), ARN + "/*", "arn:aws:execute-api:*:*:*"])
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "StringLikeIfExists", "ForAllValues:StringLike"]),
    st.dictionaries(st.sampled_from(["aws:A", "aws:B"]), st.sampled_from(["1", "2", "*"]), min_size=1),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn) -> Json:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Principal", "NotPrincipal"])): draw(principals),
        draw(st.sampled_from(["Action", "NotAction"])): draw(actions),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(resources),
        "Condition": draw(conditions),
    }


contexts = st.dictionaries(st.sampled_from(["aws:a", "aws:b"]), st.sampled_from(["1", "2", ("1", "3"), "*"]))
callers = st.sampled_from([(), (f"AWS:{USER}", "AWS:111122223333"), (f"AWS:{ROLE}", "AWS:111122223333")])
requests = st.builds(
    Request,
    st.sampled_from(["execute-api:Invoke", "execute-api:InvalidateCache"]),
    st.sampled_from([ARN, ARN + "/7"]),
    callers.map(frozenset),
    contexts,
)


@settings(max_examples=50)
@given(st.lists(statements(), min_size=1, max_size=5), requests, st.randoms())
def test_the_order_of_statements_means_nothing(written: list[Json], request: Request, random: Any) -> None:
    shuffled = list(written)
    random.shuffle(shuffled)
    assert (
        evaluate(resource_policy(*written), request).verdict
        is evaluate(resource_policy(*shuffled), request).verdict
    )


@settings(max_examples=50)
@given(st.lists(statements(), max_size=5), requests)
def test_an_explicit_deny_always_wins(written: list[Json], request: Request) -> None:
    deny = statement("Deny", Sid="Never", Principal="*", Action="*")
    assert evaluate(resource_policy(*written, deny), request).verdict is Verdict.DENY


@settings(max_examples=50)
@given(st.lists(statements(), min_size=1, max_size=5), requests)
def test_explain_agrees_with_evaluate(written: list[Json], request: Request) -> None:
    policy = resource_policy(*written)
    answers = explain(policy, request)
    matched = {answer.effect for answer in answers if answer.matched}
    expected = next((one for one in (Verdict.DENY, Verdict.ALLOW) if one in matched), Verdict.SILENT)
    decision = evaluate(policy, request)
    assert decision.verdict is expected
    if expected is not Verdict.SILENT:
        first = next(one for one in answers if one.matched and one.effect is expected)
        assert decision.statement == first.statement
    assert [answer.statement for answer in answers] == [f"Statement[{at}]" for at in range(len(written))]


@settings(max_examples=50)
@given(st.lists(st.lists(statements(), min_size=1, max_size=3), max_size=3), requests)
def test_merged_policies_decide_as_all_of_them(several: list[list[Json]], request: Request) -> None:
    policies = [resource_policy(*written) for written in several]
    verdicts = {evaluate(policy, request).verdict for policy in policies}
    expected = next((one for one in (Verdict.DENY, Verdict.ALLOW) if one in verdicts), Verdict.SILENT)
    assert evaluate(merged(policies), request).verdict is expected


def test_a_decision_names_its_statement() -> None:
    policy = identity_policy(
        statement(Sid="Pets", Resource=ARN),
        statement("Deny", Sid="NoCache", Action="execute-api:InvalidateCache"),
    )
    assert evaluate(policy, Request("execute-api:Invoke", ARN)) == Decision(Verdict.ALLOW, "Pets")
    assert evaluate(policy, Request("execute-api:InvalidateCache", ARN)) == Decision(Verdict.DENY, "NoCache")
    assert evaluate(policy, Request("execute-api:Invoke", f"{ARN}/7")) == SILENT


def test_explain_tells_all_that_was_not_met() -> None:
    policy = resource_policy(
        statement(
            Sid="Office",
            Principal={"AWS": USER},
            Resource=f"{ARN}/*",
            Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Null": {"aws:Referer": True}},
        ),
        statement("Deny"),
    )
    office, deny = explain(policy, Request("execute-api:Invoke", ARN, context={"aws:sourceip": "192.0.2.7"}))
    assert (office.statement, office.effect, office.matched) == ("Office", Verdict.ALLOW, False)
    assert office.unmet == (
        f"Principal {{'AWS': '{USER}'}} does not match an anonymous caller",
        f"Resource '{ARN}/*' does not match {ARN}",
        "Condition.IpAddress.aws:SourceIp '203.0.113.0/24' does not match '192.0.2.7'",
    )
    assert (deny.matched, deny.unmet) == (True, ())


NAMES = {
    "anonymous": frozenset[str](),
    "user": frozenset({f"AWS:{USER}", "AWS:111122223333"}),
    "session": frozenset({f"AWS:{SESSION}", f"AWS:{ROLE}", "AWS:111122223333"}),
    "service": frozenset({"Service:events.amazonaws.com"}),
    "federated": frozenset({"Federated:accounts.google.com"}),
}


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("*", {*NAMES}),
        ({"AWS": "*"}, {*NAMES}),
        ({"Service": "x.amazonaws.com", "AWS": ["*"]}, {*NAMES}),
        ({"AWS": "111122223333"}, {"user", "session"}),
        ({"AWS": "arn:aws:iam::111122223333:root"}, {"user", "session"}),
        ({"AWS": "999999999999"}, set()),
        ({"AWS": USER}, {"user"}),
        ({"AWS": USER.replace("team/", "")}, set()),
        ({"AWS": USER.upper().replace("ARN:AWS:IAM", "arn:aws:iam").replace("USER", "user")}, set()),
        ({"AWS": ROLE}, {"session"}),
        ({"AWS": SESSION}, {"session"}),
        ({"AWS": SESSION + "2"}, set()),
        ({"AWS": [USER, SESSION]}, {"user", "session"}),
        ({"Service": "events.amazonaws.com"}, {"service"}),
        ({"Service": ["lambda.amazonaws.com"]}, set()),
        ({"Federated": "accounts.google.com"}, {"federated"}),
        ({"AWS": USER, "Service": "events.amazonaws.com"}, {"user", "service"}),
        ({"CanonicalUser": "0" * 64}, set()),
    ],
)
def test_principals(principal: Any, who: set[str]) -> None:
    for element, expected in (("Principal", who), ("NotPrincipal", {*NAMES} - who)):
        policy = resource_policy(statement(**{element: principal}))
        allowed = {
            name
            for name, names in NAMES.items()
            if evaluate(policy, Request("execute-api:Invoke", ARN, names)).verdict is Verdict.ALLOW
        }
        assert allowed == expected


# As Amazon prints them: identity or authorizer policy, resource policy, same account, cross account.
TABLES = """
Allow   Allow   Allow   Allow
Allow   neither Allow   neither
Allow   Deny    Deny    Deny
neither Allow   Allow   neither
neither neither neither neither
neither Deny    Deny    Deny
Deny    Allow   Deny    Deny
Deny    neither Deny    Deny
Deny    Deny    Deny    Deny
"""


@pytest.mark.parametrize("row", TABLES.strip().splitlines())
def test_the_tables_of_combined_verdicts(row: str) -> None:
    identity, resource, same, cross = map(Verdict, row.split())
    tables: list[tuple[Table, Verdict]] = [(SAME_ACCOUNT, same), (CROSS_ACCOUNT, cross)]
    for table, expected in tables:
        assert combine(table, identity, resource) is expected
