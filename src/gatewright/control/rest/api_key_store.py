"""API keys as they are kept: each in its own document, and beside it what requests look up by its value.

Both are written in the same transaction, so that the gateway never sees one without the other.
"""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call

NAME_CHARACTERS = 1_024
DESCRIPTION_CHARACTERS = 125_000
SHORTEST_VALUE = 20
LONGEST_VALUE = 128

# A header carries the value, without the spaces around it.
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def new_key(call: Call, value: str) -> Document:
    now = call.services.clock()
    return {
        "id": call.services.new_id(10),
        "value": value,
        "enabled": False,
        "createdDate": now,
        "lastUpdatedDate": now,
        "stageKeys": [],
    }


def save_key(call: Call, key: Document) -> None:
    """Keep a key that was made or changed; its plans stay."""
    check_key(key)
    call.tx.put(keys.api_key(key["id"]), key)
    _save_lookup(call, key, plans_of(call, key))


def delete_key(call: Call, key: Document) -> None:
    """The key goes, and with it its place in every plan."""
    for plan in plans_of(call, key):
        call.tx.delete(keys.usage_plan_key(plan, key["id"]))
    call.tx.delete(keys.api_key_lookup(key["value"]))
    call.tx.delete(keys.api_key(key["id"]))


def plans_of(call: Call, key: Document) -> list[str]:
    """The ids of the usage plans the key is in."""
    lookup = call.tx.get(keys.api_key_lookup(key["value"])) or {"usagePlanIds": []}
    plans: list[str] = lookup["usagePlanIds"]
    return plans


def put_into_plan(call: Call, key: Document, plan: str) -> None:
    member: Document = {"id": key["id"], "type": "API_KEY", "createdDate": call.services.clock()}
    call.tx.put(keys.usage_plan_key(plan, key["id"]), member)
    _save_lookup(call, key, [*plans_of(call, key), plan])


def take_out_of_plan(call: Call, key: Document, plan: str) -> None:
    call.tx.delete(keys.usage_plan_key(plan, key["id"]))
    _save_lookup(call, key, [kept for kept in plans_of(call, key) if kept != plan])


def _save_lookup(call: Call, key: Document, plans: list[str]) -> None:
    lookup = {"id": key["id"], "enabled": key["enabled"], "usagePlanIds": plans}
    where = keys.api_key_lookup(key["value"])
    if call.tx.get(where) != lookup:
        call.tx.put(where, lookup)


def check_key(key: Document) -> None:
    if len(key.get("name", "")) > NAME_CHARACTERS:
        raise BadRequest(f"Invalid API Key name, can be at most {NAME_CHARACTERS} characters.")
    if len(key.get("description", "")) > DESCRIPTION_CHARACTERS:
        raise BadRequest("Invalid API Key description specified.")
    if len(key["value"]) < SHORTEST_VALUE:
        raise BadRequest(f"API Key value should be at least {SHORTEST_VALUE} characters")
    if len(key["value"]) > LONGEST_VALUE:
        raise BadRequest(f"API Key value exceeds maximum size of {LONGEST_VALUE} characters")
    if not _VALUE.fullmatch(key["value"]):
        raise BadRequest(
            "Invalid API Key value: clients send it in a header, so it must be printable ASCII and must not "
            "begin or end with a space"
        )
