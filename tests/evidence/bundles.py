"""The bundle that is kept, and how tests take one apart and put it together in another way.

`fixtures/evidence/v1.tar` is of the foreign estate with one system in force, one row of its catalog gone: sealed by
`compliance evidence seal --no-report`, with a key that is gone, when format 1 was new. It is never made anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from compliance.estate.resources import resource
from compliance.evidence import script
from compliance.evidence.spelling import END, header, padding, walk

CHECKOUT = Path(__file__).resolve().parents[2]
OLD = resource("fixtures/evidence/v1.tar")
KEY = bytes.fromhex(OLD.with_suffix(".pub").read_text())
PASSWORD = "Tr0ub4dor-and-3"  # planted, to be looked for in all that is said


def files(data: bytes) -> dict[str, bytes]:
    """In their order."""
    return {file.name: data[file.start : file.end] for file in walk(data)[0]}


def packed(parts: list[tuple[str, bytes]]) -> bytes:
    """A bundle of these, whatever they are."""
    return b"".join(b"".join((header(n, len(d)), d, bytes(padding(len(d))))) for n, d in parts) + END


class Done(NamedTuple):
    code: int
    out: str
    err: str


def by_script(folder: Path, data: bytes, *words: str) -> Done:
    """`verify.py` as an auditor has it: an isolated Python without our package, in a folder with nothing else."""
    (folder / "verify.py").write_bytes(script.text())
    (folder / "bundle").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "bundle", *(words or (KEY.hex(),))],
        cwd=folder, env={}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


class Desk:
    """A folder with the foreign estate's policy, the observation that is kept, and a key."""

    def __init__(self, folder: Path, *, ledger: bool = True) -> None:
        self.folder = folder
        foreign = resource("fixtures/foreign")
        (folder / "policy").mkdir()
        for name in ("platform.yaml", "command_catalog.yaml"):
            shutil.copy(foreign / "policy" / name, folder / "policy" / name)
        (folder / "observation.json").write_bytes(files(OLD.read_bytes())["observation.json"])
        text = files(OLD.read_bytes())["estate.yaml"].decode()
        value = json.loads(text[text.index("{") :])
        if not ledger:
            del value["ledger"]
        (folder / "estate.yaml").write_text(json.dumps(value))
        self.environment = dict(
            os.environ, PYTHONPATH=str(CHECKOUT), WASSERWERK_DSN=f"host=/nowhere password={PASSWORD}"
        )
        self.public = json.loads(self.run("keys", "new", "key.pem", "--json").out)["public"]
        (folder / "key.pub").write_text(self.public)

    def run(self, *words: str, **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "compliance.cli", *words], cwd=self.folder, env=self.environment | environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert PASSWORD not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def seal(self, name: str = "bundle.tar", *words: str, **environment: str) -> Done:
        return self.run(
            "evidence", "seal", "--estate", "estate.yaml", "--observation", "observation.json", "--key", "key.pem",
            "-o", name, "--judged-at", "2026-11-22T00:00:00+00:00", *words, **environment,
        )  # fmt: skip
