"""The file of API keys that ImportApiKeys reads: a header row, then a key in each row.

The standard library's reader is of no use here: Amazon takes single quotes as well as double ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatewright.aws.errors import BadRequest

MOST_ROWS = 10_000  # the keys an account can have at Amazon

# Columns go by their names in lower case; they come in any order, others are ignored.
_REQUIRED = {"name": "Name", "key": "Key"}
_CELL = re.compile(
    r"""[ \t]*+(?:"(?P<double>[^"]*(?:""[^"]*)*)"[ \t]*|'(?P<single>[^']*)'[ \t]*"""
    r"""|(?P<plain>(?!["'])[^,\r\n]*))(?P<end>,|\r\n|\r|\n|\Z)"""
)


def read_rows(body: bytes) -> list[dict[str, str]]:
    """Each row's cells by the names of their columns in lower case. Raises BadRequest."""
    try:
        rows = list(_rows(body.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise BadRequest("The API keys cannot be read: the file must be in UTF-8") from None
    header = [name.lower() for name in rows[0]] if rows else []
    for column, shown in _REQUIRED.items():
        if column not in header:
            raise BadRequest(f"Missing required column '{shown}'")
    if len(rows) - 1 > MOST_ROWS:
        raise BadRequest(f"An import can have at most {MOST_ROWS} API keys, not {len(rows) - 1}")
    return [dict(zip(header, cells, strict=False)) for cells in rows[1:]]


def _rows(text: str) -> Iterator[list[str]]:
    """The rows' cells, without those of empty lines."""
    cells: list[str] = []
    position = 0
    while position < len(text):
        match = _CELL.match(text, position)
        if match is None:
            raise BadRequest(f"The API keys cannot be read: bad quotes at {text[position : position + 80]!r}")
        cells.append(_value(match))
        position = match.end()
        if match["end"] != ",":
            if any(cells):
                yield cells
            cells = []
    if any(cells):  # the file ends with a comma
        yield cells


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return match["double"].replace('""', '"')
    return match["plain"].strip() if match["single"] is None else match["single"]
