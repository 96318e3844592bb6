"""A project's usage plans and API keys on the node, made and changed until they are as the file says.

They carry a tag with the project's API, so that nobody else's plan of the same name is touched.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from gatewright.projects.api import Node
from gatewright.projects.configuration import Configuration, UsagePlan
from gatewright.projects.errors import said

TAG = "gatewright:project"

Plan = dict[str, Any]
Keys = dict[str, Any]


class UsagePlans:
    """Deploys the plans of one project, and remembers what it deployed."""

    def __init__(self) -> None:
        self._done: object = None

    def deploy(self, node: Node, configuration: Configuration) -> None:
        """For a stage that is there. Raises CannotDeploy at the plan's table."""
        project = configuration.project
        wanted = (configuration.api, project.stage, project.usage_plans)
        if wanted == self._done:
            return
        self._done = None  # half of it may be refused
        owned = {plan["name"]: plan for plan in _owned(node, "get_usage_plans", configuration.api)}
        for name, plan in project.usage_plans.items():
            try:
                current = owned.pop(name, None)
                _put(node, configuration, name, plan, current)
            except ClientError as error:
                raise configuration.refuse(f"usage plan {name}: {said(error)}", "usage_plans", name) from None
        for plan in owned.values():
            _delete(node, configuration.api, plan)
        self._done = wanted


def _owned(node: Node, listing: str, api: str, **wanted: Any) -> list[Any]:
    pages = node.client("apigateway").get_paginator(listing).paginate(**wanted)
    items = [item for page in pages for item in page["items"]]
    return [item for item in items if item.get("tags", {}).get(TAG) == api]


def _put(node: Node, configuration: Configuration, name: str, plan: UsagePlan, current: Plan | None) -> None:
    client = node.client("apigateway")
    api, stage = configuration.api, configuration.project.stage
    limits = _limits(plan)
    if current is None:
        current = client.create_usage_plan(
            name=name, apiStages=[{"apiId": api, "stage": stage}], tags={TAG: api}, **limits
        )
    changes = [*_stage_changes(current, f"{api}:{stage}"), *_limit_changes(current, limits)]
    if changes:
        client.update_usage_plan(usagePlanId=current["id"], patchOperations=changes)
    _put_keys(node, api, current["id"], plan.keys)


def _limits(plan: UsagePlan) -> dict[str, Any]:
    """As CreateUsagePlan takes them."""
    limits: dict[str, Any] = {}
    if plan.throttle is not None:
        limits["throttle"] = {"rateLimit": plan.throttle.rate, "burstLimit": plan.throttle.burst}
    if plan.quota is not None:
        limits["quota"] = {"limit": plan.quota.limit, "offset": 0, "period": plan.quota.period}
    return limits


def _stage_changes(current: Plan, stage: str) -> list[dict[str, str]]:
    """The plan is for every stage that the project was deployed to."""
    present = [f"{one['apiId']}:{one['stage']}" for one in current.get("apiStages", [])]
    return [] if stage in present else [{"op": "add", "path": "/apiStages", "value": stage}]


def _limit_changes(current: Plan, limits: dict[str, Any]) -> list[dict[str, str]]:
    changes = []
    for member in ("throttle", "quota"):
        present, wanted = current.get(member), limits.get(member)
        if wanted is None and present is not None:
            changes.append({"op": "remove", "path": f"/{member}"})
        elif wanted is not None:
            changes += [
                {"op": "replace", "path": f"/{member}/{name}", "value": str(value)}
                for name, value in wanted.items()
                if (present or {}).get(name, 0) != value
            ]
    return changes


def _put_keys(node: Node, api: str, plan: str, wanted: Keys) -> None:
    """The project's keys in a plan, by name: one whose value changed is made anew, one not listed deleted."""
    client = node.client("apigateway")
    members = _keys_of(node, api, plan)
    for name, key in members.items():
        if wanted.get(name) != key["value"]:
            client.delete_api_key(apiKey=key["id"])
    for name, value in wanted.items():
        if name not in members or members[name]["value"] != value:
            key = client.create_api_key(name=name, value=value, enabled=True, tags={TAG: api})
            client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")


def _keys_of(node: Node, api: str, plan: str) -> Keys:
    pages = node.client("apigateway").get_paginator("get_usage_plan_keys").paginate(usagePlanId=plan)
    members = {member["id"] for page in pages for member in page["items"]}
    owned = _owned(node, "get_api_keys", api, includeValues=True)
    return {key["name"]: key for key in owned if key["id"] in members}


def _delete(node: Node, api: str, plan: Plan) -> None:
    client = node.client("apigateway")
    removed = [
        {"op": "remove", "path": "/apiStages", "value": f"{one['apiId']}:{one['stage']}"}
        for one in plan["apiStages"]
    ]
    if removed:
        client.update_usage_plan(usagePlanId=plan["id"], patchOperations=removed)
    for key in _keys_of(node, api, plan["id"]).values():
        client.delete_api_key(apiKey=key["id"])
    client.delete_usage_plan(usagePlanId=plan["id"])
