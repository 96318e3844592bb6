"""Secrets in what the owner reads of a request: their last six characters stay, as in the service's logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

KEPT = 6  # characters at the end that stay readable; a value no longer than these is masked whole
SECRET_CHARACTERS = 8

_HEADERS = frozenset(
    ("authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key")
)
# A signed token, whose header begins with `{"`; with or without `Bearer`.
_TOKEN = re.compile(r"\s*(?:[A-Za-z]+\s+)?eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.")
_PARAMETERS = re.compile(
    r"(?i)x-amz-(?:signature|security-token|credential)|.*(?:token|secret|password|api-?_?key).*"
)

_CANONICAL = "The Canonical String for this request should have been"  # as SigV4's refusals say it


def masked(value: str) -> str:
    shown = value[-KEPT:] if len(value) > KEPT else ""
    return "*" * (len(value) - len(shown)) + shown


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret masked wherever it stands; one that is short is an ordinary word."""
    for secret in secrets:
        if len(secret) >= SECRET_CHARACTERS:
            text = text.replace(secret, masked(secret))
    return text


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


def cut_canonical(text: str) -> str:
    """A refusal without what should have been signed: that repeats headers and parameters, secrets too."""
    before, begins, _ = text.partition(_CANONICAL)
    return f"{before}{begins} [not shown]" if begins else text


def mask_uri(uri: str) -> str:
    """A URI with the values of such parameters masked."""
    base, mark, query = uri.partition("?")
    return base + mark + "&".join(_mask_pair(pair) for pair in query.split("&")) if mark else uri


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return name + equals + masked(value) if _PARAMETERS.fullmatch(unquote_plus(name)) else pair
