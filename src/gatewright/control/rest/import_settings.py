"""What a document says of the API itself: its name, description and version, and its settings.

Overwriting takes away what the document does not set; merging leaves it. Recorded of name and version only;
for the rest speaks Terraform, which puts these settings back after it has overwritten an API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gatewright.aws.errors import AwsError, BadRequest
from gatewright.catalog.api import Document, Partition
from gatewright.control.rest import policy
from gatewright.control.rest.rest_api_patch import API_KEY_SOURCES, check_compression
from gatewright.openapi.importing.definition import Definition

ACCESS_MODES = ("BASIC", "STRICT")

Setting = Callable[[Document, Any], None]


def apply_settings(
    api: Document, definition: Definition, partition: Partition, *, overwrite: bool
) -> list[str]:
    """Change the API's document; the reasons of what is refused."""
    if definition.name:
        api["name"] = definition.name
    _set_text(api, "description", definition.description, overwrite=overwrite)
    _set_text(api, "version", definition.version, overwrite=overwrite)
    if overwrite:
        _reset(api)
    if "disableExecuteApiEndpoint" in definition.endpoint:
        api["disableExecuteApiEndpoint"] = definition.endpoint["disableExecuteApiEndpoint"]
    errors = []
    for member, value in definition.settings.items():
        try:
            _SETTINGS[member](api, value, partition)
        except AwsError as error:
            errors.append(error.message)
    return errors


def _set_text(api: Document, member: str, value: str | None, *, overwrite: bool) -> None:
    if value:
        api[member] = value
    elif overwrite:
        api.pop(member, None)


def _reset(api: Document) -> None:
    api["apiKeySource"] = API_KEY_SOURCES[0]
    for member in ("binaryMediaTypes", "minimumCompressionSize", "policy"):
        api.pop(member, None)


def _set_key_source(api: Document, value: str, _: Partition) -> None:
    if value not in API_KEY_SOURCES:
        raise BadRequest(f"Invalid ApiKeySource specified. Valid options are {','.join(API_KEY_SOURCES)}")
    api["apiKeySource"] = value


def _add_binary_types(api: Document, value: list[str], _: Partition) -> None:
    """The types there were come first."""
    types = list(dict.fromkeys([*api.get("binaryMediaTypes", []), *value]))
    if types:
        api["binaryMediaTypes"] = types


def _set_compression(api: Document, value: int, _: Partition) -> None:
    check_compression(value)
    api["minimumCompressionSize"] = value


def _set_policy(api: Document, value: Document | str, partition: Partition) -> None:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    api["policy"] = policy.normalise(text, partition, api["id"])


def _set_access_mode(api: Document, value: str, _: Partition) -> None:
    if value not in ACCESS_MODES:
        raise BadRequest(f"Invalid EndpointAccessMode specified. Valid options are {','.join(ACCESS_MODES)}")
    api["endpointAccessMode"] = value


def _set_security_policy(api: Document, value: str, _: Partition) -> None:
    api["securityPolicy"] = value


_SETTINGS: dict[str, Callable[[Document, Any, Partition], None]] = {
    "apiKeySource": _set_key_source,
    "binaryMediaTypes": _add_binary_types,
    "minimumCompressionSize": _set_compression,
    "policy": _set_policy,
    "securityPolicy": _set_security_policy,
    "endpointAccessMode": _set_access_mode,
}
