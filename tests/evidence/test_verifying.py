"""A bundle that is not as it was sealed: what is wrong is named, by the command and by `verify.py` alike."""

from __future__ import annotations

import io
import json
import random
import runpy
import tarfile
import zipfile
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from compliance.evidence import ed25519, script, verify
from compliance.evidence.spelling import header, walk
from tests.evidence.bundles import KEY, OLD, Desk, by_script, files, packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = OLD.read_bytes()
FILES = files(WHOLE)
PARTS = list(FILES.items())


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """`check` of the joined file, in this process: a process a mutation would take minutes."""
    path = tmp_path_factory.mktemp("script") / "verify.py"
    path.write_bytes(script.text())
    check: Callable[..., list[str]] = runpy.run_path(str(path))["check"]
    return check


def wrong(data: bytes, joined: Callable[..., list[str]] | None = None) -> list[str]:
    """What the command says; where a joined file is given, it says the same."""
    found = verify.check(data, KEY)
    if joined is not None:
        assert joined(data, KEY) == found
    return found


def flipped(at: int, by: int = 1) -> bytes:
    return WHOLE[:at] + bytes([WHOLE[at] ^ by]) + WHOLE[at + 1 :]


def owner(at: int) -> str:
    """The file of which this byte is header, content or padding; '' behind the last."""
    files = walk(WHOLE)[0]
    behind = [file.start - 512 for file in files[1:]] + [len(WHOLE) - 1024]
    return next((file.name for file, end in zip(files, behind, strict=True) if at < end), "")


# --- as it was sealed --------------------------------------------------------------------------------------------


def test_a_bundle_of_format_1_still_verifies(tmp_path: Path, joined: Callable[..., list[str]]) -> None:
    assert wrong(WHOLE, joined) == []
    assert by_script(tmp_path, WHOLE).code == 0


def test_the_copy_of_verify_py_that_came_with_it_still_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_bytes(FILES["verify.py"])
    assert runpy.run_path(str(tmp_path / "old.py"))["check"](WHOLE, KEY) == []


def test_any_tar_reads_it(tmp_path: Path) -> None:
    with tarfile.open(OLD) as tar:
        assert {m.name: tar.extractfile(m).read() for m in tar.getmembers()} == FILES  # type: ignore[union-attr]


def test_what_is_signed_is_a_test_result_of_in_toto() -> None:
    said = json.loads(b64decode(json.loads(FILES["manifest.dsse.json"])["payload"]))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate, verdict = said["predicate"], json.loads(FILES["verdict.json"])
    assert predicate["result"] == "FAILED"
    assert len(predicate["failedTests"]) == verdict["counts"]["broken"] == 4
    assert len(predicate["passedTests"]) == verdict["counts"]["kept"]
    assert {each["name"] for each in predicate["configuration"]} >= {"policy/platform.yaml", "estate.yaml"}


# --- every byte --------------------------------------------------------------------------------------------------


def test_a_flip_in_any_region_is_told_with_its_file(joined: Callable[..., list[str]]) -> None:
    places = [at for file in walk(WHOLE)[0] for at in (file.start - 500, file.start, file.end - 1)]
    places += random.Random(9).sample(range(len(WHOLE)), 60)
    for at in places:
        _is_told(at, wrong(flipped(at), joined))


@pytest.mark.prove
def test_a_flip_of_any_byte_is_told_with_its_file(
    joined: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same signature over the same bytes is computed once: it is 9 of 10 parts of the time.
    monkeypatch.setattr(verify, "verified", lru_cache(maxsize=65536)(ed25519.verified))
    for at in range(len(WHOLE)):
        _is_told(at, wrong(flipped(at, 1 << at % 8), joined if not at % 101 else None))


def _is_told(at: int, found: list[str]) -> None:
    name = owner(at)
    assert [line for line in found if not name or line.startswith(f"{name}:")], (at, name, found)
    if name not in ("", "manifest.json", "manifest.dsse.json"):
        assert not [line for line in found if line.startswith("manifest")], (at, found)


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(name: str, joined: Callable[..., list[str]]) -> None:
    assert f"{name}: missing" in " ".join(wrong(packed([part for part in PARTS if part[0] != name]), joined))


def test_a_file_too_many_is_named(joined: Callable[..., list[str]]) -> None:
    for at in (0, 5, len(PARTS)):
        found = wrong(packed([*PARTS[:at], ("policy/extra.yaml", b"x"), *PARTS[at:]]), joined)
        assert [line.partition(" (")[0] for line in found] == ["policy/extra.yaml: is not in the manifest"]


def test_files_in_another_order_are_named(joined: Callable[..., list[str]]) -> None:
    for a, b in ((0, 1), (3, 4), (len(PARTS) - 2, len(PARTS) - 1)):
        other = [*PARTS[:a], PARTS[b], PARTS[a], *PARTS[b + 1 :]]
        assert wrong(packed(other), joined) == [
            f"the files stand in another order: {PARTS[b][0]} where {PARTS[a][0]} belongs"
        ]


@pytest.mark.parametrize("name", ["manifest.json", "verdict.json", "sealed.json", "manifest.dsse.json"])
def test_a_file_that_stands_there_twice_is_named(name: str, joined: Callable[..., list[str]]) -> None:
    for data in (FILES[name], b"{}"):
        found = wrong(packed([*PARTS, (name, data)]), joined)
        assert [line.partition(" (")[0] for line in found] == [f"{name}: stands there once more"]


def test_what_is_put_between_behind_or_before_is_named(joined: Callable[..., list[str]]) -> None:
    middle = walk(WHOLE)[0][4].start - 512
    for at in (0, 512, middle, len(WHOLE) - 1024, len(WHOLE)):
        for more in (b"\0", b"x", bytes(512), bytes(1024), b"x" * 512, b"x" * 777):
            assert wrong(WHOLE[:at] + more + WHOLE[at:], joined), (at, more)
    assert wrong(WHOLE + b"\n") == [f"bytes {len(WHOLE)}-{len(WHOLE)}: stand behind the end of the bundle"]


def test_a_bundle_that_was_cut_is_named_wherever_it_was(joined: Callable[..., list[str]]) -> None:
    for length in [*range(0, len(WHOLE), 4999), len(WHOLE) - 1, len(WHOLE) - 512, len(WHOLE) - 1024]:
        assert wrong(WHOLE[:length], joined), length


def test_a_header_in_another_spelling_is_named(joined: Callable[..., list[str]]) -> None:
    """As `tar` writes them: the same files, and other owners, times and numbers."""
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=form) as tar:
            for name, data in PARTS:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        assert wrong(made.getvalue(), joined) == ["this is no bundle"]


# --- who signed it -----------------------------------------------------------------------------------------------


def test_another_key_is_named_and_so_is_a_changed_signature(joined: Callable[..., list[str]]) -> None:
    assert "signed by another key" in verify.check(WHOLE, bytes(31) + b"\1")[0]
    envelope = json.loads(FILES["manifest.dsse.json"])
    payload = b64decode(envelope["payload"])
    for other, told in (
        (payload.replace(b'"FAILED"', b'"PASSED"'), "bad signature"),
        (payload.replace(b"result/v0.1", b"result/v0.2"), "bad signature"),
    ):
        text = json.dumps(envelope | {"payload": b64encode(other).decode()}, separators=(",", ":")) + "\n"
        parts = [(name, text.encode() if name == "manifest.dsse.json" else data) for name, data in PARTS]
        assert wrong(packed(parts), joined) == [f"manifest.dsse.json: {told}"]


def test_the_same_envelope_in_another_spelling_is_named(joined: Callable[..., list[str]]) -> None:
    envelope = json.loads(FILES["manifest.dsse.json"])
    spaced, more = json.dumps(envelope), json.dumps(envelope | {"unsigned": 1}, separators=(",", ":"))
    for text in (spaced + "\n", more + "\n", FILES["manifest.dsse.json"].decode().rstrip("\n")):
        parts = [(name, text.encode() if name == "manifest.dsse.json" else data) for name, data in PARTS]
        assert wrong(packed(parts), joined) == [
            "manifest.dsse.json: is no envelope with one signature, in its one spelling"
        ]


def test_without_a_key_a_bundle_that_agrees_with_itself_is_all_that_can_be_told() -> None:
    assert verify.check(WHOLE, None) == []
    assert verify.check(flipped(walk(WHOLE)[0][5].start), None)


# --- the ledger --------------------------------------------------------------------------------------------------


def test_the_entry_has_to_stand_in_the_ledger_behind_the_same_lines() -> None:
    lines, entry = FILES["ledger/ledger.jsonl"], FILES["sealed.json"]
    assert verify.check(WHOLE, KEY, lines + entry) == []
    assert verify.check(WHOLE, KEY, lines + entry + b'{"cut') == []
    assert verify.check(WHOLE, KEY, lines) == ["the ledger does not hold the entry of this bundle"]
    (cut,) = verify.check(WHOLE, KEY, lines + entry + b"what came later\n")
    assert cut.startswith("the ledger:4: is not as it was")
    assert (
        verify.check(WHOLE, KEY, b"other\n" + entry)[-1]
        == "the ledger holds its entry, but other lines before it"
    )


def test_a_line_of_the_ledger_that_was_changed_is_named_with_its_number(
    joined: Callable[..., list[str]],
) -> None:
    ledger = next(file for file in walk(WHOLE)[0] if file.name == "ledger/ledger.jsonl")
    second = WHOLE.index(b"\n", ledger.start) + 20
    assert "ledger/ledger.jsonl:2: is not as it was" in " ".join(wrong(flipped(second), joined))


# --- what is none ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", bytes(50_000_000))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b"x" * 4000, "no bundle"),
        (bytes(4096), "no bundle"),
        (_zip(), "no bundle"),
        (header("manifest.json", 8**10), "ends at byte 512"),
        (packed([("manifest.json", b"[" * 100_000)]), "is no manifest"),
        (
            packed([("manifest.json", b'{"format":2,"files":{},"ledger":null}')]),
            "format 2; this program knows 1",
        ),
        (packed([("a", b"")]), "manifest.json: missing"),
    ],
    ids=["empty", "text", "zeros", "zip bomb", "size", "nested", "later format", "no manifest"],
)
def test_what_is_no_bundle_is_refused_in_words_by_both(
    desk: Desk, tmp_path: Path, data: bytes, told: str
) -> None:
    script = by_script(tmp_path, data)
    assert (script.code, told in script.out) == (4, True), script
    (desk.folder / "none").write_bytes(data)
    done = desk.run("evidence", "verify", "none", "--key", KEY.hex())
    assert (done.code, done.out) == (4, script.out)


def test_a_file_that_is_not_there_too_large_or_no_key_is_wrong_usage(desk: Desk, tmp_path: Path) -> None:
    (desk.folder / "key").write_text("no key")
    with (desk.folder / "large").open("wb") as file:
        file.truncate(verify.LIMIT + 1)
    for words in (
        ("nowhere", KEY.hex()),
        ("large", KEY.hex()),
        (str(OLD), "key"),
        (str(OLD), "nowhere"),
        (".", KEY.hex()),
    ):
        done = desk.run("evidence", "verify", words[0], "--key", words[1])
        assert (done.code, done.out) == (2, "")
        assert words[0] in done.err or words[1] in done.err
    (tmp_path / "key").write_text("no key")
    assert by_script(tmp_path, WHOLE, "key").code == 2
    assert by_script(tmp_path, WHOLE, KEY.hex(), "nowhere").code == 2


def test_what_keys_new_prints_is_the_key_that_is_asked_for(tmp_path: Path) -> None:
    """As it is: into a file, or one line of it given as a word."""
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk", ledger=False)
    for name, words in (("text", ()), ("json", ("--json",))):
        said = desk.run("keys", "new", f"{name}.pem", *words)
        assert desk.seal(f"{name}.tar", "--no-report", "--key", f"{name}.pem").code == 0
        whole = (desk.folder / f"{name}.tar").read_bytes()
        (desk.folder / f"{name}.pub").write_text(said.out)
        (tmp_path / "printed").write_text(said.out)
        for given in (f"{name}.pub", said.out, said.out.splitlines()[-1 if name == "text" else 3]):
            done = desk.run("evidence", "verify", f"{name}.tar", "--key", given)
            assert (done.code, done.out[:16]) == (0, "as it was sealed"), done
        assert by_script(tmp_path, whole, "printed").code == 0
        done = desk.run("evidence", "verify", str(OLD), "--key", f"{name}.pub")
        assert (done.code, "signed by another key" in done.out) == (4, True)
    (desk.folder / "both").write_text(
        "".join((desk.folder / f"{name}.pub").read_text() for name in ("text", "json"))
    )
    done = desk.run("evidence", "verify", "text.tar", "--key", "both")
    assert (done.code, "no public key, or more than one" in done.err) == (2, True)


def test_the_command_and_the_script_say_the_same_in_processes_of_their_own(desk: Desk, tmp_path: Path) -> None:
    ledger = FILES["ledger/ledger.jsonl"]
    (tmp_path / "ledger").write_bytes(ledger)
    (desk.folder / "ledger").mkdir()
    (desk.folder / "ledger" / "ledger.jsonl").write_bytes(ledger)
    for data in (WHOLE, flipped(600), flipped(90_000), WHOLE[:100_000], WHOLE + b"x"):
        said = by_script(tmp_path, data, KEY.hex(), "ledger")
        (desk.folder / "some.tar").write_bytes(data)
        done = desk.run(
            "evidence", "verify", "some.tar", "--key", str(OLD.with_suffix(".pub")), "--ledger", "ledger"
        )
        assert (done.code, done.out) == (said.code, said.out)
        assert "the ledger does not hold" in done.out or data != WHOLE
    told = json.loads(desk.run("evidence", "verify", str(OLD), "--key", KEY.hex(), "--json").out)
    assert (told["wrong"], told["bundle"]) == ([], str(OLD))
