"""Strings as Java counts them: in UTF-16 units, so that a character above U+FFFF is two."""

from __future__ import annotations

import sys
from array import array

_NATIVE = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def units(text: str) -> str:
    """One character a unit; astral characters become their two surrogates."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, array("H", text.encode(_NATIVE, "surrogatepass"))))


def unit_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(_NATIVE, "surrogatepass")) // 2


def from_units(text: str) -> str:
    """The reverse; a lone surrogate stays what it is."""
    if text.isascii():
        return text
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def printable(text: str) -> str:
    """Text that can be encoded: what is left of half a character becomes `?`, as Java writes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return from_units(text).encode("utf-8", "replace").decode()
    return text
