"""Strings as Java counts them: in UTF-16 units, so that a character above U+FFFF is two."""

from __future__ import annotations


def units(text: str) -> str:
    """One character a unit; astral characters become their two surrogates."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    encoded = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(encoded[i] << 8 | encoded[i + 1]) for i in range(0, len(encoded), 2))


def from_units(text: str) -> str:
    """The reverse; a lone surrogate stays what it is."""
    if text.isascii():
        return text
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def printable(text: str) -> str:
    """Text that can be encoded: what is left of half a character becomes `?`, as Java writes it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return from_units(text).encode("utf-8", "replace").decode()
    return text
