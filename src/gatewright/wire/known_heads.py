"""Heads of answers that were read, so that they need not be read again."""

from __future__ import annotations

from typing import Final, NamedTuple

from .answer import Answer
from .types import Field

_KNOWN_HEADS: Final = 256
_KNOWN_HEAD: Final = 1024
"""How many heads of answers, and how long ones, a client keeps."""


class KnownHead(NamedTuple):
    """What the parser made of a head: status, fields, and the length of the body behind it."""

    status: int
    fields: list[Field]
    length: int
    head: bytes


class KnownHeads(dict[bytes, KnownHead]):
    """What was made of each. A backend that gives one kind of answer often says the same for as long as its
    Date stands, which is a second."""

    def learn(self, head: bytes, answer: Answer) -> None:
        """Remember a head that says all by itself: its answer leaves the connection open, and has the length
        it says or no body by its status."""
        if len(head) <= _KNOWN_HEAD:
            if len(self) >= _KNOWN_HEADS:
                self.clear()
            answer.head = head
            self[head] = KnownHead(answer.status, answer.fields, len(answer.body), head)
