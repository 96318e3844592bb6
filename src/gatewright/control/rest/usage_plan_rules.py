"""What a usage plan's throttles and quota may say."""

from __future__ import annotations

import math
import re
from typing import Any

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.rest.mapping_expressions import NULL
from gatewright.control.rest.method import VERBS

PERIODS = {"DAY": 0, "WEEK": 6, "MONTH": 27}  # a quota's periods, with the largest offset of each
LARGEST_INTEGER = 2**31 - 1

_WHOLE = re.compile(r"[0-9]{1,10}")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,20})?")


def new_throttle(given: Document | None = None) -> Document:
    """A throttle as it is stored; what was not given is 0, which lets nothing through."""
    given = given or {}
    return {"burstLimit": given.get("burstLimit") or 0, "rateLimit": float(given.get("rateLimit") or 0)}


def new_quota(given: Document | None = None) -> Document:
    return {"offset": 0, **{member: value for member, value in (given or {}).items() if value is not None}}


def check_plan(plan: Document) -> None:
    """Refuse a plan that could not be enforced, as it stands after a create or a whole patch list."""
    if not plan["name"]:
        raise BadRequest("Usage Plan name cannot be empty")
    if "quota" in plan:
        _check_quota(plan["quota"])
    throttles = [plan["throttle"]] if "throttle" in plan else []
    for stage in plan["apiStages"]:
        methods = stage.get("throttle", {})
        if methods and "throttle" not in plan:
            raise BadRequest("Usage Plan throttle settings are required for method throttles")
        for key in methods:
            check_method(key)
        throttles += methods.values()
    for throttle in throttles:
        _check_throttle(throttle)


def check_method(key: str) -> None:
    """A key of a stage's `throttle`: `/pets/GET`, for the root `//GET`."""
    path, _, verb = key.rpartition("/")
    if not path.startswith("/") or verb not in VERBS:
        raise BadRequest(f"Invalid method {{resourcePath: {path},method: {verb}}} specified")


def whole_number(what: str, value: str | None) -> int:
    if not _WHOLE.fullmatch(value or ""):
        raise _not_numeric(what)
    return int(value or "")


def number(what: str, value: str | None) -> float:
    if not _NUMBER.fullmatch(value or ""):
        raise _not_numeric(what)
    return float(value or "")


def offset(value: str | None) -> int:
    """A quota's offset; one that is no number is out of every range."""
    return int(value or "") if _WHOLE.fullmatch(value or "") else -1


def check_period(period: str | None) -> None:
    if period not in PERIODS:
        raise BadRequest(f"Invalid Usage Plan quota period specified. Must be one of [{', '.join(PERIODS)}]")


def _check_quota(quota: Document) -> None:
    check_period(quota.get("period"))
    if not 0 < quota.get("limit", 0) <= LARGEST_INTEGER:
        raise _not_numeric("quota limit")
    period, largest = quota["period"], PERIODS[quota["period"]]
    if not 0 <= quota["offset"] <= largest:
        allowed = f"between 0 and {largest} inclusive" if largest else "zero"
        raise BadRequest(f"Usage Plan quota offset must be {allowed} in the {period} period")


def _check_throttle(throttle: Any) -> None:
    if not 0 <= throttle["burstLimit"] <= LARGEST_INTEGER:
        raise _not_numeric("throttle burst limit")
    if not 0 <= throttle["rateLimit"] < math.inf:
        raise _not_numeric("throttle rate limit")


def _not_numeric(what: str) -> BadRequest:
    return BadRequest(f"Usage Plan {what} must be a non-negative numeric")


def stage_of(value: str | None) -> tuple[str, str]:
    """The API and the stage of a patch value `{api}:{stage}`."""
    api, colon, stage = (value or NULL).partition(":")
    if not (api and colon and stage) or ":" in stage:
        raise BadRequest("Invalid API Stage specified")
    return api, stage
