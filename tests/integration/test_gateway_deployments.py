"""What traffic sees of deployments: snapshots, rollback, stage variables, refusals."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError
from tests.support.apis import Api
from tests.support.processes import Gatewright

SERVED_SECONDS = 5.0  # the promise is 200 ms; a loaded machine gets more before the test gives up


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(url: str, expected: tuple[int, str]) -> None:
    """Ask until the expected answer comes: a change is served a moment after it is acknowledged."""
    deadline = time.monotonic() + SERVED_SECONDS
    while (found := fetch(url)) != expected:
        assert time.monotonic() < deadline, f"{url} still answers {found}"


def test_drafts_never_reach_traffic_until_deployed(dev: Gatewright) -> None:
    api = Api(dev)
    resource = api.mock("/pets", '"one"')
    api.deploy("dev")
    url = dev.stage_url(api.id, "dev", "/pets")
    until(url, (200, '"one"'))
    api.change_mock(resource, '"two"')
    api.mock("/more", '"more"')
    assert fetch(url) == (200, '"one"')
    assert fetch(dev.stage_url(api.id, "dev", "/more"))[0] == 403
    api.deploy("dev")
    until(url, (200, '"two"'))
    until(dev.stage_url(api.id, "dev", "/more"), (200, '"more"'))


def test_a_stage_rolls_back_and_forward(dev: Gatewright) -> None:
    api = Api(dev)
    resource = api.mock("/", '"first"')
    first = api.deploy("dev")
    api.change_mock(resource, '"second"')
    second = api.deploy("dev")
    url = dev.stage_url(api.id, "dev")
    until(url, (200, '"second"'))
    for deployment, body in ((first, '"first"'), (second, '"second"')):
        api.gateway.update_stage(
            restApiId=api.id,
            stageName="dev",
            patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
        )
        until(url, (200, body))


def test_stages_of_one_api_serve_their_own_deployments_and_variables(dev: Gatewright) -> None:
    api = Api(dev)
    resource = api.mock("/", '"old"', headers={"X-Env": "stageVariables.env"})
    api.deploy("one", env="first")
    api.change_mock(resource, '"new"')
    api.deploy("two", env="second")
    until(dev.stage_url(api.id, "one"), (200, '"old"'))
    until(dev.stage_url(api.id, "two"), (200, '"new"'))
    for stage, env in (("one", "first"), ("two", "second")):
        with urllib.request.urlopen(dev.stage_url(api.id, stage)) as answer:
            assert answer.headers["X-Env"] == env


def test_a_stage_variable_takes_effect_without_a_deployment(dev: Gatewright) -> None:
    api = Api(dev)
    api.mock("/", '"x"', headers={"X-Env": "stageVariables.env"})
    api.deploy("dev", env="before")
    url = dev.stage_url(api.id, "dev")
    until(url, (200, '"x"'))
    api.gateway.update_stage(
        restApiId=api.id,
        stageName="dev",
        patchOperations=[{"op": "replace", "path": "/variables/env", "value": "after"}],
    )
    deadline = time.monotonic() + SERVED_SECONDS
    while True:
        with urllib.request.urlopen(url) as answer:
            if answer.headers["X-Env"] == "after":
                return
        assert time.monotonic() < deadline


def test_a_deleted_stage_and_a_deleted_api_answer_forbidden(dev: Gatewright) -> None:
    api = Api(dev)
    api.mock("/", '"x"')
    api.deploy("dev")
    api.deploy("other")
    until(dev.stage_url(api.id, "dev"), (200, '"x"'))
    api.gateway.delete_stage(restApiId=api.id, stageName="dev")
    until(dev.stage_url(api.id, "dev"), (403, '{"message":"Forbidden"}'))
    until(dev.stage_url(api.id, "other"), (200, '"x"'))
    api.gateway.delete_rest_api(restApiId=api.id)
    until(dev.stage_url(api.id, "other"), (403, '{"message":"Forbidden"}'))


def test_an_api_that_was_asked_for_too_early_is_served_once_it_exists(dev: Gatewright) -> None:
    assert fetch(dev.stage_url("earlybird1", "dev")) == (403, '{"message":"Forbidden"}')
    api = Api(dev, tags={"_custom_id_": "earlybird1"})
    api.mock("/", '"here"')
    api.deploy("dev")
    assert api.id == "earlybird1"
    until(dev.stage_url("earlybird1", "dev"), (200, '"here"'))


def test_the_host_names_the_api_on_the_same_port(dev: Gatewright) -> None:
    api = Api(dev)
    api.mock("/hi", '"hi"')
    api.deploy("dev")
    until(dev.stage_url(api.id, "dev", "/hi"), (200, '"hi"'))
    request = urllib.request.Request(f"{dev.url}/dev/hi", headers={"Host": f"{api.id}.execute-api.localhost"})
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b'"hi"'


def test_a_disabled_execute_api_endpoint_answers_forbidden_once_any_stage_changes(dev: Gatewright) -> None:
    api = Api(dev)
    api.mock("/", '"x"')
    for stage in ("dev", "prod"):
        api.deploy(stage)
        until(dev.stage_url(api.id, stage), (200, '"x"'))
    disabled_endpoint(api, "true")
    assert fetch(dev.stage_url(api.id, "dev")) == (200, '"x"')
    api.deploy("dev")
    for stage in ("dev", "prod"):
        until(dev.stage_url(api.id, stage), (403, '{"message":"Forbidden"}'))
    disabled_endpoint(api, "false")
    assert fetch(dev.stage_url(api.id, "dev"))[0] == 403
    change = {"op": "replace", "path": "/description", "value": "open again"}
    api.gateway.update_stage(restApiId=api.id, stageName="prod", patchOperations=[change])
    for stage in ("dev", "prod"):
        until(dev.stage_url(api.id, stage), (200, '"x"'))


def disabled_endpoint(api: Api, disabled: str) -> None:
    change = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": disabled}
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=[change])


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        (
            {
                "type": "AWS",
                "integrationHttpMethod": "POST",
                "uri": "arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue",
                "credentials": "arn:aws:iam::000000000000:role/r",
            },
            "the settings do not say where its keys come from",
        ),
        (
            {
                "type": "AWS",
                "integrationHttpMethod": "POST",
                "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/",
            },
            "is no AWS service's URI",
        ),
        (
            {
                "type": "HTTP_PROXY",
                "integrationHttpMethod": "GET",
                "uri": "http://backend.example/",
                "connectionType": "VPC_LINK",
                "connectionId": "abc123",
            },
            "connectionId abc123: there is no such VPC link",
        ),
        (
            {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}\n#if(true)'}},
            "request mapping template application/json: the text ends before a directive or reference is "
            "complete (line 2, column 10)",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_place_and_reason(
    dev: Gatewright, integration: dict[str, object], reason: str
) -> None:
    api = Api(dev)
    api.mock("/fine", '"x"')
    api.deploy("dev")
    api.method("/odd", "GET", integration)
    with pytest.raises(ClientError) as caught:
        api.deploy("dev")
    error = caught.value.response["Error"]
    assert error["Code"] == "BadRequestException"
    assert "GET /odd" in error["Message"]
    assert reason in error["Message"]
    assert fetch(dev.stage_url(api.id, "dev", "/fine")) == (200, '"x"')
