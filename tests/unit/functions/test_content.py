"""Payloads and client contexts, checked before any function sees them."""

from __future__ import annotations

import base64

import pytest

from gatewright.functions.api import InvalidRequestContent
from gatewright.functions.content import check, printable


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("payload", [b"", b"{}", b"null", b'"\xc3\xa4"', b" [1, 2.5e3]\n"])
def test_json_passes(payload: bytes) -> None:
    assert check(payload, None, 100, "RequestResponse") is None


@pytest.mark.parametrize("payload", [b"{", b"{a}", b"'x'", b"\xff", b"NaN", b"1 2"])
def test_what_is_not_json_does_not(payload: bytes) -> None:
    with pytest.raises(InvalidRequestContent) as caught:
        check(payload, None, 100, "RequestResponse")
    assert caught.value.message.startswith("Could not parse request body into json: ")
    assert (caught.value.status, caught.value.members) == (400, {"Type": "User"})


def test_a_client_context_becomes_text_that_is_safe_in_a_header() -> None:
    context = check(b"{}", encoded('{"custom":\n {"k": "ü"}}'), 100, "RequestResponse")
    assert context == '{"custom": {"k": "\\u00fc"}}'


@pytest.mark.parametrize("context", ["{}", "not base64!", encoded("[1]"), encoded("text"), "_w=="])
def test_what_is_no_client_context_is_refused(context: str) -> None:
    with pytest.raises(
        InvalidRequestContent, match="Client context must be a valid Base64-encoded JSON object"
    ):
        check(b"{}", context, 100, "RequestResponse")


def test_only_printable_text_enters_a_header() -> None:
    assert printable("Root=1-2-3") == "Root=1-2-3"
    assert [printable(text) for text in ("a\r\nb", "ä", "\x00")] == ["", "", ""]
