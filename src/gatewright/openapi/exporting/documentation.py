"""Documentation parts, found by the entity they speak of, and what of them OpenAPI has a place for.

Of several parts whose location fits an entity the most specific one is taken whole: the longest path, then
the exact status code, then the exact method. Members that OpenAPI does not know stay in the documentation
extension.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

Document = dict[str, Any]

ANY = "*"
EXACT_PATH = ("RESOURCE",)  # its content is not inherited by paths below

# What OpenAPI takes of each entity, and of which type.
_FIELDS: dict[str, dict[str, type]] = {
    "API": {"tags": list, "externalDocs": dict},
    "RESOURCE": {"summary": str, "description": str},
    "METHOD": {"tags": list, "summary": str, "description": str, "externalDocs": dict, "deprecated": bool},
    "MODEL": {"title": str, "description": str},
}
_INFO: dict[str, type] = {
    "description": str,
    "version": str,
    "title": str,
    "termsOfService": str,
    "contact": dict,
    "license": dict,
}
_DESCRIPTION: dict[str, type] = {"description": str}


@dataclass(frozen=True, slots=True)
class Documentation:
    """One documentation version: `parts` as the catalog holds them, `created` in epoch seconds."""

    version: str | None
    created: int
    parts: list[Document]
    _found: dict[tuple[str, str | None, str], list[Document]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for part in self.parts:
            location = part["location"]
            entity = location["type"], location.get("name"), location.get("path", "/")
            self._found.setdefault(entity, []).append(part)

    def of(
        self,
        kind: str,
        name: str | None = None,
        *,
        path: str = "/",
        method: str = ANY,
        status: str = ANY,
    ) -> Document:
        """What OpenAPI takes of the part that speaks of an entity; empty when none does."""
        for place in [path] if kind in EXACT_PATH else _and_above(path):
            parts = self._found.get((kind, name, place), ())
            fitting = [part for part in parts if _fits(part["location"], method, status)]
            if fitting:
                best = max(fitting, key=_exactness)
                return _known(properties(best), _FIELDS.get(kind, _DESCRIPTION))
        return {}

    def info(self) -> Document:
        """What the API's part says of `info`."""
        for part in self._found.get(("API", None, "/"), ()):
            info = properties(part).get("info")
            if isinstance(info, dict):
                return _known(info, _INFO)
        return {}


def no_documentation() -> Documentation:
    return Documentation(None, 0, [])


def properties(part: Document) -> Document:
    """A part's content."""
    content: Document = orjson.loads(part["properties"])
    return content


def _and_above(path: str) -> Iterator[str]:
    """The path and every path above it, the longest first."""
    while path.strip("/"):
        yield path
        path = path.rpartition("/")[0]
    yield "/"


def _fits(location: Document, method: str, status: str) -> bool:
    own_method, own_status = location.get("method", ANY), location.get("statusCode", ANY)
    return own_method in (ANY, method) and own_status in (ANY, status)


def _exactness(part: Document) -> tuple[bool, bool]:
    location = part["location"]
    return location.get("statusCode", ANY) != ANY, location.get("method", ANY) != ANY


def _known(content: Document, fields: dict[str, type]) -> Document:
    """Amazon's own extensions are left out: an entity's stand for what it is, not for what is said of it."""
    return {
        name: value
        for name, value in content.items()
        if (name in fields and isinstance(value, fields[name]))
        or (name.startswith("x-") and not name.startswith("x-amazon-"))
    }
