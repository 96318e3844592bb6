"""Making a version: `$LATEST`, frozen under the next number."""

from __future__ import annotations

from copy import deepcopy

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.lambda_api.store import put_version, qualified
from gatewright.control.operation import Call
from gatewright.functions.api import FunctionName


def publish(call: Call, function: FunctionName, latest: Document, description: str | None = None) -> Document:
    """The new version's document; the last version's if nothing changed since.

    `latest` remembers `Published`, the version it is equal to, and `LastVersion`: no number is used twice.
    """
    if "Published" in latest:
        unchanged = call.tx.get(keys.function_version(function.name, latest["Published"]))
        if unchanged is not None:
            return unchanged
    number = latest.get("LastVersion", 0) + 1
    version = _frozen(function, latest, str(number))
    if description is not None:
        version["Configuration"]["Description"] = description
    put_version(call, version)
    latest["LastVersion"], latest["Published"] = number, str(number)
    put_version(call, latest)
    return version


def _frozen(function: FunctionName, latest: Document, number: str) -> Document:
    configuration = deepcopy(latest["Configuration"])
    configuration["Version"] = number
    configuration["FunctionArn"] = qualified(function, number).arn
    return {"Configuration": configuration, "Code": latest["Code"]}
