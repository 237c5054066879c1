"""Ids of documents: templates of one variable, the key that the service stores an id under, and which ids can meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(r"\{([^{}]*)\}")
# Folders, and a name with a variable in it. In an address all of it stands as it is.
_DOCUMENT = re.compile(r"(?:[^\s?#%\\{}/]+/)+[^\s?#%\\{}/]*\{[^{}]+\}[^\s?#%\\{}/]*")


def variables(template: str) -> list[str]:
    """The columns that a template names."""
    return _VARIABLE.findall(template)


def filled(template: str, row: Mapping[str, Any]) -> str:
    """A template with the values of a row."""
    return _VARIABLE.sub(lambda found: str(row[found[1]]), template)


def encoded(document: str) -> str:
    """The key that the service stores a document under (FACTS, 'Agent Data')."""
    return document.replace("/", "__")


def unusable(template: str) -> str:
    """Why no document can be named so; empty where it can. `_` beside `/` or `_` is the key of another id too."""
    if not _DOCUMENT.fullmatch(template):
        return "is not folders and a name with one variable, such as registries/orders/order-{id}"
    if re.search(r"__|_/|/_", template):
        return "has `__`, `_/` or `/_`, which the store cannot tell from another id's key"
    return ""


def overlap(one: str, other: str) -> bool:
    """Can two templates of one variable each give the same key? Their ends decide, since anything may stand between."""
    (head, tail), (other_head, other_tail) = (_VARIABLE.split(encoded(t))[::2] for t in (one, other))
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))
