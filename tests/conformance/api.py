"""Builds the API that a case file describes, through the management API alone."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_lambda import LambdaClient

Described = dict[str, Any]
STAGE = "dev"


class Builder:
    """One API under construction; `names` fills `{backend}` and the like in the file's strings."""

    def __init__(self, gateway: APIGatewayClient, functions: LambdaClient, names: dict[str, str]) -> None:
        self._gateway = gateway
        self._functions = functions
        self._names = dict(names)
        self._resources: dict[str, str] = {}
        self._validators: dict[str, str] = {}
        self.api_id = ""

    def build(self, described: Described) -> str:
        """Create, deploy to the stage `dev`, and return the API's id."""
        settings = {"name": "conformance", "endpointConfiguration": {"types": ["REGIONAL"]}}
        made = self._gateway.create_rest_api(**{**settings, **described.get("api", {})})
        self.api_id = made["id"]
        self._names["api"] = self.api_id
        self._resources["/"] = made["rootResourceId"]
        self._parts(described)
        for method in described.get("methods", []):
            self._method(self._filled(method))
        variables = self._filled(described.get("variables", {}))
        self._gateway.create_deployment(restApiId=self.api_id, stageName=STAGE, variables=variables)
        return self.api_id

    def _parts(self, described: Described) -> None:
        for name, source in described.get("functions", {}).items():
            self._names[f"function:{name}"] = self._function(name, source)
        for model in described.get("models", []):
            self._gateway.create_model(
                restApiId=self.api_id, contentType="application/json", **self._filled(model)
            )
        for name, switches in described.get("validators", {}).items():
            made = self._gateway.create_request_validator(restApiId=self.api_id, name=name, **switches)
            self._validators[name] = made["id"]
        for response in described.get("gatewayResponses", []):
            self._gateway.put_gateway_response(restApiId=self.api_id, **response)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, text in self._names.items():
                value = value.replace("{" + name + "}", text)
            return value
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return value

    def _function(self, name: str, source: str) -> str:
        """The invocation URI of a new Python function made of `source`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("app.py", source)
        unique = f"{self.api_id}-{name}"
        arn = self._functions.create_function(
            FunctionName=unique,
            Runtime="python3.12",
            Handler="app.handler",
            Role="arn:aws:iam::000000000000:role/conformance",
            Code={"ZipFile": archive.getvalue()},
        )["FunctionArn"]
        self._functions.add_permission(
            FunctionName=unique,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        region = arn.split(":")[3]
        return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def _resource(self, path: str) -> str:
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self._gateway.create_resource(
                restApiId=self.api_id, parentId=self._resource(parent or "/"), pathPart=part
            )
            self._resources[path] = made["id"]
        return self._resources[path]

    def _method(self, described: Described) -> None:
        where = {
            "restApiId": self.api_id,
            "resourceId": self._resource(described["path"]),
            "httpMethod": described["verb"],
        }
        settings = dict(described.get("method", {}))
        if "validator" in settings:
            settings["requestValidatorId"] = self._validators[settings.pop("validator")]
        self._gateway.put_method(**where, authorizationType="NONE", **settings)
        integration = dict(described["integration"])
        verb = integration.pop("httpMethod", None)
        more = {"integrationHttpMethod": verb} if verb else {}
        self._gateway.put_integration(**where, **more, **integration)
        for status, response in described.get("responses", {}).items():
            self._response(where, str(status), response or {})

    def _response(self, where: dict[str, str], status: str, response: Described) -> None:
        answer = dict(response)
        headers = dict.fromkeys(answer.get("responseParameters", {}), False)
        if not answer.pop("undeclared", False):
            self._gateway.put_method_response(**where, statusCode=status, responseParameters=headers)
        if not answer.pop("methodOnly", False):
            self._gateway.put_integration_response(**where, statusCode=status, **answer)
