"""A key that signs tokens, as an issuer has one: RSA, algorithm RS256."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gatewright.aws import private_file

ALGORITHM = "RS256"
BITS = 2_048


class KeyFileUnusable(OSError):
    """The key file cannot be read or made; the message names the file and the remedy."""


class SigningKey:
    """Its id is its thumbprint (RFC 7638), so that another key has another id."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        public: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._public = {name: public[name] for name in ("e", "kty", "n")}
        canonical = json.dumps(self._public, separators=(",", ":")).encode()
        self.id = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()

    def jwks(self) -> bytes:
        """The JSON Web Key Set that verifies what it signs."""
        return json.dumps(
            {"keys": [{**self._public, "alg": ALGORITHM, "kid": self.id, "use": "sig"}]}
        ).encode()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact token with exactly these claims, which are JSON values."""
        payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
        return jwt.PyJWS().encode(payload, self._key, ALGORITHM, headers={"kid": self.id, "typ": "JWT"})


def signing_key(path: Path) -> SigningKey:
    """The key in `path`; a new one is made and written, for its owner's eyes only, if there is no file.

    Raises `KeyFileUnusable`.
    """
    try:
        if not path.exists():
            private_file.create(path, _new_pem())
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise KeyFileUnusable(
            f"The key file {path} cannot be read or made ({error.strerror}): let this user read it"
        ) from error
    except (TypeError, ValueError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyFileUnusable(
            f"The key file {path} is no RSA private key in PEM: remove it to have a new one made"
        )
    return SigningKey(key)


def _new_pem() -> str:
    return (
        rsa.generate_private_key(65_537, BITS)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
