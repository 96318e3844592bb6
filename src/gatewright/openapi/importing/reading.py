"""What every part of the reading needs: the document, its version, and the definition that grows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from gatewright.openapi.importing import references
from gatewright.openapi.importing.bounds import MOST_EXPANDED
from gatewright.openapi.importing.definition import Definition, Options, Refused
from gatewright.openapi.importing.values import mapping
from gatewright.openapi.importing.version import Version

PREFIX = "x-amazon-apigateway-"

_MOST_STEPS = 20  # from one reference to the next


@dataclass(slots=True)
class Reading:
    document: dict[str, Any]
    version: Version
    options: Options
    definition: Definition
    _spent: int = 0

    @property
    def swagger(self) -> bool:
        return self.version is Version.SWAGGER

    @property
    def schema_section(self) -> tuple[str, ...]:
        return ("definitions",) if self.swagger else ("components", "schemas")

    def section(self, *pointer: str) -> dict[str, Any]:
        """An object of the document, {} where there is none."""
        value: Any = self.document
        for part in pointer:
            value = mapping(value.get(part), part, "/")
        return dict(value)

    def resolved(self, value: Any, kind: str) -> Any:
        """What a local reference stands for; None, with a warning or an error, when that cannot be found.

        Amazon documents references to shared responses and parameters as unsupported; what it makes of them
        is unverified. Here they mean what OpenAPI says.
        """
        reference = references.reference(value)
        for _ in range(_MOST_STEPS):
            if reference is None:
                return value
            if not reference.startswith("#"):
                self.definition.fail(
                    f"Unable to resolve reference '{reference}': it leads out of the document"
                )
                return None
            value = references.find(self.document, references.pointer_of(reference))
            if value is None:
                break
            reference = references.reference(value)
        self.definition.warn(f"Reference to {kind} '{reference}' not found. Ignoring.")
        return None

    def spend(self, *made: Any) -> None:
        """Count what was made of the document: what is inherited or referred to may be made very often."""
        self._spent += sum(len(orjson.dumps(part)) for part in made)
        if self._spent > MOST_EXPANDED:
            raise Refused(
                f"The document defines more than {MOST_EXPANDED} bytes with what its methods share."
            )

    def warn_of_unknown(self, value: dict[str, Any], known: tuple[str, ...], place: str) -> None:
        """Tell of API Gateway's own extensions that mean nothing at this place."""
        for name in value:
            if name.startswith(PREFIX) and name not in known:
                self.definition.warn(f"Unknown extension '{name}' at {place}. Ignoring.")
