"""Property: what is pushed to Notion and pulled again is what it was, in normal form (issue 8).

Normal form, which `expected` spells out without the code: a key that is missing is there with nothing in it, an empty
text stands for none (of an option, an address or a day it is null), a number without a fraction has none, a moment is
in UTC. Everything else comes back sign by sign.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.sync.connectors.notion_pages import NotionPages
from compliance.sync.connectors.protocol import Change
from fixtures.counterparts.notion import DATABASE, TOKEN, Notion
from tests.sync.connecting import task

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = {
    "text": "rich_text", "number": "number", "day": "date", "option": "select", "done": "checkbox", "link": "url",
}  # fmt: skip
SIGNS = st.characters(exclude_categories=("Cs",))
TEXTS = st.one_of(
    st.text(SIGNS, max_size=40),
    st.sampled_from(
        ["x" * 2000, "x" * 1999 + "😀" + "y" * 2001, "é" * 6001, "\n\n", "\r\n \t", "\0", "👩‍👩‍👧" * 900]
    ),
)
NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e300, -0.0, 1e21]),
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DAYS = st.dates().map(lambda day: day.isoformat())
MOMENTS = st.builds(
    lambda at, zone: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=zone).isoformat(),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), ZONES,
)  # fmt: skip
SPANS = st.builds(lambda a, b: {"start": a, "end": b}, MOMENTS, MOMENTS)
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=","), max_size=50)
LINKS = st.text(SIGNS, max_size=100)
BODIES = st.one_of(
    st.text(SIGNS, max_size=60), st.lists(st.text(SIGNS, max_size=3), max_size=130).map("\n".join)
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | TEXTS, "number": st.none() | NUMBERS, "day": st.none() | DAYS | MOMENTS | SPANS,
        "option": st.none() | WORDS, "done": st.booleans(), "link": st.none() | LINKS, "body": st.none() | BODIES,
    },
)  # fmt: skip
NAMES = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,20}\Z")


def expected(content: Mapping[str, Any]) -> dict[str, Any]:
    def moment(text: str) -> str:
        if len(text) == 10:
            return text
        at = datetime.fromisoformat(text).astimezone(UTC)
        return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")

    day, number = content.get("day"), content.get("number")
    if isinstance(number, float) and number.is_integer() and abs(number) <= 2**53:
        number = int(number)
    return {
        "text": content.get("text") or "", "body": content.get("body") or "", "number": number,
        "day": {key: moment(at) for key, at in day.items()} if isinstance(day, dict) else day and moment(day),
        "option": content.get("option") or None, "link": content.get("link") or None,
        "done": content.get("done", False),
    }  # fmt: skip


def round_trip(notion: Notion, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Pushed, changed by a second push to what is wanted, and pulled into another folder."""
    config = {
        "url": notion.address, "token_env": "TOKEN", "database": DATABASE, "body": "body", "pages_output": "out",
        "fields": {name: {"property": name, "type": kind} for name, kind in FIELDS.items()},
        "http": {"requests_per_second": 1000},
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = task(folder, config, given={"TOKEN": TOKEN})
        (folder / "in").mkdir()
        confirmed: dict[str, str] = {}
        for key, content in files.items():
            (folder / f"in/{key}.json").write_text(json.dumps(content))
        changes = [Change(f"in/{key}.json", "changed", "0" * 64) for key in files]
        NotionPages().push(given, changes, confirmed.__setitem__)
        assert confirmed.keys() == {change.path for change in changes}
        writes = len(notion.writes)
        NotionPages().push(given, changes, confirmed.__setitem__)
        assert len(notion.writes) == writes  # nothing differs from itself
        NotionPages().pull(given)
        return {path.stem: json.loads(path.read_text()) for path in (folder / "out").iterdir()}


def kept(files: Mapping[str, Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]]) -> None:
    notion = Notion({"Name": "title", **FIELDS})
    with notion.serving():
        if before:
            round_trip(notion, before)
        found = round_trip(notion, files)
    assert notion.problems == []
    assert {name: found[name] for name in files} == {name: expected(content) for name, content in files.items()}


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(files=st.dictionaries(NAMES, FILES, min_size=1, max_size=3), other=FILES)
def test_what_is_pushed_and_pulled_again_is_what_it_was(files: dict[str, Any], other: dict[str, Any]) -> None:
    kept(files, {next(iter(files)): other})


@pytest.mark.prove
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(files=st.dictionaries(NAMES, FILES, min_size=1, max_size=4), other=FILES)
def test_what_is_pushed_and_pulled_again_is_what_it_was_in_many_cases(
    files: dict[str, Any], other: dict[str, Any]
) -> None:
    kept(files, {next(iter(files)): other})
