"""Tokens, good ones and every forgery of the literature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.issuer import NOW, Issuer, Json, encoded

from gatewright.aws.jwt.keys import ALGORITHMS
from gatewright.aws.jwt.problem import Problem, TokenProblem
from gatewright.aws.jwt.token import Claims, Token, parse, verify, without_prefix


def answer(issuer: Issuer, text: str, **more: Any) -> Claims | TokenProblem:
    token = parse(text)
    if isinstance(token, TokenProblem):
        return token
    how: Json = {"algorithms": ALGORITHMS, "now": NOW, **more}
    return verify(token, {issuer.name: issuer.keys}, **how)


def problem(issuer: Issuer, text: str, **more: Any) -> Problem:
    found = answer(issuer, text, **more)
    assert isinstance(found, TokenProblem), found
    assert found.detail
    assert text.rpartition(".")[2] not in found.detail or not text.rpartition(".")[2]
    return found.problem


@pytest.mark.parametrize("alg", sorted(ALGORITHMS))
def test_a_good_token(issuer: Issuer, alg: str) -> None:
    claims = issuer.claims(custom={"a": [1, None]})
    assert answer(issuer, issuer.sign(claims, alg=alg)) == claims
    assert answer(issuer, issuer.sign(claims, alg=alg), audiences={"other", "app"}) == claims


@pytest.mark.parametrize("alg", ["RS256", "ES384"])
def test_a_token_of_another_library(issuer: Issuer, alg: str) -> None:
    key_id = "rsa" if alg == "RS256" else f"ec-{alg}"
    key = issuer.rsa if alg == "RS256" else issuer.curves[alg]
    text = jwt.encode(issuer.claims(), key, algorithm=alg, headers={"kid": key_id})
    assert answer(issuer, text) == issuer.claims()


# Algorithms


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", " none", "none\x00", "HS256", "rs256", "PS256"]
)
@pytest.mark.parametrize("signature", ["", "c2lnbmF0dXJl"])
def test_an_algorithm_that_is_not_allowed(issuer: Issuer, alg: str, signature: str) -> None:
    text = f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(issuer.claims())}.{signature}"
    assert problem(issuer, text) is Problem.ALGORITHM


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_secret(issuer: Issuer, alg: str) -> None:
    signed = f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(issuer.claims())}"
    for secret in (issuer.public_pem, issuer.public_pem.strip(), json.dumps(issuer.jwk("rsa")).encode()):
        mac = hmac.digest(secret, signed.encode(), getattr(hashlib, f"sha{alg[2:]}"))
        assert problem(issuer, f"{signed}.{encoded(mac)}") is Problem.ALGORITHM
        assert problem(issuer, f"{signed}.{encoded(mac)}", algorithms={alg}) is Problem.ALGORITHM


def test_an_algorithm_must_be_allowed_and_fit_the_key(issuer: Issuer) -> None:
    assert problem(issuer, issuer.sign(alg="RS384"), algorithms={"RS256"}) is Problem.ALGORITHM
    assert problem(issuer, issuer.sign(alg="ES256"), algorithms={"RS256"}) is Problem.ALGORITHM
    assert problem(issuer, issuer.sign(alg="RS256", kid="ec-ES256")) is Problem.ALGORITHM
    assert problem(issuer, issuer.sign(alg="ES256", kid="rsa")) is Problem.ALGORITHM


@pytest.mark.parametrize("alg", [None, 7, ["RS256"], {"name": "RS256"}, True])
def test_an_algorithm_that_is_no_text(issuer: Issuer, alg: Any) -> None:
    text = issuer.sign_raw(encoded({"alg": alg, "kid": "rsa"}), encoded(issuer.claims()))
    assert problem(issuer, text) is Problem.MALFORMED


def test_another_hash_is_another_signature(issuer: Issuer) -> None:
    text = issuer.sign_raw(encoded({"alg": "RS512", "kid": "rsa"}), encoded(issuer.claims()), "RS256")
    assert problem(issuer, text) is Problem.SIGNATURE


# Keys


def test_a_stranger_with_the_same_key_ids(issuer: Issuer, stranger: Issuer) -> None:
    for alg in sorted(ALGORITHMS):
        assert problem(issuer, stranger.sign(alg=alg)) is Problem.SIGNATURE


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c", "x5t"])
def test_keys_that_a_token_brings_along_have_no_effect(issuer: Issuer, stranger: Issuer, header: str) -> None:
    brought: dict[str, Any] = {
        "jwk": stranger.jwk("rsa"),
        "jku": "https://stranger.test/jwks.json",
        "x5u": "https://stranger.test/cert.pem",
        "x5c": ["MIIB"],
        "x5t": "abc",
    }
    more = {header: brought[header]}
    assert problem(issuer, stranger.sign(**more)) is Problem.SIGNATURE
    assert problem(issuer, stranger.sign(**more, kid="mine")) is Problem.UNKNOWN_KEY
    assert answer(issuer, issuer.sign(**more)) == issuer.claims()


@pytest.mark.parametrize(
    "key_id", ["other", "", "RSA", "rsa ", "../../dev/null", "rsa' OR 1=1 --", "x" * 5_000]
)
def test_a_key_id_that_is_not_in_the_set(issuer: Issuer, key_id: str) -> None:
    assert problem(issuer, issuer.sign(kid=key_id)) is Problem.UNKNOWN_KEY


@pytest.mark.parametrize("key_id", [None, 7, ["rsa"]])
def test_a_key_id_that_is_no_text(issuer: Issuer, key_id: Any) -> None:
    assert problem(issuer, issuer.sign(kid=key_id)) is Problem.MALFORMED


# Form


def changed_parts(text: str) -> dict[str, str]:
    header, payload, signature = text.split(".")
    flipped = "B" if signature[0] == "A" else "A"
    return {
        "no signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "four parts": f"{text}.{signature}",
        "five parts": f"{header}.{header}.{payload}.{payload}.{signature}",
        "truncated": text[:-8],
        "longer": f"{text}AAAA",
        "flipped bit": f"{header}.{payload}.{flipped}{signature[1:]}",
        "another payload": f"{header}.{encoded({'sub': 'root', 'iss': 'https://issuer.test/'})}.{signature}",
        "padding": f"{header}.{payload}.{signature}==",
        "padded payload": f"{header}.{payload}=.{signature}",
        "white space": f"{header}.{payload}.{signature}\n",
        "inner white space": f"{header}. {payload}.{signature}",
        "plain base64": f"{header}.{payload}.{signature[:-4]}+/+/",
        "empty": "",
        "dots": "..",
        "not ASCII": f"{header}.{payload}.{signature[:-1]}é",
        "swapped": f"{payload}.{header}.{signature}",
    }


@pytest.mark.parametrize("name", changed_parts("a.b.c"))
def test_a_token_that_was_tampered_with(issuer: Issuer, name: str) -> None:
    for alg in ("RS256", "ES256"):
        text = changed_parts(issuer.sign(alg=alg))[name]
        assert problem(issuer, text) in (Problem.MALFORMED, Problem.SIGNATURE)


def test_a_signature_is_written_in_one_way_only(issuer: Issuer) -> None:
    """The last letter of 86 holds four bits too many, which a lenient decoder drops."""
    text = issuer.sign(alg="ES256")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = text[:-1] + letters[letters.index(text[-1]) ^ 1]
    padded = "=="
    assert base64.urlsafe_b64decode(other.rpartition(".")[2] + padded) == base64.urlsafe_b64decode(
        text.rpartition(".")[2] + padded
    )
    assert problem(issuer, other) is Problem.MALFORMED


@pytest.mark.parametrize("size", [0, 1, 63, 65, 96, 132])
def test_a_signature_of_another_size(issuer: Issuer, size: int) -> None:
    header, payload, _ = issuer.sign(alg="ES256").split(".")
    for content in (b"\0", b"\xff"):
        assert problem(issuer, f"{header}.{payload}.{encoded(content * size)}") is Problem.SIGNATURE


def test_a_signature_of_zeros(issuer: Issuer) -> None:
    """CVE-2022-21449: r = s = 0 fits every message."""
    header, payload, _ = issuer.sign(alg="ES256").split(".")
    assert problem(issuer, f"{header}.{payload}.{encoded(bytes(64))}") is Problem.SIGNATURE


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"{} {}",
        b'{"sub":"ann","sub":"root"}',
        b'{"a":{"b":1,"b":2}}',
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b"\xff\xfe{}",
        b'{"exp":' + b"9" * 5_000 + b"}",
        b"[" * 3_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_a_payload_or_header_that_can_be_read_two_ways_or_none(issuer: Issuer, payload: bytes) -> None:
    good = encoded({"alg": "RS256", "kid": "rsa"})
    assert problem(issuer, issuer.sign_raw(good, encoded(payload))) is Problem.MALFORMED
    assert problem(issuer, issuer.sign_raw(encoded(payload), encoded(issuer.claims()))) is Problem.MALFORMED


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"cty": "JWT"},
        {"cty": "jwt"},
    ],
)
def test_extensions_and_nested_tokens(issuer: Issuer, header: Json) -> None:
    assert problem(issuer, issuer.sign(**header)) is Problem.MALFORMED


def test_a_token_in_a_token(issuer: Issuer) -> None:
    assert problem(issuer, issuer.sign(issuer.sign().encode())) is Problem.MALFORMED


def test_a_huge_token(issuer: Issuer) -> None:
    text = issuer.sign(issuer.claims(filler="x" * 20_000))
    assert problem(issuer, text) is Problem.MALFORMED
    assert answer(issuer, issuer.sign(issuer.claims(filler="x" * 10_000))) == issuer.claims(
        filler="x" * 10_000
    )


@given(st.text(max_size=60) | st.text("ab.=-_ {}", max_size=40))
def test_any_text_at_all_is_answered(text: str) -> None:
    found = parse(text)
    assert isinstance(found, (Token, TokenProblem))


# Claims

CLAIMS: list[tuple[Json, Problem]] = [
    ({"iss": "https://issuer.test"}, Problem.ISSUER),
    ({"iss": "https://ISSUER.test/"}, Problem.ISSUER),
    ({"iss": "https://evil.test/"}, Problem.ISSUER),
    ({"iss": None}, Problem.ISSUER),
    ({"iss": ["https://issuer.test/"]}, Problem.ISSUER),
    ({"iss": 7}, Problem.ISSUER),
    ({"exp": NOW - 1}, Problem.EXPIRED),
    ({"exp": int(NOW)}, Problem.EXPIRED),
    ({"exp": 0}, Problem.EXPIRED),
    ({"exp": None}, Problem.CLAIM),
    ({"exp": str(NOW + 60)}, Problem.CLAIM),
    ({"exp": True}, Problem.CLAIM),
    ({"exp": [NOW + 60]}, Problem.CLAIM),
    ({"exp": -1}, Problem.CLAIM),
    ({"exp": 10**20}, Problem.CLAIM),
    ({"nbf": NOW + 1}, Problem.NOT_YET_VALID),
    ({"nbf": "now"}, Problem.CLAIM),
    ({"iat": "now"}, Problem.CLAIM),
    ({"iat": 10**30}, Problem.CLAIM),
    ({"aud": "other"}, Problem.AUDIENCE),
    ({"aud": None}, Problem.AUDIENCE),
    ({"aud": ["x", "y"]}, Problem.AUDIENCE),
    ({"aud": []}, Problem.AUDIENCE),
    ({"aud": 7}, Problem.AUDIENCE),
    ({"aud": {"app": True}}, Problem.AUDIENCE),
    ({"aud": "App"}, Problem.AUDIENCE),
    ({"aud": "app other"}, Problem.AUDIENCE),
]


@pytest.mark.parametrize(("changes", "expected"), CLAIMS)
def test_claims_that_are_wrong(issuer: Issuer, changes: Json, expected: Problem) -> None:
    text = issuer.sign(issuer.claims(**changes), alg="ES256")
    assert problem(issuer, text, audiences={"app"}) is expected


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW + 0.5},
        {"nbf": NOW},
        {"nbf": 0},
        {"iat": NOW + 99},
        {"aud": ["x", "app"]},
        {"aud": ["app", 7]},
    ],
)
def test_claims_that_are_right(issuer: Issuer, changes: Json) -> None:
    claims = issuer.claims(**changes)
    assert answer(issuer, issuer.sign(claims, alg="ES256"), audiences={"app"}) == claims


def test_a_float_that_is_infinite(issuer: Issuer) -> None:
    payload = json.dumps(issuer.claims()).replace(str(int(NOW) + 60), "1e999").encode()
    assert problem(issuer, issuer.sign(payload)) is Problem.CLAIM


def test_the_signature_is_checked_before_the_claims(issuer: Issuer, stranger: Issuer) -> None:
    assert problem(issuer, stranger.sign(stranger.claims(exp=0))) is Problem.SIGNATURE


def test_an_issuer_is_checked_with_its_own_keys(issuer: Issuer) -> None:
    other = Issuer("https://other.test/")
    token = parse(other.sign(other.claims(iss=issuer.name)))
    assert isinstance(token, Token)
    trusted = {issuer.name: issuer.keys, other.name: other.keys}
    found = verify(token, trusted, algorithms=ALGORITHMS, now=NOW)
    assert isinstance(found, TokenProblem)
    assert found.problem is Problem.SIGNATURE


@pytest.mark.parametrize("value", ["Bearer a.b.c", "bearer a.b.c", "Bearer  a.b.c ", "a.b.c", " a.b.c"])
def test_a_prefix_is_taken_off(value: str) -> None:
    assert without_prefix(value) == "a.b.c"


@pytest.mark.parametrize("value", ["Basic a.b.c", "Bearera.b.c", "Bearer", ""])
def test_what_is_no_prefix_stays(value: str) -> None:
    assert without_prefix(value) == value


def test_a_token_does_not_show(issuer: Issuer) -> None:
    text = issuer.sign()
    token = parse(text)
    assert text.rpartition(".")[2] not in repr(token)
    assert "ann" not in repr(token)
