"""Templates on a running node: functions run, changes are made in place, what is refused is not served."""

from __future__ import annotations

import json
import platform
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Start
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

from gatewright.projects.api import CannotDeploy, Deployed, Node
from gatewright.projects.cloudformation.project import CloudFormationProject

TEMPLATES = Path(__file__).parent / "templates"
KEY = {"x-api-key": "a-key-of-twenty-characters"}
BLANK = "Resources: {Role: {Type: AWS::IAM::Role}}"


class Templates:
    """A directory with a template, and the node it is deployed to."""

    def __init__(self, directory: Path, node: Gatewright) -> None:
        self.directory = directory
        self.file = directory / "template.yaml"
        self.gatewright = node
        self.node = Node(node.management_url, node.url, REGION, ACCOUNT)

    def deploy(self, **parameters: str) -> Deployed:
        return CloudFormationProject(self.file, parameters).deploy(self.node)

    def refused(self, **parameters: str) -> str:
        with pytest.raises(CannotDeploy) as refusal:
            self.deploy(**parameters)
        return str(refusal.value).removeprefix(f"{self.directory}/")

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def entities(self) -> dict[str, Any]:
        """Ids of all that the template made, and the revision of its functions."""
        gateway, functions = self.node.client("apigateway"), self.node.client("lambda")
        apis = [each["id"] for each in self._made(gateway.get_rest_apis(limit=500))]
        return {
            "apis": apis,
            "deployments": [
                deployment["id"]
                for api in apis
                for deployment in gateway.get_deployments(restApiId=api)["items"]
            ],
            "keys": [each["id"] for each in self._made(gateway.get_api_keys(limit=500))],
            "plans": [each["id"] for each in self._made(gateway.get_usage_plans(limit=500))],
            "functions": {
                each["FunctionName"]: each["RevisionId"]
                for each in functions.list_functions()["Functions"]
                if each["FunctionName"].startswith(self.name)
            },
        }

    @property
    def name(self) -> str:
        return CloudFormationProject(self.file).name

    def _made(self, page: dict[str, Any]) -> list[dict[str, Any]]:
        here = str(self.file)
        return [each for each in page["items"] if each.get("tags", {}).get("gatewright:template") == here]


@pytest.fixture
def templates(tmp_path: Path, dev: Gatewright) -> Iterator[Callable[[str], Templates]]:
    """`templates(name)` copies a template of `templates/` here; at the end, what it made is removed."""
    made = []

    def copy(name: str) -> Templates:
        shutil.copytree(TEMPLATES / name, tmp_path, dirs_exist_ok=True)
        made.append(Templates(tmp_path, dev))
        return made[-1]

    yield copy
    for each in made:
        each.file.write_text(BLANK)
        each.deploy()
        each.node.close()


@pytest.fixture
def pets(templates: Callable[[str], Templates]) -> Templates:
    return templates("pets")


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def answered(expected: tuple[int, str], url: str, body: Any = None, **headers: str) -> None:
    """Wait for an answer: what is deployed is served soon after, not at once."""
    bound = time.monotonic() + BOUND
    while (found := ask(url, body, **headers)) != expected:
        assert time.monotonic() < bound, f"{url} answers {found}, not {expected}"


def test_a_template_of_single_resources(pets: Templates) -> None:
    deployed = pets.deploy()
    (api,) = deployed.apis
    assert (api.name, api.stage) == ("pets-hello", "dev")
    answered((200, '["hello"]'), f"{api.url}/pets")
    answered((201, 'hello {"name": "Ada"}'), f"{api.url}/pets", {"name": "Ada"}, **KEY)
    assert ask(f"{api.url}/pets", {"name": "Ada"})[0] == 403
    assert ask(f"{api.url}/pets", {"age": 3}, **KEY)[0] == 400
    assert ask(f"{api.url}/cats") == (404, '{"message": "no pets there"}')
    assert deployed.notes == (
        "Deployment does not depend on CreatePet: here it is made after all methods, by CloudFormation "
        "perhaps before them; add DependsOn",
        "Role (AWS::IAM::Role): there is no IAM here: functions run with this machine's rights, and its "
        "policies are not enforced; a role that an API's credentials name is "
        "made with `gatewright principals create-role`",
        f"output Pets = {api.url}/pets",
    )


def test_deploying_again_changes_nothing(pets: Templates) -> None:
    pets.deploy()
    before = pets.entities()
    pets.deploy()
    assert pets.entities() == before
    assert [len(ids) for ids in before.values()] == [1, 1, 1, 1, 1]


def test_a_change_is_made_in_place(pets: Templates) -> None:
    (api,) = pets.deploy().apis
    before = pets.entities()
    pets.edit("PathPart: pets", "PathPart: animals")
    pets.edit("/*/POST/pets", "/*/POST/animals")
    pets.edit("          Throttle: {/pets/POST: {RateLimit: 20, BurstLimit: 20}}\n", "")
    pets.edit("BinaryMediaTypes: [image/png]", "Description: of all kinds")
    (changed,) = pets.deploy(Greeting="salut", Rate="7").apis
    assert (changed.api_id, changed.name) == (api.api_id, "pets-salut")
    answered((200, '["salut"]'), f"{api.url}/animals")
    assert ask(f"{api.url}/animals", {"name": "Ada"}, **KEY) == (201, 'salut {"name": "Ada"}')
    assert ask(f"{api.url}/pets")[0] == 404
    after = pets.entities()
    assert {kind: after[kind] for kind in ("apis", "keys", "plans")} == {
        kind: before[kind] for kind in ("apis", "keys", "plans")
    }
    assert after["deployments"] != before["deployments"]
    gateway = pets.node.client("apigateway")
    stage = gateway.get_stage(restApiId=api.api_id, stageName="dev")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 7.0
    assert stage["variables"] == {"word": "salut"}
    shown = gateway.get_rest_api(restApiId=api.api_id)
    assert (shown["description"], "binaryMediaTypes" in shown) == ("of all kinds", False)
    plan = gateway.get_usage_plan(usagePlanId=after["plans"][0])
    assert (plan["throttle"]["rateLimit"], plan["apiStages"]) == (
        7.0,
        [{"apiId": api.api_id, "stage": "dev"}],
    )


def test_a_canary_follows_its_template(pets: Templates) -> None:
    settings = "{PercentTraffic: 50, StageVariableOverrides: {word: hi, tone: low}, UseStageCache: true}"
    pets.edit("      MethodSettings:\n", f"      CanarySetting: {settings}\n      MethodSettings:\n")
    (api,) = pets.deploy().apis
    gateway = pets.node.client("apigateway")
    where = {"restApiId": api.api_id, "stageName": "dev"}
    overrides = gateway.get_stage(**where)["canarySettings"]["stageVariableOverrides"]
    assert overrides == {"word": "hi", "tone": "low"}
    pets.edit(settings, "{PercentTraffic: 33.3}")
    pets.deploy()
    stage = gateway.get_stage(**where)
    canary = {"deploymentId": stage["deploymentId"], "percentTraffic": 33.3, "useStageCache": False}
    assert stage["canarySettings"] == canary
    pets.edit("      CanarySetting: {PercentTraffic: 33.3}\n", "")
    pets.deploy()
    assert "canarySettings" not in gateway.get_stage(**where)


# What is edited, and the refusal: each stands after resources that are changed before it.
REFUSED = {
    "by the deployment": (
        "        Type: AWS_PROXY\n",
        "        Type: AWS_PROXY\n        Credentials: arn:aws:iam::*:user/*\n",
        "template.yaml:58: CreatePet (AWS::ApiGateway::Method): Gatewright cannot deploy this API: POST",
    ),
    "by the stage": (
        "MetricsEnabled: true",
        "LoggingLevel: INFO",
        "template.yaml:100: Stage (AWS::ApiGateway::Stage): Gatewright does not enforce /~1pets/GET/logging",
    ),
    "by the usage plan": (
        "Period: DAY",
        "Period: YEAR",
        "template.yaml:115: Plan (AWS::ApiGateway::UsagePlan): Invalid Usage Plan quota period specified",
    ),
}


def test_what_is_refused_is_not_served(pets: Templates) -> None:
    (api,) = pets.deploy().apis
    for old, new, words in REFUSED.values():
        pets.edit(old, new)
        assert pets.refused(Greeting="salut").startswith(words)
        answered((200, '["hello"]'), f"{api.url}/pets")
        pets.edit(new, old)
    assert pets.deploy(Greeting="salut").apis[0].api_id == api.api_id
    answered((200, '["salut"]'), f"{api.url}/pets")


TWICE = {
    "Again: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt "
    "Api.RootResourceId, PathPart: pets}}": "property PathPart: another resource is /pets already",
    "Again: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api, Name: Pet}}": (
        "property Name: another resource is the model Pet"
    ),
    "Again: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, "
    "StageName: dev}}": "property StageName: another resource makes the stage dev",
    "Again: {Type: AWS::Lambda::Function, Properties: {Code: ./src, Runtime: python3.12, Handler: a.b, "
    "Role: !GetAtt Role.Arn, FunctionName: !Ref Create}}": "property FunctionName: another resource is the",
    "Again: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !Ref Pets, "
    "HttpMethod: GET}}": "Again (AWS::ApiGateway::Method): Method already exists for this resource",
}


def test_two_resources_are_never_one_thing(pets: Templates) -> None:
    whole = pets.file.read_text()
    for again, words in TWICE.items():
        pets.file.write_text(whole.replace("\nOutputs:", f"\n  {again}\nOutputs:"))
        assert words in pets.refused()


def test_a_node_elsewhere_gets_zips(pets: Templates) -> None:
    project = CloudFormationProject(pets.file, hot_reload=False)
    (api,) = project.deploy(pets.node).apis
    answered((201, 'hello {"name": "Ada"}'), f"{api.url}/pets", {"name": "Ada"}, **KEY)
    code = pets.node.client("lambda").get_function(FunctionName=f"{pets.name}-Create")["Code"]
    assert "Location" not in code
    assert pets.directory / "src" in project.watched()


def test_dev_deploys_a_template_and_again_when_it_is_saved(start_dev: Start, tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES / "pets", tmp_path / "pets")
    file = tmp_path / "pets" / "template.yaml"
    (file.parent / "gatewright.toml").write_text('[parameters]\nGreeting = "ciao"\nRate = 7\n')
    node = start_dev(str(file), "--parameter", "Greeting=salut")
    answered((200, '["salut"]'), f"{node.url}/restapis/pets-api/dev/_user_request_/pets")
    stage = node.client("apigateway").get_stage(restApiId="pets-api", stageName="dev")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 7.0
    file.write_text(file.read_text().replace("PathPart: pets", "PathPart: cats"))
    answered((200, '["salut"]'), f"{node.url}/restapis/pets-api/dev/_user_request_/cats")
    file.write_text(file.read_text().replace("Resources:\n", "Resources:\n  Table: {Type: AWS::X::Table}\n"))
    node.log_line("Not deployed:", "template.yaml:9: Table (AWS::X::Table): is not supported")
    assert ask(f"{node.url}/restapis/pets-api/dev/_user_request_/cats")[0] == 200


def test_what_the_template_has_no_more_is_removed(pets: Templates) -> None:
    pets.deploy()
    pets.file.write_text(BLANK)
    assert pets.deploy().apis == ()
    assert not any(pets.entities().values())


def test_a_function_of_somebody_else_is_left_alone(pets: Templates) -> None:
    pets.edit("Timeout:", "FunctionName: taken\n      Timeout:")
    functions = pets.node.client("lambda")
    code = {"S3Bucket": "hot-reload", "S3Key": str(pets.directory / "src")}
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    functions.create_function(
        FunctionName="taken", Runtime="python3.12", Handler="app.handler", Role=role, Code=code
    )
    try:
        assert "Create (AWS::Lambda::Function): there is a function taken already" in pets.refused()
    finally:
        functions.delete_function(FunctionName="taken")


def test_the_template_of_sam_init(templates: Callable[[str], Templates]) -> None:
    hello = templates("hello_world")
    architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    deployed = hello.deploy(Architecture=architecture)
    prod = next(api for api in deployed.apis if api.stage == "Prod")
    assert prod.name == hello.name
    answered((200, '{"message": "hello world"}'), f"{prod.url}/hello")
    function = f"{hello.name}-HelloWorldFunction"
    assert deployed.notes == (
        "HelloWorldFunction: hello_world/ has a requirements.txt, and nothing here runs pip; deploy what "
        "`sam build` makes, .aws-sam/build/template.yaml, if the function needs it",
        "HelloWorldFunctionRole (AWS::IAM::Role): there is no IAM here: functions run with this machine's "
        "rights, and its policies are not enforced; a role that an API's credentials name is "
        "made with `gatewright principals create-role`",
        f"output HelloWorldApi = {prod.url}/hello/",
        f"output HelloWorldFunction = arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
        f"output HelloWorldFunctionIamRole = arn:aws:iam::{ACCOUNT}:role/{function}Role",
    )
    hello.edit("Path: /hello", "Path: /hi")
    assert hello.deploy(Architecture=architecture).apis == deployed.apis
    answered((200, '{"message": "hello world"}'), f"{prod.url}/hi")
    assert ask(f"{prod.url}/hello")[0] == 403


def test_a_sam_api_with_an_authorizer_and_a_usage_plan(templates: Callable[[str], Templates]) -> None:
    keys = templates("keys")
    stages = {api.stage: api for api in keys.deploy().apis}
    gateway = keys.node.client("apigateway")
    (key,) = keys.entities()["keys"]
    value = gateway.get_api_key(apiKey=key, includeValue=True)["value"]
    url, known = f"{stages['v1'].url}/whoami", {"x-api-key": value}
    answered((200, "ada"), url, authorization="open", **known)
    assert ask(url, authorization="open")[0] == 403
    assert ask(url, authorization="shut", **known)[0] == 403
    assert ask(url, **known)[0] == 401
    assert ask(f"{stages['v1'].url}/open") == (200, "anybody")
    answered((200, '"pong"'), f"{stages['v2'].url}/ping")
    before = keys.entities()
    keys.deploy()
    assert keys.entities() == before
    keys.deploy(Rate="1")
    plan = gateway.get_usage_plan(usagePlanId=before["plans"][0])
    assert plan["throttle"]["rateLimit"] == 1.0
    assert keys.entities()["deployments"] == before["deployments"]


def test_every_other_kind_of_resource_changes_in_place(templates: Callable[[str], Templates]) -> None:
    parts = templates("parts")
    before = {api.name: api for api in parts.deploy().apis}
    bodied = before["bodied"]
    answered((200, "one"), bodied.url)
    first = state_of(parts, before["parts"].api_id, bodied.api_id)
    stage = parts.node.client("apigateway").get_stage(restApiId=bodied.api_id, stageName="dev")
    assert (stage["cacheClusterSize"], stage["cacheClusterStatus"]) == ("1.6", "AVAILABLE")
    everywhere = stage["methodSettings"]["*/*"]
    assert (everywhere["cachingEnabled"], everywhere["cacheTtlInSeconds"]) == (True, 60)
    assert ask(f"{bodied.url}/a")[0] == 200
    parts.edit("ValidateRequestParameters: true", "ValidateRequestBody: true")
    after = parts.deploy(Word="two", Ttl="0", KeyValue="another-key-of-twenty")
    assert {api.name: api for api in after.apis} == before
    answered((200, "two"), bodied.url)
    second = state_of(parts, before["parts"].api_id, bodied.api_id)
    assert first == {
        "role": f"arn:aws:iam::{ACCOUNT}:role/some/logs",
        "description": "overrides the document",
        "compression": 100,
        "binary": ["image/gif"],
        "authorizer": (first["authorizer"][0], 60),
        "validator": (first["validator"][0], False, True),
        "model": '{"title": "one"}',
        "stage": ("one", {"said": "one"}, ["*/*", "~1/GET"]),
        "documentation": (first["documentation"][0], '{"description": "one"}', "v1", "one"),
        "key": (first["key"][0], "the-first-key-of-twenty", "one", [f"{before['parts'].api_id}/dev"]),
        "certificate": (first["certificate"][0], "one", first["certificate"][0]),
        "alias": ("1", "one"),
        "runs": "one",
        "tags": ["said-one"],
        "allowed": [f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{before['parts'].api_id}/authorizers/one"],
    }
    assert second["key"][0] != first["key"][0]  # a value never changes
    assert second == {
        **first,
        "authorizer": (first["authorizer"][0], 0),
        "validator": (first["validator"][0], True, False),
        "model": '{"title": "two"}',
        "stage": ("two", {"said": "two"}, ["*/*", "~1/GET"]),
        "documentation": (first["documentation"][0], '{"description": "two"}', "v1", "two"),
        "key": (second["key"][0], "another-key-of-twenty", "two", [f"{before['parts'].api_id}/dev"]),
        "certificate": (first["certificate"][0], "two", first["certificate"][0]),
        "alias": ("2", "two"),
        "runs": "two",
        "tags": ["said-two"],
        "allowed": [f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{before['parts'].api_id}/authorizers/two"],
    }
    parts.edit("      ClientCertificateId: !GetAtt Certificate.ClientCertificateId\n", "")
    parts.edit(
        "Certificate: {Type: AWS::ApiGateway::ClientCertificate, Properties: {Description: !Ref Word}}", ""
    )
    parts.deploy(Word="two", Ttl="0", KeyValue="another-key-of-twenty")
    assert parts.node.client("apigateway").get_client_certificates()["items"] == []
    assert after.notes[:2] == (
        "the template's Rules are not checked",
        "Logs: its DeletionPolicy is not followed: what leaves the template is removed",
    )


def state_of(parts: Templates, api_id: str, bodied: str) -> dict[str, Any]:
    gateway, functions = parts.node.client("apigateway"), parts.node.client("lambda")
    api = gateway.get_rest_api(restApiId=api_id)
    (authorizer,) = gateway.get_authorizers(restApiId=api_id)["items"]
    (validator,) = gateway.get_request_validators(restApiId=api_id)["items"]
    (part,) = gateway.get_documentation_parts(restApiId=api_id)["items"]
    (key,) = (gateway.get_api_key(apiKey=key, includeValue=True) for key in parts.entities()["keys"])
    stage = gateway.get_stage(restApiId=bodied, stageName="dev")
    (certificate,) = gateway.get_client_certificates()["items"]
    alias = functions.get_alias(FunctionName="parts-check", Name="live")
    policy = json.loads(functions.get_policy(FunctionName="parts-check", Qualifier="live")["Policy"])
    own = ("gatewright:template", "gatewright:logical-id")
    tags = functions.list_tags(Resource=alias["AliasArn"].removesuffix(":live"))["Tags"]
    return {
        "role": gateway.get_account()["cloudwatchRoleArn"],
        "description": gateway.get_rest_api(restApiId=bodied)["description"],
        "compression": api["minimumCompressionSize"],
        "binary": api["binaryMediaTypes"],
        "authorizer": (authorizer["id"], authorizer["authorizerResultTtlInSeconds"]),
        "validator": (
            validator["id"],
            validator["validateRequestBody"],
            validator["validateRequestParameters"],
        ),
        "model": gateway.get_model(restApiId=api_id, modelName="Error")["schema"],
        "stage": (stage["description"], stage["variables"], list(stage["methodSettings"])),
        "documentation": (
            part["id"],
            part["properties"],
            gateway.get_stage(restApiId=api_id, stageName="dev")["documentationVersion"],
            gateway.get_documentation_version(restApiId=api_id, documentationVersion="v1")["description"],
        ),
        "key": (key["id"], key["value"], key["description"], key["stageKeys"]),
        "certificate": (
            certificate["clientCertificateId"],
            certificate["description"],
            gateway.get_stage(restApiId=api_id, stageName="dev")["clientCertificateId"],
        ),
        "alias": (alias["FunctionVersion"], alias["Description"]),
        "runs": json.loads(functions.invoke(FunctionName="parts-check:live")["Payload"].read()),
        "tags": [name for name in tags if name not in own],
        "allowed": [entry["Condition"]["ArnLike"]["AWS:SourceArn"] for entry in policy["Statement"]],
    }
