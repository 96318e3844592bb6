"""VPC links at work: where requests go, in turn, around what is down, with the URI's Host and server name."""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import Api
from tests.support.balanced_backends import Backend, backends, refusing_port
from tests.support.command import command
from tests.support.processes import BOUND, REGION, Gatewright
from tests.unit.wire.conftest import Authority

from gatewright.aws.credentials import read_credentials
from gatewright.projects.api import Node
from gatewright.projects.cloudformation.project import CloudFormationProject

ACCOUNT = "000000000000"
NETWORK = (504, {"message": "Network error communicating with endpoint"})
INTERNAL = (500, {"message": "Internal server error"})
SERVED_SECONDS = 10.0  # a change is served a moment after it is acknowledged
LINK = {"connectionType": "VPC_LINK", "integrationHttpMethod": "ANY"}


def balancer(name: str, kind: str = "net") -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{kind}/{name}/50dc6c495c0c9188"


@dataclass(frozen=True)
class Rig:
    """A node whose settings lead to these backends, with a link to each network load balancer."""

    node: Gatewright
    one: Backend
    two: Backend
    watched: list[Backend]  # checked over HTTP
    secure: Backend  # of the private authority, for shop.internal; asks for a certificate, and takes any
    strange: Backend  # of an authority that the node does not know
    links: dict[str, str] = field(default_factory=dict)  # ids by load balancer

    def link(self, name: str) -> str:
        if name not in self.links:
            client = self.node.client("apigateway")
            self.links[name] = client.create_vpc_link(name=name, targetArns=[balancer(name)])["id"]
        return self.links[name]

    def serve(self, link: str, uri: str, kind: str = "HTTP_PROXY", **more: Any) -> Api:
        """An API with one method that goes through a link, served as stage `dev`."""
        api = Api(self.node)
        where = api.method("/", "ANY", {**LINK, "type": kind, "uri": uri, "connectionId": link, **more})
        if kind == "HTTP":
            api.gateway.put_method_response(**where, statusCode="200")
            api.gateway.put_integration_response(**where, statusCode="200")
        api.deploy("dev")
        return api

    def ask(self, api: Api, stage: str = "dev", method: str = "GET") -> tuple[int, Any]:
        url = self.node.stage_url(api.id, stage)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=BOUND) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def name(self, api: Api, **asked: str) -> str:
        status, answer = self.ask(api, **asked)
        assert status == 200, answer
        return str(answer["name"])

    @property
    def traces(self) -> tuple[str, str]:
        return "--data-dir", str(self.node.data_dir)

    def log(self) -> str:
        """The owner's, which is written in batches."""
        log = self.node.data_dir / "logs" / "gateway.log"
        return log.read_text() if log.exists() else ""


def until(found: Callable[[], bool]) -> None:
    deadline = monotonic() + SERVED_SECONDS
    while not found():
        assert monotonic() < deadline


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    asking = authority.issue("shop.internal", "shop.internal")
    asking.verify_mode = ssl.CERT_OPTIONAL
    strange = Authority(tmp_path_factory.mktemp("strange")).issue("shop.internal", "shop.internal")
    with ExitStack() as stack:
        one, two, *watched = stack.enter_context(backends("one", "two", "watched", "spare"))
        secure, other = Backend("secure", asking), Backend("strange", strange)
        stack.callback(secure.stop)
        stack.callback(other.stop)
        ports = [refusing_port() for _ in range(2)]
        for sock, _ in ports:
            stack.callback(sock.close)
        quick = {"health_interval": 0.05, "healthy_threshold": 1, "unhealthy_threshold": 1}
        settings = {
            balancer("pair"): {"targets": [one.address, two.address], **quick},
            balancer("watched"): {
                "targets": [each.address for each in watched],
                "health_protocol": "HTTP",
                "health_path": "/health",
                **quick,
            },
            balancer("secure"): {"targets": [secure.address]},
            balancer("strange"): {"targets": [other.address]},
            balancer("dead"): {"targets": [f"127.0.0.1:{port}" for _, port in ports]},
            balancer("inner", "app"): {"listeners": {"8081": [one.address], "8082": [two.address]}},
        }
        config = tmp_path_factory.mktemp("settings") / "gatewright.toml"
        config.write_text(f"load_balancers = '{json.dumps(settings)}'\ntracing = \"all\"\n")
        flags = ("--config", str(config), "--backend-ca-bundle", str(authority.path), "--workers", "1")
        data_dir = tmp_path_factory.mktemp("node")
        node = Gatewright("serve", data_dir, *BOTH_LOCAL, *SMALL_STATE, *flags)
        stack.callback(node.close)
        yield Rig(node.ready(), one, two, watched, secure, other)


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
def test_targets_serve_in_turn_and_see_the_uris_host_and_path(rig: Rig, kind: str) -> None:
    api = rig.serve(rig.link("pair"), "http://shop.internal:8080/x?a=1", kind)
    names = [rig.name(api) for _ in range(6)]
    assert names[:2] * 3 == names
    assert set(names) == {"one", "two"}
    asked = rig.ask(api)[1]
    assert (asked["host"], asked["path"]) == ("shop.internal:8080", "/x?a=1")


def test_no_request_fails_while_a_target_is_down_and_it_serves_when_it_is_back(rig: Rig) -> None:
    api = rig.serve(rig.link("pair"), "http://shop.internal")
    assert {rig.name(api) for _ in range(2)} == {"one", "two"}
    rig.one.stop()
    try:
        assert {rig.name(api, method=method) for method in ("POST", "GET") * 5} == {"two"}
        rig.node.log_line("target", rig.one.address, balancer("pair"), "is out")
    finally:
        rig.one.start()
    until(lambda: rig.name(api) == "one")
    rig.node.log_line("target", rig.one.address, "is in use again")


def test_a_streamed_answer_goes_around_what_is_down_and_explain_names_the_target(rig: Rig) -> None:
    api = rig.serve(rig.link("pair"), "http://shop.internal/s", responseTransferMode="STREAM")
    rig.one.stop()
    try:
        assert {rig.name(api, method=method) for method in ("GET", "POST") * 2} == {"two"}
    finally:
        rig.one.start()
    request = served_requests(rig, api, 200)[0]
    story = command("explain", *rig.traces, api.id, request).stdout
    assert re.search(rf"endpoint target +{rig.two.address}, for {balancer('pair')}", story)


def test_a_target_that_accepts_and_is_not_well_gets_nothing(rig: Rig) -> None:
    ill, well = rig.watched
    api = rig.serve(rig.link("watched"), "http://shop.internal")
    until(lambda: rig.name(api) == ill.name)
    ill.healthy = False
    rig.node.log_line("target", ill.address, "its health check failed: /health answered HTTP/1.0 503")
    assert {rig.name(api) for _ in range(4)} == {well.name}
    well.healthy = False
    rig.node.log_line("target", well.address, "is out")
    assert {rig.name(api) for _ in range(4)} <= {ill.name, well.name}  # better than nobody
    ill.healthy = well.healthy = True
    until(lambda: rig.name(api) != rig.name(api))


def served_requests(rig: Rig, api: Api, status: int) -> list[str]:
    """The ids of the GETs that were answered so, by their traces, which are written in batches."""
    until(lambda: command("explain", *rig.traces, api.id).returncode == 0)
    told = command("explain", *rig.traces, api.id).stdout
    return re.findall(rf"{status} +GET .* (\S+)$", told, re.MULTILINE)


def test_when_all_targets_refuse_the_owner_reads_which(rig: Rig) -> None:
    api = rig.serve(rig.link("dead"), "http://shop.internal")
    assert rig.ask(api) == NETWORK
    assert rig.ask(api, method="POST") == NETWORK
    reason = f"no target of {balancer('dead')} takes a connection: 127.0.0.1:"
    until(lambda: reason in rig.log())
    (request,) = served_requests(rig, api, 504)
    story = command("explain", *rig.traces, api.id, request).stdout
    assert len(re.findall(rf"endpoint target +127.0.0.1:\d+, for {balancer('dead')}", story)) == 2


def test_tls_has_the_uris_server_name_and_shows_the_stages_certificate(rig: Rig) -> None:
    api = rig.serve(rig.link("secure"), "https://shop.internal/x")
    asked = {"name": "secure", "path": "/x", "host": "shop.internal", "serverName": "shop.internal"}
    assert rig.ask(api) == (200, {**asked, "shown": False})
    certificate = api.gateway.generate_client_certificate()
    assert rig.secure.tls is not None
    rig.secure.tls.load_verify_locations(cadata=certificate["pemEncodedCertificate"])
    where = {"restApiId": api.id, "stageName": "dev"}
    shown = {"op": "replace", "path": "/clientCertificateId", "value": certificate["clientCertificateId"]}
    api.gateway.update_stage(**where, patchOperations=[shown])
    until(lambda: rig.ask(api) == (200, {**asked, "shown": True}))


def test_a_certificate_for_another_host_than_the_uris_is_refused(rig: Rig) -> None:
    api = rig.serve(rig.link("secure"), "https://bank.internal/x")
    assert rig.ask(api) == INTERNAL


@pytest.mark.parametrize("unchecked", [False, True])
def test_a_strange_authority_is_taken_where_tls_config_says_so(rig: Rig, unchecked: bool) -> None:
    tls = {"insecureSkipVerification": unchecked}
    api = rig.serve(rig.link("strange"), "https://shop.internal", tlsConfig=tls)
    status, answer = rig.ask(api)
    assert (status, answer.get("name")) == ((200, "strange") if unchecked else (504, None))
    other = rig.serve(rig.link("strange"), "https://bank.internal", tlsConfig=tls)
    assert rig.ask(other)[0] == (500 if unchecked else 504)  # its host is looked at all the same


def test_a_stage_variable_names_the_link(rig: Rig) -> None:
    client = rig.node.client("apigateway")
    own = client.create_vpc_link(name="own", targetArns=[balancer("pair")])["id"]
    api = Api(rig.node)
    uri = "http://shop.internal"
    chosen = "${stageVariables.link}"
    api.method("/", "ANY", {**LINK, "type": "HTTP_PROXY", "uri": uri, "connectionId": chosen})
    api.deploy("bare")
    api.deploy("own", link=own)
    api.deploy("watched", link=rig.link("watched"))
    assert rig.name(api, stage="own") in ("one", "two")
    assert rig.name(api, stage="watched") in ("watched", "spare")
    assert rig.ask(api, "bare") == INTERNAL
    client.delete_vpc_link(vpcLinkId=own)
    until(lambda: rig.ask(api, "own") == INTERNAL)
    variable = {"op": "replace", "path": "/variables/link", "value": rig.link("pair")}
    client.update_stage(restApiId=api.id, stageName="own", patchOperations=[variable])
    until(lambda: rig.ask(api, "own")[0] == 200)
    reason = "Invalid endpoint address (connectionId {}: there is no such VPC link)"
    until(lambda: all(reason.format(link) in rig.log() for link in ("empty", own)))


def test_an_integration_target_is_reached_by_the_port_of_the_uri(rig: Rig) -> None:
    inner = balancer("inner", "app")
    listener = inner.replace(":loadbalancer/", ":listener/") + "/0467ef3c8400ae65"
    for port, target, name in (("8081", inner, "one"), ("8082", listener, "two")):
        api = rig.serve(rig.link("pair"), f"http://inner.internal:{port}/p", integrationTarget=target)
        assert {rig.name(api) for _ in range(3)} == {name}
        assert rig.ask(api)[1]["host"] == f"inner.internal:{port}"


def test_an_integration_target_that_a_stage_leaves_empty_is_not_the_links_own(rig: Rig) -> None:
    api = Api(rig.node)
    target = {"connectionId": rig.link("pair"), "integrationTarget": "${stageVariables.target}"}
    api.method("/", "ANY", {**LINK, "type": "HTTP_PROXY", "uri": "http://inner.internal:8081", **target})
    api.deploy("bare")
    api.deploy("inner", target=balancer("inner", "app"))
    assert rig.ask(api, "bare") == INTERNAL
    assert rig.name(api, stage="inner") == "one"


def test_a_test_invocation_goes_through_the_link(rig: Rig) -> None:
    api = Api(rig.node)
    integration = {"type": "HTTP_PROXY", "uri": "http://shop.internal/t", "connectionId": rig.link("pair")}
    where = api.method("/", "GET", {**LINK, **integration, "integrationHttpMethod": "GET"})
    answer = api.gateway.test_invoke_method(**where)
    assert (answer["status"], json.loads(answer["body"])["path"]) == (200, "/t")
    assert "Sending request to http://shop.internal/t" in answer["log"]


TEMPLATE = """
Parameters:
  Balancer: {Type: String}
Resources:
  Link:
    Type: AWS::ApiGateway::VpcLink
    Properties: {Name: shop, TargetArns: [!Ref Balancer], Tags: [{Key: team, Value: blue}]}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: linked}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      Integration:
        Type: HTTP_PROXY
        IntegrationHttpMethod: GET
        Uri: http://shop.internal/x
        ConnectionType: VPC_LINK
        ConnectionId: !Ref Link
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Get
    Properties: {RestApiId: !Ref Api, StageName: dev}
Outputs:
  Link: {Value: !GetAtt Link.VpcLinkId}
"""


def test_a_template_makes_its_link_and_another_one_for_another_target(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = read_credentials(rig.node.data_dir / "credentials")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", secret.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret.secret_key)
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    node = Node(rig.node.management_url, rig.node.url, REGION, ACCOUNT)
    client = rig.node.client("apigateway")

    def deployed(name: str) -> tuple[str, str]:
        """The link, and who answers."""
        found = CloudFormationProject(file, {"Balancer": balancer(name)}).deploy(node)
        (made,) = [link for link in client.get_vpc_links()["items"] if "tags" in link]
        assert made["tags"]["team"] == "blue"
        assert any(made["id"] in note for note in found.notes)
        with urllib.request.urlopen(found.apis[0].url, timeout=BOUND) as answer:
            return made["id"], json.loads(answer.read())["name"]

    first, name = deployed("pair")
    assert name in ("one", "two")
    assert deployed("pair")[0] == first
    second, _ = deployed("watched")
    assert second != first
    assert rig.node.client("apigateway").get_vpc_link(vpcLinkId=second)["targetArns"] == [balancer("watched")]
