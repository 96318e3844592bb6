"""APIs with token authorizers, and how they answer."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any, NamedTuple

from tests.support.apis import Api
from tests.support.processes import REGION, Gatewright

CLAIMS = "$context.authorizer.claims.sub|$context.authorizer.claims.exp|$context.authorizer.claims"

ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}
"""


class Answer(NamedTuple):
    status: int
    error_type: str | None
    body: str


UNAUTHORIZED = Answer(401, "UnauthorizedException", '{"message":"Unauthorized"}')
EXPIRED = Answer(401, "UnauthorizedException", '{"message":"The incoming token has expired"}')
FORBIDDEN = Answer(403, "ForbiddenException", '{"message":"Forbidden"}')


def ask(url: str, token: str | None = None) -> Answer:
    request = urllib.request.Request(url, headers={} if token is None else {"Authorization": token})
    try:
        with urllib.request.urlopen(request) as answer:
            return Answer(answer.status, None, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers["x-amzn-ErrorType"], error.read().decode())


class TokenApi:
    """An API whose methods are behind authorizers of tokens; each answers who calls."""

    def __init__(self, node: Gatewright, **settings: Any) -> None:
        self._api = Api(node, **settings)
        self._node = node
        self._authorizers = 0

    def user_pools(self, *arns: str, **more: Any) -> str:
        """The id of a new authorizer."""
        return self._authorizer(type="COGNITO_USER_POOLS", providerARNs=list(arns), **more)

    def jwt(self, *issuers: dict[str, Any], algorithms: tuple[str, ...] = ("RS256",)) -> str:
        configuration = {"issuers": list(issuers), "defaultAlgorithms": list(algorithms)}
        return self._authorizer(type="JWT", jwtConfiguration=configuration)

    def _authorizer(self, **members: Any) -> str:
        self._authorizers += 1
        made = self._api.gateway.create_authorizer(
            restApiId=self._api.id,
            name=f"tokens {self._authorizers}",
            identitySource="method.request.header.Authorization",
            **members,
        )
        return str(made["id"])

    def echo(self, path: str, kind: str, authorizer: str) -> None:
        """A GET that answers `requestContext.authorizer` as its Lambda function gets it."""
        function = self._node.client("lambda")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("app.py", ECHO)
        arn = function.create_function(
            FunctionName=self._api.id,
            Runtime="python3.12",
            Handler="app.handler",
            Role="arn:aws:iam::000000000000:role/tests",
            Code={"ZipFile": archive.getvalue()},
        )["FunctionArn"]
        function.add_permission(
            FunctionName=self._api.id,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}
        method = {"authorizationType": kind, "authorizerId": authorizer}
        self._api.method(path, "GET", integration, method)

    def protect(self, path: str, kind: str, authorizer: str, *scopes: str) -> None:
        where = self._api.mock(path, CLAIMS)
        changes = {"/authorizationType": kind, "/authorizerId": authorizer}
        self._api.gateway.update_method(
            **where,
            patchOperations=[
                *({"op": "replace", "path": name, "value": value} for name, value in changes.items()),
                *({"op": "add", "path": "/authorizationScopes", "value": scope} for scope in scopes),
            ],
        )

    def deploy(self) -> None:
        self._api.deploy("prod")

    def ask(self, path: str, token: str | None = None) -> Answer:
        return ask(self._node.stage_url(self._api.id, "prod", path), token)

    def why(self, path: str) -> str:
        """What the authorizer said of the last request of a path, as dev's traces tell it."""
        steps = self._last(path)["steps"]
        return next(str(step["facts"]["why"]) for step in steps if step["name"] == "authorizer")

    def last_request(self, path: str) -> str:
        """Its id."""
        return str(self._last(path)["requestId"])

    @property
    def id(self) -> str:
        return self._api.id

    def _last(self, path: str) -> dict[str, Any]:
        url = f"{self._node.url}/_gatewright/traces?api={self._api.id}"
        with urllib.request.urlopen(url) as answer:
            traces: list[dict[str, Any]] = json.load(answer)["traces"]
        return next(trace for trace in traces if trace["path"].endswith(path))
