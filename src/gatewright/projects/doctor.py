"""What is wrong with an API though nothing refuses it: not deployed, not reachable, not used, a trap."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from gatewright.projects.cors import refused_by_browsers
from gatewright.projects.diff import differences
from gatewright.projects.finding import Finding

Document = dict[str, Any]

MADE_WITH_THE_API = ("Empty", "Error")  # models that CreateRestApi makes
DEFAULT_TTL = 300  # seconds that an authorizer caches where its document says nothing

_MODEL = re.compile(r"/models/([A-Za-z0-9]+)")
_ROUTE = re.compile(r"arn:[^:]*:execute-api:[^:*?]+:[^:*?]+:[^/*?]+/[^/*?]+/[^/*?]+/[^*?]*")


def examine(configuration: Document) -> list[Finding]:
    """`configuration` as the node's own page tells it: the draft, the stages, what authorizers answered."""
    draft = configuration["draft"]
    return [
        *_undeployed(draft, configuration["stages"]),
        *_without_integration(draft),
        *refused_by_browsers(draft),
        *_unused_authorizers(draft),
        *_unused_models(draft),
        *_narrow_policies(draft, configuration["answers"]),
    ]


def _undeployed(draft: Document, stages: list[Document]) -> Iterator[Finding]:
    api = draft["restApi"]["id"]
    if not stages:
        yield Finding(f"API {api}", "has no stage, so nothing of it is served", "deploy it to a stage")
    for stage in stages:
        name = stage["stage"]["stageName"]
        changes = differences(stage["live"], draft)
        if changes:
            count = sum(not line.startswith(" ") for line in changes)
            yield Finding(
                f"stage {name}",
                f"serves an older deployment: {count} change{'s are' if count > 1 else ' is'} not deployed",
                f"see them by `gatewright diff {api} {name}`; create a deployment for {name}",
            )


def _without_integration(draft: Document) -> Iterator[Finding]:
    for resource, verb, method in methods(draft):
        if "methodIntegration" not in method:
            yield Finding(
                f"{verb} {resource['path']}",
                "has no integration, which refuses the next deployment",
                "put an integration, or delete the method",
            )


def _unused_authorizers(draft: Document) -> Iterator[Finding]:
    used = _uses(draft)
    for authorizer in draft["authorizers"]:
        if not used[authorizer["id"]]:
            yield Finding(
                f"authorizer {authorizer['name']}",
                "no method uses it",
                "name it in a method's authorizerId, or delete it",
            )


def _unused_models(draft: Document) -> Iterator[Finding]:
    named: set[str] = set()
    for _, _, method in methods(draft):
        named.update((method.get("requestModels") or {}).values())
        for response in method.get("methodResponses", {}).values():
            named.update((response.get("responseModels") or {}).values())
    for model in draft["models"]:
        named.update(set(_MODEL.findall(model.get("schema") or "")) - {model["name"]})
    for model in draft["models"]:
        if model["name"] not in named and model["name"] not in MADE_WITH_THE_API:
            yield Finding(
                f"model {model['name']}",
                "no method and no other model refers to it",
                "name it in a method's requestModels or responseModels, or delete it",
            )


def _narrow_policies(draft: Document, answers: list[Document]) -> Iterator[Finding]:
    """A cached policy counts for every method of its authorizer, not only for the one it was asked for."""
    used = _uses(draft)
    seen: set[str] = set()
    authorizers = {authorizer["id"]: authorizer for authorizer in draft["authorizers"]}
    for answer in answers:
        authorizer = authorizers.get(answer["authorizer"])
        if authorizer is None or authorizer["id"] in seen or used[authorizer["id"]] < 2:
            continue
        seconds = authorizer.get("authorizerResultTtlInSeconds", DEFAULT_TTL)
        route = _only_route(answer["answer"])
        if seconds and route is not None:
            seen.add(authorizer["id"])
            yield Finding(
                f"authorizer {authorizer['name']}",
                f"answered with a policy that allows {route} alone; it is cached for {seconds} s, in which "
                "the caller's requests to other methods are denied",
                "let its function allow every route the caller may use (…/*), or set "
                "authorizerResultTtlInSeconds to 0",
            )


def _only_route(answer: str) -> str | None:
    """The one route that an authorizer's answer allows; None if it allows more, or nothing."""
    try:
        statements = json.loads(answer)["policyDocument"]["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        allowed = [one["Resource"] for one in listed if one["Effect"] == "Allow"]
    except (ValueError, LookupError, TypeError):
        return None  # cut, or no answer that could be cached
    resources = [arn for one in allowed for arn in (one if isinstance(one, list) else [one])]
    return resources[0] if len(resources) == 1 and _ROUTE.fullmatch(str(resources[0])) else None


def _uses(draft: Document) -> Counter[str]:
    """How many methods use each authorizer."""
    return Counter(method["authorizerId"] for _, _, method in methods(draft) if method.get("authorizerId"))


def methods(snapshot: Document) -> Iterable[tuple[Document, str, Document]]:
    """Each (resource, verb, method)."""
    for resource in snapshot["resources"]:
        for verb, method in resource.get("resourceMethods", {}).items():
            yield resource, verb, method
