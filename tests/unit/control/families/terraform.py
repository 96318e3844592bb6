"""HashiCorp's provider as far as tests need it: lives of resources as data, and the state it compares.

It compares the attributes that a configuration may set, and takes what is empty, zero or false for not set.
`<name>` in a life stands for the id of what the test's API has under that name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.patches import shown

Document = dict[str, Any]
Operations = list[dict[str, str]]
Place = Mapping[str, str]

SETS = ("authorizationScopes", "cacheKeyParameters")
READ_AS = {"integrationHttpMethod": "httpMethod"}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a configuration; None takes an attribute away. Without patches it is put once more."""

    changes: Document
    patches: Operations = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Life:
    """`own` names what was made: the parameter of the calls that follow, and the answer's member for it."""

    family: str
    where: dict[str, str]
    configured: Document
    attributes: tuple[str, ...]
    steps: tuple[Step, ...]
    create: str = "create"
    own: tuple[str, str] | None = None
    gone: tuple[str, ...] = ("get", "delete")


def filled(value: Any, place: Place) -> Any:
    text = json.dumps(value)
    for name, identifier in place.items():
        text = text.replace(f"<{name}>", identifier)
    return json.loads(text)


def state(document: Mapping[str, Any], attributes: tuple[str, ...]) -> dict[str, Any]:
    """What the provider keeps of a configuration or of an answer."""
    return {
        name: _kept(name, document.get(name if name in document else READ_AS.get(name, name)))
        for name in attributes
    }


def _kept(name: str, value: Any) -> Any:
    if name in SETS:
        return frozenset(value or ())
    if name == "location":
        return {field: text for field, text in value.items() if text}
    if isinstance(value, dict):  # a null template is an empty one
        value = {key: "" if text is None else text for key, text in value.items()}
    return value or None


class Resource:
    """A family's resource as the provider has it in its state."""

    def __init__(self, client: Any, life: Life, place: Place) -> None:
        self._client, self._life = client, life
        self.where = filled(life.where, place)
        self.configured: dict[str, Any] = {}

    def call(self, verb: str, **params: Any) -> dict[str, Any]:
        operation = getattr(self._client, f"{verb}_{self._life.family}")
        return shown(operation(**self.where, **params))

    def create(self, configured: dict[str, Any]) -> None:
        self.configured = configured
        made = self.call(self._life.create, **configured)
        if self._life.own:
            parameter, member = self._life.own
            self.where[parameter] = made[member]

    def update(self, changes: dict[str, Any], patches: list[dict[str, str]]) -> None:
        changed = {**self.configured, **changes}
        self.configured = {name: value for name, value in changed.items() if value is not None}
        if patches:
            self.call("update", patchOperations=patches)
        else:
            self.call(self._life.create, **self.configured)

    def differs_nowhere(self) -> None:
        read = self.call("get")
        attributes = self._life.attributes
        assert state(read, attributes) == state({**self.where, **self.configured}, attributes)
        assert self.call("get") == read
