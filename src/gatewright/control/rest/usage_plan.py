"""UsagePlan: how much the clients of some stages may ask for, each by its API key."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest import usage_plan_patch
from gatewright.control.rest.api_key_store import plans_of, take_out_of_plan
from gatewright.control.rest.common import check_tags, page, require_api_key, require_usage_plan
from gatewright.control.rest.usage_plan_rules import check_plan, new_quota, new_throttle
from gatewright.control.rest.usage_plan_stages import attach, save_plan


def create_usage_plan(call: Call, params: Params) -> Document:
    plan: Document = {"id": call.services.new_id(6), "name": params["name"], "apiStages": []}
    for member in ("description", "tags"):
        if params.get(member):
            plan[member] = params[member]
    check_tags(plan.get("tags", {}))
    if params.get("throttle") is not None:
        plan["throttle"] = new_throttle(params["throttle"])
    if params.get("quota") is not None:
        plan["quota"] = new_quota(params["quota"])
    for given in params.get("apiStages") or []:
        attach(call, plan, _stage(given))
    check_plan(plan)
    save_plan(call, plan)
    return plan


def get_usage_plan(call: Call, params: Params) -> Document:
    return _shown(require_usage_plan(call, params["usagePlanId"]))


def get_usage_plans(call: Call, params: Params) -> Document:
    """All plans; `keyId` keeps those that the API key is in."""
    plans = call.tx.list(keys.USAGE_PLANS)
    if not params.get("keyId"):
        return page(plans, params)
    key = call.tx.get(keys.api_key(params["keyId"]))
    wanted = [] if key is None else plans_of(call, key)
    return page([(where, plan) for where, plan in plans if plan["id"] in wanted], params)


def update_usage_plan(call: Call, params: Params) -> Document:
    plan = require_usage_plan(call, params["usagePlanId"])
    usage_plan_patch.apply(call, plan, params)
    check_plan(plan)
    save_plan(call, plan)
    return _shown(plan)


def delete_usage_plan(call: Call, params: Params) -> None:
    plan = require_usage_plan(call, params["usagePlanId"])
    if plan["apiStages"]:
        first = plan["apiStages"][0]
        raise BadRequest(
            f"Cannot delete Usage Plan {plan['id']} because there are API Stages associated with it, "
            f"including {first['apiId']}:{first['stage']}"
        )
    for _, member in list(call.tx.list(keys.below("usageplankey", plan["id"]))):
        take_out_of_plan(call, require_api_key(call, member["id"]), plan["id"])
    call.tx.delete(keys.usage_plan(plan["id"]))


def _stage(given: Document) -> Document:
    if not given.get("apiId") or not given.get("stage"):
        raise BadRequest("Invalid API Stage specified")
    stage: Document = {"apiId": given["apiId"], "stage": given["stage"]}
    if given.get("throttle"):
        stage["throttle"] = {key: new_throttle(throttle) for key, throttle in given["throttle"].items()}
    return stage


def _shown(plan: Document) -> Document:
    """As Get and Update answer: tags are always there."""
    return {"tags": {}, **plan}
