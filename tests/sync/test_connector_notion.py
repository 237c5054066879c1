"""`notion_pages` against a counterpart of Notion's API (document 003: field docs, month-end, BIR)."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync.connectors import notion_values
from compliance.sync.connectors.notion_pages import NotionPages
from compliance.sync.connectors.protocol import Change, Failed
from fixtures.counterparts.notion import DATABASE, TOKEN, Notion
from tests.sync.connecting import failing, task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

FOLDER = "docs/notion/month-end"
PROPERTIES = {
    "Name": "title", "Task": "rich_text", "Day": "number", "Due": "date", "Status": "select", "Done": "checkbox",
    "Link": "url",
}  # fmt: skip
FIELDS = {name.lower(): {"property": name, "type": kind} for name, kind in PROPERTIES.items() if name != "Name"}
TASKS = {
    "close-books": {"task": "Close the books", "day": 3, "due": "2025-01-03", "status": "Open", "done": False},
    "reconcile-banks": {"task": "Reconcile the banks", "day": 2, "link": "https://bank.example/"},
}
QUICK = {"requests_per_second": 1000, "read_seconds": 1, "total_seconds": 8}


@pytest.fixture
def notion(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notion]:
    monkeypatch.setenv("NOTION_API_TOKEN", TOKEN)
    made = Notion(PROPERTIES)
    with made.serving():
        yield made
    assert made.problems == []


def config(notion: Notion, **more: Any) -> dict[str, Any]:
    return {
        "url": notion.address, "token_env": "NOTION_API_TOKEN", "database": DATABASE, "fields": FIELDS,
        "body": "notes", "http": QUICK, **more,
    }  # fmt: skip


def pushing(sandbox: Sandbox, notion: Notion, keys: dict[str, Any] | None = None, **more: Any) -> str:
    for name, content in TASKS.items():
        sandbox.file(f"{FOLDER}/{name}.json", json.dumps(content))
    sandbox.connector(
        "tasks", "notion_pages", config(notion, **more), direction="push", inputs=[f"{FOLDER}/*.json"],
        env=["NOTION_API_TOKEN"], **(keys or {}),
    )  # fmt: skip
    return sandbox.commit()


def titles(notion: Notion) -> dict[str, dict[str, Any]]:
    """Pages that are there, by title."""
    there = [page for page in notion.pages.values() if not page["archived"]]
    return {notion_values.text(page["properties"]["Name"]["title"]): page for page in there}


def task_of(page: dict[str, Any]) -> str:
    return notion_values.text(page["properties"]["Task"]["rich_text"])


def test_each_file_becomes_a_page_and_only_what_differs_is_written_after_that(
    sandbox: Sandbox, notion: Notion
) -> None:
    pushing(sandbox, notion)
    ran = sandbox.run("--json", "--verify")
    assert ran.code == 0, ran.told
    assert notion.writes == ["POST pages", "POST pages"]
    assert task_of(titles(notion)["close-books"]) == "Close the books"
    asked = len(notion.requests)
    assert sandbox.run("--json").result["message"] == "nothing new to send"
    assert len(notion.requests) == asked
    sandbox.file(f"{FOLDER}/close-books.json", json.dumps({**TASKS["close-books"], "day": 4}))
    (sandbox.root / FOLDER / "reconcile-banks.json").unlink()
    sandbox.commit()
    assert sandbox.run("--json").code == 0
    (update,) = [r for r in notion.requests[asked:] if r.method == "PATCH" and "archived" not in r.json]
    assert update.json == {"properties": {"Day": {"number": 4}}}
    assert list(titles(notion)) == ["close-books"]  # the other one is archived
    assert {r.headers["Notion-Version"] for r in notion.requests} == {"2022-06-28"}


def test_a_push_that_is_killed_between_a_page_and_its_confirmation_makes_no_second_one(
    sandbox: Sandbox, notion: Notion
) -> None:
    pushing(sandbox, notion, http={**QUICK, "read_seconds": 60, "total_seconds": 90})
    notion.fail("stalled", path="/v1/pages", method="POST", done=True)  # it is made, and nobody hears of it
    process = sandbox.start("--json")
    while not notion.pages:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert sandbox.run("--json").code == 0
    assert notion.writes == ["POST pages", "POST pages"]
    assert len(notion.pages) == len(TASKS)


def test_an_interruption_leaves_nothing_behind_and_what_was_confirmed_counts(
    sandbox: Sandbox, notion: Notion
) -> None:
    before = pushing(sandbox, notion, http={**QUICK, "read_seconds": 60, "total_seconds": 90})
    notion.fail("stalled", path="/v1/pages", method="POST", after=1)
    process = sandbox.start("--json")
    while notion.writes != ["POST pages", "POST pages"]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert sandbox.untouched(before)
    assert sandbox.run("--json").code == 0
    assert [r.json["properties"].keys() >= {"Name"} for r in notion.requests if r.path == "/v1/pages"] == [
        True
    ] * 3
    assert len(titles(notion)) == len(TASKS)


def test_a_page_whose_creation_is_not_answered_is_not_made_twice(sandbox: Sandbox, notion: Notion) -> None:
    pushing(sandbox, notion, {"retries": 1})
    notion.fail("truncated", path="/v1/pages", method="POST", done=True)
    ran = sandbox.run("--json")
    assert ran.code == 0, ran.told
    assert len(notion.pages) == len(TASKS)


def test_too_many_requests_and_failures_are_waited_for(sandbox: Sandbox, notion: Notion) -> None:
    pushing(sandbox, notion)
    notion.fail("429", retry_after="1", path="/v1/pages", method="POST")
    notion.fail("503", path="/query")
    began = time.monotonic()
    assert sandbox.run("--json").code == 0
    assert time.monotonic() - began >= 1
    assert len(notion.pages) == len(TASKS)


def test_a_token_that_is_not_known_sends_nothing_and_is_shown_nowhere(sandbox: Sandbox, notion: Notion) -> None:
    pushing(sandbox, notion)
    notion.fail("401", times=9)
    ran = sandbox.run("--json", "--verbose")
    assert ran.code == 1
    assert "renew the token and set NOTION_API_TOKEN" in ran.result["output"]
    assert TOKEN not in ran.told
    assert notion.writes == []


def test_fields_and_pages_become_files_and_what_is_archived_there_goes_here(
    sandbox: Sandbox, notion: Notion
) -> None:
    notion.options("Status", "Open", "Done")
    push(sandbox.root, notion, {"one": {"task": "1", "notes": "a\n\nb"}, "two": {"task": "2"}})
    outputs = {"fields_output": "docs/notion/fields.json", "pages_output": "docs/notion/pages"}
    sandbox.connector(
        "docs", "notion_pages", config(notion, **outputs), direction="pull", outputs=["docs/notion/**"],
        env=["NOTION_API_TOKEN"],
    )  # fmt: skip
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0, ran.told
    fields = json.loads((sandbox.root / "docs/notion/fields.json").read_bytes())["fields"]
    assert fields[5] == {"name": "Status", "type": "select", "options": ["Done", "Open"]}
    assert json.loads((sandbox.root / "docs/notion/pages/one.json").read_bytes())["notes"] == "a\n\nb"
    titles(notion)["two"]["archived"] = True
    assert sandbox.run("--json").code == 0
    assert not (sandbox.root / "docs/notion/pages/two.json").exists()
    assert sandbox.run("--json").result["changed"] == []


# Called in this process, against the same counterpart.


def push(folder: Path, notion: Notion, files: dict[str, Any], **more: Any) -> dict[str, str]:
    """What is confirmed."""
    changes = []
    for name, content in files.items():
        place = folder / "in" / f"{name}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
        changes.append(Change(f"in/{name}.json", "changed", "0" * 64))
    confirmed: dict[str, str] = {}
    given = task(folder, config(notion, **more), given={"NOTION_API_TOKEN": TOKEN})
    NotionPages().push(given, changes, confirmed.__setitem__)
    return confirmed


def refuses(folder: Path, notion: Notion, files: dict[str, Any], *words: str, **more: Any) -> None:
    with pytest.raises(Failed) as caught:
        push(folder, notion, files, **more)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert notion.writes == []


def test_all_pages_of_a_large_database_are_known_by_one_query(tmp_path: Path, notion: Notion) -> None:
    files = {f"task-{number:03}": {"day": number} for number in range(205)}
    push(tmp_path, notion, files, body=None)
    asked = len(notion.requests)
    confirmed = push(tmp_path, notion, {**files, "task-204": {"day": 0}}, body=None)
    assert len(confirmed) == 205
    assert [f"{r.method} {r.path.split('/')[-1]}" for r in notion.requests[asked:]][:4] == [
        f"GET {DATABASE}", "POST query", "POST query", "POST query",
    ]  # fmt: skip
    assert len(notion.requests) - asked == 6  # and one page that differs: written, and read back


def test_the_average_of_three_requests_a_second_is_kept(tmp_path: Path) -> None:
    notion = Notion(PROPERTIES, rate=4)
    with notion.serving():
        began = time.monotonic()
        patience = {"read_seconds": 5, "attempts": 1}
        push(tmp_path, notion, {"one": {}}, body=None, http=patience)
    assert len(notion.requests) == 4
    assert time.monotonic() - began >= 0.99


def test_a_key_that_is_there_twice_is_refused_before_anything_is_written(
    tmp_path: Path, notion: Notion
) -> None:
    push(tmp_path, notion, {"one": {}, "two": {}})
    for page in notion.pages.values():
        page["properties"]["Name"]["title"][0] = {**page["properties"]["Name"]["title"][0], "plain_text": "one"}
    notion.requests.clear()
    refuses(tmp_path, notion, {"new": {}, "one": {"day": 1}}, "2 pages have the key 'one'", *notion.pages)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"task": 1}', "'task' has to be a text"),
        ('{"day": "3"}', "'day' has to be a number"),
        ('{"day": 9007199254740993}', "more digits"),
        ('{"due": "2025-02-30"}', "does not exist"),
        ('{"due": "2025-01-03T10:00:00"}', "without its zone"),
        ('{"due": "soon"}', "such as 2025-01-31"),
        ('{"status": "a, b"}', "no comma"),
        ('{"done": 1}', "true or false"),
        ('{"task": "\\ud800"}', "half a character"),
        ('{"owner": "treasury"}', "'owner' is named by no field"),
        ('{"day": 1, "day": 2}', "a key stands there twice"),
        ("[]", "has to hold an object"),
        ("{\n", "in/wrong.json:2: is no JSON"),
    ],
)
def test_a_file_that_cannot_be_sent_as_it_is_stops_the_push_before_it_begins(
    tmp_path: Path, notion: Notion, content: str, words: str
) -> None:
    refuses(tmp_path, notion, {"right": {"day": 1}, "wrong": content}, words, "in/wrong.json")


def test_a_text_that_is_longer_than_the_other_side_takes_is_refused(tmp_path: Path, notion: Notion) -> None:
    refuses(tmp_path, notion, {"one": {"task": "x" * 200_001}}, "'task' a text is longer than 100 pieces")


def test_a_database_that_is_not_as_declared_is_refused(tmp_path: Path, notion: Notion) -> None:
    wrong = {"day": {"property": "Day", "type": "rich_text"}}
    refuses(tmp_path, notion, {"one": {}}, "'Day' is a number in the database", fields=wrong)
    refuses(
        tmp_path,
        notion,
        {"one": {}},
        "has no property 'Owner'",
        fields={"o": {"property": "Owner", "type": "url"}},
    )
    twice = {name: {"property": "Day", "type": "number"} for name in ("a", "b")}
    refuses(tmp_path, notion, {"one": {}}, "'Day' stands for two keys", fields=twice)


def test_what_comes_back_as_something_else_is_not_confirmed(tmp_path: Path, notion: Notion) -> None:
    keep = notion._stored
    notion._stored = lambda name, given: keep(name, {"number": 7} if name == "Day" and given else given)  # type: ignore[method-assign]
    with pytest.raises(Failed, match="day came back as something else"):
        push(tmp_path, notion, {"one": {"day": 3}})


def test_of_a_content_only_what_differs_is_written(tmp_path: Path, notion: Notion) -> None:
    lines = [f"line {number}" for number in range(250)]
    push(tmp_path, notion, {"one": {"notes": "\n".join(lines)}})
    assert notion.writes == ["POST pages"] + ["PATCH blocks"] * 3
    del notion.requests[:]
    push(tmp_path, notion, {"one": {"notes": "\n".join(["changed", *lines[1:249]])}})
    assert notion.writes == ["DELETE blocks", "PATCH blocks"]
    ((page, blocks),) = notion.blocks.items()
    blocks.insert(247, notion._made_block({"type": "heading_1", "heading_1": {"rich_text": []}}))
    pulled = task(tmp_path, config(notion, pages_output="out"), given={"NOTION_API_TOKEN": TOKEN})
    failing(NotionPages(), pulled, "holds a heading_1, which a text would lose", page)
    push(tmp_path, notion, {"one": {"notes": "\n".join(["changed", *lines[1:249]])}})
    assert {block["type"] for block in blocks} == {"paragraph"}


def test_a_key_that_is_no_name_of_a_file_or_an_empty_database_is_not_pulled(
    tmp_path: Path, notion: Notion
) -> None:
    pulled = task(tmp_path, config(notion, pages_output="out"), given={"NOTION_API_TOKEN": TOKEN})
    failing(NotionPages(), pulled, "has no pages", "allow_empty")
    push(tmp_path, notion, {"one": {}})
    for page in notion.pages.values():
        page["properties"]["Name"]["title"][0] = {
            **page["properties"]["Name"]["title"][0],
            "plain_text": "../one",
        }
    failing(NotionPages(), pulled, "'../one' can be no name of a file")


@pytest.mark.parametrize("kind", ["truncated", "not_json", "500"])
def test_an_answer_that_is_not_whole_writes_nothing(tmp_path: Path, notion: Notion, kind: str) -> None:
    push(tmp_path, notion, {"one": {}})
    http = {**QUICK, "attempts": 1}
    pulled = task(tmp_path, config(notion, pages_output="out", http=http), given={"NOTION_API_TOKEN": TOKEN})
    notion.fail(kind, path="/query", times=9)
    failing(NotionPages(), pulled, "/query", passing=kind != "not_json")


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("2025-01-31", "2025-01-31"),
        ("2025-01-31T08:00:00+08:00", "2025-01-31T00:00:00+00:00"),
        ("2025-01-31T08:00:00.250Z", "2025-01-31T08:00:00.250+00:00"),
        ({"start": "2025-01-01", "end": None}, "2025-01-01"),
        ("", None),
    ],
)
def test_a_day_or_moment_has_one_form(given: Any, same: Any) -> None:
    assert notion_values.normal("date", given) == same
    assert notion_values.received("date", notion_values.sent("date", same)) == same


def test_a_moment_whose_zone_stands_beside_it_is_that_moment() -> None:
    value = {"date": {"start": "2025-01-31T08:00:00.000", "end": None, "time_zone": "Asia/Manila"}}
    assert notion_values.received("date", value) == "2025-01-31T00:00:00+00:00"
