"""What methods name: AWS::ApiGateway::Model, RequestValidator and Authorizer; and GatewayResponse."""

from __future__ import annotations

import json
import re
from typing import Any

from gatewright.projects.cloudformation.patches import replace, replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import CONTENTS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack

_AUTHORIZER_TEXTS = (
    "type",
    "authType",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)
_DEFAULT_TTL = 300
_VALIDATED = ("validateRequestBody", "validateRequestParameters")


# ---- models -----------------------------------------------------------------------------------------------


def _prepare_model(declared: Declared) -> Params:
    declared.required("RestApiId")
    params = members(declared, "apigateway", "CreateModelRequest", beside=("Schema",))
    params.setdefault("name", re.sub("[^a-zA-Z0-9]", "", declared.logical_id))
    params.setdefault("contentType", "application/json")
    if "Schema" in declared.properties:
        params["schema"] = declared.text_of_json("Schema")
    return params


def _apply_model(stack: Stack, declared: Declared, params: Params) -> Physical:
    draft = stack.draft(params["restApiId"])
    where = {"restApiId": params["restApiId"], "modelName": params["name"]}
    if params["name"] in draft.models:
        declared.refuse(f"another resource is the model {params['name']}", "Name")
    draft.models.add(params["name"])
    try:
        stack.apigateway.create_model(**params)
    except stack.apigateway.exceptions.ConflictException:
        now = stack.apigateway.get_model(**where)
        patches = list(replaced(now, params, ("schema", "description")))
        if patches:
            stack.apigateway.update_model(**where, patchOperations=patches)
    draft.content.append(json.dumps(params, sort_keys=True))
    return Physical(params["name"])


# ---- request validators -----------------------------------------------------------------------------------


def _prepare_validator(declared: Declared) -> Params:
    declared.required("RestApiId")
    params = members(declared, "apigateway", "CreateRequestValidatorRequest")
    return {"name": declared.logical_id, **dict.fromkeys(_VALIDATED, False), **params}


def _apply_validator(stack: Stack, declared: Declared, params: Params) -> Physical:
    now = _named(stack, "get_request_validators", params)
    if now is None:
        now = stack.apigateway.create_request_validator(**params)
    elif patches := list(replaced(now, params, _VALIDATED)):
        stack.apigateway.update_request_validator(
            restApiId=params["restApiId"], requestValidatorId=now["id"], patchOperations=patches
        )
    return _keep(stack, params, now["id"], "RequestValidatorId")


# ---- authorizers ------------------------------------------------------------------------------------------


def _prepare_authorizer(declared: Declared) -> Params:
    declared.required("RestApiId", "Name", "Type")
    return members(declared, "apigateway", "CreateAuthorizerRequest")


def _apply_authorizer(stack: Stack, declared: Declared, params: Params) -> Physical:
    now = _named(stack, "get_authorizers", params)
    if now is None:
        now = stack.apigateway.create_authorizer(**params)
    elif patches := _authorizer_patches(now, params):
        stack.apigateway.update_authorizer(
            restApiId=params["restApiId"], authorizerId=now["id"], patchOperations=patches
        )
    return _keep(stack, params, now["id"], "AuthorizerId")


def _authorizer_patches(now: Params, wanted: Params) -> list[dict[str, str]]:
    texts = _AUTHORIZER_TEXTS if "authType" in wanted else [n for n in _AUTHORIZER_TEXTS if n != "authType"]
    patches = list(replaced(now, wanted, texts))
    if now.get("providerARNs", []) != wanted.get("providerARNs", []):
        patches.append(replace("/providerARNs", ",".join(wanted.get("providerARNs", []))))
    ttl = wanted.get("authorizerResultTtlInSeconds", _DEFAULT_TTL)
    if now.get("authorizerResultTtlInSeconds", _DEFAULT_TTL) != ttl:
        patches.append(replace("/authorizerResultTtlInSeconds", ttl))
    return patches


def _named(stack: Stack, operation: str, params: Params) -> dict[str, Any] | None:
    """The one of an API's that has the name, and that no other resource of the template is."""
    kept = stack.draft(params["restApiId"]).kept
    found = stack.every(operation, restApiId=params["restApiId"])
    return next(
        (each for each in found if each.get("name") == params["name"] and each["id"] not in kept), None
    )


def _keep(stack: Stack, params: Params, physical_id: str, attribute: str) -> Physical:
    draft = stack.draft(params["restApiId"])
    draft.kept.add(physical_id)
    draft.content.append(json.dumps([physical_id, params], sort_keys=True))
    return Physical(physical_id, {attribute: physical_id})


# ---- gateway responses ------------------------------------------------------------------------------------


def _prepare_gateway_response(declared: Declared) -> Params:
    declared.required("RestApiId", "ResponseType")
    return members(declared, "apigateway", "PutGatewayResponseRequest")


def _apply_gateway_response(stack: Stack, declared: Declared, params: Params) -> Physical:
    stack.apigateway.put_gateway_response(**params)
    stack.draft(params["restApiId"]).content.append(json.dumps(params, sort_keys=True))
    physical_id = f"{params['restApiId']}-{params['responseType']}"
    return Physical(physical_id, {"Id": physical_id})


MODEL = Kind(_prepare_model, _apply_model, phase=CONTENTS)
REQUEST_VALIDATOR = Kind(_prepare_validator, _apply_validator, frozenset({"RequestValidatorId"}), CONTENTS)
AUTHORIZER = Kind(_prepare_authorizer, _apply_authorizer, frozenset({"AuthorizerId"}), CONTENTS)
GATEWAY_RESPONSE = Kind(_prepare_gateway_response, _apply_gateway_response, frozenset({"Id"}), CONTENTS)
