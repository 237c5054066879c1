"""The parts of a script of bash, as far as workflows use them. Whatever is not known here is refused, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = "\ue000"  # stands in a text for what cannot be known before the workflow runs


class Unreadable(Exception):
    """What stands there cannot be followed; `line` of the script, from 1 on."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Text:
    """Signs as they are. `quoted`: neither split nor read as a pattern."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """`$NAME`, or `${NAME[index]operator argument}`."""

    name: str
    index: Word | None
    operator: str
    argument: Word | None
    quoted: bool
    length: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """`$(…)`."""

    body: Sequence
    quoted: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """`$((…))`."""

    text: Word
    quoted: bool


Part: TypeAlias = Text | Variable | Output | Sum


def joined(parts: list[Part], line: int) -> Word:
    """A word of these parts, texts that stand side by side as one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Text) and isinstance(last, Text) and part.quoted == last.quoted:
            found[-1] = Text(last.text + part.text, part.quoted)
        else:
            found.append(part)
    return Word(tuple(found), line)


@dataclass(frozen=True, slots=True)
class Word:
    parts: tuple[Part, ...]
    line: int

    @property
    def plain(self) -> str | None:
        """Its text where nothing of it is expanded."""
        found = [part.text if isinstance(part, Text) else None for part in self.parts]
        return None if None in found else "".join(text or "" for text in found)

    @property
    def bare(self) -> str | None:
        """Its text where it is neither expanded nor quoted: only then is it a word such as `if`."""
        return self.plain if all(isinstance(part, Text) and not part.quoted for part in self.parts) else None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=word`, `name+=word`, `name[index]=word`, or `name=(word … [index]=word …)` with `items`."""

    name: str
    index: Word | None
    append: bool
    value: Word | None
    items: tuple[tuple[Word | None, Word], ...] | None


@dataclass(frozen=True, slots=True)
class Redirect:
    """`descriptor`: of the one that is led elsewhere. `here`: the text of `<<` and `<<<`."""

    descriptor: str
    operator: str
    target: Word | None
    here: Word | None


@dataclass(frozen=True, slots=True)
class Simple:
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Case:
    """Each item: its patterns, what is run, and the sign that ends it."""

    subject: Word
    items: tuple[tuple[tuple[Word, ...], Sequence, str], ...]
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class For:
    name: str
    words: tuple[Word, ...]
    body: Sequence
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class While:
    condition: Sequence
    until: bool
    body: Sequence
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Group:
    body: Sequence
    subshell: bool
    redirects: tuple[Redirect, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Test:
    """`[[ … ]]`: its words, signs among them as bare words."""

    words: tuple[Word, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Calculation:
    """`((…))`."""

    text: Word
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: Command
    line: int


Command: TypeAlias = Simple | If | Case | For | While | Group | Test | Calculation | Function


@dataclass(frozen=True, slots=True)
class Pipeline:
    commands: tuple[Command, ...]
    negated: bool
    line: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by `&&` and `||`, each with the sign before it."""

    items: tuple[tuple[Literal["", "&&", "||"], Pipeline], ...]
    background: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """`lines`: what bash reads at once. An error of arithmetic drops the rest of one and goes on with the next."""

    lines: tuple[tuple[Chain, ...], ...]

    @property
    def chains(self) -> tuple[Chain, ...]:
        return tuple(chain for line in self.lines for chain in line)


def nodes(node: Any) -> Iterator[Any]:
    """All parts of a script, the one itself first."""
    yield node
    if isinstance(node, tuple):
        for each in node:
            yield from nodes(each)
    elif is_dataclass(node):
        for each in fields(node):
            yield from nodes(getattr(node, each.name))
