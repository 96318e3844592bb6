"""The tree of an API's resources: who may stand where, and the paths that follow from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.rest.common import require_resource

_PATH_PART = re.compile(r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}")


@dataclass(frozen=True, slots=True)
class ResourceTree:
    """The resources of one API; only what a change touches is read, so that the tree's size costs nothing."""

    call: Call
    api: str

    def place(self, resource: Document, parent_id: str, part: str) -> None:
        """Keep a new resource at its place, a known one at another; sets `parentId`, `pathPart` and `path`.

        Raises BadRequest or Conflict when it may not stand there.
        """
        parent = require_resource(self.call, self.api, parent_id)
        self._check(resource, parent, part)
        if "parentId" in resource:
            self.call.tx.delete(keys.child(self.api, resource["parentId"], resource["pathPart"]))
        resource |= {"parentId": parent_id, "pathPart": part}
        put_child(self.call, self.api, resource)
        self._set_path(resource, parent)

    def remove(self, resource: Document) -> list[str]:
        """Remove a resource and everything below it; the ids of what is gone."""
        self.call.tx.delete(keys.child(self.api, resource["parentId"], resource["pathPart"]))
        gone = [resource["id"]]
        for resource_id in gone:
            gone.extend(self._children(resource_id))
            self.call.tx.delete(keys.resource(self.api, resource_id))
            self.call.tx.delete_below(keys.below("child", self.api, resource_id))
        return gone

    def _children(self, resource_id: str) -> list[str]:
        below = self.call.tx.list(keys.below("child", self.api, resource_id))
        return [child["id"] for _, child in below]

    def _set_path(self, resource: Document, parent: Document) -> None:
        """Give a resource its path, and everything below it."""
        resource["path"] = f"{parent['path'].rstrip('/')}/{resource['pathPart']}"
        changed = [resource]
        for each in changed:
            self.call.tx.put(keys.resource(self.api, each["id"]), each)
            for child_id in self._children(each["id"]):
                child = require_resource(self.call, self.api, child_id)
                child["path"] = f"{each['path']}/{child['pathPart']}"
                changed.append(child)

    def _check(self, resource: Document, parent: Document, part: str) -> None:
        if not _PATH_PART.fullmatch(part):
            raise BadRequest(
                "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly "
                "braces at the beginning and the end."
            )
        if self._stands_in(parent, resource["id"]):
            raise BadRequest("Resources cannot be cyclical.")
        if _is_greedy(parent.get("pathPart", "")):
            raise _below_greedy(parent["pathPart"])
        if _is_greedy(part) and self._children(resource["id"]):
            raise _below_greedy(part)
        self._check_siblings(resource["id"], parent["id"], part)

    def _stands_in(self, resource: Document, resource_id: str) -> bool:
        """Whether a resource is another one or below it."""
        while resource["id"] != resource_id:
            if "parentId" not in resource:
                return False
            resource = require_resource(self.call, self.api, resource["parentId"])
        return True

    def _check_siblings(self, resource_id: str, parent_id: str, part: str) -> None:
        sibling = self.call.tx.get(keys.child(self.api, parent_id, part))
        if sibling is None or sibling["id"] == resource_id:
            return
        if sibling["pathPart"] == part:
            raise Conflict(f"Another resource with the same parent already has this name: {part}")
        raise BadRequest(
            f"A sibling ({sibling['pathPart']}) of this resource already has a variable path part -- only "
            "one is allowed"
        )


def put_child(call: Call, api: str, resource: Document) -> None:
    """Note where a resource stands."""
    key = keys.child(api, resource["parentId"], resource["pathPart"])
    call.tx.put(key, {"id": resource["id"], "pathPart": resource["pathPart"]})


def _is_greedy(part: str) -> bool:
    return part.endswith("+}")


def _below_greedy(part: str) -> BadRequest:
    return BadRequest(f"Cannot create a child of a resource with a greedy path variable: {part}")
