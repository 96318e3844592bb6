"""Claims as integrations see them, in `$context.authorizer.claims`: all are texts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatewright.aws.jwt.token import Claims

_DATES = ("exp", "iat")  # auth_time stays a number of seconds


def rendered(claims: Claims) -> dict[str, str]:
    """Every claim as text: dates written out, lists joined by commas, objects as JSON."""
    return {
        name: _date(value) if name in _DATES and value is not None else _text(value)
        for name, value in claims.items()
    }


def _date(seconds: float) -> str:
    """`Sun May 07 06:47:18 UTC 2017`. `verify` has made sure that it is a date."""
    text = time.asctime(time.gmtime(seconds))  # whatever the locale: Sun May  7 06:47:18 2017
    return f"{text[:8]}{text[8:10].replace(' ', '0')}{text[10:19]} UTC {text[20:]}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
