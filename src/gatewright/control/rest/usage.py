"""Usage: how much of a plan's quota its API keys have used, day by day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from gatewright.aws.errors import BadRequest, ServiceUnavailable
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch
from gatewright.control.rest.common import page, require_usage_plan
from gatewright.control.rest.usage_plan_key import require_member
from gatewright.control.rest.usage_plan_rules import whole_number
from gatewright.control.usage import UsageCounters

LONGEST_WINDOW = 90  # days

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def get_usage(call: Call, params: Params) -> Document:
    """Every key of the plan, or the one that `keyId` names. Nothing is counted without a quota."""
    plan = require_usage_plan(call, params["usagePlanId"])
    start, end = _window(params)
    members = call.tx.list(keys.below("usageplankey", plan["id"])) if "quota" in plan else ()
    wanted = params.get("keyId")
    answer = page([entry for entry in members if not wanted or entry[1]["id"] == wanted], params)
    usage = {
        member["id"]: _counters(call).days(plan["id"], member["id"], plan["quota"], start, end)
        for member in answer["items"]
    }
    return answer | _usage(plan, start, end) | {"items": usage}


def update_usage(call: Call, params: Params) -> Document:
    """Leave a key that many requests until its period ends; the usage of that period so far."""
    plan = require_usage_plan(call, params["usagePlanId"])
    key = require_member(call, plan["id"], params["keyId"])
    if "quota" not in plan:
        raise BadRequest(f"Usage Plan {plan['id']} has no quota: there is nothing to extend")
    counters, quota = _counters(call), plan["quota"]
    changed: Document = {}
    patch.replace(changed, params, {"/remaining": _change_remaining})
    today = datetime.fromtimestamp(call.services.clock(), UTC).date()
    start = today
    if "remaining" in changed:
        start = counters.extend(plan["id"], key["id"], quota, changed["remaining"])
    days = counters.days(plan["id"], key["id"], quota, start, today)
    return _usage(plan, start, today) | {"items": {key["id"]: days}}


def _change_remaining(changed: Document, operation: Patch) -> None:
    changed["remaining"] = whole_number("remaining quota", operation.value)


def _usage(plan: Document, start: date, end: date) -> Document:
    return {"usagePlanId": plan["id"], "startDate": start.isoformat(), "endDate": end.isoformat()}


def _counters(call: Call) -> UsageCounters:
    if call.services.usage is None:
        raise ServiceUnavailable("Requests are not counted on this node: there is no usage to read or change")
    return call.services.usage


def _window(params: Params) -> tuple[date, date]:
    start, end = _date("start", params["startDate"]), _date("end", params["endDate"])
    if start > end:
        raise BadRequest(f"Invalid dates specified: the usage cannot end on {end} and start on {start}")
    if end - start >= timedelta(days=LONGEST_WINDOW):
        raise BadRequest(f"Invalid dates specified: usage can be read for at most {LONGEST_WINDOW} days")
    return start, end


def _date(which: str, text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest(f"Invalid {which} date specified: {text[:40]}. It must be a date such as 2016-01-31")
