"""The embedded server and the reference estate on it: they come up, hold, and leave nothing behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import config, embedded, pgbin, reference
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Script = Callable[[str], tuple[subprocess.Popen[str], list[str]]]

CHECKOUT = Path(__file__).resolve().parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")


def pid_of(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])


def gone(pid: int, seconds: float = 10) -> bool:
    """Has the process ended, or does it within that time?"""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def disappears(path: Path, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not path.exists()


def value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def script() -> Iterator[Script]:
    """Start another Python on the checkout; it prints one line and waits to be ended."""
    started: list[subprocess.Popen[str]] = []

    def run(body: str) -> tuple[subprocess.Popen[str], list[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(body)], cwd=CHECKOUT, stdout=subprocess.PIPE,
            stdin=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def cache() -> Iterator[Path]:
    """A cache of this module's own, where the account that root's servers run as can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="dotc-cache-", dir="/tmp"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
        reference.down()
    shutil.rmtree(folder)


def test_a_throwaway_server_ends_with_its_block_and_leaves_no_file() -> None:
    with embedded.throwaway() as server:
        pid = pid_of(server.socket_dir / "data")
        assert value(server.dsn("postgres"), "show server_encoding") == "UTF8"
    assert gone(pid, 0.1)
    assert not server.socket_dir.exists()


def test_a_failing_block_ends_its_server_too() -> None:
    seen: list[int] = []

    def use() -> None:
        with embedded.throwaway() as server:
            seen.append(pid_of(server.socket_dir / "data"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert gone(seen[0], 0.1)


def test_nothing_listens_on_the_network_and_only_the_account_enters_the_socket_folder() -> None:
    with embedded.throwaway() as server:
        assert value(server.dsn("postgres"), "show listen_addresses") == ""
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700


def test_two_servers_run_at_once_and_do_not_see_each_other() -> None:
    with embedded.throwaway() as one, embedded.throwaway() as other:
        with psycopg.connect(one.dsn("postgres"), autocommit=True) as connection:
            connection.execute("create table only_here ()")
        assert value(one.dsn("postgres"), "select to_regclass('only_here')::text") == "only_here"
        assert value(other.dsn("postgres"), "select to_regclass('only_here')::text") is None


@pytest.mark.skipif(not DEBIAN.exists(), reason="no PostgreSQL 15 of Debian on this machine")
def test_the_server_of_the_system_can_be_used_instead() -> None:
    with embedded.throwaway(DEBIAN) as server:
        assert str(value(server.dsn("postgres"), "show server_version")).startswith("15.")


ONE_THROWAWAY = """
    import sys
    from compliance.estate.embedded import throwaway
    with throwaway() as server:
        print((server.socket_dir / "data/postmaster.pid").read_text().split()[0], server.socket_dir, flush=True)
        sys.stdin.read()
"""


def test_a_killed_user_leaves_neither_a_server_nor_a_file(script: Script) -> None:
    process, (pid, folder) = script(ONE_THROWAWAY)
    process.send_signal(signal.SIGKILL)
    assert gone(int(pid))
    assert disappears(Path(folder))


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux")
def test_a_killed_keeper_takes_its_server_with_it() -> None:
    with embedded.throwaway() as server:
        pid = pid_of(server.socket_dir / "data")
        keeper = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        os.kill(keeper, signal.SIGKILL)
        assert gone(pid)


def _python_of_everybody() -> str | None:
    """An interpreter of this version that an ordinary user can reach; root's own may be below /root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in ("/usr/bin", "/usr/local/bin", str(Path(sys.executable).resolve().parent)):
        path = Path(folder) / name
        if path.exists() and pgbin.reachable(path, pgbin.account()):
            return str(path)
    return None


def _site_packages() -> list[str]:
    return [path for path in sys.path if "site-packages" in path]


@pytest.mark.skipif(os.geteuid() != 0, reason="this whole run is by an ordinary user")
@pytest.mark.skipif(_python_of_everybody() is None, reason="no Python that an ordinary user can reach")
def test_an_ordinary_user_runs_it_as_itself() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="dotc-home-", dir="/tmp") as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        said = subprocess.run(
            [str(_python_of_everybody()), "-c", textwrap.dedent("""
                import os
                from compliance.estate.reference import reference
                with reference() as estate:
                    print(os.stat(estate.directory / "data").st_uid)
            """)], cwd=CHECKOUT, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
            env={"PYTHONPATH": os.pathsep.join([".", *_site_packages()]), "HOME": home},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert said.stderr == ""
    assert said.stdout.strip() == str(nobody.pw_uid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_binaries_out_of_reach_are_copied(cache: Path, tmp_path: Path) -> None:
    prefix = pgbin.bindir().parent
    hidden = tmp_path / "private" / "package"
    shutil.copytree(prefix.parent, hidden)
    if prefix.parent.with_name(f"{prefix.parent.name}.libs").is_dir():
        shutil.copytree(prefix.parent.with_name(f"{prefix.parent.name}.libs"), hidden.with_name("package.libs"))
    hidden.parent.chmod(0o700)
    copy = pgbin.runnable(hidden / prefix.name / "bin", pgbin.account())
    assert copy.is_relative_to(cache)
    assert pgbin.version(copy) == pgbin.version(pgbin.bindir())


def test_a_folder_without_a_server_is_named_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(pgbin.VARIABLE, str(tmp_path))
    with pytest.raises(ConfigurationError, match="holds no postgres") as caught:
        pgbin.bindir()
    assert pgbin.VARIABLE in (caught.value.remedy or "")


def test_a_failed_initdb_says_why() -> None:
    """An `initdb` without the files it needs, as a broken installation has it."""
    with tempfile.TemporaryDirectory(prefix="dotc-broken-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        broken = Path(folder) / "bin"
        broken.mkdir()
        for name in ("initdb", "postgres"):
            shutil.copy(DEBIAN / name if DEBIAN.exists() else pgbin.bindir() / name, broken)
        with pytest.raises(ConfigurationError, match=r"initdb failed\n  \| "), embedded.throwaway(broken):
            pytest.fail("it started")


def test_the_reference_estate_is_loaded_and_stops_at_the_end(cache: Path) -> None:
    with reference.reference() as estate:
        pid = pid_of(estate.directory / "data")
        assert value(estate.dsn(), "select current_user::text") == "compliance_probe"
        assert reference.status()[1:] == (True, True, False)
    assert gone(pid, 0.5)
    assert reference.status()[1:] == (True, False, False)


def test_the_estate_belongs_to_an_owner_that_is_no_superuser(cache: Path) -> None:
    with reference.reference() as estate:
        query = """
            select rolname::text, rolsuper from pg_roles r join pg_database d on datdba = r.oid
            where datname = 'estate'
        """
        with psycopg.connect(estate.dsn()) as connection:
            assert connection.execute(query).fetchone() == ("estate_owner", False)


def test_the_estate_file_leads_to_the_estate(cache: Path) -> None:
    with reference.reference() as estate:
        loaded = config.load(estate.estate_file)
        assert loaded.repository == estate.repository
        assert loaded.dsn is not None
        assert value(loaded.dsn, "select current_database()::text") == "estate"


def test_an_estate_that_says_embedded_gets_an_address_while_it_runs(cache: Path) -> None:
    declared = config.load(resource("fixtures/reference/estate.yaml"))
    with reference.running(declared) as estate:
        assert estate.dsn is not None
        assert value(estate.dsn, "select current_user::text") == "compliance_probe"


def test_a_warm_start_takes_less_than_a_third_of_a_second(cache: Path) -> None:
    with reference.reference():
        pass
    took = []
    for _ in range(3):
        begun = time.monotonic()
        with reference.reference():
            took.append(time.monotonic() - begun)
    assert min(took) < 0.3


ONE_USER = """
    import sys
    from compliance.estate.reference import reference
    with reference() as estate:
        print((estate.directory / "data/postmaster.pid").read_text().split()[0], flush=True)
        sys.stdin.read()
"""


def test_the_server_outlives_who_started_it_while_another_one_uses_it(cache: Path, script: Script) -> None:
    starter, (pid,) = script(ONE_USER)
    with reference.reference() as estate:
        starter.communicate("")
        assert pid_of(estate.directory / "data") == int(pid)
        assert value(estate.dsn(), "select 1") == 1
    assert gone(int(pid), 0.5)


def test_a_killed_user_of_the_estate_leaves_no_server(cache: Path, script: Script) -> None:
    user, (pid,) = script(ONE_USER)
    user.send_signal(signal.SIGKILL)
    assert gone(int(pid))


def test_two_first_starts_at_once_build_one_estate(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="dotc-cache-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", folder)
        with ThreadPoolExecutor(2) as pool:
            (one, first), (other, second) = pool.map(script, (ONE_USER, ONE_USER))
        assert first == second
        assert len(list(Path(folder).glob("dot-compliance/*/data"))) == 1
        one.communicate("")
        other.communicate("")
        assert gone(int(first[0]))


def test_up_stays_until_down_and_both_may_be_said_twice(cache: Path, script: Script) -> None:
    starter, (pid,) = script("""
        from compliance.estate import reference
        reference.up()
        print((reference.up().directory / "data/postmaster.pid").read_text().split()[0], flush=True)
    """)
    starter.wait(10)
    with reference.reference() as estate:
        assert pid_of(estate.directory / "data") == int(pid)
    assert reference.status()[1:] == (True, True, True)
    reference.down()
    reference.down()
    assert gone(int(pid), 0.5)
    assert reference.status()[1:] == (True, False, False)


def test_an_estate_that_was_killed_while_up_starts_again(cache: Path) -> None:
    os.kill(pid_of(reference.up().directory / "data"), signal.SIGKILL)
    with reference.reference() as estate:
        assert value(estate.dsn(), "select 1") == 1
    assert reference.status()[1:] == (True, False, False)


def test_reset_restores_rows_roles_and_repository_under_the_same_address(cache: Path) -> None:
    estate = reference.up()
    before = estate.dsn("estate_owner")
    with psycopg.connect(before, autocommit=True) as connection:
        connection.execute("create table public.intruder ()")
        with psycopg.connect(estate.server.dsn("postgres"), autocommit=True) as superuser:
            superuser.execute("alter role compliance_probe createrole")
        (estate.repository / "intruder.txt").write_text("")
        assert reference.reset().dsn("estate_owner") == before
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert value(before, "select to_regclass('public.intruder')::text") is None
    assert value(before, "select rolcreaterole from pg_roles where rolname = 'compliance_probe'") is False
    assert not (estate.repository / "intruder.txt").exists()
    assert reference.status().stays
    reference.down()


def test_psql_is_the_owner_and_the_server_ends_with_it(cache: Path) -> None:
    body = "from compliance.estate.reference import psql; psql(['-XAtc', 'select current_user'])"
    said = subprocess.run(
        [sys.executable, "-c", body], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (said.stdout, said.stderr, said.returncode) == ("estate_owner\n", "", 0)
    assert disappears(reference.status().directory / "data" / "postmaster.pid")


def test_a_clone_for_a_test_has_the_owner_of_the_estate(estate_dsn: Callable[[str], str]) -> None:
    query = "select datdba::regrole::text from pg_database where datname = current_database()"
    assert value(estate_dsn("compliance_probe"), query) == "estate_owner"
