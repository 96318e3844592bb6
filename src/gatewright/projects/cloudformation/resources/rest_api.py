"""AWS::ApiGateway::RestApi: the API, found again by its tags; what the OpenAPI document in it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gatewright.projects.cloudformation.patches import Patch, add, escaped, remove, replace, replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import APIS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack

API_TAG = "_custom_id_"  # chooses the id of a new API
LONGEST_ID = 63  # of a label of a host name
BUILT_IN_MODELS = ("Empty", "Error")

_OF_IMPORT = ("Body", "Mode", "FailOnWarnings", "Parameters")
_TEXTS = (
    "name",
    "description",
    "apiKeySource",
    "disableExecuteApiEndpoint",
    "minimumCompressionSize",
    "policy",
)
_UNSET = {"apiKeySource": "HEADER", "disableExecuteApiEndpoint": False}


def _prepare(declared: Declared) -> Params:
    if "BodyS3Location" in declared.properties:
        declared.refuse("there is no S3 here; give the path of a local file, or Body", "BodyS3Location")
    params = members(
        declared,
        "apigateway",
        "CreateRestApiRequest",
        renamed={"ApiKeySourceType": "apiKeySource"},
        beside=(*_OF_IMPORT, "Policy"),
    )
    for name in ("CloneFrom", "Version"):
        if name in declared.properties:
            declared.refuse("is not supported: copy what it names into the template", name)
    if "binaryMediaTypes" in params:  # CloudFormation documents them as `image~1png`
        params["binaryMediaTypes"] = [kind.replace("~1", "/") for kind in params["binaryMediaTypes"]]
    if "Policy" in declared.properties:
        params["policy"] = declared.text_of_json("Policy")
    if "Body" in declared.properties:
        params["import"] = _import(declared)
        params.setdefault("name", _title(declared.properties["Body"]) or declared.logical_id)
    elif "name" not in params:
        declared.refuse("is required where there is no Body", "Name")
    return params


def _import(declared: Declared) -> Params:
    body = declared.properties["Body"]
    if not isinstance(body, dict):
        declared.refuse("must be an OpenAPI document as a map", "Body")
    given = {name: value for name, value in declared.properties.items() if name in _OF_IMPORT[1:]}
    shaped = members(Declared(declared.logical_id, declared.type, given), "apigateway", "PutRestApiRequest")
    return {"mode": "overwrite", **shaped, "body": json.dumps(body).encode()}


def _title(body: Any) -> str | None:
    title = body.get("info", {}).get("title") if isinstance(body, dict) else None
    return title if isinstance(title, str) else None


def _apply(stack: Stack, declared: Declared, params: Params) -> Physical:
    wanted = dict(params)
    document = wanted.pop("import", None)
    wanted["tags"] = stack.tags(declared.logical_id, wanted.get("tags", {}))
    now = stack.find("get_rest_apis", declared.logical_id)
    if now is not None and now["id"] != wanted["tags"].get(API_TAG, now["id"]):
        declared.refuse(f"{API_TAG} cannot change: this API has the id {now['id']}", "Tags")
    api = _create(stack, declared, wanted) if now is None else now
    api_id: str = api["id"]
    if API_TAG in api["tags"]:
        wanted["tags"][API_TAG] = api["tags"][API_TAG]
    if document is None:
        _empty(stack, api_id)
    else:
        _put_document(stack, declared, api_id, document)
    explicit = wanted if document is None else {"name": wanted["name"], **_explicit(declared, wanted)}
    _update(stack, api_id, explicit, whole=document is None)
    draft = stack.draft(api_id)
    stack.retag(f"/restapis/{api_id}", draft.tags, wanted["tags"])
    draft.tags = {**draft.tags, **wanted["tags"]}
    draft.from_body = document is not None
    content = {name: value for name, value in wanted.items() if name != "tags"}
    draft.content.append(json.dumps([content, (document or {}).get("body", b"").decode()], sort_keys=True))
    stack.wanted["api"].add(api_id)
    root = draft.resources[(None, None)]
    return Physical(api_id, {"RestApiId": api_id, "RootResourceId": root})


def _create(stack: Stack, declared: Declared, wanted: Params) -> Params:
    """A new API. Its id is its name here, so that its URLs last longer than a node: if that is free."""
    label = stack.name_for(declared.logical_id, LONGEST_ID).lower()
    tags = {API_TAG: label, **wanted["tags"]}
    try:
        made: Params = stack.apigateway.create_rest_api(**{**wanted, "tags": tags})
    except stack.apigateway.exceptions.ConflictException:
        if tags == wanted["tags"]:
            raise
        made = stack.apigateway.create_rest_api(**wanted)
    return made


def _explicit(declared: Declared, wanted: Params) -> Params:
    """What properties say beside the document, which they override."""
    if "Name" in declared.properties:
        return wanted
    return {name: value for name, value in wanted.items() if name != "name"}


def _put_document(stack: Stack, declared: Declared, api_id: str, document: Params) -> None:
    answer = stack.apigateway.put_rest_api(restApiId=api_id, **document)
    stack.forget_draft(api_id)
    stack.notes += [f"{declared.logical_id}: {warning}" for warning in answer.get("warnings") or ()]


def _empty(stack: Stack, api_id: str) -> None:
    """Take out what the template puts in anew: methods, gateway responses, models."""
    client = stack.apigateway
    for resource in list(stack.every("get_resources", restApiId=api_id)):
        for verb in resource.get("resourceMethods", {}):
            client.delete_method(restApiId=api_id, resourceId=resource["id"], httpMethod=verb)
    for response in list(stack.every("get_gateway_responses", restApiId=api_id)):
        if not response["defaultResponse"]:
            client.delete_gateway_response(restApiId=api_id, responseType=response["responseType"])
    _delete_models(stack, api_id)


def _delete_models(stack: Stack, api_id: str) -> None:
    """Those that others refer to go after those others."""
    conflict = stack.apigateway.exceptions.ConflictException
    left = [model["name"] for model in stack.every("get_models", restApiId=api_id)]
    left = [name for name in left if name not in BUILT_IN_MODELS]
    while left:
        referred = []
        for name in left:
            try:
                stack.apigateway.delete_model(restApiId=api_id, modelName=name)
            except conflict:
                referred.append(name)
        if len(referred) == len(left):
            return  # a circle of models, which the template's own replace one by one
        left = referred


def _update(stack: Stack, api_id: str, wanted: Params, *, whole: bool) -> None:
    """`whole`: what is not wanted is taken away, else it stays as the document has it."""
    now = stack.apigateway.get_rest_api(restApiId=api_id)
    patches = list(_patches(now, wanted, whole=whole))
    if patches:
        stack.apigateway.update_rest_api(restApiId=api_id, patchOperations=patches)


def _patches(now: Params, wanted: Params, *, whole: bool) -> Iterator[Patch]:
    wanted = {**_UNSET, **wanted} if whole else wanted
    names = [name for name in _TEXTS if whole or name in wanted]
    yield from replaced({**_UNSET, **now}, wanted, names)
    if whole or "binaryMediaTypes" in wanted:
        had, types = now.get("binaryMediaTypes", []), wanted.get("binaryMediaTypes", [])
        yield from (remove(f"/binaryMediaTypes/{escaped(old)}") for old in had if old not in types)
        yield from (add(f"/binaryMediaTypes/{escaped(new)}") for new in types if new not in had)
    endpoint = wanted.get("endpointConfiguration") or ({"types": ["EDGE"]} if whole else {})
    if types := endpoint.get("types"):
        yield replace(f"/endpointConfiguration/types/{now['endpointConfiguration']['types'][0]}", types[0])
    if address := endpoint.get("ipAddressType"):
        yield replace("/endpointConfiguration/ipAddressType", address)


REST_API = Kind(_prepare, _apply, frozenset({"RestApiId", "RootResourceId"}), APIS)
