"""Which specification a document follows."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from gatewright.openapi.importing.definition import INVALID, Definition, Refused

_OAS30 = re.compile(r"3\.0(?:\..*)?")
_OAS31 = re.compile(r"3\.1(?:\..*)?")


class Version(Enum):
    SWAGGER = "2.0"
    OAS30 = "3.0"
    OAS31 = "3.1"


def version_of(document: dict[str, Any], definition: Definition, *, strict: bool) -> Version:
    """Raises Refused. 3.1, which Amazon refuses, is accepted unless `strict`, with a warning that says so."""
    if str(document.get("swagger")) == "2.0":
        return Version.SWAGGER
    written = str(document.get("openapi"))
    if _OAS30.fullmatch(written):
        return Version.OAS30
    if strict or not _OAS31.fullmatch(written):
        raise Refused(INVALID)
    definition.warn(f"OpenAPI {written[:20]} is read here, but Amazon API Gateway refuses it.")
    for member in ("webhooks", "jsonSchemaDialect"):
        if member in document:
            definition.warn(f"OpenAPI 3.1: '{member}' would be refused by Amazon API Gateway. Ignoring.")
    return Version.OAS31
