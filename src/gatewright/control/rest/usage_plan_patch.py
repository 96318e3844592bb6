"""UpdateUsagePlan's patch operations: which paths each takes, in the order in which refusals print them.

A method's throttle stands at `/apiStages/{api}:{stage}/throttle/{resource path}/{METHOD}/rateLimit`. The
resource path may be escaped (`~1pets`) or not (`/pets`), so such a path is read from both ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Change, Patch, decode, drop, patches, text
from gatewright.control.rest.usage_plan_rules import (
    LARGEST_INTEGER,
    check_method,
    check_period,
    new_quota,
    new_throttle,
    number,
    offset,
    stage_of,
    whole_number,
)
from gatewright.control.rest.usage_plan_stages import attach, is_stage

# As refusals print them, sic.
_OF_STAGE = "/apiStages/<apidId:stageName>/throttle"
_OF_METHOD = f"{_OF_STAGE}/<resourcePath>/<httpMethod>"
_RATE, _BURST = f"{_OF_METHOD}/rateLimit", f"{_OF_METHOD}/burstLimit"

_LIMIT_PATH = re.compile(
    r"/apiStages/(?P<stage>[^/]+)/throttle/(?P<path>.*)/(?P<verb>[^/]+)/(?P<limit>rateLimit|burstLimit)"
)
_METHOD_PATH = re.compile(r"/apiStages/(?P<stage>[^/]+)/throttle/(?P<path>.*)/(?P<verb>[^/]+)")
_STAGE_PATH = re.compile(r"/apiStages/(?P<stage>[^/]+)/throttle")


@dataclass(frozen=True, slots=True)
class _Target:
    """What a path below one stage names: the stage, perhaps one of its methods."""

    stage: str  # as the path has it, decoded
    method: str = ""  # its key in the stage's `throttle`


def apply(call: Call, plan: Document, params: Params) -> None:
    """Apply a patch list to the plan. Raises BadRequest, NotFound, Conflict."""
    for patch in patches(params):
        changes = _changes(call)[patch.op] if patch.op in ("add", "remove", "replace") else {}
        if not changes:
            raise BadRequest(
                f"Invalid patch path  '{patch.shown}' specified for op '{patch.op}'. "
                "Please choose supported operations"
            )
        change = changes.get(_printed_form(patch, changes))
        if change is None:
            raise BadRequest(
                f"Invalid patch path  '{patch.shown}' specified for op '{patch.op}'. "
                f"Must be one of: [{', '.join(changes)}]"
            )
        change(plan, patch)


def _printed_form(patch: Patch, changes: dict[str, Change]) -> str:
    """The path as refusals would print it."""
    if patch.shown in changes:
        return patch.shown
    if match := _LIMIT_PATH.fullmatch(patch.shown):
        return f"{_OF_METHOD}/{match['limit']}"
    if _METHOD_PATH.fullmatch(patch.shown):
        return _OF_METHOD
    return _OF_STAGE if _STAGE_PATH.fullmatch(patch.shown) else ""


def _changes(call: Call) -> dict[str, dict[str, Change]]:
    def add_stage(plan: Document, patch: Patch) -> None:
        api, stage = stage_of(patch.value)
        attach(call, plan, {"apiId": api, "stage": stage})

    limits: dict[str, Change] = {
        "/quota/limit": _member("quota", "limit", lambda value: whole_number("quota limit", value)),
        "/quota/offset": _member("quota", "offset", offset),
        "/quota/period": _change_period,
        "/throttle/burstLimit": _member("throttle", "burstLimit", _burst),
        "/throttle/rateLimit": _member("throttle", "rateLimit", _rate),
        _RATE: _method_limit("rateLimit", _rate),
        _BURST: _method_limit("burstLimit", _burst),
        _OF_STAGE: _change_methods,
    }
    return {
        "add": {"/apiStages": add_stage, "/productCode": text("productCode"), **limits},
        "remove": {
            "/apiStages": _remove_stage,
            "/quota": drop("quota"),
            "/throttle": drop("throttle"),
            "/productCode": drop("productCode"),
            _OF_METHOD: _remove_method,
            _OF_STAGE: _remove_methods,
        },
        "replace": {
            "/name": _change_name,
            "/description": text("description"),
            "/productCode": text("productCode"),
            **limits,
        },
    }


def _burst(value: str | None) -> int:
    return whole_number("throttle burst limit", value)


def _rate(value: str | None) -> float:
    return number("throttle rate limit", value)


def _change_name(plan: Document, patch: Patch) -> None:
    plan["name"] = patch.value or ""


def _change_period(plan: Document, patch: Patch) -> None:
    check_period(patch.value)
    plan.setdefault("quota", new_quota())["period"] = patch.value


def _member(block: str, member: str, read: Callable[[str | None], float]) -> Change:
    """A number of the plan's quota or throttle, which the first of them makes."""

    def change(plan: Document, patch: Patch) -> None:
        new = new_quota() if block == "quota" else new_throttle()
        plan.setdefault(block, new)[member] = read(patch.value)

    return change


def _method_limit(member: str, read: Callable[[str | None], float]) -> Change:
    def change(plan: Document, patch: Patch) -> None:
        target = _target(_LIMIT_PATH, patch)
        check_method(target.method)
        methods = _stage_of_plan(plan, target.stage).setdefault("throttle", {})
        methods.setdefault(target.method, new_throttle())[member] = read(patch.value)

    return change


def _change_methods(plan: Document, patch: Patch) -> None:
    """All of a stage's method throttles at once, as JSON."""
    stage = _stage_of_plan(plan, _target(_STAGE_PATH, patch).stage)
    stage.pop("throttle", None)
    if methods := _read_methods(patch.value):
        stage["throttle"] = methods


def _read_methods(value: str | None) -> Document:
    try:
        methods = orjson.loads(value or "")
        return {
            key: {
                "burstLimit": _whole(throttle["burstLimit"]),
                "rateLimit": _decimal(throttle["rateLimit"]),
            }
            for key, throttle in methods.items()
        }
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise BadRequest(
            'Invalid method throttles specified: they must be JSON such as {"/pets/GET": '
            '{"burstLimit": 2, "rateLimit": 1.0}}'
        ) from None


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INTEGER:
        raise ValueError(value)
    return value


def _decimal(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _remove_stage(plan: Document, patch: Patch) -> None:
    stage = _stage_of_plan(plan, patch.value)
    plan["apiStages"] = [kept for kept in plan["apiStages"] if kept is not stage]


def _remove_method(plan: Document, patch: Patch) -> None:
    target = _target(_METHOD_PATH, patch)
    stage = _stage_of_plan(plan, target.stage)
    if target.method not in stage.get("throttle", {}):
        path, _, verb = target.method.rpartition("/")
        raise BadRequest(f"Invalid method {{resourcePath: {path},method: {verb}}} specified")
    del stage["throttle"][target.method]
    if not stage["throttle"]:
        del stage["throttle"]


def _remove_methods(plan: Document, patch: Patch) -> None:
    _stage_of_plan(plan, _target(_STAGE_PATH, patch).stage).pop("throttle", None)


def _stage_of_plan(plan: Document, name: str | None) -> Document:
    api, stage = stage_of(name)
    for attached in plan["apiStages"]:
        if is_stage(attached, api, stage):
            found: Document = attached
            return found
    raise NotFound(f"Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {plan['id']}")


def _target(form: re.Pattern[str], patch: Patch) -> _Target:
    match = form.fullmatch(patch.shown)
    assert match is not None  # the change was found by this form
    parts = match.groupdict()
    if "verb" not in parts:
        return _Target(decode(parts["stage"]))
    path = decode(parts["path"])
    return _Target(decode(parts["stage"]), f"{path if path.startswith('/') else f'/{path}'}/{parts['verb']}")
