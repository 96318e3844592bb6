"""What a `$ref` says: JSON pointers, local and in other files, and the URLs that name models."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from gatewright.openapi.importing.bounds import Pointer

_MODEL_URL = re.compile(
    r"https://apigateway\.amazonaws\.com/restapis/(?P<api>[^/#]+)/models/(?P<name>[^/#]+)"
)
_REMOTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")


def reference(value: Any) -> str | None:
    """The reference that an object is; None for anything else."""
    found = value.get("$ref") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def model_of_url(text: str) -> str | None:
    """The name of the model that the URL of a model ends with."""
    match = _MODEL_URL.fullmatch(text)
    return None if match is None else match["name"]


def is_remote(text: str) -> bool:
    """Whether a reference names another machine: it has a scheme or a host."""
    return _REMOTE.match(text) is not None


def pointer_of(fragment: str) -> Pointer:
    """The parts of a reference's `#/…`, without the `#`."""
    return tuple(unquote(part).replace("~1", "/").replace("~0", "~") for part in fragment.split("/")[1:])


def written(pointer: Pointer) -> str:
    """A pointer as a local reference, `#/…`."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in pointer)


def find(document: Any, pointer: Pointer) -> Any:
    """What stands at a pointer; None if nothing does."""
    for part in pointer:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and str(part).isdecimal() and len(str(part)) < 9:
            index = int(part)
            document = document[index] if index < len(document) else None
        else:
            return None
    return document
