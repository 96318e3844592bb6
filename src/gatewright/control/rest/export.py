"""GetExport: what a stage serves, as a Swagger 2.0 or OpenAPI 3.0.1 document in JSON or YAML."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_api, require_stage
from gatewright.openapi.exporting.documentation import Documentation, no_documentation
from gatewright.openapi.exporting.extensions import parse_extensions
from gatewright.openapi.exporting.layout import json_text, yaml_text
from gatewright.openapi.exporting.oas30 import oas30
from gatewright.openapi.exporting.source import CannotExport, Source
from gatewright.openapi.exporting.swagger import swagger

CONTENT_TYPE = "application/octet-stream"  # whatever was asked for, as the real service answers

_FORMS = {"swagger": swagger, "oas30": oas30}
_JSON = ("application/json", "application/hal+json", "application/*", "*/*", "")
_YAML = ("application/yaml", "application/x-yaml")
_UNSAFE_IN_NAME = re.compile(r"[^\w.:+ -]", re.ASCII)


def get_export(call: Call, params: Params) -> Document:
    form = _FORMS.get(params["exportType"])
    if form is None:
        raise BadRequest(
            f"Invalid export type specified: {params['exportType'][:80]}. Valid options are oas30, swagger"
        )
    wants_yaml = _wants_yaml(params.get("accepts") or "")
    source = export_source(call, params["restApiId"], params["stageName"])
    asked = (params.get("parameters") or {}).get("extensions") or ""
    try:
        document = form(source, parse_extensions(asked))
    except CannotExport as error:
        raise BadRequest(str(error)) from None
    return {
        "contentType": CONTENT_TYPE,
        "contentDisposition": _attachment(params["exportType"], document, wants_yaml),
        "body": yaml_text(document) if wants_yaml else json_text(document),
    }


def export_source(call: Call, api: str, stage_name: str) -> Source:
    """The deployment a stage serves, and what the stage publishes of its documentation."""
    require_api(call, api)
    stage = require_stage(call, api, stage_name)
    deployment = call.tx.get(keys.deployment(api, stage["deploymentId"]))
    snapshot = call.tx.get(keys.snapshot(api, stage["deploymentId"]))
    assert deployment is not None
    assert snapshot is not None  # a deployment stays while a stage serves it
    return Source(
        snapshot=snapshot,
        stage=stage_name,
        region=call.region,
        created=deployment["createdDate"],
        documentation=_documentation(call, api, stage.get("documentationVersion")),
    )


def _documentation(call: Call, api: str, version: str | None) -> Documentation:
    if version is None:
        return no_documentation()
    document = call.tx.get(keys.documentation_version(api, version))
    snapshot = call.tx.get(keys.documentation_snapshot(api, version))
    assert document is not None
    assert snapshot is not None  # a version stays while a stage publishes it
    return Documentation(version, document["createdDate"], snapshot["parts"])


def _wants_yaml(accepts: str) -> bool:
    """The first media type that is known decides; none at all asks for JSON."""
    for part in accepts.split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in _JSON or media_type in _YAML:
            return media_type in _YAML
    raise BadRequest(
        f"Invalid Accept header specified: {accepts[:200]}. "
        "Valid options are application/json, application/yaml"
    )


def _attachment(export_type: str, document: Document, is_yaml: bool) -> str:
    version = _UNSAFE_IN_NAME.sub("_", str(document["info"]["version"]))[:100]
    return f'attachment; filename="{export_type}_{version}.{"yaml" if is_yaml else "json"}"'
