"""Killed anywhere: the estate is as before or as after, the ledger knows which, and the same command again finishes.

Killed are the program and the server, and the program is interrupted, at every point that it passes: after every
statement, before and after every fsync, before and after COMMIT; and once more while it finds out what became of that.
"""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from compliance.executor.recovery import pending
from tests.judging import CATALOG
from tests.live.crashing import DRIFT, Done, Site, built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.executor.ledger import Entry

BLOWS = ("kill_client", "kill_server", "interrupt")
COMMIT = ("before fsync intent", "after fsync intent", "before COMMIT", "after COMMIT")
VERIFY = ("PostgreSQL", "repository", "cases", "before fsync verified", "after fsync verified")
POINTS = {
    "apply": (
        "before the first statement",
        "correct dot_iu_health: statement 1",
        "correct dot_iu_health: statement 1",
        "insert 2 row(s): statement 1",
        "insert 2 row(s): statement 2",
        "insert 2 row(s): statement 1",
        *COMMIT,
        "before fsync receipt",
        "after fsync receipt",
        *VERIFY,
    ),
    "rollback": (
        "before the first statement",
        "take back: insert 2 row(s): statement 1",
        "take back: insert 2 row(s): statement 2",
        "take back: insert 2 row(s): statement 3",
        "take back: correct dot_iu_health: statement 1",
        "take back: correct dot_iu_health: statement 2",
        *COMMIT,
        "before fsync rolled-back",
        "after fsync rolled-back",
    ),
}
# The entries by which a command ends, and what it is told that is given once too often.
ENDS = {"apply": ["receipt", "verified"], "rollback": ["rolled-back"]}
OVER = {"apply": "was applied already", "rollback": "was rolled back already"}
AFTER = {"apply": "rollback", "rollback": "apply"}  # the snapshot that each leads to


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with built() as found:
        yield found


class Kill(NamedTuple):
    """A command that is struck at a point."""

    command: str
    at: int
    blow: str

    @property
    def point(self) -> str:
        return POINTS[self.command][self.at]

    @property
    def committed(self) -> bool:
        return self.at > POINTS[self.command].index("before COMMIT")

    @property
    def code(self) -> int:
        """What the command ends with. Without a server it needs to look no more, or cannot go on."""
        points = POINTS[self.command]
        last = points.index("repository" if self.command == "apply" else "after COMMIT")
        server = 0 if self.at >= last else 3
        return {"kill_client": -signal.SIGKILL, "interrupt": 130, "kill_server": server}[self.blow]


def name_of(kill: Kill) -> str:
    return f"{kill.command}-{kill.at:02}-{kill.point.replace(' ', '_')}-{kill.blow}"


SAMPLE = {
    ("apply", "insert 2 row(s): statement 2", "kill_server"),
    ("apply", "after fsync intent", "interrupt"),
    ("apply", "before COMMIT", "kill_client"),
    ("apply", "after COMMIT", "kill_server"),
    ("rollback", "before COMMIT", "kill_server"),
    ("rollback", "after COMMIT", "kill_client"),
}
MATRIX = [
    Kill(command, at, blow) for command, points in POINTS.items() for at in range(len(points)) for blow in BLOWS
]


def seldom(kill: Kill, sample: set[tuple[str, str, str]]) -> object:
    marks = () if (kill.command, kill.point, kill.blow) in sample else (pytest.mark.prove,)
    return pytest.param(kill, marks=marks, id=name_of(kill))


@pytest.mark.parametrize("command", POINTS)
def test_these_are_the_points_at_which_it_is_struck(command: str, site: Site) -> None:
    site.restore(command)
    done = site.run(command)
    assert (done.code, done.err) == (0, "")
    assert tuple(re.sub(r"^\d+ cases$", "cases", point) for point in done.points) == POINTS[command]
    assert_ended(site, command, ["intent", *ENDS[command]])


@pytest.mark.parametrize("kill", [seldom(kill, SAMPLE) for kill in MATRIX])
def test_killed_at_a_point_it_is_as_before_or_as_after_and_the_same_command_finishes(
    kill: Kill, site: Site
) -> None:
    site.restore(kill.command)
    done = site.run(kill.command, kill.at, kill.blow)
    assert_struck(done, kill)
    kinds = assert_whole(site, kill)
    again = site.again(kill.command)
    if kinds and kinds[-1] == ENDS[kill.command][-1]:
        assert (again.code, OVER[kill.command] in again.err) == (4, True), again
    else:
        assert again.code == 0, again.err
    assert_ended(site, kill.command, expected(kill, kinds))


def assert_struck(done: Done, kill: Kill) -> None:
    """There and not elsewhere; what it says of it is an error that a person understands."""
    assert done.points[kill.at] == kill.point or kill.point == "cases"
    assert done.code == kill.code, done.err
    if done.code == 3:
        assert "PostgreSQL" in done.err
        assert "To go on: give the same command again" in done.err
    elif done.code == 130:
        assert done.err == "compliance: interrupted\n"


def assert_whole(site: Site, kill: Kill) -> list[str]:
    """All of it, or nothing; returns the kinds of the entries that it has left."""
    found = site.state()
    if kill.committed:
        assert found.without_times == site.states[AFTER[kill.command]].without_times
    else:
        assert found == site.states[kill.command]
    kinds = [entry.kind for entry in site.since(kill.command)]
    whole = ["intent", *ENDS[kill.command]]
    assert kinds == whole[: len(kinds)]
    return kinds


def expected(kill: Kill, kinds: list[str]) -> list[str]:
    """What the ledger holds in the end: an intent of which nothing came is written off, and made anew."""
    lost = ["intent", "recovered"] if "intent" in kinds and not kill.committed else []
    return [*lost, "intent", *ENDS[kill.command]]


def assert_ended(site: Site, command: str, kinds: list[str]) -> None:
    """Done once, known to be done, and not to be done again."""
    entries = site.since(command)
    assert [entry.kind for entry in entries] == kinds
    assert pending(site.ledger) is None
    assert len(spent(entries)) == 1, "an approval counts once"
    assert site.state().without_times == site.states[AFTER[command]].without_times
    once_more = site.again(command)
    assert (once_more.code, once_more.out) == (4, "")
    assert OVER[command] in once_more.err
    assert [entry.kind for entry in site.since(command)] == kinds


def spent(entries: list[Entry]) -> list[str]:
    ends = [entry for entry in entries if entry.kind in ("receipt", "rolled-back")]
    return [nonce for entry in ends for nonce in entry.body["approvals"]["nonces"]]


# --- killed again, while it finds out what became of it --------------------------------------------------------------

LOST = (
    "found an interrupted {} of command_catalog/migration",
    "before fsync recovered",
    "after fsync recovered",
)
FOUND = LOST[:1]
AGAIN = {
    ("apply", "before COMMIT"): LOST,
    ("apply", "after COMMIT"): (*FOUND, "before fsync receipt", "after fsync receipt", *VERIFY),
    ("rollback", "before COMMIT"): LOST,
    ("rollback", "after COMMIT"): (*FOUND, "before fsync rolled-back", "after fsync rolled-back"),
}
TWICE = [
    (Kill(command, POINTS[command].index(first), "kill_client"), at, points[at].format(command), blow)
    for (command, first), points in AGAIN.items()
    for at in range(len(points))
    for blow in BLOWS
]
SAMPLE_TWICE = {
    ("apply", "before fsync receipt", "kill_server"),
    ("rollback", "after fsync recovered", "kill_client"),
}


@pytest.mark.parametrize(
    ("kill", "at", "point", "blow"),
    [
        pytest.param(
            kill, at, point, blow, id=f"{name_of(kill)}-then-{at}-{point.replace(' ', '_')}-{blow}",
            marks=() if (kill.command, point, blow) in SAMPLE_TWICE else (pytest.mark.prove,),
        )
        for kill, at, point, blow in TWICE
    ],
)  # fmt: skip
def test_killed_again_while_it_recovers_it_recovers_the_next_time(
    kill: Kill, at: int, point: str, blow: str, site: Site
) -> None:
    site.restore(kill.command)
    assert site.run(kill.command, kill.at, kill.blow).code == -signal.SIGKILL
    struck = site.run(kill.command, at, blow)
    assert struck.points[at] == point or point == "cases"
    state = site.state().without_times
    committed = kill.committed or (blow == "kill_server" and struck.code == 0)
    assert state == site.states[AFTER[kill.command] if committed else kill.command].without_times
    ended = site.since(kill.command)[-1].kind == ENDS[kill.command][-1]
    assert site.again(kill.command).code == (4 if ended else 0)
    lost = [] if kill.committed else ["intent", "recovered"]
    assert_ended(site, kill.command, [*lost, "intent", *ENDS[kill.command]])


# --- what is found was done by the other command ---------------------------------------------------------------------


def test_what_an_interrupted_rollback_has_taken_back_is_not_told_as_applied(site: Site) -> None:
    """The approval of the apply is spent, so applying again is refused, and truly nothing is applied."""
    site.restore("rollback")
    site.run("rollback", "after COMMIT", "kill_client")
    done = site.again("apply")
    assert (done.code, "it was used by receipt" in done.err) == (4, True), done
    assert [entry.kind for entry in site.since("rollback")] == ["intent", "rolled-back"]
    assert site.state() == site.states["apply"]


def test_an_interrupted_rollback_of_one_receipt_is_not_told_as_one_of_another(site: Site) -> None:
    site.restore("rollback")
    assert site.again("rollback").code == 0
    site.approve("execute")
    assert site.again("apply").code == 0
    site.approve("rollback")
    second = site.receipts()[-1]
    site.start("rollback", second, at="after COMMIT", do="kill_client").end()
    first = site.again("rollback")
    assert (first.code, first.out) == (4, "")
    assert f"receipt {site.receipt[:12]} was rolled back already" in first.err
    again = site.call("rollback", second)
    assert (again.code, f"receipt {second[:12]} was rolled back already" in again.err) == (4, True)
    assert site.state() == site.states["apply"]


def test_an_interrupted_apply_is_finished_before_an_older_plan_s_receipt_is_taken_back(site: Site) -> None:
    site.restore("apply")
    site.run("apply", "after COMMIT", "kill_client")
    unknown = site.call("rollback", "0000")
    assert (unknown.code, site.receipts()) == (4, []), "what has no receipt yet cannot be named"
    assert site.again("apply").out.startswith("applied: 2 row(s) created, 1 row(s) changed (by an earlier run")
    assert len(site.receipts()) == 1


def test_a_dry_run_after_a_kill_writes_down_what_became_of_it_and_changes_nothing(site: Site) -> None:
    site.restore("apply")
    site.run("apply", "after COMMIT", "kill_client")
    done = site.call("apply", str(site.plan), "--dry-run")
    assert (done.code, done.out) == (4, "")
    assert [entry.kind for entry in site.since("apply")] == ["intent", "receipt"]
    assert site.state().without_times == site.states["rollback"].without_times
    assert site.again("apply").code == 0


def test_what_somebody_undid_by_hand_is_applied_again(site: Site) -> None:
    """The content decides, not what the ledger says of another day."""
    site.restore("rollback")
    assert OVER["apply"] in site.again("apply").err
    site.do(DRIFT)
    site.approve("execute")
    assert site.again("apply").code == 0
    assert len(site.receipts()) == 2


# --- what is applied, but not as declared ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point",
    [
        "before COMMIT",
        pytest.param("after fsync receipt", marks=pytest.mark.prove),
        pytest.param("after COMMIT", marks=pytest.mark.prove),
    ],
)
def test_killed_before_what_is_not_kept_was_taken_back_it_is_taken_back_the_next_time(
    point: str, site: Site
) -> None:
    """A gate that stands open keeps the estate from being as declared, whatever the plan does."""
    site.restore("apply")
    site.do("update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled'")
    before = site.state()
    judged = POINTS["apply"].index("cases")
    at = judged if point == "after fsync receipt" else judged + 1 + POINTS["rollback"].index(point)
    struck = site.run("apply", at, "kill_client")
    assert point in ("after fsync receipt", struck.points[-1])
    again = site.again("apply")
    if point == "after COMMIT":  # of the taking back; this is another apply then, for which nobody approved
        assert (again.code, "it was used by receipt" in again.err) == (4, True), again
    else:
        assert (again.code, "so it was taken back" in again.err) == (6, True), again
    assert site.state() == before
    assert pending(site.ledger) is None


# --- somebody was quicker --------------------------------------------------------------------------------------------

CHANGED = f"update {CATALOG} set category = 'changed' where command_name = 'dot_iu_health'"


def interfered(site: Site, point: str) -> str:
    """An apply that was killed, after which somebody changed a row that it writes. Returns the id of its intent."""
    site.restore("apply")
    site.run("apply", point, "kill_client")
    site.do(CHANGED)
    state, intent = site.state(), pending(site.ledger)
    assert intent is not None
    for words in (("apply", str(site.plan)), ("apply", str(site.plan), "--dry-run")):
        done = site.call(*words)
        assert (done.code, done.out) == (4, "")
        assert "incident: an interrupted apply of command_catalog/migration left the estate" in done.err
        assert f"`compliance ledger settle {intent.hash[:12]} --as applied|not-applied --reason …`" in done.err
    assert site.state() == state
    assert [entry.kind for entry in site.since("apply")] == ["intent"], "nothing is guessed"
    return intent.hash[:12]


def settle(site: Site, intent: str, become: str) -> Done:
    return site.call("ledger", "settle", intent, "--as", become, "--reason", "ticket 12")


def test_an_incident_that_is_settled_as_not_applied_leaves_a_plan_that_is_stale(site: Site) -> None:
    intent = interfered(site, "before COMMIT")
    assert settle(site, "0" * 12, "not-applied").code == 4
    done = settle(site, intent, "not-applied")
    assert (done.code, done.out.split()[0]) == (0, "recovered")
    assert site.since("apply")[-1].body["by_hand"] == "ticket 12"
    again = site.again("apply")
    assert (again.code, "stale: " in again.err) == (4, True), again
    site.do(f"update {CATALOG} set category = 'collection' where command_name = 'dot_iu_health'")
    assert site.again("apply").code == 0, "as it was when it was compiled, and its approval is not spent"
    assert_ended(site, "apply", ["intent", "recovered", "intent", "receipt", "verified"])


def test_an_incident_that_is_settled_as_applied_leaves_a_receipt_to_take_back(site: Site) -> None:
    intent = interfered(site, "after COMMIT")
    done = settle(site, intent, "applied")
    assert (done.code, done.out.split()[0]) == (0, "receipt")
    (receipt,) = site.receipts()
    site.approve("rollback")
    refused = site.call("rollback", receipt)
    assert (refused.code, "what it wrote was changed since" in refused.err) == (4, True)
    site.do(f"update {CATALOG} set category = 'read' where command_name = 'dot_iu_health'")
    assert site.call("rollback", receipt).code == 0
    assert site.state() == site.states["apply"]


def test_an_incident_of_a_rollback_is_settled_too(site: Site) -> None:
    site.restore("rollback")
    site.run("rollback", "after COMMIT", "kill_client")
    site.do(CHANGED)
    intent = pending(site.ledger)
    assert intent is not None
    refused = site.again("rollback")
    assert (refused.code, "incident: an interrupted rollback" in refused.err) == (4, True)
    assert settle(site, intent.hash[:12], "applied").out.startswith("rolled-back ")
    assert OVER["rollback"] in site.again("rollback").err


def test_what_nobody_left_open_cannot_be_settled(site: Site) -> None:
    site.restore("rollback")
    done = settle(site, "", "applied")
    assert (done.code, "there is no open intent" in done.err) == (4, True)
    assert site.since("rollback") == []
