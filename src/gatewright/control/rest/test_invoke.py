"""TestInvokeMethod."""

from __future__ import annotations

from typing import cast

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document, Transaction
from gatewright.control.operation import Call, EffectCall, Params
from gatewright.control.rest.common import require_api, require_method, require_resource
from gatewright.gateway.client_certificates import read_certificate
from gatewright.gateway.errors import CannotCompile
from gatewright.gateway.field_values import breaks_lines, is_field_name
from gatewright.gateway.integrations.invoker import CALLER
from gatewright.gateway.router import METHODS
from gatewright.gateway.test_invoke import Invocation, invoke
from gatewright.gateway.vpc_links import find_link
from gatewright.wire.client_certificate import ClientCertificate
from gatewright.wire.types import Field

_UNAUTHORIZED: Document = {"authorizationType": "NONE", "apiKeyRequired": False}
_ACCESS = frozenset(("authorizerId", "authorizationScopes", *_UNAUTHORIZED))


async def test_invoke_method(call: EffectCall, params: Params) -> Document:
    """Run the draft's method as it is; access control is skipped, as at AWS."""
    snapshot, resource_path = _draft(call, params)
    settings = call.services.gateway_settings
    forget_roles(call)
    asked = Invocation(
        verb="GET" if params["httpMethod"] == "ANY" else params["httpMethod"],
        path=params.get("pathWithQueryString") or None,
        body=(params.get("body") or "").encode(),
        fields=request_fields(params),
        variables=params.get("stageVariables") or {},
        identity=_caller(call),
        certificate=_certificate(call, params),
        link=find_link(call.catalog, call.partition),
    )
    try:
        outcome = await invoke(snapshot, resource_path, call.partition, asked, call.outside, settings)
    except CannotCompile as error:
        raise BadRequest(f"Gatewright cannot run this method: {error}") from None
    several: dict[str, list[str]] = {}
    for name, value in outcome.fields:
        several.setdefault(name, []).append(value)
    return {
        "status": outcome.status,
        "body": outcome.body.decode("utf-8", "replace"),
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "log": outcome.log,
        "latency": outcome.milliseconds,
    }


def forget_roles(call: EffectCall) -> None:
    """A test reads them as they are now: management does not follow their changes."""
    if call.outside.access is not None:
        call.outside.access.forget()


def _draft(call: EffectCall, params: Params) -> tuple[Document, str]:
    """A snapshot that holds the one method, and its resource's path."""
    api, resource_id = params["restApiId"], params["resourceId"]
    with call.catalog.read(call.partition) as reader:
        inner = Call(cast(Transaction, reader), call.services)  # a read needs no more than a Reader has
        resource = require_resource(inner, api, resource_id)
        method = _serving(inner, api, resource_id, params["httpMethod"])
        rest_api = require_api(inner, api)
        snapshot: Document = {"restApi": {name: rest_api[name] for name in rest_api if name != "policy"}}
        for member, kind in (
            ("models", "model"),
            ("requestValidators", "requestvalidator"),
            ("gatewayResponses", "gatewayresponse"),
        ):
            snapshot[member] = [document for _, document in reader.list(keys.below(kind, api))]
    if (method.get("methodIntegration") or {}).get("credentials") == CALLER:
        raise BadRequest(f"a test has no caller whose credentials {CALLER} could pass on; send a request")
    open_method = {name: value for name, value in method.items() if name not in _ACCESS} | _UNAUTHORIZED
    snapshot["resources"] = [{**resource, "resourceMethods": {method["httpMethod"]: open_method}}]
    return snapshot, resource["path"]


def _serving(call: Call, api: str, resource_id: str, verb: str) -> Document:
    """The resource's method that serves `verb`: its own, else ANY."""
    own = call.tx.get(keys.method(api, resource_id, verb))
    served = "ANY" if own is None and verb in METHODS else verb
    return require_method(call, api, resource_id, served)


def _certificate(call: EffectCall, params: Params) -> ClientCertificate | None:
    name = params.get("clientCertificateId")
    if not name:
        return None
    with call.catalog.read(call.partition) as reader:
        certificate = read_certificate(reader, name)
    if certificate is None:
        raise NotFound("Invalid Client Certificate identifier specified")
    return certificate


def request_fields(params: Params) -> list[Field]:
    """The caller's header fields: those of `multiValueHeaders`, then those of `headers` with other names.

    Raises BadRequest for what no client could have sent.
    """
    several = {name: list(values or ()) for name, values in (params.get("multiValueHeaders") or {}).items()}
    for name, value in (params.get("headers") or {}).items():
        several.setdefault(name, [] if value is None else [value])
    fields = [(name, value) for name, values in several.items() for value in values]
    for name, value in fields:
        if not is_field_name(name):
            raise BadRequest(f"Invalid header name specified: {name!r} is no name that HTTP allows")
        if breaks_lines(value.encode()):
            raise BadRequest(f"Invalid header value specified: {name} must not have line breaks or NUL")
    return [(name.encode(), value.encode()) for name, value in fields]


def _caller(call: EffectCall) -> dict[str, str]:
    account = call.partition.account
    return {
        "accountId": account,
        "caller": account,
        "user": account,
        "userArn": f"arn:aws:iam::{account}:root",
    }
