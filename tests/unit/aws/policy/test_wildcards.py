"""Wildcards and variables, against a slow reference that follows the definition."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatewright.aws.policy import template
from gatewright.aws.policy.template import BadTemplate
from gatewright.aws.policy.wildcard import Context, one_of

patterns = st.text("ab*?:/", max_size=10)
texts = st.text("ab:/", max_size=12)
fields = st.just("*") | st.text("ab*?", max_size=4)
arn_patterns = st.tuples(*[fields] * 4, patterns).map(lambda parts: ":".join(["arn", *parts]))
plain = st.text("ab", max_size=4)
arns = st.tuples(*[plain] * 4, texts).map(lambda parts: ":".join(["arn", *parts]))


def like(pattern: str, text: str) -> bool:
    """The definition, by trying everything."""

    @cache
    def rest(at: int, upto: int) -> bool:
        if at == len(pattern):
            return upto == len(text)
        if pattern[at] == "*":
            return any(rest(at + 1, end) for end in range(upto, len(text) + 1))
        return upto < len(text) and pattern[at] in ("?", text[upto]) and rest(at + 1, upto + 1)

    return rest(0, 0)


def matches(pattern: str, text: str, context: Context | None = None, *, arn: bool = False) -> bool:
    tokens = template.parse(pattern, variables=True, wildcards=True)
    return one_of([template.arn(tokens) if arn else tokens], arn=arn)(text, context or {})


@given(patterns, texts)
@example("*a*b", "abab")
@example("?*?", "a")
@example("*?a", "aa")
@example("a\n*", "a\nb\n")
def test_wildcards_match_as_defined(pattern: str, text: str) -> None:
    assert matches(pattern, text) is like(pattern, text)


@given(arn_patterns, arns)
@example("arn:*a*:*:b:*:*/x", "arn:bab:a:b::a:b:/x")
@example("arn:a*:b::a:*", "arn:a:b:b::a")
@example("arn:aws:api:*:111:x/*", "arn:aws:api:us:222:y/prod:111:x/z")
@example("arn:*:api:us:1:*", "arn:aws:other:api:us:1:x")
@example("arn:aws:a?b:us:1:*", "arn:aws:a:b:us:1:x")
def test_a_wildcard_does_not_leave_its_field_of_an_arn(pattern: str, text: str) -> None:
    by_field = zip(pattern.split(":", 5), text.split(":", 5), strict=True)
    assert matches(pattern, text, arn=True) is all(like(part, value) for part, value in by_field)


@given(st.lists(patterns, min_size=1, max_size=4), texts)
def test_alternatives(several: list[str], text: str) -> None:
    matcher = one_of(template.parse(one, variables=False, wildcards=True) for one in several)
    assert matcher(text, {}) is any(like(one, text) for one in several)


@given(patterns, st.text("ab*?$.", max_size=4), texts)
def test_a_variables_value_is_plain_text(pattern: str, value: str, text: str) -> None:
    context = {"aws:username": value}
    literal = "".join(f"${{{char}}}" if char in "*?$" else char for char in value)
    assert matches(f"{pattern}${{aws:UserName}}a", text, context) is matches(f"{pattern}{literal}a", text)


@pytest.mark.parametrize(
    "pattern", ["*a" * 500 + "b", "*a?" * 300 + "b", "*?" * 500 + "b", "*" * 2_000 + "b"]
)
def test_many_wildcards_do_not_multiply(pattern: str) -> None:
    """Would not end, were each wildcard to try every place again."""
    assert not matches(pattern, "a" * 1_600 + "c")


@pytest.mark.parametrize(
    ("pattern", "context", "text", "expected"),
    [
        ("u/${aws:username}/*", {"aws:username": "ann"}, "u/ann/x", True),
        ("u/${AWS:UserName}/*", {"aws:username": "ann"}, "u/bob/x", False),
        ("u/${aws:username}/*", {}, "u//x", False),
        ("u/${aws:username, 'all'}/*", {}, "u/all/x", True),
        ("u/${aws:username, 'all'}/*", {"aws:username": "ann"}, "u/all/x", False),
        ("u/${aws:username,''}", {}, "u/", True),
        ("${aws:tags}", {"aws:tags": ("a", "b")}, "a", False),  # several values are none
        ("a${*}", {}, "a*", True),
        ("a${*}", {}, "ab", False),
        ("a${?}", {}, "ab", False),
        ("${$}{x}", {}, "${x}", True),
        ("$a", {}, "$a", True),
    ],
)
def test_variables(pattern: str, context: Context, text: str, expected: bool) -> None:
    assert matches(pattern, text, context) is expected


def test_a_variables_value_does_not_leave_its_field_of_an_arn() -> None:
    pattern = "arn:aws:execute-api:us-east-1:${aws:PrincipalTag/account}:api/*"
    context = {"aws:principaltag/account": "1:other/prod/GET/x"}
    assert matches(
        pattern, "arn:aws:execute-api:us-east-1:7:api/x", {"aws:principaltag/account": "7"}, arn=True
    )
    assert not matches(pattern, "arn:aws:execute-api:us-east-1:1:other/prod/GET/x:api/", context, arn=True)


@pytest.mark.parametrize("text", ["${", "a${b", "${}", "${aws:username, all}", "${a b}", "${a:${b}}"])
def test_a_variable_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadTemplate, match=r"write \$\{"):
        template.parse(text, variables=True, wildcards=True)
    assert template.parse(text, variables=False, wildcards=False) == (text,)


@pytest.mark.parametrize(
    "text", ["", "a", "arn:aws:execute-api", "arn:aws:s3*", "x:a:b:c:d:e", "execute-api:/*"]
)
def test_what_is_no_arn(text: str) -> None:
    with pytest.raises(BadTemplate, match="it must be"):
        template.arn(template.parse(text, variables=True, wildcards=True))


@pytest.mark.parametrize(
    "short", ["*", "arn:*", "arn:aws:*", "arn:aws:execute-api:*", "arn:aws:execute-api:*:*"]
)
def test_a_last_star_stands_for_what_is_missing(short: str) -> None:
    assert matches(short, "arn:aws:execute-api:us-east-1:1:api/prod/GET/a:b", arn=True)
