"""`${stageVariables.name}` in URIs, credentials and connection ids."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\$\{stageVariables\.([A-Za-z0-9._$-]+)\}")


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Every placeholder replaced; an unset variable becomes the empty string, any other `${…}` stays."""
    return _PLACEHOLDER.sub(lambda match: variables.get(match[1], ""), text)


def has_placeholder(text: str) -> bool:
    return _PLACEHOLDER.search(text) is not None
