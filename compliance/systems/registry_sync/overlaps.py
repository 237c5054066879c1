"""Which of many ids may be the same text, without comparing each with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


class Tails(Generic[T]):
    """Ids that begin alike, by how they end: two of them meet where one end is an end of the other."""

    def __init__(self) -> None:
        self._tails: dict[str, dict[object, T]] = {}
        self._within: dict[str, dict[object, T]] = {}

    def meets(self, tail: str, owner: object) -> T | None:
        """One that somebody else put here and that may be the same."""
        for begin in range(len(tail) + 1):
            if found := _other(self._tails.get(tail[begin:]), owner):
                return found
        return _other(self._within.get(tail), owner)

    def put(self, tail: str, owner: object, item: T) -> None:
        """Two owners are enough to find one that is another's."""
        _keep(self._tails.setdefault(tail, {}), owner, item)
        for begin in range(len(tail) + 1):
            _keep(self._within.setdefault(tail[begin:], {}), owner, item)


def _keep(known: dict[object, T], owner: object, item: T) -> None:
    if len(known) < 2:
        known.setdefault(owner, item)


def _other(known: dict[object, T] | None, owner: object) -> T | None:
    return next((item for one, item in known.items() if one != owner), None) if known else None


def meeting(items: Iterable[tuple[str, str, object, T]]) -> Iterator[tuple[T, T]]:
    """Pairs of different owners that may be the same text: head, tail, owner, item. At least one pair for each that has
    any, of those before it; heads are compared along the chain of their beginnings."""
    chain: list[tuple[str, Tails[T]]] = []
    for head, tail, owner, item in sorted(items, key=lambda one: (one[0], one[1], repr(one[2]))):
        while chain and not head.startswith(chain[-1][0]):
            chain.pop()
        for _, tails in chain:
            if (other := tails.meets(tail, owner)) is not None:
                yield other, item
                break
        if not chain or chain[-1][0] != head:
            chain.append((head, Tails()))
        chain[-1][1].put(tail, owner, item)
