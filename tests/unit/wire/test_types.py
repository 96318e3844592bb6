"""Requests, header fields and answers as values."""

from __future__ import annotations

from gatewright.wire.types import Headers, Request, Response, render_fields


def test_header_fields_keep_order_repeats_and_case() -> None:
    headers = Headers([(b"X-A", b"1"), (b"B", b"2"), (b"x-a", b"3")])
    assert list(headers) == [(b"X-A", b"1"), (b"B", b"2"), (b"x-a", b"3")]
    assert len(headers) == 3
    assert headers.get(b"x-a") == b"3"
    assert headers.get_all(b"x-a") == [b"1", b"3"]
    assert b"b" in headers
    assert headers.get(b"c") is None
    assert headers.repeated
    assert b"c" not in headers


def test_a_list_of_fields_is_taken_over_and_others_are_copied() -> None:
    fields = [(b"A", b"1")]
    assert Headers(fields).fields is fields
    assert Headers(tuple(fields)).fields == fields
    assert not Headers(fields).repeated


def test_what_a_request_has_unless_told() -> None:
    request = Request("GET", "/")
    assert (request.query, request.body, request.version, request.scheme) == (None, b"", "1.1", "http")
    assert len(request.headers) == 0


def test_rendering() -> None:
    assert render_fields([(b"A", b"1"), (b"b", b"")]) == b"A: 1\r\nb: \r\n"
    assert (Response(200).head, Response(200).body) == (b"", b"")
