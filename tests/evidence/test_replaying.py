"""A sealed audit comes to the same bytes wherever it is performed again, and where it does not, that is said."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance import replaying
from compliance.core import canonical
from compliance.core.errors import ConfigurationError
from compliance.evidence import contents, verify, versions
from compliance.evidence.statement import FORMAT
from tests.evidence import hermetic
from tests.evidence.bundles import CHECKOUT, KEY, OLD, Desk, Done, files, packed

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES = ("Asia/Kathmandu", "America/St_Johns", "UTC")
GERMAN = "de_DE.UTF-8"
SAMPLE = [("Asia/Kathmandu", "C", "0"), ("America/St_Johns", GERMAN, "9"), ("UTC", "C.UTF-8", "4")]
SAME = "the same verdict and the same plans, byte for byte"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """With a bundle that this version sealed."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    done = desk.seal("bundle.tar", "--no-report")
    assert done.code == 0, done.err
    return desk


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a German locale, made where the machine has its sources; else empty, and C stands in its place."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef"):
        made = folder / GERMAN
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", made], capture_output=True, check=False)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path, desk: Desk) -> Path:
    """Another folder, with the bundle and nothing else, that others may enter."""
    folder = tmp_path / "auditor"
    folder.mkdir()
    shutil.copy(desk.folder / "bundle.tar", folder / "b.tar")
    return folder


def hermetically(
    folder: Path, key: str, *, python: str = sys.executable, user: int | None = None, **more: str
) -> Done:
    """No HOME, no variable of the estate, no network, no file but the program's and those of one folder."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    if user is not None:
        os.chown(scratch, user, user)
    libraries = Path(pytest.__file__).parents[1]
    mine = [CHECKOUT / name for name in ("compliance", "probes", "sql")]
    bare = {"PYTHONPATH": f"{CHECKOUT}:{libraries}", "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    if more.get("LC_ALL") == "C":  # in ASCII, which Python would not leave it in
        bare |= {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    allowed = os.pathsep.join(map(str, (folder, libraries, *mine)))
    done = subprocess.run(
        [python, hermetic.__file__, allowed, "replay", "b.tar", "--key", key],
        cwd=folder, env=bare | more, capture_output=True, text=True, check=False, timeout=120, user=user,
    )  # fmt: skip
    assert "psycopg was imported" not in done.stderr
    assert list(scratch.iterdir()) == [], (done.returncode, done.stdout, done.stderr)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("zone", "locale", "seed"), SAMPLE)
def test_it_comes_to_the_same_without_a_network_or_a_home_in_any_zone_locale_and_hash_seed(
    elsewhere: Path, desk: Desk, locales: Path, zone: str, locale: str, seed: str
) -> None:
    done = hermetically(
        elsewhere, desk.public, TZ=zone, LC_ALL=locale, LOCPATH=str(locales), PYTHONHASHSEED=seed
    )
    assert (done.code, done.out) == (0, f"{SAME}\n"), done.err


@pytest.mark.prove
@pytest.mark.parametrize(
    ("zone", "locale", "seed"), list(itertools.product(ZONES, ("C", GERMAN), map(str, range(10))))
)
def test_it_comes_to_the_same_in_all_of_them(
    elsewhere: Path, desk: Desk, locales: Path, zone: str, locale: str, seed: str
) -> None:
    done = hermetically(
        elsewhere, desk.public, TZ=zone, LC_ALL=locale, LOCPATH=str(locales), PYTHONHASHSEED=seed
    )
    assert (done.code, done.out) == (0, f"{SAME}\n"), done.err


@pytest.fixture
def open_to_all(desk: Desk) -> Iterator[Path]:
    """Not below pytest's own folder: every run of pytest shuts that to others when it begins."""
    with tempfile.TemporaryDirectory(prefix="auditor-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(desk.folder / "bundle.tar", folder / "b.tar")
        yield folder


def _for_anybody(user: int) -> str | None:
    """A Python of this version that another user may run; that of a virtual environment may lie in somebody's home."""
    asked = "import sys; print(sys.version_info[:2])"
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            done = subprocess.run([python, "-c", asked], user=user, capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.stdout.strip() == str(sys.version_info[:2]):
            return python
    return None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_it_comes_to_the_same_for_another_user(open_to_all: Path, desk: Desk) -> None:
    if (python := _for_anybody(65534)) is None:
        pytest.skip("no Python of this version that another user may run")
    done = hermetically(open_to_all, desk.public, python=python, user=65534)
    assert (done.code, done.out[: len(SAME)]) == (0, SAME), done.err


# --- a difference is an incident ----------------------------------------------------------------------------------


def changed(desk: Desk, name: str, old: bytes, new: bytes) -> Done:
    """A bundle that agrees with itself and whose sealed results are not what comes out: its signature is not asked."""
    held = files((desk.folder / "bundle.tar").read_bytes())
    assert old in held[name], name
    held[name] = held[name].replace(old, new, 1)
    manifest = json.loads(held["manifest.json"])
    manifest["files"][name] = {"sha256": canonical.digest(held[name]), "size": len(held[name])}
    manifest["ledger"] = None
    held["manifest.json"] = json.dumps(manifest).encode()
    del held["sealed.json"]
    held["manifest.dsse.json"] = _signed(held["manifest.json"])
    (desk.folder / "changed.tar").write_bytes(packed(list(held.items())))
    assert verify.check((desk.folder / "changed.tar").read_bytes(), None) == []
    return desk.run("replay", "changed.tar", "--json")


def _signed(manifest: bytes) -> bytes:
    from securesystemslib.signer import CryptoSigner

    from compliance.executor import attest

    said = {
        "_type": verify.STATEMENT, "predicateType": verify.PREDICATE, "predicate": {"ledger": None},
        "subject": [{"name": "manifest.json", "digest": {"sha256": canonical.digest(manifest)}}],
    }  # fmt: skip
    return canonical.dumps(attest.sign(said, CryptoSigner.generate_ed25519())) + b"\n"


def test_a_case_that_was_sealed_in_another_way_is_an_incident_and_named_by_its_key(desk: Desk) -> None:
    done = changed(desk, "verdict.json", b'"outcome": "broken"', b'"outcome": "kept"')
    found = json.loads(done.out)["differences"]
    assert (done.code, len(found)) == (1, 1)
    assert found[0].startswith("case CC0")
    assert ": kept (CC0" in found[0]
    assert "-> broken (CC0" in found[0]
    text = desk.run("replay", "changed.tar")
    assert (text.code, text.out.splitlines()[0]) == (1, f"{_incident()}:")


def _incident() -> str:
    from compliance.evidencing import INCIDENT

    return INCIDENT


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"declared": ', b'"declared": 9', r"population of command_catalog: declared: 9\d+ -> \d+"),
        (b'"excluded": {', b'"excluded": {"nobody asked": 3, ', r"population of command_catalog: excluded: \{'nobody"),
        (b'"lost": []', b'"lost": ["CC001[x]"]', r"population of command_catalog: lost: \['CC001\[x\]'\] -> \[\]"),
        (
            b'"command_catalog.commands": [', b'"command_catalog.commands": ["ghost", ',
            r"population of command_catalog: names: command_catalog\.commands: -ghost$",
        ),
        (b'"severity": "critical"', b'"severity": "low"', r"rule CC\d+: severity: low -> critical$"),
        (b'"format": 1', b'"format": 7', r"verdict\.json: format: 7 -> 1$"),
        (b'"counts": {"broken": ', b'"counts": {"broken": 1', r"verdict\.json: counts: .*, of the same cases$"),
    ],
    ids=["declared", "excluded", "lost", "names", "rule", "format", "counts"],
)  # fmt: skip
def test_what_was_sealed_of_the_population_or_a_rule_in_another_way_is_named(
    desk: Desk, old: bytes, new: bytes, told: str
) -> None:
    done = changed(desk, "verdict.json", old, new)
    found = json.loads(done.out)["differences"]
    assert done.code == 1
    assert [line for line in found if re.match(told, line)] == found, found


def test_a_plan_that_was_sealed_in_another_way_is_named_by_file_and_line(desk: Desk) -> None:
    name = "plans/command_catalog/migration/deploy.sql"
    done = changed(desk, name, b"\nbegin", b"\n\nbegin")
    (found,) = json.loads(done.out)["differences"]
    assert done.code == 1
    assert found.startswith(f"{name}:")
    assert found.endswith("is another line")


def test_an_observation_that_was_changed_does_not_state_its_digest_any_more(desk: Desk) -> None:
    done = changed(desk, "observation.json", b"Leitstelle", b"Leitstalle")
    assert (done.code, "does not have the digest it states" in done.err) == (2, True)


def test_the_time_it_was_judged_by_is_an_input_and_another_one_is_told(desk: Desk) -> None:
    done = changed(desk, "verdict.json", b"2026-11-22T00:00:00+00:00", b"2026-11-23T00:00:00+00:00")
    found = json.loads(done.out)["differences"]
    # Judged by the time that the sealed verdict names now, it comes to that verdict; what a person reads is older.
    assert [line.partition(":")[0] for line in found] == ["REPORT.md"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("estate.yaml", b'"command_catalog"', b'"os"', "knows no system 'os'"),
        ("estate.yaml", b'"name": ', b'"nam": ', "too little of an estate"),
        ("verdict.json", b'"judged_at"', b'"judged_of"', "says nothing of 'judged_at'"),
        ("verdict.json", b"{", b"[", "says nothing of 'judged_at'"),
        ("verdict.json", b'"judged_at": "', b'"judged_at": 5, "of": "', "'5' is no time"),
        ("verdict.json", b"2026-11-22T00:00:00+00:00", b"0001-01-01T00:00:00+14:00", "is no time"),
        ("observation.json", b"{", b"\xff", "no observation.json that can be read"),
    ],
)
def test_what_somebody_wrote_who_has_no_key_ends_in_words(
    desk: Desk, name: str, old: bytes, new: bytes, told: str
) -> None:
    done = changed(desk, name, old, new)
    assert (done.code, told in done.err) == (2, True), done.err


def test_a_name_or_a_version_that_no_seal_writes_ends_in_words_too(desk: Desk) -> None:
    held = files((desk.folder / "bundle.tar").read_bytes())
    deep = {name.replace("policy/platform", "policy/more/platform"): data for name, data in held.items()}
    with pytest.raises(ConfigurationError, match=r"policy/more/platform\.yaml of the bundle"):
        replaying.again(deep)
    here = versions.versions(contents.observed(held))
    for said in (
        {},
        {"packages": 5, "program": [], "probes": 7},
        {"packages": {"pytest": {}}, "program": {"version": 1}},
    ):
        assert "program" in versions.other(said, here)


def test_the_interpreter_refuses_what_a_replay_may_not_ask_for(
    elsewhere: Path, desk: Desk, tmp_path: Path
) -> None:
    """Or the tests above would say nothing: a bundle that lies outside, by a link from inside."""
    shutil.move(elsewhere / "b.tar", tmp_path / "outside.tar")
    (elsewhere / "b.tar").symlink_to(tmp_path / "outside.tar")
    done = hermetically(elsewhere, desk.public)
    assert (done.code, "open" in done.err) == (2, True), done


# --- what is not replayed -------------------------------------------------------------------------------------------


def test_a_bundle_that_was_changed_is_refused_and_not_performed(desk: Desk) -> None:
    whole = (desk.folder / "bundle.tar").read_bytes()
    (desk.folder / "bad.tar").write_bytes(whole.replace(b"Leitstelle", b"Leitstalle", 1))
    for words in ((), ("--key", "key.pub")):
        done = desk.run("replay", "bad.tar", *words)
        assert (done.code, "observation.json: changed (bytes" in done.err or "changed" in done.err) == (4, True)
    done = desk.run("replay", "bundle.tar", "--key", KEY.hex())
    assert (done.code, "signed by another key" in done.err) == (4, True)


def test_another_version_is_said_and_performed_only_where_that_is_wanted(desk: Desk) -> None:
    """The bundle of format 1 was sealed by a version that is gone."""
    shutil.copy(OLD, desk.folder / "old.tar")
    done = desk.run("replay", "old.tar", "--key", KEY.hex())
    assert done.code == 3
    assert "sealed by another version than this one" in done.err
    assert "program: 0.1.0 " in done.err
    wanted = desk.run("replay", "old.tar", "--key", KEY.hex(), "--other-version", "--json")
    assert wanted.code in (0, 1)
    assert "program" in json.loads(wanted.out)["versions"]


def test_the_digests_of_a_version_are_of_code_alone_and_the_same_twice() -> None:
    assert versions.program_digest() == versions.program_digest()
    here = {
        "program": {"digest": "a"},
        "probes": {"digest": "b"},
        "python": "3.11",
        "packages": {"pytest": "9"},
    }
    assert versions.other(here, here) == {}
    later = here | {"probes": {"digest": "c"}, "packages": {"pytest": "10"}}
    assert versions.other(here, later) == {"probes": "b then, c now", "pytest": "9 then, 10 now"}


def test_the_format_that_is_written_is_one_that_is_read() -> None:
    assert max(verify.FORMATS) == FORMAT
    assert {
        json.loads(files(path.read_bytes())["manifest.json"])["format"] for path in OLD.parent.glob("v*.tar")
    } == set(verify.FORMATS)


def test_a_waived_finding_is_sealed_as_waived_and_comes_out_waived_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ledger=False)
    verdict = json.loads(files(OLD.read_bytes())["verdict.json"])
    key = next(each["key"] for case in verdict["cases"] for each in case["findings"] if case["rule"] == "CC001")
    entry = {
        "id": "later", "finding": key, "reason": "it comes with the next release", "owner": "Leitstelle",
        "approver": "Werkleitung", "from": "2026-11-01", "until": "2026-12-31", "ceiling": 1,
    }  # fmt: skip
    (tmp_path / "policy" / "waivers.yaml").write_text(json.dumps({"waivers": [entry]}))
    assert desk.seal("bundle.tar", "--no-report").code == 0
    held = files((tmp_path / "bundle.tar").read_bytes())
    assert json.loads(held["verdict.json"])["counts"]["waived"] == 1
    assert "waived by later" in held["REPORT.md"].decode()
    done = desk.run("replay", "bundle.tar", "--key", "key.pub")
    assert (done.code, done.out) == (0, f"{SAME}\n"), done.err
