"""A parsed path: what the parsers make and the compiler reads."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """`.name`, `['name']`, `['a','b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[-1]`, `[0,2]`; negative counts from the end."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[a:b]`, `[a:]`, `[:b]`: at least one bound is given."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*`, `[*]`."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(…)]`."""

    test: Test


@dataclass(frozen=True, slots=True)
class Scan:
    """`..`: the step behind it, applied at every depth."""

    step: Step


@dataclass(frozen=True, slots=True)
class Function:
    """`.name(arguments)`; an argument is a path or a JSON value."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class PathSyntax:
    """`at_root`: starts with `$`, not with `@`."""

    at_root: bool
    steps: tuple[Step, ...]

    @property
    def collects(self) -> bool:
        """`$..a.sum()`: a function behind a scan gets all that was found, as one list."""
        return (
            len(self.steps) > 1 and isinstance(self.steps[0], Scan) and isinstance(self.steps[-1], Function)
        )

    @property
    def definite(self) -> bool:
        """At most one value can match; several names as the last step make one object of them."""
        return self.collects or all(_is_definite(step, step is self.steps[-1]) for step in self.steps)


def _is_definite(step: Step, last: bool) -> bool:
    if isinstance(step, Property):
        return last or len(step.names) == 1
    if isinstance(step, Index):
        return len(step.indexes) == 1
    return isinstance(step, Function)


@dataclass(frozen=True, slots=True)
class Literal:
    value: object


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/source/flags`, a Java regular expression."""

    source: str
    flags: str


class Operator(enum.Enum):
    EQUAL = "=="
    NOT_EQUAL = "!="
    SAME = "==="
    NOT_SAME = "!=="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    MATCHES = "=~"
    IN = "IN"
    NOT_IN = "NIN"
    SUBSET_OF = "SUBSETOF"
    ANY_OF = "ANYOF"
    NONE_OF = "NONEOF"
    ALL = "ALL"
    CONTAINS = "CONTAINS"
    SIZE = "SIZE"
    EMPTY = "EMPTY"


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    operator: Operator
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    path: PathSyntax


@dataclass(frozen=True, slots=True)
class Not:
    test: Test


@dataclass(frozen=True, slots=True)
class Every:
    """Joined by `&&`."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Joined by `||`."""

    tests: tuple[Test, ...]


Step = Property | Index | Slice | Wildcard | Filter | Scan | Function
Operand = PathSyntax | Literal | Pattern
Test = Comparison | Exists | Not | Every | Some
