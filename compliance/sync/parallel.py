"""Targets side by side, each in a worktree of its own; they land one after the other, in the order of the file."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from compliance.core.errors import ComplianceError
from compliance.sync import landing, overlay, running
from compliance.sync.model import Outcome, TargetFailed
from compliance.sync.objects import Objects
from compliance.sync.repository import checked_out
from compliance.sync.worktrees import Tree
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compliance.sync.running import Work
    from compliance.sync.session import Session
    from compliance.systems.directional_sync.syncfile import Target

_TICK = 0.2  # seconds after which a wish to stop is noticed at the latest


class Line:
    """Whose turn it is. `barred`: why a target may not run; `tip`: the commit that holds all that has landed."""

    def __init__(
        self, session: Session, targets: Sequence[Target], barred: Mapping[str, str],
        told: Callable[[Outcome], None],
    ) -> None:  # fmt: skip
        self.session, self.barred, self.told = session, barred, told
        self.targets = {target.name: target for target in targets}
        self.tip = session.watch.head
        if session.options.dry_run:
            self.tip = overlay.commit(session.repository, self.tip, tuple(session.watch.seen))
        self.outcomes: dict[str, Outcome] = {}
        self.trees = [Tree(session.repository, number) for number in range(session.options.jobs)]
        self.running: dict[Future[Work], tuple[str, Tree]] = {}
        self.ready: dict[str, Work] = {}
        self.objects = Objects(session.repository)

    def run(self) -> tuple[Outcome, ...]:
        """All of them; whoever was not run says why."""
        try:
            with ThreadPoolExecutor(len(self.trees), thread_name_prefix="sync") as pool:
                while len(self.outcomes) < len(self.targets):
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
                self.running[pool.submit(running.run, self.session, target, tree, self._base(target))] = (
                    name,
                    tree,
                )
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

    def _base(self, target: Target) -> str:
        """The tip, with what stands in the main tree uncommitted by declaration: its own and what it needs."""
        if self.session.options.dry_run:
            return self.tip
        own = [each for each in (target, *self._all_needed(target)) if not each.git_commit]
        outputs = [glob for each in own for glob in each.outputs]
        with self.session.watch.lock:
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
        for name in self.targets:
            if name in self.outcomes:
                continue
            if name not in self.ready:
                return
            self._settle(self._landed(self.ready.pop(name)))

    def _landed(self, work: Work) -> Outcome:
        if work.outcome is not None:
            return work.outcome
        try:
            commit = self._moved(work)
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
        with self.session.watch.lock:
            if not target.git_commit:
                landing.put(repository, work.made, target.name, self.session.at)
                self.session.watch.landed()
                return None
            if checked_out(repository) != self.session.watch.out:
                raise TargetFailed("another branch was checked out meanwhile: nothing may land on it")
            new = landing.onto(self.objects, self.tip, work.made)
            landing.land(repository, self.tip, new, work.made.entries, target.name, self.session.at)
            self.tip = self.session.watch.head = new
        return new

    def _settle(self, outcome: Outcome) -> None:
        self.outcomes[outcome.target] = outcome
        self.told(outcome)


def not_run(target: Target, reason: str, *, dry_run: bool) -> Outcome:
    return Outcome(
        target.name, target.direction, False, f"not run: {reason}", dry_run=dry_run, ran=False, line=target.line
    )
