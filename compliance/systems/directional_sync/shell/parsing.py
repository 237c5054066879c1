"""Reads commands of bash; what it does not know it refuses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from compliance.systems.directional_sync.shell.syntax import (
    Assignment,
    Calculation,
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirect,
    Sequence,
    Simple,
    Test,
    Text,
    While,
    Word,
    joined,
)  # fmt: skip
from compliance.systems.directional_sync.shell.words import ENDS, NAME, Reader

if TYPE_CHECKING:
    from compliance.systems.directional_sync.shell.syntax import Command, Part

# Of these, assignments stand among the words.
DECLARING = ("declare", "local", "export", "readonly", "typeset")
_BLANK = re.compile(r"(?:[ \t]|\\\n)+")
_REDIRECT = re.compile(r"([0-9]*)(<<<|<<-|<<|>>|>&|<&|>\||&>>|&>|[<>])")
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?=\+?=|\[)")
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


class _Parser(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.heres: list[tuple[str, bool, bool, list[Redirect]]] = []

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

    def space(self) -> None:
        """Blanks, ends of lines, comments, and the texts of here-documents, which begin behind the end of a line."""
        while True:
            self._blank()
            if self.peek() != "\n":
                return
            self.take()

    def _blank(self) -> None:
        self.match(_BLANK)
        if self.peek() == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

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

    def _simple(self, line: int) -> Simple:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            self._blank()
            if _REDIRECT.match(self.text, self.at) is not None:
                redirects.append(self._redirect())
            elif (not words or words[0].bare in DECLARING) and (assignment := self._assignment()) is not None:
                assignments.append(assignment)
            elif (word := self.word()) is not None:
                words.append(word)
            elif assignments or words or redirects:
                return Simple(tuple(assignments), tuple(words), tuple(redirects), line)
            else:
                raise self.error(f"'{self.peek(12)}' stands where a command is looked for")

    def _assignment(self) -> Assignment | None:
        start = self.at
        name = self.match(_ASSIGNED)
        if name is None:
            return None
        index = self.index() if self.peek() == "[" else None
        append = self.peek() == "+"
        if append:
            self.take()
        if self.take() != "=":
            self.at = start
            return None
        if self.peek() == "(":
            self.take()
            return Assignment(name, index, append, None, self._list())
        return Assignment(name, index, append, self.word(), None)

    def _list(self) -> tuple[tuple[Word | None, Word], ...]:
        items: list[tuple[Word | None, Word]] = []
        while True:
            self.space()
            if self.peek() == ")":
                self.take()
                return tuple(items)
            index = self._key()
            word = self.word()
            if word is None and index is None:
                raise self.error("a list cannot be read")
            items.append((index, word or Word((), self.line)))

    def _key(self) -> Word | None:
        """`[index]=` before an item of a list."""
        start = self.at
        if self.peek() != "[":
            return None
        index = self.index()
        if self.take() == "=":
            return index
        self.at = start
        return None

    def _redirects(self) -> tuple[Redirect, ...]:
        found = []
        self._blank()
        while _REDIRECT.match(self.text, self.at) is not None:
            found.append(self._redirect())
            self._blank()
        return tuple(found)

    def _redirect(self) -> Redirect:
        match = _REDIRECT.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        descriptor, operator = match[1] or ("0" if match[2][0] == "<" else "1"), match[2]
        self._blank()
        target = self.word()
        if target is None:
            raise self.error("a redirection cannot be read")
        if operator in ("<<", "<<-"):
            return Redirect(descriptor, "<<", None, self._here(target, operator == "<<-"))
        if operator == "<<<":
            return Redirect(descriptor, operator, None, target)
        return Redirect(descriptor, operator, target, None)

    def _here(self, target: Word, tabs: bool) -> Word:
        """The text below this line is taken out of it, so that what follows on the line is read as it stands."""
        end = self.text.find("\n", self.at)
        mark, line = target.plain or "", self.line
        indent = r"\t*" if tabs else ""
        found = re.compile(rf"^{indent}{re.escape(mark)}$", re.MULTILINE).search(self.text, end + 1)
        if end < 0 or found is None:
            raise self.error("a here-document is not closed")
        text = self.text[end + 1 : found.start()]
        # Its lines stay, so that those behind it keep their numbers.
        self.text = self.text[:end] + "\n" * text.count("\n") + self.text[found.end() :]
        if tabs:
            text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
        if target.bare is None:
            return Word((Text(text, True),), line)
        inner = _Parser(text)
        parts: list[Part] = []
        while sign := inner.peek():
            parts.append(inner.inner(sign, "$`\\"))
        return joined(parts, line)
