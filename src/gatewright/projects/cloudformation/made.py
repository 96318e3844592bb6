"""What Ref and Fn::GetAtt of resources give: what they have become, or, before that, words in its place."""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.stack import Physical
from gatewright.projects.cloudformation.template import Resource


class Foreseen:
    """Before anything is made: checks what is named, notes it in `used`, and gives its name back."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources
        self.used: set[str] = set()

    def ref(self, logical_id: str, path: faults.Path) -> str:
        self._find(logical_id, path)
        return logical_id

    def attribute(self, logical_id: str, name: str, path: faults.Path) -> str:
        resource = self._find(logical_id, path)
        if name not in resource.kind.attributes:
            known = ", ".join(sorted(resource.kind.attributes)) or "none"
            raise TemplateFault(
                f"{logical_id} ({resource.type}) has no attribute {name} here; it has {known}", path
            )
        return f"{logical_id}.{name}"

    def _find(self, logical_id: str, path: faults.Path) -> Resource:
        if logical_id not in self._resources:
            raise TemplateFault(f"there is no parameter and no resource {logical_id} here", path)
        self.used.add(logical_id)
        return self._resources[logical_id]


class Made:
    """While the resources are being made, each after those it uses."""

    def __init__(self) -> None:
        self.resources: dict[str, Physical] = {}

    def ref(self, logical_id: str, path: faults.Path) -> str:
        return self.resources[logical_id].ref

    def attribute(self, logical_id: str, name: str, path: faults.Path) -> str:
        return self.resources[logical_id].attributes[name]
