"""Pages of ours: one file each, without a script, that ask nothing of anybody. All that comes from outside is escaped.

Rows of a table of the class `rows` become blocks on a narrow screen; `role` keeps for a reader of screens what
`display` takes away.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STYLE = Path(__file__).with_name("page.css")  # what all pages share: colours, boxes, tables, the visible focus
LONGEST = 400
_CODE = re.compile(r"`([^`\n]+)`")


def shown(text: str) -> str:
    """As it can stand in a line: a newline, a sign of control or of direction, or a stray byte is escaped."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text
    )


def escaped(value: object) -> str:
    """As text: neither a tag nor a sign that writes from right to left."""
    return escape("\n".join(map(shown, str(value).split("\n"))))


def brief(value: object, longest: int = LONGEST) -> str:
    """The same, cut where it is so long that nothing else would be seen; what is left out is said."""
    text = str(value)
    left = len(text) - longest
    return escaped(text) if left <= 0 else f"{escaped(text[:longest])} <small>… and {left} more signs</small>"


def prose(value: object, longest: int = LONGEST) -> str:
    """The same, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", brief(value, longest))


def page(title: str, style: str, body: Iterable[str]) -> str:
    """A whole document. `title`: as it is; it is escaped here."""
    return "".join((
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n',
        f"<title>{escaped(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n", *body, "</body>\n</html>\n",
    ))  # fmt: skip


def _policy(style: str) -> str:
    """Nothing is loaded; the one style is the one that stands there."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def table(label: str, columns: Sequence[str], rows: Iterable[str], kind: str = "") -> Iterator[str]:
    """`rows`: as `row` makes them; `label`: the id of the heading that names it."""
    names = f"rows {kind}".strip()
    yield f'<table role="table" class="{names}" aria-labelledby="{label}">\n'
    yield '<thead role="rowgroup"><tr role="row">'
    yield from (f'<th role="columnheader" scope="col">{escaped(name)}</th>' for name in columns)
    yield '</tr></thead>\n<tbody role="rowgroup">\n'
    yield from rows
    yield "</tbody>\n</table>\n"


def row(columns: Sequence[str], head: str, cells: Iterable[str], kind: str = "") -> str:
    """`head` and `cells`: HTML already."""
    told = "".join(
        f'<td role="cell" data-label="{escaped(label)}"><div>{cell}</div></td>'
        for label, cell in zip(columns[1:], cells, strict=True)
    )
    name = f' class="{kind}"' if kind else ""
    return f'<tr role="row"{name}><th role="rowheader" scope="row">{head}</th>{told}</tr>\n'


def badge(word: str, said: str) -> str:
    """`word`: good, bad, warn or none, which gives its colour."""
    return f'<span class="badge {word}">{escaped(said)}</span>'
