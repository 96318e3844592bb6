"""Where in the files stands what the control plane refused: its messages name paths, methods and entities."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gatewright.openapi.importing.bundle import Bundle
from gatewright.openapi.importing.source import Pointer, read_source
from gatewright.projects.api import CannotDeploy

HEADING = "Errors found during import:"
ANY, INTEGRATION = "x-amazon-apigateway-any-method", "x-amazon-apigateway-integration"

_REFUSED = re.compile(r"cannot deploy this API: (?:(?P<verb>[A-Z]+) )?(?P<path>/\S*?): ")
_PATH = re.compile(r"at path (?:'(?P<quoted>/[^']*)'|(?P<path>/\S*?)[.:]?(?:\s|$))")
_VERB = re.compile(r"(?:method|on) '(?P<verb>[A-Z]+)'")
_METHOD = re.compile(r"for '(?P<verb>[A-Z]+) (?P<path>/[^']*)'")
_RESOURCE = re.compile(r"resource '(?P<path>/[^']*)' and method '(?P<verb>[A-Z]+)'")
_MODEL = re.compile(r"model for '(?P<name>[^']+)'")
_AUTHORIZER = re.compile(r"authorizer '?(?P<name>[\w-]+)'?:")
_TEMPLATE = re.compile(r"(?P<side>request|response) mapping template (?P<key>\S+): .*\(line (?P<line>\d+),")


def located(message: str, document: Bundle) -> CannotDeploy:
    """The refusal at the place it names; each of an import's errors on a line and at a place of its own."""
    reasons = [line.strip() for line in message.removeprefix(HEADING).splitlines() if line.strip()]
    value = read_source(document.text).document
    return CannotDeploy.for_all([_refusal(reason, document, value) for reason in reasons or [message]])


def _refusal(reason: str, document: Bundle, value: Any) -> CannotDeploy:
    pointer = _pointer(reason, value)
    if pointer is None:
        return CannotDeploy(reason, document.files[0])
    file, line = document.locate(pointer)
    template = _TEMPLATE.search(reason)
    if line is not None and template and _begins_block(file, line):
        # What is missing at the end of a text is told on the line after its last.
        line += min(int(template["line"]), _lines(value, pointer))
    return CannotDeploy(reason, file, line)


def _lines(value: Any, pointer: Pointer) -> int:
    """Of the text at a place."""
    *around, last = pointer
    return len(str(_at(value, tuple(around)).get(str(last), "")).splitlines())


def _begins_block(file: Path, line: int) -> bool:
    """Whether a YAML text begins below this line, and not on it."""
    lines = file.read_text().splitlines()
    return line <= len(lines) and re.search(r":\s*[|>][-+0-9]*\s*(#.*)?$", lines[line - 1]) is not None


def _pointer(reason: str, value: Any) -> Pointer | None:
    """Where in the document the reason belongs; None if it names no place."""
    if model := _MODEL.search(reason):
        return _named(value, model["name"], ("definitions",), ("components", "schemas"))
    refused = _REFUSED.search(reason) or _METHOD.search(reason) or _RESOURCE.search(reason)
    if refused is not None:
        return _operation(value, refused["path"], refused["verb"], reason)
    if path := _PATH.search(reason):
        return _operation(value, path["quoted"] or path["path"], _verb(reason), reason)
    if authorizer := _AUTHORIZER.search(reason):
        schemes = (("securityDefinitions",), ("components", "securitySchemes"))
        return _named(value, authorizer["name"], *schemes)
    return None


def _verb(reason: str) -> str | None:
    found = _VERB.search(reason)
    return found["verb"] if found else None


def _operation(value: Any, path: str, verb: str | None, reason: str) -> Pointer | None:
    paths = _at(value, ("paths",))
    wanted = path.rstrip("/")
    below = [key for key in paths if key.rstrip("/") == wanted or key.startswith(f"{wanted}/")]
    if not below:
        return None
    place: Pointer = ("paths", min(below, key=len))
    if verb is not None:
        place = (*place, ANY if verb == "ANY" else verb.lower())
        integration = (*place, INTEGRATION)
        if _at(value, integration) and ("integration" in reason or _TEMPLATE.search(reason)):
            return _template(value, integration, reason)
    return place


def _template(value: Any, integration: Pointer, reason: str) -> Pointer:
    """The template that a reason names, else the integration."""
    found = _TEMPLATE.search(reason)
    if found is None:
        return integration
    places = [(*integration, "requestTemplates")]
    if found["side"] == "response":
        responses = (*integration, "responses")
        places = [(*responses, key, "responseTemplates") for key in _at(value, responses)]
    keys = [(*place, key) for place in places for key in _at(value, place) if key.lower() == found["key"]]
    return keys[0] if keys else integration


def _named(value: Any, name: str, *sections: Pointer) -> Pointer | None:
    return next(((*section, name) for section in sections if name in _at(value, section)), None)


def _at(value: Any, pointer: Pointer) -> dict[str, Any]:
    """The object at a place; an empty one if there is none."""
    for part in pointer:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
