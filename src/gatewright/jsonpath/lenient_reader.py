"""json-smart's lenient JSON reader: all that its permissive mode forgives, and its words where it does not.

It reads on one character at a time and decides by that character alone:

    key     "…", '…', or bare text up to `:`
    value   { [ "…" '…', a number, or bare text up to `,` and the closing bracket (but `true false null NaN`)
    commas  may repeat, trail, and are not needed between the items of an array
    the end of the document is the end of its first value; what follows is ignored

`lenient_scalars` has the rules of text and numbers.
"""

from __future__ import annotations

import re

from gatewright.jsonpath.lenient_scalars import (
    AT_TOP,
    END,
    IN_ARRAY,
    IN_OBJECT,
    ParseError,
    Scalars,
    blanks,
    shown,
)

MAX_DEPTH = 400  # json-smart's own bound (2.4.9 and later), and its words

_whitespace = re.compile(r"[ \t\n\r]*").match
_whitespace_or_commas = re.compile(r"[ \t\n\r,]*").match
_key = re.compile(r"[^:\x1a]*").match

# Most of any document at one go: items and members that are plain texts and short integers.
_plain_item = re.compile(r'[ \t\n\r,]*(?:"([^"\\]*)"|(-?[0-9]{1,18})(?=[,\]]))').match
_plain_member = re.compile(
    r'[ \t\n\r,]*"([^"\\]*)"[\x00-\x19\x1b-\x20]*:[ \t\n\r]*(?:"([^"\\]*)"|(-?[0-9]{1,18}))(?=[,}])'
).match


class LenientReader(Scalars):
    """Reads one text."""

    def read(self) -> object:
        first = self.skip(_whitespace)
        if first in ":]}":
            raise self.unexpected_character(first)
        if first in "[{":
            return self._read_containers()
        return self.scalar(first, AT_TOP)

    def _read_containers(self) -> object:
        """Keeps the open containers in a list: deep documents must not use up Python's stack."""
        root = self._open()
        unfinished = [root]
        while unfinished:
            current = unfinished[-1]
            nested = (
                self._continue_array(current) if isinstance(current, list) else self._continue_object(current)
            )
            if nested is None:
                unfinished.pop()
                while unfinished and isinstance(unfinished[-1], dict) and self._member_is_last():
                    unfinished.pop()
            elif len(unfinished) == MAX_DEPTH:
                raise self._too_deep()
            else:
                unfinished.append(nested)
        return root

    def _open(self) -> list[object] | dict[str, object]:
        bracket = self.text[self.position]
        self.position += 1
        return [] if bracket == "[" else {}

    def _continue_array(self, items: list[object]) -> list[object] | dict[str, object] | None:
        """Reads items up to the end of the array (None) or to a container, which it opens and returns."""
        while True:
            while plain := _plain_item(self.text, self.position):
                text, digits = plain.groups()
                items.append(int(digits) if text is None else text)
                self.position = plain.end()
            first = self.skip(_whitespace_or_commas)
            if first == "]":
                self.position += 1
                return None
            if first == END:
                raise self.end_of_file("EOF")
            if first in ":}":
                raise self.unexpected_character(first)
            if first in "[{":
                nested = self._open()
                items.append(nested)
                return nested
            items.append(self.scalar(first, IN_ARRAY))

    def _continue_object(self, members: dict[str, object]) -> list[object] | dict[str, object] | None:
        """Reads members up to the end of the object (None) or to a container, which it opens and returns."""
        while True:
            while plain := _plain_member(self.text, self.position):
                key, text, digits = plain.groups()
                members[key] = int(digits) if text is None else text
                self.position = plain.end()
            first = self.skip(_whitespace_or_commas)
            if first == "}":
                self.position += 1
                return None
            if first in ":[]{":
                raise self.unexpected_character(first)
            key = self.quoted(first) if first in "\"'" else self.bare(_key)
            first = self._start_of_value()
            if first in "[{":
                members[key] = nested = self._open()
                return nested
            members[key] = self.scalar(first, IN_OBJECT)
            if self._member_is_last():
                return None

    def _start_of_value(self) -> str:
        """From behind a key over the colon to the value; its first character."""
        colon = self.skip(blanks)
        if colon == END:
            raise self.end_of_file("null")
        if colon != ":":
            raise self.unexpected_character(colon, -1)
        self.position += 1
        if self.position == self.length:
            raise self.end_of_file("EOF")
        first = self.skip(_whitespace)
        if first in ":]}":
            raise self.unexpected_character(first)
        return first

    def _member_is_last(self) -> bool:
        """From behind a value over the comma or the closing bracket."""
        found = self.skip(blanks)
        if found == END:
            raise self.end_of_file("null")
        if found not in ",}":
            raise self.error(f"Unexpected token {shown(found)} at position", -1)
        self.position += 1
        return found == "}"

    def _too_deep(self) -> ParseError:
        bracket = self.text[self.position - 1]
        message = "Malicious payload, having non natural depths, parsing stoped on"
        return self.error(f"{message} {bracket} at position", -1)
