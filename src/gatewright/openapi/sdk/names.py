"""Identifiers made of what owners call things, each used once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")


def words(text: str) -> list[str]:
    """`addPetHTTP-x` -> add, pet, http, x. Only ASCII letters and digits make words."""
    return [word.lower() for word in _WORD.findall(text)]


def operation_words(operation_id: str | None, verb: str, path: str) -> list[str]:
    """An operation's own name, else one of its verb and path: GET /pets/{id} -> get, pets, by, id."""
    own = words(operation_id or "")
    return own or [verb.lower(), *(words(_VARIABLE.sub(r"by \1", path)) or ["root"])]


def snake(parts: list[str]) -> str:
    return "_".join(parts)


def camel(parts: list[str]) -> str:
    return parts[0] + "".join(part.capitalize() for part in parts[1:])


def quoted(text: str) -> str:
    """A string literal of Python, and of TOML as long as the text can be printed."""
    return json.dumps(text, ensure_ascii=False)


class Names:
    """Hands out each name once; `reserved` ones never."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._taken = set(reserved)

    def take(self, name: str, prefix: str) -> str:
        """`name`, with `prefix` where it begins with no letter, and a number where it is taken."""
        wanted = name if name[:1].isalpha() else f"{prefix}{name}"
        found, number = wanted, 2
        while found in self._taken:
            found, number = f"{wanted}_{number}", number + 1
        self._taken.add(found)
        return found
