"""Query strings as REST APIs read and write them: form decoding in, percent-encoding out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_plus

NONE: dict[str, list[str]] = {}


def parse(query: str | None) -> dict[str, list[str]]:
    """Every value of every name, in order. A name without `=` has the value `""`.

    `query` is raw: bytes over 0x7f stand in it as latin-1. A semicolon separates parameters as `&` does.
    """
    if not query:
        return NONE
    if not query.isascii():
        query = query.encode("latin-1").decode("utf-8", "replace")
    if ";" in query:
        query = query.replace(";", "&")
    plain = "%" not in query and "+" not in query
    parameters: dict[str, list[str]] = {}
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            if not plain:
                name, value = unquote_plus(name), unquote_plus(value)
            parameters.setdefault(name, []).append(value)
    return parameters


def render(parameters: Mapping[str, Iterable[str]]) -> str:
    """`a=1&a=2&b=x%20y`: names and values percent-encoded as UTF-8."""
    return "&".join(
        f"{_encoded(name)}={_encoded(value)}" for name, values in parameters.items() for value in values
    )


def _encoded(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe="")
