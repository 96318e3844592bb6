"""Whatever stands in a policy, it is compiled or refused; and whatever is asked, a policy decides."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.policies import ARN

from gatewright.aws.policy.document import IDENTITY_POLICY, RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Decision, evaluate, explain
from gatewright.aws.policy.operators import OPERATORS
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import Request

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
words = st.sampled_from(
    [
        "*",
        "Allow",
        "Deny",
        ARN,
        "execute-api:*",
        "123456789012",
        "203.0.113.0/24",
        "2020-01-01",
        "5",
        "true",
        "${aws:a}",
    ]
)
anything = st.recursive(
    scalars | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | words, inner, max_size=3)
    ),
    max_leaves=8,
)
operators = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "ForAnyValue:", "ForAllValues:"]),
    st.sampled_from([*OPERATORS, "Null", "Nothing"]),
    st.sampled_from(["", "", "IfExists"]),
)
conditions = st.dictionaries(
    operators,
    st.dictionaries(st.sampled_from(["aws:A", "aws:b", "b"]), anything, max_size=2) | anything,
    max_size=2,
)
statements = st.fixed_dictionaries(
    {"Effect": st.just("Deny") | anything, "Action": st.just("*") | anything, "Resource": words | anything},
    optional={
        "Sid": anything,
        "Principal": words | anything,
        "NotPrincipal": anything,
        "NotAction": anything,
        "Condition": conditions | anything,
    },
)
documents = anything | st.fixed_dictionaries(
    {"Statement": statements | st.lists(statements | anything, max_size=3)},
    optional={"Version": st.just("2012-10-17") | anything, "Id": anything, "Other": anything},
)
values = st.text(max_size=6) | words | st.lists(st.text(max_size=4) | words, max_size=3).map(tuple)


@given(documents, st.sampled_from([RESOURCE_POLICY, IDENTITY_POLICY]))
def test_a_document_is_compiled_or_refused(document: Any, kind: Any) -> None:
    with suppress(PolicyRefused):
        policy = compile_policy(json.dumps(document), kind)
        assert isinstance(evaluate(policy, Request("execute-api:Invoke", ARN)), Decision)


@given(operators, words, values, st.booleans())
def test_a_condition_decides_whatever_the_request_has(
    operator: str, wanted: str, value: Any, present: bool
) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {operator: {"aws:b": wanted}},
    }
    try:
        policy = compile_policy({"Version": "2012-10-17", "Statement": statement}, IDENTITY_POLICY)
    except PolicyRefused:
        return
    request = Request("execute-api:Invoke", ARN, context={"aws:b": value} if present else {})
    assert evaluate(policy, request).statement == (
        None if explain(policy, request)[0].unmet else "Statement[0]"
    )


def test_sizes_are_counted_in_characters() -> None:
    document = {
        "Version": "2012-10-17",
        "Id": "",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    spare = IDENTITY_POLICY.most_characters - len(json.dumps(document, separators=(",", ":")))
    document["Id"] = "é" * spare
    assert compile_policy(document, IDENTITY_POLICY)
    document["Id"] = "é" * (spare + 1)
    with pytest.raises(PolicyRefused, match="has 10241 characters"):
        compile_policy(document, IDENTITY_POLICY)
