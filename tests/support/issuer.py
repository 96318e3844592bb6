"""An issuer of tokens that keeps its private keys in memory, and can be told to sign anything."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from gatewright.aws.jwt.keys import KeySet, read_keys

NOW = 1_700_000_000.0

Json = dict[str, Any]
_HASHES = {"256": "SHA256", "384": "SHA384", "512": "SHA512"}


def encoded(value: bytes | Json) -> str:
    raw = json.dumps(value).encode() if isinstance(value, dict) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """Has a key `rsa` and a key `ec-…` for each curve."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rsa = rsa.generate_private_key(65_537, 2_048)
        self.curves = {
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "ES384": ec.generate_private_key(ec.SECP384R1()),
            "ES512": ec.generate_private_key(ec.SECP521R1()),
        }

    def jwk(self, key_id: str, **members: Any) -> Json:
        if key_id == "rsa":
            public = RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True)
        else:
            public = ECAlgorithm.to_jwk(self.curves[key_id.removeprefix("ec-")].public_key(), as_dict=True)
        return {**public, "kid": key_id, **members}

    def jwks(self, **members: Any) -> str:
        ids = ["rsa", *(f"ec-{name}" for name in self.curves)]
        return json.dumps({"keys": [self.jwk(one, **members) for one in ids]})

    @property
    def keys(self) -> KeySet:
        return read_keys(self.jwks())

    @property
    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.rsa.public_key().public_bytes(serialization.Encoding.PEM, form)

    def claims(self, **changes: Any) -> Json:
        """Good ones, changed; None takes one out."""
        claims = {
            "iss": self.name,
            "aud": "app",
            "sub": "ann",
            "exp": int(NOW) + 60,
            "iat": int(NOW) - 60,
            "scope": "pets/read pets/write",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: Json | bytes | None = None, *, alg: str = "RS256", **header: Any) -> str:
        """A token; `header` members are changed, None takes one out."""
        key_id = "rsa" if alg.startswith("RS") else f"ec-{alg}"
        members = {"alg": alg, "kid": key_id, "typ": "JWT", **header}
        known = {name: value for name, value in members.items() if value is not None}
        return self.sign_raw(encoded(known), encoded(self.claims() if claims is None else claims), alg)

    def sign_raw(self, header: str, payload: str, alg: str = "RS256") -> str:
        signed = f"{header}.{payload}".encode()
        if alg.startswith("RS"):
            algorithm = RSAAlgorithm(getattr(RSAAlgorithm, _HASHES[alg[2:]]))
            return f"{header}.{payload}.{encoded(algorithm.sign(signed, self.rsa))}"
        curve = ECAlgorithm(getattr(ECAlgorithm, _HASHES[alg[2:]]))
        return f"{header}.{payload}.{encoded(curve.sign(signed, self.curves[alg]))}"
