"""A document of numbered sections, some of which declare things: as a block of JSON, or as a list of names."""

from __future__ import annotations

import re
from typing import NamedTuple

from compliance.sync.connectors.protocol import Failed

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`\s]*)")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(?:(\d+)[.):]?(?=[ \t]|$))?[ \t]*(.*?)[ \t]*#*[ \t]*$")
_DASH = "[ \\t]+(?:—|\u2013|-)[ \\t]+"
_ITEMS = (
    re.compile(
        r"(?P<lead> {0,3}[-*+][ \t]+(?:\*\*`?|`))(?P<name>[^*`]+?)"
        rf"(?P<between>:?`?\*\*(?:{_DASH}|:?[ \t]+|)|`(?:{_DASH}|:?[ \t]+|))(?P<text>.*)"
    ),
    re.compile(
        rf"(?P<lead> {{0,3}}[-*+][ \t]+)(?P<name>[\w.@/-]+?)(?P<between>{_DASH}|:[ \t]+|[ \t]*$)(?P<text>.*)"
    ),
)


class Section(NamedTuple):
    """Lines from `start` (its heading) up to `end`."""

    number: int | None
    title: str
    start: int
    end: int


class Item(NamedTuple):
    """An entry of a list. `lead` is what stands before its name, `between` what stands between that and the text."""

    name: str
    text: str
    start: int
    end: int
    lead: str
    between: str


class Markdown:
    """`lines` keep their ends. Nothing in a fenced block is a heading or an item."""

    def __init__(self, text: str, path: str) -> None:
        self.path, self.lines = path, text.splitlines(keepends=True)
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.fenced = _fenced(self.lines)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def sections(self, level: int) -> list[Section]:
        """Those of a level; each ends where the next one of it, or of one above, begins."""
        heads = []
        for number, line in enumerate(self.lines):
            match = None if self.fenced[number] else _HEADING.match(line.rstrip("\r\n"))
            if match and len(match[1]) <= level:
                heads.append((number, match))
        ends = [at for at, _ in heads[1:]] + [len(self.lines)]
        return [
            Section(int(match[2]) if match[2] else None, match[3], at, end)
            for (at, match), end in zip(heads, ends, strict=True)
            if len(match[1]) == level
        ]

    def refuse_gaps(self, level: int, first: int, last: int) -> None:
        """Raises `Failed` unless each number from first to last stands there once, in order, and no other."""
        found = [section for section in self.sections(level) if section.number is not None]
        numbers = [section.number for section in found]
        wanted = list(range(first, last + 1))
        said = [f"section {n} is missing" for n in wanted if n not in numbers]
        for before, section in zip([None, *found], found, strict=False):
            at = f"line {section.start + 1}: section {section.number}"
            if section.number not in wanted:
                said.append(f"{at} is none of {first} to {last}")
            elif numbers.index(section.number) != found.index(section):
                said.append(f"{at} stands there twice")
            elif before is not None and before.number is not None and before.number > (section.number or 0):
                said.append(f"{at} comes after section {before.number}")
        if said:
            raise Failed(f"{self.path}: {'; '.join(said)}")

    def section(self, level: int, wanted: int | str) -> Section:
        """By its number, or by a pattern of its title; raises `Failed` unless there is one of it."""
        try:
            found = [
                each for each in self.sections(level)
                if (each.number == wanted if isinstance(wanted, int) else re.search(wanted, each.title))
            ]  # fmt: skip
        except re.error as error:
            raise Failed(f"{wanted!r} is no regular expression: {error}") from None
        if len(found) != 1:
            raise Failed(f"{self.path}: {len(found)} sections are {wanted!r}, and it has to be one")
        return found[0]

    def block(self, section: Section) -> tuple[int, int] | None:
        """The lines between the fences of its first block of JSON."""
        for number in range(section.start + 1, section.end):
            match = _FENCE.match(self.lines[number])
            if (
                self.fenced[number]
                and not self.fenced[number - 1]
                and match
                and match[2].lower() in ("", "json")
            ):
                end = number + 1
                while end < section.end and not self._closes(end, match[1]):
                    end += 1
                return number + 1, end
        return None

    def _closes(self, number: int, fence: str) -> bool:
        line = self.lines[number].strip()
        return line.startswith(fence) and not line.strip(fence[0])

    def items(self, section: Section) -> list[Item]:
        """Entries that name something: `- **name**: text`, or `- name`; an indented line goes on with the one above."""
        found: list[Item] = []
        for number in range(section.start + 1, section.end):
            line = self.lines[number].rstrip("\r\n")
            if self.fenced[number]:
                continue
            match = next((match for each in _ITEMS if (match := each.fullmatch(line))), None)
            if match:
                name, text = match["name"].strip(), match["text"].strip()
                found.append(Item(name, text, number, number + 1, match["lead"], match["between"]))
            elif found and found[-1].end == number and re.match(r"[ \t]+\S", line) and not match:
                text = f"{found[-1].text} {line.strip()}".strip()
                found[-1] = found[-1]._replace(text=text, end=number + 1)
        names = [item.name for item in found]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Failed(f"{self.path}: section '{section.title}' names {', '.join(twice)} twice")
        return found

    def put_items(self, section: Section, wanted: dict[str, str]) -> None:
        """Make its list be these names, with their texts; the lines of the others stay as they are."""
        items = self.items(section)
        last = max((item.end for item in items), default=None)
        new = {name: text for name, text in wanted.items() if name not in {item.name for item in items}}
        style = items[-1] if items else Item("", "", 0, 0, "- **", "**: ")
        lines = [self._line(style, name, text) for name, text in new.items()]
        if last is None:
            last = self._end(section)
            lines = [self.newline, *lines] if lines else []
        elif lines and not self.lines[last - 1].endswith("\n"):
            self.lines[last - 1] += self.newline
        self.lines[last:last] = lines
        for item in reversed(items):
            if item.name not in wanted:
                del self.lines[item.start : item.end]
            elif item.text != wanted[item.name]:
                self.lines[item.start : item.end] = [self._line(item, item.name, wanted[item.name])]
        self.fenced = _fenced(self.lines)

    def _line(self, like: Item, name: str, text: str) -> str:
        marks = like.between.rstrip(" \t:—\u2013-")
        between = like.between if like.between != marks else f"{marks}: "
        return f"{like.lead}{name}{between + text if text else marks}{self.newline}"

    def _end(self, section: Section) -> int:
        """Behind its last line that says anything."""
        end = section.end
        while end > section.start + 1 and not self.lines[end - 1].strip():
            end -= 1
        if not self.lines[end - 1].endswith("\n"):
            self.lines[end - 1] += self.newline
        return end

    def put_block(self, section: Section, text: str) -> None:
        """Make its block of JSON be this text, which ends with a line; a section without one gets it."""
        if (place := self.block(section)) is not None:
            self.lines[place[0] : place[1]] = text.splitlines(keepends=True)
        else:
            end = self._end(section)
            lines = [
                self.newline,
                f"```json{self.newline}",
                *text.splitlines(keepends=True),
                f"```{self.newline}",
            ]
            self.lines[end:end] = lines
        self.fenced = _fenced(self.lines)


def _fenced(lines: list[str]) -> list[bool]:
    """Of each line: does it open, close or stand in a fenced block?"""
    found: list[bool] = []
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            found.append(True)
            stripped = line.strip()
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = ""
        else:
            found.append(match is not None)
            fence = match[1] if match else ""
    return found
