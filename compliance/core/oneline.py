"""Text that somebody else chose, on one line: a name in an estate may hold a line feed, or what a terminal obeys."""

from __future__ import annotations


def oneline(text: str) -> str:
    """The same where all of it can be printed; else what cannot stands there as Python escapes it."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
