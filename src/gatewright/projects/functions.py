"""A project's functions on the node: made, changed where they differ, and opened to the project's API."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from gatewright.projects.api import Node
from gatewright.projects.code import by_directory, by_zip
from gatewright.projects.configuration import Configuration, Function
from gatewright.projects.errors import said


class Functions:
    """Deploys the functions of one project, and remembers what it deployed.

    With `hot_reload` the node, on this machine, runs them from their directories: it follows edits itself.
    """

    def __init__(self, *, hot_reload: bool) -> None:
        self._hot_reload = hot_reload
        self._done: dict[str, tuple[Function, bytes]] = {}

    def deploy(self, node: Node, configuration: Configuration) -> None:
        """Raises CannotDeploy at the function's table."""
        for name, function in configuration.project.functions.items():
            try:
                self._deploy(node, configuration, name, function)
            except ClientError as error:
                raise configuration.refuse(f"function {name}: {said(error)}", "functions", name) from None

    def _deploy(self, node: Node, configuration: Configuration, name: str, function: Function) -> None:
        directory = configuration.directory / function.directory
        if not directory.is_dir():
            reason = f"function {name}: there is no directory {directory}"
            raise configuration.refuse(reason, "functions", name, "directory")
        whole = function.model_copy(
            update={"environment": {**configuration.project.environment, **function.environment}}
        )
        try:
            code, digest = by_directory(directory) if self._hot_reload else by_zip(directory)
        except (ValueError, OSError) as error:
            raise configuration.refuse(f"function {name}: {error}", "functions", name) from None
        if self._done.get(name) != (whole, digest):
            self._done.pop(name, None)  # half of it may be refused
            arn = _put(node, name, whole, code, digest)
            _allow(node, arn, configuration.api)
            self._done[name] = whole, digest


def _put(node: Node, name: str, function: Function, code: Mapping[str, Any], digest: bytes) -> str:
    """The function's ARN."""
    client = node.client("lambda")
    try:
        current = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        role = f"arn:aws:iam::{node.account}:role/gatewright-project"
        made = client.create_function(FunctionName=name, Role=role, Code=code, **_settings(function))
        return str(made["FunctionArn"])
    if current["CodeSha256"] != b64encode(digest).decode():
        client.update_function_code(FunctionName=name, **code)
    wanted = _settings(function)
    if any(current.get(member) != value for member, value in wanted.items()):
        client.update_function_configuration(FunctionName=name, **wanted)
    return str(current["FunctionArn"])


def _settings(function: Function) -> dict[str, Any]:
    return {
        "Runtime": function.runtime,
        "Handler": function.handler,
        "Timeout": function.timeout,
        "MemorySize": function.memory,
        "Environment": {"Variables": dict(function.environment)},
    }


def _allow(node: Node, arn: str, api: str) -> None:
    """Let the project's API, and no other, invoke the function, also as an authorizer."""
    client = node.client("lambda")
    region, account = arn.split(":")[3:5]
    try:
        client.add_permission(
            FunctionName=arn,
            StatementId=f"gatewright-{api}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:{account}:{api}/*",
        )
    except client.exceptions.ResourceConflictException:
        pass  # it is allowed already
