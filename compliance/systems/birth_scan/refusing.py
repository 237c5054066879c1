"""On which ways a trigger refuses a row: where it raises, or (one that runs before) lets the row go without a word.

PL/pgSQL is gone through from word to word. What is not known to be harmless is told as not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import plpgsql
from compliance.systems.birth_scan.conditions import Row, Value, holds

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUIET = frozenset({"notice", "warning", "info", "log", "debug"})
_BRANCHES = frozenset({"if", "elsif", "elseif", "else"})
# A condition that nobody can decide here: of a loop, of a handler.
_UNKNOWN = ("", True)


class Way(NamedTuple):
    """What has to hold for a statement to be reached: conditions, each as it is or turned round."""

    conditions: tuple[tuple[str, bool], ...]

    def taken(self, row: Row) -> bool | None:
        """Is it taken for this row? None: not known. What is null lets no `if` in, and an `else` it does."""
        judged: list[bool | None] = []
        for text, wanted in self.conditions:
            found = holds(text, row)
            judged.append(None if found is Value.ANY else (found is True) == wanted)
        return False if False in judged else None if None in judged else True


@dataclass
class _Frame:
    """What is open: `held` by its branch, and `after` what returned within it."""

    kind: str
    held: list[tuple[str, bool]] = field(default_factory=list)
    after: list[tuple[str, bool]] = field(default_factory=list)
    returned: bool = False


def refusals(body: str, *, before: bool) -> list[Way]:
    """Of the source of a trigger's function."""
    return list(_Walk(body, before=before).ways())


class _Walk:
    def __init__(self, body: str, *, before: bool) -> None:
        self.body, self.before, self.at = body, before, 0
        self.tokens = plpgsql.tokens(body)
        self.open = [_Frame("body")]

    def ways(self) -> Iterator[Way]:
        while self.at < len(self.tokens):
            word, after = self._word(), self._word(1)
            refuses = (word == "raise" and after not in _QUIET) or (
                self.before and (word, after) == ("return", "null")
            )
            if refuses:
                yield Way(tuple(c for frame in self.open for c in (*frame.held, *frame.after)))
            if word in ("raise", "return"):
                self._leave(word)
            self._step(word, after)

    def _step(self, word: str, after: str) -> None:
        """Beyond a word, with what it opens or closes."""
        if word == "end":
            self._close()
            self.at += 2 if after in ("if", "loop", "case") else 1
        elif word in _BRANCHES:
            self._branch(word)
        else:
            if word in ("loop", "case"):
                self.open.append(_Frame(word, [_UNKNOWN]))
            elif word == "begin":
                self.open.append(_Frame(word))
            elif (word, after) == ("exception", "when"):
                self.open[-1].after.append(_UNKNOWN)
            self.at += 1

    def _branch(self, word: str) -> None:
        condition = "" if word == "else" else self._condition()
        if word == "if":
            self.open.append(_Frame("if", [(condition, True)]))
            return
        frame = self.open[-1]
        if frame.kind == "if":
            turned = [(text, False) for text, _ in frame.held]
            frame.held = turned if word == "else" else [*turned, (condition, True)]
            frame.after = []
        if word == "else":
            self.at += 1

    def _condition(self) -> str:
        """What stands before `then`, and on behind it."""
        begin = self.tokens[self.at].end
        while self.at < len(self.tokens) - 1 and self._word() != "then":
            self.at += 1
        found = self.body[begin : self.tokens[self.at].start].strip()
        self.at += 1
        return found

    def _leave(self, word: str) -> None:
        """What comes behind a branch that ends the function is reached only where the branch is not taken."""
        if word == "raise" and self._word(1) in _QUIET:
            return
        self.at += 1  # `return case …` is no branch of the function
        while self.at < len(self.tokens) - 1 and self.tokens[self.at].text != ";":
            self.at += 1
        self.open[-1].returned = True

    def _close(self) -> None:
        if len(self.open) == 1:
            return
        frame = self.open.pop()
        if frame.kind == "if" and frame.returned:
            simple = len(frame.held) == 1 and not frame.after
            text, wanted = frame.held[0]
            self.open[-1].after.append((text, not wanted) if simple else _UNKNOWN)
        elif frame.returned and frame.kind != "begin":
            self.open[-1].after.append(_UNKNOWN)

    def _word(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place].word if place < len(self.tokens) else ""
