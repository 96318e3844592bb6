"""An OpenAPI file as a project: one API, and the stage that serves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatewright.openapi.importing.bundle import Bundle
from gatewright.projects.api import CannotDeploy, Deployed, DeployedApi, Node
from gatewright.projects.configuration import label
from gatewright.projects.documents import Documents
from gatewright.projects.errors import said
from gatewright.projects.locating import located

ID_TAG = "_custom_id_"  # a new API gets the id that this tag asks for
STAGE = "dev"
NO_INTEGRATION = "No integration defined for method"
NAMES_OF_ANY_API = ("openapi", "swagger", "api", "template")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a document is deployed."""

    api: str
    name: str
    variables: Mapping[str, str]


class Api:
    """Deploys one document to one stage, and remembers what it deployed."""

    def __init__(self) -> None:
        self._done: tuple[bytes, Stage] | None = None
        self._deployment: str | None = None  # that this object made

    def deploy(self, node: Node, document: Bundle, stage: Stage) -> tuple[str, ...]:
        """The import's warnings, with their places. Raises CannotDeploy with the place in the document."""
        if self._done == (document.text, stage):
            return ()
        self._done = None  # a refusal of the deployment leaves the import in the draft
        warnings: list[str] = []
        try:
            warnings += _import(node, document, stage)
            deployment = _serve(node, stage)
        except ClientError as error:
            # Something that the import left out may be what is missing.
            raise located("\n".join([_told(error, node, stage), *warnings]), document) from None
        self._done = document.text, stage
        self._drop_last(node, stage.api)
        self._deployment = deployment
        return tuple(str(located(warning, document)) for warning in warnings)

    def _drop_last(self, node: Node, api: str) -> None:
        """Nobody comes back to the deployment of each time that a file was saved."""
        if self._deployment is None:
            return
        client = node.client("apigateway")
        try:
            client.delete_deployment(restApiId=api, deploymentId=self._deployment)
        except ClientError:
            pass  # another stage serves it, or it is gone


def _import(node: Node, document: Bundle, stage: Stage) -> list[str]:
    """The warnings."""
    client = node.client("apigateway")
    try:
        client.get_rest_api(restApiId=stage.api)
    except client.exceptions.NotFoundException:
        client.create_rest_api(name=stage.api, tags={ID_TAG: stage.api})
    answer = client.put_rest_api(restApiId=stage.api, mode="overwrite", body=document.text)
    return list(answer.get("warnings", ()))


def _serve(node: Node, stage: Stage) -> str:
    """Deploy the API; the deployment's id. Variables that are no more wanted leave the stage."""
    client = node.client("apigateway")
    where = {"restApiId": stage.api, "stageName": stage.name}
    deployment = client.create_deployment(**where, variables=dict(stage.variables))
    present = client.get_stage(**where).get("variables", {})
    gone = [{"op": "remove", "path": f"/variables/{name}"} for name in present.keys() - stage.variables]
    if gone:
        client.update_stage(**where, patchOperations=gone)
    return str(deployment["id"])


def _told(error: ClientError, node: Node, stage: Stage) -> str:
    """What the node said; it does not say which method has no integration."""
    message = said(error)
    if message != NO_INTEGRATION:
        return message
    pages = node.client("apigateway").get_paginator("get_resources")
    for page in pages.paginate(restApiId=stage.api, embed=["methods"]):
        for resource in page["items"]:
            for verb, method in resource.get("resourceMethods", {}).items():
                if "methodIntegration" not in method:
                    return f"{message} '{verb}' on resource at path '{resource['path']}'"
    return message


def unreachable(error: BotoCoreError, file: Path) -> CannotDeploy:
    return CannotDeploy(f"the node cannot be asked: {error}", file)


def served(node: Node, stage: Stage) -> DeployedApi:
    url = f"{node.data}/restapis/{stage.api}/{stage.name}/_user_request_"
    return DeployedApi(stage.api, stage.api, stage.name, url)


class OpenApiFile:
    """An API named after the file, on stage `dev` unless told otherwise."""

    def __init__(self, file: Path, stage: str = STAGE, variables: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._stage = Stage(_named_after(file), stage, dict(variables or {}))
        self._documents = Documents(file)
        self._api = Api()

    def watched(self) -> Iterable[Path]:
        return self._documents.files

    def deploy(self, node: Node) -> Deployed:
        document = self._documents.read(self._file)
        try:
            notes = self._api.deploy(node, document, self._stage)
        except BotoCoreError as error:
            raise unreachable(error, self._file) from None
        return Deployed((served(node, self._stage),), notes)


def _named_after(file: Path) -> str:
    """The file's name, or its directory's where any API's file is named so."""
    name: Any = file.stem
    return label(file.absolute().parent.name if name.lower() in NAMES_OF_ANY_API else name)
