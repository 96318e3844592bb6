"""Signatures against AWS's own signer, botocore, and against known vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from gatewright.aws.signature_errors import SignatureMismatch
from gatewright.aws.sigv4 import Identity, Secret, presign, sign, verify

SECRET = Secret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Secret("ASIAIOSFODNN7EXAMPLE", SECRET.secret_key, "TOKEN==")
HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
paths = st.lists(st.one_of(texts, st.sampled_from(["", ".", "..", "a b", "~", "é", "%2F"])), max_size=6).map(
    lambda segments: "/" + "/".join(quote(segment, safe="~") for segment in segments)
)
queries = st.lists(st.tuples(texts, texts), max_size=5).map(
    lambda pairs: "&".join(
        f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in pairs if n and not n.startswith("X-Amz-")
    )
)
names = st.from_regex(r"\Ax-[a-z0-9]{1,8}\Z").filter(lambda name: not name.startswith("x-amz"))
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).filter(str.strip)
headers = st.dictionaries(names, values, max_size=4)


@pytest.fixture(autouse=True, scope="module")
def fixed_clock() -> Iterator[None]:
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        yield


def lookup(access_key: str) -> Secret | None:
    return {secret.access_key: secret for secret in (SECRET, TEMPORARY)}.get(access_key)


def credentials(secret: Secret) -> Credentials:
    return Credentials(secret.access_key, secret.secret_key, secret.session_token)


def fields_of(request: AWSRequest) -> list[tuple[bytes, bytes]]:
    fields = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    return [(b"Host", HOST.encode()), *fields]


def check(request: AWSRequest, body: bytes = b"", service: str = "execute-api") -> Identity:
    parts = urlsplit(str(request.url))
    return verify(
        str(request.method),
        parts.path,
        parts.query,
        fields_of(request),
        body,
        lookup,
        service=service,
        now=NOW.timestamp(),
        region="us-east-1",
    )


@given(paths, queries, headers, st.binary(max_size=50), st.sampled_from([SECRET, TEMPORARY]))
def test_headers_signed_by_botocore_verify(
    path: str, query: str, extra: dict[str, str], body: bytes, secret: Secret
) -> None:
    request = AWSRequest("POST", f"https://{HOST}{path}?{query}", headers=extra, data=body)
    SigV4Auth(credentials(secret), "execute-api", "us-east-1").add_auth(request)
    assert check(request, body) == Identity(secret.access_key, "us-east-1", "execute-api")
    with pytest.raises(SignatureMismatch):
        check(request, body + b"!")


@given(paths, queries, st.integers(1, 604_800), st.sampled_from([SECRET, TEMPORARY]))
def test_queries_signed_by_botocore_verify(path: str, query: str, expires: int, secret: Secret) -> None:
    request = AWSRequest("GET", f"https://{HOST}{path}?{query}")
    SigV4QueryAuth(credentials(secret), "execute-api", "us-east-1", expires=expires).add_auth(request)
    assert check(request).access_key == secret.access_key
    request.url = f"{request.url}&more=1"
    with pytest.raises(SignatureMismatch):
        check(request)


@given(paths, queries, st.binary(max_size=50), st.sampled_from(["execute-api", "lambda", "s3"]))
def test_what_we_sign_verifies(path: str, query: str, body: bytes, service: str) -> None:
    host = [(b"Host", b"example.test"), (b"X-Thing", b" a  b "), (b"x-thing", b"c")]
    added = sign(
        "PUT", path, query, host, body, TEMPORARY, service=service, region="eu-west-1", now=NOW.timestamp()
    )
    fields = [*host, *added, (b"User-Agent", b"added on the way")]
    identity = verify("PUT", path, query, fields, body, lookup, service=service, now=NOW.timestamp())
    assert identity == Identity(TEMPORARY.access_key, "eu-west-1", service)


@given(paths, queries, st.sampled_from([SECRET, TEMPORARY]), st.sampled_from(["lambda", "s3"]))
def test_what_we_presign_verifies(path: str, query: str, secret: Secret, service: str) -> None:
    now = NOW.timestamp()
    signed = presign("GET", path, query, "h.test", secret, service=service, region="r", now=now, expires=60)
    fields = [(b"Host", b"h.test")]
    assert verify("GET", path, signed, fields, b"", lookup, service=service, now=now).region == "r"
    with pytest.raises(SignatureMismatch):
        verify("PUT", path, signed, fields, b"", lookup, service=service, now=now)


def test_our_signature_is_botocores() -> None:
    body, host = b'{"a":1}', [(b"Content-Type", b"application/json"), (b"Host", HOST.encode())]
    request = AWSRequest(
        "POST", f"https://{HOST}/prod/items", headers={"Content-Type": "application/json"}, data=body
    )
    SigV4Auth(credentials(TEMPORARY), "execute-api", "us-east-1").add_auth(request)
    added = sign(
        "POST",
        "/prod/items",
        None,
        host,
        body,
        TEMPORARY,
        service="execute-api",
        region="us-east-1",
        now=NOW.timestamp(),
    )
    authorization = dict(added)[b"Authorization"].decode()
    assert authorization == request.headers["Authorization"]
    assert authorization.endswith(
        "Signature=1a590296d8b7460f4f6f6787ea7824c595a838170aa4c14417779b88954ce4b9"
    )


def test_vector_with_encoded_path_and_query() -> None:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260115/us-east-1/execute-api/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature="
    )
    good = "a4b30094bd3c012388631b57b16b20b040d81ecdbe773748c152f42deab5237b"

    def attempt(signature: str) -> Identity:
        fields = [
            (b"host", HOST.encode()),
            (b"x-amz-date", b"20260115T120000Z"),
            (b"authorization", (authorization + signature).encode()),
        ]
        return verify(
            "GET",
            "/prod/items/a%20b",
            "y=2&x=%C3%A9&e=",
            fields,
            b"",
            lookup,
            service="execute-api",
            now=NOW.timestamp(),
        )

    assert attempt(good).access_key == "AKIAIOSFODNN7EXAMPLE"
    with pytest.raises(SignatureMismatch) as refused:
        attempt(good[:-1] + "0")
    assert refused.value.canonical_request.splitlines()[1:3] == [
        "/prod/items/a%2520b",
        "e=&x=%C3%A9&y=2",
    ]
    assert refused.value.string_to_sign.endswith(
        "d64924e0d04fff7e90cbe7c2fd8b8652ad12b7f503f536dbde73f650a716dcfa"
    )


def test_presigned_vector() -> None:
    signed = presign(
        "GET",
        "/prod/items",
        None,
        HOST,
        SECRET,
        service="execute-api",
        region="us-east-1",
        now=NOW.timestamp(),
        expires=300,
    )
    assert signed.endswith(
        "&X-Amz-Signature=9801aa344a253c5808ed93d6717a46060febb8160fb80e88f246a88d7289d2b0"
    )


def test_a_hash_stands_for_the_body() -> None:
    body = b"x" * 1000
    request = AWSRequest("POST", f"https://{HOST}/", data=body)
    SigV4Auth(credentials(SECRET), "execute-api", "us-east-1").add_auth(request)
    fields, digest = fields_of(request), hashlib.sha256(body).hexdigest()
    now = NOW.timestamp()
    assert verify("POST", "/", None, fields, digest, lookup, service="execute-api", now=now)
