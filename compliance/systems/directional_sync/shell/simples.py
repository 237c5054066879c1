"""Reads simple commands of bash: assignments, words, redirections and here-documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.syntax import Assignment, Redirect, Simple, Text, Word, joined
from compliance.systems.directional_sync.shell.words import Reader

if TYPE_CHECKING:
    from compliance.systems.directional_sync.shell.syntax import Part

# Of these, assignments stand among the words.
DECLARING = ("declare", "local", "export", "readonly", "typeset")
_BLANK = re.compile(r"(?:[ \t]|\\\n)+")
_REDIRECT = re.compile(r"([0-9]*)(<<<|<<-|<<|>>|>&|<&|>\||&>>|&>|[<>])")
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?=\+?=|\[)")


class SimpleReader(Reader):
    """What reads commands around them is built on it."""

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
        inner = type(self)(text)
        parts: list[Part] = []
        while sign := inner.peek():
            parts.append(inner.inner(sign, "$`\\"))
        return joined(parts, line)
