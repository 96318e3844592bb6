"""AWS::ApiGateway::Resource and AWS::ApiGateway::Method."""

from __future__ import annotations

import json
from typing import Any

from gatewright.projects.cloudformation.properties import Declared, Params, converted, members
from gatewright.projects.cloudformation.resources.kinds import CONTENTS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack


def _prepare_resource(declared: Declared) -> Params:
    declared.required("RestApiId", "ParentId", "PathPart")
    return members(declared, "apigateway", "CreateResourceRequest")


def _apply_resource(stack: Stack, declared: Declared, params: Params) -> Physical:
    draft = stack.draft(params["restApiId"])
    place = params["parentId"], params["pathPart"]
    if place not in draft.resources:
        draft.resources[place] = stack.apigateway.create_resource(**params)["id"]
    resource_id = draft.resources[place]
    if resource_id in draft.kept:
        declared.refuse(f"another resource is {draft.path(resource_id)} already", "PathPart")
    draft.kept.add(resource_id)
    draft.content.append(json.dumps([resource_id, *place]))
    return Physical(resource_id, {"ResourceId": resource_id})


def _prepare_method(declared: Declared) -> Params:
    declared.required("RestApiId", "ResourceId", "HttpMethod")
    params = members(declared, "apigateway", "PutMethodRequest", beside=("Integration", "MethodResponses"))
    return {
        "method": {"authorizationType": "NONE", **params},
        "integration": _integration(declared),
        "integrationResponses": _integration_responses(declared),
        "methodResponses": _responses(declared, ("MethodResponses",), "PutMethodResponseRequest"),
    }


def _integration(declared: Declared) -> Params | None:
    if "Integration" not in declared.properties:
        return None
    given = _map(declared, declared.properties["Integration"], "Integration")
    if "Type" not in given:
        declared.refuse("is required, and missing", "Integration", "Type")
    given = {name: value for name, value in given.items() if name != "IntegrationResponses"}
    return converted(given, "apigateway", "PutIntegrationRequest", declared, "Integration")


def _integration_responses(declared: Declared) -> list[Params]:
    place = ("Integration", "IntegrationResponses")
    return _responses(declared, place, "PutIntegrationResponseRequest")


def _responses(declared: Declared, place: tuple[str, ...], shape: str) -> list[Params]:
    found: Any = declared.properties
    for name in place:
        found = found.get(name, {})
    found = found or []
    if not isinstance(found, list):
        declared.refuse("must be a list", *place)
    params = []
    for index, given in enumerate(found):
        if "StatusCode" not in _map(declared, given, *place, index):
            declared.refuse("is required, and missing", *place, index, "StatusCode")
        params.append(converted(given, "apigateway", shape, declared, *place, index))
    return params


def _map(declared: Declared, value: Any, *place: str | int) -> Params:
    if not isinstance(value, dict):
        declared.refuse("must be a map", *place)
    return value


def _apply_method(stack: Stack, declared: Declared, params: Params) -> Physical:
    method = params["method"]
    where = {name: method[name] for name in ("restApiId", "resourceId", "httpMethod")}
    client, draft = stack.apigateway, stack.draft(where["restApiId"])
    draft.methods[f"{where['httpMethod']} {draft.path(where['resourceId'])}"] = declared.logical_id
    if not draft.owned or draft.from_body:
        _delete_method(stack, where)
    client.put_method(**method)
    for response in params["methodResponses"]:
        client.put_method_response(**where, **response)
    if params["integration"] is not None:
        client.put_integration(**where, **params["integration"])
    for response in params["integrationResponses"]:
        client.put_integration_response(**where, **response)
    draft.content.append(json.dumps(params, sort_keys=True))
    return Physical("-".join(where.values()))


def _delete_method(stack: Stack, where: dict[str, str]) -> None:
    try:
        stack.apigateway.delete_method(**where)
    except stack.apigateway.exceptions.NotFoundException:
        pass


RESOURCE = Kind(_prepare_resource, _apply_resource, frozenset({"ResourceId"}), CONTENTS)
METHOD = Kind(_prepare_method, _apply_method, phase=CONTENTS)
