"""Where documentation parts are kept, one for each location, and how many an API may have."""

from __future__ import annotations

from typing import Any

import orjson

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.rest.documentation_location import completed, described, identity

MOST_PARTS = 2_000  # Amazon's quota for one API
PART_ID_LENGTH = 6


def parts_of(call: Call, api: str) -> list[Document]:
    return [part for _, part in call.tx.list(keys.below("documentationpart", api))]


class Parts:
    """The parts of one API, read once, to add to."""

    def __init__(self, call: Call, api: str) -> None:
        self._call = call
        self._api = api
        self._found = {identity(part["location"]): part for part in parts_of(call, api)}

    def add(self, location: Document, properties: str) -> Document:
        """A new part. Raises BadRequest, and Conflict where the location has one."""
        location = completed(location)
        if identity(location) in self._found:
            raise Conflict(
                f"Documentation part already exists for the specified location: {described(location)}."
            )
        if len(self._found) >= MOST_PARTS:
            raise BadRequest(
                f"Too many documentation parts: an API can have {MOST_PARTS} at most. Delete some first."
            )
        return self._put(self._call.services.new_id(PART_ID_LENGTH), location, properties)

    def merge(self, location: Document, properties: str) -> Document:
        """The part at a location, new or with new content."""
        location = completed(location)
        known = self._found.get(identity(location))
        if known is None:
            return self.add(location, properties)
        return self._put(known["id"], known["location"], properties)

    def clear(self) -> None:
        self._call.tx.delete_below(keys.below("documentationpart", self._api))
        self._found.clear()

    def _put(self, part_id: str, location: Document, properties: str) -> Document:
        check_properties(properties)
        part = {"id": part_id, "location": location, "properties": properties}
        self._call.tx.put(keys.documentation_part(self._api, part_id), part)
        self._found[identity(location)] = part
        return part


def check_properties(properties: str) -> None:
    """They are kept byte for byte; exports tell them as the object they are."""
    if not properties:
        raise BadRequest("Documentation part properties must be non-empty")
    if not isinstance(_parsed(properties), dict):
        raise BadRequest("Documentation part properties must be a JSON object")


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
