"""An API's endpoint configuration: its one type, its IP address type, its VPC endpoints."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.patch import ADD_REMOVE_REPLACE, Patch, Rule

TYPES = ("REGIONAL", "EDGE", "PRIVATE")
IP_ADDRESS_TYPES = ("ipv4", "dualstack")


def new_endpoint_configuration(asked: Document) -> Document:
    """What was asked for at creation, with defaults. Raises BadRequest."""
    types = asked.get("types", ["EDGE"])
    if not types:
        raise BadRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise BadRequest("Cannot create an api with multiple Endpoint Types.")
    private = types == ["PRIVATE"]
    ip_address_type = asked.get("ipAddressType") or ("dualstack" if private else "ipv4")
    configuration: Document = {"types": types, "ipAddressType": ip_address_type}
    _check_dualstack(configuration)
    if asked.get("vpcEndpointIds"):
        _check_private(configuration)
        configuration["vpcEndpointIds"] = asked["vpcEndpointIds"]
    return configuration


def _change_type(api: Document, patch: Patch) -> None:
    if patch.value not in TYPES:
        raise BadRequest(f"Invalid EndpointTypes specified. Valid options are {','.join(TYPES)}")
    configuration = api["endpointConfiguration"]
    configuration["types"] = [patch.value]
    if patch.value == "PRIVATE":
        configuration["ipAddressType"] = "dualstack"
    else:
        configuration.pop("vpcEndpointIds", None)


def _change_ip_address_type(api: Document, patch: Patch) -> None:
    if patch.value not in IP_ADDRESS_TYPES:
        raise BadRequest("ipAddressType must be either ipv4 or dualstack.")
    api["endpointConfiguration"]["ipAddressType"] = patch.value
    _check_dualstack(api["endpointConfiguration"])


def _add_vpc_endpoint(api: Document, patch: Patch) -> None:
    configuration = api["endpointConfiguration"]
    _check_private(configuration)
    ids = configuration.setdefault("vpcEndpointIds", [])
    if patch.value and patch.value not in ids:
        ids.append(patch.value)


def _remove_vpc_endpoint(api: Document, patch: Patch) -> None:
    configuration = api["endpointConfiguration"]
    _check_private(configuration)
    left = [endpoint for endpoint in configuration.pop("vpcEndpointIds", []) if endpoint != patch.value]
    if left:
        configuration["vpcEndpointIds"] = left


def _check_dualstack(configuration: Document) -> None:
    if configuration["types"] == ["PRIVATE"] and configuration["ipAddressType"] != "dualstack":
        raise BadRequest("Only dualstack ipAddressType is supported for Private APIs.")


def _check_private(configuration: Document) -> None:
    if configuration["types"] != ["PRIVATE"]:
        raise BadRequest("VPCEndpoints can only be specified with PRIVATE apis.")


PATCH_RULES = (
    # Whatever the last segment is, the value becomes the API's one type.
    Rule("/endpointConfiguration/types/*", {"replace": _change_type}, refusal=ADD_REMOVE_REPLACE),
    Rule("/endpointConfiguration/ipAddressType", {"replace": _change_ip_address_type}),
    Rule(
        "/endpointConfiguration/vpcEndpointIds",
        {"add": _add_vpc_endpoint, "remove": _remove_vpc_endpoint},
    ),
)
