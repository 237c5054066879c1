"""A plan: its bytes say all of it, and depend on what it reads and writes and on nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core import facts
from compliance.core.change import Compiled
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.footprint import FactKey, changed
from compliance.core.needs import Needs, RowsNeed
from compliance.core.observation import Observation, Row, Seen
from compliance.executor import plan as plans
from compliance.executor.plan import Plan, bind
from compliance.executor.review import differences
from compliance.systems import command_catalog
from compliance.systems.protocol import Facts
from tests.pure.catalogs import ORIGIN, observation, policy, rows
from tests.pure.plans import plan, step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

few = settings(max_examples=60)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KEYS = st.frozensets(st.builds(FactKey, TEXTS, st.none() | TEXTS), max_size=3)
HAZARDS = st.frozensets(st.sampled_from(["inserts", "updates", "deletes"]), max_size=2)
STEPS = st.builds(type(step()), TEXTS, TEXTS, TEXTS, TEXTS, HAZARDS, KEYS, KEYS)
NEEDS = st.builds(
    RowsNeed, TEXTS, TEXTS, st.lists(TEXTS).map(tuple), st.none() | st.tuples(TEXTS, st.lists(TEXTS).map(tuple))
)
PLANS = st.builds(
    Plan,
    compiled=st.builds(
        Compiled, TEXTS, st.sampled_from(["seed", "migration"]), TEXTS, st.lists(STEPS, max_size=3).map(tuple)
    ),
    estate=TEXTS, estate_kind=st.sampled_from(["reference", "staging", "production"]),
    target=st.builds(plans.Target, TEXTS, TEXTS), policy=TEXTS, templates=TEXTS, footprint=TEXTS,
    needs=st.builds(Needs, rows=st.lists(NEEDS, max_size=2).map(tuple)),
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    plans.write(plan("inserts"), tmp_path / "plan", {"observed_at": "2026-11-21"})
    return tmp_path / "plan"


# --- the folder --------------------------------------------------------------------------------------------------


@few
@given(PLANS)
def test_a_plan_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, made: Plan) -> None:
    place = tmp_path_factory.mktemp("plan")
    plans.write(made, place, {"observed_at": "now"})
    read = plans.read(place)
    assert (read, read.digest, read.files) == (made, made.digest, made.files)
    assert {path.name for path in place.iterdir()} == {*made.files, "provenance.json"}


def test_objects_that_a_step_writes_and_the_text_of_functions_are_bound_and_read_as_they_were_written(
    tmp_path: Path,
) -> None:
    """The text of functions is looked at only where a step says so."""
    sections = {
        name: Seen(found, ORIGIN)
        for name, found in {
            "catalog.server": (facts.Server(18, "d", "r", False, "UTF8", "1"),), "catalog.functions": (),
            "catalog.bodies": (facts.Body("s", "f", ("text",), "sql", "select 1"),),
        }.items()
    }  # fmt: skip
    seen, needs = Observation("e", "t", sections), Needs(bodies=True)
    for kind, bodies in (("functions", False), ("bodies", True)):
        one = replace(step(), reads=frozenset(), writes=frozenset({FactKey(f"catalog.{kind}", "s.f(text)")}))
        made = bind(
            Compiled("s", "preparation", "t", (one,)),
            seen,
            kind="staging",
            policy="p",
            templates="t",
            needs=needs,
        )
        assert made.needs == Needs(bodies=bodies)
        assert f"- catalog.{kind}#s.f(text)" in made.files["REVIEW.md"].decode().splitlines()
        plans.write(made, tmp_path, {})
        assert plans.read(tmp_path) == made


def test_a_plan_that_takes_the_place_of_another_leaves_none_of_its_files(place: Path) -> None:
    empty = replace(plan(), compiled=Compiled("system", "migration", "nothing to do", ()))
    plans.write(empty, place, {})
    assert plans.read(place) == empty
    assert {path.name for path in place.iterdir()} == {"plan.json", "REVIEW.md", "provenance.json"}


@pytest.mark.parametrize("name", sorted(plan("inserts").files))
def test_any_flipped_byte_of_any_file_is_named_by_its_file(place: Path, name: str) -> None:
    good = (place / name).read_bytes()
    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= 1 << position % 8
        (place / name).write_bytes(changed)
        with pytest.raises(Refused) as caught:
            plans.read(place)
        (reason,) = caught.value.reasons
        assert reason.partition(":")[0] == name, position
    (place / name).write_bytes(good)
    assert plans.read(place) == plan("inserts")


@few
@given(st.data())
def test_any_other_byte_anywhere_in_a_plan_is_refused_and_the_file_named(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("plan")
    plans.write(made := plan("inserts"), place, {})
    name = data.draw(st.sampled_from(sorted(made.files)))
    good = made.files[name]
    position = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[position]))
    (place / name).write_bytes(good[:position] + bytes([byte]) + good[position + 1 :])
    with pytest.raises(Refused, match=re.escape(name)):
        plans.read(place)


def test_where_a_plan_came_from_is_no_part_of_it(place: Path) -> None:
    (place / "provenance.json").write_text("anything")
    assert plans.read(place).digest == plan("inserts").digest


def test_a_file_too_many_or_too_few_is_named(place: Path) -> None:
    (place / "more.sql").write_text("drop table t;")
    (place / "verify.sql").unlink()
    with pytest.raises(Refused) as caught:
        plans.read(place)
    assert caught.value.reasons == ("more.sql", "verify.sql")
    assert caught.value.remedy


def test_a_plan_json_that_was_written_by_hand_is_refused_even_where_it_is_well_formed(place: Path) -> None:
    """What no other file repeats (policy, footprint) would otherwise be read as if it had been compiled."""
    value = json.loads((place / "plan.json").read_text())
    value["policy"] = "e" * 64
    (place / "plan.json").write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    with pytest.raises(Refused) as caught:
        plans.read(place)
    assert caught.value.reasons == ("plan.json",)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"format": 1}', "\xff", '"'])
def test_what_is_no_plan_says_so_with_its_place(place: Path, text: str) -> None:
    (place / "plan.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(Refused, match=r"plan\.json: not a plan") as caught:
        plans.read(place)
    assert caught.value.remedy


def test_a_plan_of_another_format_and_a_folder_without_one_say_what_to_do(place: Path, tmp_path: Path) -> None:
    (place / "plan.json").write_text('{"format": 99}')
    with pytest.raises(Refused, match=r"plan\.json: format 99; this program reads 1"):
        plans.read(place)
    for absent in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ConfigurationError, match="holds no plan") as caught:
            plans.read(absent)
        assert caught.value.remedy


# --- what a person has to look at again --------------------------------------------------------------------------


def test_nothing_differs_between_a_plan_and_itself() -> None:
    assert differences(plan("inserts"), plan("inserts")) == []


def test_every_head_and_every_step_that_differs_is_told() -> None:
    old = plan("inserts")
    other: dict[str, Any] = {"estate": "b", "estate_kind": "staging", "policy": "q", "templates": "u", "footprint": "g",
             "target": plans.Target("1", "b")}  # fmt: skip
    for name, value in other.items():
        (told,) = differences(old, replace(old, **{name: value}))
        assert told.startswith(f"{name}: ")
    steps = (replace(old.steps[0], deploy="select 2;"), step("new"))
    new = replace(old, compiled=replace(old.compiled, steps=steps))
    assert differences(old, new) == ["+ step: new", "~ step: insert a row"]
    assert differences(new, old) == ["- step: new", "~ step: insert a row"]


@few
@given(PLANS, PLANS)
def test_plans_that_differ_in_what_is_done_or_where_differ_for_a_person_too(old: Plan, new: Plan) -> None:
    same = replace(new, compiled=replace(new.compiled, steps=old.steps))
    for other in (new, same):
        heads = {"estate", "estate_kind", "target", "policy", "templates", "footprint"}
        moved = any(getattr(old, name) != getattr(other, name) for name in heads)
        titles = [{item.title: item for item in made.steps} for made in (old, other)]
        assert bool(differences(old, other)) == (moved or titles[0] != titles[1])


# --- the footprint -----------------------------------------------------------------------------------------------

SECTION = policy().rows.section
CATALOG = "dot_iu_command_catalog"
TABLES = (CATALOG, "dot_iu_command_run", "other")
SERVER = facts.Server(180006, "db", "auditor", False, "UTF8", "7301")


def _function(signature: str) -> facts.Function:
    name, _, arguments = signature.rstrip(")").partition("(")
    schema, _, name = name.partition(".")
    return facts.Function(
        schema, name, tuple(arguments.split(",")) if arguments else (), "jsonb", "function", "plpgsql", "volatile",
        "owner", True, None, "d",
    )  # fmt: skip


def look(found: list[tuple[Any, ...]]) -> Observation:
    """An estate with more in it than any plan of this system reads."""
    base = observation(found)
    columns = base.read("catalog.columns")
    other = [facts.Column("public", "other", f"c{n}", n, "text", True, None, "", "") for n in (1, 2)]
    sections: dict[str, tuple[Any, ...]] = {
        SECTION: base.read(SECTION),
        "rows:other": (Row(("a", "1")), Row(("b", "2"))),
        "catalog.server": (SERVER,),
        "catalog.columns": (*columns, *other),
        "catalog.triggers": tuple(
            facts.Trigger("public", table, "t", True, "public.f()", "…") for table in TABLES
        ),
        "catalog.relations": tuple(
            facts.Relation("public", table, "table", "owner", False, None, ()) for table in TABLES
        ),
        "catalog.indexes": tuple(
            facts.Index("public", table, f"{table}_i", True, True, "…") for table in TABLES
        ),
        "catalog.constraints": tuple(
            facts.Constraint("public", table, f"{table}_pkey", "primary key", ("a",), None, "", "…")
            for table in TABLES
        ),
        "catalog.functions": tuple(
            _function(signature)
            for signature in (next(iter(policy().targets.values())).signature, "public.other(text)")
        ),
        "catalog.grants": (facts.Grant("relation", f"public.{CATALOG}", "public", "SELECT", False),),
        "catalog.schemas": (facts.Schema("public", "owner"),),
    }
    return Observation("test", ORIGIN.at, {name: Seen(value, ORIGIN) for name, value in sections.items()})


def compiled(seen: Observation) -> tuple[Plan, ...]:
    found = command_catalog.compile(Facts("command_catalog", {"command_catalog": policy()}, seen))
    return tuple(
        bind(each, seen, kind="reference", policy="p", templates="t", needs=Needs(rows=(policy().rows,)))
        for each in found
    )


def texts_altered(fact: Any) -> Iterator[Any]:
    """Each text of a fact says something else in turn; where that is its name, the fact is another."""
    values = fact.values if isinstance(fact, Row) else fact
    for index, value in enumerate(values):
        if isinstance(value, str):
            other = (*values[:index], "integer", *values[index + 1 :])
            yield Row(other) if isinstance(fact, Row) else type(fact)(*other)


def looks_after(before: Observation) -> Iterator[Observation]:
    """One fact came again, went or changed."""
    for section in sorted(before.sections.keys() - {"catalog.server"}):
        found = before.read(section)
        for index, fact in enumerate(found):
            rest = (*found[:index], *found[index + 1 :])
            for other in (rest, (*found, fact), *((*rest, altered) for altered in texts_altered(fact))):
                yield Observation("test", ORIGIN.at, {**before.sections, section: Seen(other, ORIGIN)})


WRONG = (*rows()[1][:1], "wrong", *rows()[1][2:])


@pytest.mark.parametrize(
    "found", [[], [rows()[0], WRONG], [WRONG, *rows()[2:5]]], ids=["empty", "drifted", "other"]
)
def test_a_fact_outside_of_the_footprint_leaves_the_bytes_equal_and_one_inside_changes_them(
    found: list[Any],
) -> None:
    """Whatever is compiled from a fact that no step says it reads is seen here as well."""
    before, sides = look(found), Counter[bool]()
    made = compiled(before)
    for after in looks_after(before):
        moved = changed(before, after)
        for old, new in zip(made, compiled(after), strict=True):
            inside = any(key.covers(fact) for key in old.reads | new.reads for fact in moved)
            assert (old.files == new.files) is not inside, moved
            assert (old.digest == new.digest) is not inside, moved
            sides[inside] += 1
    assert min(sides[True], sides[False]) > 50
