"""GetSdk: a client package for what a stage serves."""

from __future__ import annotations

from datetime import UTC, datetime

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import page
from gatewright.control.rest.export import CONTENT_TYPE, export_source
from gatewright.control.rest.sdk_types import GENERATED, SDK_TYPES, SPELLINGS
from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.oas30 import oas30
from gatewright.openapi.exporting.source import CannotExport
from gatewright.openapi.sdk.interface import interface
from gatewright.openapi.sdk.package import BadSetting, archive, read_settings


def get_sdk(call: Call, params: Params) -> Document:
    """The zip. What AWS generates and Gatewright does not is refused, once its parameters are right."""
    source = export_source(call, params["restApiId"], params["stageName"])
    kind, given = params["sdkType"], params.get("parameters") or {}
    _check_required(_require_type(kind), given)
    if kind not in GENERATED:
        raise BadRequest(
            f"Gatewright generates no SDK of type '{kind}', only {', '.join(sorted(GENERATED))}. "
            "A generator that reads OpenAPI can make one of what GetExport answers."
        )
    try:
        api = interface(oas30(source, Extensions()))
        contents = GENERATED[kind](api, read_settings(given, api.title))
    except (CannotExport, BadSetting) as error:
        raise BadRequest(str(error)) from None
    now = call.services.clock()
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d_%H-%MZ")
    return {
        "contentType": CONTENT_TYPE,
        "contentDisposition": f'attachment; filename="{kind}_{moment}.zip"',
        "body": archive(contents, now),
    }


def get_sdk_type(_call: Call, params: Params) -> Document:
    return _require_type(params["id"])


def get_sdk_types(_call: Call, params: Params) -> Document:
    return page(sorted(SDK_TYPES.items()), params)


def _require_type(kind: str) -> Document:
    found = SDK_TYPES.get(kind)
    if found is None:
        raise NotFound(f"Invalid SDK type specified: {kind[:80]}. Valid options are {', '.join(SDK_TYPES)}")
    return found


def _check_required(kind: Document, given: dict[str, str]) -> None:
    present = {SPELLINGS.get(name, name) for name, value in given.items() if value}
    missing = [
        wanted["name"]
        for wanted in kind.get("configurationProperties", ())
        if wanted["required"] and wanted["name"] not in present
    ]
    if missing:
        raise BadRequest(f"Missing required parameters for SDK type '{kind['id']}': {', '.join(missing)}")
