"""Documentation parts, found by the entity they speak of, and what of them OpenAPI has a place for.

Of several parts whose location fits an entity the most specific one is taken whole: the longest path, then
the exact status code, then the exact method. Members that OpenAPI does not know stay in the documentation
extension.
"""

from __future__ import annotations

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
    _by_entity: dict[tuple[str, str | None], list[Document]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for part in self.parts:
            location = part["location"]
            self._by_entity.setdefault((location["type"], location.get("name")), []).append(part)

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
        best, rank = None, (-1, False, False)
        for part in self._by_entity.get((kind, name), ()):
            found = _rank(part["location"], path, method, status)
            if found is not None and found > rank:
                best, rank = part, found
        return {} if best is None else _known(properties(best), _FIELDS.get(kind, _DESCRIPTION))

    def info(self) -> Document:
        """What the API's part says of `info`."""
        for part in self._by_entity.get(("API", None), ()):
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


def _rank(location: Document, path: str, method: str, status: str) -> tuple[int, bool, bool] | None:
    """How closely a location fits a place; None when it does not."""
    exact = location["type"] in EXACT_PATH
    own, own_method, own_status = (
        location.get("path", "/"),
        location.get("method", ANY),
        location.get("statusCode", ANY),
    )
    fits = own == path if exact else _is_above(own, path)
    if not fits or own_method not in (ANY, method) or own_status not in (ANY, status):
        return None
    return len(own), own_status != ANY, own_method != ANY


def _is_above(path: str, below: str) -> bool:
    return path == "/" or below == path or below.startswith(f"{path}/")


def _known(content: Document, fields: dict[str, type]) -> Document:
    """Amazon's own extensions are left out: an entity's stand for what it is, not for what is said of it."""
    return {
        name: value
        for name, value in content.items()
        if (name in fields and isinstance(value, fields[name]))
        or (name.startswith("x-") and not name.startswith("x-amazon-"))
    }
