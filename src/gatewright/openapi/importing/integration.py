"""`x-amazon-apigateway-integration` as PutIntegration's and PutIntegrationResponse's members."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from gatewright.openapi.importing.definition import Members, Method
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.values import boolean, mapping, members, number, optional_text, text, texts

INTEGRATION = "x-amazon-apigateway-integration"

TYPES = ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")

_WHAT = "integration"
_TEXTS = ("uri", "connectionId", "credentials", "cacheNamespace", "integrationTarget")
_WORDS = ("connectionType", "contentHandling", "passthroughBehavior", "responseTransferMode")  # any case
_OTHERS = (
    "type",
    "httpMethod",
    "requestParameters",
    "requestTemplates",
    "cacheKeyParameters",
    "timeoutInMillis",
    "tlsConfig",
    "responses",
)
_OF_HTTP_APIS = ("payloadFormatVersion", "integrationSubtype", "responseParameters", "description")
_KNOWN = (*_TEXTS, *_WORDS, *_OTHERS, *_OF_HTTP_APIS)
_RESPONSE_MEMBERS = ("statusCode", "responseParameters", "responseTemplates", "contentHandling")


def set_integration(reading: Reading, method: Method, operation: dict[str, Any]) -> None:
    """Without a type that a REST API has, a method gets no integration, and a warning."""
    if INTEGRATION not in operation:
        return
    written = mapping(reading.resolved(operation[INTEGRATION], _WHAT), _WHAT, method.path)
    kind = optional_text(written.get("type"), _WHAT, method.path)
    if kind is None or kind.upper() not in TYPES:
        reading.definition.warn(
            f"Unknown integration type '{kind or 'null'}' for '{method.verb} {method.path}'. Ignoring."
        )
        return
    for member in members(written):
        if member not in _KNOWN:
            reading.definition.warn(
                f"Unknown member '{member}' of the integration of '{method.verb} {method.path}'. Ignoring."
            )
    method.integration = {
        "type": kind.upper(),
        **_plain(written, method.path),
        **_maps(reading, written, method),
    }
    responses = mapping(written.get("responses"), _WHAT, method.path)
    method.integration_responses = [
        _response(reading, pattern, mapping(response, _WHAT, method.path), method)
        for pattern, response in members(responses).items()
    ]
    _warn_of_replaced(reading, method)


def _warn_of_replaced(reading: Reading, method: Method) -> None:
    """Integration responses are kept by status code, so that of two the last counts (unverified)."""
    statuses = Counter(response.get("statusCode") for response in method.integration_responses)
    for status, count in statuses.items():
        if status is not None and count > 1:
            reading.definition.warn(
                f"Several integration responses of '{method.verb} {method.path}' have the status code "
                f"{status}: the last one counts."
            )


def _plain(written: dict[str, Any], path: str) -> Members:
    made: Members = {}
    if written.get("httpMethod") is not None:
        made["integrationHttpMethod"] = text(written["httpMethod"], _WHAT, path).upper()
    for member in _TEXTS:
        if written.get(member) is not None:
            made[member] = text(written[member], _WHAT, path)
    for member in _WORDS:
        if written.get(member) is not None:
            made[member] = text(written[member], _WHAT, path).upper()
    if written.get("timeoutInMillis") is not None:
        made["timeoutInMillis"] = number(written["timeoutInMillis"], _WHAT, path)
    if written.get("cacheKeyParameters") is not None:
        made["cacheKeyParameters"] = texts(written["cacheKeyParameters"], _WHAT, path)
    if written.get("tlsConfig") is not None:
        tls = mapping(written["tlsConfig"], _WHAT, path)
        made["tlsConfig"] = {"insecureSkipVerification": boolean(tls.get("insecureSkipVerification"))}
    return made


def _maps(reading: Reading, written: dict[str, Any], method: Method) -> Members:
    made: Members = {}
    if written.get("requestParameters") is not None:
        made["requestParameters"] = _mappings(reading, written, "requestParameters", method)
    if written.get("requestTemplates") is not None:
        made["requestTemplates"] = _templates(written["requestTemplates"], method.path)
    return made


def _response(reading: Reading, pattern: str, written: dict[str, Any], method: Method) -> Members:
    """The response for answers that match `pattern`; the pattern `default` is none."""
    made: Members = {} if pattern == "default" else {"selectionPattern": pattern}
    if written.get("statusCode") is not None:
        made["statusCode"] = text(written["statusCode"], _WHAT, method.path)
    if written.get("responseParameters") is not None:
        made["responseParameters"] = _mappings(reading, written, "responseParameters", method)
    if written.get("responseTemplates") is not None:
        made["responseTemplates"] = _templates(written["responseTemplates"], method.path)
    if written.get("contentHandling") is not None:
        made["contentHandling"] = text(written["contentHandling"], _WHAT, method.path).upper()
    for member in members(written):
        if member not in _RESPONSE_MEMBERS:
            reading.definition.warn(
                f"Unknown member '{member}' of the integration response '{pattern}' of '{method.verb} "
                f"{method.path}'. Ignoring."
            )
    return made


def _mappings(reading: Reading, written: dict[str, Any], member: str, method: Method) -> dict[str, str]:
    """The mappings that are texts; of others, a warning (recorded of requestParameters)."""
    made: dict[str, str] = {}
    for key, value in mapping(written[member], _WHAT, method.path).items():
        if isinstance(value, str):
            made[key] = value
            continue
        printed = orjson.dumps(value).decode()
        reading.definition.warn(
            f"Invalid format for '{member}'. Expected type string for property '{key}' of resource "
            f"'{method.path}' and method '{method.verb}' but got '{printed}'"
        )
    return made


def _templates(written: Any, path: str) -> dict[str, str | None]:
    return {
        content_type: optional_text(template, _WHAT, path)
        for content_type, template in mapping(written, _WHAT, path).items()
    }
