"""Secrets in what the owner reads of a request: their last six characters stay, as in the service's logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

KEPT = 6  # characters at the end that stay readable; a value no longer than these is masked whole

_HEADERS = frozenset(
    ("authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key")
)
# A signed token, whose header begins with `{"`; with or without `Bearer`.
_TOKEN = re.compile(r"\s*(?:[A-Za-z]+\s+)?eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.")
_PARAMETERS = re.compile(
    r"(?i)x-amz-(?:signature|security-token|credential)|.*(?:token|secret|password|api-?_?key).*"
)


def masked(value: str) -> str:
    shown = value[-KEPT:] if len(value) > KEPT else ""
    return "*" * (len(value) - len(shown)) + shown


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Header values by name, those of credentials masked: by their names, or because they are signed tokens,
    which authorizers may take from any header."""
    return {
        name: masked(value) if name.lower() in _HEADERS or _TOKEN.match(value) else value
        for name, value in headers.items()
    }


def mask_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """Query parameters by name, those whose name speaks of a credential masked."""
    return {
        name: masked(value) if _PARAMETERS.fullmatch(name) else value for name, value in parameters.items()
    }


def mask_uri(uri: str) -> str:
    """A URI with the values of such parameters masked."""
    base, mark, query = uri.partition("?")
    return base + mark + "&".join(_mask_pair(pair) for pair in query.split("&")) if mark else uri


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name + equals + masked(value) if _PARAMETERS.fullmatch(unquote_plus(name)) else pair
