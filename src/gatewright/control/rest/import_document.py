"""An import's body and query as a definition, and what is refused before anything is made."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from gatewright.aws.errors import AwsError, BadRequest
from gatewright.catalog.api import Partition
from gatewright.control.operation import Call, Params
from gatewright.openapi.importing import base_path
from gatewright.openapi.importing.bounds import MOST_BYTES
from gatewright.openapi.importing.definition import INVALID, Definition, Options, Refused
from gatewright.openapi.importing.document import define
from gatewright.openapi.importing.source import Source, Unreadable, read_source
from gatewright.openapi.importing.variables import replace_variables

_PARAMETERS = ("basepath", "ignore", "endpointConfigurationTypes")
_READ = "read"  # no name of a parameter
_SIGNING = "x-amz-"  # a signature in the query is no parameter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The parameters of the query."""

    base_path: str
    documentation: bool
    endpoint_types: list[str]


def wishes_of(params: Params) -> Wishes:
    """Raises BadRequest for a name or a value that means nothing; whether Amazon does is unverified."""
    parameters = params.get("parameters") or {}
    for name in parameters:
        if name not in _PARAMETERS and not name.lower().startswith(_SIGNING):
            raise BadRequest(f"Invalid parameter {name} specified. Valid options are {','.join(_PARAMETERS)}")
    mode = parameters.get("basepath", "ignore")
    if mode not in base_path.MODES:
        raise BadRequest(f"Invalid basepath specified. Valid options are {','.join(base_path.MODES)}")
    ignored = parameters.get("ignore")
    if ignored not in (None, "documentation"):
        raise BadRequest("Invalid ignore specified. Valid options are documentation")
    types = [kind for kind in parameters.get("endpointConfigurationTypes", "").split(",") if kind]
    return Wishes(mode, ignored is None, types)


def source_of(partition: Partition, params: Params) -> Source:
    """The document in the body. Raises AwsError; why a text cannot be read stands in the log."""
    body: bytes = params["body"]
    if len(body) > MOST_BYTES:
        raise AwsError(
            f"Request must be smaller than {MOST_BYTES} bytes for an OpenAPI document",
            code="RequestEntityTooLargeException",
            status=413,
        )
    try:
        return read_source(replace_variables(body, partition.account, partition.region))
    except Unreadable as error:
        _log.info("An OpenAPI document was refused: %s (line %s)", error.reason, error.line)
        raise BadRequest(INVALID) from None


def read_before(partition: Partition, params: Params) -> Params:
    """The parameters, with what is read of them: large documents take seconds. Raises AwsError."""
    return {**params, _READ: (wishes_of(params), source_of(partition, params))}


def read_of(call: Call, params: Params) -> tuple[Wishes, Source]:
    """What was read of the parameters before, or is now. Raises AwsError."""
    read: tuple[Wishes, Source] = (params if _READ in params else read_before(call.partition, params))[_READ]
    return read


def definition_of(
    call: Call,
    source: Source,
    wishes: Wishes,
    api: str,
    *,
    models: Collection[str] = (),
    validators: Collection[str] = (),
) -> Definition:
    """What the document defines for `api`, where `models` and `validators` stay. Raises BadRequest."""
    options = Options(
        api,
        wishes.base_path,
        wishes.documentation,
        call.services.limits.openapi_strict,
        models,
        validators,
    )
    try:
        return define(source.document, options)
    except Refused as error:
        raise BadRequest(str(error)) from None
