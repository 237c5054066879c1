"""Reads commands of bash; what it does not know it refuses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from compliance.systems.directional_sync.shell.simples import SimpleReader
from compliance.systems.directional_sync.shell.syntax import (
    Calculation,
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Sequence,
    Test,
    Text,
    While,
    Word,
)  # fmt: skip
from compliance.systems.directional_sync.shell.words import ENDS, NAME

if TYPE_CHECKING:
    from compliance.systems.directional_sync.shell.syntax import Command

_FUNCTION = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\([ \t]*\)")
_KEYWORD = re.compile(r"(if|case|for|while|until|function|select|time|coproc)(?=[\s;]|$)")
_BETWEEN = re.compile(r"(then|elif|else|fi|do|done|esac|\})(?=[\s;&|)<>]|$)")


@lru_cache(maxsize=4096)
def parse(text: str) -> Sequence:
    """The commands of a script; raises `Unreadable`."""
    parser = _Parser(text)
    found = parser.sequence()
    if parser.at < len(parser.text):
        raise parser.error(f"'{parser.peek(12)}' stands where a command is looked for")
    return found


class _Parser(SimpleReader):
    def body(self, end: str) -> Sequence:
        found = self.sequence()
        if self.take() != end:
            raise self.error(f"a {end} is missing")
        return found

    def sequence(self) -> Sequence:
        """Up to whatever ends it: a word such as `fi`, a `)`, `;;`, or the text."""
        lines: list[tuple[Chain, ...]] = []
        while True:
            self.space()
            found: list[Chain] = []
            while self._begins():
                found.append(self._chain())
                self._blank()
                if self.peek() == ";" and self.peek(2) not in (";;", ";&"):
                    self.take()
                    self._blank()
            if not found:
                return Sequence(tuple(lines))
            lines.append(tuple(found))

    def _begins(self) -> bool:
        sign = self.peek()
        return bool(sign) and sign not in "\n);&|" and _BETWEEN.match(self.text, self.at) is None

    def _chain(self) -> Chain:
        items: list[tuple[Literal["", "&&", "||"], Pipeline]] = [("", self._pipeline())]
        while True:
            self._blank()
            sign = self.peek(2)
            if sign != "&&" and sign != "||":
                background = self.peek() == "&"
                if background:
                    self.take()
                return Chain(tuple(items), background)
            self.take(2)
            self.space()
            items.append(("&&" if sign == "&&" else "||", self._pipeline()))

    def _pipeline(self) -> Pipeline:
        line, negated = self.line, False
        while self.peek() == "!" and self.peek(2)[1:].isspace():
            self.take()
            self._blank()
            negated = not negated
        found = [self._command()]
        while True:
            self._blank()
            if self.peek() != "|" or self.peek(2) == "||":
                return Pipeline(tuple(found), negated, line)
            if self.take(2) == "|&":
                raise self.error("|& is not followed")
            self.at -= 1
            self.space()
            found.append(self._command())

    def _command(self) -> Command:
        line = self.line
        if self.peek(2) == "[[" and self.text[self.at + 2 : self.at + 3].isspace():
            return self._test(line)
        if self.peek(2) == "((":
            self.take(2)
            return Calculation(self._sum(), line)
        if self.peek() == "(":
            self.take()
            return Group(self.body(")"), True, self._redirects(), line)
        if self.peek() == "{" and self.peek(2)[1:].isspace():
            self.take()
            return Group(self.body("}"), False, self._redirects(), line)
        if (function := _FUNCTION.match(self.text, self.at)) is not None:
            self.at = function.end()
            self.space()
            return Function(function[1], self._command(), line)
        keyword = self.match(_KEYWORD)
        if keyword is None:
            return self._simple(line)
        return self._compound(keyword, line)

    def _compound(self, keyword: str, line: int) -> Command:
        match keyword:
            case "if":
                return self._if(line)
            case "case":
                return self._case(line)
            case "for":
                return self._for(line)
            case "while" | "until":
                condition = self.sequence()
                body = self._do()
                return While(condition, keyword == "until", body, self._redirects(), line)
            case "function":
                self._blank()
                name = self.match(re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:[ \t]*\([ \t]*\))?")) or ""
                self.space()
                return Function(name.rstrip("() \t"), self._command(), line)
        raise self.error(f"'{keyword}' is not followed")

    def _expect(self, *words: str) -> str:
        self.space()
        found = self.match(_BETWEEN)
        if found not in words:
            raise self.error(f"{' or '.join(words)} is missing")
        return found

    def _if(self, line: int) -> If:
        branches, otherwise, word = [], None, "elif"
        while word == "elif":
            condition = self.sequence()
            self._expect("then")
            branches.append((condition, self.sequence()))
            word = self._expect("elif", "else", "fi")
        if word == "else":
            otherwise = self.sequence()
            self._expect("fi")
        return If(tuple(branches), otherwise, self._redirects(), line)

    def _do(self) -> Sequence:
        self._expect("do")
        body = self.sequence()
        self._expect("done")
        return body

    def _for(self, line: int) -> For:
        self._blank()
        name = self.match(NAME)
        self._blank()
        if name is None or self.match(re.compile(r"in(?=\s)")) is None:
            raise self.error("only 'for NAME in …' is followed")
        words = []
        self._blank()
        while (word := self.word()) is not None:
            words.append(word)
            self._blank()
        if self.peek() == ";":
            self.take()
        return For(name, tuple(words), self._do(), self._redirects(), line)

    def _case(self, line: int) -> Case:
        self._blank()
        subject = self.word()
        self.space()
        if subject is None or self.match(re.compile(r"in(?=\s)")) is None:
            raise self.error("'case' cannot be read")
        items: list[tuple[tuple[Word, ...], Sequence, str]] = []
        self.space()
        while self.match(re.compile(r"esac(?=[\s;&|)<>]|$)")) is None:
            items.append(self._item())
            self.space()
        return Case(subject, tuple(items), self._redirects(), line)

    def _item(self) -> tuple[tuple[Word, ...], Sequence, str]:
        if self.peek() == "(":
            self.take()
        patterns = []
        while True:
            self._blank()
            pattern = self.word()
            if pattern is None:
                raise self.error("a pattern of 'case' cannot be read")
            patterns.append(pattern)
            self._blank()
            if (sign := self.take()) == ")":
                break
            if sign != "|":
                raise self.error("a pattern of 'case' cannot be read")
        body = self.sequence()
        end = self.match(re.compile(r";;&|;;|;&")) or ";;"
        return tuple(patterns), body, end

    def _test(self, line: int) -> Test:
        self.take(2)
        words: list[Word] = []
        while True:
            self.space()
            if self.match(re.compile(r"\]\](?=[\s;&|)]|$)")) is not None:
                return Test(tuple(words), line)
            if (sign := self.match(re.compile(r"&&|\|\||[()<>]"))) is not None:
                words.append(Word((Text(sign, False),), self.line))
                continue
            # Behind =~ a pattern goes up to the next blank, with brackets and bars in it.
            pattern = bool(words) and words[-1].bare == "=~"
            word = self.word(" \t\n" if pattern else ENDS)
            if word is None:
                raise self.error("[[ cannot be read")
            words.append(word)
