"""What is said about a template that is deployed: never an error, never silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gatewright.projects.api import DeployedApi, Node
from gatewright.projects.cloudformation.template import Resource

_NEVER_REMOVED = ("AWS::Lambda::Version",)


def notes_of_template(
    document: Mapping[str, Any], resources: Mapping[str, Resource], uses: Mapping[str, set[str]]
) -> Iterator[str]:
    """What is not done, and what would go wrong at Amazon."""
    if document.get("Rules"):
        yield "the template's Rules are not checked"
    kept = [each.logical_id for each in resources.values() if each.kept and each.type not in _NEVER_REMOVED]
    if kept:
        yield f"{', '.join(kept)}: its DeletionPolicy is not followed: what leaves the template is removed"
    methods = [each for each in resources.values() if each.type == "AWS::ApiGateway::Method"]
    for deployment in (each for each in resources.values() if each.type == "AWS::ApiGateway::Deployment"):
        early = [each.logical_id for each in methods if each.logical_id not in _all_uses(deployment, uses)]
        same_api = [name for name in early if _same_api(resources[name], deployment)]
        if same_api:
            yield (
                f"{deployment.logical_id} does not depend on {', '.join(same_api)}: here it is made after "
                "all methods, by CloudFormation perhaps before them; add DependsOn"
            )


def _same_api(method: Resource, deployment: Resource) -> bool:
    return bool(method.properties.get("RestApiId") == deployment.properties.get("RestApiId"))


def _all_uses(resource: Resource, uses: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = [resource.logical_id]
    while left:
        new = uses[left.pop()] - found
        found |= new
        left += new
    return found


def notes_of_outputs(outputs: Mapping[str, Any], apis: Iterable[DeployedApi], node: Node) -> Iterator[str]:
    """Outputs with the addresses of Amazon's APIs say where those are here."""
    for name, value in outputs.items():
        text = str(value)
        for api in apis:
            remote = f"https://{api.api_id}.execute-api.{node.region}.amazonaws.com/{api.stage}"
            if text == remote or text.startswith(f"{remote}/"):
                text = f"{api.url}{text.removeprefix(remote)}"
        yield f"output {name} = {text}"
