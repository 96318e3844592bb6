"""The tree of an API's resources: who may stand where, and the paths that follow from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call

_PATH_PART = re.compile(r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}")


@dataclass(slots=True)
class ResourceTree:
    """All resources of one API by id, and which of them have changed since they were read."""

    api: str
    resources: dict[str, Document]
    _children: dict[str, list[str]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, call: Call, api: str) -> ResourceTree:
        tree = cls(
            api, {resource["id"]: resource for _, resource in call.tx.list(keys.below("resource", api))}
        )
        for resource in tree.resources.values():
            if "parentId" in resource:
                tree._children.setdefault(resource["parentId"], []).append(resource["id"])
        return tree

    def save(self, call: Call) -> None:
        for resource_id in self._changed:
            call.tx.put(keys.resource(self.api, resource_id), self.resources[resource_id])

    def place(self, resource: Document, parent_id: str, part: str) -> None:
        """Give a new resource its place, or a known one another; sets `parentId`, `pathPart` and `path`.

        Raises BadRequest or Conflict when it may not stand there.
        """
        self._check(resource["id"], self.resources[parent_id], part)
        if resource["id"] in self.resources:
            self._children[resource["parentId"]].remove(resource["id"])
        self._children.setdefault(parent_id, []).append(resource["id"])
        resource |= {"parentId": parent_id, "pathPart": part}
        self.resources[resource["id"]] = resource
        for changed in self.subtree(resource["id"]):
            self._set_path(self.resources[changed])

    def subtree(self, resource_id: str) -> list[str]:
        """A resource and everything below it, parents first."""
        found = [resource_id]
        for parent in found:
            found.extend(self._children.get(parent, ()))
        return found

    def _set_path(self, resource: Document) -> None:
        parent = self.resources[resource["parentId"]]
        resource["path"] = f"{parent['path'].rstrip('/')}/{resource['pathPart']}"
        self._changed.add(resource["id"])

    def _check(self, resource_id: str, parent: Document, part: str) -> None:
        if not _PATH_PART.fullmatch(part):
            raise BadRequest(
                "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly "
                "braces at the beginning and the end."
            )
        if parent["id"] in self.subtree(resource_id):
            raise BadRequest("Resources cannot be cyclical.")
        if _is_greedy(parent.get("pathPart", "")):
            raise _below_greedy(parent["pathPart"])
        if _is_greedy(part) and self._children.get(resource_id):
            raise _below_greedy(part)
        self._check_siblings(resource_id, parent["id"], part)

    def _check_siblings(self, resource_id: str, parent_id: str, part: str) -> None:
        siblings = [
            self.resources[sibling]["pathPart"]
            for sibling in self._children.get(parent_id, ())
            if sibling != resource_id
        ]
        if part in siblings:
            raise Conflict(f"Another resource with the same parent already has this name: {part}")
        variable = next((sibling for sibling in siblings if sibling.startswith("{")), None)
        if variable is not None and part.startswith("{"):
            raise BadRequest(
                f"A sibling ({variable}) of this resource already has a variable path part -- only one is "
                "allowed"
            )


def _is_greedy(part: str) -> bool:
    return part.endswith("+}")


def _below_greedy(part: str) -> BadRequest:
    return BadRequest(f"Cannot create a child of a resource with a greedy path variable: {part}")
