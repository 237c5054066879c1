"""The registration package: what it says of any view, how it is kept, and what it refuses to be made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.errors import ConfigurationError, CouldNotLook, Refused
from compliance.core.observation import Blind, Observation
from compliance.systems.iu_registration import looking, types
from compliance.systems.iu_registration.package import (
    DirectusRegistrationPackage,
    build_registration_package,
)
from tests.pure import registrations as made

VECTORS = Path(__file__).parents[1] / "vectors"
RECORDED = json.loads((VECTORS / "directus_types.json").read_text(encoding="utf-8"))["types"]
DIRECTUS_10 = json.loads((VECTORS / "directus_10.json").read_text(encoding="utf-8"))
KINDS = sorted(
    {kind for kind, data, udt, _ in RECORDED if types.mapped(data, udt) and "." not in kind} - {"citext"}
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: len(name.encode()) < 64
)
SHAPES = st.lists(
    st.tuples(NAMES, st.sampled_from(KINDS)), min_size=1, max_size=40, unique_by=lambda each: each[0]
)
SIMPLE: made.Columns = [
    ("id", "uuid"),
    ("axis_a_sort_order", "integer"),
    ("axis_b_tags", "text[]"),
    ("x", "text"),
]


def package(its: made.Columns = SIMPLE, mode: str = "shadow", **how: Any) -> DirectusRegistrationPackage:
    policy = made.policy(mode)
    return build_registration_package(made.observation(its, policy, **how), policy=policy)


def test_a_field_of_the_envelope_is_a_read_only_field_of_the_package() -> None:
    fields = package().directus_fields_payload()
    assert [(each["field"], each["type"]) for each in fields] == [
        ("id", "uuid"), ("axis_a_sort_order", "integer"), ("axis_b_tags", "json"), ("x", "text"),
    ]  # fmt: skip
    assert [each["meta"]["sort"] for each in fields] == [1, 2, 3, 4]
    assert [each["meta"]["note"] for each in fields] == ["meta", "axis_a", "axis_b", "meta"]
    assert all(each["meta"]["readonly"] and each["meta"]["required"] for each in fields)
    assert [each["schema"]["is_primary_key"] for each in fields] == [True, False, False, False]


def test_the_collection_is_sorted_where_the_view_has_the_column() -> None:
    assert package().directus_collections_payload()["meta"] == {
        "collection": "v", "icon": "schema", "note": None, "hidden": False, "singleton": False,
        "sort_field": "axis_a_sort_order", "accountability": "all",
    }  # fmt: skip
    assert package([("id", "uuid")]).directus_collections_payload()["meta"]["sort_field"] is None


def test_a_field_that_the_view_gains_arrives_by_itself() -> None:
    more = package([*SIMPLE, ("new one", "jsonb")])
    assert [field.name for field in more.fields] == [*(field.name for field in package().fields), "new one"]


def test_version_11_is_one_policy_its_permission_and_who_has_it() -> None:
    reading = made.reference().reading
    found = package().directus_permissions_payload()
    assert found["policy"] == {
        "id": reading.id,
        "name": reading.name,
        "admin_access": False,
        "app_access": False,
    }
    (permission,) = found["permissions"]
    assert (permission["action"], permission["collection"], permission["policy"]) == ("read", "v", reading.id)
    assert {each["role"] for each in found["access"]} == set(made.ROLES.values())
    assert {each["id"] for each in found["access"]} == {reader.access for reader in reading.readers}


def test_version_10_is_what_a_captured_directus_10_takes() -> None:
    """Every key is a column there, none that must have a value lacks one, and what was sent is what was kept."""
    found = package(keyed_by="role")
    assert found.version == 10
    rows = found.directus_permissions_payload()
    assert [row["role"] for row in rows] == list(made.ROLES.values())
    tables, asked = DIRECTUS_10["tables"], DIRECTUS_10["asked"]
    sent = {
        "directus_permissions": (rows[0], asked[2]),
        "directus_collections": (found.directus_collections_payload()["meta"], asked[0]),
        "directus_fields": (found.directus_fields_payload()[0]["meta"], asked[1]),
    }
    for table, (row, recorded) in sent.items():
        assert recorded["status"] == 200
        body = recorded["request"]["body"]
        body = body[0] if isinstance(body, list) else body
        assert set(row) == set(body.get("meta", body))
        assert set(row) <= set(tables[table])
        assert not [key for key in row if row[key] is None and not tables[table][key]["nullable"]]


def test_a_permission_as_version_11_has_it_would_be_everybodys_in_version_10() -> None:
    """Recorded, and why a package is of one version: anybody could read without a token after that."""
    assert DIRECTUS_10["asked"][3]["status"] == 200
    assert DIRECTUS_10["asked"][3]["answer"][0]["role"] is None
    assert DIRECTUS_10["anybody"] == 200
    assert all(row["role"] for row in package(keyed_by="role").directus_permissions_payload())


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ([("r-1", "Administrator"), ("r-3", "Editor")], "viewer: no role is named Viewer"),
        ([*((i, n) for n, i in made.ROLES.items()), ("r-9", "Viewer")], "viewer: 2 roles are named Viewer"),
    ],
)
def test_a_role_that_is_not_exactly_one_is_refused_and_the_rest_is_there(
    roles: list[tuple[str, str]], said: str
) -> None:
    found = package(roles=roles)
    assert len(found.directus_fields_payload()) == 4
    with pytest.raises(Refused) as refused:
        found.directus_permissions_payload()
    assert refused.value.reasons == (said,)


def test_roles_that_could_not_be_looked_at_are_no_absence_of_roles() -> None:
    policy = made.policy()
    seen = made.observation(SIMPLE, policy)
    blind = Observation(
        seen.estate, seen.observed_at, {**seen.sections, looking.ROLES: Blind("permission denied", made.ORIGIN)}
    )
    with pytest.raises(CouldNotLook, match="permission denied"):
        build_registration_package(blind, policy=policy).as_json()


def test_a_directus_of_no_known_version_gets_no_permission() -> None:
    with pytest.raises(CouldNotLook, match="nothing tells the version"):
        package(keyed_by="owner").directus_permissions_payload()


@pytest.mark.parametrize("count", [0, 3])
def test_an_envelope_that_hides_columns_gives_no_package(count: int) -> None:
    """A role that may see only the outer view: information_schema answers with fewer rows, and no error."""
    rows = made.envelope(SIMPLE, made.policy())[:count]
    with pytest.raises(CouldNotLook, match=f"gives {count} of the 4 columns") as problem:
        package(rows=rows)
    assert problem.value.remedy is not None
    assert "grant select" in problem.value.remedy


@pytest.mark.parametrize("kind", ["int4range", "bytea", "inet", "tsvector"])
def test_a_type_that_directus_does_not_know_is_refused_with_what_to_do(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        package([*SIMPLE, ("odd one", kind)])
    assert refused.value.reasons == (
        f"odd one: Directus has no type for {kind} (Directus would say `unknown`);"
        ' cast it in the view, for example "odd one"::text',
    )


def test_the_map_is_that_of_the_document_and_else_what_directus_reports() -> None:
    document = {"uuid", "jsonb", "ARRAY", "smallint", "integer", "bigint"}
    for kind, data, udt, reported in RECORDED:
        found = types.mapped(data, udt)
        if data in document or data.startswith("timestamp"):
            assert found is not None, kind
        elif kind != "numeric" and not kind.startswith("public."):  # which Directus takes for an integer
            assert found == (None if reported == "unknown" else reported), kind
    said = {
        kind: types.mapped(kind)
        for kind in ("uuid", "jsonb", "text[]", "smallint", "bigint", "text", "numeric")
    }
    assert said == {
        "uuid": "uuid", "jsonb": "json", "text[]": "json", "smallint": "integer", "bigint": "integer", "text": "text",
        "numeric": "decimal",
    }  # fmt: skip
    assert types.mapped("timestamp with time zone") == types.mapped("timestamp(3)") == "dateTime"
    assert types.mapped("USER-DEFINED", "citext") == "text"
    assert types.mapped("USER-DEFINED", "text") is None  # somebody's own type of that name


def test_a_projection_keeps_what_it_holds_and_says_what_else_it_would_be_taken_for() -> None:
    its = [
        ("id", "uuid"),
        ("n", "bigint"),
        ("at", "timestamp with time zone"),
        ("tags", "text[]"),
        ("p", "numeric(9,2)"),
    ]
    found = {field.name: field for field in package(its, "projection").fields}
    assert {name: field.column for name, field in found.items()} == {
        "id": "uuid", "n": "numeric", "at": "timestamp with time zone", "tags": "text[]", "p": "numeric(9,2)",
    }  # fmt: skip
    for mode in ("projection", "shadow"):
        assert {field.name: field.special for field in package(its, mode).fields if field.special} == {
            "at": ("cast-datetime",), "tags": ("cast-json",),
        }, "also where the shadow has another type: Directus may take that of the view's column"  # fmt: skip
    assert not any(field.special for field in package(its, "view").fields)
    with pytest.raises(Refused, match="takes a numeric column without a precision for an integer"):
        package([("id", "uuid"), ("p", "numeric")], "projection")
    assert package([("id", "uuid"), ("p", "numeric")]).fields[1].column == "numeric(38,10)"
    assert {field.column for field in package(its, "view").fields} == {""}


def test_requests_are_the_documents_where_it_serves_a_view_and_else_what_directus_takes() -> None:
    view = [(each["method"], each["path"]) for each in package(mode="view").requests()]
    assert view[:2] == [("POST", "/collections"), ("POST", "/fields/v")]
    assert len([each for each in view if each == ("POST", "/fields/v")]) == 4
    shadow = package().requests()
    assert [(each["method"], each["path"]) for each in shadow] == [
        ("PATCH", "/collections/v"), ("PATCH", "/fields/v"), ("POST", "/policies"), ("POST", "/permissions"),
        ("POST", "/access"),
    ]  # fmt: skip
    assert all(
        set(field) == {"field", "meta"} for field in shadow[1]["body"]
    )  # no `schema`: no column is altered


@settings(max_examples=60)
@given(SHAPES, st.sampled_from(["view", "shadow"]), st.sampled_from(["policy", "role"]))
def test_any_view_gives_a_package_that_is_read_back_as_it_was(
    its: made.Columns, mode: str, keyed_by: str
) -> None:
    found = package(its, mode, keyed_by=keyed_by)
    text = found.as_json()
    assert DirectusRegistrationPackage.from_json(text) == found
    assert text.endswith("}\n")
    assert [field.name for field in found.fields] == [name for name, _ in its]
    assert package(list(its), mode, keyed_by=keyed_by).as_json() == text
    json.loads(text)


@settings(max_examples=15)
@given(SHAPES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(its: made.Columns, random: Any) -> None:
    rows = made.envelope(its, made.policy())
    random.shuffle(rows)
    assert package(its, rows=rows).as_json() == package(its).as_json()


@pytest.mark.parametrize("count", [1, 500])
def test_a_view_may_have_one_column_and_five_hundred(count: int) -> None:
    its = [(f'the "{place}" of, them', KINDS[place % len(KINDS)]) for place in range(count)]
    found = package(its)
    assert DirectusRegistrationPackage.from_json(found.as_json()) == found
    assert len(found.fields) == count


def test_a_collection_beside_that_of_the_policy_is_introspected_from_the_catalog() -> None:
    policy = made.policy()
    seen = made.observation(SIMPLE, replace(policy, collection=replace(policy.collection, name="w")))
    found = build_registration_package(seen, "w", policy=policy)
    assert (found.collection, found.view) == ("w", "public.w")
    assert [field.type for field in found.fields] == ["uuid", "integer", "json", "text"]
    with pytest.raises(CouldNotLook, match=r"public\.base: a package is of a view, and it is a table"):
        build_registration_package(seen, "base", policy=policy)
    with pytest.raises(CouldNotLook, match="there is none"):
        build_registration_package(seen, "nowhere", policy=policy)


def test_a_package_whose_requests_were_edited_is_refused() -> None:
    text = package().as_json()
    with pytest.raises(ConfigurationError, match="does not say what its requests say"):
        DirectusRegistrationPackage.from_json(text.replace('"action": "read"', '"action": "update"'))
    for broken in ("", "[]", "{}", '{"package": {}}'):
        with pytest.raises(ConfigurationError, match="no registration package"):
            DirectusRegistrationPackage.from_json(broken)


PROGRAM = """
from tests.pure import registrations as made
from compliance.systems.iu_registration.package import build_registration_package
p = made.policy()
print(build_registration_package(made.observation([("id", "uuid"), ("ü x", "text[]")], p), policy=p).as_json(), end="")
import sys
assert not {"httpx", "psycopg", "compliance.executor"} & set(sys.modules)
"""


@pytest.mark.parametrize(("seed", "zone"), [("1", "UTC"), ("4711", "Asia/Tokyo")])
def test_the_text_depends_on_no_hash_seed_and_no_time_zone_and_needs_no_client(seed: str, zone: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=Path(__file__).parents[2], env=environment, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode() == package([("id", "uuid"), ("ü x", "text[]")]).as_json()


def test_an_observation_is_indexed_once_and_forgotten_with_it() -> None:
    from compliance.systems.iu_registration import introspect

    policy = made.policy()
    seen = made.observation(SIMPLE, policy)
    assert introspect.known(seen) is introspect.known(seen)
    before = len(introspect._remembered)
    del seen
    assert len(introspect._remembered) == before - 1
