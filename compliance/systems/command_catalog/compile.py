"""Seed and migration of the command catalog: document 004, 'What 034 adds', 'Preflight', 'Rollback proof'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.change import Compiled, Differs, Missing, Step, Undeclared
from compliance.core.errors import Refused
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, name, raising, relation
from compliance.systems.command_catalog.drift import drift, listed
from compliance.systems.command_catalog.policy import FIELDS, Command, Policy, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from compliance.core.change import Hazard
    from compliance.systems.protocol import Facts

Values = tuple[Any, ...]
SYSTEM = "command_catalog"


def compile(facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the field's word, and the protocol's
    """The seed, and the migration that repairs exactly the drift of this observation."""
    policy: Policy = facts.policy
    rows = [row.values for row in facts.read(policy.rows.section)]
    writer = Writer(policy, _types(facts))
    return (writer.seed(rows), _migration(facts, writer, rows))


def scripts(policy: Policy) -> Iterable[str]:
    """Every statement that the compiler can emit for a policy, for the rule that judges the names in them."""
    writer = Writer(policy, {})
    commands = list(policy.commands.values())
    change = writer.update(
        commands[0].name, [Differs(commands[0].name, field, None, None) for field in FIELDS[1:]]
    )
    for step in (*writer.seed([]).steps, change, writer.delete(commands[0].row)):
        yield from (step.deploy, step.verify, step.revert)


def _types(facts: Facts) -> dict[str, str]:
    """The type of each governed column, so that constants are compared as what they are."""
    where = split_name(facts.policy.relation)
    return {c.name: c.type for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}


def _migration(facts: Facts, writer: Writer, rows: Sequence[Values]) -> Compiled:
    policy: Policy = facts.policy
    found = drift(policy, facts.read(policy.rows.section))
    missing = [policy.commands[item.subject] for item in found if isinstance(item, Missing)]
    undeclared = {item.subject for item in found if isinstance(item, Undeclared)} if policy.prune else set()
    differing: dict[str, list[Differs]] = {}
    for item in found:
        if isinstance(item, Differs):
            differing.setdefault(item.subject, []).append(item)
    if undeclared:
        _restorable(facts)
    kept = [row for row in rows if row[0] not in undeclared]
    corrected = [policy.commands[row[0]].row if row[0] in differing else row for row in kept]
    # Inserts come last: their verification counts the whole table, which is as it must be only when all else is done.
    steps = [
        *(writer.delete(row) for row in rows if row[0] in undeclared),
        *(writer.update(subject, changes) for subject, changes in differing.items()),
        *([writer.insert(missing, corrected)] if missing else []),
    ]
    return Compiled(SYSTEM, "migration", _title(missing, differing, undeclared), tuple(steps))


def _title(missing: Sequence[Command], differing: Mapping[str, Any], undeclared: Iterable[str]) -> str:
    parts = {"register": len(missing), "correct": len(differing), "remove": len(list(undeclared))}
    return ", ".join(f"{verb} {count} command(s)" for verb, count in parts.items() if count) or "nothing to do"


def _restorable(facts: Facts) -> None:
    """A removed row comes back whole only where policy declares all of its columns."""
    extra = sorted(_types(facts).keys() - set(facts.policy.columns.values()))
    if extra:
        raise Refused(
            "prune: a removed row could not be restored, since policy does not declare all of its columns",
            reasons=[f"{facts.policy.relation}.{column} is not declared" for column in extra],
            remedy="set prune: false and remove the rows by hand",
        )


class Writer:
    """Renders steps for one policy; `types`: the live type of each column."""

    def __init__(self, policy: Policy, types: Mapping[str, str]) -> None:
        self.policy = policy
        self.table = relation(policy.relation)
        self.runs, self.run_command = relation(policy.runs[0]), name(policy.runs[1])
        self.columns = {field: name(policy.columns[field]) for field in FIELDS}
        self.types = {field: types.get(policy.columns[field], _TYPES[field]) for field in FIELDS}

    def seed(self, rows: Sequence[Values]) -> Compiled:
        """All declared rows; on a conforming estate it inserts nothing, over a wrong row it aborts.

        Its revert removes what was not there before, and nothing else: a seed does not own what it met.
        """
        commands = list(self.policy.commands.values())
        return Compiled(
            SYSTEM, "seed", f"all {len(commands)} governed commands", (self.insert(commands, rows),)
        )

    def insert(self, commands: Sequence[Command], rows: Sequence[Values]) -> Step:
        """Insert commands into a table that holds `rows`; revert removes exactly those that it did not hold."""
        there = {row[0] for row in rows}
        new = [command for command in commands if command.name not in there]
        values = ",\n".join(f"    ({self._row(command.row)})" for command in commands)
        deploy = (
            f"{self._preflight(commands)}\n\n"
            f"insert into {self.table} ({', '.join(self.columns.values())})\nvalues\n{values}\n"
            f"on conflict ({self.columns['name']}) do nothing;"
        )
        return self._step(
            f"insert {len(new)} row(s)", deploy, self._verify(commands, rows), self._remove(new), "inserts",
            reads={self._rows, *map(_function, self.policy.targets.values())}, subjects=[c.name for c in commands],
        )  # fmt: skip

    def _remove(self, commands: Sequence[Command]) -> str:
        if not commands:
            return "-- Nothing was inserted, so there is nothing to remove."
        names = [command.name for command in commands]
        return (
            f"{self._refuse_runs(names)}\n\n{self._refuse_changed(commands)}\n\n"
            f"delete from {self.table} as c where c.{self.columns['name']} in ({_list(names)});"
        )

    def update(self, subject: str, changes: Sequence[Differs]) -> Step:
        """Correct columns of one row, where they still are what was seen; revert puts the seen values back.

        An update that meets no row says nothing, so verify and the guard of the revert look whether it did.
        """
        deploy = self._set(subject, [(c.facet, c.observed, c.declared) for c in changes])
        revert = self._set(subject, [(c.facet, c.declared, c.observed) for c in changes])
        there = self._holds_values(subject, [(c.facet, c.declared) for c in changes])
        verify = _block("verify", raising(f"not {there}", f"verify: {subject} is not as declared"))
        guard = _block(
            "unchanged", raising(f"not {there}", f"REFUSED: {subject} was changed since it was corrected")
        )
        return self._step(
            f"correct {subject}", deploy, verify, f"{guard}\n\n{revert}", "updates",
            reads={FactKey(self.policy.rows.section, subject)}, subjects=[subject],
        )  # fmt: skip

    def delete(self, row: Values) -> Step:
        """Remove an undeclared row (`prune: true`), guarded like any removal; revert inserts it again."""
        subject = str(row[0])
        deploy = (
            f"{self._refuse_runs([subject])}\n\n"
            f"delete from {self.table} as c where c.{self.columns['name']} = {literal(subject)};"
        )
        verify = _block("verify", raising(self._exists([subject]), f"verify: {subject} is still there"))
        revert = f"insert into {self.table} ({', '.join(self.columns.values())})\nvalues ({self._row(row)});"
        return self._step(
            f"remove {subject}", deploy, verify, revert, "deletes",
            reads={FactKey(self.policy.rows.section, subject)}, subjects=[subject],
        )  # fmt: skip

    @property
    def _rows(self) -> FactKey:
        return FactKey(self.policy.rows.section)

    def _step(
        self, title: str, deploy: str, verify: str, revert: str, hazard: Hazard, *,
        reads: Iterable[FactKey], subjects: Iterable[str],
    ) -> Step:  # fmt: skip
        """Beside rows, a step depends on the shape of the tables it names, and on what a write sets off there."""
        tables = (self.policy.relation, self.policy.runs[0])
        shape = {FactKey(f"catalog.{kind}", table) for kind in _SHAPE for table in tables}
        writes = {FactKey(self.policy.rows.section, subject) for subject in subjects}
        return Step(
            title, deploy, verify, revert, frozenset({hazard}), frozenset({*reads, *shape}), frozenset(writes)
        )

    def _row(self, row: Values) -> str:
        return ", ".join(self._value(field, value) for field, value in zip(FIELDS, row, strict=True))

    def _value(self, field: str, value: Any) -> str:
        plain = isinstance(value, (str, bool)) and not isinstance(value, tuple)
        return literal(value) if plain else f"{literal(value)}::{self.types[field]}"

    def _preflight(self, commands: Sequence[Command]) -> str:
        wanted = dict.fromkeys(target for command in commands for target in command.targets)
        checks = []
        for target in (self.policy.targets[key] for key in wanted):
            there = f"to_regprocedure({literal(_regprocedure(target.schema, target.name, target.arguments))}) is null"
            checks.append(
                raising(there, f"preflight: {target.signature} is missing: apply {target.migration} first")
            )
        return _block("preflight", *checks)

    def _verify(self, commands: Sequence[Command], rows: Sequence[Values]) -> str:
        """Counts of the whole table as it must be afterwards, and each inserted row in every column."""
        whole = {row[0]: row[4] for row in rows} | {command.name: command.targets for command in commands}
        targets = {target for value in whole.values() for target in listed(value) if target is not None}
        column = self.columns["targets"]
        distinct = f"(select count(distinct t.target) from {self.table} as c, unnest(c.{column}) as t (target))"
        return _block(
            "verify",
            raising(
                f"(select count(*) from {self.table} as c) <> {len(whole)}", f"verify: not {len(whole)} rows"
            ),
            raising(f"{distinct} <> {len(targets)}", f"verify: not {len(targets)} distinct target functions"),
            *self._resolvable(targets),
            *(
                raising(
                    f"not {self._holds(command)}", f"verify: {command.name} is missing or differs in a column"
                )
                for command in commands
            ),
        )

    def _resolvable(self, targets: Iterable[str]) -> Iterable[str]:
        for target in (self.policy.targets[key] for key in sorted(targets) if key in self.policy.targets):
            there = f"to_regprocedure({literal(_regprocedure(target.schema, target.name, target.arguments))}) is null"
            yield raising(there, f"verify: {target.signature} does not resolve")

    def _holds(self, command: Command) -> str:
        changes = list(zip(FIELDS[1:], command.row[1:], strict=True))
        return self._holds_values(command.name, changes)

    def _same(self, field: str, value: Any) -> str:
        return f"c.{self.columns[field]} is not distinct from {self._value(field, value)}"

    def _set(self, subject: str, changes: Sequence[tuple[str, Any, Any]]) -> str:
        assignments = ", ".join(
            f"{self.columns[field]} = {self._value(field, new)}" for field, _, new in changes
        )
        same = "".join(f" and {self._same(field, old)}" for field, old, _ in changes)
        return (
            f"update {self.table} as c set {assignments}\n"
            f"where c.{self.columns['name']} = {literal(subject)}{same};"
        )

    def _holds_values(self, subject: str, wanted: Sequence[tuple[str, Any]]) -> str:
        same = "".join(f" and {self._same(field, value)}" for field, value in wanted)
        return f"exists (select 1 from {self.table} as c where c.{self.columns['name']} = {literal(subject)}{same})"

    def _refuse_runs(self, names: Sequence[str]) -> str:
        there = f"exists (select 1 from {self.runs} as r where r.{self.run_command} in ({_list(names)}))"
        return _block(
            "refused", raising(there, f"REFUSED: {self.policy.runs[0]} holds runs of {', '.join(names)}")
        )

    def _refuse_changed(self, commands: Sequence[Command]) -> str:
        return _block(
            "unchanged",
            *(
                raising(
                    f"{self._exists([command.name])} and not {self._holds(command)}",
                    f"REFUSED: {command.name} was changed since it was inserted",
                )
                for command in commands
            ),
        )

    def _exists(self, names: Sequence[str]) -> str:
        return f"exists (select 1 from {self.table} as c where c.{self.columns['name']} in ({_list(names)}))"


_TYPES = {
    "name": "text",
    "category": "text",
    "mutating": "boolean",
    "reversible": "boolean",
    "targets": "text[]",
}


_SHAPE = ("relations", "columns", "constraints", "indexes", "triggers")


def _function(target: Target) -> FactKey:
    return FactKey("catalog.functions", target.signature)


def _block(tag: str, *checks: str) -> str:
    return do_block(tag, "begin\n" + "\n".join(checks) + "\nend")


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names))


def _regprocedure(schema: str, function: str, arguments: Iterable[Any]) -> str:
    return f"{name(schema)}.{name(function)}({','.join(argument.type for argument in arguments)})"
