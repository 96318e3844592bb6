"""The variables that the recorded cases were rendered with."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from gatewright.vtl import JavaList

CASES = Path(__file__).parent / "cases"


def variables() -> dict[str, object]:
    return {
        "v": "V",
        "n": 5,
        "s": "hello",
        "b": True,
        "f": False,
        "d": 1.5,
        "big": 12345678901234567890,
        "dec": Decimal("1.10"),
        "long": 123456789012,
        "z": 0,
        "e": "",
        "l": JavaList([1, 2, 3]),
        "m": {"a": 1, "b": "two", "c": {"d": JavaList([1, "x"]), "nul": None}, "x-y": "xy"},
    }


def variables_of(case: dict[str, str]) -> dict[str, object]:
    """A case says so where it was rendered without variables."""
    return {} if case.get("variables") == "none" else variables()


def recorded(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
