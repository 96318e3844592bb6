"""Mapping templates. Until the template language lands, a template is a literal text that renders as
itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# What Velocity would act on: references, directives, comments, textblocks; and `$`, `$!` or `#` as the last
# character, which is a parse error there.
_ACTIVE = re.compile(r"\$!?\{?[A-Za-z_]|#(?:\{|@|#|\*|\[\[|[A-Za-z_])|(?:\$!?|#)\Z")


@dataclass(frozen=True, slots=True)
class Template:
    """A template whose output is always `text`."""

    text: str


def compile_template(text: str, limit: int) -> Template:
    """Raises ValueError for a template over `limit` bytes and for one that is more than a literal."""
    size = len(text.encode())
    if size > limit:
        raise ValueError(f"the template has {size} bytes; at most {limit} are allowed")
    active = _ACTIVE.search(text)
    if active:
        line = text.count("\n", 0, active.start()) + 1
        excerpt = text[active.start() : active.start() + 40].splitlines()[0]
        raise ValueError(
            f"line {line} of the template holds {excerpt!r}: only literal templates can be rendered so far, "
            "without references and directives"
        )
    return Template(text)


def compile_templates(templates: Mapping[str, str | None], limit: int) -> dict[str, Template]:
    """By media type (lower case); null and empty templates count as absent.

    Raises ValueError naming the key.
    """
    compiled = {}
    for key, text in templates.items():
        if text:
            try:
                compiled[key.lower()] = compile_template(text, limit)
            except ValueError as error:
                raise ValueError(f"mapping template {key}: {error}") from None
    return compiled
