"""Method: what clients may call on a resource. Its integration and responses live inside its document."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, flag, is_true
from gatewright.control.rest import method_store
from gatewright.control.rest.common import require_resource
from gatewright.control.rest.mapping_expressions import NULL, check_method_parameters
from gatewright.control.rest.patch_rules import (
    NO_CONTENT_TYPE,
    NO_PARAMETER,
    entries,
    listed,
    replaced,
    texts,
)

VERBS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
# Authorization types that need an authorizer, and the types of authorizer that will do.
AUTHORIZER_TYPES = {
    "CUSTOM": ("TOKEN", "REQUEST"),
    "COGNITO_USER_POOLS": ("COGNITO_USER_POOLS",),
    "JWT": ("JWT",),
}
AUTHORIZATION_TYPES = ("NONE", "AWS_IAM", *AUTHORIZER_TYPES)
SCOPED_TYPES = ("COGNITO_USER_POOLS", "JWT")

_OPTIONAL = (
    "authorizerId",
    "authorizationScopes",
    "operationName",
    "requestParameters",
    "requestModels",
    "requestValidatorId",
)


def _set_authorization_type(method: Document, operation: Patch) -> None:
    method["authorizationType"] = (operation.value or "").upper()


PATCHES = (
    replaced("/authorizationType", _set_authorization_type),
    replaced("/apiKeyRequired", flag("apiKeyRequired")),
    *texts("authorizerId", "operationName", "requestValidatorId"),
    entries("requestParameters", is_true, NO_PARAMETER),
    entries("requestModels", str, NO_CONTENT_TYPE),
    listed("authorizationScopes"),
)


def put_method(call: Call, params: Params) -> Document:
    require_resource(call, params["restApiId"], params["resourceId"])
    check_verb(params["httpMethod"])
    if call.tx.get(method_store.key_of(params)) is not None:
        raise Conflict("Method already exists for this resource")
    method: Document = {
        "httpMethod": params["httpMethod"],
        "authorizationType": params["authorizationType"].upper(),
        "apiKeyRequired": params.get("apiKeyRequired") or False,
        **{member: params[member] for member in _OPTIONAL if params.get(member)},
    }
    if "requestParameters" in method:
        method["requestParameters"] = flags(method["requestParameters"])
    _check(call, params["restApiId"], method)
    method_store.save_method(call, params, method)
    return method


def get_method(call: Call, params: Params) -> Document:
    return method_store.find_method(call, params)


def update_method(call: Call, params: Params) -> Document:
    method = method_store.find_method(call, params)
    patch.apply(method, params, PATCHES)
    _check(call, params["restApiId"], method)
    method_store.save_method(call, params, method)
    return method


def delete_method(call: Call, params: Params) -> None:
    method_store.find_method(call, params)
    call.tx.delete(method_store.key_of(params))


def flags(declared: dict[str, bool | None]) -> dict[str, bool]:
    """Declared parameters and whether each is required; null says no."""
    return {name: bool(required) for name, required in declared.items()}


def check_verb(verb: str) -> None:
    if verb not in VERBS:
        raise BadRequest(f"Invalid HttpMethod specified. Valid options are {','.join(VERBS)}")


def _check(call: Call, api: str, method: Document) -> None:
    """Refuse a method that names what is not there, as it stands after a put or a whole patch list."""
    _check_authorization(call, api, method)
    check_method_parameters(method.get("requestParameters", {}))
    validator = method.get("requestValidatorId")
    if validator and call.tx.get(keys.request_validator(api, validator)) is None:
        raise BadRequest("Invalid Request Validator identifier specified")
    check_models(call, api, method.get("requestModels", {}))


def check_models(call: Call, api: str, models: dict[str, str | None]) -> None:
    """Each content type must name a model of the API."""
    for name in models.values():
        if not name or call.tx.get(keys.model(api, name)) is None:
            raise BadRequest(f"Invalid model identifier specified: {name or NULL}")


def _check_authorization(call: Call, api: str, method: Document) -> None:
    kind = method["authorizationType"]
    if kind not in AUTHORIZATION_TYPES:
        raise BadRequest("Invalid authorization type specified")
    if kind not in AUTHORIZER_TYPES:
        method.pop("authorizerId", None)  # accepted and ignored
    elif _authorizer_type(call, api, method) not in AUTHORIZER_TYPES[kind]:
        raise BadRequest(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
            "requires a valid authorizer."
        )
    if method.get("authorizationScopes") and kind not in SCOPED_TYPES:
        raise BadRequest("Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type")


def _authorizer_type(call: Call, api: str, method: Document) -> str | None:
    """The type of the authorizer the method names; None when there is none."""
    authorizer = call.tx.get(keys.authorizer(api, method.get("authorizerId") or NULL))
    return None if authorizer is None else authorizer["type"]
