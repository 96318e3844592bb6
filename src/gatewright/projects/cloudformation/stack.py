"""What one deployment of a template is doing to a node: its clients, what was made, what is still wanted."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatewright.projects.api import Node

TEMPLATE, LOGICAL_ID = "gatewright:template", "gatewright:logical-id"
OWN_TAGS = "gatewright:"
PAGE = 500


@dataclass(frozen=True, slots=True)
class Physical:
    """What a resource became: what Ref gives for it, and Fn::GetAtt."""

    ref: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """One API while it is being built: what is in it, and what of that the template wants."""

    owned: bool  # made by this template: what the template does not have is removed
    tags: dict[str, str]
    resources: dict[tuple[str | None, str | None], str]  # by parent and path part
    kept: set[str] = field(default_factory=set)  # ids of resources, authorizers and validators
    from_body: bool = False  # an OpenAPI document said what is in it
    content: list[str] = field(default_factory=list)  # everything put into it, in order
    methods: dict[str, str] = field(default_factory=dict)  # logical ids by `GET /pets`
    models: set[str] = field(default_factory=set)  # the names of those put into it

    def path(self, resource_id: str) -> str:
        """Of a resource that is in it, as `/pets/{id}`."""
        places = {found: place for place, found in self.resources.items()}
        parts: list[str] = []
        here: str | None = resource_id
        while here is not None:
            here, part = places[here]
            parts.append(part or "")
        return "/".join(reversed(parts)) or "/"

    def fingerprint(self) -> str:
        return hashlib.sha256("\n".join(self.content).encode()).hexdigest()[:32]


class Stack:
    """One run. Whatever the template makes carries tags that lead back to it."""

    def __init__(self, node: Node, file: Path, name: str, *, hot_reload: bool) -> None:
        self.node, self.file, self.name = node, file, name
        self.hot_reload = hot_reload  # the node runs functions from this machine's directories
        self.apigateway: Any = node.client("apigateway")
        self.functions: Any = node.client("lambda")
        self.notes: list[str] = []
        self.accepted: defaultdict[str, list[str]] = defaultdict(list)  # by what is said of them
        self._undo: list[Callable[[], object]] = []
        self.wanted: defaultdict[str, set[str]] = defaultdict(set)  # physical ids by kind
        self._drafts: dict[str, Draft] = {}

    @property
    def template(self) -> str:
        """What the tag of everything that this template made says: short enough for a tag."""
        path = str(self.file.resolve())
        return (
            path if re.fullmatch(r"[\w /.+@:=-]{1,256}", path) else hashlib.sha256(path.encode()).hexdigest()
        )

    def name_for(self, logical_id: str, longest: int) -> str:
        """What a resource without a name of its own is called: always the same, and like no other."""
        name = f"{self.name}-{logical_id}"
        if len(name) <= longest:
            return name
        return f"{name[: longest - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def tags(self, logical_id: str, given: dict[str, str]) -> dict[str, str]:
        return {**given, TEMPLATE: self.template, LOGICAL_ID: logical_id}

    def made_by_this(self, tagged: dict[str, Any]) -> bool:
        return bool((tagged.get("tags") or {}).get(TEMPLATE) == self.template)

    def find(self, operation: str, logical_id: str) -> dict[str, Any] | None:
        """What this template made for a logical id before, among all that a listing has."""
        for item in self.every(operation):
            if self.made_by_this(item) and item["tags"].get(LOGICAL_ID) == logical_id:
                return item
        return None

    def every(self, operation: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of all pages of an API Gateway listing."""
        position: dict[str, str] = {}
        while True:
            page = getattr(self.apigateway, operation)(**params, **position, limit=PAGE)
            yield from page["items"]
            if "position" not in page:
                return
            position = {"position": page["position"]}

    def arn(self, path: str) -> str:
        """Of something of API Gateway."""
        return f"arn:aws:apigateway:{self.node.region}::{path}"

    def retag(self, path: str, now: dict[str, str], wanted: dict[str, str]) -> None:
        """Bring the tags at `path` to what is wanted; this package's own notes among them stay."""
        gone = [key for key in now if key not in wanted and not key.startswith(OWN_TAGS)]
        if gone:
            self.apigateway.untag_resource(resourceArn=self.arn(path), tagKeys=gone)
        if any(now.get(key) != value for key, value in wanted.items()):
            self.apigateway.tag_resource(resourceArn=self.arn(path), tags=wanted)

    def draft(self, api_id: str) -> Draft:
        """The draft of an API, as it is in the node when it is first asked for."""
        if api_id not in self._drafts:
            api = self.apigateway.get_rest_api(restApiId=api_id)
            resources = self.every("get_resources", restApiId=api_id)
            self._drafts[api_id] = Draft(
                owned=self.made_by_this(api),
                tags=dict(api.get("tags") or {}),
                resources={(each.get("parentId"), each.get("pathPart")): each["id"] for each in resources},
            )
        return self._drafts[api_id]

    def drafts(self) -> dict[str, Draft]:
        return dict(self._drafts)

    def on_failure(self, undo: Callable[[], object]) -> None:
        """What brings back what was served, if a later resource is refused."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Do so, the last first. What cannot be brought back is let go: the refusal is what is reported."""
        while self._undo:
            try:
                self._undo.pop()()
            except (BotoCoreError, ClientError):
                continue

    def forget_draft(self, api_id: str) -> None:
        """Read it anew the next time: its content was replaced."""
        self._drafts.pop(api_id, None)
