"""What the front page says, as values: a pure function of the verdict's document and of what is given beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from compliance.core.finding import Severity
from compliance.core.verdict import OUTCOMES
from compliance.reporting.front.given import Given, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ALLURE, POLICY = "allure", "policy"
SEVERITIES: tuple[str, ...] = get_args(Severity)
STATES = ("new", "reopened", "unchanged")


class Counted(NamedTuple):
    """The five counts of something. `said`: what else there is to know of it."""

    name: str
    counts: Mapping[str, int]
    title: str = ""
    said: str = ""


class Link(NamedTuple):
    """`href`: made of digests and of names that are ours, never of what was found."""

    href: str
    said: str


class Found(NamedTuple):
    """One finding. `state`, `since`: empty where no earlier run is known; `waiver`: empty where it counts."""

    key: str
    anchor: str
    message: str
    state: str
    since: str
    waiver: str
    case: Link | None
    place: Link | None


class Group(NamedTuple):
    """One rule and all that it found, what counts first."""

    rule: Mapping[str, Any]
    reads: tuple[str, ...]
    found: tuple[Found, ...]

    @property
    def counting(self) -> int:
        return sum(not each.waiver for each in self.found)


class Unseen(NamedTuple):
    """Why cases could not look, and which."""

    reason: str
    cases: tuple[tuple[str, Link | None], ...]


class Excluded(NamedTuple):
    """What was not judged, and why: `hidden`, since its source was out of reach."""

    system: str
    reason: str
    cases: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class Front:
    """`document`: without its cases. `resolved`, `unknown`: keys that earlier runs found and this one did not."""

    given: Given
    document: Mapping[str, Any]
    systems: tuple[Counted, ...]
    controls: tuple[Counted, ...]
    groups: tuple[Group, ...]
    unseen: tuple[Unseen, ...]
    excluded: tuple[Excluded, ...]
    lost: tuple[str, ...]

    @property
    def findings(self) -> int:
        return sum(group.counting for group in self.groups)

    @property
    def states(self) -> Mapping[str, int]:
        """How many findings are new, reopened or unchanged, waived ones included."""
        found = Counter(each.state for group in self.groups for each in group.found)
        return {state: found[state] for state in STATES if found[state]}


def build(document: Mapping[str, Any], given: Given) -> Front:
    """The page of one run."""
    cases = document["cases"]
    return Front(
        given,
        {name: value for name, value in document.items() if name != "cases"},
        tuple(_systems(document)),
        tuple(_controls(cases, given)),
        tuple(_groups(document, given)),
        tuple(_unseen(cases, given)),
        tuple(_excluded(document["population"])),
        tuple(f"{name}: {each}" for name, said in document["population"].items() for each in said["lost"]),
    )


def _systems(document: Mapping[str, Any]) -> Iterator[Counted]:
    rules, population = document["rules"], document["population"]
    by: dict[str, list[Any]] = {name: [] for name in population}
    for case in document["cases"]:
        by.setdefault(rules[case["rule"]]["system"], []).append(case)
    for name in sorted(by):
        yield Counted(name, _counts(by[name]), said=_stages(population.get(name)))


def _stages(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return "not told"
    stages = [said[stage] for stage in ("declared", "collected", "run", "reported")]
    if len(set(stages)) == 1 and not said["lost"]:
        return f"all {stages[0]} declared cases are reported; {said['looked_at']} looked at"
    return "{} declared, {} collected, {} run, {} reported".format(*stages)


def _controls(cases: Iterable[Mapping[str, Any]], given: Given) -> Iterator[Counted]:
    by: dict[str, list[Any]] = {}
    for case in cases if given.controls else ():
        by.setdefault(case["rule"], []).append(case)
    for control in given.controls:
        mine = [case for rule in control.rules for case in by.get(rule, ())]
        yield Counted(control.id, _counts(mine), control.title, ", ".join(control.nist))


def _counts(cases: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    found = Counter(case["outcome"] for case in cases)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _groups(document: Mapping[str, Any], given: Given) -> list[Group]:
    """Who needs a look first: what counts, the gravest, then by name."""
    by: dict[str, list[Found]] = {}
    told = _Told(given)
    for case in document["cases"]:
        found = [*(told.of(case, each) for each in case["findings"])]
        found += [told.of(case, each) for each in case["waived"]]
        if found:
            by.setdefault(case["rule"], []).extend(found)
    groups = [
        Group(document["rules"][rule], given.reads.get(rule, ()), _sorted(found)) for rule, found in by.items()
    ]
    return sorted(
        groups, key=lambda g: (not g.counting, SEVERITIES.index(g.rule["severity"]), str(g.rule["id"]))
    )


def _sorted(found: Sequence[Found]) -> tuple[Found, ...]:
    order = (*STATES, "")
    return tuple(sorted(found, key=lambda each: (bool(each.waiver), order.index(each.state), each.key)))


class _Told:
    """A finding as the page tells it: what is new, since when, and where it leads."""

    def __init__(self, given: Given) -> None:
        self.given = given
        change = given.changes[-1] if given.changes else None
        self.first = change.first if change else {}
        self.states = {key: state for state in STATES for key in getattr(change, state, ())}

    def of(self, case: Mapping[str, Any], finding: Mapping[str, Any]) -> Found:
        key = finding["key"]
        known = self.first.get(key)
        return Found(
            key, anchor(key), finding["message"], self.states.get(key, ""), known.at if known else "",
            finding.get("waiver", ""), case_link(self.given, case), self._place(case, finding),
        )  # fmt: skip

    def _place(self, case: Mapping[str, Any], finding: Mapping[str, Any]) -> Link | None:
        places = self.given.places
        place = places.get(Subject(case["rule"], finding["subject"]))
        if place is None:
            return None
        return place_link(place.file, place.line, self.given.copies)


def anchor(key: str) -> str:
    return f"finding-{sha256(key.encode(errors='backslashreplace')).hexdigest()[:16]}"


def place_link(file: str, line: int, copies: Iterable[str]) -> Link | None:
    """To the line in the copy beside the page; nothing where the file is not copied."""
    name = file.rpartition("/")[2]
    return Link(f"{POLICY}/{name}.html#L{line}", f"{name}:{line}") if name in copies else None


def case_link(given: Given, case: Mapping[str, Any]) -> Link | None:
    """To its page in Allure, which names a result by the MD5 of its uuid."""
    name = given.cases.get(Subject(case["rule"], case["subject"]))
    if name is None or given.no_allure:
        return None
    told = md5(name.encode(), usedforsecurity=False).hexdigest()
    return Link(f"{ALLURE}/index.html#{told}", f"{case['rule']} {case['subject']}")


def _unseen(cases: Iterable[Mapping[str, Any]], given: Given) -> Iterator[Unseen]:
    by: dict[str, list[tuple[str, Link | None]]] = {}
    for case in cases:
        if case["outcome"] == "could_not_look":
            said = f"{case['rule']} {case['subject']}"
            by.setdefault(case["reason"], []).append((said, case_link(given, case)))
    yield from (Unseen(reason, tuple(found)) for reason, found in by.items())


def _excluded(population: Mapping[str, Any]) -> Iterator[Excluded]:
    for name, said in population.items():
        for kind in ("excluded", "unavailable"):
            yield from (
                Excluded(name, reason, cases, kind == "unavailable") for reason, cases in said[kind].items()
            )
