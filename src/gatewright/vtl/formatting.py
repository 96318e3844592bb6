"""`String.format`: the conversions of Java's Formatter that make sense for the values of templates."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.methods.common import hash_code
from gatewright.vtl.text import to_text

_SPECIFIER = re.compile(r"%(?:(\d{1,4})\$|(<))?([-#+ 0,(]*)(\d{1,9})?(?:\.(\d{1,9}))?(.|\Z)", re.DOTALL)


class _Arguments:
    def __init__(self, values: tuple[object, ...]) -> None:
        self._values = values
        self._next = 0
        self._last = -1

    def take(self, explicit: str | None, again: str | None, specifier: str) -> object:
        if again is not None:
            index = self._last
        elif explicit is not None:
            index = int(explicit) - 1
        else:
            index, self._next = self._next, self._next + 1
        if not 0 <= index < len(self._values):
            raise MethodFailed(f"MissingFormatArgumentException: Format specifier '{specifier}'")
        self._last = index
        return self._values[index]


def format_text(rt: Bounds, pattern: str, values: tuple[object, ...]) -> str:
    """The pattern with its `%` specifiers filled in. Raises MethodFailed where Java would."""
    arguments = _Arguments(values)
    pieces: list[str] = []
    length = at = 0
    for match in _SPECIFIER.finditer(pattern):
        piece = pattern[at : match.start()] + _filled(rt, match, arguments)
        length += len(piece)
        rt.check_string(length)
        pieces.append(piece)
        at = match.end()
    return "".join(pieces) + pattern[at:]


def _filled(rt: Bounds, match: re.Match[str], arguments: _Arguments) -> str:
    explicit, again, flags, width, precision, conversion = match.groups()
    rt.check_string(int(width or 0) + int(precision or 0))
    if conversion == "n":
        return "\n"
    if conversion == "%":
        return _padded("%", flags, width)
    if conversion.lower() not in "sbcdxofeh" or not conversion:
        raise MethodFailed(f"UnknownFormatConversionException: Conversion = '{conversion or '%'}'")
    _check_flags(match[0], flags, width, conversion)
    value = arguments.take(explicit, again, match[0])
    text = _converted(rt, conversion.lower(), value, flags, precision)
    if value is not None and "0" in flags and conversion in "dxof" and width:
        text = _zero_padded(text, int(width))
    if conversion.isupper():
        text = text.upper()
    return _padded(text, flags, width)


def _check_flags(specifier: str, flags: str, width: str | None, conversion: str) -> None:
    if width is None and ("-" in flags or "0" in flags):
        raise MethodFailed(f"MissingFormatWidthException: {specifier}")
    if conversion.lower() in "sbch" and set(flags) - {"-"}:
        raise MethodFailed(f"FormatFlagsConversionMismatchException: {specifier}")


def _converted(rt: Bounds, conversion: str, value: object, flags: str, precision: str | None) -> str:
    if conversion == "b":
        text = "false" if value is None or value is False else "true"
    elif value is None:
        text = "null"
    elif conversion == "s":
        text = to_text(value, rt.limits)
    elif conversion == "h":
        text = f"{hash_code(value) & 0xFFFFFFFF:x}"
    else:
        return _number(rt, conversion, value, flags, precision)
    return text if precision is None else text[: int(precision)]


def _number(rt: Bounds, conversion: str, value: object, flags: str, precision: str | None) -> str:
    if conversion == "c" and type(value) is int and 0 <= value <= 0x10FFFF:
        return chr(value)
    if conversion == "c" and isinstance(value, str) and len(value) == 1 and type(value) is not str:
        return str(value)
    if conversion in "dxo" and type(value) is int:
        return _integer(conversion, value, flags)
    if conversion in "fe" and isinstance(value, float | Decimal):
        return _floating(rt, conversion, value, flags, 6 if precision is None else int(precision))
    raise MethodFailed(f"IllegalFormatConversionException: {conversion} != {type(value).__name__}")


def _integer(conversion: str, value: int, flags: str) -> str:
    if conversion != "d":
        bits = 32 if -(2**31) <= value < 2**31 else 64
        prefix = {"x": "0x", "o": "0"}[conversion] if "#" in flags else ""
        return prefix + format(value if value >= 0 else value % 2**bits, conversion)
    return _signed(f"{abs(value):,}" if "," in flags else str(abs(value)), value < 0, flags)


def _floating(rt: Bounds, conversion: str, value: float | Decimal, flags: str, precision: int) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        return "NaN" if number.is_nan() else "Infinity" if number > 0 else "-Infinity"
    if conversion == "e":
        text = f"{abs(number):.{precision}e}"
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}e{exponent[0]}{exponent[1:].zfill(2)}"
    else:
        rt.check_string(abs(number.adjusted()))
        wide = Context(prec=abs(number.adjusted()) + precision + 2, Emax=MAX_EMAX, Emin=MIN_EMIN)
        rounded = abs(number).quantize(Decimal((0, (1,), -precision)), ROUND_HALF_UP, wide)
        text = f"{rounded:,f}" if "," in flags else f"{rounded:f}"
    return _signed(text, number < 0, flags)


def _signed(text: str, negative: bool, flags: str) -> str:
    if negative:
        return f"({text})" if "(" in flags else f"-{text}"
    return "+" + text if "+" in flags else " " + text if " " in flags else text


def _zero_padded(text: str, width: int) -> str:
    sign = text[0] if text[:1] in ("-", "+", " ") else ""
    return sign + text[len(sign) :].rjust(width - len(sign), "0")


def _padded(text: str, flags: str, width: str | None) -> str:
    if width is None:
        return text
    return text.ljust(int(width)) if "-" in flags else text.rjust(int(width))
