"""A sandbox: calls of which each sees what those before it did, and of which nothing stays. What is proven of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core import canonical

if TYPE_CHECKING:
    from compliance.core.change import Exercise

# The answer that says what stays, and what it says: how many tables are as they were; those that are not; objects of
# the catalog and roles that are not; of the tables the rows that hold one of the names; those that were not compared,
# and why; what the transaction wrote; the sequences that moved; with which SQLSTATE COMMIT would have been refused.
PROOF = "no row stays"
COMPARED, CHANGED, OBJECTS, LEFT, UNCOMPARED, WROTE, SEQUENCES, COMMIT = (
    "compared", "changed", "objects", "left", "uncompared", "wrote", "sequences", "commit",
)  # fmt: skip
# Of a call that has to be refused: with which words it was, or that it was not.
MESSAGE, REFUSED = "message", "refused"


class Sandbox(NamedTuple):
    """Exercises in this order, in one transaction that is rolled back.

    `names`: values of the column `key` of `relation`, by which the rows that they make are known. None of these may be
    there before: it would be somebody's.
    """

    exercises: tuple[Exercise, ...]
    relation: str
    key: str
    names: tuple[str, ...]

    @property
    def call(self) -> str:
        """Digest of all the calls."""
        return canonical.digest(canonical.dumps([item.call for item in self.exercises]))
