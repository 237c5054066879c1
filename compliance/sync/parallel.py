"""Targets side by side, each in a worktree of its own; they land one after the other, in the order of the file."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import takewhile
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError
from compliance.sync import bases, landing, overlay, running
from compliance.sync.model import Outcome, TargetFailed
from compliance.sync.objects import Objects
from compliance.sync.repository import checked_out
from compliance.sync.watching import SWITCHED
from compliance.sync.worktrees import Tree
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.sync.running import Work
    from compliance.sync.session import Session
    from compliance.systems.directional_sync.syncfile import Target

_TOGETHER = 32  # targets that land in one move at the most
_PATIENCE = 0.5  # seconds after a landing in which another may wait for company
_TICK = 0.2  # seconds after which a wish to stop is noticed at the latest


class Line:
    """Whose turn it is. `barred`: why a target may not run; `tip`: the commit that holds all that has landed; `tips`:
    all that were; `apart`: targets that may begin from any of them; `needed`: those that others wait for."""

    def __init__(self, session: Session, targets: Sequence[Target], barred: Mapping[str, str]) -> None:
        self.session, self.barred = session, barred
        self.targets = {target.name: target for target in targets}
        self.tip = session.watch.head
        if session.options.dry_run:
            self.tip = overlay.commit(session.repository, self.tip, tuple(session.watch.seen))
        self.outcomes: dict[str, Outcome] = {}
        self.trees = [Tree(session.repository, number) for number in range(session.options.jobs)]
        self.running: dict[Future[Work], tuple[str, Tree]] = {}
        self.ready: dict[str, Work] = {}
        self.objects = Objects(session.repository)
        self.tips = {self.tip}
        alone = session.options.jobs == 1 or session.options.dry_run
        self.apart = frozenset() if alone else bases.apart(targets)
        self.needed = {name for target in targets for name in target.depends_on}
        self.landed = 0.0

    def run(self) -> tuple[Outcome, ...]:
        """All of them; whoever was not run says why."""
        try:
            with ThreadPoolExecutor(len(self.trees), thread_name_prefix="sync") as pool:
                while len(self.outcomes) < len(self.targets):
                    if self.apart:
                        self._start(pool)  # goes on while others land
                    self._land()  # first: what starts after it need not be moved on top of it
                    self._start(pool)
                    self._await()
        except BaseException:
            self.session.stop.set()
            raise
        finally:
            self.objects.close()
            for tree in (*self.trees, *(tree for _, tree in self.running.values())):
                tree.remove()
        return tuple(self.outcomes[name] for name in self.targets)

    def _start(self, pool: ThreadPoolExecutor) -> None:
        """As many as there are worktrees, the first ones first."""
        busy = {name for name, _ in self.running.values()} | self.ready.keys() | self.outcomes.keys()
        for name, target in self.targets.items():
            if name in busy:
                continue
            if reason := self._hindered(target):
                self._settle(not_run(target, reason, dry_run=self.session.options.dry_run))
            elif self.trees and all(other in self.outcomes for other in self._needed(target)):
                tree = self.trees.pop()
                base = self._base(target, tree)
                self.running[pool.submit(running.run, self.session, target, tree, base)] = (name, tree)
            elif not self.trees:
                return

    def _needed(self, target: Target) -> list[str]:
        """Of those that are selected: what is left out of a run is taken as it stands."""
        return [name for name in target.depends_on if name in self.targets]

    def _hindered(self, target: Target) -> str | None:
        if self.session.stop.is_set():
            return "interrupted"
        if target.name in self.barred:
            return self.barred[target.name]
        failed = [n for n in self._needed(target) if n in self.outcomes and not self.outcomes[n].success]
        return f"{', '.join(failed)} failed" if failed else None

    def _base(self, target: Target, tree: Tree) -> str:
        """The tip, with what stands in the main tree uncommitted by declaration: its own and what it needs. Whoever is
        apart begins from what is out already: to move a worktree takes longer than many a script."""
        if self.session.options.dry_run:
            return self.tip
        if target.name in self.apart and tree.head in self.tips:
            return tree.head
        own = [each for each in (target, *self._all_needed(target)) if not each.git_commit]
        outputs = [glob for each in own for glob in each.outputs]
        paths = [path for path in self.session.watch.seen if globs.matches(path, outputs)]
        return overlay.commit(self.session.repository, self.tip, paths)

    def _all_needed(self, target: Target) -> list[Target]:
        found: dict[str, Target] = {}
        todo = list(target.depends_on)
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = self.session.file.targets[name]
                todo += found[name].depends_on
        return list(found.values())

    def _await(self) -> None:
        if not self.running:
            return
        done, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
        for future in done:
            name, tree = self.running.pop(future)
            self.trees.append(tree)
            self.ready[name] = future.result()

    def _land(self) -> None:
        """In order: whoever is behind one that still runs waits, its worktree does not."""
        due = self._due()
        if not due or self._may_wait(due):
            return
        self.session.watch.look()
        for group in _groups([self._judged(work) for work in due]):
            commits = self._together([work for work in group if _joins(work)])
            for work in group:
                del self.ready[work.target.name]
                self._settle(self._landed(work, commits.get(work.target.name)))
        self.landed = time.monotonic()

    def _due(self) -> list[Work]:
        waiting = (name for name in self.targets if name not in self.outcomes)
        return [self.ready[name] for name in takewhile(self.ready.__contains__, waiting)]

    def _may_wait(self, due: Sequence[Work]) -> bool:
        """For others, to land with them: nobody needs it yet, and somebody is still at work."""
        if not self.apart or not self.running or self.session.stop.is_set() or len(due) >= _TOGETHER:
            return False
        soon = time.monotonic() - self.landed < _PATIENCE
        return soon and not any(work.target.name in self.needed for work in due)

    def _judged(self, work: Work) -> Work:
        """Whoever wrote to the main tree fails, whatever else became of it."""
        try:
            self.session.watch.check(work.target.name)
        except TargetFailed as error:
            if work.outcome is None:
                running.undo(work)
            work.outcome = running.failure(self.session, work, error)
        return work

    def _together(self, works: Sequence[Work]) -> dict[str, str]:
        """One move of the main tree for all of them; where that cannot be, each by itself says why."""
        if len(works) < 2 or self.session.options.dry_run:
            return {}
        tip, commits = self.tip, dict[str, str]()
        entries = [entry for work in works if work.made for entry in work.made.entries]
        try:
            self._refuse_landing()
            for work in works:
                assert work.made is not None
                commits[work.target.name] = tip = landing.onto(self.objects, tip, work.made)
            self.session.listener.landing(commits)
            landing.land(self.session.repository, self.tip, tip, entries, ", ".join(commits), self.session.at)
        except (ComplianceError, TargetFailed, OSError):
            return {}
        self._is_out(tip)
        return commits

    def _is_out(self, tip: str) -> None:
        self.tip = self.session.watch.head = tip
        self.tips.add(tip)

    def _refuse_landing(self) -> None:
        if self.session.stop.is_set():
            raise TargetFailed("interrupted")
        if checked_out(self.session.repository) != self.session.watch.out:
            raise TargetFailed(SWITCHED)

    def _landed(self, work: Work, commit: str | None) -> Outcome:
        if work.outcome is not None:
            return work.outcome
        try:
            commit = commit or self._moved(work)
            assert work.moved is not None
            if not (self.session.options.dry_run or work.target.dry_run):
                work.moved.keep()
            self.session.at("after keep")
        except (TargetFailed, ComplianceError, OSError) as error:
            running.undo(work)
            return running.failure(self.session, work, error)
        return running.success(self.session, work, commit)

    def _moved(self, work: Work) -> str | None:
        """To its place in the main tree; a dry run goes the same way but for the last step."""
        if work.made is None or not work.made.entries:
            return None
        repository, target = self.session.repository, work.target
        if target.dry_run:
            return None
        if self.session.options.dry_run:
            self.tip = landing.onto(self.objects, self.tip, work.made)
            return None
        if self.session.stop.is_set():
            raise TargetFailed("interrupted")
        if not target.git_commit:
            landing.put(repository, work.made, target.name, self.session.at)
            self.session.watch.landed()
            return None
        self._refuse_landing()
        new = landing.onto(self.objects, self.tip, work.made)
        self.session.listener.landing({target.name: new})
        landing.land(repository, self.tip, new, work.made.entries, target.name, self.session.at)
        self._is_out(new)
        return new

    def _settle(self, outcome: Outcome) -> None:
        self.outcomes[outcome.target] = outcome
        self.session.listener.outcome(outcome)


def _joins(work: Work) -> bool:
    """May it land in one move with others? What is kept or taken back by itself lands by itself."""
    plain = work.target.git_commit and work.target.direction == "pull" and not work.target.dry_run
    return plain and work.outcome is None and work.made is not None and bool(work.made.entries)


def _groups(due: Sequence[Work]) -> Iterator[list[Work]]:
    """In order; each ends with one that lands by itself."""
    group: list[Work] = []
    for work in due:
        group.append(work)
        if work.outcome is None and work.made is not None and not _joins(work):
            yield group
            group = []
    yield group


def not_run(target: Target, reason: str, *, dry_run: bool) -> Outcome:
    return Outcome(
        target.name, target.direction, False, f"not run: {reason}", dry_run=dry_run, ran=False, line=target.line,
        repository=target.repository,
    )  # fmt: skip
