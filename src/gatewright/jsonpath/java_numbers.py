"""Numbers as Java prints them: mapping templates and the JSON writers show these forms.

`double_text` follows `Double.toString` of JDK 19 and later: the fewest digits that give the same value.
"""

from __future__ import annotations

import math
from decimal import Decimal

import orjson

PLAIN_FROM = 1e-3  # from here up to PLAIN_TO Double.toString uses no exponent
PLAIN_TO = 1e7


def double_text(value: float) -> str:
    """`0.1`, `100.0`, `1.0E8`, `1.0E-4`, `NaN`, `-Infinity`: there is always a digit after the point."""
    if PLAIN_FROM <= value < PLAIN_TO or PLAIN_FROM <= -value < PLAIN_TO or not value:
        return orjson.dumps(value).decode()  # as Java writes it, twice as fast as Python's own repr
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return _scientific(value)


def _scientific(value: float) -> str:
    digits, exponent = _digits(value)
    if (
        len(digits) == 1
    ):  # Java wants two digits and takes the nearest two: 4.9E-324 where Python writes 5e-324
        mantissa, _, power = f"{abs(value):.1e}".partition("e")
        digits, exponent = mantissa.replace(".", ""), int(power)
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:]}E{exponent}"


def _digits(value: float) -> tuple[str, int]:
    """The shortest significant digits and the power of ten of the first of them."""
    sign_digits_exponent = Decimal(float.__repr__(value)).as_tuple()
    exponent = sign_digits_exponent.exponent
    assert isinstance(exponent, int)  # only infinities and NaN have a letter there
    digits = "".join(map(str, sign_digits_exponent.digits))
    return digits.rstrip("0"), exponent + len(digits) - 1


def decimal_text(value: Decimal) -> str:
    """`BigDecimal.toString`: all digits kept, an exponent (`1E+30`, `1.5E-22`) only where Java writes one."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} has no BigDecimal form")
    # BigDecimal has no negative zero; otherwise Python's own rule is Java's (one decimal standard).
    return str(Decimal((0, digits, exponent)) if sign and not any(digits) else value)
