"""The crontab of the documentation, run as cron does: with what it sets itself, and nothing of a login."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
(_BLOCK,) = re.findall(r"```crontab\n(.*?)```", (ROOT / "docs/gates.md").read_text(encoding="utf-8"), re.DOTALL)
_SET = re.compile(r"(\w+)=(.*)")


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """What the recipe calls /srv/estate."""
    for name in ("estate.yaml", "policy", "repository"):
        source = ROOT / "fixtures/reference" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    (tmp_path / "environment").write_text("export ESTATE_DSN=unused\n")
    return tmp_path


def _night(estate: Path) -> subprocess.CompletedProcess[str]:
    lines = _BLOCK.replace("/srv/estate", str(estate)).splitlines()
    given = {"HOME": str(estate), "SHELL": "/bin/sh", "LOGNAME": "estate"} | dict(
        found.groups() for line in lines if (found := _SET.fullmatch(line))
    )
    (entry,) = (line for line in lines if not _SET.fullmatch(line))
    *_, command = entry.split(maxsplit=5)
    assert "%" not in command, "cron takes it for the end of the line"
    return subprocess.run(
        ["/bin/sh", "-c", command], env=given, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_night_of_which_all_is_kept_prints_nothing_and_one_that_fails_its_summary(estate: Path) -> None:
    kept = _night(estate)
    assert (kept.returncode, kept.stdout, kept.stderr) == (0, "", "")
    assert (estate / "reports/history.jsonl").exists()
    policy = estate / "policy/command_catalog.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("dot_iu_collection_add", "dot_iu_collection_gone"), encoding="utf-8")
    told = _night(estate)
    assert "CC001:dot_iu_collection_gone#missing" in told.stdout
    assert "gate nightly: failed" in told.stdout
