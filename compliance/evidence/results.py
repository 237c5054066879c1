"""The results for Allure as one file of a bundle: a tar in which what many cases rest on lies once."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from compliance.evidence.spelling import END, padding

if TYPE_CHECKING:
    from pathlib import Path

FILE = "allure-results.tar"
_TIMES = re.compile(rb'(?<!\\)"(start|stop)": ?\d+')


def packed(folder: Path, judged_at: str) -> bytes:
    """Of equal files the first is content and the others are hard links to it, as they are on the disk.

    Every case ran at the time as of which it was judged: how long it took says nothing about an estate, and two audits
    of the same would differ in it.
    """
    at = b'"\\1": %d' % round(datetime.fromisoformat(judged_at).timestamp() * 1000)
    first: dict[bytes, str] = {}
    parts: list[bytes] = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if path.name.endswith("-result.json"):
            data = _TIMES.sub(at, data)
        same = first.setdefault(data, path.name)
        size = len(data) if same == path.name else 0
        parts.append(_header(path.name, size, same if not size else ""))
        if size:
            parts += [data, bytes(padding(size))]
    return b"".join([*parts, END])


def _header(name: str, size: int, same: str) -> bytes:
    """As `tar` writes a hard link where there is a name that it is the same as."""
    block = bytearray(512)
    fields = (
        (0, name), (100, "0000644"), (108, "0000000"), (116, "0000000"), (124, f"{size:011o}"), (136, "00000000000"),
        (148, " " * 8), (156, "1" if same and same != name else "0"), (157, same if same != name else ""),
        (257, "ustar"), (263, "00"),
    )  # fmt: skip
    for at, text in fields:
        block[at : at + len(text.encode())] = text.encode()
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)
