"""What clients read of a function and none here has: answered as AWS answers for a function without it."""

from __future__ import annotations

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.presenting import described
from gatewright.control.lambda_api.store import named, qualified, require_function
from gatewright.control.operation import Call, Params
from gatewright.functions.api import FunctionNotFound
from gatewright.functions.names import LATEST


def get_function_code_signing_config(call: Call, params: Params) -> Document:
    require_function(call, named(call.partition, params))
    return {}


def get_function_concurrency(call: Call, params: Params) -> Document:
    """No function reserves any: the answer is empty."""
    require_function(call, named(call.partition, params))
    return {}


def get_function_event_invoke_config(call: Call, params: Params) -> Document:
    function = named(call.partition, params)
    arn = qualified(function, function.qualifier or LATEST).arn
    raise FunctionNotFound(f"The function {arn} doesn't have an EventInvokeConfig", Type="User")


def list_function_event_invoke_configs(call: Call, params: Params) -> Document:
    require_function(call, named(call.partition, params))
    return {"FunctionEventInvokeConfigs": []}


def get_function_recursion_config(call: Call, params: Params) -> Document:
    """Functions that call each other in a circle are not stopped here."""
    require_function(call, named(call.partition, params))
    return {"RecursiveLoop": "Allow"}


def get_runtime_management_config(call: Call, params: Params) -> Document:
    """A function runs on the machine's interpreter, whatever version that is now."""
    function = named(call.partition, params)
    described(call, function)
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": qualified(function, function.qualifier or LATEST).arn}
