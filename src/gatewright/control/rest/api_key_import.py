"""ImportApiKeys: many API keys at once, from a CSV file."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.aws.errors import AwsError, BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.patch import is_true
from gatewright.control.rest.api_key_csv import read_rows
from gatewright.control.rest.api_key_store import new_key, plans_of, save_key
from gatewright.control.rest.common import require_api_key, require_usage_plan
from gatewright.control.rest.usage_plan_key import add_key

Row = dict[str, str]


def import_api_keys(call: Call, params: Params) -> Document:
    """The ids of the keys made or changed, and a warning for each thing of the file that was not done.

    With `failOnWarnings` the first of them undoes the whole import.
    """
    ids: dict[str, None] = {}
    warnings: list[str] = []
    for number, row in enumerate(read_rows(params["body"]), start=1):
        try:
            key = _import(call, row)
        except AwsError as error:
            name = row.get("name", "")
            warnings.append(f"Unable to import API key '{name}' of row {number}: {error.message}. Skipping.")
        else:
            ids[key["id"]] = None
            warnings += _join_plans(call, key, row, number)
    if warnings and params.get("failOnWarnings"):
        raise BadRequest("Warnings found during import:\n\t" + "\n\t".join(warnings))
    return {"ids": list(ids), "warnings": warnings}


def _import(call: Call, row: Row) -> Document:
    """Make the key of a row; a key with the row's value takes over what the row says."""
    if not row.get("name"):
        raise BadRequest("API Key name cannot be empty")
    value = row.get("key", "")
    known = call.tx.get(keys.api_key_lookup(value))
    key = new_key(call, value) if known is None else require_api_key(call, known["id"])
    key["name"] = row["name"]
    key["enabled"] = is_true(row.get("enabled") or "true")
    key["lastUpdatedDate"] = call.services.clock()
    key.pop("description", None)
    if row.get("description"):
        key["description"] = row["description"]
    save_key(call, key)
    return key


def _join_plans(call: Call, key: Document, row: Row, number: int) -> Iterator[str]:
    """Put a row's key into its plans; yields a warning for each plan that cannot take it."""
    plans = [plan.strip() for plan in row.get("usageplanids", "").split(",")]
    for plan in filter(None, plans):
        if plan in plans_of(call, key):
            continue
        try:
            add_key(call, require_usage_plan(call, plan), key)
        except AwsError as error:
            yield (
                f"Unable to add API key '{row['name']}' of row {number} to usage plan '{plan}': "
                f"{error.message}. Skipping."
            )
