"""Numbers in Java's forms. Expected texts were printed by `Double.toString` and `BigDecimal.toString`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gatewright.jsonpath.java_numbers import decimal_text, double_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (100.0, "100.0"),
        (1e-3, "0.001"),
        (0.00099, "9.9E-4"),
        (1e-4, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (9999999.999999998, "9999999.999999998"),
        (1e7, "1.0E7"),
        (-12345678.5, "-1.23456785E7"),
        (1e8, "1.0E8"),
        (120000000000.0, "1.2E11"),
        (1e16, "1.0E16"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (-2.5e-5, "-2.5E-5"),
        (5e-324, "4.9E-324"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_double_text(value: float, text: str) -> None:
    assert double_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.12345678901234567890", "0.12345678901234567890"),
        ("1.50", "1.50"),
        ("-1.00", "-1.00"),
        ("0", "0"),
        ("-0.00", "0.00"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1E-7"),
        ("1.5E-22", "1.5E-22"),
        ("1E+30", "1E+30"),
        ("1.234E+5", "1.234E+5"),
        ("-0E+5", "0E+5"),
        ("12E+3", "1.2E+4"),
    ],
)
def test_decimal_text(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


def test_a_decimal_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN has no BigDecimal form"):
        decimal_text(Decimal("NaN"))
