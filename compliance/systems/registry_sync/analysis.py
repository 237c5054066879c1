"""What all rules over flows share, made once for an observation.

Each text of each operation is walked once. What its variables stand for is found once for all flows of one shape, and
told of those alone that a rule asks for.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.calling import contexts_of
from compliance.core.flows import flows_of
from compliance.systems.registry_sync.scanning import scanned
from compliance.systems.registry_sync.shapes import hits_of, may_be_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence, Set

    from compliance.core.contexts import Context
    from compliance.core.flows import Flow, Flows, Operation, Step
    from compliance.core.symbols import Value
    from compliance.core.template import Variable
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.scanning import Place, Scan
    from compliance.systems.registry_sync.shapes import Hit, Known


class Use(NamedTuple):
    """A variable where it stands, and what it stands for in a context."""

    context: Context
    step: Step
    place: Place
    variable: Variable
    value: Value

    @property
    def operation(self) -> Operation:
        return self.step.operation


class Analysis:
    """All flows, the contexts of those that run, and what their variables stand for, by kind of symbol.

    `memo`: what several rules derive from it.
    """

    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        self.contexts = contexts_of(flows)
        self.active = tuple(flow for flow in flows.flows.values() if flow.status == "active")
        names = Counter(flow.name for flow in flows.flows.values())
        self._subjects = {
            flow.id: flow.name if flow.name and names[flow.name] == 1 else f"{flow.name} ({flow.id})"
            for flow in flows.flows.values()
        }
        self._scans: dict[str, Scan] = {}
        self.memo: dict[str, Any] = {}
        self._by_type: dict[str, list[tuple[Flow, Step]]] = {}
        for flow in self.active:
            for step in flows.chain(flow):
                self._by_type.setdefault(step.operation.type, []).append((flow, step))
        known: Known = {}
        self._hits = [
            (context, hits_of(context, tuple([self.scan(step.operation) for step in context.steps]), known))
            for contexts in self.contexts.values()
            for context in contexts
        ]

    def subject(self, flow: str) -> str:
        """A flow's name; with its id where another one has the same name, or it has none."""
        return self._subjects.get(flow) or f"(no flow) ({flow})"

    def scan(self, operation: Operation) -> Scan:
        """The texts in an operation's options, walked once."""
        found = self._scans.get(operation.id)
        if found is None:
            found = self._scans[operation.id] = scanned(operation.options)
        return found

    def steps(self) -> Iterator[tuple[Flow, Step]]:
        """What the active flows reach."""
        for flow in self.active:
            for step in self.flows.chain(flow):
                yield flow, step

    @property
    def types(self) -> Set[str]:
        """Of what the active flows reach."""
        return self._by_type.keys()

    def of_type(self, name: str) -> Sequence[tuple[Flow, Step]]:
        """What the active flows reach, of one type."""
        return self._by_type.get(name, ())

    def requests(self) -> Iterator[tuple[Context, Step]]:
        """Every request that can be reached, in every context."""
        for contexts in self.contexts.values():
            for context in contexts:
                for step in context.steps:
                    if step.operation.type == "request" and context.live(step):
                        yield context, step

    def used(self, *kinds: str) -> Iterator[Use]:
        """The variables that stand for a value of these kinds."""
        for kind in kinds:
            for context, hits in self._hits:
                for hit in hits.get(kind, ()):
                    yield self._use(context, hit)

    def columns_of(self, collections: Collection[str]) -> Iterator[Use]:
        """The variables that stand for a column of one of these: of those only is what they stand for asked."""
        for context, hits in self._hits:
            places = hits.get("column")
            if places and may_be_of(context, collections):
                for hit in places:
                    use = self._use(context, hit)
                    if use.value.of in collections:
                        yield use

    def environment(self) -> dict[tuple[str, str], None]:
        """Each flow with each name of the environment that it uses."""
        named: dict[tuple[str, str], None] = {}
        known: dict[int, tuple[str, ...]] = {}  # flows of one shape have one object in common, and the names
        for context, hits in self._hits:
            places = hits.get("env")
            if places:
                names = known.get(id(hits))
                if names is None:
                    uses = (self._use(context, hit) for hit in places)
                    names = known[id(hits)] = tuple(dict.fromkeys(use.value.of for use in uses))
                for name in names:
                    named[context.flow.id, name] = None
        return named

    def _use(self, context: Context, hit: Hit) -> Use:
        step = context.steps[hit.step]
        place = self.scan(step.operation).templates[hit.text]
        variable = place.read.variables[hit.variable]
        return Use(context, step, place, variable, context.value(step, variable))


def analysis(facts: Facts) -> Analysis:
    """Of the flows that were observed."""
    flows = flows_of(facts.read("rows:flows"), facts.read("rows:operations"))
    found: Analysis | None = flows.memo.get(__name__)
    if found is None:
        found = flows.memo[__name__] = Analysis(flows)
    return found
