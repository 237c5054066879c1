"""Taking a change back: by its receipt, exactly, once; and by the program itself where not all is kept afterwards.

What somebody depends on, or changed since, is theirs: then the way back is refused with exit 4, and nothing moves.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.judging import CATALOG, MIGRATION_034
from tests.live.staging import standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_postgresql.executors import NoopExecutor

    from tests.live.staging import Staging

    Act = Callable[[Staging], object]

ONE, TWO = MIGRATION_034


def did(statement: str) -> Act:
    return lambda staging: staging.do(statement)


REFUSED: dict[str, tuple[Act, str]] = {
    "a command was run": (
        did(f"insert into public.dot_iu_command_run (command_name, actor) values ('{ONE}', 'operator')"),
        f"REFUSED: public.dot_iu_command_run holds runs of {ONE}, {TWO}"),
    "a row is another in what policy declares": (
        did(f"update {CATALOG} set category = 'read' where command_name = '{TWO}'"),
        f"rows:command_catalog#{TWO}: was changed since"),
    "a row is another in what policy does not declare": (
        did(f"update {CATALOG} set description = 'ours now' where command_name = '{ONE}'"),
        f"rows:command_catalog#{ONE}: was changed since"),
    "a row is gone": (
        did(f"delete from {CATALOG} where command_name = '{ONE}'"), f"rows:command_catalog#{ONE}: is gone"),
    "its table has a column more": (
        did(f"alter table {CATALOG} add more text default 'x'"), f"rows:command_catalog#{ONE}: was changed since"),
    "policy preserves a row of it by now": (
        lambda s: s.platform("preserve:\n", f"preserve:\n    - {CATALOG}#{ONE}\n"), "policy preserves it"),
}  # fmt: skip
LET_BACK: dict[str, Act] = {
    "another command was run": did(
        "insert into public.dot_iu_command_run (command_name, actor) values ('dot_iu_place', 'operator')"),
    "another row was changed": did(
        f"update {CATALOG} set description = 'x', category = 'x' where command_name = 'dot_iu_place'"),
    "a row was written as it was": did(f"update {CATALOG} set description = description where command_name = '{ONE}'"),
    "changes are stopped, but the way back is open": did(
        "update public.dot_config set value = 'false' where key = 'policy.changes.enabled'"),
    "policy is another by now": lambda s: s.edit("policy/command_catalog.yaml", "prune: false", "prune: true"),
    "the plan is gone": lambda s: shutil.rmtree(s.migration),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_somebody_depends_on_or_changed_since_is_not_taken_back(why: str, applied: Staging) -> None:
    act, reason = REFUSED[why]
    receipt = applied.receipt()
    act(applied)
    before, ledger = applied.content(), applied.ledger.read_bytes()
    said = applied.run("rollback", receipt)
    assert (said.code, said.out) == (4, "")
    assert reason in said.err
    assert (applied.content(), applied.ledger.read_bytes()) == (before, ledger)


@pytest.mark.parametrize("what", LET_BACK)
def test_what_has_nothing_to_do_with_it_does_not_bar_the_way_back(what: str, applied: Staging) -> None:
    receipt = applied.receipt()
    LET_BACK[what](applied)
    others = [row for row in applied.content() if ONE not in row and TWO not in row]
    said = applied.run("rollback", receipt)
    assert (said.code, said.out) == (0, "taken back: 2 row(s) removed\n"), said.err
    assert (applied.rows(), applied.content()) == (24, others)


def test_the_estate_is_as_it_was_in_every_table_and_column(staging: Staging) -> None:
    tables = [
        f"public.{name}"
        for (name,) in staging.db.execute("select tablename from pg_tables where schemaname = 'public'")
    ]
    before = {table: staging.content(table) for table in tables}
    receipt = staging.applied()
    assert [table for table in tables if staging.content(table) != before[table]] == [CATALOG]
    assert staging.run("rollback", receipt).code == 0
    assert {table: staging.content(table) for table in tables} == before


def test_a_dry_run_of_the_way_back_changes_nothing(applied: Staging) -> None:
    receipt = applied.receipt()
    before, ledger = applied.content(), applied.ledger.read_bytes()
    said = applied.run("rollback", receipt, "--dry-run")
    assert (said.code, said.out) == (0, "would take back: 2 row(s) removed\n")
    assert (applied.content(), applied.ledger.read_bytes()) == (before, ledger)
    assert len(before) == 26


def test_what_was_taken_back_is_not_taken_back_twice(applied: Staging) -> None:
    receipt = applied.receipt()
    assert applied.run("rollback", receipt).code == 0
    assert applied.approve("bob", "rollback").code == 0
    said = applied.run("rollback", receipt)
    assert (said.code, said.out) == (4, "")
    assert f"receipt {receipt} was rolled back already, at 2" in said.err
    assert "(rolled back)" in applied.run("rollback").out


def test_an_approval_of_the_way_there_does_not_open_the_way_back(applied: Staging) -> None:
    receipt = applied.receipt()
    assert applied.run("rollback", receipt).code == 0
    assert (applied.approve("bob").code, applied.apply().code) == (0, 0)
    assert applied.approve("bob").code == 0
    said = applied.run("rollback", applied.receipt())
    assert (said.code, applied.rows()) == (4, 26)
    assert "it is for 'execute', not 'rollback'" in said.err
    assert "it was used by rolled-back" in said.err


def test_the_way_back_is_approved_by_its_receipt_where_the_plan_is_gone(applied: Staging) -> None:
    """As after the next audit, which finds nothing to migrate."""
    receipt = applied.receipt()
    assert applied.run("rollback", receipt).code == 0
    assert (applied.approve("bob").code, applied.apply().code) == (0, 0)
    shutil.rmtree(applied.migration)
    by_receipt = ("approve", applied.receipt(), "--key", applied.key("bob"), "--reason", "test", "--capability")
    assert applied.run(*by_receipt, "execute").code == 2, "the way there needs the plan itself"
    assert applied.run("rollback", applied.receipt()).code == 4
    assert applied.run(*by_receipt, "rollback").code == 0
    assert (applied.run("rollback", applied.receipt()).code, applied.rows()) == (0, 24)


def test_the_ledger_shows_who_signed_what(applied: Staging) -> None:
    def said() -> list[str]:
        return [line.split(maxsplit=4)[-1] for line in applied.run("ledger", "show").out.splitlines()[1:4]]

    assert said() == ["passed (estate) by author", "execute by alice", "apply command_catalog/migration"]
    applied.platform(applied.execution.keys["alice"].public, "0" * 64)
    assert said()[1].startswith("execute: unknown key ")


def test_a_receipt_that_is_not_there_is_refused_with_those_that_are(staging: Staging) -> None:
    empty = staging.run("rollback", "abc")
    assert (empty.code, "this ledger holds no receipt" in empty.err) == (4, True)
    receipt = staging.applied()
    said = staging.run("rollback", "xyz")
    assert (said.code, "0 receipts begin with 'xyz'" in said.err, receipt in said.err) == (4, True, True)


def test_a_change_that_changed_nothing_has_nothing_to_take_back(applied: Staging) -> None:
    """A seed over an estate that is as declared."""
    assert applied.run("compile", "command_catalog", "--out", str(applied.folder / "compiled")).code == 0
    assert not (applied.migration / "plan.json").exists(), "nothing to do leaves no plan"
    seed = str(applied.migration.with_name("seed"))
    assert applied.run("rehearse", seed, "--key", applied.key("author")).out.startswith(
        "rehearsed on the estate: 0 created"
    )
    for who, capability in (("alice", "execute"), ("bob", "rollback")):
        words = ("--capability", capability, "--key", applied.key(who), "--reason", "test")
        assert applied.run("approve", seed, *words).code == 0
    before = applied.content()
    assert applied.run("apply", seed).out.startswith("applied: no row")
    said = applied.run("rollback", applied.receipt())
    assert (said.code, applied.content()) == (4, before)
    assert "there is nothing to roll back" in said.err


def test_the_way_back_of_another_database_is_refused(
    applied: Staging, reference_template: NoopExecutor
) -> None:
    receipt = applied.receipt()
    with standing(reference_template, applied.folder, "copy_of_estate") as copy:
        said = copy.run("rollback", receipt)
    assert (said.code, applied.rows()) == (4, 26)
    assert "copy_of_estate" in said.err


# --- what is not kept afterwards -------------------------------------------------------------------------------

PIN = "cutter_agent/iu_core/dot_commands.py"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda s: s.edit(f"repository/{PIN}", " dot_iu_* commands", " of the dot_iu_* commands"), "CC003 "),
        (lambda s: shutil.rmtree(s.folder / "repository"), "CC003 "),
        (lambda s: s.platform("oldest: 14, newest: 18", "oldest: 12, newest: 13"), "PL001 "),
        (did("update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled'"), "CC012 "),
    ],
    ids=["a pin disagrees", "pins cannot be looked at", "the server is too new for policy", "a gate is open"],
)
def test_a_change_after_which_not_all_is_kept_is_taken_back_with_6(
    act: Act, reason: str, staging: Staging
) -> None:
    assert staging.approve("alice").code == 0
    act(staging)
    before = staging.content()
    said = staging.apply()
    assert (said.code, said.out, staging.content()) == (6, "", before)
    assert "applied, but the estate is not as declared, so it was taken back\n  - " in said.err
    assert reason in said.err
    assert staging.kinds()[-4:] == ["intent", "receipt", "intent", "rolled-back"]
    again = staging.run("rollback", staging.receipt())
    assert (again.code, "was rolled back already" in again.err) == (4, True)


def test_a_file_that_nothing_pins_may_say_what_it_wants(staging: Staging) -> None:
    assert staging.approve("alice").code == 0
    (staging.folder / "repository" / "NEWS").write_text("25 commands\n")
    assert (staging.apply().code, staging.rows()) == (0, 26)


def test_a_change_that_is_not_kept_and_cannot_be_taken_back_is_told_as_it_is(staging: Staging) -> None:
    """A run of a command outlives it: it may be there before the command is there again."""
    assert staging.approve("alice").code == 0
    staging.do(f"insert into public.dot_iu_command_run (command_name, actor) values ('{ONE}', 'operator')")
    staging.do("update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled'")
    said = staging.apply()
    assert (said.code, staging.rows()) == (6, 26)
    assert "it could not be taken back" in said.err
    assert "REFUSED: public.dot_iu_command_run holds runs of" in said.err
    assert "CC012 " in said.err
    assert "nothing was changed" not in said.err
    assert staging.receipt() in said.err
    again = staging.apply()
    assert (again.code, staging.rows(), "it could not be taken back" in again.err) == (6, 26, True)
    staging.do("update public.dot_config set value = 'false' where key = 'iu_core.composer_enabled'")
    assert staging.apply().out.startswith("applied: 2 row(s) created (by an earlier run")


# --- JSON ------------------------------------------------------------------------------------------------------


def test_each_command_says_the_same_as_json(staging: Staging) -> None:
    def said(*words: str) -> object:
        done = staging.run(*words, "--json")
        assert done.err == ""
        return json.loads(done.out)

    plan = str(staging.migration)
    approve = ("approve", plan, "--reason", "test", "--key", staging.key("alice"), "--capability")
    shown = said("plan", "show", plan)
    assert isinstance(shown, dict)
    digest, rows = shown["digest"], {"created": 2, "changed": 0, "removed": 0}
    assert (shown["digest"], shown["hazards"]) == (staging.plan().digest, ["inserts"])
    assert said("plan", "diff", plan, plan) == {"old": digest, "new": digest, "differences": []}
    assert said("keys", "new", staging.key("carol")).keys() == {"file", "name", "public"}  # type: ignore[attr-defined]
    rehearsed = said("rehearse", plan, "--key", staging.key("author"))
    assert rehearsed.items() >= {"plan": digest, "result": "passed", "rows": rows, "signed": True}.items()  # type: ignore[attr-defined]
    approved = said(*approve, "execute")
    assert approved.items() >= {"plan": digest, "capability": "execute"}.items()  # type: ignore[attr-defined]
    dry = said("apply", plan, "--dry-run")
    assert dry == {"receipt": None, "dry_run": True, "recovered": False, "rows": rows, "trails": {}}
    applied = said("apply", plan)
    assert isinstance(applied, dict)
    report = staging.ledger.parent / "reports" / f"{applied['receipt'][:12]}.md"
    assert applied == dry | {"receipt": applied["receipt"], "dry_run": False, "report": str(report)}  # type: ignore[operator]
    assert "verified: every rule that it promises and that applies here is kept, " in report.read_text(
        encoding="utf-8"
    )
    (line,) = said("rollback")  # type: ignore[misc]
    assert (line["id"], line["taken_back"]) == (applied["receipt"][:12], False)
    assert staging.approve("bob", "rollback").code == 0
    back = said("rollback", line["id"])
    assert back["rows"] == {"created": 0, "changed": 0, "removed": 2}  # type: ignore[index]
    assert said("ledger", "verify")["problems"] == []  # type: ignore[index]
    kinds = [entry["kind"] for entry in said("ledger", "show")]  # type: ignore[attr-defined]
    assert [kind for kind in kinds if kind != "verified"] == staging.kinds()


def test_settling_says_as_json_what_it_wrote_and_refuses_where_nothing_is_open(staging: Staging) -> None:
    receipt = staging.applied()
    nothing = staging.run("ledger", "settle", "abc", "--as", "applied", "--reason", "test", "--json")
    assert (nothing.code, "there is no open intent abc" in nothing.err) == (4, True)
    lines = staging.ledger.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if receipt.encode() in line.rsplit(b'"hash":"', 1)[-1])
    staging.ledger.write_bytes(b"".join(lines[:at]))  # as a kill before the receipt leaves it
    intent = json.loads(lines[at - 1])["hash"]
    done = staging.run("ledger", "settle", intent[:12], "--as", "applied", "--reason", "looked at it", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert (said["kind"], said["intent"]) == ("receipt", intent)
    assert staging.receipt() == said["entry"][:12]
