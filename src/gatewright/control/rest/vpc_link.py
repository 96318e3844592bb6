"""VpcLink: what integrations go through to reach a network load balancer.

A link is ready as soon as it is made: PENDING is what CreateVpcLink answers, as at AWS, and nothing waits.
Whether it is AVAILABLE or FAILED is for the settings to say, which know where load balancers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatewright.aws.errors import BadRequest, TooManyRequests
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import text
from gatewright.control.rest.common import check_tags, page_below, require_vpc_link
from gatewright.gateway.vpc_links import LINK, problem_of

MOST_LINKS = 20  # API Gateway's quota for an account and region
NAME_CHARACTERS = 1_024
DESCRIPTION_CHARACTERS = 1_024
READY = "Your vpc link is ready for use"

_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[!-~]+")
_ARN_CHARACTERS = 2_048


def create_vpc_link(call: Call, params: Params) -> Document:
    if sum(1 for _ in call.tx.list(keys.VPC_LINKS)) >= MOST_LINKS:
        raise TooManyRequests(
            f"Too many VPC links: {MOST_LINKS} at most in a region. Delete some first.",
            code="LimitExceededException",
        )
    link: Document = {"id": call.services.new_id(6), "targetArns": params["targetArns"]}
    for member in ("name", "description", "tags"):
        if params.get(member):
            link[member] = params[member]
    _check(link)
    _check_targets(link["targetArns"])
    check_tags(link.get("tags", {}))
    call.tx.put(keys.vpc_link(link["id"]), link)
    return {**link, "status": "PENDING"}


def get_vpc_link(call: Call, params: Params) -> Document:
    return {"tags": {}, **_with_status(call, require_vpc_link(call, params["vpcLinkId"]))}


def get_vpc_links(call: Call, params: Params) -> Document:
    found = page_below(call, keys.VPC_LINKS, params)
    return {**found, "items": [_with_status(call, link) for link in found["items"]]}


def update_vpc_link(call: Call, params: Params) -> Document:
    link = require_vpc_link(call, params["vpcLinkId"])
    patch.replace(link, params, {"/name": text("name"), "/description": text("description")})
    _check(link)
    call.tx.put(keys.vpc_link(link["id"]), link)
    return {"tags": {}, **_with_status(call, link)}


def delete_vpc_link(call: Call, params: Params) -> None:
    """Not while a stage serves an integration that names it; stage variables are not followed, as at AWS."""
    link = require_vpc_link(call, params["vpcLinkId"])["id"]
    if uses := ", ".join(_uses(call, link)):
        raise BadRequest(
            f"Cannot delete vpc link. Vpc link '{link}', is referenced in [{uses}] in format of "
            "[Method:Resource:Stage]."
        )
    call.tx.delete(keys.vpc_link(link))


def _with_status(call: Call, link: Document) -> Document:
    problem = problem_of(link, call.services.gateway_settings.load_balancers)
    if problem is None:
        return {**link, "status": "AVAILABLE", "statusMessage": READY}
    return {**link, "status": "FAILED", "statusMessage": problem}


def _check(link: Document) -> None:
    if not link.get("name"):
        raise BadRequest("Name cannot be empty")
    for member, longest in (("name", NAME_CHARACTERS), ("description", DESCRIPTION_CHARACTERS)):
        if len(link.get(member, "")) > longest:
            raise BadRequest(f"Invalid vpc link {member}, can be at most {longest} characters.")


def _check_targets(arns: list[str]) -> None:
    if not arns:
        raise BadRequest("No target arn specified for vpc link.")
    if len(arns) > 1:
        raise BadRequest("More than one target arn specified for vpc link.")
    if len(arns[0]) > _ARN_CHARACTERS or not _ARN.fullmatch(arns[0]):
        raise BadRequest(f"Invalid ARN. ARN is not well formed {arns[0][:_ARN_CHARACTERS]}")


def _uses(call: Call, link: str) -> Iterator[str]:
    """`METHOD:resource id:stage` of each served integration that names the link."""
    for key, stage in call.tx.list(keys.STAGES):
        api = key.split("/")[1]
        served = {stage.get("deploymentId"), stage.get("canarySettings", {}).get("deploymentId")}
        for deployment in sorted(filter(None, served)):
            snapshot = call.tx.get(keys.snapshot(api, deployment)) or {"resources": []}
            for resource in snapshot["resources"]:
                for verb, method in resource["resourceMethods"].items():
                    if _goes_through(method["methodIntegration"], link):
                        yield f"{verb}:{resource['id']}:{stage['stageName']}"


def _goes_through(integration: Document, link: str) -> bool:
    return integration.get("connectionType") == LINK and integration.get("connectionId") == link
