"""Paths and their operations as resources and methods."""

from __future__ import annotations

from typing import Any

from gatewright.openapi.importing.bodies import Bodies
from gatewright.openapi.importing.definition import Method, Refused
from gatewright.openapi.importing.integration import INTEGRATION, set_integration
from gatewright.openapi.importing.parameters import declared, set_parameters
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.schemas import Schemas
from gatewright.openapi.importing.security import AUTH, Security
from gatewright.openapi.importing.values import mapping, optional_text

ANY = "x-amazon-apigateway-any-method"
VALIDATOR = "x-amazon-apigateway-request-validator"

VERBS = ("get", "put", "post", "delete", "options", "head", "patch", ANY)
MOST_METHODS = 10_000
MOST_RESOURCES = 10_000
MOST_SEGMENTS = 50  # of one path
PATH_CHARACTERS = 4_096


class Operations:
    """Reads the paths of a document whose security schemes and schemas have been read."""

    def __init__(self, reading: Reading, schemas: Schemas, security: Security) -> None:
        self._reading = reading
        self._security = security
        self._bodies = Bodies(reading, schemas)
        self._resources: set[str] = set()
        self._kept: set[tuple[str, str]] = set()
        validators = (validator["name"] for validator in reading.definition.validators)
        self._validators = {*validators, *reading.options.validators}

    def read(self, prefix: str) -> None:
        """Every path stands below `prefix`."""
        if self._is_too_long(prefix):
            return
        for path, written in self._reading.section("paths").items():
            if not path.startswith("x-"):
                self._path(prefix, path, written)

    def _path(self, prefix: str, written_path: str, written: Any) -> None:
        path = (prefix + written_path).rstrip("/") or "/"
        if not written_path.startswith("/"):
            self._reading.definition.fail(
                f"Unable to create resource at path '{written_path}': Resource should start with /"
            )
            return
        if self._is_too_long(path):
            return
        self._note(path)
        item = self._item(mapping(written, "path item", path), path)
        self._reading.warn_of_unknown(item, (ANY,), path)
        for verb, operation in item.items():
            if verb in VERBS:
                self._operation(path, verb, item, mapping(operation, "operation", path))
            elif verb == "trace":
                self._reading.definition.warn(f"Method TRACE of resource '{path}' not supported. Ignoring.")

    def _is_too_long(self, path: str) -> bool:
        """Whether a path has more parts or characters than any has that is meant; then it is an error."""
        if path.count("/") <= MOST_SEGMENTS and len(path) <= PATH_CHARACTERS:
            return False
        self._reading.definition.fail(
            f"Unable to create resource at path '{path[:200]}…': A path may have {MOST_SEGMENTS} parts "
            f"and {PATH_CHARACTERS} characters"
        )
        return True

    def _note(self, path: str) -> None:
        """A path means a resource for each of its parts."""
        self._reading.definition.paths.append(path)
        while path.strip("/") and path not in self._resources:
            self._resources.add(path)
            path = path.rpartition("/")[0]
        if len(self._resources) > MOST_RESOURCES:
            raise Refused(f"The document has more than {MOST_RESOURCES} resources.")

    def _item(self, written: dict[str, Any], path: str) -> dict[str, Any]:
        """A path item that refers to another has what the other has, and its own."""
        if "$ref" not in written:
            return written
        referred = mapping(self._reading.resolved(written, "path item"), "path item", path)
        return {**referred, **{name: value for name, value in written.items() if name != "$ref"}}

    def _operation(self, path: str, verb: str, item: dict[str, Any], operation: dict[str, Any]) -> None:
        method = Method(path, "ANY" if verb == ANY else verb.upper())
        self._reading.warn_of_unknown(operation, (AUTH, VALIDATOR, INTEGRATION), f"{method.verb} {path}")
        if not self._security.apply(method, operation):
            return
        name = optional_text(operation.get("operationId"), "operation", path)
        if name:
            method.members["operationName"] = name
        method.validator = self._validator(operation, path)
        parameters = declared(self._reading, item, operation, path)
        set_parameters(self._reading, method, parameters)
        self._bodies.set_request_models(method, operation, parameters)
        self._bodies.set_responses(method, operation)
        set_integration(self._reading, method, operation)
        self._keep(method)

    def _keep(self, method: Method) -> None:
        methods = self._reading.definition.methods
        if len(methods) == MOST_METHODS:
            raise Refused(f"The document has more than {MOST_METHODS} methods.")
        integration = (method.integration, method.integration_responses)
        self._reading.spend(method.path, method.members, method.responses, *integration)
        if (method.path, method.verb) in self._kept:  # `/a` and `/a/` are one path
            self._reading.definition.fail(
                f"Unable to put method '{method.verb}' on resource at path '{method.path}': Method already "
                "exists for this resource"
            )
        self._kept.add((method.path, method.verb))
        methods.append(method)

    def _validator(self, operation: dict[str, Any], path: str) -> str | None:
        """The operation's validator, else the document's, by its name."""
        written = operation.get(VALIDATOR, self._reading.document.get(VALIDATOR))
        name = optional_text(written, VALIDATOR, path)
        if name is None or name in self._validators:
            return name
        self._reading.definition.warn(f"Reference to request validator '{name}' not found. Ignoring.")
        return None
