"""Key sets: which keys are of use, and why others are left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from tests.support.issuer import Issuer, Json

from gatewright.aws.jwt.keys import ALGORITHMS, KeysUnusable, read_keys


def test_each_key_is_for_what_fits_it(issuer: Issuer) -> None:
    keys = issuer.keys
    assert keys.ids == {"rsa", "ec-ES256", "ec-ES384", "ec-ES512"}
    assert {name for key_id, name in keys.checks if key_id == "rsa"} == {"RS256", "RS384", "RS512"}
    assert {name for _, name in keys.checks} == ALGORITHMS
    assert keys.check("ec-ES256", "ES384") is None
    assert keys.check("rsa", "HS256") is None
    assert keys.left_out == ()


def test_a_named_algorithm_is_the_only_one(issuer: Issuer) -> None:
    keys = read_keys(json.dumps({"keys": [issuer.jwk("rsa", alg="RS512", use="sig", key_ops=["verify"])]}))
    assert set(keys.checks) == {("rsa", "RS512")}


LEFT_OUT: list[tuple[Json, str]] = [
    ({"kid": None}, "it has no kid"),
    ({"kid": ""}, "it has no kid"),
    ({"kid": 7}, "it has no kid"),
    ({"kid": "k" * 513}, "it has no kid"),
    ({"use": "enc"}, "it is not for signatures"),
    ({"key_ops": ["encrypt"]}, "it is not for signatures"),
    ({"key_ops": "verify"}, "it is not for signatures"),
    ({"d": "AQAB"}, "it is a private key, which nobody may publish"),
    ({"alg": "HS256"}, "the algorithm 'HS256' does not fit it"),
    ({"alg": ["RS256"]}, "the algorithm ['RS256'] does not fit it"),
    ({"alg": "PS256"}, "the algorithm 'PS256' does not fit it"),
    ({"alg": "ES256"}, "the algorithm 'ES256' does not fit it"),
    ({"kty": "oct", "k": "c2VjcmV0"}, "'oct' is no kind of key that is used here: RSA and EC are"),
    ({"kty": "OKP"}, "'OKP' is no kind of key"),
    ({"kty": ["RSA"]}, "['RSA'] is no kind of key"),
    ({"n": None}, "it must have n, e as texts"),
    ({"n": 65_537}, "it must have n, e as texts"),
    ({"e": "AA"}, "its numbers are no key"),
    ({"n": ""}, "its numbers are no key"),
    ({"kty": "EC"}, "it must have crv, x, y as texts"),
    ({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}, "the curve 'secp256k1' is none of P-256"),
    ({"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}, "its numbers are no key"),
]


@pytest.mark.parametrize(("changes", "reason"), LEFT_OUT)
def test_a_key_of_no_use_is_left_out(issuer: Issuer, changes: Json, reason: str) -> None:
    entry = {name: value for name, value in issuer.jwk("rsa", **changes).items() if value is not None}
    keys = read_keys(json.dumps({"keys": [entry, issuer.jwk("ec-ES256")]}))
    assert set(keys.checks) == {("ec-ES256", "ES256")}
    assert keys.left_out[0].startswith(f"keys[0]: {reason}")
    with pytest.raises(KeysUnusable, match="no usable key"):
        read_keys(json.dumps({"keys": [entry]}))


def test_a_short_key_is_left_out(issuer: Issuer) -> None:
    short = RSAAlgorithm.to_jwk(rsa.generate_private_key(65_537, 1_024).public_key(), as_dict=True)
    keys = read_keys(json.dumps({"keys": [{**short, "kid": "short"}, issuer.jwk("rsa")]}))
    assert keys.ids == {"rsa"}
    assert keys.left_out == ("keys[0]: it has 1024 bits; 2048 to 8192 are accepted",)


def test_the_first_of_two_keys_with_one_id_counts(issuer: Issuer) -> None:
    other = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    keys = read_keys(json.dumps({"keys": [issuer.jwk("ec-ES256"), {**other, "kid": "ec-ES256"}, 7]}))
    assert keys.checks[("ec-ES256", "ES256")] is not None
    assert keys.left_out == ("keys[1]: an earlier key has the id 'ec-ES256' too", "keys[2]: it is no object")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read: it is not JSON"),
        (b"\xff", "cannot be read"),
        ("[]", 'a key set is {"keys": […]}'),
        ("{}", 'a key set is {"keys": […]}'),
        ('{"keys": {}}', 'a key set is {"keys": […]}'),
        ('{"keys": []}', "it is empty"),
        ('{"keys": [], "keys": []}', "'keys' stands twice"),
        (json.dumps({"keys": [{}] * 101}), "at most 100 keys"),
        (" " * 262_145, "262145 bytes; at most 262144"),
        ("[" * 100_000, "nested deeper"),
    ],
)
def test_what_is_no_key_set(text: Any, message: str) -> None:
    with pytest.raises(KeysUnusable) as refused:
        read_keys(text)
    assert message in str(refused.value)
