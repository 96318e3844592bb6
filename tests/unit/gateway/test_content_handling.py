"""Binary media types and the conversions between text and binary."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatewright.gateway.content_handling import BinaryTypes, convert_request, convert_response
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange

MakeExchange = Callable[..., Exchange]

PNG = b"\x89PNG\r\n\xff"
LOSSY = "\ufffdPNG\r\n\ufffd"
PNG_BASE64 = "iVBORw0K/w=="
BASE64 = "dGVzdC1kYXRh"


@pytest.mark.parametrize(
    ("listed", "accept", "binary"),
    [
        ([], b"image/png", False),
        (["image/png"], b"image/png", True),
        (["image/png"], b"image/png,*/*;q=0.8", True),
        (["image/png"], b"image/png;q=0.5", True),
        (["image/png"], b"IMAGE/PNG", True),
        (["Image/PNG"], b"image/png", True),
        (["image/png"], b"image/webp,image/png,*/*;q=0.8", False),
        (["image/png"], b"image/*", False),
        (["image/png"], b"*/*", False),
        (["image/png"], None, False),
        (["image/*"], b"image/png", True),
        (["image/*"], b"image/*", True),
        (["image/*"], b"imagery/png", False),
        (["*/png"], b"image/png", False),
        (["*/*"], b"text/plain", True),
        (["*/*"], None, True),
    ],
)
def test_the_first_entry_of_accept_decides(listed: list[str], accept: bytes | None, binary: bool) -> None:
    assert BinaryTypes(listed).accepted(accept) is binary


@pytest.mark.parametrize(
    ("listed", "content_type", "binary"),
    [
        ([], b"image/png", False),
        (["image/png"], b"image/png; x=y", True),
        (["image/png"], None, False),
        (["*/*"], None, True),
        (["application/*"], b"application/json", True),
    ],
)
def test_an_answer_is_binary_by_its_content_type(
    listed: list[str], content_type: bytes | None, binary: bool
) -> None:
    assert BinaryTypes(listed).response(content_type) is binary


@pytest.mark.parametrize(
    ("listed", "content_type", "binary"),
    [
        ([], "image/png", False),
        (["image/png"], "image/png", True),
        (["image/png"], "text/plain", False),
        (["application/json"], None, True),
        (["image/png"], None, False),
        (["*/*"], None, True),
    ],
)
def test_a_request_without_content_type_is_json(
    exchange: MakeExchange, listed: list[str], content_type: str | None, binary: bool
) -> None:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    asked = exchange(headers=headers, binary_types=listed)
    assert asked.stage.binary_types.request(asked) is binary


@pytest.mark.parametrize(
    ("binary", "handling", "body", "converted"),
    [
        (False, None, "grün".encode(), "grün"),
        (False, None, PNG, LOSSY),
        (False, "CONVERT_TO_TEXT", PNG, LOSSY),
        (False, "CONVERT_TO_BINARY", BASE64.encode(), b"test-data"),
        (True, None, PNG, PNG),
        (True, "CONVERT_TO_BINARY", PNG, PNG),
        (True, "CONVERT_TO_TEXT", PNG, PNG_BASE64),
        (False, None, b"", ""),
    ],
)
def test_request_bodies(binary: bool, handling: str | None, body: bytes, converted: str | bytes) -> None:
    assert convert_request(body, binary, handling) == converted


TO_BINARY, TO_TEXT = "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"


@pytest.mark.parametrize(
    ("payload_binary", "accept_binary", "handling", "body", "converted"),
    [
        (False, False, None, PNG, LOSSY.encode()),
        (False, False, None, "grün".encode(), "grün".encode()),
        (False, False, TO_BINARY, BASE64.encode(), b"test-data"),
        (False, False, TO_TEXT, PNG, LOSSY.encode()),
        (False, True, None, BASE64.encode(), b"test-data"),
        (False, True, TO_BINARY, BASE64.encode(), b"test-data"),
        (False, True, TO_TEXT, PNG, LOSSY.encode()),
        (True, False, None, PNG, PNG_BASE64.encode()),
        (True, False, TO_BINARY, PNG, PNG),
        (True, False, TO_TEXT, PNG, PNG_BASE64.encode()),
        (True, True, None, PNG, PNG),
        (True, True, TO_BINARY, PNG, PNG),
        (True, True, TO_TEXT, PNG, PNG_BASE64.encode()),
    ],
)
def test_response_bodies(
    payload_binary: bool, accept_binary: bool, handling: str | None, body: bytes, converted: bytes
) -> None:
    assert convert_response(body, payload_binary, accept_binary, handling) == converted


NOT_BASE64 = [b"not base64!", b"dGVz dA==", b"dGVzdA", b"dGVzdA=", b"=", b"dA==dA=="]


@pytest.mark.parametrize("body", NOT_BASE64)
def test_base64_in_requests_is_strict(body: bytes) -> None:
    with pytest.raises(GatewayError, match="Unable to base64 decode the body") as refused:
        convert_request(body, False, TO_BINARY)
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")
    assert not refused.value.traced


@pytest.mark.parametrize("body", NOT_BASE64)
def test_base64_in_responses_is_strict(body: bytes) -> None:
    with pytest.raises(GatewayError, match="Unable to base64 decode the body") as refused:
        convert_response(body, False, True, None)
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")
    assert refused.value.traced


def test_text_that_stays_text_is_not_copied() -> None:
    for body in (b"ascii", "grün".encode()):
        assert convert_response(body, False, False, None) is body
