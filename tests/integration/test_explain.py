"""`gatewright explain` and `gatewright vtl render` as people run them, against real nodes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.command import command
from tests.support.processes import BOUND, Gatewright
from tests.support.usage_plans import keyed_api, make_key, make_plan

TEMPLATE = '{"name": $input.json(\'$.name\'),\n "none": "$input.path(\'$.nope\')"}'


def ask(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and request id of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as answer:
            return answer.status, answer.headers["x-amzn-RequestId"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-amzn-RequestId"]


def told(node: Gatewright, *arguments: str) -> str:
    answer = command("explain", "--listen", f"127.0.0.1:{node.port}", *arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def api(dev: Gatewright) -> Api:
    made = Api(dev)
    made.mock("/pets/{id}", "$input.params('id')\n$nope.name")
    made.mock("/pets", "[]")
    made.mock("/fails", "$util.urlDecode('%zz')")
    made.deploy("prod")
    return made


def test_dev_tells_of_every_request(dev: Gatewright, api: Api) -> None:
    ids = [ask(dev.stage_url(api.id, "prod", f"/pets/{number}"))[1] for number in (1, 2)]
    listed = told(dev, api.id)
    assert listed.index(ids[0]) < listed.index(ids[1])
    assert "200  GET /pets/2 in " in listed
    assert f"gatewright explain {api.id} --listen 127.0.0.1:{dev.port}" in told(dev)


def test_the_story_names_route_template_and_what_was_missing(dev: Gatewright, api: Api) -> None:
    _, request = ask(dev.stage_url(api.id, "prod", "/pets/7"))
    story = told(dev, api.id, request[:8])
    assert "GET of /pets/{id} serves GET /pets/7" in story
    assert "the default response, 200: no selection pattern matched '200'" in story
    assert "line 2, column 1: $nope.name found nothing, so it is empty" in story
    assert "the client gets 200" in story


def test_the_story_names_key_plan_and_limits(dev: Gatewright) -> None:
    api, value = keyed_api(dev, "/"), "explained-0123456789-0123456789"
    key = make_key(api.gateway, value)
    quota = {"limit": 1, "period": "MONTH"}
    plan = make_plan(api.gateway, [api], [key], throttle={"rateLimit": 5, "burstLimit": 9}, quota=quota)
    url = dev.stage_url(api.id, "prod")
    status, request = ask(url, {"x-api-key": value})
    assert status == 200
    story = told(dev, api.id, request)
    assert f"*************************456789 is API key {key} of usage plan {plan}" in story
    assert story.index("admitted") < story.index("plan: 5 a second, burst 9") < story.index("quota of plan")
    status, request = ask(url, {"x-api-key": value})
    assert status == 429
    assert f"refused: nothing is left of quota of plan {plan} for key {key}: 1 a month" in told(
        dev, api.id, request
    )
    status, request = ask(url)
    assert status == 403
    story = told(dev, api.id, request)
    assert "none refused: no API key was sent" in story
    assert value not in story


def test_the_story_of_an_unmatched_request_names_the_nearest_resource(dev: Gatewright, api: Api) -> None:
    status, request = ask(dev.stage_url(api.id, "prod", "/pets/7/toys"))
    assert status == 403
    story = told(dev, api.id, request)
    assert "nearest: /pets/{id}; /pets/{id} has no child for 'toys'" in story


def test_the_story_of_a_template_that_failed_names_the_line(dev: Gatewright, api: Api) -> None:
    status, request = ask(dev.stage_url(api.id, "prod", "/fails"))
    assert status == 500
    story = told(dev, api.id, request)
    assert "application/json failed: urlDecode: a % is not followed by two hexadecimal digits" in story
    assert "line 1, column 1" in story
    assert "because: Execution failed due to configuration error: Unable to transform response" in story


def test_a_stage_that_is_not_there_is_told_too(dev: Gatewright, api: Api) -> None:
    ask(dev.stage_url(api.id, "prod", "/pets"))
    _, request = ask(dev.stage_url(api.id, "prd", "/pets"))
    assert "there is no stage 'prd'; the API's stages: prod" in told(dev, api.id, request)


def test_an_api_that_is_not_there_is_told_under_a_name_no_api_has(dev: Gatewright) -> None:
    _, request = ask(dev.stage_url("nope", "prod", "/pets?token=sekrit"))
    story = told(dev, "unknown.api", request)
    where = f"127.0.0.1:{dev.port}/restapis/nope/prod/_user_request_/pets"
    assert f"  403  GET {where}  {request}" in story
    assert "there is no API 'nope'" in story
    assert "sekrit" not in story
    assert "gatewright explain unknown.api" in told(dev)


def test_secrets_do_not_reach_the_traces(dev: Gatewright, api: Api) -> None:
    secret = {"Authorization": "Bearer sekrit-abcdef", "X-Api-Key": "sekrit-key", "Cookie": "s=sekrit-cookie"}
    _, request = ask(dev.stage_url(api.id, "prod", "/pets?access_token=sekrit-token"), secret)
    story = told(dev, api.id, request, "--json")
    assert json.loads(story)["requestId"] == request
    assert "sekrit" not in story
    assert "**************abcdef" in story


def test_what_is_not_there_is_said_with_the_remedy(dev: Gatewright, api: Api) -> None:
    listen = ("--listen", f"127.0.0.1:{dev.port}")
    missing = command("explain", *listen, api.id, "nope")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert f"API {api.id} has no traced request nope" in missing.stderr
    unknown = command("explain", *listen, "unknown").stderr
    assert "tagged gatewright:trace=on" in unknown
    assert "are under unknown.api" in unknown
    nobody = command("explain", "--listen", "127.0.0.1:1", api.id)
    assert nobody.returncode == 1
    assert "no `gatewright dev` answers at http://127.0.0.1:1/_gatewright/traces" in nobody.stderr


def stories(data_dir: Path, api_id: str) -> list[dict[str, Any]]:
    answer = command("explain", "--data-dir", str(data_dir), api_id, "--json")
    decoder, text, found = json.JSONDecoder(), answer.stdout.strip(), []
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


def until_traced(node: Gatewright, api_id: str, url: str, headers: dict[str, str] | None = None) -> None:
    """Ask until a request is traced: workers hear of a tag in a moment, and write once a second."""
    deadline = time.monotonic() + BOUND
    asked = []
    while not any(trace["requestId"] in asked for trace in stories(node.data_dir, api_id)):
        assert time.monotonic() < deadline
        asked.append(ask(url, headers)[1])


def test_serve_traces_the_stages_that_are_tagged_for_it(start_serve: Start) -> None:
    node = start_serve(workers=1)
    api = Api(node)
    api.mock("/", "ok")
    api.deploy("prod")
    api.deploy("quiet")
    url = node.stage_url(api.id, "prod", "/")
    quiet = ask(node.stage_url(api.id, "quiet", "/"), {"X-Gatewright-Trace": "1"})[1]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api.id}/stages/prod"
    api.gateway.tag_resource(resourceArn=arn, tags={"gatewright:trace": "on"})
    until_traced(node, api.id, url)
    assert {trace["stage"] for trace in stories(node.data_dir, api.id)} == {"prod"}
    assert quiet not in {trace["requestId"] for trace in stories(node.data_dir, api.id)}


def test_serve_traces_requests_with_the_header_where_clients_are_trusted(start_serve: Start) -> None:
    node = start_serve("--tracing", "header", workers=1)
    api = Api(node)
    api.mock("/", "ok")
    api.deploy("prod")
    url = node.stage_url(api.id, "prod", "/")
    plain = ask(url)[1]
    until_traced(node, api.id, url, {"X-Gatewright-Trace": "1"})
    assert plain not in {trace["requestId"] for trace in stories(node.data_dir, api.id)}
    anywhere = f"http://127.0.0.1:{node.port}/pets"
    until_traced(node, "unknown.api", anywhere, {"X-Gatewright-Trace": "1"})
    (step,) = stories(node.data_dir, "unknown.api")[0]["steps"]
    assert step["facts"]["why"] == f"neither the host '127.0.0.1:{node.port}' nor the path names an API"


def test_an_unknown_way_of_tracing_is_refused(tmp_path: Path) -> None:
    refused = command("serve", "--data-dir", str(tmp_path), "--tracing", "sometimes")
    assert refused.returncode == 2
    assert "--tracing: Input should be 'tagged', 'header' or 'all' (got 'sometimes')" in refused.stderr


# ---- gatewright vtl render ---------------------------------------------------------------------------


def test_a_template_is_rendered_for_an_event(tmp_path: Path) -> None:
    template, event = tmp_path / "pet.vtl", tmp_path / "event.json"
    template.write_text(TEMPLATE)
    event.write_text(json.dumps({"body": {"name": "Rex"}, "queryStringParameters": {"q": "1"}}))
    answer = command("vtl", "render", str(template), "--event", str(event))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, '{"name": "Rex",\n "none": ""}', "")


def test_trace_tells_the_steps_beside_the_result() -> None:
    text = "#set($context.responseOverride.status = 404)" + TEMPLATE
    answer = command("vtl", "render", "-", "--body", '{"name": "Rex"}', "--trace", given=text)
    assert answer.stdout == '{"name": "Rex",\n "none": ""}'
    assert "line 2, column 11: $input.path('$.nope') found nothing" in answer.stderr
    assert '"status": 404' in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (("-",), "ok\n#if(true)", 1, "standard input is no template: "),
        (
            ("-",),
            "$util.urlDecode('%zz')",
            1,
            "standard input cannot be rendered: urlDecode: a % is not followed",
        ),
        (("-", "--body", "{a"), "$input.json('$')", 1, "rendered: the body is no JSON: Unexpected End Of"),
        (("/nowhere/x.vtl",), "", 2, "/nowhere/x.vtl: cannot be read"),
        (("-", "--event", "/nowhere/e.json"), "x", 2, "--event /nowhere/e.json: cannot be read"),
        (("-", "--event", "/dev/null"), "x", 2, "--event /dev/null is no JSON"),
    ],
)
def test_what_cannot_be_rendered(arguments: tuple[str, ...], given: str, code: int, said: str) -> None:
    answer = command("vtl", "render", *arguments, given=given)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert said in answer.stderr
