"""UsagePlanKey: an API key's place in a usage plan."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, Conflict, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.api_key_store import plans_of, put_into_plan, take_out_of_plan
from gatewright.control.rest.common import newest_first, page, require_api_key, require_usage_plan
from gatewright.control.rest.usage_plan_stages import refuse_second_plan

API_KEY = "API_KEY"  # the one type there is


def create_usage_plan_key(call: Call, params: Params) -> Document:
    plan = require_usage_plan(call, params["usagePlanId"])
    if params["keyType"] != API_KEY:
        raise BadRequest(f"Invalid Usage Plan Key type specified. Must be one of [{API_KEY}]")
    key = require_api_key(call, params["keyId"])
    add_key(call, plan, key)
    return _shown(key)


def get_usage_plan_key(call: Call, params: Params) -> Document:
    require_usage_plan(call, params["usagePlanId"])
    return _shown(require_member(call, params["usagePlanId"], params["keyId"]))


def get_usage_plan_keys(call: Call, params: Params) -> Document:
    """The one added last comes first. A plan that is not there has no keys."""
    members = call.tx.list(keys.below("usageplankey", params["usagePlanId"]))
    shown = ({**member, **_shown(require_api_key(call, member["id"]))} for _, member in members)
    wanted = params.get("nameQuery") or ""
    return page(newest_first(key for key in shown if key.get("name", "").startswith(wanted)), params)


def delete_usage_plan_key(call: Call, params: Params) -> None:
    require_usage_plan(call, params["usagePlanId"])
    key = require_member(call, params["usagePlanId"], params["keyId"])
    take_out_of_plan(call, key, params["usagePlanId"])


def add_key(call: Call, plan: Document, key: Document) -> None:
    """Put a key into a plan. Raises Conflict."""
    if plan["id"] in plans_of(call, key):
        raise Conflict(f"API Key {key['id']} is in usage plan {plan['id']} already")
    refuse_second_plan(call, [key["id"]], plan["id"], plan["apiStages"])
    put_into_plan(call, key, plan["id"])


def require_member(call: Call, plan: str, key_id: str) -> Document:
    """The API key, which must be in the plan."""
    key = require_api_key(call, key_id)
    if plan not in plans_of(call, key):
        raise NotFound("Invalid API Key identifier specified")
    return key


def _shown(key: Document) -> Document:
    return {"type": API_KEY, **{member: key[member] for member in ("id", "name", "value") if member in key}}
