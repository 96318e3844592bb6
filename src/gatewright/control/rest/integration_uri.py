"""What an integration's URI, ARNs and connection may say, as they are checked when they are put.

`${stageVariables.x}` may stand anywhere; a text that depends on one is judged by what can be known of it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document

HTTP_TYPES = ("HTTP", "HTTP_PROXY")
AWS_TYPES = ("AWS", "AWS_PROXY")

_PLACEHOLDER = re.compile(r"\$\{stageVariables\.[^{}]*\}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
# arn:partition:apigateway:region:[subdomain.]service:path-or-action
_ARN_PARTS = 6
_BUFFERED_INVOCATION = re.compile(r"path//?2015-03-31/functions/.+/invocations")
_STREAMING_INVOCATION = re.compile(r"path//?2021-11-15/functions/.+/response-streaming-invocations")


def check_uri(integration: Document) -> None:
    uri = integration.get("uri", "")
    if integration["type"] in HTTP_TYPES:
        _check_http(uri)
    elif integration["type"] in AWS_TYPES:
        _check_service(uri)
        if integration["type"] == "AWS_PROXY":
            _check_proxied_service(uri, integration.get("responseTransferMode", "BUFFERED"))


def _check_http(uri: str) -> None:
    plain = _PLACEHOLDER.sub("variable", uri)
    if _PLACEHOLDER.match(uri) and not _UNPRINTABLE.search(plain):
        return  # the scheme and the host are the variable's to say
    if _UNPRINTABLE.search(plain) or not _is_http(plain):
        raise BadRequest("Invalid HTTP endpoint specified for URI")


def _is_http(uri: str) -> bool:
    # A port may be a path variable or a placeholder: only its absence of sense in `urlsplit` counts.
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _check_service(uri: str) -> None:
    check_arn(uri)
    rest = uri.split(":", 5)[5]
    if not rest.startswith(("path", "action")) and not _PLACEHOLDER.match(rest):
        raise BadRequest("AWS ARN for integration must contain path or action")


def _check_proxied_service(uri: str, mode: str) -> None:
    service, target = uri.split(":", 5)[4:]
    if service == "firehose":
        return
    if service == "lambda" and _STREAMING_INVOCATION.fullmatch(target):
        if mode == "BUFFERED":
            raise BadRequest(
                "Invalid ResponseTransferMode. Cannot use ResponseTransferMode BUFFERED for Lambda functions "
                "invoked by InvokeWithResponseStream for AWS_PROXY integrations."
            )
        return
    if service != "lambda" or not _BUFFERED_INVOCATION.fullmatch(target):
        raise BadRequest(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
            "invocations."
        )
    if mode == "STREAM":
        raise BadRequest(
            "Invalid ResponseTransferMode. ResponseTransferMode STREAM is only supported for Lambda "
            "functions invoked by InvokeWithResponseStream for AWS_PROXY integrations"
        )


def check_arn(text: str) -> None:
    """An ARN has six parts; more colons belong to the last."""
    parts = text.split(":", _ARN_PARTS - 1)
    if parts[0] != "arn" or len(parts) < _ARN_PARTS or not parts[2] or _UNPRINTABLE.search(text):
        raise BadRequest("Invalid ARN specified in the request")


def check_credentials(credentials: str | None) -> None:
    if credentials and not _PLACEHOLDER.match(credentials):
        check_arn(credentials)


def check_connection(integration: Document) -> None:
    """Whether type and id go together. What Amazon does with an id alone is not documented: here it is
    refused, since without the type the backend would be reached over the public way."""
    link = integration.get("connectionId")
    if integration.get("connectionType") != "VPC_LINK":
        if link:
            raise BadRequest(
                f"connectionId '{link[:200]}' is for connectionType VPC_LINK: set connectionType to "
                "VPC_LINK, or leave connectionId out"
            )
    elif not link:
        raise BadRequest(
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK"
        )
