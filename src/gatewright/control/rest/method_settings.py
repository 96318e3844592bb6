"""A stage's `methodSettings`: one entry for `*/*`, one for each method that was set apart.

The first write to a key makes a whole entry: a method's copies what `*/*` holds at that moment, `*/*` starts
from the account's defaults. Later changes to `*/*` leave entries that exist alone. A key is the patch path
before the setting, without its leading slash and still escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.patch import is_true

ACCOUNT_BURST_LIMIT = 5000
ACCOUNT_RATE_LIMIT = 10000.0
LONGEST_TTL_SECONDS = 3600
EVERYWHERE = "*/*"

DEFAULTS: Document = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": ACCOUNT_BURST_LIMIT,
    "throttlingRateLimit": ACCOUNT_RATE_LIMIT,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of one entry, as a patch path names it."""

    key: str  # of `methodSettings`, e.g. `*/*` or `~1pets/GET`
    member: str
    read: Callable[[str], Any]  # the value of a patch operation; raises BadRequest


def _whole_number(what: str) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", value) or int(value) < -1:
            raise BadRequest(f"Invalid {what} setting '{value}', must be an integer no less than -1")
        return int(value)

    return read


def _rate(value: str) -> float:
    if not re.fullmatch(r"-1(?:\.0*)?|[0-9]{1,9}(?:\.[0-9]{1,9})?", value):
        raise BadRequest(f"Invalid throttling rate limit setting '{value}', must be a number, or -1")
    return float(value)


def _ttl(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) > LONGEST_TTL_SECONDS:
        raise BadRequest(
            f"Invalid time-to-live setting, must be an integer no greater than {LONGEST_TTL_SECONDS}"
        )
    return int(value)


def _one_of(what: str, *allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise BadRequest(f"Invalid {what} setting '{value}', must be one of: [{', '.join(allowed)}]")
        return value

    return read


# Patch path after `/{resource}/{METHOD}/`, the entry's member, how its value is read.
PATHS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", is_true),
    "logging/loglevel": ("loggingLevel", _one_of("logging level", "OFF", "ERROR", "INFO")),
    "logging/dataTrace": ("dataTraceEnabled", is_true),
    "throttling/burstLimit": ("throttlingBurstLimit", _whole_number("throttling burst limit")),
    "throttling/rateLimit": ("throttlingRateLimit", _rate),
    "caching/enabled": ("cachingEnabled", is_true),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", _ttl),
    "caching/dataEncrypted": ("cacheDataEncrypted", is_true),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", is_true),
    "caching/unauthorizedCacheControlHeaderStrategy": (
        "unauthorizedCacheControlHeaderStrategy",
        _one_of(
            "unauthorizedCacheControlHeaderStrategy",
            "FAIL_WITH_403",
            "SUCCEED_WITH_RESPONSE_HEADER",
            "SUCCEED_WITHOUT_RESPONSE_HEADER",
        ),
    ),
}

_PATH = re.compile(
    rf"/?(?P<key>.*/(?:GET|PUT|POST|DELETE|PATCH|OPTIONS|HEAD|ANY|\*))/(?P<setting>{'|'.join(PATHS)})"
)


def setting_at(path: str) -> Setting | None:
    """The method setting that a patch path names, if it names one."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    return Setting(match["key"], *PATHS[match["setting"]])


def path_of(key: str, member: str) -> str:
    """The patch path of one member of one entry: how a message names it."""
    suffix = next(suffix for suffix, (name, _) in PATHS.items() if name == member)
    return f"/{key}/{suffix}"


def change(settings: dict[str, Document], setting: Setting, value: str) -> None:
    """Set one member, making the entry if need be."""
    read = setting.read(value)
    if setting.key not in settings:
        settings[setting.key] = dict(settings.get(EVERYWHERE, DEFAULTS))
    settings[setting.key][setting.member] = read
