"""AWS::ApiGateway::DocumentationPart and DocumentationVersion: they change no answer, exports tell them."""

from __future__ import annotations

from gatewright.projects.cloudformation.patches import replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import CONTENTS, DEPLOYMENTS, Kind
from gatewright.projects.cloudformation.stack import Physical, Stack


def _prepare_part(declared: Declared) -> Params:
    declared.required("RestApiId", "Location", "Properties")
    params = members(declared, "apigateway", "CreateDocumentationPartRequest", beside=("Properties",))
    if "type" not in params["location"]:
        declared.refuse("is required, and missing", "Location", "Type")
    return {**params, "properties": declared.text_of_json("Properties")}


def _apply_part(stack: Stack, declared: Declared, params: Params) -> Physical:
    """The part of a location, of which there is one at most, gets its new properties."""
    client, draft = stack.apigateway, stack.draft(params["restApiId"])
    try:
        part = client.create_documentation_part(**params)
    except client.exceptions.ConflictException:
        part = _part_at(stack, params)
        patches = list(replaced(part, params, ("properties",)))
        if patches:
            where = {"restApiId": params["restApiId"], "documentationPartId": part["id"]}
            client.update_documentation_part(**where, patchOperations=patches)
    draft.kept.add(part["id"])
    return Physical(part["id"], {"DocumentationPartId": part["id"]})


def _part_at(stack: Stack, params: Params) -> Params:
    wanted = params["location"]
    named = {"name": "nameQuery", "type": "type", "path": "path"}
    asked = {query: wanted[member] for member, query in named.items() if member in wanted}
    found = stack.every("get_documentation_parts", restApiId=params["restApiId"], **asked)
    return next(part for part in found if wanted.items() <= part["location"].items())


def _prepare_version(declared: Declared) -> Params:
    declared.required("RestApiId", "DocumentationVersion")
    return members(
        declared,
        "apigateway",
        "CreateDocumentationVersionRequest",
        renamed={"DocumentationVersion": "documentationVersion"},
    )


def _apply_version(stack: Stack, declared: Declared, params: Params) -> Physical:
    """A version is what the documentation was when it was made, here as at Amazon."""
    client = stack.apigateway
    where = {name: params[name] for name in ("restApiId", "documentationVersion")}
    try:
        client.create_documentation_version(**params)
    except client.exceptions.ConflictException:
        now = client.get_documentation_version(**where)
        patches = list(replaced(now, params, ("description",)))
        if patches:
            client.update_documentation_version(**where, patchOperations=patches)
    stack.wanted["documentation version"].add("/".join(where.values()))
    return Physical(params["documentationVersion"])


PART = Kind(_prepare_part, _apply_part, frozenset({"DocumentationPartId"}), CONTENTS)
VERSION = Kind(_prepare_version, _apply_version, phase=DEPLOYMENTS)
