"""A seal that is killed at any step: what the ledger says was sealed is there, or can be given its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from compliance.core import verdicts
from compliance.core.errors import Refused
from compliance.evidence import contents, naming, sealing, verify
from compliance.executor import keys
from compliance.executor.ledger import Ledger
from tests.evidence.bundles import CHECKOUT, OLD, Desk, files

if TYPE_CHECKING:
    from pathlib import Path

SEAL = """
import os, signal, sys
from pathlib import Path
from tests.evidence.test_interrupted_seals import seal
folder, name, point, how = sys.argv[1:]
def strike(step):
    if step == point:
        os.kill(os.getpid(), int(how))
seal(Path(folder), name, strike)
"""
# In their order; behind the third one stands the entry in the ledger.
STEPS = ("whole", "noted", "before fsync sealed", "after fsync sealed", "named")
KILL, INTERRUPT = "9", "2"


def seal(folder: Path, name: str, at_step=lambda _: None, ledger: bool = True) -> sealing.Sealed:  # type: ignore[no-untyped-def]
    """What was sealed long ago, again: without the audit, which takes seconds."""
    held = files(OLD.read_bytes())
    done = contents.Performed(
        contents.observed(held), verdicts.parse(json.loads(held["verdict.json"])), (), (), {}
    )
    given = {name: data for name, data in held.items() if name.startswith("policy/") or name == "estate.yaml"}
    given["observation.json"] = held["observation.json"]
    return sealing.seal(
        folder / name, done, given, kind="staging", signer=keys.load(folder / "key.pem"),
        ledger=Ledger(folder / "ledger") if ledger else None, at_step=at_step,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.new(tmp_path / "key.pem")
    return tmp_path


def struck(folder: Path, name: str, point: str, how: str = KILL) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SEAL, folder, name, point, how], env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        cwd=CHECKOUT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode


def entered(folder: Path) -> set[str]:
    return {entry.hash for entry in Ledger(folder / "ledger").entries() if entry.kind == "sealed"}


def bundles(folder: Path) -> set[str]:
    """The entries of the bundles that have a name, each as the ledger has it."""
    public = bytes.fromhex(keys.public_of(keys.load(folder / "key.pem")))
    ledger = (folder / "ledger" / "ledger.jsonl").read_bytes()
    found = set()
    for path in folder.glob("*.tar"):
        assert verify.check(path.read_bytes(), public, ledger) == []
        found.add(str(json.loads(files(path.read_bytes())["sealed.json"])["hash"]))
    return found


# Ctrl-C is struck at the one step at which it once lost what was entered; at all of them in `make prove`.
STRUCK = [
    *((point, KILL) for point in STEPS),
    *(pytest.param(p, INTERRUPT, marks=() if p == "after fsync sealed" else pytest.mark.prove) for p in STEPS),
]


@pytest.mark.parametrize(("point", "how"), STRUCK)
def test_after_a_kill_at_any_step_the_next_seal_leaves_a_bundle_for_each_entry(
    folder: Path, point: str, how: str
) -> None:
    assert struck(folder, "one.tar", point, how) in (-int(how), 1, 130)
    was = point in ("after fsync sealed", "named") or (point, how) == ("before fsync sealed", KILL)
    assert len(entered(folder)) == was, "what the kernel was given outlives a kill"
    told = naming.told(Ledger(folder / "ledger"))
    assert ("has not got its name yet" in told) == (was and point != "named"), told
    second = seal(folder, "two.tar")
    assert bundles(folder) == entered(folder)
    assert len(entered(folder)) == was + 1
    assert ("it has its name now" in second.left) == (was and point != "named")
    assert (folder / "one.tar").exists() == was
    assert not (folder / "ledger" / naming.NOTE).exists()
    left = naming.beside(folder / "one.tar")
    assert len(left) == (point == "whole" and how == KILL), "nobody can know of what was noted nowhere"
    again = seal(folder, "three.tar" if was else "one.tar")
    assert ("entered nowhere: remove it" in again.left) == bool(left)
    assert bundles(folder) == entered(folder)


def test_the_name_by_hand_is_as_good_and_forgotten_by_the_next_seal(folder: Path) -> None:
    struck(folder, "one.tar", "after fsync sealed")
    (part,) = naming.beside(folder / "one.tar")
    part.rename(folder / "one.tar")
    assert naming.told(Ledger(folder / "ledger")) == ""
    assert seal(folder, "two.tar").left == ""
    assert bundles(folder) == entered(folder)


def test_what_lies_under_its_name_meanwhile_is_not_replaced_and_the_bundle_stays(folder: Path) -> None:
    struck(folder, "one.tar", "after fsync sealed")
    (folder / "one.tar").write_text("mine")
    with pytest.raises(Refused, match="cannot get its name") as found:
        seal(folder, "two.tar")
    (part,) = naming.beside(folder / "one.tar")
    assert f"mv {part}" in str(found.value)
    assert (folder / "one.tar").read_text() == "mine"
    (folder / "one.tar").unlink()
    assert "it has its name now" in seal(folder, "two.tar").left
    assert bundles(folder) == entered(folder)


def test_a_bundle_that_was_entered_and_is_gone_is_told(folder: Path) -> None:
    struck(folder, "one.tar", "after fsync sealed")
    naming.beside(folder / "one.tar")[0].unlink()
    assert "lies neither there nor at" in naming.told(Ledger(folder / "ledger"))
    assert "lies neither there nor at" in seal(folder, "two.tar").left


def test_a_note_that_names_another_file_removes_none(folder: Path) -> None:
    seal(folder, "one.tar")
    precious = folder / "precious"
    precious.write_text("x")
    for part in (precious, folder / ".one.tar.x.part", folder / "ledger" / ".one.tar.1.part"):
        note = {"path": str(folder / "one.tar"), "part": str(part), "entry": "none"}
        (folder / "ledger" / naming.NOTE).write_text(json.dumps(note))
        with pytest.raises(Refused, match="is no note of a seal"):
            seal(folder, "two.tar")
    assert precious.exists()


def test_evidence_that_appears_while_another_is_sealed_is_not_replaced(folder: Path) -> None:
    """Two seals to one name: the later one found it free when it began."""

    def meanwhile(step: str) -> None:
        if step == "whole":
            (folder / "one.tar").write_text("mine")

    with pytest.raises(Exception, match="there is a file already"):
        seal(folder, "one.tar", meanwhile, ledger=False)
    assert (folder / "one.tar").read_text() == "mine"
    assert naming.beside(folder / "one.tar") == []
    (folder / "link.tar").symlink_to("nowhere")
    with pytest.raises(Exception, match="there is a file already"):
        seal(folder, "link.tar", ledger=False)


def test_a_bundle_that_is_too_large_to_be_verified_is_not_sealed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = seal(folder, "one.tar").size
    assert (folder / "one.tar").stat().st_size == size
    monkeypatch.setattr(verify, "LIMIT", size)
    with pytest.raises(Exception, match="nobody verifies one of more than"):
        seal(folder, "two.tar")  # its ledger is longer
    assert bundles(folder) == entered(folder)


def test_every_command_that_a_person_gives_next_says_what_is_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    struck(tmp_path, "one.tar", "after fsync sealed")
    verified = desk.run("evidence", "verify", "one.tar", "--key", "key.pub")
    assert (verified.code, "of a seal that was interrupted: `compliance ledger verify`" in verified.err) == (
        2,
        True,
    )
    told = desk.run("ledger", "verify", "--estate", "estate.yaml")
    assert "has not got its name yet" in told.out
    done = desk.seal("two.tar", "--no-report")
    assert (done.code, "it has its name now" in done.err) == (0, True)
    for name in ("one.tar", "two.tar"):
        found = desk.run("evidence", "verify", name, "--key", "key.pub", "--ledger", "ledger")
        assert found.code == 0, found.out
