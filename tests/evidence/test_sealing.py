"""What is sealed, what never is, and that a bundle is whole or not there."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from compliance.core import chain
from compliance.core.errors import Refused
from compliance.evidence import verify
from compliance.evidence.sealing import refuse_secrets
from compliance.executor.ledger import verify as damage
from tests.evidence.bundles import PASSWORD, Desk, files, packed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def left(desk: Desk) -> list[str]:
    """What lies there beside what was there before."""
    known = {"policy", "observation.json", "estate.yaml", "key.pem", "key.pub", "ledger", "reports"}
    return sorted(path.name for path in desk.folder.iterdir() if path.name not in known)


def test_a_sealed_audit_is_entered_in_the_ledger_and_a_second_one_follows_it(desk: Desk) -> None:
    first, second = desk.seal("one.tar"), desk.seal("two.tar", "--no-report", "--json")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    said = json.loads(second.out)
    ledger = (desk.folder / "ledger" / "ledger.jsonl").read_bytes()
    entries = [line.entry for line in chain.examine(ledger)]
    assert [entry.kind for entry in entries if entry] == ["opened", "sealed", "sealed"]
    assert damage(desk.folder / "ledger") == []
    assert (entries[2].hash, entries[2].body["manifest"]) == (said["entry"], said["manifest"])  # type: ignore[union-attr]
    for name in ("one.tar", "two.tar"):
        done = desk.run("evidence", "verify", name, "--key", "key.pub", "--ledger", "ledger")
        assert (done.code, "as it was sealed" in done.out) == (0, True), done.out
    held = [files((desk.folder / name).read_bytes()) for name in ("one.tar", "two.tar")]
    assert "allure-results.tar" in held[0]
    # What a bundle holds follows from what was judged: the ledger, which grew, and the report that was left out alone.
    differ = {name for name in held[0].keys() | held[1].keys() if held[0].get(name) != held[1].get(name)}
    assert differ == {
        "allure-results.tar",
        "ledger/ledger.jsonl",
        "manifest.json",
        "manifest.dsse.json",
        "sealed.json",
    }


def test_without_a_ledger_the_same_audit_is_the_same_bundle_and_says_that_it_was_entered_nowhere(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, ledger=False)
    done = [desk.seal("one.tar"), desk.seal("two.tar", TZ="Asia/Kathmandu", PYTHONHASHSEED="7")]
    assert [each.code for each in done] == [0, 0], done
    assert "entered nowhere: no ledger" in done[0].out
    one, two = ((tmp_path / name).read_bytes() for name in ("one.tar", "two.tar"))
    assert one == two
    held = files(one)
    assert json.loads(held["manifest.json"])["no_entry"] == "the estate has no ledger"
    assert b"entered nowhere" in held["README.md"]
    assert not [name for name in held if name.startswith("ledger/") or name == "sealed.json"]


def test_neither_an_address_nor_a_token_nor_a_comment_of_the_estate_file_is_sealed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ledger=False)
    value = json.loads((tmp_path / "estate.yaml").read_text().replace("\n", " "))
    value["postgres"] = {
        "dsn": f"host=/nowhere password={PASSWORD}",
        "writer_dsn": f"postgresql://w:{PASSWORD}@h/d",
    }
    value["directus"] = {"url": "http://127.0.0.1:1", "token": PASSWORD, "writer_token": PASSWORD + "w"}
    del value["unavailable"]["directus"]
    (tmp_path / "estate.yaml").write_text(f"# the password is {PASSWORD}\n{json.dumps(value)}\n")
    done = desk.seal()
    assert done.code == 0, done.err
    whole = (tmp_path / "bundle.tar").read_bytes()
    assert PASSWORD.encode() not in whole
    sealed = json.loads(files(whole)["estate.yaml"].partition(b"\n")[2])
    assert (sealed["postgres"], sealed["directus"]) == ({}, {"url": "http://127.0.0.1:1"})


def test_a_token_of_the_estate_in_its_policy_is_refused_and_the_file_named_without_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ledger=False)
    policy = tmp_path / "policy" / "platform.yaml"
    policy.write_text(f"{policy.read_text()}# ask with {PASSWORD}\n")
    done = desk.seal()
    assert (done.code, "policy/platform.yaml" in done.err) == (4, True)
    assert left(desk) == []


def test_a_password_that_is_a_plain_word_stands_everywhere_and_refuses_nothing() -> None:
    refuse_secrets({"a": b"postgres"}, ["postgres", "short1"])
    with pytest.raises(Refused, match="a"):
        refuse_secrets({"a": b"Postgres1"}, ["Postgres1"])


@pytest.mark.parametrize(
    ("secret", "held"),
    [
        ('say"it\\now', rb'{"row": "say\"it\\now"}'),
        ('say"it\\now', rb'{"options": "{\"body\": \"say\\\"it\\\\now\"}"}'),
        ("pässwört-1", rb'{"row": "p\u00e4ssw\u00f6rt-1"}'),
        ("p@ss/w0rd+", b"postgresql://me:p%40ss%2Fw0rd%2B@host/db"),
        ("p@ss/w0rd+", b"Basic cEBzcy93MHJkKw=="),
        ("correcthorsebatterystaple", b"# correcthorsebatterystaple"),
    ],
    ids=["JSON", "JSON in JSON", "ASCII", "URL", "base64", "small letters"],
)
def test_a_secret_in_another_spelling_is_refused_too(secret: str, held: bytes) -> None:
    with pytest.raises(Refused, match="a row"):
        refuse_secrets({"a row": held, "another": b"-"}, [secret])


def test_an_estate_that_cannot_be_looked_at_is_sealed_with_that_verdict(desk: Desk) -> None:
    done = desk.run(
        "evidence", "seal", "--estate", "estate.yaml", "--key", "key.pem", "-o", "blind.tar", "--no-report"
    )
    assert (done.code, "could-not-look" in done.out) == (0, True), done.err
    held = files((desk.folder / "blind.tar").read_bytes())
    assert json.loads(held["verdict.json"])["conclusion"] == "could-not-look"
    assert json.loads(held["compiled.json"])["plans"] == {}
    assert b"## Could not look" in held["REPORT.md"]
    assert desk.run("replay", "blind.tar", "--key", "key.pub").code == 0


def test_what_cannot_be_performed_again_is_not_sealed_and_what_differs_is_named(desk: Desk) -> None:
    """The policy is changed between the look and the seal, by a process that waits for that."""
    changing = (
        "import runpy, sys\n"
        "from pathlib import Path\n"
        "from compliance import audit\n"
        "judge = audit.judge\n"
        "def late(run, **more):\n"
        "    found = judge(run, **more)\n"
        "    path = Path('policy/platform.yaml')\n"
        "    path.write_text(path.read_text().replace('newest: 18', 'newest: 17'))\n"
        "    return found\n"
        "audit.judge = late\n"
        "sys.argv = ['compliance', *sys.argv[1:]]\n"
        "runpy.run_module('compliance.cli', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", changing, "evidence", "seal", "--estate", "estate.yaml", "--observation",
         "observation.json", "--key", "key.pem", "-o", "bundle.tar", "--no-report"],
        cwd=desk.folder, env=desk.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "nothing was sealed" in done.stderr
    assert "verdict.json: policy: " in done.stderr
    assert "case PL001[(all)]: kept -> broken (PL001:p" in done.stderr
    assert (left(desk), (desk.folder / "ledger").exists()) == ([], False)


def test_evidence_is_never_replaced_and_a_key_that_is_none_is_said(desk: Desk) -> None:
    (desk.folder / "bundle.tar").write_text("mine")
    assert desk.seal().code == 2
    assert (desk.folder / "bundle.tar").read_text() == "mine"
    (desk.folder / "key.pem").chmod(0o600)
    (desk.folder / "key.pem").write_text("none")
    done = desk.seal("other.tar")
    assert (done.code, "no private key" in done.err, left(desk)) == (2, True, ["bundle.tar"])
    assert desk.run("evidence", "seal", "--key", "nowhere.pem").code == 2
    assert desk.run("evidence", "seal").code == 2


def test_a_damaged_ledger_seals_nothing(desk: Desk) -> None:
    assert desk.seal("one.tar", "--no-report").code == 0
    path = desk.folder / "ledger" / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"opened", b"closed", 1))
    done = desk.seal("two.tar", "--no-report")
    assert (done.code, left(desk)) == (4, ["one.tar"])


def test_a_full_disk_leaves_neither_half_a_bundle_nor_an_entry(desk: Desk) -> None:
    """No file of this process may grow beyond what the disk has left; the bundle is what would."""

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [sys.executable, "-m", "compliance.cli", "evidence", "seal", "--estate", "estate.yaml", "--observation",
         "observation.json", "--key", "key.pem", "-o", "bundle.tar", "--no-report"],
        cwd=desk.folder, env=desk.environment, capture_output=True, text=True, check=False, preexec_fn=full,
    )  # fmt: skip
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True), done.stderr
    assert left(desk) == []
    entries = (desk.folder / "ledger" / "ledger.jsonl").read_bytes()
    assert b'"sealed"' not in entries


@pytest.mark.parametrize("after", [0.3, 1.2, 2.5])
def test_ctrl_c_leaves_nothing(desk: Desk, after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "compliance.cli", "evidence", "seal", "--estate", "estate.yaml", "--observation",
         "observation.json", "--key", "key.pem", "-o", "bundle.tar"],
        cwd=desk.folder, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    time.sleep(after)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    whole = desk.folder / "bundle.tar"
    if whole.exists():
        assert verify.check(whole.read_bytes(), bytes.fromhex(desk.public)) == []
    else:
        assert process.returncode in (130, -signal.SIGINT), said
        assert left(desk) == []


def test_a_bundle_without_the_ledger_folder_says_no_more_than_it_holds(desk: Desk) -> None:
    """Everything under ledger/ is of the lines that are in it: nothing beside the chain is believed."""
    assert desk.seal("one.tar", "--no-report").code == 0
    held = files((desk.folder / "one.tar").read_bytes())
    other = [(name, data) for name, data in held.items() if name != "ledger/ledger.jsonl"]
    assert verify.check(packed(other), bytes.fromhex(desk.public)) == ["ledger/ledger.jsonl: missing"]
