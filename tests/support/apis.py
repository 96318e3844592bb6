"""APIs made through boto3 for tests that care about traffic rather than about management."""

from __future__ import annotations

from typing import Any

from tests.support.processes import Gatewright

MOCK_TEMPLATE = {"application/json": '{"statusCode": 200}'}


class Api:
    """One REST API of a node."""

    def __init__(self, node: Gatewright, **settings: Any) -> None:
        self.node = node
        self.gateway = node.client("apigateway")
        made = self.gateway.create_rest_api(
            **{"name": "test", "endpointConfiguration": {"types": ["REGIONAL"]}, **settings}
        )
        self.id: str = made["id"]
        self._resources: dict[str, str] = {"/": made["rootResourceId"]}

    def resource(self, path: str) -> str:
        """The id of a resource, made with its parents if it is not there."""
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self.gateway.create_resource(
                restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part
            )
            self._resources[path] = made["id"]
        return self._resources[path]

    def method(
        self, path: str, verb: str, integration: dict[str, Any], method: dict[str, Any] | None = None
    ) -> dict[str, str]:
        """Put a method with its integration; answers where it is, as further calls want it."""
        where = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": verb}
        self.gateway.put_method(**where, **(method or {"authorizationType": "NONE"}))
        self.gateway.put_integration(**where, **integration)
        return where

    def mock(self, path: str, body: str, headers: dict[str, str] | None = None) -> dict[str, str]:
        """A MOCK GET that answers `body`; `headers` are mapping expressions by header name."""
        where = self.method(path, "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE})
        parameters = {f"method.response.header.{name}": value for name, value in (headers or {}).items()}
        self.gateway.put_method_response(
            **where, statusCode="200", responseParameters=dict.fromkeys(parameters, False)
        )
        self.gateway.put_integration_response(
            **where,
            statusCode="200",
            responseParameters=parameters,
            responseTemplates={"application/json": body},
        )
        return where

    def change_mock(self, where: dict[str, str], body: str) -> None:
        template = {"op": "replace", "path": "/responseTemplates/application~1json", "value": body}
        self.gateway.update_integration_response(**where, statusCode="200", patchOperations=[template])

    def deploy(self, stage: str, **variables: str) -> str:
        """Deploy the draft to `stage`; the deployment's id."""
        made = self.gateway.create_deployment(restApiId=self.id, stageName=stage, variables=variables)
        return str(made["id"])
