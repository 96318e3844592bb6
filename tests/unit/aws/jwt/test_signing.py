"""The key of the test issuer: made once, private, and told from another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gatewright.aws.jwt import token as tokens
from gatewright.aws.jwt.keys import read_keys
from gatewright.aws.jwt.problem import Problem, TokenProblem
from gatewright.aws.jwt.signing import KeyFileUnusable, signing_key

CLAIMS = {"iss": "https://issuer.example.com", "sub": "Ünal", "exp": 2000, "n": [1, {"a": None}]}


def test_what_it_signs_its_key_set_verifies(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    token = tokens.parse(key.sign(CLAIMS))
    assert not isinstance(token, TokenProblem)
    issuers = {"https://issuer.example.com": read_keys(key.jwks())}
    assert tokens.verify(token, issuers, algorithms={"RS256"}, now=1999) == CLAIMS


def test_it_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key.pem"
    first = signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert signing_key(path).jwks() == first.jwks()
    assert "PRIVATE" not in first.jwks().decode()


def test_another_key_has_another_id(tmp_path: Path) -> None:
    one, other = signing_key(tmp_path / "one.pem"), signing_key(tmp_path / "other.pem")
    assert one.id != other.id
    token = tokens.parse(one.sign(CLAIMS))
    assert not isinstance(token, TokenProblem)
    issuers = {"https://issuer.example.com": read_keys(other.jwks())}
    refused = tokens.verify(token, issuers, algorithms={"RS256"}, now=1999)
    assert isinstance(refused, TokenProblem)
    assert refused.problem is Problem.UNKNOWN_KEY


def test_a_file_that_is_no_such_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"", b"rubbish", curve):
        path.write_bytes(content)
        with pytest.raises(KeyFileUnusable, match=r"key\.pem is no RSA private key in PEM: remove it"):
            signing_key(path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileUnusable, match=r"cannot be read or made \("):
        signing_key(tmp_path / "file" / "key.pem")
    assert os.listdir(tmp_path) == ["file"]
