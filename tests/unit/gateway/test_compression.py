"""Content codings of requests and responses."""

from __future__ import annotations

import gzip
import zlib

import pytest

from gatewright.gateway.compression import compress, decode_request_body
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.plan import MethodResponse
from gatewright.wire.coding import decode
from gatewright.wire.types import Field, Headers, Request

TEXT = b"well, well, well, " * 20


def request(coding: bytes | None, body: bytes) -> Request:
    fields = [] if coding is None else [(b"Content-Encoding", coding)]
    return Request("POST", "/", headers=Headers(fields), body=body)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (None, TEXT),
        (b"identity", TEXT),
        (b"gzip", gzip.compress(TEXT, mtime=0)),
        (b"GZIP", gzip.compress(TEXT, mtime=0)),
        (b"deflate", zlib.compress(TEXT)),
    ],
)
def test_request_codings_are_undone(coding: bytes | None, body: bytes) -> None:
    assert decode_request_body(request(coding, body), len(TEXT)) == TEXT


def test_a_coding_of_nothing_is_nothing() -> None:
    assert decode_request_body(request(b"br", b""), 10) == b""


@pytest.mark.parametrize("coding", [b"br", b"gzip", b"compress"])
def test_an_unknown_or_broken_coding_is_unsupported(coding: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        decode_request_body(request(coding, b"not that"), 100)
    assert (refused.value.status, refused.value.message) == (415, "Unsupported Media Type")


def test_a_body_that_unfolds_beyond_the_limit_is_too_large() -> None:
    with pytest.raises(GatewayError) as refused:
        decode_request_body(request(b"gzip", gzip.compress(b"0" * 100_000)), 99_999)
    assert (refused.value.status, refused.value.message) == (413, "Request Too Long")
    assert "99999 bytes" in refused.value.reason


def compressed(accept: bytes | None, *fields: Field, minimum: int = 0, body: bytes = TEXT) -> MethodResponse:
    headers = [] if accept is None else [(b"Accept-Encoding", accept)]
    return compress(
        minimum, Request("GET", "/", headers=Headers(headers)), MethodResponse(200, list(fields), body)
    )


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (b"gzip", b"gzip"),
        (b"GZIP, br", b"gzip"),
        (b"deflate, gzip", b"deflate"),
        (b"deflate;q=0.5, gzip;q=0.8", b"gzip"),
        (b"br;q=0.1, gzip", b"gzip"),
        (b"br, gzip", None),
        (b"gzip;q=0", None),
        (b"gzip;q=x", None),
        (b"identity", None),
        (b"*", None),
        (b"", None),
        (None, None),
    ],
)
def test_the_clients_first_choice_decides(accept: bytes | None, coding: bytes | None) -> None:
    response = compressed(accept, (b"Content-Type", b"text/plain"))
    assert dict(response.fields).get(b"Content-Encoding") == coding
    assert decode(coding or b"identity", response.body, len(TEXT)) == TEXT


def test_rendered_fields_stay_and_count() -> None:
    asked = Request("GET", "/", headers=Headers([(b"Accept-Encoding", b"gzip")]))
    proxied = compress(0, asked, MethodResponse(200, [], TEXT, b"X-A: 1\r\n"))
    assert (proxied.rendered, proxied.fields) == (b"X-A: 1\r\n", [(b"Content-Encoding", b"gzip")])
    coded = MethodResponse(200, [], TEXT, b"X-A: 1\r\ncontent-Encoding: br\r\n")
    assert compress(0, asked, coded) is coded


def test_small_bodies_and_coded_bodies_stay() -> None:
    assert compressed(b"gzip", minimum=len(TEXT) + 1).body == TEXT
    assert compressed(b"gzip", minimum=len(TEXT)).body != TEXT
    assert compressed(b"gzip", (b"content-encoding", b"br")).body == TEXT
    assert compressed(b"gzip", body=b"").body == b""
