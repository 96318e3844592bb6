"""What becomes of header fields on their way in, to the integration, and back."""

from __future__ import annotations

import re

import pytest

from gatewright.gateway import header_rules
from gatewright.wire.types import Field, Headers, Request

TRACE = b"Root=1-66ab5aa0-0123456789abcdef01234567"
ADDED = [
    (b"X-Amzn-Trace-Id", TRACE),
    (b"X-Forwarded-For", b"198.51.100.7"),
    (b"X-Forwarded-Port", b"443"),
    (b"X-Forwarded-Proto", b"https"),
]


def entering(*fields: Field) -> list[Field]:
    request = Request(
        "GET", "/", headers=Headers(fields), client="198.51.100.7", scheme="https", server_port=443
    )
    return header_rules.entering(request, TRACE)


@pytest.mark.parametrize(
    "name",
    [
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Expect",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "TE",
        "Transfer-Encoding",
        "Trailer",
        "Upgrade",
        "WWW-Authenticate",
        "x-amzn-trace-id",
        "x-forwarded-port",
        "X-FORWARDED-PROTO",
    ],
)
def test_nothing_behind_the_front_end_sees_what_is_removed_on_entry(name: str) -> None:
    assert entering((name.encode(), b"sent")) == ADDED


@pytest.mark.parametrize(
    "name", [b"Via", b"Content-Encoding", b"Host", b"Authorization", b"Date", b"tEsT-HEADeR"]
)
def test_other_headers_enter_as_sent(name: bytes) -> None:
    assert entering((name, b"1"), (name, b"2")) == [(name, b"1"), (name, b"2"), *ADDED]


def test_the_client_address_follows_those_a_client_sent() -> None:
    fields = entering((b"x-forwarded-for", b"203.0.113.1, 203.0.113.2"), (b"X-Forwarded-For", b"203.0.113.3"))
    assert dict(fields)[b"X-Forwarded-For"] == b"203.0.113.1, 203.0.113.2, 203.0.113.3, 198.51.100.7"
    assert len(fields) == len(ADDED)


def test_spellings_that_differ_in_case_are_one_name() -> None:
    values = header_rules.multi_values([(b"X-A", b"1"), (b"B", b"x"), (b"x-a", b"2")])
    assert values == {"X-A": ["1", "2"], "B": ["x"]}
    assert list(values) == ["X-A", "B"]


def test_values_are_utf8_or_else_latin1() -> None:
    assert header_rules.text("ü".encode()) == "ü"
    assert header_rules.text("ü".encode("latin-1")) == "ü"


@pytest.mark.parametrize(
    "sent",
    [
        TRACE + b";Parent=0123456789abcdef;Sampled=1",
        b"Self=1-2-3;" + TRACE + b";Parent=a;Sampled=0;Lineage=x:0",
    ],
)
def test_a_complete_trace_is_kept(sent: bytes) -> None:
    assert header_rules.complete_trace(sent) == sent


def test_a_trace_gets_what_it_lacks() -> None:
    rooted = header_rules.complete_trace(TRACE)
    assert re.fullmatch(re.escape(TRACE) + rb";Parent=[0-9a-f]{16};Sampled=0", rooted)
    assert header_rules.complete_trace(TRACE + b";Parent=ab") == TRACE + b";Parent=ab;Sampled=0"


@pytest.mark.parametrize("sent", [b"nonsense", b"Parent=0123456789abcdef;Sampled=1", b"XRoot=1;", b";"])
def test_a_trace_without_a_root_is_replaced(sent: bytes) -> None:
    assert re.fullmatch(rb"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", header_rules.complete_trace(sent))


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        (b"application/json", "application/json"),
        (b"Text/HTML; charset=utf-8", "text/html"),
        (b" image/png ;q=0.8", "image/png"),
        (b"", ""),
    ],
)
def test_a_media_type_has_no_parameters_and_no_capitals(value: bytes, media_type: str) -> None:
    assert header_rules.media_type(value) == media_type


ALWAYS_ILLEGAL = ["Content-Length", "transfer-encoding", "X-Amzn-Trace-Id", "X-Amzn-Apigateway-Api-Id"]
ILLEGAL_WHERE_SIGNED = ["Authorization", "Connection", "Expect", "Proxy-Authenticate", "TE"]


@pytest.mark.parametrize("integration_type", ["MOCK", "HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"])
def test_headers_that_may_not_be_mapped(integration_type: str) -> None:
    signed = integration_type.startswith("AWS")
    assert all(header_rules.illegal_target(integration_type, name) for name in ALWAYS_ILLEGAL)
    assert all(header_rules.illegal_target(integration_type, name) is signed for name in ILLEGAL_WHERE_SIGNED)
    assert not header_rules.illegal_target(integration_type, "X-Mine")


@pytest.mark.parametrize(
    ("integration_type", "dropped"),
    [
        ("HTTP", {b"expect", b"proxy-authenticate", b"te", b"via", b"connection"}),
        ("HTTP_PROXY", {b"expect", b"proxy-authenticate", b"te", b"via", b"connection"}),
        ("AWS", {b"expect", b"proxy-authenticate", b"te", b"referer"}),
    ],
)
def test_headers_that_are_mapped_and_never_leave(integration_type: str, dropped: set[bytes]) -> None:
    assert header_rules.drop_after_mapping(integration_type) == dropped


def responded(integration_type: str, name: bytes) -> bytes | None:
    fields = header_rules.respond(integration_type, [(name, b"v")])
    return fields[0][0] if fields else None


@pytest.mark.parametrize("integration_type", ["MOCK", "HTTP", "AWS"])
@pytest.mark.parametrize(
    "name",
    [
        b"Connection",
        b"Content-Length",
        b"Date",
        b"Server",
        b"Authorization",
        b"Content-MD5",
        b"Expect",
        b"Host",
        b"Max-Forwards",
        b"Proxy-Authenticate",
        b"Trailer",
        b"Upgrade",
        b"User-Agent",
        b"WWW-Authenticate",
        b"www-AUTHENTICATE",
    ],
)
def test_mapped_responses_rename_reserved_headers_in_their_spelling(
    integration_type: str, name: bytes
) -> None:
    assert responded(integration_type, name) == b"x-amzn-Remapped-" + name


@pytest.mark.parametrize(
    "name", [b"Accept", b"Age", b"Content-Encoding", b"Content-Type", b"Pragma", b"TE", b"Via", b"X-Mine"]
)
def test_mapped_responses_pass_other_headers(name: bytes) -> None:
    assert responded("HTTP", name) == name
    assert responded("HTTP", b"Transfer-Encoding") is None


@pytest.mark.parametrize("name", [b"Connection", b"Content-Length", b"Date", b"Server", b"x-amzn-RequestId"])
def test_proxies_rename_the_headers_the_gateway_writes(name: bytes) -> None:
    assert responded("HTTP_PROXY", name) == b"x-amzn-Remapped-" + name
    assert responded("AWS_PROXY", name) == b"x-amzn-Remapped-" + name


@pytest.mark.parametrize("name", [b"Transfer-Encoding", b"Via", b"Trailer", b"Upgrade", b"TE", b"Host"])
def test_proxies_drop_what_belongs_to_one_connection(name: bytes) -> None:
    assert responded("HTTP_PROXY", name) is None
    assert responded("AWS_PROXY", name) is None


def test_a_proxied_trace_id_passes_and_a_function_cannot_set_one() -> None:
    assert responded("HTTP_PROXY", b"X-Amzn-Trace-Id") == b"X-Amzn-Trace-Id"
    assert responded("AWS_PROXY", b"X-Amzn-Trace-Id") is None
    assert responded("HTTP_PROXY", b"Content-Encoding") is None
    assert responded("AWS_PROXY", b"Content-Encoding") == b"Content-Encoding"
