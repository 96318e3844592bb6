"""Removes what the template made before and has no more."""

from __future__ import annotations

import json
import re
from typing import Any

from gatewright.projects.cloudformation.patches import remove
from gatewright.projects.cloudformation.stack import LOGICAL_ID, TEMPLATE, Stack

DEPLOYED = re.compile("gatewright:deployment-.*")
STATEMENT = re.compile("[a-zA-Z0-9]{1,255}-[0-9a-f]{8}")  # as `versions` names those it adds


def sweep_draft(stack: Stack, api_id: str) -> None:
    """Resources, authorizers, validators and documentation, before a deployment freezes them."""
    draft = stack.draft(api_id)
    if draft.from_body or not draft.owned:
        return
    for (parent, part), resource_id in list(draft.resources.items()):
        if parent is not None and resource_id not in draft.kept:
            _forgiving(stack, "delete_resource", restApiId=api_id, resourceId=resource_id)
            del draft.resources[parent, part]
    for listing, deletion, member in (
        ("get_authorizers", "delete_authorizer", "authorizerId"),
        ("get_request_validators", "delete_request_validator", "requestValidatorId"),
        ("get_documentation_parts", "delete_documentation_part", "documentationPartId"),
    ):
        for entity in list(stack.every(listing, restApiId=api_id)):
            if entity["id"] not in draft.kept:
                getattr(stack.apigateway, deletion)(restApiId=api_id, **{member: entity["id"]})


def sweep(stack: Stack) -> None:
    """Everything else, once all that is wanted is there."""
    for api_id, draft in stack.drafts().items():
        sweep_draft(stack, api_id)
        if draft.owned:
            _sweep_served(stack, api_id, draft.tags)
    _sweep_plans(stack)
    for key in list(stack.every("get_api_keys")):
        if stack.made_by_this(key) and key["id"] not in stack.wanted["key"]:
            stack.apigateway.delete_api_key(apiKey=key["id"])
    for api in list(stack.every("get_rest_apis")):
        if stack.made_by_this(api) and api["id"] not in stack.wanted["api"]:
            stack.apigateway.delete_rest_api(restApiId=api["id"])
    for certificate in list(stack.every("get_client_certificates")):
        name = certificate["clientCertificateId"]
        if stack.made_by_this(certificate) and name not in stack.wanted["certificate"]:
            stack.apigateway.delete_client_certificate(clientCertificateId=name)
    for link in list(stack.every("get_vpc_links")):
        if stack.made_by_this(link) and link["id"] not in stack.wanted["vpc link"]:
            stack.apigateway.delete_vpc_link(vpcLinkId=link["id"])
    _sweep_functions(stack)


def _sweep_served(stack: Stack, api_id: str, tags: dict[str, str]) -> None:
    client = stack.apigateway
    for stage in client.get_stages(restApiId=api_id)["item"]:
        path = f"/restapis/{api_id}/stages/{stage['stageName']}"
        if stack.made_by_this(stage) and path not in stack.wanted["stage"]:
            client.delete_stage(restApiId=api_id, stageName=stage["stageName"])
    for version in list(stack.every("get_documentation_versions", restApiId=api_id)):
        if f"{api_id}/{version['version']}" not in stack.wanted["documentation version"]:
            client.delete_documentation_version(restApiId=api_id, documentationVersion=version["version"])
    used = {stage["deploymentId"] for stage in client.get_stages(restApiId=api_id)["item"]}
    for deployment in list(stack.every("get_deployments", restApiId=api_id)):
        if deployment["id"] not in used | stack.wanted["deployment"]:
            client.delete_deployment(restApiId=api_id, deploymentId=deployment["id"])
    gone = [key for key in tags if DEPLOYED.fullmatch(key) and key not in stack.wanted["deployment tag"]]
    if gone:
        client.untag_resource(resourceArn=stack.arn(f"/restapis/{api_id}"), tagKeys=gone)


def _sweep_plans(stack: Stack) -> None:
    client = stack.apigateway
    for plan in list(stack.every("get_usage_plans")):
        if not stack.made_by_this(plan):
            continue
        if plan["id"] in stack.wanted["plan"]:
            for key in list(stack.every("get_usage_plan_keys", usagePlanId=plan["id"])):
                if f"{plan['id']}/{key['id']}" not in stack.wanted["plan key"]:
                    client.delete_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"])
            continue
        stages = [remove("/apiStages", f"{each['apiId']}:{each['stage']}") for each in plan["apiStages"]]
        if stages:
            client.update_usage_plan(usagePlanId=plan["id"], patchOperations=stages)
        client.delete_usage_plan(usagePlanId=plan["id"])


def _sweep_functions(stack: Stack) -> None:
    for page in stack.functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            tags = stack.functions.list_tags(Resource=function["FunctionArn"])["Tags"]
            if tags.get(TEMPLATE) != stack.template or LOGICAL_ID not in tags:
                continue
            name = function["FunctionName"]
            if name in stack.wanted["function"]:
                _sweep_permissions(stack, name)
            else:
                stack.functions.delete_function(FunctionName=name)


def _sweep_permissions(stack: Stack, name: str) -> None:
    places: list[dict[str, Any]] = [{"FunctionName": name}]
    for page in stack.functions.get_paginator("list_aliases").paginate(FunctionName=name):
        places += [{"FunctionName": name, "Qualifier": each["Name"]} for each in page["Aliases"]]
    for where in places:
        for sid in statement_ids(stack, where):
            if STATEMENT.fullmatch(sid) and sid not in stack.wanted["statement"]:
                stack.functions.remove_permission(**where, StatementId=sid)


def statement_ids(stack: Stack, where: dict[str, Any]) -> list[str]:
    """Of the policy of a function or of its alias; none where there is no policy."""
    try:
        policy = stack.functions.get_policy(**where)["Policy"]
    except stack.functions.exceptions.ResourceNotFoundException:
        return []
    return [statement["Sid"] for statement in json.loads(policy)["Statement"]]


def _forgiving(stack: Stack, operation: str, **where: str) -> None:
    """A resource may have gone with the one above it."""
    try:
        getattr(stack.apigateway, operation)(**where)
    except stack.apigateway.exceptions.NotFoundException:
        pass
