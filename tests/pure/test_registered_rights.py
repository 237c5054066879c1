"""What the role behind Directus may do by SQL, by whatever way it came to may it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core import facts
from compliance.core.finding import Note
from compliance.systems.iu_registration import rights
from compliance.systems.iu_registration.updating import plain, writable
from tests.pure.registered import World, facets, function, policy, projected, relation, role

if TYPE_CHECKING:
    from collections.abc import Callable

VIEW, SHADOW = policy().source.view, policy().keyed
APP = policy().database_role


def world_of(definition: str, *options: str, **sources: str) -> World:
    """The view has this text, and each function this one; a name in capitals is SECURITY DEFINER."""
    world = World()
    held = world.of("catalog.relations")[0]
    world.replace("catalog.relations", held, definition=definition, options=options)
    for name, source in sources.items():
        made = function(f"public.{name.lower()}", definer=name.isupper())
        world.of("catalog.functions").append(made)
        world.of("catalog.bodies").append(facts.Body("public", name.lower(), (), "sql", source))
        world.of("catalog.executables").append(facts.Executable(APP, made.signature))
    for name in ("base", "other"):
        world.of("catalog.relations").append(relation(f"public.{name}", "table"))
    return world


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (world_of("SELECT b.id FROM public.base b"), set()),
        (world_of("SELECT b.id FROM public.base b", "security_invoker=true"), {"public.base-select"}),
        (world_of("SELECT b.id FROM public.base b", "security_invoker=off"), set()),
        (world_of("SELECT public.f() AS x", f="select id from public.base"), {"public.base-select"}),
        (world_of("SELECT public.f() AS x", F="select id from public.base"), set()),
        (world_of("SELECT public.f() AS x", f="select public.g()", g="select id from base"), set()),
        (world_of("SELECT public.f() AS x", f="select public.g()", g="table public.base"), {"public.base-select"}),
        (world_of("SELECT public.f() AS x", F="select public.g()", g="select 1 from public.base"), set()),
        (world_of("SELECT public.f() AS x", f="select public.f()"), set()),
        (world_of("SELECT public.f() AS x", f="select 'from public.base' -- public.other\n /* public.base */"), set()),
        (world_of('SELECT "public"."f"() AS x', f='select 1 from "public"."base"'), {"public.base-select"}),
        (world_of("SELECT 1 AS x"), set()),
    ],
)  # fmt: skip
def test_what_a_view_reads_in_the_name_of_whoever_asks_he_must_be_able_to_read(
    world: World, expected: set[str]
) -> None:
    assert facets(world.found(rights.may_read)) == expected
    world.grant("public.base", APP, "SELECT")
    assert world.found(rights.may_read) == []


def test_a_view_behind_the_view_reads_in_the_name_of_the_owner() -> None:
    for outer, inner, expected in (
        ((), ("security_invoker=true",), set()),
        (("security_invoker=true",), (), {"public.inner-select"}),
        (("security_invoker=true",), ("security_invoker=true",), {"public.inner-select", "public.base-select"}),
    ):
        world = world_of("SELECT i.id FROM public.inner i", *outer)
        world.of("catalog.relations").append(
            relation("public.inner", "view", "SELECT b.id FROM public.base b", *inner)
        )
        assert facets(world.found(rights.may_read)) == expected


def test_functions_of_a_view_behind_the_view_are_called_by_whoever_asks() -> None:
    world = world_of("SELECT i.id FROM public.inner i", f="select 1 from public.base")
    world.of("catalog.relations").append(relation("public.inner", "view", "SELECT public.f() AS id"))
    assert facets(world.found(rights.may_read)) == {"public.base-select"}
    world.of("catalog.executables").clear()
    assert "public.f()" in facets(world.found(rights.may_read))


def test_what_is_written_in_a_language_that_nobody_reads_here_is_said() -> None:
    world = world_of("SELECT public.f() AS x")
    made = function("public.f", language="c")
    world.of("catalog.functions").append(made)
    world.of("catalog.executables").append(facts.Executable(APP, made.signature))
    assert world.found(rights.may_read) == []
    (note,) = [j for j in rights.may_read(world.facts()) if isinstance(j, Note)]
    assert note.content == {"public.f()": "written in c, which nobody reads here"}


def test_of_a_projection_the_view_is_not_read() -> None:
    world = World(projected())
    world.of("catalog.grants")[:] = [g for g in world.of("catalog.grants") if g.object != VIEW]
    assert world.found(rights.may_read) == []
    world.of("catalog.grants")[:] = [g for g in world.of("catalog.grants") if g.kind == "schema"]
    assert facets(world.found(rights.may_read)) == {"public.iu_projected-select"}


def _member(world: World) -> None:
    app = next(r for r in world.of("catalog.roles") if r.name == APP)
    world.replace("catalog.roles", app, member_of=("readers",))
    world.of("catalog.roles").append(role("readers", "writers"))
    world.of("catalog.roles").append(role("writers"))
    world.grant(SHADOW, "writers", "UPDATE")


def _superuser(world: World) -> None:
    app = next(r for r in world.of("catalog.roles") if r.name == APP)
    world.replace("catalog.roles", app, superuser=True)


def _predefined(world: World) -> None:
    app = next(r for r in world.of("catalog.roles") if r.name == APP)
    world.replace("catalog.roles", app, member_of=("pg_write_all_data",))


def _owner(world: World) -> None:
    world.replace("catalog.relations", world.of("catalog.relations")[0], owner=APP)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda world: world.grant(VIEW, APP, "INSERT"), {"insert"}),
        (lambda world: world.grant(SHADOW, "public", "DELETE"), {"delete"}),
        (lambda world: world.grant(f"{VIEW}.unit_kind", APP, "UPDATE", "column"), {"update"}),
        (lambda world: world.grant(SHADOW, APP, "TRUNCATE"), {"truncate"}),
        (lambda world: world.grant(VIEW, "probe", "INSERT"), set()),
        (lambda world: world.grant(VIEW, APP, "REFERENCES"), set()),
        (lambda world: world.grant("public.other", APP, "INSERT"), set()),
        (_member, {"update"}),
        (_superuser, {"superuser"}),
        (_owner, {"owner"}),
        (_predefined, {"insert", "update", "delete"}),
    ],
)
def test_a_right_to_write_is_found_by_whatever_way(change: Callable[[World], None], expected: set[str]) -> None:
    world = World()
    change(world)
    assert facets(world.found(rights.may_not_write)) == expected


@pytest.mark.parametrize(
    ("definition", "takes"),
    [
        (" SELECT id,\n    name\n   FROM public.base\n  WHERE (name IS NOT NULL);", True),
        (" SELECT b.id FROM public.base b ORDER BY b.id;", True),
        (" SELECT b.id FROM public.base b JOIN public.other o ON ((o.id = b.id));", False),
        (" SELECT b.id FROM public.base b, public.other o;", False),
        (" SELECT DISTINCT id FROM public.base;", False),
        (" SELECT count(id) AS n FROM public.base;", False),
        (" SELECT id FROM public.base GROUP BY id;", False),
        (" SELECT id FROM public.base LIMIT 5;", False),
        (" SELECT id FROM public.base UNION SELECT id FROM public.other;", False),
        (" WITH x AS (SELECT 1 AS id) SELECT id FROM x;", False),
        (" SELECT row_number() OVER () AS n, id FROM public.base;", False),
        (" SELECT 1 AS one;", False),
        (" SELECT upper(name) AS name FROM public.base;", False),
        (" SELECT x FROM generate_series(1, 5) x(x);", False),
        (" this is no query", False),
    ],
)
def test_a_view_of_one_table_takes_rows_by_itself(definition: str, takes: bool) -> None:
    assert plain(definition) == takes


def test_a_trigger_or_a_rule_makes_any_view_take_rows() -> None:
    view = relation("public.v", "view", " SELECT 1 AS one;")
    for definition, takes in (
        ("CREATE TRIGGER t INSTEAD OF INSERT ON public.v FOR EACH ROW EXECUTE FUNCTION public.f()", True),
        ("CREATE RULE r AS ON INSERT TO public.v DO INSTEAD INSERT INTO public.base DEFAULT VALUES;", True),
        ("CREATE RULE r AS ON INSERT TO public.v DO INSTEAD NOTHING;", True),
        ("CREATE TRIGGER t BEFORE INSERT ON public.v FOR EACH STATEMENT EXECUTE FUNCTION public.f()", False),
    ):
        trigger = facts.Trigger("public", "v", "t", True, "public.f()", definition)
        assert bool(writable(view, [trigger])) == takes
        assert writable(view, [trigger._replace(enabled=False)]) == ""


def test_a_view_that_takes_rows_is_a_finding_with_a_shadow_behind_it_too() -> None:
    served = replace(policy(), serving=replace(policy().serving, mode="view", schema=""))
    for wanted in (served, policy()):
        world = World(wanted)
        world.replace(
            "catalog.relations", world.of("catalog.relations")[0], definition="SELECT id FROM public.base"
        )
        assert facets(world.found(rights.may_not_write)) == {"insertable"}
