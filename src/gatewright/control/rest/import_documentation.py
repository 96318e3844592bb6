"""The documentation parts of a definition. What is said anew of a location takes the place of what was."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.documentation_store import Parts
from gatewright.control.rest.import_attempts import Attempts
from gatewright.openapi.importing.definition import Members


def make_documentation_parts(attempts: Attempts, parts: list[Members]) -> None:
    if not parts:
        return
    kept = Parts(attempts.call, attempts.api)

    def merge(_call: Call, params: Params) -> Document:
        return kept.merge(params["location"], params["properties"])

    for part in parts:
        what = f"create documentation part for '{part['location']['type']}'"
        attempts.do(what, merge, named="create_documentation_part", **part)
