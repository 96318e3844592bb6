"""Method-aware routing with backtracking."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gateway.plan import MethodPlan
from gatewright.gateway.router import Router


def router(*routes: tuple[str, str]) -> Router:
    made = Router()
    for path, verb in routes:
        made.add(path, verb, cast(MethodPlan, f"{verb} {path}"))
    return made


def served(made: Router, verb: str, path: str) -> tuple[Any, dict[str, str]] | None:
    return made.find(path, verb)


GREEDY_OPTIONS = [("/test", "POST"), ("/{proxy+}", "OPTIONS")]
PARTS = [("/part1", "ANY"), ("/part1/hardcoded-value", "GET"), ("/{param+}", "ANY")]
DEEP = [("/a/{id}/x", "GET"), ("/{proxy+}", "GET")]


@pytest.mark.parametrize(
    ("routes", "verb", "path", "plan", "variables"),
    [
        (GREEDY_OPTIONS, "OPTIONS", "/test", "OPTIONS /{proxy+}", {"proxy": "test"}),
        (GREEDY_OPTIONS, "POST", "/test", "POST /test", {}),
        (PARTS, "GET", "/part1/random-value", "ANY /{param+}", {"param": "part1/random-value"}),
        (PARTS, "GET", "/part1/hardcoded-value", "GET /part1/hardcoded-value", {}),
        (PARTS, "POST", "/part1/hardcoded-value", "ANY /{param+}", {"param": "part1/hardcoded-value"}),
        (PARTS, "DELETE", "/part1", "ANY /part1", {}),
        (DEEP, "GET", "/a/1/y", "GET /{proxy+}", {"proxy": "a/1/y"}),
        (DEEP, "GET", "/a/1/x", "GET /a/{id}/x", {"id": "1"}),
        (DEEP, "GET", "/a/1/x/", "GET /a/{id}/x", {"id": "1"}),
        ([("/p", "GET"), ("/p", "ANY")], "GET", "/p", "GET /p", {}),
        ([("/p", "GET"), ("/p", "ANY")], "PUT", "/p", "ANY /p", {}),
        ([("/", "GET")], "GET", "/", "GET /", {}),
        ([("/{proxy+}", "ANY")], "GET", "/a//b/", "ANY /{proxy+}", {"proxy": "a//b"}),
        ([("/{a}", "GET")], "GET", "/x%2Fy", "GET /{a}", {"a": "x%2Fy"}),
    ],
)
def test_the_recorded_choice(
    routes: list[tuple[str, str]], verb: str, path: str, plan: str, variables: dict[str, str]
) -> None:
    assert served(router(*routes), verb, path) == (plan, variables)


@pytest.mark.parametrize(
    ("routes", "verb", "path"),
    [
        (GREEDY_OPTIONS, "GET", "/test"),
        ([("/{proxy+}", "ANY")], "GET", "/"),
        ([("/p", "GET")], "HEAD", "/p"),
        ([("/p", "GET")], "OPTIONS", "/p"),
        ([("/p", "ANY")], "TRACE", "/p"),
        ([("/p", "GET")], "GET", "/P"),
        ([("/a/{x}", "GET")], "GET", "/a/"),
        ([("/a/{x}/b", "GET")], "GET", "/a//b"),
        ([], "GET", "/"),
    ],
)
def test_nothing_serves_it(routes: list[tuple[str, str]], verb: str, path: str) -> None:
    assert served(router(*routes), verb, path) is None


def naive(routes: list[tuple[str, str]], segments: list[str], verb: str) -> str | None:
    """The developer guide's rule without a trie: static before variable, level by level."""

    def fits(parts: list[str]) -> bool:
        if parts and parts[-1].endswith("+}"):
            if len(segments) < len(parts):
                return False
            parts, given = parts[:-1], segments[: len(parts) - 1]
        elif len(parts) != len(segments):
            return False
        else:
            given = segments
        return all(p == s or (p.startswith("{") and s) for p, s in zip(parts, given, strict=True))

    def rank(parts: list[str]) -> list[int]:
        return [2 if p.endswith("+}") else 1 if p.startswith("{") else 0 for p in parts]

    found = [(rank(p[1:].split("/")), p) for p, v in routes if v == verb and fits(p[1:].split("/"))]
    return f"{verb} {min(found)[1]}" if found else None


PART = st.sampled_from(["a", "b", "c"])
TREE = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["a", "b", "{v}"]), min_size=1, max_size=3),
        st.booleans(),
        st.sampled_from(["GET", "POST"]),
    ),
    max_size=8,
)


@given(TREE, st.lists(PART, min_size=1, max_size=4), st.sampled_from(["GET", "POST"]))
def test_it_chooses_as_the_plain_rule_does(
    drawn: list[tuple[list[str], bool, str]], segments: list[str], verb: str
) -> None:
    routes: list[tuple[str, str]] = []
    variable_children: dict[str, str] = {}
    for parts, greedy, method in drawn:
        parts = [*parts[:-1], "{p+}"] if greedy else parts
        prefixes = ["/".join(parts[:n]) for n in range(len(parts))]
        variables = [(prefixes[n], part) for n, part in enumerate(parts) if part.startswith("{")]
        if all(variable_children.setdefault(prefix, part) == part for prefix, part in variables):
            routes.append(("/" + "/".join(parts), method))
    match = router(*routes).find("/" + "/".join(segments), verb)
    assert (match and cast(str, match[0])) == naive(list(dict.fromkeys(routes)), segments, verb)
