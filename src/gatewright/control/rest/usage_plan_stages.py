"""The stages a usage plan is attached to, and what each of them must know of it."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.aws.errors import Conflict, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call


def save_plan(call: Call, plan: Document) -> None:
    """Keep a plan, and rewrite what stages know of it where that changed."""
    before = call.tx.get(keys.usage_plan(plan["id"])) or {"apiStages": []}
    wanted = {_where(plan, stage): _in_force(plan, stage) for stage in plan["apiStages"]}
    for stage in before["apiStages"]:
        if _where(plan, stage) not in wanted:
            call.tx.delete(_where(plan, stage))
    for key, document in wanted.items():
        if call.tx.get(key) != document:
            call.tx.put(key, document)
    call.tx.put(keys.usage_plan(plan["id"]), plan)


def detach_stage(call: Call, api: str, name: str) -> None:
    """A stage that is deleted leaves its plans."""
    for _, attached in list(call.tx.list(keys.below("usageplanstage", api, name))):
        plan = call.tx.get(keys.usage_plan(attached["usagePlanId"]))
        assert plan is not None  # written and deleted together with what its stages know
        plan["apiStages"] = [stage for stage in plan["apiStages"] if not is_stage(stage, api, name)]
        save_plan(call, plan)


def attach(call: Call, plan: Document, stage: Document) -> None:
    """Add a stage to the plan, which is not saved yet. Raises NotFound, Conflict."""
    api, name = stage["apiId"], stage["stage"]
    if call.tx.get(keys.stage(api, name)) is None:
        raise NotFound(f"API Stage not found: {api}:{name}")
    if any(is_stage(other, api, name) for other in plan["apiStages"]):
        raise Conflict(f"API Stage {api}:{name} is in usage plan {plan['id']} already")
    members = {member["id"] for _, member in call.tx.list(keys.below("usageplankey", plan["id"]))}
    refuse_second_plan(call, members, plan["id"], [stage])
    plan["apiStages"].append(stage)


def refuse_second_plan(call: Call, members: Iterable[str], plan: str, stages: Iterable[Document]) -> None:
    """No key may be in two plans of one stage: a request would have two limits."""
    for stage in stages:
        api, name = stage["apiId"], stage["stage"]
        for _, attached in call.tx.list(keys.below("usageplanstage", api, name)):
            other = attached["usagePlanId"]
            if other == plan:
                continue
            for key_id in members:
                if call.tx.get(keys.usage_plan_key(other, key_id)) is not None:
                    raise Conflict(
                        f"API Key {key_id} is in usage plan {other} already, which has the API Stage "
                        f"{api}:{name} too: a key can be in one usage plan of a stage"
                    )


def is_stage(stage: Document, api: str, name: str) -> bool:
    return bool(stage["apiId"] == api and stage["stage"] == name)


def _where(plan: Document, stage: Document) -> str:
    return keys.usage_plan_stage(stage["apiId"], stage["stage"], plan["id"])


def _in_force(plan: Document, stage: Document) -> Document:
    document: Document = {"usagePlanId": plan["id"]}
    document.update({member: plan[member] for member in ("throttle", "quota") if member in plan})
    if "throttle" in stage:
        document["methodThrottle"] = stage["throttle"]
    return document
