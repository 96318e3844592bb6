"""Text to tokens, by the rules of Velocity 1.7's lexer.

The lexer keeps a stack of states. `$` and `#` begin a token and go on reading it in another state, so that
the token of `$x` is an IDENTIFIER whose image is "$x". A character that cannot go on ends the reference or
directive: it is put back, and what was read so far is left to the next token as its `special` text.
"""

from __future__ import annotations

from gatewright.vtl.errors import TemplateSyntaxError
from gatewright.vtl.source import Source
from gatewright.vtl.tokens import LONE_BACKSLASH, RULES, WORD, Kind, State, Token

_MORE = frozenset(
    {
        Kind.DOLLAR,
        Kind.TEXTBLOCK_START,
        Kind.FORMAL_COMMENT_START,
        Kind.MULTI_LINE_COMMENT_START,
        Kind.HASH,
        Kind.TEXTBLOCK_CHARS,
    }
)
_TERMINATORS = frozenset({Kind.REFERENCE_TERMINATOR, Kind.DIRECTIVE_TERMINATOR})
_POPS = frozenset(
    {
        Kind.INDEX_RBRACKET,
        Kind.SINGLE_LINE_COMMENT,
        Kind.MULTI_LINE_COMMENT,
        Kind.TEXTBLOCK,
        Kind.END,
        Kind.ELSE_DIRECTIVE,
        Kind.RCURLY,
        Kind.REFERENCE_TERMINATOR,
        Kind.DIRECTIVE_TERMINATOR,
    }
)
_COMMENT_ENDS = frozenset({Kind.SINGLE_LINE_COMMENT, Kind.MULTI_LINE_COMMENT, Kind.TEXTBLOCK})
_COMMENT_STARTS = {
    Kind.TEXTBLOCK_START: State.IN_TEXTBLOCK,
    Kind.FORMAL_COMMENT_START: State.IN_FORMAL_COMMENT,
    Kind.MULTI_LINE_COMMENT_START: State.IN_MULTI_LINE_COMMENT,
    Kind.SINGLE_LINE_COMMENT_START: State.IN_SINGLE_LINE_COMMENT,
}
_NUMBERS = frozenset({Kind.INTEGER_LITERAL, Kind.FLOATING_POINT_LITERAL})


class Lexer:
    """Gives the tokens of one text, one at a time: what comes next depends on what was parsed before."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.position = 0
        self.state = State.DEFAULT
        self.in_set = False
        self._in_comment = False
        self._run_end = 0  # of the last run of backslashes looked at
        self._opened = 0  # parentheses in this state
        self._closed = 0
        self._stack: list[tuple[State, int, int]] = []

    def next_token(self) -> Token:
        start, special = self.position, ""
        while True:
            if self.position >= len(self.text):
                if self.position > start:
                    raise self._error("the text ends within a reference, directive or #[[ block")
                return Token(Kind.EOF, "", start, start, special)
            kind, end = self._longest()
            self.position = end
            if kind in _MORE:
                self._act(kind, end)
            elif kind is Kind.COMMENT_CHARS:
                start = end
            else:
                token = Token(kind, self.text[start:end], start, end, special)
                self._act(kind, end)
                if kind not in _TERMINATORS:
                    return self._trimmed(token)
                special += special_text(token.image)
                start = self.position = end - 1

    def _longest(self) -> tuple[Kind, int]:
        by_first, others = RULES[self.state]
        first = self.text[self.position]
        if first == "\\" and not self._escapes():
            first = LONE_BACKSLASH
        best, best_end = None, self.position
        for rule in by_first.get(first, others):
            match = rule.pattern.match(self.text, self.position)
            if match is not None and match.end() > best_end:
                best, best_end = rule.kind, match.end()
        if best is None:
            raise self._error(f"{self.text[self.position]!r} cannot stand here")
        return best, best_end

    def _escapes(self) -> bool:
        """Whether the backslashes here can belong to a `$` or `#` behind them; a run is looked at once."""
        if self.position >= self._run_end:
            end = self.position
            while end < len(self.text) and self.text[end] == "\\":
                end += 1
            self._run_end = end
        following = self.text[self._run_end : self._run_end + 1]
        odd = (self._run_end - self.position) % 2 == 1
        if following == "#":
            return odd and WORD.match(self.text, self._run_end + 1) is not None
        return following == "$"

    def _trimmed(self, token: Token) -> Token:
        """`1..` is the number 1 and the two dots of a range; what stands before the dot of `$!.x` is lost."""
        if token.kind is Kind.DOT:
            token.image = "."
        if token.kind is Kind.INTEGER_LITERAL and token.image.endswith(".."):
            token.image = token.image[:-2]
            token.end = self.position = token.end - 2
        return token

    def push(self, state: State) -> None:
        self._stack.append((self.state, self._opened, self._closed))
        self._opened = 0
        self.state = state

    def pop(self) -> bool:
        if not self._stack:
            self._opened = 0
            self.state = State.DEFAULT
            return False
        self.state, self._opened, self._closed = self._stack.pop()
        return True

    def _act(self, kind: Kind, end: int) -> None:
        """What a token does to the state."""
        if kind in _COMMENT_STARTS:
            self._start_comment(kind)
        elif kind in _POPS:
            self._in_comment = self._in_comment and kind not in _COMMENT_ENDS
            self.pop()
        elif self._in_comment:
            return
        elif kind is Kind.DOLLAR:
            self._leave(State.REFERENCE)
            self.push(State.REFERENCE)
        elif kind is Kind.HASH:
            self._leave(State.REFERENCE, State.REFMODIFIER)
            self.push(State.PRE_DIRECTIVE)
        else:
            self._act_in_directive(kind)

    def _act_in_directive(self, kind: Kind) -> None:
        if kind is Kind.INDEX_LBRACKET:
            self.push(State.REFINDEX)
        elif kind is Kind.LPAREN:
            self._opened += 1
            if self.state is State.REFMODIFIER:
                self.state = State.REFMOD2
        elif kind is Kind.RPAREN:
            self._close_parenthesis()
        elif kind is Kind.REFMOD2_RPAREN:
            self.state = State.REFERENCE
        elif kind is Kind.SET_DIRECTIVE:
            self.push(State.DIRECTIVE)
            self.in_set = True
            self._opened += 1
        elif kind in (Kind.IF_DIRECTIVE, Kind.ELSEIF_DIRECTIVE):
            self.state = State.DIRECTIVE
        elif kind is Kind.DOT:
            self.state = State.REFMODIFIER
        elif (kind in _NUMBERS or kind is Kind.STRING_LITERAL) and self._value_ends_directive(kind):
            self.pop()

    def _start_comment(self, kind: Kind) -> None:
        if self._in_comment:
            return
        if kind is Kind.SINGLE_LINE_COMMENT_START:
            self._leave(State.REFERENCE)
        self._in_comment = True
        self.push(_COMMENT_STARTS[kind])

    def _leave(self, *states: State) -> None:
        if self.state in states:
            self.pop()

    def _value_ends_directive(self, kind: Kind) -> bool:
        """A literal outside of parentheses ends a directive that has none."""
        if self.in_set or self._opened:
            return False
        if kind is Kind.STRING_LITERAL:
            return self.state is State.DIRECTIVE
        if kind is Kind.FLOATING_POINT_LITERAL:
            return self.state is not State.REFMOD2
        return self.state not in (State.REFMOD2, State.REFINDEX)

    def _close_parenthesis(self) -> None:
        """Ends the innermost state that has an open parenthesis, if this closes its first."""
        while True:
            if self._opened > 0:
                if self._opened == self._closed + 1:
                    self.pop()
                else:
                    self._closed += 1
                return
            if not self.pop():
                return

    def _error(self, message: str) -> TemplateSyntaxError:
        return self.source.error(message, self.position)


def special_text(image: str) -> str:
    """What prints of a broken reference or directive: its `$`, its `#` and the backslashes before a `$`."""
    printed = []
    i = 0
    while i < len(image):
        if image[i] in "#$":
            printed.append(image[i])
        elif image[i] == "\\":
            end = i
            while end < len(image) and image[end] == "\\":
                end += 1
            if end < len(image) and image[end] == "$":
                printed.append(image[i : end + 1])
                i = end + 1  # Velocity skips the character after the dollar, too
        i += 1
    return "".join(printed)
