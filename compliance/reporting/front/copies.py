"""Files of policy as pages, so that a link can name a line: an address of a file on disk carries none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import hypertext, redact
from compliance.reporting.front.model import POLICY
from compliance.reporting.front.render import style

if TYPE_CHECKING:
    from collections.abc import Mapping


def pages(files: Mapping[str, str]) -> dict[str, str]:
    """By path below the report's folder. `files`: texts by name."""
    return {f"{POLICY}/{name}.html": copy(name, text) for name, text in files.items()}


def copy(name: str, text: str) -> str:
    """Line for line as it stands there; what looks like a secret is taken out, as at every edge."""
    lines = redact.text(text, None).expandtabs(4).removesuffix("\n").split("\n")
    items = "".join(
        f'<li id="L{number}"><code>{hypertext.escaped(line)}</code></li>\n'
        for number, line in enumerate(lines, 1)
    )
    body = (
        f'<header><p><a href="../index.html">The report</a></p>\n<h1>{hypertext.escaped(name)}</h1></header>\n',
        f'<main><ol class="lines">\n{items}</ol></main>\n',
    )
    return hypertext.page(name, style(), body)
