"""An API behind a Lambda authorizer whose function can be changed, and forbidden to the API."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.support.apis import Api
from tests.support.processes import ACCOUNT, REGION, Gatewright

SOURCE = """
import uuid

def handler(event, context):
    statement = {{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}}
    return {{
        "principalId": "user",
        "policyDocument": {{"Version": "2012-10-17", "Statement": [statement]}},
        "context": {{"said": "{said} " + str(uuid.uuid4())}},
    }}
"""


class GuardedApi:
    """GET / of stage `prod` answers with what the authorizer said: a word, and an id of the call."""

    def __init__(self, node: Gatewright, said: str) -> None:
        self.api = Api(node)
        self._functions = node.client("lambda")
        self._name = f"authorizer-{self.api.id}"
        arn = self._made(said)
        self.allow()
        authorizer = self.api.gateway.create_authorizer(
            restApiId=self.api.id,
            name="authorizer",
            type="TOKEN",
            identitySource="method.request.header.Authorization",
            authorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        )["id"]
        self._guard(self.api.mock("/", "$context.authorizer.said"), authorizer)
        self.api.deploy("prod")

    def say(self, said: str) -> None:
        self._functions.update_function_code(FunctionName=self._name, ZipFile=_zipped(said))

    def allow(self) -> None:
        self._functions.add_permission(
            FunctionName=self._name,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )

    def forbid(self) -> None:
        self._functions.remove_permission(FunctionName=self._name, StatementId="gateway")

    def _made(self, said: str) -> Any:
        return self._functions.create_function(
            FunctionName=self._name,
            Runtime="python3.12",
            Handler="app.handler",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": _zipped(said)},
        )["FunctionArn"]

    def _guard(self, where: dict[str, str], authorizer: str) -> None:
        changes = {"/authorizationType": "CUSTOM", "/authorizerId": authorizer}
        operations = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
        self.api.gateway.update_method(**where, patchOperations=operations)


def _zipped(said: str) -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", SOURCE.format(said=said))
    return code.getvalue()
