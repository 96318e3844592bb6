"""The scalars of json-smart's lenient JSON: quoted and bare text, numbers, literals.

Quoted text without a backslash is kept as it stands; in text with one, control characters and unknown
escapes are dropped. U+001A counts as the end of the text. Positions in errors count UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

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

blanks = re.compile(r"[\x00-\x19\x1b-\x20]*").match
_number = re.compile(r"-?[0-9]*(\.[0-9]*)?([eE][-+0-9][0-9]*)?").match
_plain = re.compile(r"[^\\\"'\x00-\x1f\x7f]*").match
_hex_digits = re.compile(r"[0-9a-fA-F]*").match

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


class Scalars:
    """One text, and how a scalar in it is read. `position` is the next character to look at; `END` stands
    behind the last one."""

    def __init__(self, text: str) -> None:
        self.text = text + END
        self.length = len(text)
        self.position = 0

    def scalar(self, first: str, bare: Bare) -> object:
        if first in "\"'":
            return self.quoted(first)
        if first in "-0123456789":
            return self._number(bare)
        text = self.bare(bare.pattern.match)
        return LITERALS.get(text, text) if first in "tfnN" else text

    def bare(self, match: Callable[[str, int], re.Match[str] | None]) -> str:
        start = self.position
        self.skip(match)
        return self.text[start : self.position].strip(TRIMMED)

    def _number(self, bare: Bare) -> object:
        """Digits followed by anything else (`12 monkeys`, `1.2.3`) are bare text; non-ASCII may follow."""
        start = self.position
        found = _number(self.text, start)
        assert found is not None  # the pattern matches the empty text too
        self.position = found.end()
        follows = self.skip(blanks)
        if follows < "~" and follows not in bare.ends:
            self.position = start
            return self.bare(bare.pattern.match)
        if found.lastindex is None:
            return self._integer(found[0], start)
        return self._decimal(found[0], start)

    def _integer(self, digits: str, start: int) -> int:
        if len(digits) > MAX_INTEGER_DIGITS:
            self.position = start
            raise self.error(f"Integer of more than {MAX_INTEGER_DIGITS} digits at position")
        return 0 if digits == "-" else int(digits)

    def _decimal(self, text: str, start: int) -> float | Decimal:
        try:
            return read_decimal(text)
        except ValueError:
            self.position = start
            raise self.error(f"No value for number {text[:MAX_SHOWN]} at position") from None

    def quoted(self, quote: str) -> str:
        start = self.position + 1
        close = self.text.find(quote, start)
        if close < 0:
            self.position = self.length
            raise self.end_of_file("null", 0)
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
            found = self.skip(_plain)
            pieces.append(self.text[start : self.position])
            if found == END:
                raise self.end_of_file("null")
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
            raise self.end_of_file("null", 0)
        self.position += 1
        if letter in HEX_ESCAPES:
            return self._hex(HEX_ESCAPES[letter])
        return ESCAPES.get(letter, "")

    def _hex(self, length: int) -> str:
        start = self.position
        follows = self.skip(_hex_digits)
        if self.position >= start + length:
            self.position = start + length
            return chr(int(self.text[start : self.position], 16))
        if follows == END:
            raise self.end_of_file("EOF", 0)
        raise self.error(f"Unexpected unicode escape sequence {shown(follows)} at position")

    def skip(self, match: Callable[[str, int], re.Match[str] | None]) -> str:
        """Moves behind what matches and returns the character there."""
        found = match(self.text, self.position)
        assert found is not None  # all of these patterns match the empty text too
        self.position = found.end()
        return self.text[self.position]

    def unexpected_character(self, found: str, offset: int = 0) -> ParseError:
        return self.error(f"Unexpected character ({shown(found)}) at position", offset)

    def end_of_file(self, what: str, offset: int = -1) -> ParseError:
        return self.error("Unexpected End Of File position", offset, f": {what}")

    def error(self, message: str, offset: int = 0, ending: str = ".") -> ParseError:
        """json-smart reports some errors at the character before the one it looks at: `offset` -1."""
        before = self.text[: self.position]
        position = len(before.encode("utf-16-le", "surrogatepass")) // 2 + offset
        return ParseError(f"{message} {position}{ending}", position)


def shown(character: str) -> str:
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
