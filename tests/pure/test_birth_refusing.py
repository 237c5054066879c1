"""Would PostgreSQL refuse a row? Conditions of three values, and the ways on which a trigger raises."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.systems.birth_scan.conditions import Value, allowed, checked, holds
from compliance.systems.birth_scan.refusing import refusals

ANY, SOME = Value.ANY, Value.SOME


@pytest.mark.parametrize(
    ("condition", "row", "expected"),
    [
        ("new.a is null", {"a": None}, True),
        ("new.a is null", {"a": "x"}, False),
        ("new.a is null", {"a": SOME}, False),
        ("new.a is null", {}, ANY),
        ("new.a is not null", {"a": SOME}, True),
        ("new.a = 'x'", {"a": "x"}, True),
        ("new.a = 'x'", {"a": None}, None),
        ("new.a = 'x'", {"a": SOME}, ANY),
        ("new.a <> 'x'", {"a": "y"}, True),
        ("lower(trim(new.a)) = 'x'", {"a": " X "}, True),
        ("new.a in ('x', 'y')", {"a": "y"}, True),
        ("new.a not in ('x', 'y')", {"a": "z"}, True),
        ("new.a in (select b from c)", {"a": "z"}, ANY),
        ("new.a = any (array['x', 'y'])", {"a": "z"}, False),
        ("coalesce(new.a, new.b) is null", {"a": None, "b": "x"}, False),
        ("coalesce(new.a, new.b) is null", {"a": None, "b": ANY}, ANY),
        ("new.a is null and new.b is null", {"a": None, "b": "x"}, False),
        ("new.a is null and new.b is null", {"b": "x"}, False),
        ("new.a is null or new.b is null", {"a": None}, True),
        ("new.a is null or new.b is null", {"b": "x"}, ANY),
        ("not (new.a = 'x')", {"a": None}, None),
        ("old.a is null", {"a": None}, ANY),
        ("exists (select from b)", {}, ANY),
        ("length(new.a) > 3", {"a": "x"}, ANY),
        ("new.flag", {"flag": True}, True),
        ("not, sql at", {}, ANY),
        ("", {}, ANY),
    ],
)
def test_a_condition_is_true_false_null_or_not_known(
    condition: str, row: dict[str, Any], expected: Any
) -> None:
    assert holds(condition, row) is expected


CHECK = "CHECK (((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])))"


@pytest.mark.parametrize(
    ("definition", "value", "expected"),
    [
        (CHECK, "x", True),
        (CHECK, "z", False),
        (CHECK, None, True),  # a CHECK refuses what is false, and null is not
        (CHECK, SOME, None),
        (CHECK + " NOT VALID", "z", False),
        ("CHECK ((a <> ''::text)) NO INHERIT", "x", True),
        ("CHECK ((a ~ '^x'::text))", "x", None),
    ],
)
def test_a_check_lets_in_what_is_not_false(definition: str, value: Any, expected: bool | None) -> None:
    assert checked(definition, {"a": value}) is expected


def test_the_words_of_a_check_are_those_of_its_one_column() -> None:
    assert allowed(CHECK, "a") == ("x", "y")
    assert allowed(CHECK, "b") is None
    assert allowed("CHECK ((a <> 'x'::text))", "a") is None
    assert allowed("CHECK ((a = ANY (ARRAY['x'::text, b])))", "a") is None


BODY = "declare v text; begin {} return new; end"


@pytest.mark.parametrize(
    ("body", "row", "expected"),
    [
        ("if new.a is null then raise exception 'no'; end if;", {"a": None}, [True]),
        ("if new.a is null then raise exception 'no'; end if;", {"a": "x"}, [False]),
        ("if new.a is null then raise exception 'no'; end if;", {}, [None]),
        ("if new.a is null then raise notice 'no'; end if;", {"a": None}, []),
        ("raise 'no';", {}, [True]),
        ("raise sqlstate '22000';", {}, [True]),
        ("-- raise exception 'no'\n", {}, []),
        ("v := 'raise exception';", {}, []),
        ("if new.a = 'x' then return new; end if; raise exception 'no';", {"a": "x"}, [False]),
        ("if new.a = 'x' then return new; end if; raise exception 'no';", {"a": "y"}, [True]),
        ("if new.a = 'x' then return new; end if; raise exception 'no';", {"a": None}, [True]),
        ("if new.a = 'x' then v := 1; else raise exception 'no'; end if;", {"a": "x"}, [False]),
        ("if new.a = 'x' then v := 1; else raise exception 'no'; end if;", {"a": None}, [True]),
        (
            "if new.a = 'x' then v := 1; elsif new.b = 'y' then raise exception 'no'; end if;",
            {"a": "z", "b": "y"},
            [True],
        ),
        (
            "if new.a = 'x' then v := 1; elsif new.b = 'y' then raise exception 'no'; end if;",
            {"a": "x", "b": "y"},
            [False],
        ),
        (
            "if new.a = 'x' then if new.b is null then raise exception 'no'; end if; end if;",
            {"a": "y"},
            [False],
        ),
        ("for v in select 1 loop raise exception 'no'; end loop;", {}, [None]),
        ("begin v := 1; exception when others then raise; end;", {}, [None]),
        ("v := case when new.a = 'x' then 1 else 2 end; raise exception 'no';", {"a": "y"}, [True]),
        ("if new.a = 'x' then return null; end if;", {"a": "x"}, [True]),
        ("if new.a = 'x' then return case new.b when 1 then new end; end if; raise 'no';", {"a": "x"}, [False]),
    ],
)
def test_a_trigger_refuses_on_the_ways_that_a_row_takes(
    body: str, row: dict[str, Any], expected: list[bool | None]
) -> None:
    assert [way.taken(row) for way in refusals(BODY.format(body), before=True)] == expected


def test_a_trigger_that_comes_after_drops_no_row() -> None:
    assert refusals("begin return null; end", before=False) == []
    assert [way.taken({}) for way in refusals("begin return null; end", before=True)] == [True]
