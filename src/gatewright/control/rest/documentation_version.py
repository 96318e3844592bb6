"""DocumentationVersion: the documentation parts of an API at one moment, for stages to publish."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import text
from gatewright.control.rest.common import (
    epoch,
    page_below,
    require_api,
    require_documentation_version,
    require_stage,
)
from gatewright.control.rest.documentation_store import parts_of

_VERSION = re.compile(r"[\w.: +-]{1,64}")


def create_documentation_version(call: Call, params: Params) -> Document:
    """Freeze the parts; with `stageName`, that stage publishes them."""
    api, version = require_api(call, params["restApiId"])["id"], params["documentationVersion"]
    if not _VERSION.fullmatch(version):
        raise BadRequest(
            f"Invalid documentation version specified: '{version[:64]}' must have 1 to 64 letters, digits, "
            "blanks or any of _ . : + -"
        )
    if call.tx.get(keys.documentation_version(api, version)) is not None:
        raise Conflict(f"Documentation version already exists: {version}")
    stage = require_stage(call, api, params["stageName"]) if params.get("stageName") else None
    document: Document = {"version": version, "createdDate": epoch(call)}
    if params.get("description"):
        document["description"] = params["description"]
    call.tx.put(keys.documentation_version(api, version), document)
    call.tx.put(keys.documentation_snapshot(api, version), {"parts": parts_of(call, api)})
    if stage is not None:
        stage |= {"documentationVersion": version, "lastUpdatedDate": epoch(call)}
        call.tx.put(keys.stage(api, stage["stageName"]), stage)
    return document


def get_documentation_version(call: Call, params: Params) -> Document:
    return require_documentation_version(call, params["restApiId"], params["documentationVersion"])


def get_documentation_versions(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return page_below(call, keys.below("documentationversion", api), params)


def update_documentation_version(call: Call, params: Params) -> Document:
    document = get_documentation_version(call, params)
    patch.replace(document, params, {"/description": text("description")})
    call.tx.put(keys.documentation_version(params["restApiId"], document["version"]), document)
    return document


def delete_documentation_version(call: Call, params: Params) -> None:
    api = require_api(call, params["restApiId"])["id"]
    version = require_documentation_version(call, api, params["documentationVersion"])["version"]
    stages = [
        stage["stageName"]
        for _, stage in call.tx.list(keys.below("stage", api))
        if stage.get("documentationVersion") == version
    ]
    if stages:
        raise BadRequest(
            f"Cannot delete documentation version '{version}': {', '.join(stages)} publish it. Set their "
            "/documentationVersion to another first."
        )
    call.tx.delete(keys.documentation_version(api, version))
    call.tx.delete(keys.documentation_snapshot(api, version))
