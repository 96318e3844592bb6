"""A stage's `methodSettings`, as its methods find theirs.

A key is `{resource path}/{METHOD}`, the path with or without its leading slash, its slashes as they are or as
`~1`: it is stored as it was patched. Either part may be `*`; the most specific key holds alone.
"""

from __future__ import annotations

from typing import NamedTuple

from gatewright.catalog.api import Document


class Entry(NamedTuple):
    """The settings that hold for one verb of a method, and the method that their key names."""

    method: str  # a verb, `ANY` or `*`
    settings: Document


class MethodSettings:
    """Of one stage."""

    def __init__(self, stage: Document) -> None:
        self._settings = {_plain(key): entry for key, entry in (stage.get("methodSettings") or {}).items()}

    def of(self, resource_path: str, http_method: str, verb: str) -> Entry | None:
        """For `verb` of a method, which is `verb` itself or `ANY`."""
        for where in (_plain_path(resource_path), "*"):
            for method in (verb, http_method, "*"):
                entry = self._settings.get(f"{where}/{method}")
                if entry is not None:
                    return Entry(method, entry)
        return None


def _plain(key: str) -> str:
    path, _, method = key.rpartition("/")
    return f"{_plain_path(path.replace('~1', '/').replace('~0', '~'))}/{method}"


def _plain_path(path: str) -> str:
    return path.removeprefix("/")
