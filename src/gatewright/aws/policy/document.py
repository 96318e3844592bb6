"""Policy documents: JSON in IAM's grammar to a compiled policy, or a refusal that names all that is wrong.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gatewright.aws import strict_json
from gatewright.aws.policy import condition_element, principal_element, template
from gatewright.aws.policy.engine import Decision, Policy, Statement, Verdict, policy_of
from gatewright.aws.policy.refusal import PolicyRefused, Problem, Wrong, shown
from gatewright.aws.policy.request import Check, Request, all_of
from gatewright.aws.policy.template import BadTemplate, Template, Wild
from gatewright.aws.policy.wildcard import Matcher, one_of


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked of a policy of one kind. Sizes are in characters."""

    name: str
    principals: bool  # whether Principal is required, or forbidden
    most_characters: int
    most_resource: int = 2_048


# Amazon's limits, except where it names none: an authorizer's answer and a policy given in settings.
RESOURCE_POLICY = Kind("resource policy", principals=True, most_characters=8_192)
ENDPOINT_POLICY = Kind("VPC endpoint policy", principals=True, most_characters=20_480)
IDENTITY_POLICY = Kind("identity policy", principals=False, most_characters=10_240)
AUTHORIZER_POLICY = Kind("authorizer policy", principals=False, most_characters=262_144, most_resource=512)

VARIABLES_SINCE = "2012-10-17"
VERSIONS = (VARIABLES_SINCE, "2008-10-17")

_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]{1,64}:[A-Za-z0-9*?]{1,128}")

Checked = tuple[list[Check], frozenset[str]]


def compile_policy(document: str | bytes | Mapping[str, Any], kind: Kind, *, name: str = "") -> Policy:
    """The policy in `document`, which may be JSON or what was read from JSON.

    `name` goes before the statements' own names, for policies that are merged. Raises `PolicyRefused`.
    """
    policy = _read(document, kind)
    version = policy.get("Version", VERSIONS[-1])
    problems = _outside(policy, version)
    statements = policy.get("Statement")
    items = statements if isinstance(statements, list) else [statements]
    if not items or statements is None:
        problems.append(Problem("", "Statement", "there is none: write at least one"))
        raise PolicyRefused(problems)
    compiled = []
    for label, item in zip(_labels(items), items, strict=True):
        try:
            compiled.append(
                _statement(item, f"{name}/{label}" if name else label, kind, version == VARIABLES_SINCE)
            )
        except Wrong as wrong:
            problems.append(Problem(label, wrong.element, wrong.message))
    if problems:
        raise PolicyRefused(problems)
    return policy_of(compiled)


def _read(document: str | bytes | Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    try:
        text = document if isinstance(document, (str, bytes)) else orjson.dumps(document)
        text = text.decode() if isinstance(text, bytes) else text
        if len(text) > kind.most_characters:
            raise ValueError(f"it has {len(text)} characters; at most {kind.most_characters} are allowed")
        value = strict_json.loads(text)
        if not isinstance(value, dict):
            raise ValueError('it is no object: write {"Version": …, "Statement": …}')
    except (ValueError, TypeError) as error:
        raise PolicyRefused([Problem("", "", f"the {kind.name} cannot be read: {error}")]) from None
    return value


def _outside(policy: Mapping[str, Any], version: object) -> list[Problem]:
    problems = []
    if version not in VERSIONS:
        message = f"{shown(version)} is no version of the policy language: write {VARIABLES_SINCE}"
        problems.append(Problem("", "Version", message))
    if not isinstance(policy.get("Id", ""), str):
        problems.append(Problem("", "Id", f"{shown(policy['Id'])} is no text"))
    problems += [
        Problem("", element, "a policy has no such element: it has Version, Id and Statement")
        for element in policy
        if element not in ("Version", "Id", "Statement")
    ]
    return problems


def _labels(statements: list[Any]) -> list[str]:
    """The Sids, and places where there is none or one that is not alone."""
    sids = [one.get("Sid") if isinstance(one, dict) else None for one in statements]
    count = Counter(sid for sid in sids if isinstance(sid, str))
    return [
        sid if isinstance(sid, str) and sid and count[sid] == 1 else f"Statement[{place}]"
        for place, sid in enumerate(sids)
    ]


def _statement(statement: Any, label: str, kind: Kind, variables: bool) -> Statement:
    if not isinstance(statement, dict):
        raise Wrong("", f"{shown(statement)} is no statement: write an object")
    for element in statement:
        if element not in _ELEMENTS:
            raise Wrong(element, f"a statement has no such element: it has {', '.join(_ELEMENTS)}")
    if not isinstance(statement.get("Sid", ""), str):
        raise Wrong("Sid", f"{shown(statement['Sid'])} is no text")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise Wrong("Effect", f"{shown(statement.get('Effect'))} is neither Allow nor Deny")
    checks = _principal(statement, kind)
    keys: frozenset[str] = frozenset()
    for more, its_keys in (
        _actions(statement),
        _resources(statement, kind, variables),
        condition_element.read(statement.get("Condition", {}), variables),
    ):
        checks += more
        keys |= its_keys
    decision = Decision(Verdict(statement["Effect"]), label)
    return Statement(tuple(checks), all_of([check.test for check in checks]), decision, keys)


def _one_of_two(statement: dict[str, Any], element: str) -> tuple[str, Any]:
    """The element or its `Not…`, of which exactly one must be there."""
    names = [name for name in (element, f"Not{element}") if name in statement]
    if len(names) != 1:
        raise Wrong(element, f"a statement must have either {element} or Not{element}, and not both")
    return names[0], statement[names[0]]


def _principal(statement: dict[str, Any], kind: Kind) -> list[Check]:
    if not kind.principals:
        for element in ("Principal", "NotPrincipal"):
            if element in statement:
                raise Wrong(element, f"an {kind.name} is about its owner: leave {element} out")
        return []
    element, value = _one_of_two(statement, "Principal")
    names = principal_element.read(element, value)
    if element == "Principal":
        if names is None:
            return []
        return [Check(element, shown(value), lambda request: not names.isdisjoint(request.names), _who)]
    return [
        Check(
            element, shown(value), lambda request: names is not None and names.isdisjoint(request.names), _who
        )
    ]


def _who(request: Request) -> str:
    return ", ".join(sorted(request.names)) or "an anonymous caller"


def _actions(statement: dict[str, Any]) -> Checked:
    element, value = _one_of_two(statement, "Action")
    actions = _texts(element, value)
    for action in actions:
        if not _ACTION.fullmatch(action):
            raise Wrong(
                element, f"{shown(action)} is no action: write service:Action, such as execute-api:Invoke"
            )
    templates = [template.parse(action.lower(), variables=False, wildcards=True) for action in actions]
    if element == "Action" and (Wild.MANY,) in templates:
        return [], frozenset()
    wanted = element == "Action"
    matches = one_of(templates)
    check = Check(
        element,
        shown(value),
        lambda request: matches(request.action.lower(), request.context) is wanted,
        lambda request: request.action,
    )
    return [check], frozenset()


def _resources(statement: dict[str, Any], kind: Kind, variables: bool) -> Checked:
    element, value = _one_of_two(statement, "Resource")
    templates = [_resource(element, text, kind, variables) for text in _texts(element, value)]
    if element == "Resource" and any(set(one) <= {Wild.MANY, ":"} for one in templates):
        return [], frozenset()
    matches = one_of(templates, arn=True)
    if element == "NotResource":
        matches = _others(matches, template.required_of(templates))
    check = Check(
        element,
        shown(value),
        lambda request: matches(request.resource, request.context),
        lambda request: request.resource,
    )
    return [check], template.variables_of(templates)


def _others(matches: Matcher, required: frozenset[str]) -> Matcher:
    """All resources but these; none if a variable that tells which has no value."""
    return lambda text, context: (
        all(isinstance(context.get(key), str) for key in required) and not matches(text, context)
    )


def _resource(element: str, text: str, kind: Kind, variables: bool) -> Template:
    if len(text) > kind.most_resource:
        raise Wrong(
            element, f"{shown(text)} has {len(text)} characters; at most {kind.most_resource} are allowed"
        )
    try:
        return template.arn(template.parse(text, variables=variables, wildcards=True))
    except BadTemplate as error:
        raise Wrong(element, f"{shown(text)}: {error}") from None


def _texts(element: str, value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise Wrong(element, f"{shown(value)} is not a text or a list of texts: name at least one")
    return items
