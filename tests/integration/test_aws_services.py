"""AWS integrations with services: each page of docs/integrations, run against moto's answers.

Moto checks signatures with botocore's signer, and who may do what by IAM's policies.
"""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from tests.integration.conftest import LOCAL
from tests.support.apis import Api
from tests.support.moto_server import moto_server
from tests.support.processes import BOUND, REGION, Gatewright
from tests.support.signing import Keys, signed

from gatewright.cli.main import run
from gatewright.cli.option_sources import load

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "integrations"
ACCOUNT = "123456789012"  # moto's
ROLE = f"arn:aws:iam::{ACCOUNT}:role/gateway"
ASSUMED = f"arn:aws:iam::{ACCOUNT}:role/assumed"
UNKNOWN = f"arn:aws:iam::{ACCOUNT}:role/unknown"
REFUSING = f"arn:aws:iam::{ACCOUNT}:role/refusing"
EXAMPLES = {  # and the role that each wants
    "queue-writer": f"arn:aws:iam::{ACCOUNT}:role/queue-writer",
    "dynamodb-crud": f"arn:aws:iam::{ACCOUNT}:role/pets-table",
}
ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
PNG = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"


class Cloud:
    """Moto's services with what the pages speak of."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
        iam = self.client("iam")
        iam.create_user(UserName="gateway")
        iam.put_user_policy(UserName="gateway", PolicyName="all", PolicyDocument=ALLOW)
        made = iam.create_access_key(UserName="gateway")["AccessKey"]
        self.access_key, self.secret_key = made["AccessKeyId"], made["SecretAccessKey"]
        iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName="assumed", PolicyName="all", PolicyDocument=ALLOW)
        self._make(iam.create_role(RoleName="other", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])
        self._keys = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        self._check(True)

    def _check(self, checks: bool) -> None:
        said = b"0" if checks else b"inf"
        ask(f"{self.url}/moto-api/reset-auth", "POST", said, Content_Type="text/plain")

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Moto takes the query of a request without a body for its body, and finds no signature right."""
        self._check(False)
        yield
        self._check(True)

    def _make(self, role: str) -> None:
        self.client("dynamodb").create_table(
            TableName="pets",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.letters = self.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        self.messages_url = self.client("sqs").create_queue(QueueName="messages")["QueueUrl"]
        topic = self.client("sns").create_topic(Name="news")["TopicArn"]
        self.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
        )
        self.client("s3").create_bucket(Bucket="pictures")
        self.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
        self.client("ssm").put_parameter(Name="/shop/motto", Value="fair", Type="String")
        states = {"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}}
        self.client("stepfunctions").create_state_machine(
            name="orders", definition=json.dumps(states), roleArn=role
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("app.py", "def handler(event, context): return event")
        self.client("lambda").create_function(
            FunctionName="greet",
            Runtime="python3.12",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": packed.getvalue()},
        )

    def client(self, service: str) -> Any:
        connect: Any = boto3.client
        return connect(service, endpoint_url=self.url, region_name=REGION, **self._keys)

    def messages(self, queue: str) -> list[Any]:
        """Those that wait in the queue, which is empty then."""
        sqs = self.client("sqs")
        asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        found: list[Any] = sqs.receive_message(**asked).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with moto_server() as url:
        yield Cloud(url)


@pytest.fixture(scope="module")
def node(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    """Its default keys are the user's too."""
    config: Path = tmp_path_factory.mktemp("services") / "gatewright.toml"
    keys = f'access_key = "{cloud.access_key}"\nsecret_key = "{cloud.secret_key}"\n'
    unknown = 'access_key = "AKIAUNKNOWNUNKNOWN00"\nsecret_key = "nobodys-secret"\n'
    sts = f'sts = "{cloud.url}"\n'
    roles = dict.fromkeys((ROLE, *EXAMPLES.values()), keys)
    roles |= {ASSUMED: keys + sts, UNKNOWN: unknown, REFUSING: unknown + sts}
    config.write_text(
        f'[services]\nendpoint = "{cloud.url}"\n'
        + "".join(f'[roles."{role}"]\n{given}' for role, given in roles.items())
        + f"[[principals]]\narn = \"arn:aws:iam::{ACCOUNT}:user/gateway\"\n{keys}policies = ['{ALLOW}']\n"
    )
    flags = ("--config", str(config), "--account-id", ACCOUNT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", cloud.access_key)
        environment.setenv("AWS_SECRET_ACCESS_KEY", cloud.secret_key)
        node = Gatewright("dev", config.parent / "data", *LOCAL, *flags)
    yield node.ready()
    node.close()


def page_document(role: str = ROLE) -> dict[str, Any]:
    """The definitions of all pages in one, with the keys of a role."""
    document: dict[str, Any] = {"openapi": "3.0.1", "info": {"title": "pages", "version": "1"}, "paths": {}}
    for page in sorted(PAGES.glob("*.md")):
        for block in page.read_text().split("```yaml\n")[1:]:
            text = block.partition("```")[0].replace("${AWS::Region}", REGION)
            part = yaml.safe_load(text.replace("${AWS::AccountId}", ACCOUNT).replace(ROLE, role))
            document["paths"] |= part.pop("paths")
            document |= part
    return document


@pytest.fixture(scope="module")
def pages(node: Gatewright) -> str:
    """The URL of the stage that serves them."""
    gateway = node.client("apigateway")
    api = gateway.import_rest_api(body=json.dumps(page_document()), failOnWarnings=True)["id"]
    gateway.create_deployment(restApiId=api, stageName="v1")
    return node.stage_url(api, "v1", "")


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and body, read as JSON where it is. Names of headers have underscores here."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, body, sent, method=method), timeout=BOUND)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        content = answer.read()
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, content


def test_no_page_takes_a_refusal_for_a_success(node: Gatewright) -> None:
    gateway = node.client("apigateway")
    document = page_document(UNKNOWN)
    api = gateway.import_rest_api(body=json.dumps(document), failOnWarnings=True)["id"]
    gateway.create_deployment(restApiId=api, stageName="v1")
    for path, methods in document["paths"].items():
        for method in methods:
            url = node.stage_url(api, "v1", path.replace("{", "").replace("}", "")) + "?text=x"
            body = {"name": "x"} if method in ("post", "put") else None
            assert ask(url, method.upper(), body)[0] == 502, (method, path)


SAID = 'It\'s "fair" & ü=%2B'


def test_dynamodb_keeps_an_item_once(pages: str) -> None:
    assert ask(f"{pages}/pets/a1") == (404, {"error": "no such pet"})
    assert ask(f"{pages}/pets/a1", "PUT", {"name": SAID})[0] == 201
    assert ask(f"{pages}/pets/a1") == (200, {"id": "a1", "name": SAID})
    again = ask(f"{pages}/pets/a1", "PUT", {"name": "b"})
    assert again == (409, {"error": "there is such a pet already"})


def test_queues_get_messages_by_form_and_by_json(pages: str, cloud: Cloud) -> None:
    assert ask(f"{pages}/messages", "POST", {"text": SAID}) == (202, {"queued": True})
    status, answer = ask(f"{pages}/letters", "POST", {"text": SAID})
    assert (status, list(answer)) == (202, ["id"])
    assert [json.loads(one["Body"]) for one in cloud.messages(cloud.letters)] == [{"text": SAID}] * 2


def test_a_topic_tells_its_subscribers(pages: str, cloud: Cloud) -> None:
    with cloud.trusting():
        assert ask(f"{pages}/news?text={urllib.parse.quote(SAID)}", "POST") == (200, {"published": True})
    assert [json.loads(one["Body"])["Message"] for one in cloud.messages(cloud.letters)] == [SAID]


@pytest.mark.parametrize("key", ["one.png", "a%20b%2Bc(1)'%25.png", "caf%C3%A9:,;=@&$!*.png"])
def test_a_bucket_keeps_bytes_under_any_key(pages: str, cloud: Cloud, key: str) -> None:
    assert ask(f"{pages}/pictures/{key}", "PUT", PNG, Content_Type="image/png")[0] == 200
    stored = cloud.client("s3").get_object(Bucket="pictures", Key=urllib.parse.unquote(key))
    assert (stored["Body"].read(), stored["ContentType"]) == (PNG, "image/png")
    assert ask(f"{pages}/pictures/{key}", Accept="image/png") == (200, PNG)
    assert ask(f"{pages}/pictures/no-{key}", Accept="image/png")[0] == 404


def test_other_services_answer(pages: str, cloud: Cloud) -> None:
    assert ask(f"{pages}/clicks", "POST", {"user": "ann"}) == (200, {"shard": "shardId-000000000000"})
    assert ask(f"{pages}/events", "POST", {"text": SAID}) == (200, {"failed": 0})
    status, started = ask(f"{pages}/orders", "POST", {"text": SAID})
    assert status == 202
    execution = cloud.client("stepfunctions").describe_execution(executionArn=started["execution"])
    assert json.loads(execution["input"]) == {"text": SAID}
    assert ask(f"{pages}/settings/motto") == (200, {"value": "fair"})
    assert ask(f"{pages}/settings/none")[0] == 404
    with cloud.trusting():
        assert ask(f"{pages}/functions/greet") == (200, {"runtime": "python3.12"})
        assert ask(f"{pages}/functions/none")[0] == 404


def get_pet(credentials: str | None, uri: str = "") -> dict[str, Any]:
    """An integration that asks DynamoDB for an item."""
    given = {} if credentials is None else {"credentials": credentials}
    return {
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": uri or f"arn:aws:apigateway:{REGION}:dynamodb:action/GetItem",
        "requestTemplates": {"application/json": '{"TableName": "pets", "Key": {"id": {"S": "none"}}}'},
        **given,
    }


@pytest.fixture(scope="module")
def keyed(node: Gatewright) -> Api:
    """An API with one method for each way to keys."""
    api = Api(node)
    iam = {"authorizationType": "AWS_IAM"}
    ways: dict[str, tuple[str | None, dict[str, str] | None]] = {
        "/default": (None, None),
        "/assumed": (ASSUMED, None),
        "/unknown": (UNKNOWN, None),
        "/refused": (REFUSING, None),
        "/variable": ("arn:aws:iam::${stageVariables.account}:role/gateway", None),
        "/caller": ("arn:aws:iam::*:user/*", iam),
    }
    for path, (credentials, method) in ways.items():
        where = api.method(path, "GET", get_pet(credentials), method)
        for status, pattern in (("200", ""), ("502", "4..")):
            api.gateway.put_method_response(**where, statusCode=status)
            api.gateway.put_integration_response(**where, statusCode=status, selectionPattern=pattern)
    uri = "arn:aws:apigateway:${stageVariables.region}:${stageVariables.to}:${stageVariables.action}"
    where = api.method("/place", "GET", {**get_pet(None), "uri": uri})
    api.gateway.put_method_response(**where, statusCode="200")
    api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy("v1", account=ACCOUNT, region=REGION, to="dynamodb", action="action/GetItem")
    api.deploy("bare")
    return api


def test_keys_come_from_the_chain_a_role_and_sts(keyed: Api) -> None:
    for way in ("default", "assumed", "variable"):
        assert ask(keyed.node.stage_url(keyed.id, "v1", f"/{way}")) == (200, {}), way


def test_stage_variables_say_which_service_where_and_what(keyed: Api) -> None:
    assert ask(keyed.node.stage_url(keyed.id, "v1", "/place")) == (200, {})
    internal = (500, {"message": "Internal server error"})
    for path in ("/place", "/variable"):
        assert ask(keyed.node.stage_url(keyed.id, "bare", path)) == internal


def test_a_service_that_does_not_know_the_key_chooses_the_response(keyed: Api) -> None:
    status, answer = ask(keyed.node.stage_url(keyed.id, "v1", "/unknown"))
    assert (status, b"InvalidClientTokenId" in answer) == (502, True)


def test_a_role_that_cannot_be_assumed_is_told_to_the_owner(keyed: Api) -> None:
    internal = (500, {"message": "Internal server error"})
    assert ask(keyed.node.stage_url(keyed.id, "v1", "/refused")) == internal
    log = keyed.gateway.test_invoke_method(
        restApiId=keyed.id, resourceId=keyed.resource("/refused"), httpMethod="GET"
    )["log"]
    assert "API Gateway does not have permission to assume the provided role" in log


def test_a_caller_signs_with_its_own_keys(keyed: Api, cloud: Cloud) -> None:
    url = keyed.node.stage_url(keyed.id, "v1", "/caller")
    assert ask(url)[0] == 403
    asked = signed(Keys(cloud.access_key, cloud.secret_key), url)
    asked.host = keyed.node.url.removeprefix("http://")
    status, _, body = asked.send()
    assert (status, body) == (200, "{}")


REFUSED = {
    "a role without keys": (get_pet(f"{ROLE}s"), f'write a table [roles."{ROLE}s"]'),
    "a caller who is not known": (get_pet("arn:aws:iam::*:user/*"), "set authorizationType AWS_IAM"),
    "no action": (get_pet(ROLE, f"arn:aws:apigateway:{REGION}:sqs:action/"), "is no AWS service's URI"),
    "a backend's role": (
        {**get_pet(ROLE, "http://127.0.0.1/"), "type": "HTTP"},
        "credentials are for types AWS and AWS_PROXY, not for HTTP: nothing is signed",
    ),
    "a service unverified": (
        {**get_pet(ROLE), "tlsConfig": {"insecureSkipVerification": True}},
        "tlsConfig is for types HTTP and HTTP_PROXY, not for AWS",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_not_be_done_is_not_deployed(node: Gatewright, case: str) -> None:
    integration, reason = REFUSED[case]
    api = Api(node)
    api.method("/", "GET", integration)
    with pytest.raises(ClientError) as caught:
        api.deploy("v1")
    assert reason in caught.value.response["Error"]["Message"]


def deployed(node: Gatewright, example: str) -> str:
    """The stage of an example, which names the role that its own settings give keys."""
    settings = load({}, ROOT / "examples" / example / "gatewright.toml")
    assert list(settings.roles) == [EXAMPLES[example]]
    assert run(["deploy", str(ROOT / "examples" / example), "--endpoint", node.url]) == 0
    return node.stage_url(example, "dev", "")


def test_the_queue_writer_writes(node: Gatewright, cloud: Cloud) -> None:
    url = deployed(node, "queue-writer")
    status, answer = ask(f"{url}/messages", "POST", {"to": "ann", "text": SAID})
    (message,) = cloud.messages(cloud.messages_url)
    assert (status, answer) == (202, {"id": message["MessageId"]})
    assert json.loads(message["Body"]) == {"to": "ann", "text": SAID}
    assert message["MessageAttributes"]["to"]["StringValue"] == "ann"
    assert ask(f"{url}/messages", "POST", {"to": "ann"})[0] == 400


def test_the_table_is_written_read_changed_and_emptied(node: Gatewright) -> None:
    url = deployed(node, "dynamodb-crud")
    status, made = ask(f"{url}/pets", "POST", {"name": SAID, "kind": "cat"})
    assert status == 201
    ada = f"{url}/pets/{made['id']}"
    assert ask(ada) == (200, {"id": made["id"], "name": SAID, "kind": "cat"})
    assert ask(ada, "PUT", {"name": SAID, "kind": "dog"}) == (200, {"done": True})
    assert {"id": made["id"], "name": SAID, "kind": "dog"} in ask(f"{url}/pets")[1]
    assert ask(ada, "PUT", {"name": SAID, "kind": "bear"})[0] == 400
    assert ask(ada, "DELETE") == (204, b"")
    gone = (404, {"error": "there is no such pet"})
    assert [ask(ada), ask(ada, "DELETE"), ask(ada, "PUT", {"name": "b", "kind": "cat"})] == [gone] * 3
    assert made["id"] not in [pet["id"] for pet in ask(f"{url}/pets")[1]]


def test_no_secret_is_told(keyed: Api, cloud: Cloud) -> None:
    node = keyed.node
    ask(node.stage_url(keyed.id, "v1", "/assumed"))
    urllib.request.urlopen(f"{node.url}/_gatewright/traces", timeout=BOUND).close()  # writes them down
    stories = (node.data_dir / "traces" / f"{keyed.id}.jsonl").read_text()
    log = keyed.gateway.test_invoke_method(
        restApiId=keyed.id, resourceId=keyed.resource("/assumed"), httpMethod="GET"
    )["log"]
    assert '"X-Amz-Security-Token":"***' in stories
    assert "X-Amz-Security-Token=***" in log
    assert cloud.secret_key not in "".join((stories, log, *node.logged, *node.printed))
