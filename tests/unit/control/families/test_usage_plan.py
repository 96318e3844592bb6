"""UsagePlan: creation, patches, deletion, and what stages know of their plans."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

MISSING = ("NotFoundException", "Invalid Usage Plan ID specified")
PERIOD = "Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]"
LIMIT = "Usage Plan quota limit must be a non-negative numeric"
BURST = "Usage Plan throttle burst limit must be a non-negative numeric"
RATE = "Usage Plan throttle rate limit must be a non-negative numeric"
NO_STAGE = "Invalid API Stage specified"
NO_PLAN_THROTTLE = "Usage Plan throttle settings are required for method throttles"
METHOD_PATHS = "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>"
LIMIT_PATHS = (
    "/quota/limit, /quota/offset, /quota/period, /throttle/burstLimit, /throttle/rateLimit, "
    f"{METHOD_PATHS}/rateLimit, {METHOD_PATHS}/burstLimit, /apiStages/<apidId:stageName>/throttle"
)
LISTS = {
    "add": f"/apiStages, /productCode, {LIMIT_PATHS}",
    "replace": f"/name, /description, /productCode, {LIMIT_PATHS}",
    "remove": f"/apiStages, /quota, /throttle, /productCode, {METHOD_PATHS}, "
    "/apiStages/<apidId:stageName>/throttle",
}
THROTTLE = {"burstLimit": 10, "rateLimit": 2.5}
QUOTA = {"limit": 100, "offset": 3, "period": "WEEK"}


def bad_path(op: str, path: str) -> str:
    return f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{LISTS[op]}]"


def quota(**changes: Any) -> dict[str, Any]:
    return {"quota": {name: value for name, value in {**QUOTA, **changes}.items() if value is not None}}


def stage_key(stage: str, plan: str) -> str:
    api, name = stage.split(":")
    return keys.usage_plan_stage(api, name, plan)


@pytest.fixture
def stages(stage: str) -> list[dict[str, Any]]:
    api, name = stage.split(":")
    return [{"apiId": api, "stage": name}]


@pytest.fixture
def plan(client: Any) -> dict[str, Any]:
    return shown(client.create_usage_plan(name="gold"))


@pytest.fixture
def attached(client: Any, stages: list[dict[str, Any]]) -> dict[str, Any]:
    """A plan of one stage with a throttle."""
    return shown(client.create_usage_plan(name="gold", apiStages=stages, throttle=THROTTLE))


def test_a_minimal_plan(client: Any) -> None:
    answer = client.create_usage_plan(name="gold")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    made = shown(answer)
    assert len(made["id"]) == 6
    assert made == {"id": made["id"], "name": "gold", "apiStages": []}
    assert shown(client.get_usage_plan(usagePlanId=made["id"])) == {**made, "tags": {}}
    listed = client.get_usage_plans(limit=500)["items"]
    assert made in listed


def test_a_full_plan(client: Any, stages: list[dict[str, Any]]) -> None:
    stages[0]["throttle"] = {"/pets/GET": THROTTLE, "//ANY": {"burstLimit": 0, "rateLimit": 0.0}}
    given = {
        "name": "gold",
        "description": "for the best",
        "apiStages": stages,
        "throttle": {"burstLimit": 20, "rateLimit": 0.5},
        "quota": QUOTA,
        "tags": {"team": "zoo"},
    }
    made = shown(client.create_usage_plan(**given))
    assert made == {"id": made["id"], **given}
    assert shown(client.get_usage_plan(usagePlanId=made["id"])) == made


@pytest.mark.parametrize(
    ("given", "member", "stored"),
    [
        ({"throttle": {"rateLimit": 5}}, "throttle", {"burstLimit": 0, "rateLimit": 5.0}),
        ({"throttle": {}}, "throttle", {"burstLimit": 0, "rateLimit": 0.0}),
        ({"quota": {"limit": 1, "period": "DAY"}}, "quota", {"limit": 1, "offset": 0, "period": "DAY"}),
        (quota(offset=6), "quota", {**QUOTA, "offset": 6}),
        (quota(period="MONTH", offset=27), "quota", {**QUOTA, "period": "MONTH", "offset": 27}),
    ],
)
def test_defaults(client: Any, given: dict[str, Any], member: str, stored: dict[str, Any]) -> None:
    assert client.create_usage_plan(name="gold", **given)[member] == stored


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "Usage Plan name cannot be empty"),
        (quota(period=None), PERIOD),
        (quota(limit=None), LIMIT),
        (quota(limit=0), LIMIT),
        (quota(limit=-1), LIMIT),
        (quota(limit=2**31), LIMIT),
        (quota(period="DAY", offset=1), "Usage Plan quota offset must be zero in the DAY period"),
        (quota(offset=7), "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
        (quota(offset=-1), "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
        (
            quota(period="MONTH", offset=28),
            "Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period",
        ),
        ({"throttle": {"burstLimit": -1, "rateLimit": 1}}, BURST),
        ({"throttle": {"burstLimit": 1, "rateLimit": -0.5}}, RATE),
        ({"apiStages": [{}]}, NO_STAGE),
        ({"apiStages": [{"apiId": "a"}]}, NO_STAGE),
        (
            {"tags": {"aws:x": "y"}},
            "Invalid tag key specified: 'aws:x' must have 1 to 128 characters and must not start with 'aws:'",
        ),
    ],
)
def test_bad_plans_are_refused(client: Any, refused: Refused, given: dict[str, Any], message: str) -> None:
    answer = refused(client.create_usage_plan, **{"name": "gold", **given})
    assert answer == ("BadRequestException", message)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"pets/GET": THROTTLE}, "Invalid method {resourcePath: pets,method: GET} specified"),
        ({"/pets/get": THROTTLE}, "Invalid method {resourcePath: /pets,method: get} specified"),
        ({"/GET": THROTTLE}, "Invalid method {resourcePath: ,method: GET} specified"),
        ({"": THROTTLE}, "Invalid method {resourcePath: ,method: } specified"),
        ({"/pets/GET": {**THROTTLE, "rateLimit": -1}}, RATE),
    ],
)
def test_bad_method_throttles_are_refused(
    client: Any, refused: Refused, stages: list[dict[str, Any]], methods: dict[str, Any], message: str
) -> None:
    stages[0]["throttle"] = methods
    answer = refused(client.create_usage_plan, name="gold", apiStages=stages, throttle=THROTTLE)
    assert answer == ("BadRequestException", message)


def test_method_throttles_need_the_plans(client: Any, refused: Refused, stages: list[dict[str, Any]]) -> None:
    stages[0]["throttle"] = {"/pets/GET": THROTTLE}
    answer = refused(client.create_usage_plan, name="gold", apiStages=stages)
    assert answer == ("BadRequestException", NO_PLAN_THROTTLE)


def test_stages_must_be_there_and_once(client: Any, refused: Refused, stage: str, stages: Any) -> None:
    unknown = [{**stages[0], "stage": "unknown"}]
    answer = refused(client.create_usage_plan, name="gold", apiStages=unknown)
    assert answer == ("NotFoundException", f"API Stage not found: {stages[0]['apiId']}:unknown")
    code, message = refused(client.create_usage_plan, name="gold", apiStages=stages * 2)
    assert code == "ConflictException"
    assert message.startswith(f"API Stage {stage} is in usage plan ")


@pytest.mark.parametrize(
    ("operations", "changes"),
    [
        ([], {}),
        (replace("/name", "silver"), {"name": "silver"}),
        (replace("/description", "new"), {"description": "new"}),
        ([patch("add", "/productCode", "p1")], {"productCode": "p1"}),
        (replace("/productCode", "p1"), {"productCode": "p1"}),
        ([patch("add", "/productCode", "p1"), patch("remove", "/productCode")], {}),
        (
            [*replace("/throttle/burstLimit", "100"), *replace("/throttle/rateLimit", "200")],
            {"throttle": {"burstLimit": 100, "rateLimit": 200.0}},
        ),
        ([patch("add", "/throttle/rateLimit", "0.25")], {"throttle": {"burstLimit": 0, "rateLimit": 0.25}}),
        (
            [*replace("/quota/limit", "7"), *replace("/quota/period", "DAY")],
            {"quota": {"limit": 7, "offset": 0, "period": "DAY"}},
        ),
        (
            [
                patch("add", "/quota/period", "MONTH"),
                patch("add", "/quota/offset", "27"),
                patch("add", "/quota/limit", "7"),
            ],
            {"quota": {"limit": 7, "offset": 27, "period": "MONTH"}},
        ),
        (
            [*replace("/throttle/rateLimit", "1"), patch("remove", "/throttle"), patch("remove", "/quota")],
            {},
        ),
    ],
)
def test_updates(client: Any, plan: dict[str, Any], operations: Any, changes: dict[str, Any]) -> None:
    updated = shown(client.update_usage_plan(usagePlanId=plan["id"], patchOperations=operations))
    assert updated == {**plan, "tags": {}, **changes}
    assert shown(client.get_usage_plan(usagePlanId=plan["id"])) == updated


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/name", ""), "Usage Plan name cannot be empty"),
        (replace("/quota/limit", "many"), LIMIT),
        (replace("/quota/limit", "-1"), LIMIT),
        (replace("/quota/limit"), LIMIT),
        (replace("/quota/limit", "5"), PERIOD),
        (replace("/quota/period", "YEAR"), PERIOD),
        (replace("/quota/period"), PERIOD),
        (replace("/quota/period", "DAY"), LIMIT),
        (
            [
                *replace("/quota/limit", "1"),
                *replace("/quota/period", "WEEK"),
                *replace("/quota/offset", "x"),
            ],
            "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period",
        ),
        (replace("/throttle/burstLimit", "1.5"), BURST),
        (replace("/throttle/burstLimit", "2147483648"), BURST),
        (replace("/throttle/rateLimit", "-1"), RATE),
        (replace("/throttle/rateLimit", "1e3"), RATE),
        (replace("/throttle/rateLimit", "nan"), RATE),
        ([patch("add", "/apiStages")], NO_STAGE),
        ([patch("remove", "/apiStages")], NO_STAGE),
        ([patch("add", "/apiStages", "prod")], NO_STAGE),
        ([patch("add", "/apiStages", "a:")], NO_STAGE),
        ([patch("add", "/apiStages", "a:b:c")], NO_STAGE),
        ([patch("add", "/name", "x")], bad_path("add", "/name")),
        (replace("/apiStages", "a:b"), bad_path("replace", "/apiStages")),
        (replace("/id", "x"), bad_path("replace", "/id")),
        ([patch("remove", "/apiStages/a:b")], bad_path("remove", "/apiStages/a:b")),
        (
            replace("/apiStages/a:b/throttle/~1pets/GET", "1"),
            bad_path("replace", "/apiStages/a:b/throttle/~1pets/GET"),
        ),
        (
            [patch("remove", "/apiStages/a:b/throttle/~1pets/GET/rateLimit")],
            bad_path("remove", "/apiStages/a:b/throttle/~1pets/GET/rateLimit"),
        ),
        (
            [patch("copy", "/name")],
            "Invalid patch path  '/name' specified for op 'copy'. Please choose supported operations",
        ),
        ([patch("remove")], bad_path("remove", "null")),
    ],
)
def test_bad_updates(
    client: Any, plan: dict[str, Any], refused: Refused, operations: Any, message: str
) -> None:
    answer = refused(client.update_usage_plan, usagePlanId=plan["id"], patchOperations=operations)
    assert answer == ("BadRequestException", message)
    assert shown(client.get_usage_plan(usagePlanId=plan["id"])) == {**plan, "tags": {}}


def test_stages_come_and_go(
    client: Any, plan: dict[str, Any], stage: str, stages: list[dict[str, Any]], refused: Refused
) -> None:
    def update(op: str, value: str) -> dict[str, Any]:
        return {"usagePlanId": plan["id"], "patchOperations": [patch(op, "/apiStages", value)]}

    api = stages[0]["apiId"]
    not_there = (
        "NotFoundException",
        f"Invalid API Stage {{api: {api}, stage: prod}} specified for usageplan {plan['id']}",
    )
    assert refused(client.update_usage_plan, **update("remove", stage)) == not_there
    assert client.update_usage_plan(**update("add", stage))["apiStages"] == stages
    code, message = refused(client.update_usage_plan, **update("add", stage))
    assert (code, message) == (
        "ConflictException",
        f"API Stage {stage} is in usage plan {plan['id']} already",
    )
    answer = refused(client.update_usage_plan, **update("add", f"{api}:unknown"))
    assert answer == ("NotFoundException", f"API Stage not found: {api}:unknown")
    assert client.update_usage_plan(**update("remove", stage))["apiStages"] == []
    assert refused(client.update_usage_plan, **update("remove", stage)) == not_there


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("~1pets/GET", "/pets/GET"),
        ("/pets/GET", "/pets/GET"),
        ("pets/GET", "/pets/GET"),
        ("~1pets~1{id}/ANY", "/pets/{id}/ANY"),
        ("/pets/{id}/ANY", "/pets/{id}/ANY"),
        ("~1/GET", "//GET"),
        ("//GET", "//GET"),
    ],
)
def test_a_methods_throttle_by_its_path(
    client: Any, attached: dict[str, Any], stage: str, path: str, key: str
) -> None:
    def update(*operations: dict[str, str]) -> dict[str, Any]:
        answer = client.update_usage_plan(usagePlanId=attached["id"], patchOperations=operations)
        (found,) = answer["apiStages"]
        throttle: dict[str, Any] = found.get("throttle", {})
        return throttle

    below = f"/apiStages/{stage}/throttle/{path}"
    assert update(patch("add", f"{below}/burstLimit", "4")) == {key: {"burstLimit": 4, "rateLimit": 0.0}}
    assert update(*replace(f"{below}/rateLimit", "1.5")) == {key: {"burstLimit": 4, "rateLimit": 1.5}}
    assert update(patch("remove", below)) == {}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~1pets/get/rateLimit", "Invalid method {resourcePath: /pets,method: get} specified"),
        ("~1pets/*/rateLimit", "Invalid method {resourcePath: /pets,method: *} specified"),
    ],
)
def test_bad_methods(
    client: Any, attached: dict[str, Any], refused: Refused, stage: str, path: str, message: str
) -> None:
    operations = replace(f"/apiStages/{stage}/throttle/{path}", "1")
    answer = refused(client.update_usage_plan, usagePlanId=attached["id"], patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_a_method_throttle_that_is_not_there(
    client: Any, attached: dict[str, Any], refused: Refused, stage: str
) -> None:
    def removing(path: str) -> tuple[str, str]:
        operations = [patch("remove", path)]
        return refused(client.update_usage_plan, usagePlanId=attached["id"], patchOperations=operations)

    assert removing(f"/apiStages/{stage}/throttle/~1pets/GET") == (
        "BadRequestException",
        "Invalid method {resourcePath: /pets,method: GET} specified",
    )
    assert removing("/apiStages/a:b/throttle/~1pets/GET") == (
        "NotFoundException",
        f"Invalid API Stage {{api: a, stage: b}} specified for usageplan {attached['id']}",
    )


def test_all_throttles_of_a_stage_at_once(
    client: Any, attached: dict[str, Any], stage: str, refused: Refused
) -> None:
    path = f"/apiStages/{stage}/throttle"

    def update(operation: dict[str, str]) -> Any:
        answer = client.update_usage_plan(usagePlanId=attached["id"], patchOperations=[operation])
        return answer["apiStages"][0].get("throttle")

    methods = {"/pets/GET": THROTTLE, "//POST": {"burstLimit": 1, "rateLimit": 1.0}}
    assert update(patch("add", path, json.dumps(methods))) == methods
    assert update(patch("replace", path, json.dumps({"/a/GET": THROTTLE}))) == {"/a/GET": THROTTLE}
    for bad in (
        "",
        "[]",
        "1",
        '{"/a/GET": 1}',
        '{"/a/GET": {"burstLimit": 1.5, "rateLimit": 1}}',
        '{"/a/GET": {"burstLimit": 1, "rateLimit": "1"}}',
        '{"/a/GET": {"burstLimit": 1, "rateLimit": NaN}}',
    ):
        operations = replace(path, bad)
        code, message = refused(
            client.update_usage_plan, usagePlanId=attached["id"], patchOperations=operations
        )
        assert code == "BadRequestException"
        assert message.startswith("Invalid method throttles specified: they must be JSON such as")
    assert update(patch("remove", path)) is None


def test_a_plans_throttle_stays_while_methods_have_theirs(
    client: Any, attached: dict[str, Any], stage: str, refused: Refused
) -> None:
    operations = replace(f"/apiStages/{stage}/throttle/~1pets/GET/rateLimit", "1")
    client.update_usage_plan(usagePlanId=attached["id"], patchOperations=operations)
    removing = {"usagePlanId": attached["id"], "patchOperations": [patch("remove", "/throttle")]}
    assert refused(client.update_usage_plan, **removing) == ("BadRequestException", NO_PLAN_THROTTLE)


def test_a_plan_with_stages_stays(
    client: Any, attached: dict[str, Any], stage: str, refused: Refused, document: Documents
) -> None:
    plan, key = attached["id"], client.create_api_key()
    client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    assert refused(client.delete_usage_plan, usagePlanId=plan) == (
        "BadRequestException",
        f"Cannot delete Usage Plan {plan} because there are API Stages associated with it, including {stage}",
    )
    client.update_usage_plan(usagePlanId=plan, patchOperations=[patch("remove", "/apiStages", stage)])
    assert client.delete_usage_plan(usagePlanId=plan)["ResponseMetadata"]["HTTPStatusCode"] == 202
    for operation in (client.get_usage_plan, client.update_usage_plan, client.delete_usage_plan):
        assert refused(operation, usagePlanId=plan) == MISSING
    assert document(keys.usage_plan_key(plan, key["id"])) is None
    lookup = document(keys.api_key_lookup(key["value"]))
    assert lookup is not None
    assert lookup["usagePlanIds"] == []


@pytest.mark.parametrize("whole", [False, True], ids=["the stage", "its API"])
def test_a_deleted_stage_leaves_its_plans(
    client: Any, attached: dict[str, Any], stage: str, document: Documents, whole: bool
) -> None:
    api, name = stage.split(":")
    if whole:
        client.delete_rest_api(restApiId=api)
    else:
        client.delete_stage(restApiId=api, stageName=name)
    assert client.get_usage_plan(usagePlanId=attached["id"])["apiStages"] == []
    assert document(stage_key(stage, attached["id"])) is None
    client.delete_usage_plan(usagePlanId=attached["id"])


def test_a_stage_knows_what_its_plans_enforce(
    client: Any, attached: dict[str, Any], stage: str, document: Documents
) -> None:
    where = stage_key(stage, attached["id"])
    known = {"usagePlanId": attached["id"], "throttle": THROTTLE}
    assert document(where) == known
    operations = [
        *replace("/quota/limit", "5"),
        *replace("/quota/period", "DAY"),
        *replace(f"/apiStages/{stage}/throttle/~1pets/GET/rateLimit", "1"),
    ]
    client.update_usage_plan(usagePlanId=attached["id"], patchOperations=operations)
    assert document(where) == {
        **known,
        "quota": {"limit": 5, "offset": 0, "period": "DAY"},
        "methodThrottle": {"/pets/GET": {"burstLimit": 0, "rateLimit": 1.0}},
    }
    operations = [patch("remove", "/apiStages", stage)]
    client.update_usage_plan(usagePlanId=attached["id"], patchOperations=operations)
    assert document(where) is None


def test_the_feed_names_a_stage_only_when_its_limits_change(
    client: Any, attached: dict[str, Any], stage: str, catalog: Any
) -> None:
    def changed_by(operations: list[dict[str, str]]) -> list[str]:
        before = catalog.revision()
        client.update_usage_plan(usagePlanId=attached["id"], patchOperations=operations)
        return sorted(change.key for change in catalog.changes(before))

    own = keys.usage_plan(attached["id"])
    assert changed_by(replace("/description", "new")) == [own]
    assert changed_by(replace("/throttle/rateLimit", "9")) == [own, stage_key(stage, attached["id"])]


def test_plans_are_paged_and_filtered_by_key(client: Any) -> None:
    plans = sorted(client.create_usage_plan(name=str(number))["id"] for number in range(3))
    key = client.create_api_key()["id"]
    for plan in plans:
        client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    first = client.get_usage_plans(keyId=key, limit=2)
    second = client.get_usage_plans(keyId=key, limit=2, position=first["position"])
    assert [item["id"] for page in (first, second) for item in page["items"]] == plans
    assert "position" not in second
    assert client.get_usage_plans(keyId="unknown")["items"] == []


def test_a_terraform_life(client: Any, stage: str, stages: list[dict[str, Any]], refused: Refused) -> None:
    """Create, read back, change as Terraform does, read back: nothing differs from what was asked for."""
    given = {
        "name": "tf",
        "description": "d",
        "apiStages": stages,
        "throttle": {"burstLimit": 5, "rateLimit": 10.0},
        "quota": {"limit": 100, "offset": 2, "period": "WEEK"},
    }
    made = client.create_usage_plan(**given)["id"]
    client.update_usage_plan(usagePlanId=made, patchOperations=[patch("add", "/productCode", "code")])
    read = {"id": made, **given, "productCode": "code", "tags": {}}
    assert shown(client.get_usage_plan(usagePlanId=made)) == read
    operations = [
        *replace("/name", "tf2"),
        patch("remove", "/productCode"),
        patch("remove", "/apiStages", stage),
        patch("add", "/apiStages", stage),
        *replace(f"/apiStages/{stage}/throttle//pets/GET/rateLimit", "3"),
        *replace(f"/apiStages/{stage}/throttle//pets/GET/burstLimit", "1"),
        patch("remove", "/quota"),
        *replace("/throttle/rateLimit", "20"),
        *replace("/throttle/burstLimit", "6"),
    ]
    client.update_usage_plan(usagePlanId=made, patchOperations=operations)
    assert shown(client.get_usage_plan(usagePlanId=made)) == {
        "id": made,
        "name": "tf2",
        "description": "d",
        "apiStages": [{**stages[0], "throttle": {"/pets/GET": {"burstLimit": 1, "rateLimit": 3.0}}}],
        "throttle": {"burstLimit": 6, "rateLimit": 20.0},
        "tags": {},
    }
    client.update_usage_plan(usagePlanId=made, patchOperations=[patch("remove", "/apiStages", stage)])
    client.delete_usage_plan(usagePlanId=made)
    assert refused(client.get_usage_plan, usagePlanId=made) == MISSING
