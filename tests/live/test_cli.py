"""The command line as it is started from a shell: exit codes, output, and what must never be in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from compliance.core import canonical
from compliance.estate.resources import resource
from compliance.starting import ungated

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

CHECKOUT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((CHECKOUT / "compliance" / "audit.schema.json").read_text())
REFERENCE = resource("fixtures/reference")
PASSWORD = "Tr0ub4dor-and-3"  # planted, to be looked for in all that is said
COUNTS = ("kept", "broken", "could_not_look", "not_applicable", "waived")


class Shell:
    """Starts the program in a folder of its own, with one estate in it; nothing said may hold the password."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder, self.environment = folder, dict(os.environ, ESTATE_DSN=dsn, PYTHONPATH=str(CHECKOUT))
        shutil.copytree(REFERENCE / "policy", folder / "policy")
        ungated(folder / "policy")
        shutil.copytree(REFERENCE / "repository", folder / "repository")
        self.estate(postgres="{dsn_env: ESTATE_DSN}")

    def estate(self, **changes: str) -> None:
        values = {
            "name": "cli", "kind": "staging", "systems": "[command_catalog]", "policy": "policy",
            "repository": "repository",
        } | {"postgres": "{dsn_env: ESTATE_DSN}"} | changes  # fmt: skip
        (self.folder / "estate.yaml").write_text("".join(f"{key}: {value}\n" for key, value in values.items()))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def compliance(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "compliance.cli", *arguments)

    def audit(self, *arguments: str) -> tuple[int, dict[str, object]]:
        """Exit code and JSON of an audit, valid by its schema."""
        done = self.compliance("audit", "--estate", "estate.yaml", "--no-page", "--json", *arguments)
        said = json.loads(done.stdout)
        Draft202012Validator(SCHEMA).validate(said)
        for file in (self.folder / "reports").rglob("*"):
            assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
        return done.returncode, said

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider", "--import-mode=importlib",
            "--estate", "estate.yaml", *arguments,
        )  # fmt: skip


@pytest.fixture
def shell(tmp_path: Path, estate_dsn: Callable[[str], str]) -> Shell:
    return Shell(tmp_path, f"{estate_dsn('compliance_probe')} password={PASSWORD}")


# --- audit -----------------------------------------------------------------------------------------------------


def test_a_conforming_estate_is_0_and_its_seed_is_written(shell: Shell) -> None:
    code, said = shell.audit()
    assert (code, said["verdict"], said["findings"], said["report"]) == (0, "kept", [], None)
    seed, migration = said["compiled"]  # type: ignore[misc]
    assert (seed["kind"], seed["steps"], migration["kind"], migration["steps"]) == ("seed", 1, "migration", 0)
    assert (shell.folder / seed["path"] / "deploy.sql").is_file()


def test_findings_are_1_with_key_severity_and_remedy_and_the_migration_is_compiled(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    estate_db.execute("delete from public.dot_iu_command_catalog where command_name = 'dot_iu_place'")
    estate_db.commit()
    code, said = shell.audit()
    assert (code, said["verdict"]) == (1, "broken")
    found = {finding["key"]: finding for finding in said["findings"]}  # type: ignore[attr-defined]
    assert found["CC001:dot_iu_place#missing"]["severity"] == "critical"
    assert "compliance compile command_catalog" in found["CC001:dot_iu_place#missing"]["remedy"]
    assert [item["steps"] for item in said["compiled"]] == [1, 1]  # type: ignore[attr-defined]


def test_an_unreachable_database_is_3_and_all_cases_are_counted(shell: Shell) -> None:
    _, whole = shell.audit()
    shell.environment["ESTATE_DSN"] = f"host=127.0.0.1 port=1 user=x dbname=x password={PASSWORD}"
    code, said = shell.audit()
    assert (code, said["verdict"], said["compiled"]) == (3, "could-not-look", [])
    counts = said["counts"]
    assert sum(counts.values()) == sum(whole["counts"].values())  # type: ignore[attr-defined]
    assert counts["could_not_look"] > 200  # type: ignore[index]
    assert counts["kept"] < 40, "the pins of the repository and the reviewed policies alone"  # type: ignore[index]


def test_a_superuser_is_refused_as_a_look_that_failed(shell: Shell, estate_dsn: Callable[[str], str]) -> None:
    shell.environment["ESTATE_DSN"] = f"{estate_dsn('postgres')} password={PASSWORD}"
    done = shell.compliance("audit", "--estate", "estate.yaml", "--no-page")
    assert done.returncode == 3
    code, said = shell.audit()
    assert (code, said["compiled"]) == (3, [])


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "policy/command_catalog.yaml", "  prune: false", "  prunes: false",
            "unknown key 'prunes' in catalog; allowed: columns, prune, relation",
        ),
        ("policy/command_catalog.yaml", "category: read", "kategory: read", "unknown key 'kategory'"),
        ("policy/platform.yaml", "postgres: {oldest: 14", "postgres: {oldest: 19", "oldest is newer than newest"),
        ("estate.yaml", "kind: staging", "kind: stage", "'stage' is not one of reference, staging, production"),
        (
            "estate.yaml", "systems: [command_catalog]", "systems: [command_catalogue]",
            "unknown system 'command_catalogue'; allowed: birth_scan, command_catalog, directional_sync, "
            "iu_registration, platform",
        ),
        ("estate.yaml", "ESTATE_DSN", "NO_SUCH_VARIABLE", "the environment variable NO_SUCH_VARIABLE is not set"),
        ("estate.yaml", "policy: policy", "policy: elsewhere", "there is no folder"),
        ("estate.yaml", "name: cli", "name: [", "not YAML"),
    ],
)  # fmt: skip
def test_what_is_configured_wrong_is_2_with_file_line_and_what_is_allowed(
    shell: Shell, file: str, old: str, new: str, expected: str
) -> None:
    path = shell.folder / file
    text = path.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1))
    done = shell.compliance("audit", "--estate", "estate.yaml", "--no-page")
    assert (done.returncode, expected in done.stderr) == (2, True), done.stderr
    if new != "name: [":  # where a flow sequence is not closed YAML says where it noticed
        assert f"{Path(file).name}:{line}: " in done.stderr


def test_a_file_that_is_not_there_and_a_command_that_does_not_exist_are_2(shell: Shell) -> None:
    assert shell.compliance("audit", "--estate", "no.yaml").returncode == 2
    assert shell.compliance("audit", "--estate", "estate.yaml", "--observation", "no.json").returncode == 2
    assert shell.compliance("audits").returncode == 2
    assert shell.compliance("compile", "registry_sync", "--estate", "estate.yaml").returncode == 2


def test_where_readiness_is_broken_compile_is_4_and_lists_what_stands_in_the_way(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    estate_db.execute("alter function public.fn_iu_health() volatile")
    estate_db.commit()
    done = shell.compliance("compile", "command_catalog", "--estate", "estate.yaml", "--out", "made")
    assert (done.returncode, done.stdout) == (4, "")
    assert "CC007:dot_iu_health: not mutating, but public.fn_iu_health() is volatile" in done.stderr
    assert not (shell.folder / "made").exists()


def test_where_every_source_is_declared_unavailable_nothing_is_compiled(shell: Shell) -> None:
    away = "{reason: moved, owner: platform, until: 2999-01-31}"
    shell.estate(unavailable=f"{{postgres: {away}, repository: {away}}}")
    code, said = shell.audit()
    assert said["compiled"] == []
    counts = said["counts"]
    assert (code, counts["broken"], counts["could_not_look"]) == (0, 0, 0)  # type: ignore[index]
    assert counts["kept"] == 3, "the policies were still reviewed"  # type: ignore[index]
    assert shell.compliance("compile", "command_catalog", "--estate", "estate.yaml").returncode == 4


def test_a_source_that_is_declared_unavailable_is_named_in_the_summary_and_on_the_report(shell: Shell) -> None:
    """Not applicable is no finding, so without a word a green audit would hide what it did not look at."""
    shell.estate(unavailable="{repository: {reason: moved, owner: platform, until: 2999-01-31}}")
    done = shell.compliance("audit", "--estate", "estate.yaml")
    assert done.returncode == 0, done.stderr
    assert "not looked at  repository: unavailable until 2999-01-31: moved (platform)" in done.stdout
    said = (shell.folder / "reports/allure-results/environment.properties").read_text()
    assert "repository=unavailable" in said


def test_a_day_that_is_none_does_not_last_for_ever(shell: Shell) -> None:
    shell.estate(unavailable="{repository: {reason: moved, owner: platform, until: 2026-99-99}}")
    done = shell.compliance("audit", "--estate", "estate.yaml", "--no-page")
    assert (done.returncode, "estate.yaml:7: 2026-99-99 is no day" in done.stderr) == (2, True)


def test_an_observation_that_was_written_gives_the_same_verdict_offline(shell: Shell) -> None:
    assert shell.compliance("observe", "--estate", "estate.yaml", "-o", "seen.json").returncode == 0
    assert PASSWORD.encode() not in (shell.folder / "seen.json").read_bytes()
    then = ("--judged-at", "2026-01-31T12:00:00+01:00")
    live = shell.audit(*then)
    shell.environment["ESTATE_DSN"] = "host=127.0.0.1 port=1"
    shutil.rmtree(shell.folder / "repository")
    assert shell.audit("--observation", "seen.json", *then) == live


def test_an_observation_that_was_tampered_with_is_2(shell: Shell) -> None:
    assert shell.compliance("observe", "--estate", "estate.yaml", "-o", "seen.json").returncode == 0
    file = shell.folder / "seen.json"
    file.write_bytes(file.read_bytes().replace(b'"dot_iu_place"', b'"dot_iu_plaze"', 1))
    done = shell.compliance("audit", "--estate", "estate.yaml", "--observation", "seen.json")
    assert (done.returncode, "digest" in done.stderr) == (2, True)


def test_an_observation_of_another_estate_is_2(shell: Shell) -> None:
    """A good estate's observation would make a bad one's audit green."""
    assert shell.compliance("observe", "--estate", "estate.yaml", "-o", "seen.json").returncode == 0
    file = shell.folder / "estate.yaml"
    file.write_text(file.read_text().replace("name: ", "name: not-", 1))
    done = shell.compliance("audit", "--estate", "estate.yaml", "--observation", "seen.json")
    assert (done.returncode, "an observation of estate" in done.stderr) == (2, True)


def test_a_rule_that_fails_has_judged_nothing_and_the_others_go_on(shell: Shell) -> None:
    """As over a fact of another shape, which a file may hold."""
    assert shell.compliance("observe", "--estate", "estate.yaml", "-o", "seen.json").returncode == 0
    whole = json.loads((shell.folder / "seen.json").read_bytes())
    whole["content"]["sections"]["catalog.server"]["seen"] = []
    whole["digest"] = canonical.digest(canonical.dumps(whole["content"]))
    (shell.folder / "seen.json").write_bytes(canonical.dumps(whole))
    code, said = shell.audit("--observation", "seen.json")
    assert (code, said["verdict"], said["findings"]) == (3, "could-not-look", [])
    assert said["counts"]["could_not_look"] == 2


def test_a_place_that_cannot_be_written_is_2_and_named(shell: Shell) -> None:
    (shell.folder / "taken").write_text("a file")
    done = shell.compliance("audit", "--estate", "estate.yaml", "--no-page", "--out", "taken/below")
    assert (done.returncode, "taken/below" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(shell: Shell, closed: str) -> None:
    """With a stream closed Python has None in its place, and `print` to None goes to the other one."""
    command = f'"{sys.executable}" -m compliance.cli explain no_such_command {closed}'
    done = subprocess.run(["sh", "-c", command], cwd=shell.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)


def test_a_locale_without_a_sign_ends_nothing(shell: Shell) -> None:
    shell.environment["PYTHONIOENCODING"] = "ascii"
    done = shell.compliance("--help")
    assert (done.returncode, "0 all kept" in done.stdout) == (0, True)


def test_ctrl_c_is_130(shell: Shell, estate_db: psycopg.Connection) -> None:
    """While it waits for a lock that somebody else holds."""
    estate_db.execute("begin; lock table public.dot_config in access exclusive mode")
    process = subprocess.Popen(
        [sys.executable, "-m", "compliance.cli", "observe", "--estate", "estate.yaml", "-o", "seen.json"],
        cwd=shell.folder, env=shell.environment, stderr=subprocess.PIPE, text=True,
        # A shell lets what it starts in the background ignore Ctrl-C, and children inherit that: CI may be such a one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    waiting = "select from pg_catalog.pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with estate_db.cursor() as cursor:
        for _ in range(200):
            cursor.execute("select pg_catalog.pg_stat_clear_snapshot()")
            if cursor.execute(waiting.encode()).fetchone() is not None:
                break
            time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "compliance: interrupted\n")
    assert not (shell.folder / "seen.json").exists()


# --- pytest ----------------------------------------------------------------------------------------------------


def counted(done: subprocess.CompletedProcess[str]) -> str:
    """The plugin's line: `kept: 220 kept, …`."""
    (line,) = [line for line in done.stdout.splitlines() if " could not look, " in line]
    return line.strip("- ")


def test_pytest_over_the_probes_sets_0_1_and_3(shell: Shell, estate_db: psycopg.Connection) -> None:
    probes = str(CHECKOUT / "probes")
    assert shell.pytest(probes).returncode == 0
    estate_db.execute("update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled'")
    estate_db.commit()
    assert shell.pytest(probes).returncode == 1
    shell.environment["ESTATE_DSN"] = "host=127.0.0.1 port=1"
    assert shell.pytest(probes).returncode == 3


def test_pytest_is_5_where_nothing_was_probed(shell: Shell) -> None:
    shell.estate(systems="[platform]")
    done = shell.pytest(str(CHECKOUT / "probes" / "command_catalog"))
    assert (done.returncode, "command_catalog is not in force" in shell.pytest(
        "-rs", str(CHECKOUT / "probes" / "command_catalog")).stdout) == (5, True)  # fmt: skip
    assert shell.pytest(str(CHECKOUT / "probes"), "-k", "no_such_probe").returncode == 5


def test_a_wrong_option_stays_pytest_s_own_4(shell: Shell) -> None:
    assert shell.pytest(str(CHECKOUT / "probes"), "--no-such-option").returncode == 4


def test_workers_of_xdist_give_the_same_counts_from_one_look(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    estate_db.execute("delete from public.dot_iu_command_catalog where command_name = 'dot_iu_place'")
    estate_db.commit()
    probes = str(CHECKOUT / "probes")
    one, two = shell.pytest(probes), shell.pytest(probes, "-n", "2")
    assert (one.returncode, two.returncode) == (1, 1)
    assert counted(one) == counted(two)


def test_a_probe_folder_of_one_s_own_works_from_another_directory(shell: Shell) -> None:
    (shell.folder / "own").mkdir()
    (shell.folder / "own" / "test_x001_owned.py").write_text(
        '''"""X001: the catalog belongs to a role that cannot log in.

Why: an owner may change everything.
Remedy: alter table … owner to ….
"""

import pytest

from compliance.core.finding import Finding


def owned(facts):
    for relation in facts.read("catalog.relations"):
        if relation.name == facts.policy.relation.partition(".")[2] and relation.owner != "nobody_s":
            yield Finding(facts.policy.relation, f"is owned by {relation.owner}")


@pytest.mark.rule("X001", family="own", severity="low", phase="conformance")
@pytest.mark.each("command_catalog.catalog")
def test_owned(look):
    """The catalog belongs to a role that cannot log in."""
    look.expect_none(owned)
'''
    )
    done = shell.pytest("own")
    assert done.returncode == 1, done.stdout
    assert "is owned by estate_owner" in done.stdout
    assert counted(done) == "broken: 1 kept, 1 broken, 0 could not look, 0 not applicable, 0 waived"


PROBE = """{head}
import pytest
from compliance.systems.platform import rules


@pytest.mark.rule("OWN1", family="own", severity="{severity}", phase="{phase}")
@pytest.mark.each("{each}")
def test_owned({argument}):
    look.expect_none(rules.server_is_supported)
"""
RIGHT = {"head": "", "severity": "low", "phase": "conformance", "each": "platform", "argument": "look"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"severity": "lowish"}, "'lowish' is not one of critical, high, medium, low"),
        ({"phase": "readyness"}, "'readyness' is not one of readiness, conformance"),
        ({"each": "command_catalogue.commands"}, "no system 'command_catalogue'"),
        ({"each": "command_catalog.comands"}, "command_catalog has no population 'comands'"),
        ({"argument": "look=None"}, "takes its case as the argument"),
    ],
)
def test_a_probe_that_is_written_wrong_is_an_error_and_not_a_case_that_is_kept(
    shell: Shell, wrong: dict[str, str], said: str
) -> None:
    """Each of these ended green: as not applicable, as a test of no rule, or as a guard that guards nothing."""
    (shell.folder / "test_own.py").write_text(PROBE.format(**RIGHT | wrong))
    done = shell.pytest("test_own.py", "-q")
    assert done.returncode not in (0, 5)
    assert said in " ".join(done.stdout.split() + done.stderr.split())


@pytest.mark.parametrize(
    "beside",
    [
        "def test_plain():\n    raise RuntimeError",
        "@pytest.fixture(autouse=True)\ndef late():\n    yield\n    raise RuntimeError",
    ],
)
def test_what_fails_beside_kept_cases_is_still_a_failure(shell: Shell, beside: str) -> None:
    own = PROBE.format(**RIGHT)
    (shell.folder / "test_own.py").write_text(own)
    assert shell.pytest("test_own.py", "-q").returncode == 0
    (shell.folder / "test_own.py").write_text(f"{own}\n\n{beside}\n")
    assert shell.pytest("test_own.py", "-q").returncode == 1


def test_a_file_that_cannot_be_imported_is_not_passed_over(shell: Shell) -> None:
    (shell.folder / "test_own.py").write_text(PROBE.format(**RIGHT))
    (shell.folder / "test_other.py").write_text("import no_such_module\n")
    done = shell.pytest("test_own.py", "test_other.py", "-q", "--continue-on-collection-errors")
    assert done.returncode == 1


def test_a_test_that_is_no_probe_looks_at_nothing(shell: Shell) -> None:
    """The plugin is installed for every pytest of this Python: without probes it must stay out of the way."""
    (shell.folder / "test_plain.py").write_text("def test_plain():\n    assert True\n")
    shell.estate(postgres="{dsn_env: NO_SUCH_VARIABLE}")
    done = shell.pytest("test_plain.py")
    assert (done.returncode, "kept" in done.stdout) == (0, False), done.stdout


# --- explain ---------------------------------------------------------------------------------------------------


def test_explain_prints_sql_and_gates_and_looks_at_nothing(shell: Shell) -> None:
    shell.environment["ESTATE_DSN"] = "host=127.0.0.1 port=1"
    done = shell.compliance(
        "explain",
        "--estate",
        "estate.yaml",
        "dot_iu_auto_instantiate_rollback_by_actor",
        "actor=o'hara",
        "dry_run=true",
    )
    assert done.returncode == 0, done.stderr
    assert "select public.fn_iu_auto_instantiate_rollback_by_actor(" in done.stdout
    assert "'o''hara'::text" in done.stdout
    assert "iu_core.composer_enabled" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("dot_iu_plaze",), "did you mean dot_iu_place?"),
        (("dot_iu_health", "x=1"), "no argument 'x'; allowed: none"),
        (("dot_iu_unit_show",), "dot_iu_unit_show needs unit_id:uuid"),
        (("dot_iu_unit_show", "unit_id=7"), "unit_id: '7' is not of type uuid"),
        (("dot_iu_unit_show", "unit_id"), "'unit_id' is not key=value"),
        (("dot_iu_unit_show", "unit_id=1", "unit_id=2"), "'unit_id' is given twice"),
    ],
)
def test_explain_says_what_is_wrong_with_a_command(
    shell: Shell, arguments: tuple[str, ...], expected: str
) -> None:
    done = shell.compliance("explain", "--estate", "estate.yaml", *arguments)
    assert (done.returncode, expected in done.stderr, done.stdout) == (2, True, ""), done.stderr
