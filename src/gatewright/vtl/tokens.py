"""The tokens of the language, and the states the lexer goes through.

Names and order are those of Velocity 1.7's grammar: in a state the longest match wins, and of equally long
ones the first in `RULES`. What a token does to the state stands in `lexer`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    """What is being read: text, the word after `#`, a directive's arguments, or a part of a reference."""

    DEFAULT = auto()
    PRE_DIRECTIVE = auto()  # after "#"
    DIRECTIVE = auto()
    REFERENCE = auto()  # after "$"
    REFMODIFIER = auto()  # after "$x."
    REFMOD2 = auto()  # inside "$x.y("
    REFINDEX = auto()  # inside "$x["
    IN_SINGLE_LINE_COMMENT = auto()
    IN_FORMAL_COMMENT = auto()
    IN_MULTI_LINE_COMMENT = auto()
    IN_TEXTBLOCK = auto()


class Kind(Enum):
    """What a token is."""

    EOF = auto()
    INDEX_LBRACKET = auto()
    INDEX_RBRACKET = auto()
    LBRACKET = auto()
    RBRACKET = auto()
    COMMA = auto()
    DOUBLEDOT = auto()
    COLON = auto()
    LEFT_CURLEY = auto()
    RIGHT_CURLEY = auto()
    LPAREN = auto()
    RPAREN = auto()
    REFMOD2_RPAREN = auto()
    ESCAPE_DIRECTIVE = auto()
    SET_DIRECTIVE = auto()
    DOLLAR = auto()
    TEXTBLOCK_START = auto()
    FORMAL_COMMENT_START = auto()
    MULTI_LINE_COMMENT_START = auto()
    HASH = auto()
    SINGLE_LINE_COMMENT_START = auto()
    DOUBLE_ESCAPE = auto()
    ESCAPE = auto()
    TEXT = auto()
    SINGLE_LINE_COMMENT = auto()
    MULTI_LINE_COMMENT = auto()
    TEXTBLOCK = auto()
    COMMENT_CHARS = auto()
    TEXTBLOCK_CHARS = auto()
    WHITESPACE = auto()
    STRING_LITERAL = auto()
    TRUE = auto()
    FALSE = auto()
    MINUS = auto()
    PLUS = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    MODULUS = auto()
    AND = auto()
    OR = auto()
    LT = auto()
    LE = auto()
    GT = auto()
    GE = auto()
    EQUALS = auto()
    NOT_EQUALS = auto()
    NOT = auto()
    ASSIGN = auto()
    END = auto()
    IF_DIRECTIVE = auto()
    ELSEIF_DIRECTIVE = auto()
    ELSE_DIRECTIVE = auto()
    INTEGER_LITERAL = auto()
    FLOATING_POINT_LITERAL = auto()
    WORD = auto()
    BRACKETED_WORD = auto()
    IDENTIFIER = auto()
    DOT = auto()
    LCURLY = auto()
    RCURLY = auto()
    REFERENCE_TERMINATOR = auto()
    DIRECTIVE_TERMINATOR = auto()
    EMPTY_INDEX = auto()


@dataclass(slots=True)
class Token:
    """A token with its place in the text. `special`: what a broken reference or directive left before it."""

    kind: Kind
    image: str
    start: int
    end: int
    special: str = ""
    index: int = 0  # among the tokens taken


@dataclass(frozen=True, slots=True)
class Rule:
    """How a token looks. `first`: the characters it can begin with, empty for any."""

    kind: Kind
    pattern: re.Pattern[str]
    first: str


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_BLANK_LINE_END = r"(?:[ \t]*(?:\r\n|\n|\r))?"
_WORD = r"[A-Za-z_@][A-Za-z0-9_@]*"
_BRACKETED = r"\{[A-Za-z_][A-Za-z0-9_@]*\}"
_EXPONENT = r"[eE][+-]?[0-9]+"

_ARGUMENTS = (State.DIRECTIVE, State.REFMOD2)
_VALUES = (State.DIRECTIVE, State.REFMOD2, State.REFINDEX)
_REFERENCES = (State.REFERENCE, State.REFMODIFIER)
_COMMENTS = (State.IN_SINGLE_LINE_COMMENT, State.IN_FORMAL_COMMENT, State.IN_MULTI_LINE_COMMENT)
_BLOCK_COMMENTS = (State.IN_FORMAL_COMMENT, State.IN_MULTI_LINE_COMMENT)
_EVERYWHERE = tuple(State)
_DIRECTIVE = (State.DIRECTIVE,)
_PRE_DIRECTIVE = (State.PRE_DIRECTIVE,)
_DEFAULT = (State.DEFAULT,)

_TABLE: tuple[tuple[Kind, str, str, tuple[State, ...]], ...] = (
    (Kind.INDEX_LBRACKET, r"\[", "[", _REFERENCES),
    (Kind.INDEX_RBRACKET, r"\]", "]", (State.REFINDEX,)),
    (Kind.LBRACKET, r"\[", "[", _ARGUMENTS),
    (Kind.RBRACKET, r"\]", "]", _ARGUMENTS),
    (Kind.COMMA, ",", ",", _ARGUMENTS),
    (Kind.DOUBLEDOT, r"\.\.", ".", _ARGUMENTS),
    (Kind.COLON, ":", ":", _ARGUMENTS),
    (Kind.LEFT_CURLEY, r"\{", "{", _ARGUMENTS),
    (Kind.RIGHT_CURLEY, r"\}", "}", _ARGUMENTS),
    (Kind.LPAREN, r"\(", "(", (State.DIRECTIVE, State.REFMODIFIER)),
    (Kind.RPAREN, r"\)" + _BLANK_LINE_END, ")", _DIRECTIVE),
    (Kind.REFMOD2_RPAREN, r"\)", ")", (State.REFMOD2,)),
    (Kind.ESCAPE_DIRECTIVE, rf"(?:\\\\)*\\\#(?:{_WORD}|{_BRACKETED})", "\\", _DEFAULT),
    (
        Kind.SET_DIRECTIVE,
        r"[ \t]*(?:\#set|\#\{set\})[ ]*\(",
        " \t#",
        (State.DEFAULT, State.REFERENCE, State.REFMODIFIER, State.REFMOD2),
    ),
    (Kind.DOLLAR, r"\\*\$(?:\\*!)?", "\\$", _EVERYWHERE),
    (Kind.TEXTBLOCK_START, r"\#\[\[", "#", _EVERYWHERE),
    (Kind.FORMAL_COMMENT_START, r"\#\*\*(?=[^#])", "#", _EVERYWHERE),
    (Kind.MULTI_LINE_COMMENT_START, r"\#\*", "#", _EVERYWHERE),
    (Kind.HASH, r"\#", "#", _EVERYWHERE),
    (
        Kind.SINGLE_LINE_COMMENT_START,
        r"\#\#",
        "#",
        (State.DEFAULT, State.PRE_DIRECTIVE, State.DIRECTIVE, State.REFERENCE),
    ),
    (Kind.DOUBLE_ESCAPE, r"\\\\", "\\", _DEFAULT),
    (Kind.ESCAPE, r"\\", "\\", _DEFAULT),
    (Kind.TEXT, r"[^$#\\]+", "", _DEFAULT),
    (Kind.SINGLE_LINE_COMMENT, r"\r\n|\n|\r", "\r\n", (State.IN_SINGLE_LINE_COMMENT,)),
    (Kind.MULTI_LINE_COMMENT, r"\*\#", "*", _BLOCK_COMMENTS),
    (Kind.TEXTBLOCK, r"\]\]\#", "]", (State.IN_TEXTBLOCK,)),
    (Kind.COMMENT_CHARS, r"[^$#\\*\r\n]+|[\s\S]", "", _COMMENTS),
    (Kind.TEXTBLOCK_CHARS, r"[^$#\\\]]+|[\s\S]", "", (State.IN_TEXTBLOCK,)),
    (Kind.WHITESPACE, r"[ \t\n\r]+", " \t\r\n", _VALUES),
    (Kind.STRING_LITERAL, r'"[^"]*(?:""[^"]*)*"', '"', _VALUES),
    (Kind.STRING_LITERAL, r"'[^']*(?:''[^']*)*'", "'", _VALUES),
    (Kind.TRUE, "true", "t", (*_VALUES, *_REFERENCES)),
    (Kind.FALSE, "false", "f", (*_VALUES, *_REFERENCES)),
    (Kind.MINUS, "-", "-", _DIRECTIVE),
    (Kind.PLUS, r"\+", "+", _DIRECTIVE),
    (Kind.MULTIPLY, r"\*", "*", _DIRECTIVE),
    (Kind.DIVIDE, "/", "/", _DIRECTIVE),
    (Kind.MODULUS, "%", "%", _DIRECTIVE),
    (Kind.AND, "&&|and", "&a", _DIRECTIVE),
    (Kind.OR, r"\|\||or", "|o", _DIRECTIVE),
    (Kind.LT, "<|lt", "<l", _DIRECTIVE),
    (Kind.LE, "<=|le", "<l", _DIRECTIVE),
    (Kind.GT, ">|gt", ">g", _DIRECTIVE),
    (Kind.GE, ">=|ge", ">g", _DIRECTIVE),
    (Kind.EQUALS, "==|eq", "=e", _DIRECTIVE),
    (Kind.NOT_EQUALS, "!=|ne", "!n", _DIRECTIVE),
    (Kind.NOT, "!|not", "!n", _DIRECTIVE),
    (Kind.ASSIGN, "=", "=", _DIRECTIVE),
    (Kind.END, r"(?:end|\{end\})" + _BLANK_LINE_END, "e{", _PRE_DIRECTIVE),
    (Kind.IF_DIRECTIVE, r"if|\{if\}", "i{", _PRE_DIRECTIVE),
    (Kind.ELSEIF_DIRECTIVE, r"elseif|\{elseif\}", "e{", _PRE_DIRECTIVE),
    (Kind.ELSE_DIRECTIVE, r"(?:else|\{else\})" + _BLANK_LINE_END, "e{", _PRE_DIRECTIVE),
    (Kind.INTEGER_LITERAL, r"-?[0-9]+(?:\.\.)?", "-" + _DIGITS, (*_PRE_DIRECTIVE, *_VALUES)),
    (
        Kind.FLOATING_POINT_LITERAL,
        rf"-?(?:[0-9]+\.[0-9]*(?:{_EXPONENT})?|\.[0-9]+(?:{_EXPONENT})?|[0-9]+{_EXPONENT})",
        "-." + _DIGITS,
        (*_PRE_DIRECTIVE, *_VALUES),
    ),
    (Kind.WORD, _WORD, _LETTERS + "_@", (*_PRE_DIRECTIVE, *_DIRECTIVE)),
    (Kind.BRACKETED_WORD, _BRACKETED, "{", (*_PRE_DIRECTIVE, *_DIRECTIVE)),
    (Kind.IDENTIFIER, "[A-Za-z_][A-Za-z0-9_-]*", _LETTERS + "_", (*_REFERENCES, State.REFMOD2)),
    (Kind.DOT, r"\.(?=[A-Za-z])", ".", (*_REFERENCES, State.REFMOD2)),
    (Kind.LCURLY, r"\{", "{", _REFERENCES),
    (Kind.RCURLY, r"\}", "}", _REFERENCES),
    (Kind.REFERENCE_TERMINATOR, r"[\s\S]", "", _REFERENCES),
    (Kind.DIRECTIVE_TERMINATOR, r"[\s\S]", "", _PRE_DIRECTIVE),
    (Kind.EMPTY_INDEX, r"\$(?:!|\\!)?\[|\$\.", "$", (State.DEFAULT, State.REFERENCE)),
)


def _rules(state: State, first: str | None) -> tuple[Rule, ...]:
    return tuple(
        Rule(kind, re.compile(pattern), starts)
        for kind, pattern, starts, states in _TABLE
        if state in states and (not starts or (first is not None and first in starts))
    )


WORD = re.compile(rf"{_WORD}|{_BRACKETED}")
LONE_BACKSLASH = "lone backslash"  # a first character: a backslash that escapes nothing
_ESCAPES = frozenset({Kind.ESCAPE_DIRECTIVE, Kind.DOLLAR})
_FIRSTS = frozenset("".join(starts for _, _, starts, _ in _TABLE))


def _by_first(state: State) -> dict[str, tuple[Rule, ...]]:
    rules = {first: _rules(state, first) for first in _FIRSTS}
    rules[LONE_BACKSLASH] = tuple(rule for rule in rules["\\"] if rule.kind not in _ESCAPES)
    return rules


# By state: the rules for each first character that some token names, and those for all other characters.
RULES: dict[State, tuple[dict[str, tuple[Rule, ...]], tuple[Rule, ...]]] = {
    state: (_by_first(state), _rules(state, None)) for state in State
}
