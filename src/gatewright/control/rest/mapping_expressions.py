"""The expressions of parameter mappings, as they are checked when they are put.

`method.request.header.X` on the left of a method's parameters, on the right of an integration's; likewise for
responses. The runtime reads the same expressions in `gateway`; here only their form is judged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document

NULL = "null"  # how AWS prints a value that is not there

_NAME = r"[a-zA-Z0-9._$-]+"
_METHOD_PARAMETER = re.compile(
    rf"method\.request\.(?P<place>path|querystring|header|multivaluequerystring|multivalueheader)\.(?P<name>{_NAME})"
)
_METHOD_BODY = re.compile(r"method\.request\.body(?:[.\[].+)?")
_INTEGRATION_PARAMETER = re.compile(rf"integration\.request\.(?:path|querystring|header)\.{_NAME}")
_RESPONSE_HEADER = re.compile(rf"method\.response\.header\.{_NAME}")
_INTEGRATION_ANSWER = re.compile(
    rf"integration\.response\.(?:(?:header|multivalueheader)\.{_NAME}|body(?:[.\[].+)?)"
)
# A literal may be mapped to a header, which a line break would end: no control characters but the tab.
_ANYWHERE = re.compile(rf"(?:context|stageVariables)\.{_NAME}|'[^\x00-\x08\x0a-\x1f\x7f]*'")
_MEDIA_NAME = r"[\w!#$&^.+*-]+"
_CONTENT_TYPE = re.compile(rf"\$default|{_MEDIA_NAME}/{_MEDIA_NAME}(?: *;[ -~]*)?", re.ASCII)


def check_method_parameters(parameters: Iterable[str]) -> None:
    """A method's `requestParameters` keys: their form, and no name in two places."""
    keys = list(parameters)
    _refuse_all(_bad_key(key) for key in keys if not _METHOD_PARAMETER.fullmatch(key))
    places: dict[str, str] = {}
    for key in keys:
        place, name = _place_and_name(key)
        if places.setdefault(name, place) != place:
            raise BadRequest("Parameter names must be unique across querystring, header and path")


def check_integration_parameters(parameters: Mapping[str, str | None], declared: Collection[str]) -> None:
    """An integration's `requestParameters`; `declared` are the method's own parameters."""
    known = {_place_and_name(key) for key in declared}
    _refuse_all(
        error
        for key, value in parameters.items()
        for error in (
            *_unless(_INTEGRATION_PARAMETER.fullmatch(key), _bad_key(key)),
            *_request_value_errors(value or NULL, known),
        )
    )


def check_method_response_parameters(parameters: Iterable[str]) -> None:
    """A method response's `responseParameters` keys."""
    _refuse_all(_bad_key(key) for key in parameters if not _RESPONSE_HEADER.fullmatch(key))


def check_integration_response_parameters(
    parameters: Mapping[str, str | None], method_response: Document | None
) -> None:
    """An integration response's `responseParameters`: each needs its header in the method response."""
    if not parameters:
        return
    if method_response is None:
        raise mapping_error("No method response exists for method.")
    declared = method_response.get("responseParameters", {})
    _refuse_all(
        error
        for key, value in parameters.items()
        for error in (
            *_unless(key in declared, _bad_key(key)),
            *_unless(_answers(value or NULL), _bad_value(value or NULL)),
        )
    )


def check_templates(templates: Iterable[str]) -> None:
    """The content types that mapping templates stand under."""
    errors = [
        f"Invalid content type specified: {key}" for key in templates if not _CONTENT_TYPE.fullmatch(key)
    ]
    if errors:
        raise BadRequest(f"Validation Result: warnings : [], errors : [{', '.join(errors)}]")


def mapping_error(*errors: str) -> BadRequest:
    listed = ", ".join(errors)
    return BadRequest(
        f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{listed}]"
    )


def _refuse_all(errors: Iterable[str]) -> None:
    found = list(errors)
    if found:
        raise mapping_error(*found)


def _unless(holds: object, error: str) -> tuple[str, ...]:
    return () if holds else (error,)


def _bad_key(key: str) -> str:
    return f"Invalid mapping expression parameter specified: {key}"


def _bad_value(value: str) -> str:
    return f"Invalid mapping expression specified: {value}"


def _place_and_name(key: str) -> tuple[str, str]:
    """Where a method parameter is sent and its name; the multi-value forms are the same parameter."""
    match = _METHOD_PARAMETER.fullmatch(key)
    if match is None:
        return "", key
    return match["place"].removeprefix("multivalue"), match["name"]


def _request_value_errors(value: str, known: Collection[tuple[str, str]]) -> tuple[str, ...]:
    if _METHOD_PARAMETER.fullmatch(value):
        return _unless(_place_and_name(value) in known, _bad_key(value))
    return _unless(_METHOD_BODY.fullmatch(value) or _ANYWHERE.fullmatch(value), _bad_value(value))


def _answers(value: str) -> bool:
    return bool(_INTEGRATION_ANSWER.fullmatch(value) or _ANYWHERE.fullmatch(value))
