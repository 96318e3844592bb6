"""Templates compiled to matchers.

A wildcard never gives back what it took: each run up to the next plain text is an atomic group. So a match
costs at most the length of the text times the length of the pattern, however many wildcards there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from gatewright.aws.policy.template import Template, Variable, Wild

Value = str | Sequence[str]
Context = Mapping[str, Value]
Matcher = Callable[[str, Context], bool]

_FIXED_FIELDS = 5  # of an ARN: the sixth is the resource, whose wildcards span slashes and colons

# A piece of a pattern that waits for a variable: the variable, and whether its value may hold a colon.
_Hole = tuple[Variable, bool]


def one_of(templates: Iterable[Template], *, arn: bool = False) -> Matcher:
    """Whether a text is like one of the templates. With `arn`, they have all six fields (see
    `template.arn`), and wildcards of the first five end at a colon."""
    exact: set[str] = set()
    others: list[Matcher] = []
    for template in templates:
        if all(isinstance(token, str) for token in template):
            exact.add("".join(str(token) for token in template))
        else:
            others.append(_matcher(template, arn))
    if not others:
        known = frozenset(exact)
        return lambda text, _: text in known
    if len(others) == 1 and not exact:
        return others[0]
    return lambda text, context: text in exact or any(matches(text, context) for matches in others)


def _matcher(template: Template, arn: bool) -> Matcher:
    if set(template) <= {Wild.MANY, ":"} and (arn or template == (Wild.MANY,)):
        return lambda _, __: True  # a value compared as an ARN has been checked to be one
    prefix = template[0] if template[1:] == (Wild.MANY,) else None
    if isinstance(prefix, str):
        return lambda text, _: text.startswith(prefix)
    pieces = _pieces(template, arn)
    if any(isinstance(piece, tuple) for piece in pieces):
        return _dynamic(pieces)
    fullmatch = re.compile("".join(str(piece) for piece in pieces), re.DOTALL).fullmatch
    return lambda text, _: fullmatch(text) is not None


def _dynamic(pieces: list[str | _Hole]) -> Matcher:
    def matches(text: str, context: Context) -> bool:
        source = []
        for piece in pieces:
            if isinstance(piece, str):
                source.append(piece)
                continue
            value = value_of(piece[0], context)
            if value is None or (":" in value and not piece[1]):
                return False
            source.append(re.escape(value))
        return _compiled("".join(source)).fullmatch(text) is not None

    return matches


def value_of(variable: Variable, context: Context) -> str | None:
    """What stands for the variable; a key with several values cannot."""
    value = context.get(variable.key, variable.default)
    return value if isinstance(value, str) else None


@lru_cache(maxsize=1024)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.DOTALL)


def _pieces(template: Template, arn: bool) -> list[str | _Hole]:
    """A regular expression in pieces, with holes for variables. `*text` becomes an atomic group; not so the
    last `*`, whose text must end the whole."""
    pieces: list[str | _Hole] = []
    wilds = [number for number, token in enumerate(template) if token is Wild.MANY]
    last = wilds[-1] if wilds else -1
    colons, is_open = (0 if arn else _FIXED_FIELDS), False
    for number, token in enumerate(template):
        single = "." if colons >= _FIXED_FIELDS else "[^:]"
        if token is Wild.MANY:
            pieces.append(")" if is_open else "")
            is_open = number != last
            pieces.append(f"(?>{single}*?" if is_open else f"{single}*")
        elif token is Wild.ONE:
            pieces.append(single)
        elif isinstance(token, Variable):
            pieces.append((token, colons >= _FIXED_FIELDS))
        else:
            pieces.append(re.escape(token))
            colons += token.count(":")
    return pieces
