"""DocumentationPart: what is said of one entity of an API. It changes no request; exports tell it."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch
from gatewright.control.rest.common import page, require_api, require_documentation_part
from gatewright.control.rest.documentation_entities import undocumented
from gatewright.control.rest.documentation_store import Parts, check_properties, parts_of


def create_documentation_part(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return Parts(call, api).add(params["location"], params["properties"])


def get_documentation_part(call: Call, params: Params) -> Document:
    return require_documentation_part(call, params["restApiId"], params["documentationPartId"])


def get_documentation_parts(call: Call, params: Params) -> Document:
    """Those that fit `type`, `name` and `path` (a prefix); UNDOCUMENTED lists the entities without a part."""
    api = require_api(call, params["restApiId"])
    parts = parts_of(call, api["id"])
    if params.get("locationStatus") == "UNDOCUMENTED":
        found = undocumented(call, api, parts)
    else:
        found = [(part["id"], part) for part in parts]
    return page([(key, part) for key, part in found if _fits(part["location"], params)], params)


def update_documentation_part(call: Call, params: Params) -> Document:
    part = get_documentation_part(call, params)
    patch.replace(part, params, {"/properties": _change_properties})
    call.tx.put(keys.documentation_part(params["restApiId"], part["id"]), part)
    return part


def delete_documentation_part(call: Call, params: Params) -> None:
    api = require_api(call, params["restApiId"])["id"]
    part = require_documentation_part(call, api, params["documentationPartId"])
    call.tx.delete(keys.documentation_part(api, part["id"]))


def _change_properties(part: Document, operation: Patch) -> None:
    check_properties(operation.value or "")
    part["properties"] = operation.value


def _fits(location: Document, params: Params) -> bool:
    return (
        params.get("type") in (None, "", location["type"])
        and params.get("nameQuery") in (None, "", location.get("name"))
        and location.get("path", "").startswith(params.get("path") or "")
    )
