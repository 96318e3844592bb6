"""Methods that ask for an API key, and the plans that let keys in, made through boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.apis import MOCK_TEMPLATE, Api

KEYED = {"authorizationType": "NONE", "apiKeyRequired": True}


def keyed_api(node: Any, *paths: str, stage: str = "prod") -> Api:
    """An API of MOCK GET methods that ask for a key, deployed."""
    api = Api(node)
    for path in paths:
        where = api.method(path, "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, KEYED)
        api.gateway.put_method_response(**where, statusCode="200")
        api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy(stage)
    return api


def make_key(gateway: Any, value: str, *, enabled: bool = True) -> str:
    """The new key's id."""
    return str(gateway.create_api_key(name="test", value=value, enabled=enabled)["id"])


def make_plan(gateway: Any, stages: list[Api], keys: list[str], **settings: Any) -> str:
    """A plan of the stages `prod` of these APIs with these keys in it; its id."""
    where = [{"apiId": api.id, "stage": "prod"} for api in stages]
    plan = gateway.create_usage_plan(**{"name": "test", "apiStages": where, **settings})["id"]
    for key in keys:
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return str(plan)


def used(gateway: Any, plan: str, key: str) -> tuple[int, int]:
    """(used, remaining) of a key; over two days, for a run around midnight."""
    today = datetime.now(UTC).date()
    start = today - timedelta(days=1)
    usage = gateway.get_usage(usagePlanId=plan, startDate=str(start), endDate=str(today), keyId=key)
    days = usage["items"][key]
    return sum(day[0] for day in days), days[-1][1]
