"""A template once its transform is done: what is in it, which resources are wanted, in which order."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.conditions import Conditions
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.properties import Declared
from gatewright.projects.cloudformation.resolver import Names, NoResources, Resolver
from gatewright.projects.cloudformation.resources.kinds import Kind
from gatewright.projects.cloudformation.resources.table import KINDS, refusal

MOST_RESOURCES = 500  # CloudFormation's quota

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Globals",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_ATTRIBUTES = frozenset(
    {
        "Condition",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdateReplacePolicy",
    }
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One that is wanted, as the template has it."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    depends_on: tuple[str, ...]
    kept: bool  # it asks to stay when it leaves the template

    @property
    def kind(self) -> Kind:
        return KINDS[self.type]

    @property
    def path(self) -> faults.Path:
        return "Resources", self.logical_id, "Properties"

    def resolved(self, resolver: Resolver) -> Declared:
        return Declared(self.logical_id, self.type, resolver.resolve(self.properties, self.path))


def names_of(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> Names:
    """What the template's values may name. Raises TemplateFault."""
    mappings = _map(document, "Mappings")
    conditions = Conditions(
        document.get("Conditions", {}),
        lambda made: Resolver(Names(parameters, mappings, made), NoResources()).resolve,
    )
    return Names(parameters, mappings, conditions)


def check_sections(document: Any) -> dict[str, Any]:
    """The template, if its top is that of one. Raises TemplateFault."""
    if not isinstance(document, dict):
        raise TemplateFault("is not a template: its top must be a map with Resources")
    for section in document:
        if section not in _SECTIONS:
            raise TemplateFault(f"the section {section} is not supported", (section,))
    if not _map(document, "Resources"):
        raise TemplateFault("needs a section Resources with at least one resource", ("Resources",))
    return document


def wanted_resources(document: Mapping[str, Any], names: Names) -> dict[str, Resource]:
    """Those whose condition holds, by logical id. Raises TemplateFault for what is not supported."""
    declared = _map(document, "Resources")
    if len(declared) > MOST_RESOURCES:
        raise TemplateFault(f"has {len(declared)} resources; {MOST_RESOURCES} are the most", ("Resources",))
    found = (_resource(logical_id, entry, names) for logical_id, entry in declared.items())
    wanted = {resource.logical_id: resource for resource in found if resource is not None}
    for resource in wanted.values():
        _check_dependencies(resource, declared)
    return wanted


def check_types(document: Mapping[str, Any], names: Names, allowed: frozenset[str]) -> None:
    """Refuse types that are neither honoured nor `allowed`. Raises TemplateFault."""
    for logical_id, entry in _map(document, "Resources").items():
        if isinstance(entry, dict) and _holds(logical_id, entry, names):
            type_ = entry.get("Type")
            if type_ not in KINDS and type_ not in allowed:
                raise _fault(logical_id, f"{refusal(str(type_))}", str(type_))


def _resource(logical_id: str, entry: Any, names: Names) -> Resource | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("Type"), str):
        raise _fault(logical_id, "a resource is a map with a Type")
    if not _holds(logical_id, entry, names):
        return None
    for attribute in entry:
        if attribute not in _ATTRIBUTES:
            raise _fault(logical_id, f"the attribute {attribute} is not supported", entry["Type"], attribute)
    properties = entry.get("Properties") or {}
    if not isinstance(properties, dict):
        raise _fault(logical_id, "Properties must be a map", entry["Type"], "Properties")
    kept = any(entry.get(name) not in (None, "Delete") for name in ("DeletionPolicy", "UpdateReplacePolicy"))
    depends_on = entry.get("DependsOn") or []
    names_of_others = depends_on if isinstance(depends_on, list) else [depends_on]
    return Resource(logical_id, entry["Type"], properties, tuple(map(str, names_of_others)), kept)


def _check_dependencies(resource: Resource, declared: Mapping[str, Any]) -> None:
    for name in resource.depends_on:
        if name not in declared:
            raise _fault(
                resource.logical_id, f"it depends on {name}, which is no resource", resource.type, "DependsOn"
            )


def _holds(logical_id: str, entry: Mapping[str, Any], names: Names) -> bool:
    condition = entry.get("Condition")
    return condition is None or names.conditions.holds(str(condition), ("Resources", logical_id, "Condition"))


def _fault(logical_id: str, reason: str, type_: str = "", *below: str) -> TemplateFault:
    shown = f" ({type_})" if type_ else ""
    return TemplateFault(f"{logical_id}{shown}: {reason}", ("Resources", logical_id, *below))


def _map(document: Mapping[str, Any], section: str) -> dict[str, Any]:
    value = document.get(section) or {}
    if not isinstance(value, dict):
        raise TemplateFault(f"{section} must be a map", (section,))
    return value


def in_order(resources: Mapping[str, Resource], uses: Mapping[str, set[str]]) -> list[Resource]:
    """Each after what it uses; where that leaves a choice, by phase and as written. Raises TemplateFault."""
    places = {logical_id: place for place, logical_id in enumerate(resources)}
    waiting = {logical_id: set(uses[logical_id]) for logical_id in resources}
    ready = [
        (resources[logical_id].kind.phase, places[logical_id], logical_id)
        for logical_id, needed in waiting.items()
        if not needed
    ]
    heapq.heapify(ready)
    ordered = []
    while ready:
        done = heapq.heappop(ready)[2]
        del waiting[done]
        ordered.append(resources[done])
        for logical_id, needed in waiting.items():
            if done in needed:
                needed.remove(done)
                if not needed:
                    item = (resources[logical_id].kind.phase, places[logical_id], logical_id)
                    heapq.heappush(ready, item)
    if waiting:
        circle = _circle(waiting)
        raise TemplateFault(
            f"the resources {' -> '.join(circle)} need each other in a circle", ("Resources", circle[0])
        )
    return ordered


def _circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """One circle among resources that all wait."""
    walked = [next(iter(waiting))]
    while True:
        following = min(waiting[walked[-1]])
        if following in walked:
            return [*walked[walked.index(following) :], following]
        walked.append(following)
