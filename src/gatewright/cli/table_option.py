"""A table of gatewright.toml that a variable may give as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def table_or_json(example: str) -> Callable[[Any], Any]:
    """What reads a table's value: a text is JSON. It raises ValueError with the example."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"must be a JSON object, such as {example}") from None

    return read
