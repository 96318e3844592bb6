"""The id of a new API: random, or the one its `_custom_id_` tag asks for, as local clouds have it."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.control.operation import Call

TAG = "_custom_id_"

_ID = re.compile(r"[a-zA-Z0-9_-]{1,63}")  # a label of a host name


def new_api_id(call: Call, tags: dict[str, str]) -> str:
    asked = tags.get(TAG)
    if asked is None:
        return call.services.new_id(10)
    if not _ID.fullmatch(asked):
        raise BadRequest(
            f"Invalid {TAG} tag: '{asked[:64]}' must have 1 to 63 letters, digits, hyphens or underscores"
        )
    # Addresses do not tell accounts and regions apart, so an id is taken for all of them.
    if call.tx.get(keys.rest_api(asked)) is not None or call.find(keys.rest_api(asked)) is not None:
        raise Conflict(f"Invalid {TAG} tag: an API with the id '{asked}' exists already")
    return asked
