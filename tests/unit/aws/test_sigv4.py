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

from gatewright.aws.canonical import canonical_query
from gatewright.aws.errors import AwsError
from gatewright.aws.principals import Credential, root
from gatewright.aws.signature_errors import SignatureMismatch
from gatewright.aws.sigv4 import Identity, Secret, authenticate, presign, sign, verify

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


EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("stated", "body", "good"),
    [
        (hashlib.sha256(b"body").hexdigest(), b"body", True),
        (hashlib.sha256(b"body").hexdigest(), b"other", False),
        (EMPTY, b"", True),
        (EMPTY, b"slipped in", False),
        ("UNSIGNED-PAYLOAD", b"", True),  # there is nothing to change
        ("UNSIGNED-PAYLOAD", b"slipped in", False),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", b"body", False),
    ],
)
def test_a_stated_hash_must_be_the_bodys(stated: str, body: bytes, good: bool) -> None:
    request = AWSRequest("POST", f"https://{HOST}/", headers={"X-Amz-Content-SHA256": stated}, data=b"body")
    SigV4Auth(credentials(SECRET), "execute-api", "us-east-1").add_auth(request)
    assert "x-amz-content-sha256" in request.headers["Authorization"]
    if good:
        assert check(request, body)
    else:
        with pytest.raises(SignatureMismatch):
            check(request, body)


@pytest.mark.parametrize(
    "path", ["/a//b/", "/a/./b/../c", "/..", "/a%2Fb", "/%7Eann", "/a%20b+c", "/*", "//", "/é", "/a.b/..c"]
)
@pytest.mark.parametrize("query", ["", "a=", "b=2&a=1&a=0", "a=%20&a=%2B"])
def test_paths_that_are_easy_to_get_wrong(path: str, query: str) -> None:
    wire = quote(path, safe="/%~*+")
    request = AWSRequest("GET", f"https://{HOST}{wire}?{query}")
    SigV4Auth(credentials(SECRET), "execute-api", "us-east-1").add_auth(request)
    assert check(request).access_key == SECRET.access_key


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("a", b"a="),
        ("a=%2B+%20", b"a=%2B%2B%20"),  # a plus sign is one
        ("a=b=c", b"a=b%3Dc"),
        ("%61=1&B=2", b"B=2&a=1"),
        ("a=%7E~*'", b"a=~~%2A%27"),
        ("&&a=1&", b"a=1"),
        ("a=\xe9", b"a=%E9"),
        ("a=%zz", b"a=%25zz"),
    ],
)
def test_queries_are_decoded_and_encoded_again(sent: str, signed: bytes) -> None:
    assert canonical_query(sent) == signed


Wire = tuple[str, str, str, list[tuple[bytes, bytes]], bytes]


def altered(wire: Wire, what: str) -> Wire:
    method, path, query, fields, body = wire
    if what == "method":
        return "PATCH", path, query, fields, body
    if what == "path":
        return method, path + "x", query, fields, body
    if what == "query":
        return method, path, query + "&zz=1", fields, body
    if what == "body":
        return method, path, query, fields, body + b" "
    if what == "host":
        return method, path, query, [(b"Host", b"other.test"), *fields[1:]], body
    old, new = {
        "signature": (b"Signature=", b"Signature=0"),
        "key": (SECRET.access_key.encode(), TEMPORARY.access_key.encode()),
        "region": (b"/us-east-1/", b"/eu-west-1/"),
        "day": (b"/20260115/", b"/20260114/"),
        "signed headers": (b"SignedHeaders=", b"SignedHeaders=zz;"),
        "date": (b"20260115T120000Z", b"20260115T120001Z"),
    }[what]
    return method, path, query, [(name, value.replace(old, new)) for name, value in fields], body


ALTERATIONS = [
    "method", "path", "query", "body", "host", "signature", "key", "region", "day", "signed headers", "date",
]  # fmt: skip


@given(paths, queries, headers, st.binary(max_size=20), st.sampled_from(ALTERATIONS))
def test_an_altered_request_is_refused(
    path: str, query: str, extra: dict[str, str], body: bytes, what: str
) -> None:
    request = AWSRequest("POST", f"https://{HOST}{path}?{query}", headers=extra, data=body)
    SigV4Auth(credentials(SECRET), "execute-api", "us-east-1").add_auth(request)
    parts = urlsplit(str(request.url))
    wire: Wire = ("POST", parts.path, parts.query, fields_of(request), body)
    service, now = "execute-api", NOW.timestamp()
    assert verify(*wire, lookup, service=service, now=now, region="us-east-1")
    with pytest.raises(AwsError) as refused:
        verify(*altered(wire, what), lookup, service=service, now=now, region="us-east-1")
    assert refused.value.status == 403


def test_what_is_known_of_the_signer_is_answered() -> None:
    known = Credential(SECRET.access_key, SECRET.secret_key, principal=root("123456789012"))
    request = AWSRequest("GET", f"https://{HOST}/")
    SigV4Auth(credentials(SECRET), "execute-api", "us-east-1").add_auth(request)
    identity, found = authenticate(
        "GET",
        "/",
        None,
        fields_of(request),
        b"",
        {known.access_key: known}.get,
        service="execute-api",
        now=NOW.timestamp(),
    )
    assert found is known
    assert identity == Identity(known.access_key, "us-east-1", "execute-api")
