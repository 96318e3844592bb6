"""Builds the API that a case file describes, through the management API alone."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.support.apis import Api
from tests.support.processes import Gatewright

Described = dict[str, Any]
STAGE = "dev"


class Builder:
    """One API under construction; `names` fills `{backend}` and the like in the file's strings."""

    def __init__(self, node: Gatewright, described: Described, names: dict[str, str]) -> None:
        self._described = described
        self._api = Api(node, **described.get("api", {}))
        self._gateway: Any = self._api.gateway
        self._functions: Any = node.client("lambda")
        self._names = {**names, "api": self._api.id}
        self._validators: dict[str, str] = {}
        self._authorizers: dict[str, str] = {}

    def build(self) -> str:
        """Fill, deploy to the stage `dev`, and return the API's id."""
        self._parts()
        for method in self._described.get("methods", []):
            self._method(self._filled(method))
        self._api.deploy(STAGE, **self._filled(self._described.get("variables", {})))
        if "stage" in self._described:
            self._gateway.update_stage(
                restApiId=self._api.id, stageName=STAGE, patchOperations=self._described["stage"]
            )
        self._plans()
        return self._api.id

    def _plans(self) -> None:
        """Usage plans of the stage: `keys` by name are created first, `methods` are the plan's throttles of
        methods, `remaining` is what each key of the plan has left."""
        keys = {
            name: self._gateway.create_api_key(name=name, **key)["id"]
            for name, key in self._described.get("keys", {}).items()
        }
        for plan in self._described.get("plans", []):
            settings = dict(plan)
            members, remaining = settings.pop("keys"), settings.pop("remaining", None)
            stage = {"apiId": self._api.id, "stage": STAGE, "throttle": settings.pop("methods", {})}
            made = self._gateway.create_usage_plan(name="conformance", apiStages=[stage], **settings)["id"]
            for name in members:
                where = {"usagePlanId": made, "keyId": keys[name]}
                self._gateway.create_usage_plan_key(**where, keyType="API_KEY")
                if remaining is not None:
                    change = {"op": "replace", "path": "/remaining", "value": remaining}
                    self._gateway.update_usage(**where, patchOperations=[change])

    def _parts(self) -> None:
        api = self._api.id
        for name, function in self._described.get("functions", {}).items():
            told = {"source": function} if isinstance(function, str) else function
            self._names[f"function:{name}"] = self._function(name, **told)
        for model in self._described.get("models", []):
            self._gateway.create_model(restApiId=api, contentType="application/json", **self._filled(model))
        for name, switches in self._described.get("validators", {}).items():
            made = self._gateway.create_request_validator(restApiId=api, name=name, **switches)
            self._validators[name] = made["id"]
        for name, settings in self._described.get("authorizers", {}).items():
            made = self._gateway.create_authorizer(restApiId=api, name=name, **self._filled(settings))
            self._authorizers[name] = made["id"]
        for response in self._described.get("gatewayResponses", []):
            self._gateway.put_gateway_response(restApiId=api, **response)

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

    def _function(self, name: str, source: str, permitted: bool = True, timeout: int = 10) -> str:
        """The invocation URI of a new Python function made of `source`; API Gateway may invoke it if
        `permitted`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr("app.py", source)
        unique = f"{self._api.id}-{name}"
        arn = self._functions.create_function(
            FunctionName=unique,
            Runtime="python3.12",
            Handler="app.handler",
            Role="arn:aws:iam::000000000000:role/conformance",
            Code={"ZipFile": archive.getvalue()},
            Timeout=timeout,
        )["FunctionArn"]
        if permitted:
            self._functions.add_permission(
                FunctionName=unique,
                StatementId="gateway",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
            )
        region = arn.split(":")[3]
        return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def _method(self, described: Described) -> None:
        settings = dict(described.get("method", {}))
        if "validator" in settings:
            settings["requestValidatorId"] = self._validators[settings.pop("validator")]
        if "authorizer" in settings:
            settings["authorizerId"] = self._authorizers[settings.pop("authorizer")]
        integration = dict(described["integration"])
        verb = integration.pop("httpMethod", None)
        more = {"integrationHttpMethod": verb} if verb else {}
        where = self._api.method(
            described["path"],
            described["verb"],
            {**more, **integration},
            {"authorizationType": "CUSTOM" if "authorizerId" in settings else "NONE", **settings},
        )
        for status, response in described.get("responses", {}).items():
            self._response(where, str(status), response or {})

    def _response(self, where: dict[str, str], status: str, response: Described) -> None:
        answer = dict(response)
        headers = dict.fromkeys(answer.get("responseParameters", {}), False)
        if not answer.pop("undeclared", False):
            self._gateway.put_method_response(**where, statusCode=status, responseParameters=headers)
        if not answer.pop("methodOnly", False):
            self._gateway.put_integration_response(**where, statusCode=status, **answer)
