"""Can something that was triggered trigger itself again? A pure graph: its loops, or what the proof that it has none
rests on.

An edge may be *removed*: it is not there because of something that was proved, or is assumed. An assumption is part of
the proof only where the edge would close a loop if it were put back: then no other one can matter.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A graph of a few dozen flows may have more loops than there are atoms. Nobody reads more than these.
LIMIT = 100
Graph = list[list[int]]


class Edge(NamedTuple):
    """`source` makes `target` happen, and why.

    `removed`: it does not, given `assumptions`, each one sentence; without any, `why` is the proof.
    """

    source: str
    target: str
    why: str
    assumptions: tuple[str, ...] = ()
    removed: bool = False


class Loop(NamedTuple):
    """An elementary cycle: each edge begins where the last one ended, and the last ends where the first began."""

    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(edge.source for edge in self.edges)

    def __str__(self) -> str:
        return " ".join(f"{edge.source} → ({edge.why})" for edge in self.edges) + f" {self.edges[0].source}"


class Proof(NamedTuple):
    """`loops`: each, or with `more` as many as the limit allows. Without any, none exists if `assumptions` hold.

    `removed`: the edges that would close a loop if they were put back. `nodes` and `edges`: how much was looked at.
    """

    loops: tuple[Loop, ...]
    more: bool
    assumptions: tuple[str, ...]
    removed: tuple[Edge, ...]
    nodes: int
    edges: int

    @property
    def holds(self) -> bool:
        return not self.loops


def prove(edges: Iterable[Edge], *, limit: int = LIMIT) -> Proof:
    """Every loop that these edges make, or what the absence of one rests on. Depends on no order."""
    number: dict[str, int] = {}
    present: dict[tuple[int, int], Edge] = {}
    removed: list[tuple[int, int, Edge]] = []
    for edge in edges:
        begin, end, _, _, gone = edge
        source = number.setdefault(begin, len(number))
        target = number.setdefault(end, len(number))
        if gone:
            removed.append((source, target, edge))
        elif (known := present.get((source, target))) is None or edge < known:
            present[source, target] = edge
    found = list(islice(_loops(list(number), present), limit + 1))
    shown = sorted(found[:limit], key=lambda loop: (len(loop.edges), loop))
    closing = _closing(len(number), present, removed)
    assumed = sorted({assumption for edge in closing for assumption in edge.assumptions})
    return Proof(tuple(shown), len(found) > limit, tuple(assumed), closing, len(number), len(present))


def _loops(names: list[str], present: dict[tuple[int, int], Edge]) -> Iterator[Loop]:
    """Component after component, in the order of their least names, so that a limit always shows the same ones."""
    graph = _graph(len(names), present)
    alone = {node for node, target in present if node == target}
    knots = [c for c in components(graph, _behind_loops(graph)) if len(c) > 1 or c[0] in alone]
    ordered = (sorted(knot, key=names.__getitem__) for knot in knots)
    for knot in sorted(ordered, key=lambda knot: names[knot[0]]):
        place = {node: index for index, node in enumerate(knot)}
        inner = [sorted(place[t] for t in graph[node] if t in place) for node in knot]
        for cycle in elementary_cycles(inner):
            steps = [knot[index] for index in cycle]
            yield Loop(tuple(present[step] for step in zip(steps, [*steps[1:], steps[0]])))


def _closing(
    size: int, present: dict[tuple[int, int], Edge], removed: list[tuple[int, int, Edge]]
) -> tuple[Edge, ...]:
    """The removed edges whose ends would be on a loop if all of them were put back."""
    whole = _graph(size, {*present, *((source, target) for source, target, _ in removed)})
    place = _places(whole)
    return tuple(sorted({edge for source, target, edge in removed if place[source] == place[target]}))


def _behind_loops(graph: Graph) -> list[int]:
    """The nodes of loops, and what these lead to: what is left once all is taken away that nothing leads to."""
    into = [0] * len(graph)
    for targets in graph:
        for target in targets:
            into[target] += 1
    free = [node for node, count in enumerate(into) if not count]
    while free:
        for target in graph[free.pop()]:
            into[target] -= 1
            if not into[target]:
                free.append(target)
    return [node for node, count in enumerate(into) if count]


def _places(graph: Graph) -> list[int]:
    """The number of each node's component: `components` of all nodes, twice as quick by lists of that length."""
    order, low, place = [0] * len(graph), [0] * len(graph), [-1] * len(graph)
    stack: list[int] = []
    walk: list[tuple[int, Iterator[int]]] = []
    count = 0
    for root in range(len(graph)):
        following: int | None = None if order[root] else root
        while walk or following is not None:
            if following is not None:
                count += 1
                order[following] = low[following] = count
                stack.append(following)
                walk.append((following, iter(graph[following])))
            node, targets = walk[-1]
            following = None
            for target in targets:
                if not order[target]:
                    following = target
                    break
                if place[target] < 0 and order[target] < low[node]:
                    low[node] = order[target]
            if following is None:
                walk.pop()
                if walk and low[node] < low[walk[-1][0]]:
                    low[walk[-1][0]] = low[node]
                if low[node] == order[node]:
                    _settle(place, stack, node)
    return place


def _settle(place: list[int], stack: list[int], node: int) -> None:
    while place[node] < 0:
        place[stack.pop()] = node


def _graph(size: int, pairs: Iterable[tuple[int, int]]) -> Graph:
    graph: Graph = [[] for _ in range(size)]
    for source, target in pairs:
        graph[source].append(target)
    return graph


def components(graph: Graph, nodes: Iterable[int]) -> Iterator[list[int]]:
    """Strongly connected components of what `nodes` and the edges between them make (Tarjan, without recursion)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    among = set(nodes)
    stack: list[int] = []
    standing: set[int] = set()
    for root in sorted(among):
        if root in order:
            continue
        path = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        standing.add(root)
        while path:
            node, targets = path[-1]
            for target in targets:
                if target not in among:
                    continue
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    standing.add(target)
                    path.append((target, iter(graph[target])))
                    break
                if target in standing:
                    low[node] = min(low[node], order[target])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    yield _unstack(stack, standing, node)


def _unstack(stack: list[int], standing: set[int], node: int) -> list[int]:
    component = []
    while True:
        last = stack.pop()
        standing.discard(last)
        component.append(last)
        if last == node:
            return component


def elementary_cycles(graph: Graph) -> Iterator[list[int]]:
    """Every cycle that visits no node twice, once, from its least node on (Johnson 1975, without recursion).

    Only inside of strongly connected components: a graph without a loop costs one walk over its edges.
    """
    for node, targets in enumerate(graph):
        if node in targets:
            yield [node]
    todo = [c for c in components(graph, range(len(graph))) if len(c) > 1]
    while todo:
        component = todo.pop()
        inside = set(component)
        start = min(component)
        inner = {node: [t for t in graph[node] if t in inside and t != node] for node in component}
        yield from _through(inner, start)
        inside.remove(start)
        todo += [c for c in components(graph, inside) if len(c) > 1]


def _through(graph: dict[int, list[int]], start: int) -> Iterator[list[int]]:
    """Every elementary cycle through `start`. A node from which it was not reached is left alone until that changes."""
    blocked = {start}
    closed: set[int] = set()
    waiting: dict[int, set[int]] = {}
    path = [start]
    walk = [(start, iter(graph[start]))]
    while walk:
        node, targets = walk[-1]
        for target in targets:
            if target == start:
                closed.update(path)
                yield path.copy()
            elif target not in blocked:
                path.append(target)
                blocked.add(target)
                closed.discard(target)
                walk.append((target, iter(graph[target])))
                break
        else:
            if node in closed:
                _unblock(node, blocked, waiting)
            else:
                for target in graph[node]:
                    waiting.setdefault(target, set()).add(node)
            walk.pop()
            path.pop()


def _unblock(node: int, blocked: set[int], waiting: dict[int, set[int]]) -> None:
    todo = [node]
    while todo:
        free = todo.pop()
        if free in blocked:
            blocked.discard(free)
            todo += waiting.pop(free, ())
