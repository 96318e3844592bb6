"""What UpdateRestApi can change."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document, Partition
from gatewright.control.patch import Change, Patch, Rule, drop, flag, text
from gatewright.control.rest import endpoint, policy

LARGEST_COMPRESSION_SIZE = 10_485_760
API_KEY_SOURCES = ("HEADER", "AUTHORIZER")


def patch_rules(partition: Partition) -> tuple[Rule, ...]:
    """The rules; a policy's short ARNs are completed with the partition."""
    return (
        Rule("/name", {"replace": _change_name}),
        Rule(
            "/description",
            {"add": text("description"), "replace": text("description"), "remove": drop("description")},
        ),
        Rule("/apiKeySource", {"replace": _change_api_key_source}),
        Rule("/disableExecuteApiEndpoint", {"replace": flag("disableExecuteApiEndpoint")}),
        Rule("/endpointAccessMode", {"replace": text("endpointAccessMode")}),
        Rule("/securityPolicy", {"replace": text("securityPolicy")}),
        Rule("/minimumCompressionSize", {"replace": _change_compression}),
        Rule("/policy", {"replace": _policy_change(partition)}),
        Rule("/binaryMediaTypes/*", {"add": _add_type, "replace": _replace_type, "remove": _remove_type}),
        *endpoint.PATCH_RULES,
    )


def check_compression(size: int) -> None:
    if not 0 <= size <= LARGEST_COMPRESSION_SIZE:
        raise BadRequest(
            f"Invalid minimum compression size, must be between 0 and {LARGEST_COMPRESSION_SIZE}"
        )


def _change_name(api: Document, patch: Patch) -> None:
    if not patch.value:
        raise BadRequest("Name cannot be empty")
    api["name"] = patch.value


def _change_api_key_source(api: Document, patch: Patch) -> None:
    if patch.value not in API_KEY_SOURCES:
        raise BadRequest(f"Invalid ApiKeySource specified. Valid options are {','.join(API_KEY_SOURCES)}")
    api["apiKeySource"] = patch.value


def _change_compression(api: Document, patch: Patch) -> None:
    """No value switches compression off; 0 compresses everything."""
    if not patch.value:
        api.pop("minimumCompressionSize", None)
        return
    size = int(patch.value) if patch.value.isdecimal() and len(patch.value) < 10 else -1
    check_compression(size)
    api["minimumCompressionSize"] = size


def _policy_change(partition: Partition) -> Change:
    def change(api: Document, patch: Patch) -> None:
        if patch.value:
            api["policy"] = policy.normalise(patch.value, partition, api["id"])
        else:
            api.pop("policy", None)

    return change


def _add_type(api: Document, patch: Patch) -> None:
    """The type is in the path; the value is ignored."""
    _set_types(api, [*_types_but(api, patch.key), patch.key])


def _replace_type(api: Document, patch: Patch) -> None:
    """The path's type goes, the value's comes last."""
    kept = _types_but(api, patch.key)
    _set_types(api, [*kept, patch.value] if patch.value and patch.value not in kept else kept)


def _remove_type(api: Document, patch: Patch) -> None:
    _set_types(api, _types_but(api, patch.key))


def _types_but(api: Document, media_type: str) -> list[str]:
    return [kept for kept in api.get("binaryMediaTypes", []) if kept != media_type]


def _set_types(api: Document, types: list[str]) -> None:
    api.pop("binaryMediaTypes", None)
    if types:
        api["binaryMediaTypes"] = types
