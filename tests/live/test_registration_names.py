"""Names that need quotes, and hundreds of columns: prepared, registered, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import envelope_says_what_the_catalog_says, types_are_mapped
from tests.live.registering import FIELD, UNREGISTERED, registration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from tests.live.registering import Registration

ODD = (
    'he said "no"',
    "Straße",
    "select",
    "a.b",
    "50%",
    "back\\slash",
    "it's",
    "$verify$",
    "tab\t",
    "line\nbreak",
)


def wide(here: Registration, count: int) -> None:
    """A view whose columns nobody would choose, and a policy that names it."""
    names = [*ODD, *(f"axis_a_{n}" for n in range(count - len(ODD) - 1))]
    columns = ", ".join(f'{n} as "{column.replace(chr(34), chr(34) * 2)}"' for n, column in enumerate(names))
    view = 'public."v Odd ""one"" $1"'
    here.do(
        f"create view {view} as select u.id as unit_id, {columns} from public.iu_unit u",
        f"alter view {view} owner to estate_owner",
        f"grant select on {view} to compliance_probe",
    )
    here.value["source"] |= {
        "view": 'public.v Odd "one" $1', "envelope": "public.Umschlag 'x'",
        "fields": {"unit_id": {"type": "uuid", "group": "primary"}},
        "groups": {"primary": ["unit_id"], "100%_a!": ["50%", "a_b", "a.?"], "axis_a": ["axis_a_*"], "meta": ["*"]},
    }  # fmt: skip
    here.value["collection"]["name"] = 'v Odd "one" $1'
    here.value["serving"] = {"mode": "shadow", "schema": 'Schatten "2"'}


@pytest.fixture
def bare(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[Registration]:
    with registration(reference_template, tmp_path, UNREGISTERED) as found:
        yield found


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=pytest.mark.prove)])
def test_names_that_need_quotes_and_hundreds_of_columns(count: int, bare: Registration) -> None:
    wide(bare, count)
    before = bare.state()
    preparation = bare.prepared()
    assert preparation is not None
    first = bare.applied(preparation)
    assert bare.prepared() is None
    groups = dict(bare.rows("""select field_name, axis_group from public."Umschlag 'x'" """))
    assert {groups[n] for n in ("50%", "a.b")} == {"100%_a!"}
    assert (groups["unit_id"], groups["axis_a_0"], groups["it's"]) == ("primary", "axis_a", "meta")
    judged = [*envelope_says_what_the_catalog_says(bare.facts()), *types_are_mapped(bare.facts())]
    assert judged == [], "both read patterns of names alike, and the envelope lacks nothing"
    second = bare.applied(bare.compiled()["migration"])
    bare.rehearsed(bare.compiled()["seed"])
    assert bare.compiled()["migration"].steps == ()
    assert len(bare.rows(f"select field from {FIELD} where collection like 'v Odd%'")) == count
    bare.taken_back(second)
    bare.taken_back(first)
    assert bare.state() == before
