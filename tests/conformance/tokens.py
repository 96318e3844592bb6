"""The tokens of a case file. Dev's test issuer stands in for every issuer, so its key signs them; what a
token says may be changed once it is signed, and its signature be somebody else's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gatewright.server.test_issuer import KEY_FILE, key_of

Described = dict[str, Any]
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


class Signer:
    """Makes tokens from `claims`; from `header` and `changed`, members that are changed after signing, null
    for those that are taken out; and from `signature`: `none`, `stranger` or `hmac` instead of the issuer's.
    """

    def __init__(self, data_dir: Path) -> None:
        self._key = key_of(data_dir)
        self._pem = (data_dir / KEY_FILE).read_bytes()
        self._signatures: dict[str, Callable[[bytes], bytes]] = {
            "none": lambda _: b"",
            "stranger": lambda signed: _RS256.sign(signed, self._stranger),
            "hmac": lambda signed: hmac.digest(self._public_pem, signed, hashlib.sha256),
        }

    def token(self, described: Described) -> str:
        header, payload, signature = self._key.sign(described["claims"]).split(".")
        signed = f"{_changed(header, 'header', described)}.{_changed(payload, 'changed', described)}"
        if "signature" in described:
            signature = _encoded(self._signatures[described["signature"]](signed.encode()))
        return f"{signed}.{signature}"

    @cached_property
    def _stranger(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65_537, 2_048)

    @property
    def _public_pem(self) -> bytes:
        """What anybody can make of the issuer's key set."""
        public = serialization.load_pem_private_key(self._pem, None).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return public.public_bytes(serialization.Encoding.PEM, form)


def _changed(part: str, name: str, described: Described) -> str:
    if name not in described:
        return part
    members = json.loads(base64.urlsafe_b64decode(part + "=="))
    known = {key: value for key, value in (members | described[name]).items() if value is not None}
    return _encoded(json.dumps(known).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
