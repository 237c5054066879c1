"""TypeScript as words, texts and signs: comments are left out, and what stands in a text is no code.

No parser: that is enough to know what a route imports, names and says (`tsmodule.py`). What cannot be told apart is
kept as code, so that no import hides behind a quote that is not closed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["word", "text", "number", "sign"]

_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?(?:\*/|\Z)|\A#![^\n]*)+", re.S)
_WORD = re.compile(r"[^\W\d][\w$]*|\$[\w$]*|#[^\W\d][\w$]*|_[\w$]*")
_NUMBER = re.compile(r"\.?\d(?:[eE][+-]|[\w.])*")
_TEXT = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.S)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\n|.)", re.S)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_SIGN = re.compile(r"=>|\?\.(?!\d)|\.\.\.|.", re.S)
# Behind these a slash begins a regular expression, though they look like a value.
_BEFORE_REGEX = frozenset(
    {"return", "typeof", "case", "in", "of", "void", "delete", "await", "yield", "else", "do"}
)


class Token(NamedTuple):
    """`text`: of a text what it says, without quotes."""

    kind: Kind
    text: str

    def is_sign(self, text: str) -> bool:
        return self.kind == "sign" and self.text == text


def tokens(text: str) -> list[Token]:
    """All but space and comments. A template with parts to fill in is a text of what is between them."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    at, last = 0, None
    depth: list[int] = []  # of each template that is open, how many braces are
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        if depth and depth[-1] == 0 and text[at] == "}":
            depth.pop()
            token, at, opened = _template(text, at + 1)
        elif text[at] == "`":
            token, at, opened = _template(text, at + 1)
        else:
            token, at = _token(text, at, last)
            opened = False
            if depth and token.kind == "sign" and token.text in "{}":
                depth[-1] += 1 if token.text == "{" else -1
        if opened:
            depth.append(0)
        last = token
        yield token


def _token(text: str, at: int, last: Token | None) -> tuple[Token, int]:
    if match := _TEXT.match(text, at):
        return Token("text", _said(match[0][1:-1])), match.end()
    if match := _WORD.match(text, at):
        return Token("word", match[0]), match.end()
    if match := _NUMBER.match(text, at):
        return Token("number", match[0]), match.end()
    if text[at] == "/" and not _is_value(last) and (match := _REGEX.match(text, at)):
        return Token("number", "/"), match.end()
    match = _SIGN.match(text, at)
    return Token("sign", match[0] if match else text[at]), match.end() if match else at + 1


def _is_value(token: Token | None) -> bool:
    """Does a slash behind it divide?"""
    if token is None:
        return False
    if token.kind == "word":
        return token.text not in _BEFORE_REGEX
    return token.kind != "sign" or token.text in (")", "]", "}")


def _template(text: str, at: int) -> tuple[Token, int, bool]:
    """From behind a backtick, or behind the brace of what was filled in, to the next of either."""
    start = at
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            return Token("text", _said(text[start:at])), at + 1, False
        elif text.startswith("${", at):
            return Token("text", _said(text[start:at])), at + 2, True
        else:
            at += 1
    return Token("sign", "`"), start, False


def _said(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    name = found[1]
    if name[0] in "ux" and len(name) > 1:
        return chr(min(int(name[1:].strip("{}"), 16), 0x10FFFF))
    return _PLAIN.get(name, name)
