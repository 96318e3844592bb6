"""Java's regular expressions in the syntax of the `regex` package.

What Java refuses is refused, so that none of the other package's extensions (recursion, fuzzy matches, named
lists) can be reached. As in Java, `\\w`, `\\d`, `\\s` and case folding know ASCII only, unless the pattern
asks for more.
"""

from __future__ import annotations

import re

import regex

from gatewright.vtl.errors import MethodFailed

_LINE_END = r"\n\r\u0085\u2028\u2029"
_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`\{-\~",
    "Graph": r"!-\~",
    "Print": r" -\~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0B\f\r",
}
_MEMBERS = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": r" \t\n\x0B\f\r",
    "h": r" \t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0B\f\r\x85\u2028\u2029",
}
_OUTSIDE = {
    "z": r"\Z",
    "Z": rf"(?=(?:\r\n|[{_LINE_END}])?\Z)",
    "R": rf"(?>\r\n|[{_LINE_END}\x0B\f])",
    "A": r"\A",
    "G": r"\G",
    "X": r"\X",
    "b": r"\b",
    "B": r"\B",
}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f", "a": r"\a", "e": r"\x1B"}
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|\\(?P<sign>[pP])(?:\{(?P<property>[^}]*)\}|(?P<letter>.))"
    r"|\\(?:x(?:\{(?P<wide>[0-9a-fA-F]{1,6})\}|(?P<hex>[0-9a-fA-F]{2}))|u(?P<unit>[0-9a-fA-F]{4})"
    r"|0(?P<octal>[0-3]?[0-7]{1,2})|c(?P<control>.)|k<(?P<name>\w+)>)"
    r"|\\(?P<escape>.|\Z)"
    r"|\{(?P<count>[0-9]{1,9}(?:,[0-9]{0,9})?)\}"
    r"|\((?P<group>\?[^)]?[=!]?(?:[A-Za-z0-9-]*[:>)])?)?"
    r"|(?P<other>.)",
    re.DOTALL,
)
_GROUP = re.compile(r"\?(?:[:=!>]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|(?P<flags>[idmsuxU]*(?:-[idmsuxU]*)?)[:)])")


def compile_java(pattern: str) -> regex.Pattern[str]:
    """Raises MethodFailed for what is no pattern in Java."""
    translation = _Translation(pattern)
    text = translation.outside()
    flags = regex.VERSION1 if translation.unicode else regex.VERSION1 | regex.ASCII
    try:
        return regex.compile(text, flags, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, ValueError) as fault:
        raise MethodFailed(f"PatternSyntaxException: {fault} in {pattern!r}") from fault


class _Translation:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self.unicode = False
        flags = "".join(match["flags"] or "" for match in _GROUP.finditer(pattern))
        self._dot = "." if "s" in flags else f"[^{_LINE_END}]"
        self._dollar = "$" if "m" in flags else _OUTSIDE["Z"]

    def _refuse(self, reason: str) -> MethodFailed:
        return MethodFailed(f"PatternSyntaxException: {reason} near index {self._at} in {self._pattern!r}")

    def outside(self) -> str:
        """The pattern outside of character classes."""
        pieces: list[str] = []
        while self._at < len(self._pattern):
            match = _TOKEN.match(self._pattern, self._at)
            assert match is not None
            if match["other"] == "[":
                self._at += 1
                pieces.append(self._class())
            elif match[0].startswith("("):
                pieces.append(self._group())
            else:
                self._at = match.end()
                pieces.append(self._atom(match))
        return "".join(pieces)

    def _group(self) -> str:
        """The beginning of a group; flags that only choose Unicode are not for the other package."""
        if not self._pattern.startswith("(?", self._at):
            self._at += 1
            return "("
        match = _GROUP.match(self._pattern, self._at + 1)
        if match is None:
            raise self._refuse("Unknown group type")
        self._at = match.end()
        flags = match["flags"]
        if flags is None:
            return "(" + match[0]
        self.unicode = self.unicode or "u" in flags.lower()
        kept = re.sub("[duU]", "", flags).rstrip("-")
        if match[0].endswith(")"):
            return f"(?{kept})" if kept else ""
        return f"(?{kept}:"

    def _atom(self, match: re.Match[str]) -> str:
        if match["count"] is not None:
            return match[0]
        if match["name"] is not None:
            return f"(?P={match['name']})"
        escape = match["escape"]
        if escape is not None:
            if escape in _OUTSIDE:
                return _OUTSIDE[escape]
            if escape.isascii() and escape.isdigit() and escape != "0":
                return match[0]
        other = match["other"]
        if other is None:
            members = self._members(match)
            return f"[{members}]" if members is not None else self._characters(match)
        if other in ".$":
            return self._dot if other == "." else self._dollar
        if other == "{":
            raise self._refuse("Illegal repetition")
        return re.escape(other) if other in "]}#&-~ " and other != " " else other

    def _members(self, match: re.Match[str]) -> str | None:
        """What stands in brackets for a class like `\\d` or `\\p{Alpha}`."""
        escape = match["escape"]
        if escape is not None and escape.lower() in _MEMBERS:
            members = _MEMBERS[escape.lower()]
            return members if escape.islower() else f"^{members}"
        sign = match["sign"]
        if sign is None:
            return None
        name = match["letter"] or match["property"]
        if name in _CLASSES:
            return _CLASSES[name] if sign == "p" else f"^{_CLASSES[name]}"
        if not re.fullmatch(r"\w+(?:=\w+)?", name or ""):
            raise self._refuse(f"Unknown character property name {{{name}}}")
        self.unicode = True
        return f"\\{sign}{{{name.removeprefix('Is')}}}"

    def _characters(self, match: re.Match[str]) -> str:
        """Text that stands for itself."""
        if match["quoted"] is not None:
            return re.escape(match["quoted"])
        digits = match["wide"] or match["hex"] or match["unit"]
        if digits is not None or match["octal"] is not None:
            code = int(digits, 16) if digits is not None else int(match["octal"], 8)
            if code > 0x10FFFF:
                raise self._refuse("Hexadecimal codepoint is too big")
            return re.escape(chr(code))
        if match["control"] is not None:
            return re.escape(chr(ord(match["control"]) ^ 64))
        escape = match["escape"]
        if escape in _CONTROLS:
            return _CONTROLS[escape]
        if not escape or (escape.isascii() and escape.isalnum()):
            raise self._refuse("Illegal/unsupported escape sequence")
        return re.escape(escape)

    def _class(self) -> str:
        """A character class, after its `[`. Java knows unions by nesting, and `&&`."""
        pieces = ["["]
        if self._pattern.startswith("^", self._at):
            self._at += 1
            pieces.append("^")
        first = True
        while self._at < len(self._pattern):
            if self._pattern[self._at] == "]" and not first:
                self._at += 1
                return "".join(pieces) + "]"
            pieces.append(self._class_part())
            first = False
        raise self._refuse("Unclosed character class")

    def _class_part(self) -> str:
        if self._pattern.startswith("&&", self._at):
            self._at += 2
            return "&&"
        character = self._pattern[self._at]
        if character == "[":
            self._at += 1
            return self._class()
        if character == "\\":
            match = _TOKEN.match(self._pattern, self._at)
            assert match is not None
            if match["name"] is not None:
                raise self._refuse("Illegal/unsupported escape sequence")
            self._at = match.end()
            members = self._members(match)
            return self._characters(match) if members is None else f"[{members}]"
        self._at += 1
        if character == "-" and self._is_range():
            return "-"
        return character if character.isalnum() or character.isspace() else f"\\{character}"

    def _is_range(self) -> bool:
        """Whether the `-` just read has an end on either side."""
        before = self._pattern[self._at - 2 : self._at - 1]
        after = self._pattern[self._at : self._at + 1]
        return before not in ("[", "^") and after not in ("]", "[", "")
