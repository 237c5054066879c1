"""The rules of the directional sync over repositories that are looked at as they lie: another estate's, and a clone."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.observation import Observation
from compliance.estate import config, document, repository
from compliance.estate.resources import resource
from compliance.systems import directional_sync
from compliance.systems.directional_sync import syncfile, syncreading, workflow_rendering
from compliance.systems.protocol import Facts
from tests import quick

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.systems.directional_sync.policy import Policy

SYSTEM, AT = "directional_sync", "2026-11-22T00:00:00+00:00"
SCHEMA = resource("systems/directional_sync/policy.schema.json")
RULES = {probe.said.id: probe.rule for probe in quick.probes() if probe.said.system == SYSTEM}


def policy(estate: str) -> Policy:
    return directional_sync.parse(document.load(resource(f"fixtures/{estate}/policy/{SYSTEM}.yaml"), SCHEMA))


def facts(root: Path, estate: str) -> Facts:
    found = policy(estate)
    looked = replace(config.load(resource("fixtures/reference/estate.yaml")), repository=root)
    sections = dict(repository.look(looked, directional_sync.needs(found), AT, lambda _: None))
    return Facts(SYSTEM, {SYSTEM: found}, Observation("x", AT, sections))


def said(root: Path, estate: str = "foreign") -> dict[str, list[str]]:
    """By rule what was found or could not be seen, in words."""
    held, found = facts(root, estate), dict[str, list[str]]()
    for name, rule in RULES.items():
        try:
            judged: list[Judgement] = list(rule(held))
        except CouldNotLook as error:
            judged = [Unseen("", error.message)]
        texts = [
            j.message if isinstance(j, Finding) else j.reason for j in judged if isinstance(j, Finding | Unseen)
        ]
        if texts:
            found[name] = texts
    return found


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    return shutil.copytree(resource("fixtures/foreign/repository"), tmp_path / "werk")


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (root / path).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("estate", ["foreign", "reference"])
def test_every_rule_keeps_what_the_estates_hold(estate: str) -> None:
    assert len(RULES) == 14
    assert said(resource(f"fixtures/{estate}/repository"), estate) == {}


@pytest.mark.parametrize("estate", ["foreign", "reference"])
def test_the_workflow_of_each_estate_is_the_one_that_is_rendered(estate: str) -> None:
    found, root = policy(estate), resource(f"fixtures/{estate}/repository")
    sync = syncreading.parse(document.load(root / found.file, syncfile.SCHEMA))
    assert (root / found.workflow).read_text(encoding="utf-8") == workflow_rendering.render(sync, found.file)


@pytest.mark.parametrize(
    ("path", "old", "new", "rules"),
    [
        ("Betrieb/Abgleich.yaml", "max_drift_score: 2", "max_drift_score: 5", {"DS021"}),
        ("Betrieb/Abgleich.yaml", "expected_max: 40", "expected_max: 400", {"DS021"}),
        ("Betrieb/Abgleich.yaml", "max_deletes: 3", "max_deletes: 4", {"DS021"}),
        ("Betrieb/Abgleich.yaml", "conflict: newer", "conflict: ours", {"DS020"}),
        ("Betrieb/Abgleich.yaml", '"45 */8 * * 1-5"', '"45 */8 * * 1-6"', {"DS005", "DS022"}),
        ("Betrieb/Abgleich.yaml", "git diff --quiet HEAD", "git diff HEAD || true", {"DS003"}),
        ("Werkzeug/zaehlen.py", "print(len(tabellen))", "import os\nos.system('ls')", {"DS003"}),
        ("Werkzeug/verteiler.sh", "#!/bin/bash -eu", "#!/bin/bash", {"DS004"}),
        ("Daten/Pegel/stand.json", '["Schleuse", "Wehr"]', "[]", {"DS023"}),
        (".gitignore", "*.neu", "*.csv", {"DS025"}),
        ("Werkzeug/abgleich.py", "from compliance import cli", "from runner import cli", {"DS026"}),
    ],
)
def test_another_estate_is_judged_by_its_own_policy(
    foreign: Path, path: str, old: str, new: str, rules: set[str]
) -> None:
    edit(foreign, path, old, new)
    assert said(foreign).keys() == rules


def test_a_bit_that_is_set_on_the_disk_and_not_in_the_index_is_told(foreign: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", foreign, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    assert said(foreign) == {}
    git("update-index", "--chmod=-x", "Werkzeug/melden.sh")
    git("rm", "-q", "--cached", "Werkzeug/verteiler.sh")
    assert said(foreign)["DS002"] == [
        "Werkzeug/melden.sh is not executable in a clone (git's index says so): git update-index --chmod=+x",
        "Werkzeug/verteiler.sh is not in git's index, so that no clone has it: git add",
    ]


def test_a_first_line_as_windows_ends_it_is_told(foreign: Path) -> None:
    place = foreign / "Werkzeug/melden.sh"
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n", 1))
    assert "carriage return" in said(foreign)["DS002"][0]


def test_an_entrypoint_that_is_a_link_is_told(foreign: Path) -> None:
    (foreign / "Werkzeug/melden.sh").rename(foreign / "Werkzeug/wahr.sh")
    (foreign / "Werkzeug/melden.sh").symlink_to("wahr.sh")
    assert "is a link" in said(foreign)["DS002"][0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('schedule: "5 6 2 * *"', 'schedule: "5 6 2 * * *"', "Verteiler: schedule: '5 6 2 * * *' has 6 fields"),
        ("targets: [Pegel]}", "targets: [Pegels]}", "Fehlende Pegel: 'Pegels' is no target"),
        ("{max_drift_score: 2,", "{", "exactly one of min_value, max_drift_score"),
        ("file: Betrieb", "file: /Betrieb", "is a path in the repository"),
        ("direction: push", "direction: up", "'up' is not one of pull, push, bidirectional"),
    ],
)
def test_what_is_wrong_in_policy_is_named_with_its_line(tmp_path: Path, old: str, new: str, why: str) -> None:
    text = resource(f"fixtures/foreign/policy/{SYSTEM}.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    place = tmp_path / "policy.yaml"
    place.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        directional_sync.parse(document.load(place, SCHEMA))
    assert why in caught.value.message
    assert "policy.yaml:" in caught.value.message


def test_keys_of_findings_hold_no_line_of_a_file(foreign: Path) -> None:
    """A waiver names them; a comment that moves a finding down must not lose it."""
    edit(foreign, "Betrieb/Abgleich.yaml", "git diff --quiet HEAD", "git diff HEAD || true")
    edit(foreign, "Werkzeug/verteiler.sh", "set -o pipefail\n", "ls | cat\n")
    before = keys(foreign)
    edit(foreign, "Betrieb/Abgleich.yaml", 'version: "1.0"', '# mehr\n# davon\nversion: "1.0"')
    edit(foreign, "Werkzeug/verteiler.sh", "ls | cat\n", "\n\n\nls | cat\n")
    assert before == keys(foreign) != set()


def keys(root: Path) -> set[str]:
    held = facts(root, "foreign")
    return {j.key(name) for name, rule in RULES.items() for j in rule(held) if isinstance(j, Finding)}
