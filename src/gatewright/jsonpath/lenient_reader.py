"""json-smart's lenient JSON reader: all that its permissive mode forgives, and its words where it does not.

It reads on one character at a time and decides by that character alone:

    key     "…", '…', or bare text up to `:`
    value   { [ "…" '…', a number, or bare text up to `,` and the closing bracket (but `true false null NaN`)
    commas  may repeat, trail, and are not needed between the items of an array
    the end of the document is the end of its first value; what follows is ignored

Quoted text without a backslash is kept as it stands; in text with one, control characters and unknown
escapes are dropped. U+001A counts as the end of the text. Positions in errors count UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

MAX_DEPTH = 400  # json-smart's own bound (2.4.9 and later), and its words
MAX_INTEGER_DIGITS = 4300  # Python refuses to convert longer ones: the work grows with the square
MAX_DOUBLE_LENGTH = 18  # a longer decimal is kept exactly
MAX_JAVA_INT = 2**31 - 1  # bounds the exponent of a BigDecimal
MAX_SHOWN = 40  # characters of a number in a message

END = "\x1a"
TRIMMED = "".join(map(chr, range(0x21)))


class NotANumber(float):
    """The value of `NaN`: no plain float, because orjson writes those as null and json-smart does not."""


LITERALS = {"true": True, "false": False, "null": None, "NaN": NotANumber("nan")}
ESCAPES = dict(zip("tnrfb\\/'\"", "\t\n\r\f\b\\/'\"", strict=True))
HEX_ESCAPES = {"u": 4, "x": 2}

_whitespace = re.compile(r"[ \t\n\r]*").match
_whitespace_or_commas = re.compile(r"[ \t\n\r,]*").match
_blanks = re.compile(r"[\x00-\x19\x1b-\x20]*").match
_key = re.compile(r"[^:\x1a]*").match
_number = re.compile(r"-?[0-9]*(\.[0-9]*)?([eE][-+0-9][0-9]*)?").match
_plain = re.compile(r"[^\\\"'\x00-\x1f\x7f]*").match
_hex_digits = re.compile(r"[0-9a-fA-F]*").match

# Most of any document at one go: items and members that are plain texts and short integers.
_plain_item = re.compile(r'[ \t\n\r,]*(?:"([^"\\]*)"|(-?[0-9]{1,18})(?=[,\]]))').match
_plain_member = re.compile(
    r'[ \t\n\r,]*"([^"\\]*)"[\x00-\x19\x1b-\x20]*:[ \t\n\r]*(?:"([^"\\]*)"|(-?[0-9]{1,18}))(?=[,}])'
).match

_has_surrogate = re.compile(r"[\ud800-\udfff]").search


class ParseError(ValueError):
    """The text is no JSON, even for json-smart, whose message this is; `position` is in UTF-16 units."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class Bare(NamedTuple):
    """What ends bare text and numbers: it depends on what they stand in."""

    ends: str
    pattern: re.Pattern[str]


AT_TOP = Bare(END, re.compile(r"[^\x1a]*"))
IN_ARRAY = Bare(",]" + END, re.compile(r"[^,\]\x1a]*"))
IN_OBJECT = Bare(",}" + END, re.compile(r"[^,}\x1a]*"))


class LenientReader:
    """Reads one text. `position` is the next character to look at; `END` stands behind the last one."""

    def __init__(self, text: str) -> None:
        self.text = text + END
        self.length = len(text)
        self.position = 0

    def read(self) -> object:
        first = self._skip(_whitespace)
        if first in ":]}":
            raise self._unexpected_character(first)
        if first in "[{":
            return self._read_containers()
        return self._scalar(first, AT_TOP)

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
            first = self._skip(_whitespace_or_commas)
            if first == "]":
                self.position += 1
                return None
            if first == END:
                raise self._end_of_file("EOF")
            if first in ":}":
                raise self._unexpected_character(first)
            if first in "[{":
                nested = self._open()
                items.append(nested)
                return nested
            items.append(self._scalar(first, IN_ARRAY))

    def _continue_object(self, members: dict[str, object]) -> list[object] | dict[str, object] | None:
        """Reads members up to the end of the object (None) or to a container, which it opens and returns."""
        while True:
            while plain := _plain_member(self.text, self.position):
                key, text, digits = plain.groups()
                members[key] = int(digits) if text is None else text
                self.position = plain.end()
            first = self._skip(_whitespace_or_commas)
            if first == "}":
                self.position += 1
                return None
            if first in ":[]{":
                raise self._unexpected_character(first)
            key = self._quoted(first) if first in "\"'" else self._bare(_key)
            first = self._start_of_value()
            if first in "[{":
                members[key] = nested = self._open()
                return nested
            members[key] = self._scalar(first, IN_OBJECT)
            if self._member_is_last():
                return None

    def _start_of_value(self) -> str:
        """From behind a key over the colon to the value; its first character."""
        colon = self._skip(_blanks)
        if colon == END:
            raise self._end_of_file("null")
        if colon != ":":
            raise self._unexpected_character(colon, -1)
        self.position += 1
        if self.position == self.length:
            raise self._end_of_file("EOF")
        first = self._skip(_whitespace)
        if first in ":]}":
            raise self._unexpected_character(first)
        return first

    def _member_is_last(self) -> bool:
        """From behind a value over the comma or the closing bracket."""
        found = self._skip(_blanks)
        if found == END:
            raise self._end_of_file("null")
        if found not in ",}":
            raise self._error(f"Unexpected token {_shown(found)} at position", -1)
        self.position += 1
        return found == "}"

    def _scalar(self, first: str, bare: Bare) -> object:
        if first in "\"'":
            return self._quoted(first)
        if first in "-0123456789":
            return self._number(bare)
        text = self._bare(bare.pattern.match)
        return LITERALS.get(text, text) if first in "tfnN" else text

    def _bare(self, match: Callable[[str, int], re.Match[str] | None]) -> str:
        start = self.position
        self._skip(match)
        return self.text[start : self.position].strip(TRIMMED)

    def _number(self, bare: Bare) -> object:
        """Digits followed by anything else (`12 monkeys`, `1.2.3`) are bare text; non-ASCII may follow."""
        start = self.position
        found = _number(self.text, start)
        assert found is not None  # the pattern matches the empty text too
        self.position = found.end()
        follows = self._skip(_blanks)
        if follows < "~" and follows not in bare.ends:
            self.position = start
            return self._bare(bare.pattern.match)
        if found.lastindex is None:
            return self._integer(found[0], start)
        return self._decimal(found[0], start)

    def _integer(self, digits: str, start: int) -> int:
        if len(digits) > MAX_INTEGER_DIGITS:
            self.position = start
            raise self._error(f"Integer of more than {MAX_INTEGER_DIGITS} digits at position")
        return 0 if digits == "-" else int(digits)

    def _decimal(self, text: str, start: int) -> float | Decimal:
        try:
            return read_decimal(text)
        except ValueError:
            self.position = start
            raise self._error(f"No value for number {text[:MAX_SHOWN]} at position") from None

    def _quoted(self, quote: str) -> str:
        start = self.position + 1
        close = self.text.find(quote, start)
        if close < 0:
            self.position = self.length
            raise self._end_of_file("null", 0)
        text = self.text[start:close]
        self.position = close + 1
        if "\\" not in text:
            return text
        self.position = start
        return self._escaped(quote)

    def _escaped(self, quote: str) -> str:
        pieces: list[str] = []
        while True:
            start = self.position
            found = self._skip(_plain)
            pieces.append(self.text[start : self.position])
            if found == END:
                raise self._end_of_file("null")
            self.position += 1
            if found == quote:
                return _joined_surrogates("".join(pieces))
            if found == "\\":
                pieces.append(self._escape())
            elif found in "\"'":
                pieces.append(found)

    def _escape(self) -> str:
        letter = self.text[self.position]
        if self.position == self.length:
            raise self._end_of_file("null", 0)
        self.position += 1
        if letter in HEX_ESCAPES:
            return self._hex(HEX_ESCAPES[letter])
        return ESCAPES.get(letter, "")

    def _hex(self, length: int) -> str:
        start = self.position
        follows = self._skip(_hex_digits)
        if self.position >= start + length:
            self.position = start + length
            return chr(int(self.text[start : self.position], 16))
        if follows == END:
            raise self._end_of_file("EOF", 0)
        raise self._error(f"Unexpected unicode escape sequence {_shown(follows)} at position")

    def _skip(self, match: Callable[[str, int], re.Match[str] | None]) -> str:
        """Moves behind what matches and returns the character there."""
        found = match(self.text, self.position)
        assert found is not None  # all of these patterns match the empty text too
        self.position = found.end()
        return self.text[self.position]

    def _unexpected_character(self, found: str, offset: int = 0) -> ParseError:
        return self._error(f"Unexpected character ({_shown(found)}) at position", offset)

    def _end_of_file(self, what: str, offset: int = -1) -> ParseError:
        return self._error("Unexpected End Of File position", offset, f": {what}")

    def _too_deep(self) -> ParseError:
        bracket = self.text[self.position - 1]
        message = "Malicious payload, having non natural depths, parsing stoped on"
        return self._error(f"{message} {bracket} at position", -1)

    def _error(self, message: str, offset: int = 0, ending: str = ".") -> ParseError:
        """json-smart reports some errors at the character before the one it looks at: `offset` -1."""
        before = self.text[: self.position]
        position = len(before.encode("utf-16-le", "surrogatepass")) // 2 + offset
        return ParseError(f"{message} {position}{ending}", position)


def _shown(character: str) -> str:
    """Java looks at half a surrogate pair at a time, and its UTF-8 writer shows a half as a question mark."""
    return "?" if character > "\uffff" or _has_surrogate(character) else character


def _joined_surrogates(text: str) -> str:
    r"""`\ud83d\ude00`, written as two escapes, is one character; a lone half stays."""
    if not _has_surrogate(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def read_decimal(text: str) -> float | Decimal:
    """Raises ValueError for `1E+`, `-.` and exponents that are no Java int."""
    if len(text) <= MAX_DOUBLE_LENGTH:
        return float(text)
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text} is no number") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_JAVA_INT:
        raise ValueError(f"{text} has too large an exponent")
    return value
