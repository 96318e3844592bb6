"""Results and errors on the wire."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gatewright.aws.errors import AwsError, NotFound, TooManyRequests
from gatewright.control.protocol.refusing import refuse
from gatewright.control.protocol.serialising import serialise
from gatewright.control.protocol.service import services
from gatewright.wire.types import Response


def answer(operation: str, result: Any, service: str = "apigateway") -> Response:
    found = services()[service]
    return serialise(found, found.model.operation_model(operation), result, "id-1")


def fields(response: Response) -> dict[str, str]:
    lines = response.head.decode().split("\r\n")[:-1]
    return dict(line.split(": ", 1) for line in lines)


def test_a_result_is_written_under_its_wire_names() -> None:
    page = {"items": [{"id": "a", "createdDate": 1_700_000_000.9, "ours": 1}], "position": "p"}
    response = answer("GetRestApis", page)
    assert response.status == 200
    assert orjson.loads(response.body) == {
        "item": [{"id": "a", "createdDate": 1_700_000_000}],
        "position": "p",
    }
    assert fields(response) == {"x-amzn-RequestId": "id-1", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("CreateRestApi", 201),
        ("PutMethod", 201),
        ("UpdateMethodResponse", 201),
        ("UpdateRestApi", 200),
        ("GetAccount", 200),
        ("PutRestApi", 200),
        ("ImportRestApi", 201),
        ("DeleteRestApi", 202),
        ("FlushStageCache", 202),
        ("CreateVpcLink", 202),
        ("DeleteMethod", 204),
        ("DeleteIntegration", 204),
        ("TagResource", 204),
        ("UntagResource", 204),
    ],
)
def test_statuses(operation: str, status: int) -> None:
    assert answer(operation, None).status == status


def test_a_delete_answers_no_body() -> None:
    assert answer("DeleteRestApi", None).body == b""


def test_nulls_stay_in_maps_and_leave_structures() -> None:
    result = {"statusCode": "200", "selectionPattern": None, "responseTemplates": {"application/json": None}}
    body = orjson.loads(answer("PutIntegrationResponse", result).body)
    assert body == {"statusCode": "200", "responseTemplates": {"application/json": None}}


def test_rates_are_always_floats() -> None:
    assert b'"rateLimit":5.0' in answer("GetAccount", {"throttleSettings": {"rateLimit": 5}}).body


def test_invoke_answers_its_payload_and_headers() -> None:
    result = {"StatusCode": 202, "Payload": b'"hi"', "FunctionError": "Un\r\nhandled", "LogResult": "bG9n"}
    response = answer("Invoke", result, "lambda")
    assert (response.status, response.body) == (202, b'"hi"')
    sent = fields(response)
    assert sent["X-Amz-Function-Error"] == "Un  handled"
    assert sent["X-Amz-Log-Result"] == "bG9n"


def test_an_export_names_its_own_content_type() -> None:
    response = answer("GetExport", {"contentType": "application/yaml", "body": b"openapi: 3.0.1"})
    assert response.body == b"openapi: 3.0.1"
    assert fields(response)["Content-Type"] == "application/yaml"


def test_an_error_of_api_gateway() -> None:
    response = refuse(services()["apigateway"], NotFound("Invalid API identifier"), "id-1")
    assert (response.status, response.body) == (404, b'{"message":"Invalid API identifier"}\n')
    assert fields(response)["x-amzn-ErrorType"] == "NotFoundException"
    assert fields(response)["x-amzn-RequestId"] == "id-1"


def test_an_error_tells_when_to_come_back() -> None:
    response = refuse(
        services()["apigateway"], TooManyRequests("Too Many Requests", retryAfterSeconds=3), "id-1"
    )
    assert (fields(response)["Retry-After"], response.body) == ("3", b'{"message":"Too Many Requests"}\n')


@pytest.mark.parametrize(
    ("code", "status", "body"),
    [
        ("ResourceNotFoundException", 404, {"Type": "User", "Message": "m"}),
        ("ResourceConflictException", 409, {"Type": "User", "message": "m"}),
        ("ServiceException", 500, {"Type": "Service", "Message": "m"}),
    ],
)
def test_errors_of_lambda_follow_their_shapes(code: str, status: int, body: dict[str, str]) -> None:
    response = refuse(services()["lambda"], AwsError("m", code=code, status=status), "id-1")
    assert orjson.loads(response.body) == body
