"""Signed tokens (RFC 7515, RFC 7519): taken apart strictly, then verified against the issuers' keys.

Everything a token says of its own verification is ignored but the key's id and the algorithm, which only pick
among what the issuer published: keys in the header (jwk, jku, x5c, x5u) have no effect.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from gatewright.aws import strict_json
from gatewright.aws.jwt.keys import KeySet
from gatewright.aws.jwt.problem import Problem, TokenProblem, shown

MOST_CHARACTERS = 16_384
LAST_MOMENT = 253_402_300_799  # the end of the year 9999, in Unix seconds

Claims = Mapping[str, Any]

# base64's alphabet from base64url's; what only the former has becomes what neither has
_ALPHABET = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", b"", b"==", b"=")
# By the length of the last group: its characters' unused bits are 0
_LAST = ("", "", "AQgw", "AEIMQUYcgkosw048")


@dataclass(slots=True, eq=False)
class Token:
    """A token taken apart. Nothing of it is proven before `verify` has answered."""

    algorithm: str
    key_id: str
    claims: Claims = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def issuer(self) -> str:
        """Who the token says issued it; empty if it does not."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else ""


class _Malformed(Exception):
    """What is wrong with the form of a token."""


def without_prefix(value: str) -> str:
    """The token in a header's value, which may begin with `Bearer `."""
    value = value.strip()
    return value[7:].lstrip() if value[:7].lower() == "bearer " else value


def parse(text: str) -> Token | TokenProblem:
    """Take a compact token apart: three parts, an object each in the first two, a readable header."""
    try:
        return _parse(text)
    except _Malformed as error:
        return TokenProblem(Problem.MALFORMED, str(error))


def _parse(text: str) -> Token:
    if len(text) > MOST_CHARACTERS:
        raise _Malformed(f"the token has {len(text)} characters; at most {MOST_CHARACTERS} are read")
    parts = text.split(".")
    if len(parts) != 3:
        raise _Malformed(f"a signed token has three parts, not {len(parts)}")
    algorithm, key_id = _header(parts[0])
    claims = _object("payload", parts[1])
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Token(algorithm, key_id, claims, signed, _bytes("signature", parts[2]))


@lru_cache(maxsize=256)
def _header(part: str) -> tuple[str, str]:
    """The algorithm and the key's id: the same in all tokens that a key has signed."""
    header = _object("header", part)
    if "crit" in header:
        raise _Malformed(
            f"the header has critical extensions, and none is known here: {shown(header['crit'])}"
        )
    if str(header.get("cty", "")).upper() == "JWT":
        raise _Malformed("the token holds another token")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str):
        raise _Malformed(f"the header's alg is {shown(algorithm)}, not a text")
    if not isinstance(key_id, str):
        raise _Malformed(f"the header's kid is {shown(key_id)}, not a text")
    return algorithm, key_id


def _object(what: str, part: str) -> dict[str, Any]:
    try:
        value = strict_json.loads(_bytes(what, part))
    except strict_json.Ambiguous as error:
        raise _Malformed(f"the {what} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise _Malformed(f"the {what} is no object")
    return value


def _bytes(what: str, part: str) -> bytes:
    """base64url without padding, in the one way it is written."""
    excess = len(part) % 4
    try:
        if excess == 1 or (excess and part[-1] not in _LAST[excess]):
            raise _Malformed(f"the {what} is base64url with bits too many")
        return a2b_base64(part.encode("ascii").translate(_ALPHABET) + _PADDING[excess], strict_mode=True)
    except ValueError:
        raise _Malformed(f"the {what} is not base64url without padding") from None


def verify(
    token: Token,
    issuers: Mapping[str, KeySet],
    *,
    algorithms: Collection[str],
    audiences: Collection[str] | None = None,
    now: float,
) -> Claims | TokenProblem:
    """The token's claims, if one of `issuers` signed it and it is good at `now`, in Unix seconds.

    `issuers` has the keys of each issuer under its exact name. `audiences`: of which one must be among the
    token's; None does not ask. There is no leeway: `exp` must be in the future, `nbf` must not.
    """
    problem = (
        _signature_problem(token, issuers, algorithms)
        or _time_problem(token.claims, now)
        or (audiences is not None and _audience_problem(token.claims, audiences))
    )
    return problem or token.claims


def _signature_problem(
    token: Token, issuers: Mapping[str, KeySet], algorithms: Collection[str]
) -> TokenProblem | None:
    keys = issuers.get(token.issuer)
    if keys is None:
        return wrong_issuer(token, issuers)
    if token.algorithm not in algorithms:
        return TokenProblem(
            Problem.ALGORITHM, f"the algorithm {shown(token.algorithm)} is none of {_listed(algorithms)}"
        )
    if token.key_id not in keys.ids:
        return TokenProblem(Problem.UNKNOWN_KEY, f"{token.issuer} has no key {shown(token.key_id)}")
    check = keys.check(token.key_id, token.algorithm)
    if check is None:
        detail = f"the key {shown(token.key_id)} is not for {token.algorithm}"
        return TokenProblem(Problem.ALGORITHM, detail)
    if not check(token.signed, token.signature):
        return TokenProblem(Problem.SIGNATURE, f"it is not what the key {shown(token.key_id)} signed")
    return None


def wrong_issuer(token: Token, issuers: Collection[str]) -> TokenProblem:
    detail = f"the issuer {shown(token.claims.get('iss'))} is none of {_listed(issuers)}"
    return TokenProblem(Problem.ISSUER, detail)


def _time_problem(claims: Claims, now: float) -> TokenProblem | None:
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if (value is not None or name == "exp") and not _is_moment(value):
            return TokenProblem(
                Problem.CLAIM, f"{name} is {shown(value)}, not a number of seconds since 1970"
            )
    if claims["exp"] <= now:
        return TokenProblem(Problem.EXPIRED, f"exp is {claims['exp']}, and it is {now:.0f}")
    if claims.get("nbf") is not None and claims["nbf"] > now:
        return TokenProblem(Problem.NOT_YET_VALID, f"nbf is {claims['nbf']}, and it is {now:.0f}")
    return None


def _is_moment(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= value <= LAST_MOMENT


def _audience_problem(claims: Claims, audiences: Collection[str]) -> TokenProblem | None:
    if not set(texts(claims.get("aud"))).isdisjoint(audiences):
        return None
    return TokenProblem(
        Problem.AUDIENCE, f"aud is {shown(claims.get('aud'))}; {_listed(audiences)} would be accepted"
    )


def texts(value: Any) -> list[str]:
    """A claim that is one text or a list of texts, as a list; of anything else, the texts in it."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def scope_problem(claims: Claims, scopes: Collection[str], *names: str) -> TokenProblem | None:
    """None if one of `scopes` is in a claim of `names`, each a space-separated text or a list of them."""
    held = {scope for name in names for text in texts(claims.get(name)) for scope in text.split(" ")}
    if not held.isdisjoint(scopes):
        return None
    return TokenProblem(Problem.SCOPE, f"it has {_listed(held)}, and one of {_listed(scopes)} is needed")


def _listed(values: Collection[str]) -> str:
    return shown(", ".join(sorted(values)) or "none", 200)
