"""PublishVersion."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.publishing import publish
from gatewright.control.lambda_api.store import check_revision, named_whole, require_function
from gatewright.control.lambda_api.unsupported import refuse_others
from gatewright.control.operation import Call, Params
from gatewright.functions.names import InvalidParameterValue

_DONE = frozenset({"FunctionName", "CodeSha256", "Description", "RevisionId"})


def publish_version(call: Call, params: Params) -> Document:
    function = named_whole(call.partition, params)
    refuse_others(params, _DONE)
    latest = require_function(call, function)
    current = latest["Configuration"]
    check_revision(params, current["RevisionId"])
    wanted = params.get("CodeSha256")
    if wanted and wanted != current["CodeSha256"]:
        raise InvalidParameterValue(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST "
            f"({current['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
        )
    configuration: Document = publish(call, function, latest, params.get("Description"))["Configuration"]
    return configuration
