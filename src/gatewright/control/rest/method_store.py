"""Where a method, its integration and their responses are found, and which 404 answers for a missing one.

All of them live in one document, the method's; the order of the checks is resource, method, integration,
status code. A missing API is never mentioned: below a resource, AWS answers for the resource.
"""

from __future__ import annotations

from gatewright.aws.errors import NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_method


def find_method(call: Call, params: Params) -> Document:
    """The method's whole document."""
    return require_method(call, params["restApiId"], params["resourceId"], params["httpMethod"])


def save_method(call: Call, params: Params, method: Document) -> None:
    call.tx.put(key_of(params), method)


def key_of(params: Params) -> str:
    return keys.method(params["restApiId"], params["resourceId"], params["httpMethod"])


def integration_of(method: Document) -> Document:
    integration: Document | None = method.get("methodIntegration")
    if integration is None:
        raise NotFound("Invalid Integration identifier specified")
    return integration


def response_of(owner: Document, member: str, status_code: str) -> Document:
    """One entry of `owner[member]`: a method response, or an integration response."""
    response: Document | None = owner.get(member, {}).get(status_code)
    if response is None:
        raise NotFound("Invalid Response status code specified")
    return response


def store_response(owner: Document, member: str, response: Document) -> None:
    """Keep `response` under its status code; the map stays in status code order."""
    responses = {**owner.get(member, {}), response["statusCode"]: response}
    owner[member] = dict(sorted(responses.items()))


def drop_response(owner: Document, member: str, status_code: str) -> None:
    """Take one response away; the member goes with its last entry."""
    response_of(owner, member, status_code)
    del owner[member][status_code]
    if not owner[member]:
        del owner[member]
