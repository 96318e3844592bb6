"""What is to be made of a template: read and checked as a whole, before the node is asked anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatewright.projects.api import Node
from gatewright.projects.cloudformation.made import Foreseen
from gatewright.projects.cloudformation.outputs import resolved_outputs
from gatewright.projects.cloudformation.parameters import parameter_values
from gatewright.projects.cloudformation.resolver import Names, Resolver
from gatewright.projects.cloudformation.sam import SAM_TYPES, translate, wants_sam
from gatewright.projects.cloudformation.template import (
    Resource,
    check_types,
    in_order,
    names_of,
    wanted_resources,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The resources that are wanted, each after those it uses, and what their values may name."""

    names: Names
    resources: Mapping[str, Resource]
    uses: Mapping[str, set[str]]
    ordered: list[Resource]
    outputs: Any


def plan_of(document: dict[str, Any], given: Mapping[str, str], stack: str, node: Node) -> Plan:
    """Translate, resolve and check a template. Raises TemplateFault."""
    values = parameter_values(document.get("Parameters") or {}, given)
    parameters = {**values, **_pseudo_parameters(stack, node)}
    if wants_sam(document):
        check_types(document, names_of(document, parameters), SAM_TYPES)
        document = translate(document, parameters, node.region)
    names = names_of(document, parameters)
    check_types(document, names, frozenset())
    resources = wanted_resources(document, names)
    uses = _uses(resources, names)
    outputs = document.get("Outputs") or {}
    resolved_outputs(outputs, names, Resolver(names, Foreseen(resources)))
    return Plan(names, resources, uses, in_order(resources, uses), outputs)


def _pseudo_parameters(stack: str, node: Node) -> dict[str, Any]:
    return {
        "AWS::AccountId": node.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": node.region,
        "AWS::StackId": f"arn:aws:cloudformation:{node.region}:{node.account}:stack/{stack}/local",
        "AWS::StackName": stack,
        "AWS::URLSuffix": "amazonaws.com",
    }


def _uses(resources: Mapping[str, Resource], names: Names) -> dict[str, set[str]]:
    """Which others each resource uses; on the way, everything that can be checked before a change is."""
    uses = {}
    for resource in resources.values():
        foreseen = Foreseen(resources)
        resource.kind.prepare(resource.resolved(Resolver(names, foreseen)))
        others = [name for name in resource.depends_on if name in resources]
        uses[resource.logical_id] = foreseen.used | set(others)
    return uses
