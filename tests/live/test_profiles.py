"""A profile decides the exit code and nothing else, and the same one for an audit and for pytest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance import accepting, probing
from compliance.cli import main
from compliance.core.observation import Observation
from compliance.estate import controls, gatelock
from compliance.estate.resources import resource
from compliance.evidence import contents
from compliance.probing import Run
from compliance.starting import ungated
from compliance.systems import Policies
from tests import faults, quick
from tests.conftest import clone
from tests.live.results_of import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = resource("fixtures/reference")
SCHEMA = json.loads((CHECKOUT / "compliance" / "audit.schema.json").read_text())
KEY, UNMAPPED = "PL002:platform#insert-relation-public.dot_config", "PL008:BS029#unmapped"
DAMAGE = "grant insert on public.dot_config to compliance_probe"
PROFILES = """
profiles:
  strict: {}
  medium: {fail_on: {severities: [medium]}}
  lax: {fail_on: {severities: [low]}}
  new: {fail_on: {only: new}}
  fresh: {fail_on: {severities: [low]}, max_age: {observation: 1h}}
  scan: {systems: [birth_scan]}
  elsewhere: {systems: [registry_sync]}
"""
CONTROLS = "controls:\n- {id: all, title: All but one, rules: [%s]}\n"


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Desk:
    """An estate with one critical finding and a medium one, and an observation of it that it is judged by."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "estate.yaml"
        self.observation = folder / "observation.json"

    @property
    def seen_at(self) -> str:
        return Observation.from_json(self.observation.read_bytes()).observed_at

    @property
    def later(self) -> str:
        """Two hours after the look."""
        hour = int(self.seen_at[11:13])
        day = self.seen_at if hour < 22 else f"2999-01-01T{self.seen_at[11:]}"
        return f"{day[:11]}{(hour + 2) % 24:02}{day[13:]}"

    @property
    def sources(self) -> list[str]:
        return ["--estate", str(self.file), "--observation", str(self.observation)]

    def audit(self, out: Path, *words: str) -> Said:
        text, err = StringIO(), StringIO()
        with redirect_stdout(text), redirect_stderr(err):
            code = main(["audit", "--no-page", "--out", str(out), *self.sources, *words])
        return Said(code, text.getvalue(), err.getvalue())

    def pytest(self, *words: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider",
             "--import-mode=importlib", *self.sources, *words],
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)}, cwd=self.folder, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def desk(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("gated")
    found = Desk(home)
    shutil.copytree(REFERENCE / "policy", home / "policy")
    ungated(home / "policy")
    with (home / "policy" / "platform.yaml").open("a") as file:
        file.write(PROFILES)
    rules = ", ".join(sorted(accepting.shipped().keys() - {"BS029"}))
    (home / "policy" / controls.NAME).write_text(CONTROLS % rules)
    found.file.write_text(
        "name: gated\nkind: reference\nsystems: [birth_scan]\npolicy: policy\n"
        f"repository: {REFERENCE}/repository\npostgres: {{dsn_env: GATED_DSN}}\n"
        "unavailable:\n"
        + "".join(
            f"  {n}: {{reason: r, owner: o, until: 2999-12-31}}\n" for n in ("directus", "nuxt", "agent_data")
        )
    )
    with clone(reference_template, "gated") as dsn, pytest.MonkeyPatch.context() as patch:
        with psycopg.connect(dsn) as db:
            db.execute(DAMAGE.encode())
        patch.setenv("GATED_DSN", make_conninfo(dsn, user="compliance_probe"))
        found.observation.write_bytes(probing.look(found.file).observation.to_json())
        assert main(["profiles", "accept", "--estate", str(found.file)]) == 0
        yield found


@pytest.fixture(scope="module")
def plain(desk: Desk) -> Said:
    """Without a profile; its history is what the others know."""
    return desk.audit(desk.folder / "plain")


def history(desk: Desk, out: Path) -> str:
    """A copy of what the first audit left, as each audit adds itself."""
    out.mkdir()
    return str(shutil.copy(desk.folder / "plain" / "history.jsonl", out / "history.jsonl"))


CASES = {
    "strict": (["--profile", "strict"], 1),
    "lax": (["--profile", "lax"], 0),
    "lax-and-critical": (["--profile", "lax", "--fail-on", "critical"], 1),
    "new-known": (["--profile", "new", "KNOWN"], 0),
    "new": (["--profile", "new"], 1),
    "old": (["--profile", "fresh", "LATER"], 3),
    "scan": (["--profile", "scan"], 1),
    "ad-hoc": (["--fail-on", "new,critical", "KNOWN"], 0),
    "nothing": ([], 1),
    "fresh": (["--profile", "fresh"], 0),
    "medium": (["--profile", "medium"], 1),
}
SLOW = ("lax-and-critical", "nothing", "fresh", "medium", "ad-hoc", "strict", "scan", "new")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.prove] if name in SLOW else []) for name in CASES]
)
def test_an_audit_and_pytest_end_alike(name: str, desk: Desk, plain: Said, tmp_path: Path) -> None:
    words, expected = CASES[name]
    known = history(desk, tmp_path / "kept") if "KNOWN" in words else str(tmp_path / "none.jsonl")
    at = desk.later if "LATER" in words else desk.seen_at
    given = [*(word for word in words if word.islower() or word.startswith("--")), "--judged-at", at]
    by_pytest = desk.pytest(str(CHECKOUT / "probes"), *given, "--audit-history", known)
    by_audit = desk.audit(tmp_path / "out", *given, "--history", known)
    assert (by_audit.code, by_pytest.code) == (expected, expected), by_audit.out + by_pytest.out
    gates = [
        [line for line in said.out.splitlines() if line.startswith("gate ")] for said in (by_audit, by_pytest)
    ]
    assert gates[0] == gates[1]
    assert len(gates[0]) == (name != "nothing")


def test_under_xdist_the_gate_is_that_of_all_workers(desk: Desk, tmp_path: Path) -> None:
    """What the rules of a system read is known to the workers alone."""
    done = desk.pytest(str(CHECKOUT / "probes"), "-n", "2", "--profile", "fresh", "--judged-at", desk.later)
    assert done.code == 3, done.out
    alone = desk.audit(tmp_path / "out", "--profile", "fresh", "--judged-at", desk.later)
    first = next(line for line in alone.out.splitlines() if line.startswith("gate fresh"))
    assert first in done.out
    assert "too old for it" in first


def test_what_is_wrong_before_the_look_is_told_without_one(desk: Desk, plain: Said) -> None:
    """Each probe would look again, where nothing remembers that the run could not begin."""
    other = desk.folder / "other.jsonl"
    other.write_text((desk.folder / "plain" / "history.jsonl").read_text().replace('"gated"', '"another"'))
    probes = str(CHECKOUT / "probes" / "platform")
    for words, said in (
        (("--audit-history", str(other)), "is of estate 'another', and not of 'gated'"),
        (("--profile", "bogus"), "no profile 'bogus'"),
    ):
        done = desk.pytest(probes, *words, "--observation", "there-is-none.json")
        assert done.code == 2
        assert said in done.out
        assert "there-is-none.json" not in done.out
        assert "no probe can begin" in done.out
        assert done.out.count("ERROR collecting") == 1, "each probe would say the same"
        assert "Traceback" not in done.out
        side = desk.pytest(probes, *words, "--observation", "there-is-none.json", "-n", "2")
        assert (side.code, said in side.out, "INTERNALERROR" in side.out) == (2, True, False)


def test_verdict_summary_and_report_are_what_they_are_without_a_profile(
    desk: Desk, plain: Said, tmp_path: Path
) -> None:
    said = desk.audit(tmp_path / "out", "--profile", "lax", "--judged-at", judged_at(desk, "plain"))
    assert (plain.code, said.code) == (1, 0)
    assert (tmp_path / "out" / "verdict.json").read_bytes() == (
        desk.folder / "plain" / "verdict.json"
    ).read_bytes()
    lines = said.out.replace(str(tmp_path / "out"), str(desk.folder / "plain")).splitlines()
    gate = lines.index("gate lax: passed, 2 findings do not fail it")
    assert lines[:gate] == plain.out.splitlines()
    assert lines[gate + 1 :] == [
        f"  does not fail it: {KEY} (is critical)", f"  does not fail it: {UNMAPPED} (is medium)"
    ]  # fmt: skip
    assert "verdict: broken" in lines


def judged_at(desk: Desk, out: str) -> str:
    return str(json.loads((desk.folder / out / "verdict.json").read_text())["judged_at"])


def test_as_json_the_gate_is_beside_the_verdict_and_only_where_one_was_asked(
    desk: Desk, tmp_path: Path
) -> None:
    said: list[dict[str, Any]] = [
        json.loads(desk.audit(tmp_path / "out", "--json", "--judged-at", desk.seen_at, *words).out)
        for words in ([], ["--profile", "medium"])
    ]
    gate = said[1].pop("gate")
    assert said[0] == said[1]
    assert (gate["profile"], gate["passed"], gate["failing"]) == ("medium", False, [UNMAPPED])
    assert gate["tolerated"] == [{"key": KEY, "why": "is critical"}]
    jsonschema.validate(said[1] | {"gate": gate}, SCHEMA)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--profile", "none"], "no profile 'none'; declared: strict, medium"),
        (["--profile", "elsewhere"], "judges registry_sync, which is not in force"),
        (["--profile", "lax", "--fail-on", "new"], "fails for what is not new, too"),
        (["--fail-on", "dire"], "'dire' is none of new, critical, high, medium, low"),
    ],
)
def test_what_cannot_decide_is_wrong_usage_before_anything_is_looked_at(
    words: list[str], why: str, desk: Desk, tmp_path: Path
) -> None:
    said = desk.audit(tmp_path / "out", *words)
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert not (tmp_path / "out").exists()


def test_under_pytest_wrong_usage_is_2_too_and_a_test_that_fails_beside_the_probes_fails(
    desk: Desk, tmp_path: Path
) -> None:
    probe = next((CHECKOUT / "probes" / "birth_scan").glob("test_bs021_*"))
    done = desk.pytest(str(probe), "--profile", "none")
    assert (done.code, "no profile 'none'" in done.out + done.err) == (2, True)
    (tmp_path / "test_beside.py").write_text("def test_it_fails():\n    assert False\n")
    probes = str(CHECKOUT / "probes")
    assert desk.pytest(probes, str(tmp_path), "--profile", "lax").code == 1


def test_what_a_gate_lets_pass_after_it_was_accepted_fails_it(desk: Desk, tmp_path: Path) -> None:
    policy = desk.folder / "policy" / "platform.yaml"
    before = policy.read_text()
    try:
        policy.write_text(
            before.replace("fail_on: {severities: [medium]}", "fail_on: {severities: [low], only: new}")
        )
        said = desk.audit(tmp_path / "out", "--profile", "medium")
        assert (said.code, "PL007:medium#only-new" in said.out) == (1, True), (
            "though it fails for what is low alone"
        )
        (desk.folder / "policy" / gatelock.NAME).rename(tmp_path / "lock")
        assert "PL007:gate.lock.json#missing" in desk.audit(tmp_path / "out", "--profile", "lax").out
    finally:
        policy.write_text(before)
        if (tmp_path / "lock").exists():
            (tmp_path / "lock").rename(desk.folder / "policy" / gatelock.NAME)


def test_a_bundle_holds_what_was_accepted_and_the_controls_and_says_the_same(
    desk: Desk, tmp_path: Path
) -> None:
    seen = Observation.from_json(desk.observation.read_bytes())
    files = contents.given(seen, desk.file, desk.folder / "policy")
    assert {f"policy/{gatelock.NAME}", f"policy/{controls.NAME}"} <= files.keys()
    estate = contents.offline(files, tmp_path)
    policies = Policies.load(estate)
    assert policies.digest == probing.load(desk.file)[1].digest
    verdict = quick.verdict(Run(estate, policies, seen, desk.seen_at), anew=True)
    assert {case.outcome for case in verdict.cases if case.rule.id == "PL007"} == {"kept"}
    assert UNMAPPED in faults.keys(verdict)


def test_each_result_names_the_controls_of_its_rule(desk: Desk, plain: Said) -> None:
    for result in documents(desk.folder / "plain" / "allure-results"):
        labels = [(each["name"], each["value"]) for each in result["labels"]]
        rule = dict(labels)["story"]
        assert (("control", "all") in labels) is (rule != "BS029"), result["name"]
