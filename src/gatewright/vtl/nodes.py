"""The syntax tree of a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gatewright.vtl.errors import Position


@dataclass(frozen=True, slots=True)
class Literal:
    """A string without references, a number or a Boolean."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A double-quoted string: a template of its own."""

    position: Position
    body: Block


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral:
    """`[a..b]`. `literal`: how it is written."""

    position: Position
    first: Expression
    last: Expression
    literal: str


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """`{k : v}`."""

    entries: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands joined by operators of one precedence, from left to right.

    `rest`: operators and operands, with how each of these is written. `literal`: what is put into a text
    where the chain has no value.
    """

    position: Position
    first: Expression
    rest: tuple[tuple[str, Expression, str], ...]
    literal: str


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Property:
    """`.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """`.name(a, b)`."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[key]`."""

    key: Expression


Step: TypeAlias = Property | Method | Index


@dataclass(frozen=True, slots=True)
class Reference:
    """`$root` and what follows it. `prefix` prints before the value.

    `literal`: how it is written, which prints instead of the value where it is `escaped`, and after
    `unprinted` for a block that may not be rendered there. `bare`: what only looks like a
    reference; it has no value and prints `literal`.
    """

    position: Position
    root: str
    steps: tuple[Step, ...]
    prefix: str = ""
    unprinted: str = ""
    literal: str = ""
    escaped: bool = False
    bare: bool = False
    assignable: bool = True


Expression: TypeAlias = (
    Literal | Interpolated | ListLiteral | RangeLiteral | MapLiteral | Chain | Not | Reference
)


@dataclass(frozen=True, slots=True)
class Text:
    """What prints as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Set:
    """`#set($target = value)`."""

    position: Position
    target: Reference
    value: Expression


@dataclass(frozen=True, slots=True)
class Branch:
    """A condition and what it guards."""

    position: Position
    condition: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class If:
    """`#if … #elseif … #else … #end`."""

    branches: tuple[Branch, ...]
    otherwise: Block


@dataclass(frozen=True, slots=True)
class Foreach:
    """`#foreach($variable in items) … #end`."""

    position: Position
    variable: str
    items: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class Unrendered:
    """A body that is read for the macros in it and not rendered. `text` prints instead.

    `fault`: why rendering fails when it gets there; None where it does not.
    """

    position: Position
    body: Block
    text: str = ""
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Define:
    """`#define($name) … #end`."""

    name: str
    body: Block


@dataclass(frozen=True, slots=True)
class MacroDefinition:
    """`#macro(name $a $b) … #end`."""

    name: str
    parameters: tuple[str, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class MacroCall:
    """`#name(a b)`, or with a body `#@name(a b) … #end`. Where no macro has the name, `source` prints."""

    position: Position
    name: str
    arguments: tuple[tuple[Expression, str], ...]  # with what is written there
    invalid: str | None  # a bare word among the arguments
    body: Block | None
    source: str


@dataclass(frozen=True, slots=True)
class Evaluate:
    """`#evaluate(template)`."""

    position: Position
    template: Expression


@dataclass(frozen=True, slots=True)
class Include:
    """`#include` or `#parse`: there is nothing to include, so that it fails when it is reached."""

    position: Position
    names: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """`#break`, or `#break($foreach.parent)` with the loop to leave."""

    position: Position
    loop: Expression | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """`#stop`."""


Statement: TypeAlias = (
    Text
    | Reference
    | Set
    | If
    | Foreach
    | Unrendered
    | Define
    | MacroDefinition
    | MacroCall
    | Evaluate
    | Include
    | Break
    | Stop
)
Block: TypeAlias = tuple[Statement, ...]
