"""ImportRestApi and PutRestApi: an API from an OpenAPI document, and a document into an API there is.

Amazon does not promise that a put that fails changes nothing. Here it is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_api
from gatewright.control.rest.endpoint import IP_ADDRESS_TYPES, TYPES, new_endpoint_configuration
from gatewright.control.rest.import_attempts import Attempts
from gatewright.control.rest.import_clearing import clear
from gatewright.control.rest.import_document import Wishes, definition_of, read_before, read_of
from gatewright.control.rest.import_entities import make_entities
from gatewright.control.rest.import_settings import apply_settings
from gatewright.control.rest.rest_api import create_rest_api, shown, with_policy
from gatewright.openapi.importing.definition import Definition

prepare_import_rest_api = prepare_put_rest_api = read_before

_UNNAMED = "imported"  # until the document's title takes its place, or the import is refused


def import_rest_api(call: Call, params: Params) -> Document:
    wishes, source = read_of(call, params)
    api_id = create_rest_api(call, {"name": _UNNAMED})["id"]
    call.tx.delete_below(keys.below("model", api_id))  # an imported API has the document's models only
    definition = definition_of(call, source, wishes, api_id)
    if not definition.name:
        definition.fail("Invalid API name specified")
    api = require_api(call, api_id)
    api["endpointConfiguration"] = _endpoint(wishes, definition)
    _apply(call, api, definition, params, overwrite=True)
    return with_policy(api) | _warnings(definition)


def put_rest_api(call: Call, params: Params) -> Document:
    """The body is judged before the API is looked for, as it is at Amazon."""
    wishes, source = read_of(call, params)
    overwrite = params.get("mode") == "overwrite"
    api_id = params["restApiId"]
    models, validators = ([], []) if overwrite else (_names(call, kind, api_id) for kind in _REFERRED_TO)
    definition = definition_of(call, source, wishes, api_id, models=models, validators=validators)
    api = require_api(call, api_id)
    if overwrite:
        clear(call, api_id, definition, documentation=wishes.documentation)
    _apply(call, api, definition, params, overwrite=overwrite)
    return shown(api) | _warnings(definition)


_REFERRED_TO = ("model", "requestvalidator")  # what a merged document may name without having it


def _names(call: Call, kind: str, api: str) -> list[str]:
    return [document["name"] for _, document in call.tx.list(keys.below(kind, api)) if "name" in document]


def _endpoint(wishes: Wishes, definition: Definition) -> Document:
    """Only an import says where an API is reached; a put leaves that alone."""
    for kind in wishes.endpoint_types:
        if kind not in TYPES:
            raise BadRequest(f"Invalid EndpointTypes specified. Valid options are {','.join(TYPES)}")
    asked: Document = {
        member: definition.endpoint[member]
        for member in ("vpcEndpointIds", "ipAddressType")
        if member in definition.endpoint
    }
    if asked.get("ipAddressType") not in (None, *IP_ADDRESS_TYPES):
        raise BadRequest("ipAddressType must be either ipv4 or dualstack.")
    return new_endpoint_configuration(
        asked | ({"types": wishes.endpoint_types} if wishes.endpoint_types else {})
    )


def _apply(call: Call, api: Document, definition: Definition, params: Params, *, overwrite: bool) -> None:
    """Change the API. Raises BadRequest with every error, or with every warning where they are to fail."""
    attempts = Attempts(call, api["id"])
    settings = apply_settings(api, definition, call.partition, overwrite=overwrite)
    call.tx.put(keys.rest_api(api["id"]), api)
    make_entities(attempts, definition, api["rootResourceId"])
    _refuse("Errors", [*definition.errors, *settings, *attempts.errors])
    if params.get("failOnWarnings"):
        _refuse("Warnings", definition.warnings)


def _refuse(what: str, lines: Iterable[str]) -> None:
    listed = "".join(f"\n\t{line}" for line in lines)
    if listed:
        raise BadRequest(f"{what} found during import:{listed}")


def _warnings(definition: Definition) -> Document:
    return {"warnings": list(definition.warnings)} if definition.warnings else {}
