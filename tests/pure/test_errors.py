"""What an error says: each thing on a line of its own, and no line by whoever named something in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from compliance import cli
from compliance.core.errors import ComplianceError, ConfigurationError, CouldNotLook, Refused

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "x\n\x1b[2Jverdict: kept\r\u2028\x9b1A"
SHOWN = "x\\n\\x1b[2Jverdict: kept\\r\\u2028\\x9b1A"


@pytest.mark.parametrize("kind", [ComplianceError, ConfigurationError, CouldNotLook])
def test_message_lines_and_remedy_are_a_line_each(kind: type[ComplianceError]) -> None:
    said = kind(f"no {EVIL}", lines=(f"one {EVIL}", "two"), mark="|", remedy=f"name {EVIL}")
    assert str(said).split("\n") == [f"no {SHOWN}", f"  | one {SHOWN}", "  | two", f"  To go on: name {SHOWN}"]
    assert str(said).isprintable() is False
    assert "".join(str(said).split("\n")).isprintable()


def test_what_can_be_printed_stays_as_it_is() -> None:
    said = Refused("nicht erlaubt: „ä“ → 漢", reasons=["  eins", "zwei…"], remedy="später")
    assert str(said) == "nicht erlaubt: „ä“ → 漢\n  -   eins\n  - zwei…\n  To go on: später"
    assert str(Refused("no")) == "no"


def test_a_reason_is_one_line_of_the_list_and_is_kept_as_it_was_given() -> None:
    said = Refused("not approved", reasons=(each for each in (EVIL, "two")))
    assert str(said).split("\n") == ["not approved", f"  - {SHOWN}", "  - two"]
    assert said.reasons == (EVIL, "two")


def test_within_another_error_the_whole_of_it_is_one_line() -> None:
    inner = Refused("not approved", reasons=["one", "two"], remedy="approve it")
    assert inner.message == "not approved: one; two"
    assert str(CouldNotLook(f"plan 1: {inner.message}")) == "plan 1: not approved: one; two"
    assert Refused("not approved").message == "not approved"


def test_a_remedy_that_is_put_in_later_is_told() -> None:
    said = Refused("no", reasons=["one"])
    said.remedy = "again"
    assert str(said) == "no\n  - one\n  To go on: again"


def test_the_program_prints_no_line_of_a_name_that_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estate = tmp_path / f"estate{EVIL}.yaml"
    for text in (
        "",
        "name: [",
        "name: e\nkind: staging\nsystems: ['a\n\n  b']\npolicy: policy\npostgres: {dsn: x}\n",
    ):
        estate.write_text(text)
        assert cli.main(["audit", "--estate", str(estate)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"compliance: {tmp_path}/estate{SHOWN}.yaml")
        assert "".join(said.split("\n")).isprintable()
        assert all(line.startswith(("compliance: ", "  ")) for line in said.splitlines())


def test_nor_does_what_the_system_says_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / f"pipe{EVIL}"
    os.mkfifo(place)
    assert cli.main(["history", "--history", str(place)]) == 2
    assert cli.main(["diff", str(place.rename(place.with_suffix(".json"))), "last"]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == said.count("compliance: ") == 2
    assert "".join(said.split("\n")).isprintable()
