"""The page of the history: what it says, that it asks nothing of anybody, and what it looks like in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync import recording
from compliance.sync.model import Checked
from compliance.systems.directional_sync import schedules
from tests.browser import chromium
from tests.markup import Read
from tests.sync.pastruns import NASTY, badly, record, well

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

NOW = "2025-01-04T10:30:00Z"
DAILY = {"news": "0 2 * * *", "bad": "0 */6 * * *"}


def some(box: Sandbox) -> None:
    """Two targets, three runs."""
    box.commit()
    check = Checked("verification", "modules", passed=True, detail="107 modules")
    for day in (2, 3):
        record(
            box, f"2025-01-0{day}T02:00:00Z", well("news", day, checks=(check,)), well("bad"), schedules=DAILY
        )
    outcomes = (well("news", 4.0, checks=(check,)), badly("bad", output="because\nof it"))
    record(box, "2025-01-04T02:00:00Z", *outcomes, schedules=DAILY)


def page(box: Sandbox, *words: str) -> str:
    ran = box.run("dashboard", "-o", "page.html", "--now", NOW, *words)
    assert ran.code == 0, ran.told
    return (box.root / "page.html").read_text()


def row(text: str, target: str) -> str:
    """Of the table."""
    found: str
    (found,) = [r for r in re.findall(r'<tr role="row" .*?</tr>', text) if f'scope="row">{target}<' in r]
    return found


def test_each_target_is_told_with_its_outcome_and_when_it_is_due(sandbox: Sandbox) -> None:
    some(sandbox)
    text = page(sandbox)
    assert "1 of 2 targets failed at their last run" in text
    assert text.index('scope="row">bad<') < text.index('scope="row">news<')  # who needs a look comes first
    news, bad = Read(row(text, "news")).text, Read(row(text, "bad")).text
    assert "ok2025-01-04 02:00 UTClanded: 1 added" in news
    assert "2025-01-05 02:00 UTC0 2 * * *" in news
    assert "3.00 s" in news
    assert "3 of 20 runs" in news
    assert "failed2025-01-04 02:00 UTCits entrypoint ended with 3" in bad
    assert "overdue2025-01-04 12:00 UTC" in bad  # since 6, and none came
    assert "2025-01-03 02:00 UTC" in bad  # its last success


def test_the_runs_are_listed_with_their_commits_and_checks(sandbox: Sandbox) -> None:
    some(sandbox)
    text = Read(page(sandbox)).text
    assert text.count("modules 107 modules") == 3
    assert text.count("commit ababababab (") == 5
    assert "because\nof it" in text
    assert "Started by runner on ci (CI)" in text


def test_it_is_the_same_for_the_same_history_and_time(sandbox: Sandbox) -> None:
    some(sandbox)
    assert page(sandbox) == page(sandbox)


def test_it_needs_nothing_but_the_history(sandbox: Sandbox) -> None:
    some(sandbox)
    whole = page(sandbox)
    sandbox.git("rm", "-q", "-r", ".")
    sandbox.git("commit", "-q", "-m", "nothing")
    assert page(sandbox) == whole


def test_a_rollback_is_told_where_it_took_something_back(sandbox: Sandbox) -> None:
    some(sandbox)
    record(sandbox, "2025-01-04T03:00:00Z", well("news", 0.1), of="20250104T020000Z-abcd")
    text = page(sandbox)
    assert "rolled back by 2025-01-04 03:00 UTC" in Read(row(text, "news")).text
    assert "rollback of 20250104T020000Z-abcd" in text
    record(sandbox, "2025-01-04T04:00:00Z", well("news"), schedules=DAILY)
    assert "rolled back" not in row(page(sandbox), "news")


def test_the_limit_is_of_the_list_alone_and_links_lead_somewhere(sandbox: Sandbox) -> None:
    some(sandbox)
    text = page(sandbox, "--limit", "1")
    assert "The newest 1 of 3." in text
    assert "3 of 20 runs" in text
    links = [a["href"] for tag, a in Read(text).tags if tag == "a"]
    ids = {f"#{a['id']}" for _, a in Read(text).tags if "id" in a}
    assert links
    assert set(links) <= ids


def test_no_history_is_a_page_too(sandbox: Sandbox) -> None:
    sandbox.commit()
    assert "No run of a target is recorded yet" in page(sandbox)


def test_all_that_comes_from_outside_is_escaped(sandbox: Sandbox) -> None:
    """A record can be pushed by whoever may push: not even the name of a target is what a configuration may hold."""
    sandbox.commit()
    check = Checked("secrets", NASTY, passed=False, detail=NASTY)
    outcome = badly(NASTY, f"{NASTY}\u202e\x1b[31m", output=f"{NASTY}\nmore", checks=(check,))
    record(sandbox, NOW, outcome, schedules={NASTY: f"{NASTY} *"}, checks=(check,), of=NASTY)
    record(sandbox, NOW, outcome, schedules={NASTY: "0 2 * * *"}, checks=(check,))
    text = page(sandbox)
    read = Read(text)
    assert not {tag for tag, _ in read.tags} & {"script", "img", "iframe"}
    assert read.text.count("<script>alert(1)</script>") > 8
    assert all(sign not in text for sign in ("\u202e", "\x1b"))
    assert not [
        name for _, attributes in read.tags for name in attributes if name.startswith("on") or name == "style"
    ]


def test_it_names_no_address_and_allows_none(sandbox: Sandbox) -> None:
    some(sandbox)
    text = page(sandbox)
    assert not re.search(r"https?:|//|url\(|@import", text.replace("<!--", ""))
    (policy,) = [a["content"] for tag, a in Read(text).tags if tag == "meta" and "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_a_table_keeps_its_meaning_for_a_reader_of_screens(sandbox: Sandbox) -> None:
    some(sandbox)
    read = Read(page(sandbox))
    tags = [tag for tag, _ in read.tags]
    assert {"header", "main", "footer", "h1", "h2"} <= set(tags)
    assert all(a.get("role") and (tag == "td" or a.get("scope")) for tag, a in read.tags if tag in ("th", "td"))
    images = [a for tag, a in read.tags if tag == "svg"]
    assert [a["aria-label"] for a in images] == [
        "bad: the last 3 runs took up to 1.00 s, the last one 1.00 s; 1 failed",
        "news: the last 3 runs took up to 4.00 s, the last one 4.00 s",
    ]


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("0 2 * * *", "2025-01-04T10:30:00Z", "2025-01-05T02:00:00Z"),
        ("0 2 * * *", "2025-01-04T02:00:00Z", "2025-01-05T02:00:00Z"),
        ("0 2 * * *", "2025-01-04T01:59:59Z", "2025-01-04T02:00:00Z"),
        ("0 */6 * * *", "2025-12-31T23:10:00Z", "2026-01-01T00:00:00Z"),
        ("0 5 * * 0", "2025-01-04T00:00:00Z", "2025-01-05T05:00:00Z"),
        ("0 1 1 * *", "2025-01-04T00:00:00Z", "2025-02-01T01:00:00Z"),
        ("0 0 29 2 *", "2025-01-04T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 2 * * *", "2025-01-04T02:30:00+02:00", "2025-01-04T02:00:00Z"),
    ],
)  # fmt: skip
def test_when_it_is_due_next_is_told_by_its_schedule(schedule: str, after: str, due: str) -> None:
    assert schedules.following(schedule, datetime.fromisoformat(after)) == datetime.fromisoformat(due)
    assert schedules.following(schedule, datetime.fromisoformat(after)).tzinfo is UTC


@pytest.mark.parametrize("words", [[], ["-o", "x.html", "--now", "noon"], ["-o", "x.html", "--limit", "0"]])
def test_wrong_words_are_wrong_usage(sandbox: Sandbox, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        sandbox.run("dashboard", *words)


def test_a_file_that_cannot_be_written_is_told(sandbox: Sandbox) -> None:
    some(sandbox)
    (sandbox.root / "page.html").mkdir()
    ran = sandbox.run("dashboard", "-o", "page.html")
    assert (ran.code, "page.html" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "change",
    [
        ("2025-01-04T02:00:00Z", "soon"), ('"duration":1.0', '"duration":"<b>"'), ('"results":[{', '"results":[[],{'),
        ('"target":"news"', '"target":7'),
    ],
)  # fmt: skip
def test_a_record_of_another_form_is_an_error(
    sandbox: Sandbox, change: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.commit()
    line = recording._line

    def changed(value: Any) -> bytes:
        text = line(value)
        assert change[0].encode() in text
        return text.replace(change[0].encode(), change[1].encode())

    monkeypatch.setattr(recording, "_line", changed)
    record(sandbox, "2025-01-04T02:00:00Z", well("news"))
    ran = sandbox.run("dashboard", "-o", "page.html")
    assert (ran.code, "is not what this program writes" in ran.err) == (4, True)


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[chromium.Page]:
    binary = chromium.find() or chromium.not_run(
        "install Chromium (`apt-get install chromium`) or name one in $CHROMIUM"
    )
    with chromium.page(binary, tmp_path / "profile") as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_a_browser(sandbox: Sandbox, tab: chromium.Page, width: int, scheme: str) -> None:
    some(sandbox)
    record(
        sandbox,
        "2025-01-04T03:00:00Z",
        badly(NASTY * 3, "x" * 400),
        well("t" * 100),
        schedules={"t" * 100: "0 5 * * 0"},
    )
    page(sandbox)
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    tab.requests.clear()
    tab.open((sandbox.root / "page.html").as_uri())
    assert "2 of 4 targets failed" in tab.text()
    assert tab.errors == []
    assert [r for r in tab.requests if not r.startswith(("file:", "data:"))] == []
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")
    assert tab.value(chromium.CONTRAST) >= 4.5  # WCAG AA, of the text that looks worst
    dark = tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 25)"
    assert dark is (scheme == "dark")
    blocks = tab.value("getComputedStyle(document.querySelector('.targets tbody tr')).display") == "block"
    assert blocks is (width == 390)


@pytest.mark.browser
def test_it_is_used_by_keyboard(sandbox: Sandbox, tab: chromium.Page) -> None:
    some(sandbox)
    page(sandbox)
    tab.open((sandbox.root / "page.html").as_uri())

    def press(key: str, code: int, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            tab.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    press("Tab", 9)
    assert tab.value("document.activeElement.textContent") == "Skip to the runs"
    assert tab.value("document.activeElement.getBoundingClientRect().left >= 0")
    press("Tab", 9)
    assert tab.value("document.activeElement.tagName") == "A"  # of the target that failed
    press("Enter", 13, "\r")
    tab.wait("document.querySelector('details').open")
    assert tab.value("document.querySelectorAll('details[open]').length") == 1
    for _ in range(20):
        press("Tab", 9)
        if tab.value("document.activeElement.tagName") == "PRE":
            break
    assert tab.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    roles = {n["role"]["value"] for n in tab.call("Accessibility.getFullAXTree")["nodes"] if "role" in n}
    assert {"table", "rowheader", "columnheader", "cell", "image", "main", "banner", "contentinfo"} <= roles
    assert tab.errors == []


@pytest.mark.browser
def test_blocks_are_still_a_table_to_a_reader_of_screens(sandbox: Sandbox, tab: chromium.Page) -> None:
    some(sandbox)
    page(sandbox)
    tab.call("Emulation.setDeviceMetricsOverride", width=390, height=900, deviceScaleFactor=1, mobile=True)
    tab.open((sandbox.root / "page.html").as_uri())
    roles = [n["role"]["value"] for n in tab.call("Accessibility.getFullAXTree")["nodes"] if "role" in n]
    assert (roles.count("table"), roles.count("rowheader"), roles.count("columnheader")) == (1, 2, 9)
