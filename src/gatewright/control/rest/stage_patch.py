"""UpdateStage's patch operations: which paths each takes, and the exact words for those it does not.

A stage differs from every other entity: its method settings stand at paths made of a resource path, a verb
and a setting, so that an unknown path is always an "Invalid method setting path".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.patch import is_true
from gatewright.control.rest import canary, method_settings
from gatewright.control.rest.mapping_expressions import NULL
from gatewright.control.rest.stage_rules import (
    check_access_log,
    check_cache_size,
    check_client_certificate,
    check_deployment_id,
    check_documentation_version,
    check_variable,
    check_variables,
    set_cache_cluster,
)

_COPIES = {  # path: from
    "/deploymentId": "/canarySettings/deploymentId",
    "/variables": "/canarySettings/stageVariableOverrides",
}
_ACCESS_LOG_PATHS = ("/accessLogSettings/destinationArn", "/accessLogSettings/format")

# As AWS prints it: some of the commas are missing there too.
_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, "
    "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, "
    "/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, "
    "/{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit"
    "/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, "
    "/{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled"
)


@dataclass(frozen=True, slots=True)
class Patched:
    """The stage while its operations are applied, in order, to a copy that is stored only if all succeed."""

    call: Call
    api: str
    stage: Document


def apply(patched: Patched, operations: list[Document]) -> None:
    """Apply a patch list. Raises BadRequest, or NotFound for a deployment that is not there."""
    for operation in operations:
        path = operation.get("path")
        change = _APPLY.get(operation.get("op", NULL), _unsupported)
        change(patched, NULL if path is None else path, operation)
    _drop_empty(patched.stage)
    check_variables(patched.stage.get("variables", {}))
    check_variables(patched.stage.get("canarySettings", {}).get("stageVariableOverrides", {}))


def _drop_empty(stage: Document) -> None:
    """Maps go with their last entry."""
    for owner, member in (
        (stage, "variables"),
        (stage, "accessLogSettings"),
        (stage.get("canarySettings", {}), "stageVariableOverrides"),
    ):
        if member in owner and not owner[member]:
            del owner[member]


def _unsupported(patched: Patched, path: str, operation: Document) -> None:
    raise BadRequest(f"Invalid {operation.get('op', NULL)} operation with path: {path}")


def _copy(patched: Patched, path: str, operation: Document) -> None:
    source = operation.get("from")
    if source is None or _COPIES.get(path) != source:
        raise BadRequest(
            f"Invalid copy operation with path: {path} and from {source or NULL}. "
            f"Valid copy:path are [{', '.join(_COPIES)}] "
            f"and valid copy:from are [{', '.join(_COPIES.values())}]"
        )
    stage, settings = patched.stage, patched.stage.get("canarySettings")
    if settings is None:
        raise BadRequest("Promotion not available. Canary does not exist.")
    if path == "/deploymentId":
        stage["deploymentId"] = settings["deploymentId"]
    elif overrides := settings.get("stageVariableOverrides"):
        stage["variables"] = {**stage.get("variables", {}), **overrides}


def _remove(patched: Patched, path: str, operation: Document) -> None:
    segments = path.removeprefix("/").split("/")
    owner, name = _removable(patched.stage, path, segments)
    if owner is None or name not in owner:
        raise BadRequest(
            f"Cannot remove method setting {path.removeprefix('/')} because there is no method setting for "
            "this method "
        )
    del owner[name]


def _removable(stage: Document, path: str, segments: list[str]) -> tuple[Document | None, str]:
    """The document that holds what the path names, and under which name."""
    match segments:
        case ["canarySettings" | "accessLogSettings" as member]:
            return stage, member
        case ["variables", name]:
            return stage.get("variables"), name
        case ["accessLogSettings", "destinationArn" | "format" as name]:
            return stage.get("accessLogSettings"), name
        case ["canarySettings", "stageVariableOverrides", name]:
            return stage.get("canarySettings", {}).get("stageVariableOverrides"), name
    return stage["methodSettings"], path.removeprefix("/")


def _add(patched: Patched, path: str, operation: Document) -> None:
    if not path.startswith("/accessLogSettings"):
        _unsupported(patched, path, operation)
    _set_access_log(patched, path, operation.get("value") or "")


def _replace(patched: Patched, path: str, operation: Document) -> None:
    value = operation.get("value") or ""
    if path.startswith("/accessLogSettings"):
        _set_access_log(patched, path, value)
    elif setting := method_settings.setting_at(path):
        method_settings.change(patched.stage["methodSettings"], setting, value)
    elif path in _REPLACE:
        _REPLACE[path](patched, value)
    elif not _replace_below(patched, path, value):
        raise BadRequest(f"Invalid method setting path: {path}. Must be one of: [{_PATHS}]")


def _replace_below(patched: Patched, path: str, value: str) -> bool:
    match path.split("/"):
        case ["", "variables", name]:
            check_variable(name, value)
            patched.stage.setdefault("variables", {})[name] = value
            return True
        case ["", "canarySettings", *below]:
            return canary.change(patched.call, patched.api, patched.stage, below, value)
    return False


def _set_access_log(patched: Patched, path: str, value: str) -> None:
    if path not in _ACCESS_LOG_PATHS:
        raise BadRequest(f"Invalid accessLogSettings path. Must be one of : [{', '.join(_ACCESS_LOG_PATHS)}]")
    member = path.rpartition("/")[2]
    check_access_log(member, value)
    patched.stage.setdefault("accessLogSettings", {})[member] = value


def _set_deployment(patched: Patched, value: str) -> None:
    check_deployment_id(patched.call, patched.api, value)
    patched.stage["deploymentId"] = value


def _set_tracing(patched: Patched, value: str) -> None:
    patched.stage["tracingEnabled"] = is_true(value)


def _set_cache_cluster(patched: Patched, value: str) -> None:
    set_cache_cluster(patched.stage, is_true(value))


def _set_cache_size(patched: Patched, value: str) -> None:
    check_cache_size(value)
    patched.stage["cacheClusterSize"] = value


def _set_documentation_version(patched: Patched, value: str) -> None:
    if value:
        check_documentation_version(patched.call, patched.api, value)
    _set_text("documentationVersion")(patched, value)


def _set_client_certificate(patched: Patched, value: str) -> None:
    if value:
        check_client_certificate(patched.call, value)
    _set_text("clientCertificateId")(patched, value)


def _set_text(member: str) -> Callable[[Patched, str], None]:
    def set_text(patched: Patched, value: str) -> None:
        if value:
            patched.stage[member] = value
        else:
            patched.stage.pop(member, None)

    return set_text


_APPLY: dict[str, Callable[[Patched, str, Document], None]] = {
    "add": _add,
    "copy": _copy,
    "remove": _remove,
    "replace": _replace,
}

_REPLACE: dict[str, Callable[[Patched, str], None]] = {
    "/deploymentId": _set_deployment,
    "/description": _set_text("description"),
    "/clientCertificateId": _set_client_certificate,
    "/documentationVersion": _set_documentation_version,
    "/cacheClusterEnabled": _set_cache_cluster,
    "/cacheClusterSize": _set_cache_size,
    "/tracingEnabled": _set_tracing,
}
