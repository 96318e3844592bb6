"""UpdateFunctionCode."""

from __future__ import annotations

from copy import deepcopy

from gatewright.catalog.api import Document
from gatewright.control.lambda_api import settings
from gatewright.control.lambda_api.code_source import MEMBERS, take_code
from gatewright.control.lambda_api.publishing import publish
from gatewright.control.lambda_api.store import (
    check_revision,
    drop_unused_code,
    named_whole,
    put_change,
    require_function,
)
from gatewright.control.operation import Call, Params

_DONE = MEMBERS | {"FunctionName", "ImageUri", "Publish", "DryRun", "RevisionId"}


def update_function_code(call: Call, params: Params) -> Document:
    """`DryRun` checks and answers without keeping anything."""
    function = named_whole(call.partition, params)
    settings.check_unenforced(params, _DONE)
    before = require_function(call, function)
    check_revision(params, before["Configuration"]["RevisionId"])
    source = {member: params.get(member) for member in (*MEMBERS, "ImageUri")}
    after = deepcopy(before)
    after["Code"], size_and_hash = take_code(call, source)
    after["Configuration"] |= size_and_hash
    if params.get("DryRun"):
        drop_unused_code(call, after["Code"])
    else:
        put_change(call, before, after)
        if params.get("Publish"):
            after = publish(call, function, after)
    configuration: Document = after["Configuration"]
    return configuration
