"""The same answer on every path: of an estate with faults and with waivers of every state the same document is made by
an audit that looks, one of what was recorded, pytest alone, pytest with workers, and the judgement without pytest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance import audit, probing
from compliance.core import verdicts
from compliance.core.observation import Observation
from compliance.evidence import contents
from compliance.probing import Run
from compliance.systems import Policies
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = CHECKOUT / "fixtures" / "reference"
AT = "2026-06-15T12:00:00+00:00"
DAMAGE = """
    update public.dot_iu_command_catalog set category = 'event', mutating = false where command_name = 'dot_iu_place';
    update public.dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_unplace';
    update public.dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_health';
    update public.dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_tag_detach';
    revoke select on public.dot_config from compliance_probe;
    delete from public.dot_iu_command_catalog where command_name = 'dot_iu_unit_show';
"""
# By id: what it names, and how it differs from a good one.
WAIVERS: dict[str, tuple[str, dict[str, str]]] = {
    "good": ("CC001:dot_iu_*place#category", {"ceiling": "2"}),
    "soon": ("CC001:dot_iu_health#category", {"until": "2026-06-20"}),
    "over": ("CC001:dot_iu_*#category", {}),
    "expired": ("CC001:dot_iu_tag_detach#category", {"until": "2026-06-14"}),
    "later": ("CC001:dot_iu_tag_detach#category", {"from": "2026-06-16"}),
    "incomplete": ("CC001:dot_iu_tag_detach#category", {"owner": '""'}),
    "alone": ("CC001:dot_iu_tag_detach#category", {"approver": "operators"}),
    "unused": ("CC001:dot_iu_tag_detach#target_functions", {}),
    "readiness": ("CC005:dot_iu_tag_detach", {}),
    "unknown": ("CC999:dot_iu_tag_detach", {}),
    "itself": ("PL006:unused*", {}),
    "unasked": ("CC016:dot_iu_health", {}),
    "unseen": ("CC012:iu_core*", {}),
    "whole": ("CC001:dot_iu_unit_show#missing", {}),
}
WRITER = """
import json, os
from compliance.core import verdicts
from compliance.pytest_plugin import STATE

def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        with open(os.environ["VERDICT"], "w", encoding="utf-8") as file:
            json.dump(verdicts.document(config.stash[STATE].verdict()), file)
"""


OWN = '''"""X001: a rule of one's own.

Why: a house has rules.
Remedy: keep it.
"""
import pytest
from compliance.core.finding import Finding

@pytest.mark.rule("X001", family="own", severity="low", phase="conformance")
@pytest.mark.each("platform")
def test_own(look):
    """A rule of one's own."""
    look.expect_none(broken)

def broken(facts):
    yield Finding("thing", "is wrong")
'''


def waivers() -> str:
    said = {
        "reason": "r",
        "owner": "operators",
        "approver": "platform",
        "from": "2026-01-01",
        "until": "2026-12-31",
    }
    entries = (
        {"id": name, "finding": f'"{finding}"', **said, "ceiling": "1", **change}
        for name, (finding, change) in WAIVERS.items()
    )
    lines = ("- {" + ", ".join(f"{key}: {value}" for key, value in entry.items()) + "}" for entry in entries)
    return "\n".join(["waivers:", *lines]) + "\n"


@pytest.fixture(scope="module")
def folder(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The reference estate, damaged, with an observation of it beside."""
    home = tmp_path_factory.mktemp("estate")
    shutil.copytree(REFERENCE / "policy", home / "policy")
    (home / "policy" / "waivers.yaml").write_text(waivers())
    text = (
        (REFERENCE / "estate.yaml")
        .read_text()
        .replace("repository: repository", f"repository: {REFERENCE}/repository")
    )
    (home / "estate.yaml").write_text(text.replace("  embedded: true", "  dsn_env: WAIVED_ESTATE_DSN"))
    (home / "writing_verdicts.py").write_text(WRITER)
    with clone(reference_template, "waived") as dsn, pytest.MonkeyPatch.context() as patch:
        with psycopg.connect(dsn) as db:
            db.execute(DAMAGE.encode())
        patch.setenv("WAIVED_ESTATE_DSN", make_conninfo(dsn, user="compliance_probe"))
        (home / "observation.json").write_bytes(probing.look(home / "estate.yaml").observation.to_json())
        yield home


@pytest.fixture(scope="module")
def live(folder: Path) -> dict[str, Any]:
    return plain(verdicts.document(audit.audit(folder / "estate.yaml", judged_at=AT).verdict))


def plain(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


def by_pytest(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    place = folder / "verdict.json"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "--import-mode=importlib",
         "-p", "writing_verdicts", "--estate", str(folder / "estate.yaml"), "--judged-at", AT, *arguments],
        env=os.environ | {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{folder}", "VERDICT": str(place)},
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert place.exists(), done.stdout + done.stderr
    found = json.loads(place.read_text(encoding="utf-8"))
    place.unlink()
    assert "waiver soon of operators ends 2026-06-20, in 5 days" in done.stdout
    return done.returncode, found


def test_every_state_is_judged_as_it_is(live: dict[str, Any]) -> None:
    said = {key: case for case in live["cases"] if case["rule"] == "PL006" for key in [case["subject"]]}
    facets = {name: [found["facet"] for found in case["findings"]] for name, case in said.items()}
    wrong = {"expired", "later", "incomplete", "alone", "unused", "readiness", "unknown", "itself", "over"}
    names = {
        "over": "over-ceiling",
        "later": "not-yet-in-force",
        "alone": "own-approver",
        "unknown": "unknown-rule",
    }
    assert facets == {name: [names.get(name, name)] if name in wrong else [] for name in WAIVERS}
    assert {name: case["outcome"] for name, case in said.items() if name not in wrong} == {
        "good": "kept", "soon": "kept", "whole": "kept", "unasked": "not_applicable", "unseen": "could_not_look"
    }  # fmt: skip
    cases = {case["subject"]: case for case in live["cases"] if case["rule"] == "CC001"}
    by = {name: [each["waiver"] for each in case["waived"]] for name, case in cases.items() if case["waived"]}
    assert by == {
        "dot_iu_place": ["good"], "dot_iu_unplace": ["good"], "dot_iu_health": ["soon"], "dot_iu_unit_show": ["whole"]
    }  # fmt: skip
    place, unplace, detached = (cases[f"dot_iu_{name}"] for name in ("place", "unplace", "tag_detach"))
    assert (place["outcome"], [each["facet"] for each in place["findings"]]) == ("broken", ["mutating"])
    assert (unplace["outcome"], unplace["findings"]) == ("waived", [])
    assert unplace["reason"].startswith("waived until 2026-12-31 by good (owner operators): dot_iu_unplace: ")
    assert (detached["outcome"], detached["waived"]) == ("broken", [])
    assert live["conclusion"] == "could-not-look"
    assert live["counts"]["waived"] == 3
    assert sum(live["counts"].values()) == len(live["cases"])


def test_an_audit_of_what_was_recorded_says_the_same(folder: Path, live: dict[str, Any]) -> None:
    found = audit.audit(folder / "estate.yaml", recorded=folder / "observation.json", judged_at=AT)
    assert plain(verdicts.document(found.verdict)) == live


@pytest.mark.parametrize("how", [(), ("-n", "2"), ("--observation", "observation.json")], ids=str)
def test_pytest_over_the_probes_says_the_same(how: tuple[str, ...], folder: Path, live: dict[str, Any]) -> None:
    code, found = by_pytest(folder, *how, str(CHECKOUT / "probes"))
    assert [case for case in found["cases"] if case not in live["cases"]] == []
    assert (code, found) == (3, live)


def test_what_is_left_out_changes_nothing_of_what_is_not(folder: Path, live: dict[str, Any]) -> None:
    code, found = by_pytest(folder, "-k", "test_waivers_hold or dot_iu_place", str(CHECKOUT / "probes"))
    assert code == 3
    assert 0 < len(found["cases"]) < len(live["cases"])
    assert [case for case in found["cases"] if case not in live["cases"]] == []


def test_of_a_rule_that_is_not_collected_nothing_is_said_but_that(folder: Path) -> None:
    code, found = by_pytest(folder, str(CHECKOUT / "probes" / "platform" / "test_pl006_waivers_hold.py"))
    said = {case["subject"]: (case["outcome"], case["reason"]) for case in found["cases"]}
    assert said["good"] == said["unused"] == ("not_applicable", "CC001 is not part of this run")
    assert {name for name, (outcome, _) in said.items() if outcome == "broken"} == {
        "expired", "later", "incomplete", "alone", "readiness", "unknown", "itself"
    }  # fmt: skip
    assert code == 1


def test_the_judgement_without_pytest_says_the_same_at_first_and_when_much_is_taken_over(
    folder: Path, live: dict[str, Any]
) -> None:
    run = probing.look(folder / "estate.yaml", folder / "observation.json", judged_at=AT)
    for _ in range(3):
        again = Run(run.estate, run.policies, replace(run.observation), AT)
        assert plain(verdicts.document(quick.verdict(again))) == live


def test_what_is_judged_again_from_the_files_of_a_bundle_says_the_same(
    folder: Path, live: dict[str, Any], tmp_path: Path
) -> None:
    seen = Observation.from_json((folder / "observation.json").read_bytes())
    estate = contents.offline(contents.given(seen, folder / "estate.yaml", folder / "policy"), tmp_path)
    run = Run(estate, Policies.load(estate), seen, AT)
    assert plain(verdicts.document(audit.probe(run))) == live


def test_a_rule_of_one_s_own_is_waived_like_any_other(folder: Path, tmp_path: Path) -> None:
    """Where its probe is collected; elsewhere nobody knows that there is such a rule."""
    for name in ("policy", "estate.yaml", "observation.json", "writing_verdicts.py"):
        copy = shutil.copytree if (folder / name).is_dir() else shutil.copy
        copy(folder / name, tmp_path / name)
    place = tmp_path / "policy" / "waivers.yaml"
    place.write_text(place.read_text().replace("CC999:dot_iu_tag_detach", "X001:thing"))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "test_x001_own.py").write_text(OWN)
    words = ("--observation", "observation.json")
    _, found = by_pytest(tmp_path, *words, str(CHECKOUT / "probes" / "platform"), str(tmp_path / "own"))
    said = {(case["rule"], case["subject"]): case["outcome"] for case in found["cases"]}
    assert (said["X001", "(all)"], said["PL006", "unknown"]) == ("waived", "kept")
    _, found = by_pytest(tmp_path, *words, str(CHECKOUT / "probes" / "platform"))
    said = {(case["rule"], case["subject"]): case["outcome"] for case in found["cases"]}
    assert said["PL006", "unknown"] == "broken"


def test_at_another_time_the_same_evidence_is_judged_by_that_time(folder: Path) -> None:
    run = probing.look(folder / "estate.yaml", folder / "observation.json", judged_at="2027-01-01T00:00:00Z")
    verdict = quick.verdict(run)
    assert verdict.counts["waived"] == 0
    assert faults.rules_with(verdict, "broken") >= {"CC001", "PL006"}
