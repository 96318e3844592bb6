"""GetFunctionConfiguration and UpdateFunctionConfiguration."""

from __future__ import annotations

from copy import deepcopy

from gatewright.catalog.api import Document
from gatewright.control.lambda_api import settings
from gatewright.control.lambda_api.presenting import described
from gatewright.control.lambda_api.store import (
    check_revision,
    named,
    named_whole,
    put_change,
    require_function,
)
from gatewright.control.operation import Call, Params

_DONE = frozenset({"FunctionName", "RevisionId"})


def get_function_configuration(call: Call, params: Params) -> Document:
    configuration: Document = described(call, named(call.partition, params))["Configuration"]
    return configuration


def update_function_configuration(call: Call, params: Params) -> Document:
    """Change `$LATEST`; what the call leaves out stays."""
    function = named_whole(call.partition, params)
    settings.check_unenforced(params, _DONE)
    before = require_function(call, function)
    check_revision(params, before["Configuration"]["RevisionId"])
    after = deepcopy(before)
    settings.apply(after["Configuration"], params)
    put_change(call, before, after)
    configuration: Document = after["Configuration"]
    return configuration
