"""What may stand in a header field: values must never end their line, names are tokens (RFC 9110)."""

from __future__ import annotations

import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}").fullmatch


def breaks_lines(value: bytes) -> bool:
    """Whether a value would end its header line: such a value must never reach the wire."""
    return b"\n" in value or b"\r" in value or b"\0" in value


def is_field_name(name: str) -> bool:
    return _NAME(name) is not None
