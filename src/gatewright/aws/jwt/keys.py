"""The keys an issuer signs with, read from its JSON Web Key Set (RFC 7517).

Only public RSA and elliptic-curve signature keys are of use; others in a set are left out, with the reasons.
A key is found by its id and the algorithm together: a token cannot choose another algorithm for a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from gatewright.aws import strict_json
from gatewright.aws.jwt.problem import shown

MOST_BYTES = 262_144
MOST_KEYS = 100
MOST_ID = 512
RSA_BITS = range(2_048, 8_193)  # shorter ones can be broken, longer ones stall a worker

_RSA: dict[str, HashAlgorithm] = {"RS256": SHA256(), "RS384": SHA384(), "RS512": SHA512()}
_PADDING = PKCS1v15()
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_EC = {
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "ES384": ECAlgorithm(ECAlgorithm.SHA384),
    "ES512": ECAlgorithm(ECAlgorithm.SHA512),
}
ALGORITHMS = frozenset({*_RSA, *_EC})

Check = Callable[[bytes, bytes], bool]  # (what was signed, its signature)


class KeysUnusable(Exception):
    """The text is no key set; the message says what is wrong with it."""


class _Unfit(Exception):
    """A key of a set that is of no use here, and why."""


@dataclass(frozen=True, slots=True)
class KeySet:
    checks: Mapping[tuple[str, str], Check]  # by key id and algorithm
    ids: frozenset[str]
    left_out: tuple[str, ...]  # reasons, for the owner

    def check(self, key_id: str, algorithm: str) -> Check | None:
        """What checks a signature of that key and algorithm; None if the set has no such key."""
        return self.checks.get((key_id, algorithm))


def read_keys(text: str | bytes) -> KeySet:
    """The keys in a JSON Web Key Set. Raises `KeysUnusable`; a set without a usable key is one."""
    if len(text) > MOST_BYTES:
        raise KeysUnusable(f"the key set has {len(text)} bytes; at most {MOST_BYTES} are read")
    try:
        document = strict_json.loads(text)
    except strict_json.Ambiguous as error:
        raise KeysUnusable(f"the key set cannot be read: {error}") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise KeysUnusable(f'a key set is {{"keys": […]}} with at most {MOST_KEYS} keys')
    return _key_set(entries)


def _key_set(entries: list[Any]) -> KeySet:
    checks: dict[tuple[str, str], Check] = {}
    left_out = []
    for place, entry in enumerate(entries):
        try:
            for name, check in _checks(entry).items():
                if name in checks:
                    raise _Unfit(f"an earlier key has the id {shown(name[0])} too")
                checks[name] = check
        except _Unfit as reason:
            left_out.append(f"keys[{place}]: {reason}")
    if not checks:
        raise KeysUnusable(f"the key set has no usable key: {'; '.join(left_out) or 'it is empty'}")
    return KeySet(checks, frozenset(key_id for key_id, _ in checks), tuple(left_out))


def _checks(entry: Any) -> dict[tuple[str, str], Check]:
    if not isinstance(entry, dict):
        raise _Unfit("it is no object")
    key_id, use, operations = entry.get("kid"), entry.get("use", "sig"), entry.get("key_ops", ["verify"])
    if not isinstance(key_id, str) or not 1 <= len(key_id) <= MOST_ID:
        raise _Unfit("it has no kid")
    if use != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise _Unfit("it is not for signatures")
    if "d" in entry:
        raise _Unfit("it is a private key, which nobody may publish")
    checks = _checks_of_key(entry)
    named = entry.get("alg")
    if named is not None:
        if not isinstance(named, str) or named not in checks:
            raise _Unfit(f"the algorithm {shown(named)} does not fit it")
        checks = {named: checks[named]}
    return {(key_id, name): check for name, check in checks.items()}


def _checks_of_key(entry: dict[str, Any]) -> dict[str, Check]:
    """By algorithm."""
    kind = entry.get("kty")
    members = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}.get(kind if isinstance(kind, str) else "")
    if members is None:
        raise _Unfit(f"{shown(kind)} is no kind of key that is used here: RSA and EC are")
    if not all(isinstance(entry.get(name), str) for name in members):
        raise _Unfit(f"it must have {', '.join(members)} as texts")
    public = {"kty": kind, **{name: entry[name] for name in members}}
    try:
        if kind == "RSA":
            key = _rsa_key(public)
            return {name: _rsa_check(key, hashed) for name, hashed in _RSA.items()}
        name = _CURVES[public["crv"]]
        return {name: _ec_check(_EC[name], ECAlgorithm.from_jwk(public))}
    except KeyError:
        raise _Unfit(f"the curve {shown(public['crv'])} is none of {', '.join(_CURVES)}") from None
    except (PyJWTError, ValueError):
        raise _Unfit("its numbers are no key") from None


def _rsa_key(public: dict[str, Any]) -> Any:
    key = RSAAlgorithm.from_jwk(public)
    if key.key_size not in RSA_BITS:
        raise _Unfit(f"it has {key.key_size} bits; {RSA_BITS[0]} to {RSA_BITS[-1]} are accepted")
    return key


def _rsa_check(key: Any, hashed: HashAlgorithm) -> Check:
    """As PyJWT does it, without making the padding and the algorithm anew for each token."""

    def check(signed: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, signed, _PADDING, hashed)
        except InvalidSignature:
            return False
        return True

    return check


def _ec_check(algorithm: ECAlgorithm, key: Any) -> Check:
    return lambda signed, signature: algorithm.verify(signed, key, signature)
