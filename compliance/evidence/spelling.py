"""A bundle as bytes: a tar (ustar) in the one spelling that the names and contents of its files have.

A tar and no zip: a zip tells of each file twice, may hold parts that no list names, and what unpacks it and what checks
it may disagree on them. Not compressed: nothing unfolds, every byte is a header that follows from the manifest or
content that it lists, and to check it costs little more than to read it. Part of `verify.py` of every bundle, so
nothing but the standard library is here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BLOCK = 512
END = bytes(2 * BLOCK)
NAME = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.ASCII)
_MAGIC, _MAGIC_AT = b"ustar\x0000", 257


class File(NamedTuple):
    """Where the content of a file lies in the bundle."""

    name: str
    start: int
    end: int

    @property
    def place(self) -> str:
        return f"bytes {self.start}-{self.end - 1}" if self.end > self.start else f"empty, at byte {self.start}"


def header(name: str, size: int) -> bytes:
    """The block before a file: of nobody, of no time. `ValueError` where the name is too long for one."""
    prefix, short = "", name
    if len(name) > 100:
        cut = name.index("/", len(name) - 101)
        prefix, short = name[:cut], name[cut + 1 :]
    if len(prefix) > 155 or size >= 8**11:
        raise ValueError(name)
    fields = (
        short.encode().ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size, b"00000000000\0",
        b" " * 8, b"0", bytes(100), _MAGIC, bytes(32), bytes(32), b"0000000\0", b"0000000\0",
        prefix.encode().ljust(155, b"\0"), bytes(12),
    )  # fmt: skip
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padding(size: int) -> int:
    """How many zeros fill its last block."""
    return -size % BLOCK


def walk(data: bytes) -> tuple[list[File], list[str]]:
    """The files in the order in which they lie, and every region that is not spelled as it has to be."""
    found: list[File] = []
    wrong: list[str] = []
    at = 0
    while at < len(data) and data[at : at + len(END)] != END:
        stated = _stated(data[at : at + BLOCK])
        if stated is None:
            at = _behind(data, at, wrong)
            continue
        file = File(stated[0], at + BLOCK, at + BLOCK + stated[1])
        found.append(file)
        at = file.end + padding(stated[1])
        if at > len(data):
            return found, [*wrong, f"{file.name}: the bundle ends at byte {len(data)}, before this file does"]
        if data[file.end : at].strip(b"\0"):
            wrong.append(f"{file.name}: bytes {file.end}-{at - 1} behind it are not as they were")
    if data[at : at + len(END)] != END:
        wrong.append(f"at byte {at}: the end of the bundle is not as it was")
    elif len(data) > at + len(END):
        wrong.append(f"bytes {at + len(END)}-{len(data) - 1}: stand behind the end of the bundle")
    return found, wrong


def _stated(block: bytes) -> tuple[str, int] | None:
    """Name and size of a header; none where it is spelled in another way than the one."""
    try:
        short, prefix = (block[a:b].rstrip(b"\0").decode("ascii") for a, b in ((0, 100), (345, 500)))
        name, size = f"{prefix}/{short}" if prefix else short, int(block[124:135], 8)
        return (name, size) if NAME.fullmatch(name) and header(name, size) == block else None
    except ValueError:
        return None


def _behind(data: bytes, at: int, wrong: list[str]) -> int:
    """Where the next header is that is spelled as it has to be, or the end."""
    behind = data.find(_MAGIC, at + _MAGIC_AT + 1)
    while behind >= 0 and _stated(data[behind - _MAGIC_AT : behind - _MAGIC_AT + BLOCK]) is None:
        behind = data.find(_MAGIC, behind + 1)
    end = len(data) - len(END) if data.endswith(END) and at < len(data) - len(END) else len(data)
    behind = behind - _MAGIC_AT if behind >= 0 else end
    wrong.append(f"bytes {at}-{behind - 1}: no file, as a bundle spells one")
    return behind
