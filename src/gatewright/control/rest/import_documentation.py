"""The documentation parts of a definition. A part of the same location gives its id to the new one."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.import_attempts import Attempts
from gatewright.openapi.importing.definition import Members

Location = tuple[tuple[str, str], ...]


def make_documentation_parts(attempts: Attempts, parts: list[Members]) -> None:
    documents = attempts.call.tx.list(keys.below("documentationpart", attempts.api))
    known = {_location(document): str(document["id"]) for _, document in documents}
    for part in parts:
        what = f"create documentation part for '{part['location']['type']}'"
        kept_id = known.get(_location(part))
        made = attempts.do(what, _keep, kept_id=kept_id, named="create_documentation_part", **part)
        if made is not None:
            known[_location(made)] = made["id"]


def _location(part: Document) -> Location:
    return tuple(sorted(part["location"].items()))


def _keep(call: Call, params: Params) -> Document:
    part = {
        "id": call.services.new_id(6),
        "location": params["location"],
        "properties": params["properties"],
    }
    call.tx.put(keys.documentation_part(params["restApiId"], part["id"]), part)
    return part
