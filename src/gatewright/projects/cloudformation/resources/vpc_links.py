"""AWS::ApiGateway::VpcLink: a new target makes a new link, and the old one goes once nothing uses it."""

from __future__ import annotations

from typing import Any

from gatewright.projects.cloudformation.patches import replaced
from gatewright.projects.cloudformation.properties import Declared, Params, members
from gatewright.projects.cloudformation.resources.kinds import APIS, Kind
from gatewright.projects.cloudformation.stack import LOGICAL_ID, Physical, Stack


def _prepare(declared: Declared) -> Params:
    declared.required("Name", "TargetArns")
    return members(declared, "apigateway", "CreateVpcLinkRequest")


def _apply(stack: Stack, declared: Declared, params: Params) -> Physical:
    client = stack.apigateway
    wanted = {**params, "tags": stack.tags(declared.logical_id, params.get("tags", {}))}
    now = _made_before(stack, declared, params["targetArns"])
    if now is None:
        now = client.create_vpc_link(**wanted)
    else:
        if patches := list(replaced(now, wanted, ("name", "description"))):
            client.update_vpc_link(vpcLinkId=now["id"], patchOperations=patches)
        stack.retag(f"/vpclinks/{now['id']}", now["tags"], wanted["tags"])
    link: str = now["id"]
    stack.wanted["vpc link"].add(link)
    found = client.get_vpc_link(vpcLinkId=link)
    if found["status"] == "FAILED":
        declared.refuse(found["statusMessage"], "TargetArns")
    return Physical(link, {"VpcLinkId": link})


def _made_before(stack: Stack, declared: Declared, targets: list[str]) -> dict[str, Any] | None:
    for link in stack.every("get_vpc_links"):
        same = stack.made_by_this(link) and link["tags"].get(LOGICAL_ID) == declared.logical_id
        if same and link["targetArns"] == targets:
            return link
    return None


VPC_LINK = Kind(_prepare, _apply, frozenset({"VpcLinkId"}), APIS)
