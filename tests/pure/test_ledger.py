"""The ledger: what is in it is on disk, whole and unchanged, or it is refused with the line that is not."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.chain import Entry, examine
from compliance.core.errors import CouldNotLook
from compliance.executor import ledger as ledger_module
from compliance.executor.ledger import Ledger, LedgerDamaged, LedgerUnwritable, verify
from compliance.executor.ledger_lock import LedgerBusy, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPEND = """
import os, signal, sys
from pathlib import Path
from compliance.executor.ledger import Ledger
folder, point = sys.argv[1:]
Ledger(Path(folder)).append(
    "intent", {"n": 2}, at_step=lambda name: name == point and os.kill(os.getpid(), signal.SIGKILL)
)
"""
HOLD = """
import sys
from pathlib import Path
from compliance.executor.ledger import Ledger
with Ledger(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""
MANY = """
import sys
from pathlib import Path
from compliance.executor.ledger import Ledger
from compliance.executor.ledger_lock import LedgerBusy
ledger = Ledger(Path(sys.argv[1]))
for n in range(40):
    while True:
        try:
            ledger.append("receipt", {"from": sys.argv[2], "n": n})
        except LedgerBusy:
            continue
        break
"""


def start(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], text=True, **options)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Three entries: opened, intent, receipt."""
    made = Ledger(tmp_path / "ledger")
    made.append("intent", {"plan": "a", "text": 'says "kind":"x","prev": and ü'})
    made.append("receipt", {"plan": "a"})
    return made


def entry(seq: int, kind: str, prev: str, **body: object) -> Entry:
    """With a proper hash, whatever else is wrong with it."""
    bare = Entry(seq, "2026-11-21T00:00:00+00:00", kind, body, prev, "")
    return bare._replace(hash=bare.proper_hash)


def chain(count: int = 3) -> list[Entry]:
    found: list[Entry] = []
    for number in range(1, count + 1):
        kind = "opened" if number == 1 else "receipt"
        found.append(entry(number, kind, found[-1].hash if found else "", n=number, ü='"kind":"x","prev":'))
    return found


def data_of(entries: list[Entry]) -> bytes:
    return b"".join(found.line for found in entries)


def problems(data: bytes) -> list[tuple[int, str]]:
    return [(line.number, wrong) for line in examine(data) for wrong in line.wrong]


# --- what is written is what is read -----------------------------------------------------------------------------


def test_a_ledger_that_is_not_there_is_empty_and_looking_makes_none(tmp_path: Path) -> None:
    absent = Ledger(tmp_path / "none")
    assert (absent.id, absent.head, absent.entries(), absent.holds("")) == ("", "", (), False)
    assert list(tmp_path.iterdir()) == []


def test_what_was_appended_is_read_again_as_it_was_returned(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    made = [
        ledger.append("intent", {"pair": (1, "ü")}),
        ledger.append("receipt", {"deep": {"list": [1.5, None]}}),
    ]
    read = Ledger(tmp_path).entries()
    assert read[1:] == tuple(made) == ledger.entries()[1:]
    assert [found.kind for found in read] == ["opened", "intent", "receipt"]
    assert read[1].body == {"pair": [1, "ü"]}
    assert (ledger.id, ledger.head) == (read[0].hash, read[2].hash)
    assert verify(tmp_path) == []


def test_two_ledgers_never_share_an_id_or_an_entry(tmp_path: Path) -> None:
    one, two = Ledger(tmp_path / "1"), Ledger(tmp_path / "2")
    for made in (one, two):
        made.open()
        made.append("intent", {})
    assert one.id != two.id
    assert not two.holds(one.head)
    assert one.holds(one.head)


def test_opening_a_ledger_twice_opens_it_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open()
    first = ledger.id
    Ledger(tmp_path).open()
    assert [found.hash for found in Ledger(tmp_path).entries()] == [first]


def test_an_older_copy_does_not_hold_what_came_after_it(ledger: Ledger, tmp_path: Path) -> None:
    copy = Ledger(tmp_path / "copy")
    copy.folder.mkdir()
    copy.path.write_bytes(ledger.path.read_bytes())
    then = ledger.head
    now = ledger.append("receipt", {}).hash
    assert copy.id == ledger.id
    assert copy.holds(then)
    assert not copy.holds(now)


def test_nobody_else_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Ledger(tmp_path / "ledger").append("intent", {})
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "ledger").iterdir()}
    assert modes == {"ledger.jsonl": "0o600", "lock": "0o600"}
    assert oct((tmp_path / "ledger").stat().st_mode & 0o777) == "0o700"


def test_what_is_no_json_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    before = ledger.path.read_bytes()
    for body in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((ValueError, TypeError)):
            ledger.append("intent", body)
    assert ledger.path.read_bytes() == before


def test_a_long_ledger_is_verified_once_and_then_only_what_is_new(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[int] = []

    def counted(data: bytes, before: Entry | None = None) -> Iterator[Any]:
        for line in examine(data, before):
            verified.append(line.number)
            yield line

    monkeypatch.setattr(ledger_module, "examine", counted)
    mine = Ledger(ledger.folder)
    mine.append("receipt", {})
    mine.append("receipt", {})
    assert mine.head == mine.entries()[-1].hash
    assert verified == [1, 2, 3]
    ledger.append("receipt", {"by": "another"})  # which first reads what `mine` wrote
    assert verified == [1, 2, 3, 4, 5]
    assert len(mine.entries()) == 6
    assert verified == [1, 2, 3, 4, 5, 6]


def test_a_ledger_that_was_replaced_by_an_older_copy_is_read_anew(ledger: Ledger) -> None:
    older = ledger.path.read_bytes()
    ledger.append("receipt", {"n": 1})
    ledger.path.write_bytes(older)
    assert len(ledger.entries()) == 3


def test_a_ledger_that_was_replaced_by_a_longer_one_is_read_anew(ledger: Ledger) -> None:
    assert len(ledger.entries()) == 3
    aside = ledger.folder / "aside"
    aside.write_bytes(data_of(chain(9)))
    aside.replace(ledger.path)
    assert ledger.entries() == tuple(chain(9))


# --- damage ------------------------------------------------------------------------------------------------------


def test_any_flipped_bit_is_named_with_its_line() -> None:
    entries = chain()
    data = data_of(entries)
    assert problems(data) == []
    for position in range(len(data)):
        line = data[:position].count(b"\n") + 1
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            found = problems(bytes(changed))
            assert found, (position, bit)
            assert found[0][0] == line, (position, bit, found)


@given(st.data())
def test_any_other_byte_in_the_file_refuses_everything_and_names_line_and_kind(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    good = data_of(chain())
    position = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[position]))
    (folder / "ledger.jsonl").write_bytes(good[:position] + bytes([byte]) + good[position + 1 :])
    line = good[:position].count(b"\n") + 1
    with pytest.raises(LedgerDamaged, match=rf"ledger\.jsonl:{line} \(.+\)\n  - ") as caught:
        Ledger(folder).entries()
    assert caught.value.exit_code == 4
    assert caught.value.remedy
    with pytest.raises(LedgerDamaged):
        Ledger(folder).append("receipt", {})
    assert any(f"ledger.jsonl:{line} (" in problem for problem in verify(folder))


def test_damage_inside_a_body_names_the_kind_of_its_entry_and_not_a_word_of_the_body() -> None:
    opened, second, third = (found.line for found in chain())
    (line,) = (line for line in examine(opened + second.replace(b'"n":2', b'"n":]') + third) if line.wrong)
    assert (line.number, line.kind) == (2, "receipt")
    (line,) = (line for line in examine(opened + b"rubbish\n" + third) if line.wrong)
    assert (line.number, line.kind) == (2, "unreadable")


def test_an_entry_that_was_removed_moved_or_repeated_is_named() -> None:
    opened, second, third, last = chain(4)
    assert problems(data_of([opened, second, last]))[0][0] == 3
    assert problems(data_of([opened, third, second, last]))[0][0] == 2
    assert problems(data_of([opened, second, second, third, last]))[0][0] == 3
    assert problems(data_of([second, third, last]))[0][0] == 1


def test_an_entry_whose_hash_is_right_is_named_where_it_does_not_belong() -> None:
    opened, second, _ = chain()
    for wrong, said in (
        (entry(3, "receipt", opened.hash), "does not follow"),
        (entry(4, "receipt", second.hash), "number 4"),
        (entry(3, "opened", second.hash), "has it once"),
    ):
        ((line, text),) = problems(data_of([opened, second, wrong]))
        assert line == 3
        assert said in text
    assert problems(data_of([opened, second, entry(3, "receipt", second.hash)])) == []
    assert [text for _, text in problems(entry(1, "receipt", "").line)] == [
        "a ledger begins with 'opened', and has it once"
    ]


def test_the_same_content_in_another_spelling_is_damage() -> None:
    opened, second, _ = chain()
    value = json.loads(second.line)
    for text in (
        json.dumps(value, sort_keys=True, ensure_ascii=False),
        json.dumps(value, sort_keys=True, separators=(",", ":")),
        json.dumps(dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False),
        second.line.decode().rstrip().replace('{"at":', '{"at":"","at":'),
    ):
        assert json.loads(text) == value
        assert problems(opened.line + text.encode() + b"\n") == [(2, "this is no entry")]


def test_what_is_json_and_no_entry_is_damage() -> None:
    opened = chain()[0].line
    for text in (b"null", b"[]", b"{}", b'"', b"[" * 100_000, b'{"a":"\\ud800"}', b"\xff"):
        assert problems(opened + text + b"\n") == [(2, "this is no entry")]
    listed = Entry(2, "", "receipt", [], chain()[0].hash, "")  # type: ignore[arg-type]
    assert problems(opened + listed._replace(hash=listed.proper_hash).line) == [(2, "this is no entry")]


def test_everything_that_is_wrong_is_told_and_not_only_the_first(ledger: Ledger) -> None:
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"seq":1', b'"seq":7')
    lines[2] = lines[2].replace(b'"plan":"a"', b'"plan":"b"')
    ledger.path.write_bytes(b"".join(lines))
    told = verify(ledger.folder)
    assert [text.split(": ")[0].rsplit(":", 1)[1] for text in told] == [
        "1 (opened)",
        "1 (opened)",
        "3 (receipt)",
    ]
    with pytest.raises(LedgerDamaged, match=r":1 \(opened\)"):
        _ = Ledger(ledger.folder).head


def test_a_ledger_that_is_not_there_is_not_said_to_be_whole(tmp_path: Path) -> None:
    (told,) = verify(tmp_path)
    assert "No such file" in told


# --- cut short ---------------------------------------------------------------------------------------------------


def test_a_line_that_was_cut_anywhere_is_no_entry_and_the_next_append_removes_it(tmp_path: Path) -> None:
    entries = chain()
    whole, last = data_of(entries[:2]), entries[2].line
    for length in range(len(last)):
        assert [line.entry for line in examine(whole + last[:length])] == entries[:2]
    for length in (0, 1, len(last) // 2, len(last) - 1):
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "ledger.jsonl").write_bytes(whole + last[:length])
        ledger = Ledger(folder)
        assert ledger.head == entries[1].hash
        assert verify(folder) == []
        added = ledger.append("receipt", {"after": length})
        assert (folder / "ledger.jsonl").read_bytes() == whole + added.line
        assert Ledger(folder).entries() == (*entries[:2], added)


@pytest.mark.parametrize(
    "point", ["before fsync opened", "after fsync opened", "before fsync intent", "after fsync intent"]
)
def test_killed_at_any_point_it_is_as_before_or_as_after_and_goes_on(tmp_path: Path, point: str) -> None:
    assert start(APPEND, tmp_path / "ledger", point).wait() == -signal.SIGKILL
    kinds = [found.kind for found in Ledger(tmp_path / "ledger").entries()]
    assert kinds in ([], ["opened"], ["opened", "intent"])
    if point.startswith("after"):
        assert kinds[-1:] == [point.removeprefix("after fsync ")]
    assert start(APPEND, tmp_path / "ledger", "nowhere").wait() == 0
    assert verify(tmp_path / "ledger") == []
    assert Ledger(tmp_path / "ledger").entries()[-1].kind == "intent"


def test_an_append_says_how_far_it_got(tmp_path: Path) -> None:
    said: list[str] = []
    ledger = Ledger(tmp_path)
    ledger.append("intent", {}, at_step=said.append)
    ledger.append("receipt", {}, at_step=said.append)
    assert said == [
        f"{when} fsync {kind}" for kind in ("opened", "intent", "receipt") for when in ("before", "after")
    ]


def test_a_file_and_a_new_name_are_on_disk_before_anybody_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync = os.fsync

    def watched(number: int) -> None:
        (name,) = (
            p.name for p in (tmp_path, *tmp_path.rglob("*")) if p.stat().st_ino == os.fstat(number).st_ino
        )
        done.append(f"fsync of {name}")
        fsync(number)

    monkeypatch.setattr(os, "fsync", watched)
    Ledger(tmp_path / "ledger").append("intent", {}, at_step=done.append)
    assert done == [
        f"fsync of {tmp_path.name}",
        "before fsync opened", "fsync of ledger.jsonl", "fsync of ledger", "after fsync opened",
        "before fsync intent", "fsync of ledger.jsonl", "after fsync intent",
    ]  # fmt: skip


def test_an_append_that_is_interrupted_before_it_is_on_disk_leaves_the_file_as_it_was(ledger: Ledger) -> None:
    def interrupt(name: str) -> None:
        if name == when:
            raise KeyboardInterrupt

    before, entries = ledger.path.read_bytes(), ledger.entries()
    when = "before fsync receipt"
    with pytest.raises(KeyboardInterrupt):
        ledger.append("receipt", {}, at_step=interrupt)
    assert ledger.path.read_bytes() == before
    assert ledger.entries() == Ledger(ledger.folder).entries() == entries
    when = "after fsync receipt"
    with pytest.raises(KeyboardInterrupt):
        ledger.append("receipt", {}, at_step=interrupt)
    assert len(Ledger(ledger.folder).entries()) == len(ledger.entries()) == len(entries) + 1


# --- no room, no right -------------------------------------------------------------------------------------------


class SmallDisk:
    """A file system of its own, full to its last block within `full`."""

    says = "No space left"

    def __init__(self, place: Path) -> None:
        self.filler = place / "filler"

    @contextmanager
    def full(self) -> Iterator[None]:
        with self.filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        yield
        self.filler.unlink()


class Limit:
    """No file of this process may grow beyond a few bytes more than the ledger has."""

    says = "File too large"

    def __init__(self, place: Path) -> None:
        self.path = place / "ledger" / "ledger.jsonl"

    @contextmanager
    def full(self) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = self.path.stat().st_size if self.path.exists() else 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(params=[SmallDisk, Limit])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk | Limit]:
    mount: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path]
    if request.param is Limit:
        yield Limit(tmp_path)
    elif os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nobody but root may mount a file system, and not everywhere")
    else:
        try:
            yield SmallDisk(tmp_path)
        finally:
            subprocess.run(["umount", tmp_path], check=True)


def test_where_there_is_no_room_the_file_stays_as_it_was_and_later_the_same_append_works(
    place: SmallDisk | Limit, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.append("intent", {})
    before, entries = ledger.path.read_bytes(), ledger.entries()
    with ledger.locked():
        with place.full(), pytest.raises(LedgerUnwritable, match=place.says) as caught:
            ledger.append("receipt", {"long": "x" * 10_000})
        assert caught.value.remedy
        assert ledger.path.read_bytes() == before
        assert ledger.entries() == Ledger(ledger.folder).entries() == entries
        added = ledger.append("receipt", {"long": "x" * 10_000})
    assert Ledger(ledger.folder).entries() == (*entries, added)


def test_where_there_is_no_room_for_a_first_entry_there_is_no_ledger(
    place: SmallDisk | Limit, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with place.full(), pytest.raises(LedgerUnwritable, match=place.says):
        ledger.append("intent", {"long": "x" * 10_000})
    assert [found.kind for found in Ledger(ledger.folder).entries()] in ([], ["opened"])
    ledger.append("intent", {"long": "x" * 10_000})
    assert verify(ledger.folder) == []


def test_a_folder_that_cannot_be_one_and_a_file_that_leads_elsewhere_are_not_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LedgerUnwritable) as caught:
            Ledger(folder).append("intent", {})
        assert caught.value.remedy
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    for name in ("ledger.jsonl", "lock"):
        folder = tmp_path / f"with {name}"
        folder.mkdir()
        (folder / name).symlink_to(elsewhere)
        with pytest.raises(LedgerUnwritable):
            Ledger(folder).append("intent", {})
    assert elsewhere.read_text() == ""


def test_a_ledger_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").mkdir()
    with pytest.raises(CouldNotLook) as caught:
        Ledger(tmp_path).entries()
    assert caught.value.remedy
    (told,) = verify(tmp_path)
    assert "directory" in told


# --- one at a time -----------------------------------------------------------------------------------------------


def test_a_second_process_is_refused_at_once_and_told_who_is_there(ledger: Ledger) -> None:
    with start(HOLD, ledger.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        for attempt in (lambda: ledger.append("receipt", {}), ledger.locked().__enter__):
            with pytest.raises(LedgerBusy) as caught:
                attempt()
            who = rf"process {other.pid} of \S+ on {socket.gethostname()} since 20\S+T\S+: -c"
            assert re.search(who, str(caught.value))
            assert (caught.value.exit_code, bool(caught.value.remedy)) == (4, True)
        assert len(ledger.entries()) == 3  # reading needs no lock
        other.kill()
    ledger.append("receipt", {})


def test_whoever_holds_the_lock_may_append_and_take_it_again_and_nobody_else_of_this_process(
    ledger: Ledger,
) -> None:
    other = Ledger(ledger.folder)
    with ledger.locked():
        with ledger.locked():
            ledger.append("receipt", {})
        for _ in range(2):  # the first refusal leaves the lock, and what it says, as it was
            with pytest.raises(LedgerBusy, match=f"process {os.getpid()} of"):
                other.append("receipt", {})
        ledger.append("receipt", {})
    other.append("receipt", {})
    assert len(ledger.entries()) == 6


def test_a_lock_is_let_go_whatever_happens_while_it_is_held(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), ledger.locked():
        raise KeyboardInterrupt
    Ledger(ledger.folder).append("receipt", {})


def test_a_holder_that_has_not_said_who_it_is_refuses_all_the_same(ledger: Ledger) -> None:
    other = Ledger(ledger.folder)
    for text in ("", "{", "[]", "{}"):
        with ledger.locked():
            (ledger.folder / "lock").write_text(text)
            with pytest.raises(LedgerBusy, match="has not said yet"):
                other.append("receipt", {})


def test_two_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    both = [start(MANY, tmp_path, name) for name in ("a", "b")]
    assert [process.wait() for process in both] == [0, 0]
    assert verify(tmp_path) == []
    bodies = [found.body for found in Ledger(tmp_path).entries()[1:]]
    for name in ("a", "b"):
        assert [body["n"] for body in bodies if body["from"] == name] == list(range(40))


def test_what_a_lock_says_of_a_command_holds_no_option_and_no_value() -> None:
    given = ["/somewhere/compliance", "ledger", "verify", "--dsn", "postgresql://u:hunter2@h/d", "apply"]
    assert command(given) == "compliance ledger verify"
    assert command(["compliance", "postgresql://u:hunter2@h/d"]) == "compliance"
