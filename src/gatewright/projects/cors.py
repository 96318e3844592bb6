"""CORS that a browser would refuse, as far as the configuration shows it: proxied answers are not in it.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatewright.projects.finding import Finding

Document = dict[str, Any]

PROXIES = ("AWS_PROXY", "HTTP_PROXY")
SAFE_METHODS = ("GET", "HEAD", "POST")  # allowed whether Access-Control-Allow-Methods names them or not
ORIGIN = "access-control-allow-origin"
METHODS = "access-control-allow-methods"
HEADERS = "access-control-allow-headers"
CREDENTIALS = "access-control-allow-credentials"
_RESPONSE, _GATEWAY = "method.response.header.", "gatewayresponse.header."


def refused_by_browsers(draft: Document) -> Iterator[Finding]:
    """Only resources that send or promise an Access-Control header are looked at."""
    found = False
    for resource in draft["resources"]:
        methods = resource.get("resourceMethods", {})
        if any(name.startswith("access-control-") for method in methods.values() for name in _sent(method)):
            found = True
            yield from _of_resource(resource["path"], methods)
    if found:
        yield from _of_gateway_responses(draft["gatewayResponses"])


def _of_resource(path: str, methods: dict[str, Document]) -> Iterator[Finding]:
    options = methods.get("OPTIONS")
    others = {verb: method for verb, method in methods.items() if verb != "OPTIONS"}
    if options is not None:
        yield from _of_preflight(path, options, others)
    elif "ANY" not in methods:
        yield from _without_preflight(path, others)
    for verb, method in methods.items():
        yield from _of_answers(f"{verb} {path}", method)


def _without_preflight(path: str, methods: dict[str, Document]) -> Iterator[Finding]:
    asked = [verb for verb, method in methods.items() if verb not in ("GET", "HEAD") or _own_headers(method)]
    if asked:
        yield Finding(
            path,
            f"has no OPTIONS method, which a browser asks before {', '.join(asked)}",
            "add one: a MOCK integration whose response sends the Access-Control-Allow headers",
        )


def _of_preflight(path: str, options: Document, others: dict[str, Document]) -> Iterator[Finding]:
    where = f"OPTIONS {path}"
    if options["authorizationType"] != "NONE" or options.get("apiKeyRequired"):
        yield Finding(
            where,
            "asks for credentials, which a browser never sends with OPTIONS",
            "set its authorizationType to NONE and apiKeyRequired to false",
        )
    if options.get("methodIntegration", {}).get("type") in PROXIES:
        return
    sent = _sent(options)
    allowed = _words(sent.get(METHODS, ""))
    missing = [verb for verb in others if verb not in (*SAFE_METHODS, "ANY") and verb not in allowed]
    if missing and "*" not in allowed:
        verbs = ", ".join(missing)
        yield Finding(where, f"does not allow {verbs}", f"add {verbs} to its Access-Control-Allow-Methods")
    yield from _missing_headers(where, sent, others)


def _missing_headers(where: str, sent: dict[str, str], others: dict[str, Document]) -> Iterator[Finding]:
    allowed = {word.lower() for word in _words(sent.get(HEADERS, ""))}
    for header in dict.fromkeys(header for method in others.values() for header in _own_headers(method)):
        if header.lower() in allowed or ("*" in allowed and header != "Authorization"):
            continue
        star = " (* does not stand for it)" if "*" in allowed else ""
        yield Finding(
            where,
            f"does not allow the header {header}, which methods of this resource need{star}",
            f"add {header} to its Access-Control-Allow-Headers",
        )


def _own_headers(method: Document) -> list[str]:
    """Headers that a browser asks about before it sends them."""
    headers = []
    if method["authorizationType"] != "NONE":
        headers.append("Authorization")
    if method.get("apiKeyRequired"):
        headers.append("X-Api-Key")
    if any("json" in content_type for content_type in method.get("requestModels") or ()):
        headers.append("Content-Type")
    return headers


def _of_answers(where: str, method: Document) -> Iterator[Finding]:
    integration = method.get("methodIntegration", {})
    if integration.get("type") in PROXIES:
        return
    for status, response in integration.get("integrationResponses", {}).items():
        headers = _headers(response.get("responseParameters"), _RESPONSE)
        origin = headers.get(ORIGIN)
        if origin is None:
            yield Finding(
                where,
                f"answers {status} without Access-Control-Allow-Origin",
                f"map method.response.header.Access-Control-Allow-Origin in its {status} response",
            )
        elif "," in origin or " " in origin.strip():
            yield Finding(
                where,
                f"sends several origins ({origin}) in its {status} answer",
                "a browser takes one origin or *: let a function answer the request's Origin, or send '*'",
            )
        elif origin == "*" and headers.get(CREDENTIALS) == "true":
            yield Finding(
                where,
                f"sends Access-Control-Allow-Origin * with Access-Control-Allow-Credentials in its {status} "
                "answer",
                "name the one origin, or leave Access-Control-Allow-Credentials out",
            )


def _of_gateway_responses(responses: list[Document]) -> Iterator[Finding]:
    sending = {
        one["responseType"]
        for one in responses
        if ORIGIN in _headers(one.get("responseParameters"), _GATEWAY)
    }
    missing = [name for name in ("DEFAULT_4XX", "DEFAULT_5XX") if name not in sending]
    if missing:
        yield Finding(
            "gateway responses",
            f"{' and '.join(missing)} send no Access-Control-Allow-Origin: a page cannot read why a request "
            "was refused",
            "set gatewayresponse.header.Access-Control-Allow-Origin on them",
        )


def _sent(method: Document) -> dict[str, str]:
    """The headers that a method's own answers map: all statuses together."""
    responses = method.get("methodIntegration", {}).get("integrationResponses", {}).values()
    sent: dict[str, str] = {}
    for response in responses:
        sent |= _headers(response.get("responseParameters"), _RESPONSE)
    return sent


def _headers(parameters: Any, prefix: str) -> dict[str, str]:
    """By lower-case name; the quotes of a constant taken off."""
    return {
        target.removeprefix(prefix).lower(): (value or "").strip("'")
        for target, value in (parameters or {}).items()
        if target.startswith(prefix)
    }


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",")]
