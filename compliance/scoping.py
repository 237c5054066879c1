"""Counts the cases of a pytest session on their way: declared, collected, run, reported (`core.population`).

Under xdist the workers collect, so they tell the controller what they were to ask; of a worker that died, what another
collected is known, and of none at all what xdist itself was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.population import Key, Stages, key_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    from compliance.core.population import Population
    from compliance.core.verdict import Case, Rule
    from compliance.probing import Look

_OUTPUT = "compliance_scope"


def names_of(each: str, looks: Iterable[Look]) -> dict[str, tuple[str, ...]]:
    """By population: what policy declares. What stands for all, for the others or for none is no name."""
    from compliance.probing import ALL, REST

    if "." not in each:
        return {}
    return {
        each: tuple(
            look.subject for look in looks if not look.not_applicable and look.subject not in (ALL, REST)
        )
    }


class Scope:
    """Of one session; registered as a plugin of pytest."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, tuple[str, ...]]] = {}
        self.declared: dict[tuple[str, str], Key] = {}
        self.collected: dict[str, Key] = {}
        self.deselected: dict[str, Key] = {}
        self.begun: set[str] = set()
        self.files: set[str] = set()
        self.told: set[str] = set()
        self.distributed: set[str] = set()
        self.lost: dict[str, tuple[str, ...]] = {}

    def declare(self, nodeid: str, file: Path, rule: Rule, each: str, looks: Iterable[Look]) -> None:
        """The cases that a probe is to make of what policy declares."""
        looks = list(looks)
        self.files.add(str(file))
        self.names.setdefault(rule.system, {}).update(names_of(each, looks))
        self.declared |= {(nodeid, look.subject): Key(rule.system, rule.id, look.subject) for look in looks}

    def expect(self, files: Iterable[Path]) -> None:
        """A file of probes that made no case is lost as a whole: nothing else would say so."""
        for file in files:
            if str(file) not in self.files:
                rule, system = file.name.split("_")[1].upper(), file.parent.name
                said = f"{rule}: {file.name} made no case"
                self.lost[system] = (*self.lost.get(system, ()), said)

    def populations(self, cases: Mapping[str, Case]) -> dict[str, Population]:
        """By system, once `cases` (by node id) is all that there will be."""
        return Stages(
            self.names,
            frozenset(self.declared.values()),
            frozenset(self.collected.values()) | frozenset(self.deselected.values()),
            frozenset(self.deselected.values()),
            frozenset(key for nodeid, key in self.collected.items() if nodeid in self.begun),
            frozenset(map(key_of, cases.values())),
            self.lost | self._untold(),
        ).by_system()

    @property
    def missing(self) -> bool:
        """Is a case lost, while none is there? What was deselected is not."""
        return any(of.lost for of in self.populations({}).values())

    def _untold(self) -> dict[str, tuple[str, ...]]:
        """What xdist gave out and nobody told of: every worker died, so it is not known of which rules these were."""
        untold = () if self.declared else sorted(self.distributed - self.told)
        return {"(unknown)": tuple(f"{nodeid}: its worker died" for nodeid in untold)} if untold else {}

    def _key(self, item: pytest.Item) -> Key | None:
        if item.get_closest_marker("rule") is None:
            return None
        look = getattr(getattr(item, "callspec", None), "params", {}).get("look")
        return look and self.declared.get((item.nodeid.partition("[")[0], look.subject))

    # -- pytest

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        self.deselected |= {item.nodeid: key for item in items if (key := self._key(item))}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected |= {item.nodeid: key for item in session.items if (key := self._key(item))}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.begun.add(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # The last report of a case; one whose worker died has none, whatever xdist says in its place.
        if report.when == "teardown":
            self.told.add(report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = [
                [[system, each, *names] for system, of in self.names.items() for each, names in of.items()],
                [[*node, *key] for node, key in self.declared.items()],
                [[nodeid, *key] for nodeid, key in self.collected.items()],
                [[nodeid, *key] for nodeid, key in self.deselected.items()],
                sorted(self.files),
            ]
        return (yield)

    # -- xdist, on the controller

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Iterable[str]) -> None:
        self.distributed.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        said = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if said is None:
            return
        names, declared, collected, deselected, files = said
        for system, each, *found in names:
            self.names.setdefault(system, {})[each] = tuple(found)
        self.declared |= {(nodeid, subject): Key(*key) for nodeid, subject, *key in declared}
        self.collected |= {nodeid: Key(*key) for nodeid, *key in collected}
        self.deselected |= {nodeid: Key(*key) for nodeid, *key in deselected}
        self.files.update(files)
