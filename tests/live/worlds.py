"""Random catalogs beside random policies.

What a plan may change is worked out here a second time, from policy and rows alone and without a line of the program,
so that neither can share a mistake with the other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st
from psycopg import sql

from compliance.estate import document
from compliance.estate.resources import resource
from compliance.starting import ungated

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

REFERENCE = resource("fixtures/reference/policy")
TABLE = "dot_iu_command_catalog"
FIELDS = ("command_name", "category", "mutating", "reversible", "target_functions")
WRITING = ("fn_iu_place", "fn_iu_unplace", "fn_iu_tag_attach")
READING = ("fn_iu_health", "fn_iu_unit_show", "fn_iu_route_resolve")

Values = tuple[Any, ...]

_texts = st.one_of(
    st.text(st.sampled_from("ab'\"\\%$;\n{},-/*éß日😀"), max_size=6),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(["null", "%s", "%(x)s", "$$", "$verify$", "\\set x", "E'", "''", "{}", "{a,b}", "--", " "]),
)  # fmt: skip
_names = _texts.filter(bool)
# What PostgreSQL calls a thing has at most 63 bytes, and what is longer it cuts.
_identifiers = st.one_of(st.sampled_from(["select", "a%b", 'a"b', "a\\b", "ü b", "A;", "x\n\\set y"]), _names)
_arrays: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.just([]), st.lists(st.one_of(st.none(), _texts), min_size=1, max_size=3),
    st.lists(st.lists(_texts, min_size=2, max_size=2), min_size=1, max_size=2),
)  # fmt: skip
_truths = st.one_of(st.none(), st.booleans())


class World(NamedTuple):
    """`declared`: rows that policy wants, by name; `rows`: what the catalog holds, by name; `extra`: its description.

    `columns` and `table`: what they are called here; `prune`: undeclared rows go.
    """

    table: str
    columns: tuple[str, ...]
    declared: dict[str, Values]
    rows: dict[str, Values]
    extra: dict[str, str]
    prune: bool

    @property
    def differing(self) -> set[str]:
        return {
            name
            for name, row in self.rows.items()
            if name in self.declared and _differ(row, self.declared[name])
        }

    @property
    def missing(self) -> set[str]:
        return self.declared.keys() - self.rows.keys()

    @property
    def surplus(self) -> set[str]:
        return self.rows.keys() - self.declared.keys()

    @property
    def touched(self) -> set[str]:
        """What a migration may write, and nothing else."""
        return self.differing | self.missing | (self.surplus if self.prune else set())

    @property
    def afterwards(self) -> dict[str, Values]:
        kept = {} if self.prune else {name: self.rows[name] for name in self.surplus}
        return {name: tuple(row) for name, row in (kept | self.declared).items()}


def _differ(one: Values, other: Values) -> bool:
    return repr(one) != repr(other)  # a flag is no number, and a list no text


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = draw(st.lists(_names, min_size=5, max_size=12, unique=True))
    declared = {
        name: draw(_declared(name, number))
        for number, name in enumerate(names[: draw(st.integers(2, len(names)))])
    }
    rows: dict[str, Values] = {}
    for name in names:
        there = draw(st.sampled_from(["not there", "as declared", "differs"]))
        if name not in declared or there == "differs":
            rows[name] = draw(_observed(name, declared.get(name)))
        elif there == "as declared":
            rows[name] = declared[name]
    identifiers = draw(
        st.one_of(st.just((TABLE, *FIELDS)), st.lists(_identifiers, min_size=6, max_size=6, unique=True))
    )
    rows = {name: rows[name] for name in draw(st.permutations(sorted(rows)))}
    return World(
        identifiers[0],
        tuple(identifiers[1:]),
        declared,
        rows,
        {name: draw(_texts) for name in rows},
        draw(st.booleans()),
    )


@st.composite
def _declared(draw: st.DrawFn, name: str, number: int) -> Values:
    """The first two take each other back, so that policy is in itself as the readiness rules want it."""
    mutating = number < 2 or draw(st.booleans())
    pool = WRITING if mutating else READING
    targets = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))
    return (name, draw(_texts), mutating, mutating and draw(st.booleans()), targets)


@st.composite
def _observed(draw: st.DrawFn, name: str, declared: Values | None) -> Values:
    """Any columns of a declared row may differ, alone or together; of any other row all are free."""
    free = (name, draw(st.one_of(st.none(), _texts)), draw(_truths), draw(_truths), draw(_arrays))
    if declared is None:
        return free
    kept = draw(st.sets(st.integers(1, 4), max_size=3))
    return tuple(declared[i] if i in kept or i == 0 else free[i] for i in range(5))


def write_policy(world: World, folder: Path) -> None:
    """The reference policy, of this catalog and with nothing that does not bear on a plan."""
    folder.mkdir(parents=True)
    (folder / "platform.yaml").write_bytes((REFERENCE / "platform.yaml").read_bytes())
    ungated(folder)
    value = json.loads(json.dumps(document.read(REFERENCE / "command_catalog.yaml").value))
    one, two = list(world.declared)[:2]
    value["catalog"] = {
        "relation": f"public.{world.table}", "prune": world.prune,
        "columns": dict(zip(("name", "category", "mutating", "reversible", "targets"), world.columns, strict=True)),
    }  # fmt: skip
    targets = value["functions"]["targets"]
    value["functions"]["targets"] = {name: targets[name] for name in (*WRITING, *READING)}
    value["commands"] = {
        name: {"category": row[1], "mutating": row[2], "reversible": row[3], "targets": row[4]}
        | ({"rollback": two if name == one else one} if row[3] else {})
        for name, row in world.declared.items()
    }
    parts = value["surface"]["parts"]
    value["surface"] = {"total": parts["trigger"]["count"], "parts": {"trigger": parts["trigger"]}}
    value |= {"ungoverned": {}, "pins": {}}
    value.pop("exercises", None)
    (folder / "command_catalog.yaml").write_text(_yaml(value), encoding="ascii")


def _yaml(value: Any) -> str:
    """JSON is YAML but for characters that YAML wants escaped in a way that JSON does not know."""
    text = json.dumps(value, ensure_ascii=False, indent=0)
    return "".join(c if " " <= c <= "~" or c == "\n" else f"\\U{ord(c):08x}" for c in text)


def furnish(db: psycopg.Connection, world: World) -> None:
    """Make the catalog of a clone that of the world. Where rows are pruned, policy has to declare every column."""
    db.execute(f"delete from public.{TABLE}".encode())
    db.cursor().executemany(
        f"insert into public.{TABLE} ({', '.join(FIELDS)}, description) values (%s, %s, %s, %s, %s, %s)".encode(),
        [(*row, world.extra[name]) for name, row in world.rows.items()],
    )
    if world.prune:
        db.execute(
            f"alter table public.{TABLE} drop description, drop registered_at, drop registered_by".encode()
        )
    for old, new in zip(FIELDS, world.columns, strict=True):
        rename(db, "column {} to {}", sql.Identifier(old), sql.Identifier(new), old == new)
    rename(db, "to {}{}", sql.Identifier(world.table), sql.SQL(""), world.table == TABLE)


def rename(db: psycopg.Connection, what: str, one: sql.Composable, two: sql.Composable, same: bool) -> None:
    if not same:
        db.execute(sql.SQL(f"alter table public.{TABLE} rename {what}").format(one, two))
