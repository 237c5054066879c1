"""What comes between: another change, a full disk, a lost connection, a limit, Ctrl-C. It is never half of a change.

Each is an error with an exit code and what to do about it; then the same command finishes, where that is what is left.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance import audit, probing
from compliance.estate.observe import observe
from compliance.executor.ledger import Ledger
from compliance.executor.recovery import pending
from compliance.systems import system
from compliance.systems.protocol import Facts
from tests.judging import CATALOG
from tests.live.crashing import Site, built
from tests.live.striking import FILLER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APPLIED = ["intent", "receipt", "verified"]


@pytest.fixture(scope="module")
def whole() -> Iterator[Site]:
    with built() as found:
        yield found


@pytest.fixture
def site(whole: Site) -> Iterator[Site]:
    """Its policy too is as it was, when a test has changed that."""
    platform = whole.folder / "policy/platform.yaml"
    text = platform.read_text()
    whole.restore("apply")
    yield whole
    platform.write_text(text)


def kinds(site: Site, name: str = "apply") -> list[str]:
    return [entry.kind for entry in site.since(name)]


def assert_nothing_applied(site: Site) -> None:
    assert site.state() == site.states["apply"]
    assert site.locks() == []


def assert_applied_once(site: Site, *lost: str) -> None:
    assert kinds(site) == [*lost, *APPLIED]
    assert pending(site.ledger) is None
    assert site.state().without_times == site.states["rollback"].without_times


# --- two at once -----------------------------------------------------------------------------------------------------


def test_of_two_applies_at_once_one_wins_and_the_other_is_told_who_holds_it(site: Site) -> None:
    first = site.start(*site.arguments("apply"), at="before COMMIT", do="wait").waits()
    second = site.again("apply")
    assert (second.code, second.out) == (4, "")
    assert f"is being written to by process {first.process.pid} of " in second.err
    assert "To go on: wait until that has ended" in second.err
    won = first.goes_on().end()
    assert (won.code, won.err) == (0, "")
    assert_applied_once(site)


def test_another_machine_with_a_ledger_of_its_own_is_kept_out_by_the_estate_itself(site: Site) -> None:
    site.edit("lock_seconds: 5", "lock_seconds: 0.3")
    shutil.copytree(site.ledger.folder, site.folder / "elsewhere")
    first = site.start(*site.arguments("apply"), at="before COMMIT", do="wait").waits()
    site.configure(site.dsn("estate_owner"), ledger="elsewhere")
    try:
        second = site.again("apply")
    finally:
        shutil.rmtree(site.folder / "elsewhere")
        site.configure(site.dsn("estate_owner"))
    assert (second.code, second.out) == (4, "")
    assert "another change of this estate is under way" in second.err
    assert f":{first.process.pid} as estate_owner" in second.err
    assert first.goes_on().end().code == 0
    assert_applied_once(site)


def test_no_rollback_comes_between_an_apply_and_the_look_that_follows_it(site: Site) -> None:
    first = site.start(*site.arguments("apply"), at="repository", do="wait").waits()
    (receipt,) = site.receipts()
    other = site.call("rollback", receipt)
    assert (other.code, f"is being written to by process {first.process.pid} of " in other.err) == (4, True)
    assert first.goes_on().end().code == 0
    assert_applied_once(site)


def test_an_apply_while_a_rollback_is_under_way_is_told_so(site: Site) -> None:
    site.restore("rollback")
    first = site.start(*site.arguments("rollback"), at="after COMMIT", do="wait").waits()
    other = site.again("apply")
    assert (other.code, f"is being written to by process {first.process.pid} of " in other.err) == (4, True)
    assert first.goes_on().end().code == 0
    assert kinds(site, "rollback") == ["intent", "rolled-back"]
    assert site.state() == site.states["apply"]


def test_of_three_that_race_exactly_one_applies(site: Site) -> None:
    """Whoever comes last is told that it is done, or who is at it; nobody waits, and nothing happens twice."""
    ended = [running.end() for running in [site.start(*site.arguments("apply")) for _ in range(3)]]
    assert sorted(done.code for done in ended) == [0, 4, 4], ended
    for done in ended:
        told = "is being written to by " in done.err or "was applied already" in done.err
        assert done.code == 0 or told, done.err
    assert_applied_once(site)


# --- no room for the ledger ------------------------------------------------------------------------------------------


@contextmanager
def small_disk(site: Site) -> Iterator[Path]:
    """A file system of its own under the ledger, with room for it and little more."""
    folder = site.ledger.folder
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("not run: only root may mount a disk; a limit on files, which does the same, was run")
    try:
        shutil.copytree(site.folder / "ledger-apply", folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def leave_no_rest_of_a_block(site: Site) -> None:
    """What is written to the end of a block needs no room. So an intent is to end with one, as near as can be."""
    (intent,) = (entry for entry in Ledger(site.folder / "ledger-rollback").entries() if entry.kind == "intent")
    note = intent._replace(kind="note", body={"pad": ""})
    size = site.ledger.path.stat().st_size + len(note.line) + len(intent.line)
    site.ledger.append("note", {"pad": "x" * (-(size + 100) % 4096)})


# By the last point before it is written: what has no room, and what the ledger holds then.
ROOM: dict[str, tuple[int | str, list[str]]] = {
    "intent": (5, []),
    "receipt": ("after COMMIT", ["intent"]),
    "verified": ("repository", ["intent", "receipt"]),
}


@pytest.mark.parametrize("what", ["intent", "receipt", pytest.param("verified", marks=pytest.mark.prove)])
def test_without_room_in_a_file_nothing_is_applied_or_the_same_command_finishes(what: str, site: Site) -> None:
    at, held = ROOM[what]
    full = site.run("apply", at, "limit_files")
    assert full.code == 4
    assert f"the ledger in {site.ledger.folder} cannot be written: File too large" in full.err
    assert "To go on: make room there" in full.err
    assert kinds(site) == held
    if not held:
        assert_nothing_applied(site)
    assert site.again("apply").code == 0
    assert_applied_once(site)


@pytest.mark.parametrize("what", ["intent", "receipt"])
def test_on_a_full_disk_nothing_is_applied_or_the_same_command_finishes(what: str, site: Site) -> None:
    at, held = ROOM[what]
    with small_disk(site) as disk:
        leave_no_rest_of_a_block(site)
        for code in (site.run("apply", at, "fill_disk"), site.again("apply")):
            assert code.code == 4
            assert f"the ledger in {disk} cannot be written: No space left on device" in code.err
            assert kinds(site) == ["note", *held]
        if not held:
            assert_nothing_applied(site)
        (disk / FILLER).unlink()
        assert site.again("apply").code == 0
        assert_applied_once(site, "note")


def test_with_a_ledger_that_may_only_be_read_nothing_is_applied(site: Site) -> None:
    with read_only(site):
        done = site.again("apply")
        assert done.code == 4
        assert f"the ledger in {site.ledger.folder} cannot be written: " in done.err
        assert site.call("ledger", "verify").code == 0, "it can still be read"
        assert kinds(site) == []
        assert_nothing_applied(site)
    assert site.again("apply").code == 0
    assert_applied_once(site)


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    """Modes stop everybody but root, whom a file system stops that is mounted so."""
    folder = site.ledger.folder
    if os.geteuid() == 0:
        with small_disk(site):
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            yield
            subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
            shutil.copytree(folder, site.folder / "kept")
        shutil.copytree(site.folder / "kept", folder, dirs_exist_ok=True)
        return
    for path, mode in ((folder / "lock", 0o400), (site.ledger.path, 0o400), (folder, 0o500)):
        path.chmod(mode)
    yield
    for path, mode in ((folder, 0o700), (folder / "lock", 0o600), (site.ledger.path, 0o600)):
        path.chmod(mode)


# --- a connection that ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [4, "before COMMIT"])
def test_a_connection_that_the_server_ends_is_3_and_nothing_is_applied(at: int | str, site: Site) -> None:
    cut = site.run("apply", at, "cut_connection")
    assert (cut.code, "the connection to PostgreSQL was lost" in cut.err) == (3, True), cut.err
    assert "To go on: give the same command again" in cut.err
    assert_nothing_applied(site)
    lost = ["intent"] if at == "before COMMIT" else []
    assert kinds(site) == lost
    assert site.again("apply").code == 0
    assert_applied_once(site, *lost, *["recovered" for _ in lost])


@pytest.mark.parametrize("arrives", [True, False])
def test_where_a_commit_was_never_answered_the_content_says_whether_it_arrived(
    arrives: bool, site: Site
) -> None:
    with cutting_commit(site, arrives=arrives) as host:
        site.configure(psycopg.conninfo.make_conninfo(site.dsn("estate_owner"), host=host))
        cut = site.again("apply")
    site.configure(site.dsn("estate_owner"))
    assert (cut.code, "the transaction: the connection to PostgreSQL was lost" in cut.err) == (3, True), cut.err
    assert kinds(site) == ["intent"]
    applied = site.states["rollback" if arrives else "apply"]
    assert site.state().without_times == applied.without_times
    again = site.again("apply")
    assert (again.code, "(by an earlier run" in again.out) == (0, arrives)
    assert_applied_once(site, *([] if arrives else ["intent", "recovered"]))


@contextmanager
def cutting_commit(site: Site, *, arrives: bool) -> Iterator[str]:
    """A socket that hands everything on, and cuts the line at COMMIT: before it, or behind it and before the answer."""
    folder = site.folder / "line"
    folder.mkdir(exist_ok=True)
    place = folder / ".s.PGSQL.5432"
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        thread = threading.Thread(target=_hand_on, args=(listening, site, arrives), daemon=True)
        thread.start()
        yield str(folder)
        thread.join(10)
        assert not thread.is_alive(), "nothing was committed"


def _hand_on(listening: socket.socket, site: Site, arrives: bool) -> None:
    client, _ = listening.accept()
    with closing(client), socket.socket(socket.AF_UNIX) as server:
        server.connect(str(site.server.cluster.socket_dir / ".s.PGSQL.5432"))
        ends = {client: server, server: client}
        while True:
            for source in select.select(list(ends), [], [])[0]:
                data = source.recv(1 << 16)
                last = source is client and b"COMMIT" in data
                if not last or arrives:
                    ends[source].sendall(data)
                if last or not data:
                    if last and arrives:
                        server.recv(1)  # answered, so it is done
                    return


# --- limits, and Ctrl-C, in the middle of a statement ----------------------------------------------------------------

NAP = """
    create or replace function public.nap() returns trigger language plpgsql as
    $nap$ begin perform pg_catalog.pg_sleep({seconds}); return new; end $nap$;
"""


@pytest.fixture(scope="module")
def slow_plan(whole: Site) -> Path:
    """A plan for an estate where each new row may take its time. (No such plan is compiled: CC014 stops it.)"""
    whole.restore("apply")
    whole.do(NAP.format(seconds=0))
    whole.do(f"create trigger nap before insert on {CATALOG} for each row execute function public.nap()")
    estate, policies = probing.load(whole.estate)
    run = probing.Run(estate, policies, observe(estate, policies.needs()))
    _, migration = system("command_catalog").compile(Facts("command_catalog", policies, run.observation))
    plan = audit.write(run, migration, whole.folder / "slow")
    key = str(whole.folder / "alice.pem")
    assert whole.call("rehearse", str(plan), "--key", key).code == 0
    approve = ("approve", str(plan), "--capability", "execute", "--key", key, "--reason", "a test")
    assert whole.call(*approve).code == 0
    whole.do(NAP.format(seconds=30))
    whole.save("slow")
    return plan


def assert_nothing_of_it(site: Site) -> None:
    """Nothing applied, nothing in the ledger, and no lock left, of the estate or of the ledger."""
    deadline = time.monotonic() + 5
    while site.locks() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert site.locks() == []
    assert site.state() == site.states["slow"]
    assert kinds(site, "slow") == []
    with site.ledger.locked():
        pass


def test_a_statement_over_its_limit_is_4_and_nothing_is_applied(slow_plan: Path, site: Site) -> None:
    site.edit("step_seconds: 30", "step_seconds: 2")
    site.restore("slow")
    done = site.call("apply", str(slow_plan))
    assert (done.code, done.out) == (4, "")
    assert "insert 2 row(s): time-out: canceling statement due to statement timeout (57014)" in done.err
    assert "To go on: nothing was changed; again when the estate is less busy, or raise `limits`" in done.err
    assert_nothing_of_it(site)


def test_a_table_that_somebody_else_holds_is_4_and_nothing_is_applied(site: Site) -> None:
    site.edit("lock_seconds: 5", "lock_seconds: 0.5")
    with psycopg.connect(site.dsn()) as other:
        other.execute(f"lock table {CATALOG} in row exclusive mode".encode())
        done = site.again("apply")
    assert (done.code, done.out) == (4, "")
    assert f"lock on {CATALOG}: time-out waiting for a lock: " in done.err
    assert "To go on: nothing was changed; again when" in done.err
    assert_nothing_applied(site)
    assert kinds(site) == []
    assert site.again("apply").code == 0
    assert_applied_once(site)


@pytest.mark.parametrize(
    "blow", [signal.SIGINT, signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.prove)]
)
def test_ended_in_the_middle_of_a_statement_it_leaves_nothing_and_no_lock(
    blow: signal.Signals, slow_plan: Path, site: Site
) -> None:
    """The server would sleep on for half a minute, and keep what is locked, if nobody told it."""
    site.restore("slow")
    running = site.start("apply", str(slow_plan))
    until(lambda: asleep(site), "it does not sleep")
    os.kill(running.process.pid or 0, blow)
    done = running.end()
    assert done.code == (130 if blow == signal.SIGINT else -blow)
    assert done.err == ("compliance: interrupted\n" if blow == signal.SIGINT else "")
    assert_nothing_of_it(site)


def asleep(site: Site) -> bool:
    query = "select from pg_catalog.pg_stat_activity where wait_event = 'PgSleep' and datname = 'estate'"
    with site.connect() as connection:
        return connection.execute(query.encode()).fetchone() is not None


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)
