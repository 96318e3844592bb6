"""Tags of whatever carries them, found by its ARN."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.canaries.wish import wish_of
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import (
    check_tags,
    require_api,
    require_api_key,
    require_client_certificate,
    require_stage,
    require_usage_plan,
    require_vpc_link,
)
from gatewright.control.rest.custom_id import TAG

# The account field of these ARNs is empty.
_ARN = re.compile(r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+)::/(?P<path>.+)")
_API = re.compile(r"restapis/(?P<api>[^/]+)(?:/stages/(?P<stage>[^/]+))?")
_OF_ACCOUNT = re.compile(r"(?P<kind>apikeys|clientcertificates|usageplans|vpclinks)/(?P<id>[^/]+)")


@dataclass(frozen=True, slots=True)
class _Tagged:
    key: str  # where it stands in the catalog
    document: Document


def tag_resource(call: Call, params: Params) -> None:
    tagged = _find(call, params["resourceArn"])
    check_tags(params["tags"])
    if params["tags"].get(TAG, tagged.document.get("id")) != tagged.document.get("id"):
        raise BadRequest(f"The {TAG} tag chooses an id at creation: it cannot be changed")
    _save(call, tagged, {**tagged.document.get("tags", {}), **params["tags"]})


def untag_resource(call: Call, params: Params) -> None:
    tagged = _find(call, params["resourceArn"])
    tags = tagged.document.get("tags", {})
    _save(call, tagged, {key: value for key, value in tags.items() if key not in params["tagKeys"]})


def get_tags(call: Call, params: Params) -> Document:
    return {"tags": _find(call, params["resourceArn"]).document.get("tags", {})}


def _find(call: Call, arn: str) -> _Tagged:
    match = _ARN.fullmatch(arn)
    if match is None or match["region"] != call.region:
        raise BadRequest(f"Invalid ARN specified in the request: {arn[:200]}")
    if of_account := _OF_ACCOUNT.fullmatch(match["path"]):
        return _of_account(call, of_account["kind"], of_account["id"])
    path = _API.fullmatch(match["path"])
    if path is None:
        raise BadRequest(
            f"Invalid ARN specified in the request: {arn[:200]} names nothing that has tags here"
        )
    api, stage = path["api"], path["stage"]
    if stage is None:
        return _Tagged(keys.rest_api(api), require_api(call, api))
    return _Tagged(keys.stage(api, stage), require_stage(call, api, stage))


def _of_account(call: Call, kind: str, entity: str) -> _Tagged:
    if kind == "apikeys":
        return _Tagged(keys.api_key(entity), require_api_key(call, entity))
    if kind == "clientcertificates":
        return _Tagged(keys.client_certificate(entity), require_client_certificate(call, entity))
    if kind == "vpclinks":
        return _Tagged(keys.vpc_link(entity), require_vpc_link(call, entity))
    return _Tagged(keys.usage_plan(entity), require_usage_plan(call, entity))


def _save(call: Call, tagged: _Tagged, tags: dict[str, str]) -> None:
    check_tags(tags)
    if tagged.key.startswith(keys.STAGES):
        wish_of(tags)
    tagged.document.pop("tags", None)
    if tags:
        tagged.document["tags"] = tags
    call.tx.put(tagged.key, tagged.document)
