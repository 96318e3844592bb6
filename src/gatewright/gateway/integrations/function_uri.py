"""Which function an integration's or an authorizer's URI names."""

from __future__ import annotations

import re

from gatewright.functions.api import FunctionName
from gatewright.functions.names import InvalidParameterValue, parse_function_name

_URI = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+):lambda:path/+2015-03-31/functions/(?P<function>.+)/invocations"
)
_STREAMING_URI = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+):lambda:path/+2021-11-15/functions/(?P<function>.+)"
    r"/response-streaming-invocations"
)


def function_of(uri: str, account: str, region: str, *, streamed: bool = False) -> FunctionName:
    """The function an integration URI names, to be invoked whole or `streamed`. Raises ValueError when it
    names none, or the other way to invoke it."""
    match = (_STREAMING_URI if streamed else _URI).fullmatch(uri)
    if match is None:
        if (_URI if streamed else _STREAMING_URI).fullmatch(uri):
            raise ValueError(
                "responseTransferMode STREAM goes with the path 2021-11-15/functions/…/"
                f"response-streaming-invocations, BUFFERED with 2015-03-31/functions/…/invocations: {uri!r}"
            )
        raise ValueError(f"{uri!r} does not invoke a Lambda function")
    try:
        return parse_function_name(match["function"], account=account, region=region)
    except InvalidParameterValue as error:
        raise ValueError(error.message) from None
