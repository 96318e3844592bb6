"""JSON bodies as members: what is ignored, what is converted, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.aws.errors import SerializationFailed
from gatewright.control.protocol.parsing import parse
from gatewright.control.protocol.routes import Match
from gatewright.control.protocol.service import services
from gatewright.wire.types import Headers

NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"


def read(
    operation: str, body: bytes, service: str = "apigateway", query: list[tuple[str, str]] | None = None
) -> Any:
    model = services()[service].model.operation_model(operation)
    labels = {name.strip("{}+"): "x" for name in model.http["requestUri"].split("/") if name.startswith("{")}
    return parse(Match(model, labels, query or []), Headers(), body)


def refusal(operation: str, body: bytes, **given: Any) -> str:
    with pytest.raises(SerializationFailed) as raised:
        read(operation, body, **given)
    assert (raised.value.code, raised.value.status) == ("SerializationException", 400)
    return raised.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"name": true}', "class java.lang.Boolean can not be converted to an String"),
        (b'{"name": 1}', NUMBER),
        (b'{"name": 1.5}', NUMBER),
        (b'{"name": {}}', "Start of structure or map found where not expected."),
        (b'{"name": []}', "Start of list found where not expected"),
        (b'{"tags": {"a": 1}}', NUMBER),
        (b'{"tags": "a"}', "Unexpected field type"),
        (b'{"tags": []}', "Start of list found where not expected"),
        (b'{"binaryMediaTypes": "a"}', "Unexpected field type"),
        (b'{"minimumCompressionSize": "1"}', "class java.lang.String can not be converted to an Integer"),
        (
            b'{"disableExecuteApiEndpoint": "true"}',
            "class java.lang.String can not be converted to an Boolean",
        ),
        (b"[]", "The request body must be a JSON object"),
    ],
)
def test_values_of_another_type_are_refused(body: bytes, message: str) -> None:
    assert refusal("CreateRestApi", body) == message


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"nul", b'{"a":', b"[" * 100_000, b'{"name": NaN}', b" "]
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal("CreateRestApi", body).startswith("The request body is not JSON: ")


def test_unknown_members_and_nulls_are_ignored() -> None:
    body = b'{"name": "a", "restApiId": "b", "novel": {"x": [1]}, "description": null, "tags": {"k": null}}'
    assert read("CreateRestApi", body) == {"name": "a", "tags": {"k": None}}


def test_no_body_is_no_members() -> None:
    assert read("CreateRestApi", b"") == {}


def test_a_body_is_not_read_where_the_operation_has_none() -> None:
    assert read("GetRestApi", b"{") == {"restApiId": "x"}


def test_numbers_are_truncated_or_widened_to_the_members_type() -> None:
    assert read("CreateRestApi", b'{"minimumCompressionSize": 7.9}') == {"minimumCompressionSize": 7}
    plan = read("CreateUsagePlan", b'{"throttle": {"rateLimit": 5, "burstLimit": 2}}')
    assert repr(plan["throttle"]) == "{'burstLimit': 2, 'rateLimit': 5.0}"


def test_a_number_past_any_bound_is_refused() -> None:
    assert "1e999" not in refusal("CreateRestApi", b'{"minimumCompressionSize": 1e999}')


def test_binary_members_are_base64() -> None:
    body = b'{"ZipFile": "UEs="}'
    assert read("UpdateFunctionCode", body, service="lambda")["ZipFile"] == b"PK"
    assert "base64" in refusal("UpdateFunctionCode", b'{"ZipFile": "UEs"}', service="lambda")


def test_query_values_are_read_as_their_members() -> None:
    query = [("limit", "5"), ("embed", "a"), ("embed", "b"), ("position", "p"), ("other", "o")]
    read_back = read("GetResources", b"", query=query)
    assert read_back == {"restApiId": "x", "limit": 5, "embed": ["a", "b"], "position": "p"}
    assert refusal("GetRestApis", b"", query=[("limit", "many")]).endswith(
        "can not be converted to an Integer"
    )


def test_a_map_in_the_query_takes_what_no_other_member_claims() -> None:
    query = [("basepath", "prepend"), ("failonwarnings", "TRUE")]
    read_back = read("ImportRestApi", b"{}", query=query)
    assert read_back == {"failOnWarnings": True, "parameters": {"basepath": "prepend"}, "body": b"{}"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "tags", "patchOperations", "op", "endpointConfiguration", "types", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=json_values)
def test_any_json_is_read_or_refused(body: Any) -> None:
    for operation in ("CreateRestApi", "UpdateRestApi", "PutIntegration"):
        try:
            read(operation, orjson.dumps(body))
        except SerializationFailed:
            pass


@given(body=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read("CreateStage", body)
    except SerializationFailed:
        pass
