"""What `gatewright doctor` finds in APIs made by ordinary calls, and what it leaves in peace."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gatewright.projects.doctor import examine

Look = Callable[[str], dict[str, Any]]
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:who"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
ORIGIN, METHODS, HEADERS = (
    f"method.response.header.Access-Control-Allow-{name}" for name in ("Origin", "Methods", "Headers")
)


@dataclass
class Api:
    client: Any
    look: Look
    id: str
    root: str

    def method(
        self, verb: str, headers: dict[str, str] | None = None, *, kind: str = "MOCK", **method: Any
    ) -> None:
        """A method that answers 200 with constant headers."""
        where = {"restApiId": self.id, "resourceId": self.root, "httpMethod": verb}
        self.client.put_method(**where, **{"authorizationType": "NONE", **method})
        if kind != "MOCK":
            self.client.put_integration(**where, type=kind, integrationHttpMethod="POST", uri=URI)
            return
        sent = {name: f"'{value}'" for name, value in (headers or {}).items()}
        self.client.put_integration(
            **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        self.client.put_method_response(
            **where, statusCode="200", responseParameters=dict.fromkeys(sent, False)
        )
        self.client.put_integration_response(**where, statusCode="200", responseParameters=sent)

    def errors_with_origin(self) -> None:
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
            self.client.put_gateway_response(
                restApiId=self.id,
                responseType=kind,
                responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            )

    def authorizer(self, **more: Any) -> str:
        return str(
            self.client.create_authorizer(
                restApiId=self.id,
                name="who",
                type="TOKEN",
                authorizerUri=URI,
                identitySource="method.request.header.Authorization",
                **more,
            )["id"]
        )

    def deploy(self) -> None:
        self.client.create_deployment(restApiId=self.id, stageName="prod")

    def found(self, *answers: dict[str, Any]) -> list[str]:
        configuration = self.look(self.id)
        told = [{"authorizer": one["id"], "answer": one["answer"]} for one in answers]
        return [f"{one.where}: {one.what}" for one in examine({**configuration, "answers": told})]


@pytest.fixture
def api(client: Any, look: Look) -> Api:
    made = client.create_rest_api(name="pets")
    return Api(client, look, made["id"], made["rootResourceId"])


def test_a_deployed_api_without_faults_is_left_in_peace(api: Api) -> None:
    api.method("GET", {ORIGIN: "*"})
    api.method("DELETE", {ORIGIN: "*"}, authorizationType="CUSTOM", authorizerId=api.authorizer())
    api.method("OPTIONS", {ORIGIN: "*", METHODS: "DELETE, GET", HEADERS: "authorization"})
    api.errors_with_origin()
    api.deploy()
    assert api.found() == []


def test_what_is_not_deployed(api: Api) -> None:
    api.method("GET")
    assert api.found() == [f"API {api.id}: has no stage, so nothing of it is served"]
    api.deploy()
    api.client.put_method(restApiId=api.id, resourceId=api.root, httpMethod="PUT", authorizationType="NONE")
    assert api.found() == [
        "stage prod: serves an older deployment: 1 change is not deployed",
        "PUT /: has no integration, which refuses the next deployment",
    ]


def test_what_nobody_uses(api: Api) -> None:
    refers = json.dumps({"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Toy"})
    for name, schema in (("Toy", "{}"), ("Pet", refers), ("Old", "{}")):
        api.client.create_model(restApiId=api.id, name=name, contentType="application/json", schema=schema)
    api.method("GET", requestModels={"application/json": "Pet"})
    api.authorizer()
    api.deploy()
    assert api.found() == [
        "authorizer who: no method uses it",
        "model Old: no method and no other model refers to it",
    ]


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ({ORIGIN: "https://a.example, https://b.example"}, "sends several origins"),
        (
            {ORIGIN: "*", "method.response.header.Access-Control-Allow-Credentials": "true"},
            "sends Access-Control-Allow-Origin * with Access-Control-Allow-Credentials",
        ),
        ({HEADERS: "Authorization"}, "answers 200 without Access-Control-Allow-Origin"),
    ],
)
def test_answers_that_a_browser_keeps_from_the_page(api: Api, origin: dict[str, str], told: str) -> None:
    api.method("GET", origin)
    api.errors_with_origin()
    api.deploy()
    (finding,) = api.found()
    assert finding.startswith(f"GET /: {told}")


def test_methods_that_a_browser_asks_about_and_gets_no_answer(api: Api) -> None:
    api.method("GET", {ORIGIN: "*"})
    api.method("PUT", kind="AWS_PROXY")
    api.deploy()
    assert api.found() == [
        "/: has no OPTIONS method, which a browser asks before PUT",
        "gateway responses: DEFAULT_4XX and DEFAULT_5XX send no Access-Control-Allow-Origin: a page cannot "
        "read why a request was refused",
    ]


def test_a_preflight_answer_that_does_not_allow_what_the_methods_need(api: Api) -> None:
    api.method("OPTIONS", {ORIGIN: "*", METHODS: "GET", HEADERS: "*"}, apiKeyRequired=True)
    api.method("DELETE", kind="AWS_PROXY", authorizationType="AWS_IAM")
    api.method("POST", kind="AWS_PROXY", apiKeyRequired=True)
    api.errors_with_origin()
    api.deploy()
    assert api.found() == [
        "OPTIONS /: asks for credentials, which a browser never sends with OPTIONS",
        "OPTIONS /: does not allow DELETE",
        "OPTIONS /: does not allow the header Authorization, which methods of this resource need (* does not "
        "stand for it)",
    ]


def test_an_api_without_cors_is_not_asked_for_it(api: Api) -> None:
    api.method("PUT", authorizationType="AWS_IAM")
    api.deploy()
    assert api.found() == []


def answer(resource: Any) -> str:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    return json.dumps({"principalId": "ann", "policyDocument": {"Statement": [statement]}})


ROUTE = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets"


@pytest.mark.parametrize(
    ("said", "ttl", "found"),
    [
        (answer(ROUTE), 300, True),
        (answer([ROUTE]), 300, True),
        (answer(ROUTE), 0, False),
        (answer([ROUTE, f"{ROUTE}/1"]), 300, False),
        (answer("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/*"), 300, False),
        (answer("*"), 300, False),
        (answer(ROUTE)[:40], 300, False),
        ('"Unauthorized"', 300, False),
    ],
)
def test_a_cached_policy_that_names_one_route(api: Api, said: str, ttl: int, found: bool) -> None:
    authorizer = api.authorizer(authorizerResultTtlInSeconds=ttl)
    for verb in ("GET", "PUT"):
        api.method(verb, authorizationType="CUSTOM", authorizerId=authorizer)
    api.deploy()
    told = api.found({"id": authorizer, "answer": said}, {"id": authorizer, "answer": said})
    assert [one.split(";")[0] for one in told] == (
        [f"authorizer who: answered with a policy that allows {ROUTE} alone"] if found else []
    )


def test_one_route_is_enough_for_an_authorizer_of_one_method(api: Api) -> None:
    authorizer = api.authorizer()
    api.method("GET", authorizationType="CUSTOM", authorizerId=authorizer)
    api.deploy()
    assert api.found({"id": authorizer, "answer": answer(ROUTE)}) == []
