"""`gatewright token`: a token of the built-in test issuer, with the claims that Cognito's tokens have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

from gatewright.cli.node import ask_dev
from gatewright.cli.options import BadOptions, Options
from gatewright.server.errors import CannotStart
from gatewright.server.test_issuer import announced, key_of

CLIENT = "test-client"  # the app client that tokens are for unless it is said
LONGEST = 3650 * 86_400  # seconds
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TIME = re.compile(r"(-?[0-9]{1,9})([smhd])", re.ASCII)

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    sub: str
    scopes: list[str]
    expires: str
    audiences: list[str]
    claims: list[str]  # name=value
    access: bool | None  # None: if it has scopes
    pool: str | None
    issuer: str | None


def claims_of(wanted: Wanted) -> Claims:
    """Without `iss` where none is asked for. Raises `BadOptions`."""
    now = int(time())
    claims: Claims = {
        "sub": wanted.sub,
        "iat": now,
        "auth_time": now,
        "exp": now + _seconds(wanted.expires),
        "jti": str(uuid4()),
        **_of_use(wanted),
    }
    if wanted.scopes:
        claims["scope"] = " ".join(wanted.scopes)
    if issuer := _issuer(wanted):
        claims["iss"] = issuer
    return claims | dict(_further(wanted.claims))


def signed(claims: Claims, options: Options, data_dir: Path | None) -> str:
    """The token. `data_dir` None asks the running dev server. Raises `CannotStart`."""
    if data_dir is None:
        asked = {"claims": json.dumps(claims, separators=(",", ":"))}
        otherwise = "sign with the key of a `serve` with --data-dir DIR"
        token: str = ask_dev(options, "issuer/token", asked, otherwise)["token"]
        return token
    full = {"iss": announced(data_dir), **claims}
    try:
        return key_of(data_dir).sign(full)
    except OSError as error:
        raise CannotStart(str(error)) from error


def _of_use(wanted: Wanted) -> Mapping[str, Any]:
    """ID tokens have an audience, access tokens a client instead, unless one is asked for."""
    one = wanted.audiences[0] if len(wanted.audiences) == 1 else wanted.audiences
    audience = {"aud": one} if wanted.audiences else {}
    if bool(wanted.scopes) if wanted.access is None else wanted.access:
        return {"token_use": "access", "client_id": CLIENT, "username": wanted.sub, **audience}
    return {"token_use": "id", "aud": CLIENT, "cognito:username": wanted.sub, **audience}


def _issuer(wanted: Wanted) -> str | None:
    if wanted.pool is None:
        return wanted.issuer
    if wanted.issuer is not None:
        raise BadOptions("--pool and --issuer both name the issuer: give one of them")
    from gatewright.aws.jwt.cognito import issuer_of  # large

    try:
        return issuer_of(wanted.pool)
    except ValueError as error:
        raise BadOptions(f"--pool: {error}") from None


def _seconds(text: str) -> int:
    found = _TIME.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 0 < abs(seconds) <= LONGEST:
        raise BadOptions(f"--expires {text}: must be a time such as 90s, 30m, 1h or 7d, at most 3650d")
    return seconds


def _further(pairs: Iterable[str]) -> Iterable[tuple[str, Any]]:
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise BadOptions(f"--claim {pair}: must be NAME=VALUE, such as custom:role=admin")
        try:
            yield name, json.loads(value)
        except ValueError:
            yield name, value
