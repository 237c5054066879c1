"""Every loop is found, once, and nothing that is none; a proof names exactly the assumptions that it rests on."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.loops import Edge, prove

if TYPE_CHECKING:
    from collections.abc import Iterable

PAIRS = list(product("abcdef", repeat=2))
GRAPHS = st.lists(st.sampled_from(PAIRS), unique=True, max_size=18)


def edges(pairs: Iterable[tuple[str, str]], *, removed: bool = False) -> list[Edge]:
    """With an assumption of its own for each that is removed."""
    return [Edge(a, b, f"{a}{b}", (f"not {a}{b}",) if removed else (), removed) for a, b in pairs]


def brute_force(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, ...]]:
    """Every order of every set of nodes, begun at the least one, in which each has an edge to the next."""
    there = set(pairs)
    names = sorted({name for pair in there for name in pair})
    orders = (o for n in range(1, len(names) + 1) for o in permutations(names, n) if o[0] == min(o))
    return {o for o in orders if all(step in there for step in zip(o, (*o[1:], o[0])))}


@settings(max_examples=300)
@given(GRAPHS)
def test_the_loops_are_exactly_those_of_brute_force(pairs: list[tuple[str, str]]) -> None:
    proof = prove(edges(pairs), limit=10_000)
    assert sorted(loop.nodes for loop in proof.loops) == sorted(brute_force(pairs))
    assert not proof.more


@settings(max_examples=100)
@given(GRAPHS, st.integers(1, 4))
def test_a_limit_that_cuts_is_told_and_what_is_shown_is_true(pairs: list[tuple[str, str]], limit: int) -> None:
    every = brute_force(pairs)
    proof = prove(edges(pairs), limit=limit)
    assert proof.more == (len(every) > limit)
    assert len(proof.loops) == min(limit, len(every))
    assert {loop.nodes for loop in proof.loops} <= every


@settings(max_examples=100)
@given(GRAPHS, GRAPHS)
def test_what_is_assumed_is_what_would_close_a_loop_and_nothing_else(
    there: list[tuple[str, str]], gone: list[tuple[str, str]]
) -> None:
    proof = prove([*edges(there), *edges(gone, removed=True)], limit=10_000)
    steps = {step for o in brute_force([*there, *gone]) for step in zip(o, (*o[1:], o[0]))}
    assert {(e.source, e.target) for e in proof.removed} == steps & set(gone)
    assert proof.assumptions == tuple(sorted(f"not {a}{b}" for a, b in steps & set(gone)))
    assert proof.holds == (not brute_force(there))


@given(GRAPHS, st.randoms())
def test_the_order_in_which_edges_come_does_not_matter(pairs: list[tuple[str, str]], random: object) -> None:
    shuffled = edges(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert prove(shuffled, limit=5) == prove(edges(pairs), limit=5)


def test_a_loop_is_a_path_that_a_person_can_follow() -> None:
    (loop,) = prove([Edge("b", "a", "writes a"), Edge("a", "b", "calls b"), Edge("b", "c", "nothing")]).loops
    assert str(loop) == "a → (calls b) b → (writes a) a"


def test_a_loop_of_fifty_thousand_steps_needs_no_recursion() -> None:
    names = [f"{number:06}" for number in range(50_000)]
    (loop,) = prove(edges(zip(names, [*names[1:], names[0]]))).loops
    assert len(loop.edges) == 50_000


def test_of_a_graph_with_more_loops_than_anybody_can_count_some_are_shown_and_the_rest_is_told() -> None:
    many = [f"n{number}" for number in range(40)]
    proof = prove(edges((a, b) for a in many for b in many if a != b), limit=7)
    assert (len(proof.loops), proof.more) == (7, True)
