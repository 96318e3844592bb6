"""The two models every API that is not imported is born with."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.control.operation import Call

_EMPTY = """{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
}"""
_ERROR = """{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
}"""


def put_default_models(call: Call, api: str) -> None:
    for name, kind, schema in (("Empty", "empty", _EMPTY), ("Error", "error", _ERROR)):
        model = {
            "id": call.services.new_id(6),
            "name": name,
            "description": f"This is a default {kind} schema model",
            "contentType": "application/json",
            "schema": schema,
        }
        call.tx.put(keys.model(api, name), model)
