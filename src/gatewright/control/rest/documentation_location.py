"""A documentation part's location: which fields each type has, which are required, their defaults."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document

_FIELDS = ("path", "method", "statusCode", "name")
_STATUS = re.compile(r"[1-5]\d\d|\*", re.ASCII)
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY", "*")

# Besides the type itself. A name that a type has is required.
TYPES: dict[str, tuple[str, ...]] = {
    "API": (),
    "AUTHORIZER": ("name",),
    "MODEL": ("name",),
    "RESOURCE": ("path",),
    "METHOD": ("path", "method"),
    "PATH_PARAMETER": ("path", "method", "name"),
    "QUERY_PARAMETER": ("path", "method", "name"),
    "REQUEST_HEADER": ("path", "method", "name"),
    "REQUEST_BODY": ("path", "method"),
    "RESPONSE": ("path", "method", "statusCode"),
    "RESPONSE_HEADER": ("path", "method", "statusCode", "name"),
    "RESPONSE_BODY": ("path", "method", "statusCode"),
}


def completed(given: Document) -> Document:
    """The location as it is kept. Raises BadRequest; the type is known."""
    kind = given["type"]
    fields = TYPES[kind]
    location: Document = {"type": kind}
    for name in _FIELDS:
        value = given.get(name) or ("/" if name == "path" and name in fields else None)
        if value:
            location[name] = value
    _check_fields(kind, location)
    if not location.get("path", "/").startswith("/"):
        raise BadRequest(
            f"[Location type: {kind} must have a path that begins with '/', not '{location['path'][:200]}'.]"
        )
    if location.get("method", "*") not in _METHODS:
        raise BadRequest(
            f"[Location type: {kind} cannot have method '{location['method'][:80]}'. "
            f"Valid options are {', '.join(_METHODS)}.]"
        )
    if not _STATUS.fullmatch(location.get("statusCode", "*")):
        raise BadRequest(
            f"[Location type: {kind} cannot have status code '{location['statusCode'][:80]}'. "
            "It must be between 100 and 599, or *.]"
        )
    return location


def identity(location: Document) -> tuple[str, ...]:
    """What makes two locations the same: a method or status that is left out is any."""
    return (
        location["type"],
        location.get("path", ""),
        location.get("method", "*"),
        location.get("statusCode", "*"),
        location.get("name", ""),
    )


def described(location: Document) -> str:
    """As the refusal of a second part for it prints it."""
    return ", ".join(f"{name} '{value}'" for name, value in location.items())


def _check_fields(kind: str, location: Document) -> None:
    fields = TYPES[kind]
    if any(name in location and name not in fields for name in _FIELDS):
        wrong = [name for name in _FIELDS if name not in fields]
        listed = wrong[0] if len(wrong) == 1 else f"{', '.join(wrong[:-1])} or {wrong[-1]}"
        raise BadRequest(f"[Location type: {kind} cannot have {listed} defined.]")
    if "name" in fields and "name" not in location:
        raise BadRequest(f"[Location type: {kind} must have name defined.]")
