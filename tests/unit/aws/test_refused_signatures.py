"""What AWS answers to a signature it does not accept: exact words, in the order of its checks."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from gatewright.aws.errors import AwsError
from gatewright.aws.signature_errors import SignatureMismatch
from gatewright.aws.sigv4 import Identity, Secret, presign, sign, verify

SECRET = Secret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Secret("ASIAIOSFODNN7EXAMPLE", SECRET.secret_key, "TOKEN==", expires=1_402_677_000.0)
NOW = 1_402_677_267.0  # 2014-06-13T16:34:27Z
HOST = (b"Host", b"api.test")

Fields = list[tuple[bytes, bytes]]


def lookup(access_key: str) -> Secret | None:
    return {secret.access_key: secret for secret in (SECRET, TEMPORARY)}.get(access_key)


def signed(
    *extra: tuple[bytes, bytes], secret: Secret = SECRET, now: float = NOW, body: bytes = b""
) -> Fields:
    fields = [HOST, *extra]
    return [
        *fields,
        *sign(
            "GET", "/prod", "a=1", fields, body, secret, service="execute-api", region="us-east-1", now=now
        ),
    ]


def changed(fields: Fields, old: bytes, new: bytes) -> Fields:
    return [(name, value.replace(old, new)) for name, value in fields]


def without(fields: Fields, name: bytes) -> Fields:
    return [field for field in fields if field[0].lower() != name]


def check(fields: Fields, query: str | None = "a=1", body: bytes = b"", now: float = NOW) -> Identity:
    return verify(
        "GET", "/prod", query, fields, body, lookup, service="execute-api", region="us-east-1", now=now
    )


def refusal(fields: Fields, query: str | None = "a=1", now: float = NOW) -> tuple[str, str]:
    with pytest.raises(AwsError) as refused:
        check(fields, query, now=now)
    assert refused.value.status == 403
    return refused.value.code, refused.value.message


def presigned(expires: int = 60, secret: Secret = SECRET, now: float = NOW) -> str:
    return presign(
        "GET",
        "/prod",
        "a=1",
        "api.test",
        secret,
        service="execute-api",
        region="us-east-1",
        now=now,
        expires=expires,
    )


def test_no_signature() -> None:
    missing = ("MissingAuthenticationTokenException", "Missing Authentication Token")
    assert refusal([HOST]) == missing
    assert refusal([HOST], None) == missing


def test_both_forms_at_once() -> None:
    code, message = refusal(signed(), presigned())
    assert code == "IncompleteSignatureException"
    assert message.startswith("Only one of")


@pytest.mark.parametrize(
    ("authorization", "digest"),
    [
        (b"Bearer abc", "w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY="),
        (b"AWS4-HMAC-SHA256 Credential", "KfSoC26UaBDGXxo5AUFS45c1cmAbyLKDOxOTKcZYWt4="),
    ],
)
def test_an_authorization_that_is_no_list_of_pairs(authorization: bytes, digest: str) -> None:
    assert refusal([HOST, (b"authorization", authorization)]) == (
        "IncompleteSignatureException",
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        f"(hashed with SHA-256 and encoded with Base64): '{digest}'.",
    )


def test_every_missing_part_is_named_and_the_header_is_not_repeated() -> None:
    code, message = refusal([HOST, (b"Authorization", b"AWS4-HMAC-SHA256 Other=secret")])
    assert code == "IncompleteSignatureException"
    assert message.startswith(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
        "parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires "
        "existence of either a 'X-Amz-Date' or a 'Date' header. "
    )
    assert "Other=secret" not in message


@pytest.mark.parametrize(
    "name", ["X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"]
)
def test_a_missing_query_parameter_is_named(name: str) -> None:
    assert refusal([HOST], presigned().replace(f"{name}=", "other=")) == (
        "IncompleteSignatureException",
        f"AWS query-string parameters must include '{name}'",
    )


def test_another_algorithm() -> None:
    code, _ = refusal([HOST], presigned().replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"))
    assert code == "IncompleteSignatureException"


def test_the_host_must_be_signed() -> None:
    assert refusal(changed(signed(), b"SignedHeaders=host;", b"SignedHeaders=")) == (
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_problems_come_in_amazons_order() -> None:
    """Each request has the next problem too."""
    fields = changed(signed(), b"SignedHeaders=host;", b"SignedHeaders=")
    fields = changed(fields, b"20140613T163427Z", b"2014-06-13")
    assert "must be a 'SignedHeader'" in refusal(fields)[1]
    fields = changed(signed(), b"20140613T163427Z", b"2014-06-13")
    assert "Date must be" in refusal(changed(fields, b"/aws4_request", b""), now=NOW + 999)[1]
    fields = changed(signed(), b"/aws4_request", b"")
    assert "Signature expired" in refusal(fields, now=NOW + 999)[1]
    fields = changed(signed(secret=Secret("AKIAUNKNOWN", "x")), b"us-east-1", b"x")
    assert "scoped to a valid region" in refusal(fields)[1]
    assert "security token" in refusal(signed(secret=Secret("AKIAUNKNOWN", "x")), "a=2")[1]


def test_an_amazon_header_must_be_signed() -> None:
    assert refusal([*signed(), (b"X-Amz-Target", b"Delete")]) == (
        "InvalidSignatureException",
        "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_a_signed_amazon_header_is_welcome() -> None:
    assert check(signed((b"X-Amz-Target", b"Delete"))).access_key == SECRET.access_key


def test_a_date_that_cannot_be_read() -> None:
    assert refusal(changed(signed(), b"20140613T163427Z", b"2014-06-13")) == (
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '2014-06-13'. See http://en.wikipedia.org/wiki/ISO_8601",
    )


def test_a_date_header_will_do() -> None:
    fields = without(signed(), b"x-amz-date")
    code, message = refusal([*fields, (b"Date", b"Fri, 13 Jun 2014 16:24:08 GMT")])
    assert (code, message[:38]) == ("InvalidSignatureException", "Signature expired: 20140613T162408Z is")


def test_too_old_and_too_new() -> None:
    assert refusal(signed(now=NOW - 619)) == (
        "InvalidSignatureException",
        "Signature expired: 20140613T162408Z is now earlier than 20140613T162927Z "
        "(20140613T163427Z - 5 min.)",
    )
    assert refusal(signed(now=NOW + 1533)) == (
        "InvalidSignatureException",
        "Signature not yet current: 20140613T170000Z is still later than 20140613T163927Z "
        "(20140613T163427Z + 5 min.)",
    )
    assert check(signed(now=NOW - 300)) == check(signed(now=NOW + 300))


def test_a_presigned_query_is_good_until_it_expires() -> None:
    query = presigned(expires=3600)
    assert check([HOST], query, now=NOW + 3600).access_key == SECRET.access_key
    code, message = refusal([HOST], query, now=NOW + 3601)
    assert code == "InvalidSignatureException"
    assert message.startswith("Signature expired: 20140613T163427Z is now earlier than 20140613T163428Z")


def test_a_presigned_query_is_not_good_before_its_time() -> None:
    code, message = refusal([HOST], presigned(), now=NOW - 301)
    assert (code, message[:26]) == ("InvalidSignatureException", "Signature not yet current:")
    assert check([HOST], presigned(), now=NOW - 300).access_key == SECRET.access_key


@pytest.mark.parametrize("date", ["20141313T163427Z", "20140613T166427Z", "٢٠140613T163427Z", "soon", ""])
def test_a_date_that_does_not_exist(date: str) -> None:
    query = presigned().replace("20140613T163427Z", quote(date))
    code, message = refusal([HOST], query)
    assert (code, message[:46]) == (
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '",
    )


@pytest.mark.parametrize("expires", ["0", "604801", "-1", "1e3", "٣", "9" * 5000])
def test_expiry_is_bounded(expires: str) -> None:
    query = presigned().replace("X-Amz-Expires=60", f"X-Amz-Expires={quote(expires)}")
    code, message = refusal([HOST], query)
    assert code == "IncompleteSignatureException"
    assert "must be between 1 and 604800 seconds" in message


def test_a_credential_has_five_parts() -> None:
    assert refusal(changed(signed(), b"/aws4_request", b"")) == (
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got 'AKIAIOSFODNN7EXAMPLE/20140613/us-east-1/execute-api'",
    )


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (b"us-east-1", b"eu-west-1", "Credential should be scoped to a valid region, not 'eu-west-1'. "),
        (b"/execute-api/", b"/s3/", "Credential should be scoped to correct service: 'execute-api'. "),
        (
            b"us-east-1/execute-api",
            b"x/y",
            "Credential should be scoped to a valid region, not 'x'. "
            "Credential should be scoped to correct service: 'execute-api'. ",
        ),
        (
            b"aws4_request",
            b"aws5",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.",
        ),
        (
            b"/20140613/",
            b"/20140612/",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20140612' != '20140613', from '20140613T163427Z'.",
        ),
    ],
)
def test_a_scope_for_something_else(right: bytes, wrong: bytes, message: str) -> None:
    assert refusal(changed(signed(), right, wrong)) == ("InvalidSignatureException", message)


def test_an_unknown_key_and_a_wrong_token_are_not_told_apart() -> None:
    invalid = ("UnrecognizedClientException", "The security token included in the request is invalid.")
    assert refusal(signed(secret=Secret("AKIAUNKNOWN", "x"))) == invalid
    assert refusal(signed(secret=replace(SECRET, session_token="made up"))) == invalid
    assert refusal(signed(secret=replace(TEMPORARY, session_token="another"))) == invalid
    assert refusal(signed(secret=replace(TEMPORARY, session_token=None))) == invalid


def test_an_expired_token() -> None:
    assert refusal(signed(secret=TEMPORARY)) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
    assert check(signed(secret=TEMPORARY, now=NOW - 300), now=NOW - 300).access_key == TEMPORARY.access_key


def test_rest_apis_show_what_should_have_been_signed() -> None:
    with pytest.raises(SignatureMismatch) as refused:
        check(signed(), "a=2")
    text = refused.value.message_of_rest_apis
    assert text.startswith(
        f"{refused.value.message}\n\nThe Canonical String for this request should have been\n'GET\n"
    )
    assert "\n/prod\na=2\nhost:api.test\n" in text
    assert f"'\n\nThe String-to-Sign should have been\n'{refused.value.string_to_sign}'\n" in text
    assert text.endswith("'\n")


MISMATCH = (
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details.",
)


def test_whatever_is_changed_after_signing_is_noticed() -> None:
    extra = (b"X-Thing", b"one")
    assert refusal(signed(secret=replace(SECRET, secret_key="guess"))) == MISMATCH
    assert refusal(changed(signed(extra), b"one", b"two")) == MISMATCH
    assert refusal([*signed(extra), extra]) == MISMATCH
    assert refusal(without(signed(extra), b"x-thing")) == MISMATCH
    assert refusal(signed(), "a=2") == MISMATCH
    assert refusal(signed(), "a=1&X-Amz-Signature=0") == MISMATCH
    assert refusal(signed(body=b"another body")) == MISMATCH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=1", "a=2"),
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("20140613T163427Z", "20140613T163428Z"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bx-more"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Algorithm", "x=1&X-Amz-Algorithm"),
        (SECRET.access_key, TEMPORARY.access_key),
    ],
)
def test_a_presigned_query_that_was_altered(old: str, new: str) -> None:
    query = presigned()
    assert old in query
    code, message = refusal([HOST], query.replace(old, new))
    expected = (
        "security token" if new == TEMPORARY.access_key else "does not match the signature you provided"
    )
    assert expected in message
    assert code.endswith("Exception")


def test_a_statement_about_the_body_that_is_not_signed_means_nothing() -> None:
    assert check([*signed(), (b"X-Amz-Content-SHA256", b"UNSIGNED-PAYLOAD")]).access_key == SECRET.access_key


def test_two_authorization_headers_are_none() -> None:
    fields = signed()
    assert refusal([*fields, fields[-1]])[0] == "IncompleteSignatureException"


def test_a_secret_does_not_show() -> None:
    assert SECRET.secret_key not in repr(SECRET)
    assert "TOKEN" not in repr(TEMPORARY)
