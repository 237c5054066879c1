"""Changing an estate as its people do it: rehearsed by an author, approved by others, applied, taken back, again.

Each way in which a plan may not reach the estate is refused with exit 4 and its reason, and leaves everything as it
was; what only looks like one of them lets it through.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from compliance.executor.approvals import remember_rehearsal
from compliance.executor.ledger import Ledger
from compliance.executor.plan import FILES
from tests.judging import CATALOG, MIGRATION_034
from tests.live.staging import (
    PEOPLE,
    Staging,
    assert_no_secret_was_written,
    lay_out,
    name_people,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    Spoil = Callable[[Staging], object]

HOURS = timedelta(hours=1)
ONE, TWO = MIGRATION_034


def test_24_26_24_26_as_people_type_it(reference_template: NoopExecutor, tmp_path: Path) -> None:
    lay_out(tmp_path / "estate")
    with standing(reference_template, tmp_path / "estate") as staging:
        sh, plan = staging.shell, "compiled/command_catalog/migration"
        name_people(staging, [sh("keys", "new", f"{name}.pem").out.splitlines()[-1] for name in PEOPLE])
        assert sh("audit", "--no-page").code == 1
        assert sh("compile", "command_catalog", "--out", "compiled").code == 0
        assert "no rehearsal of plan" in staging.approve("alice").err
        assert sh("rehearse", plan, "--key", "author.pem").out.startswith("rehearsed on the estate: 2 created")
        refused = sh("apply", plan)
        assert (refused.code, staging.rows()) == (4, 24)
        assert "1 more of alice, bob must approve 'execute'" in refused.err

        approve = ("approve", plan, "--reason", "release 34", "--capability")
        assert sh(*approve, "execute", "--key", "alice.pem").code == 0
        applied = sh("apply", plan)
        assert (applied.code, staging.rows()) == (0, 26), applied.err
        assert staging.run("audit", "--no-page", "--out", str(staging.folder / "reports")).code == 0

        receipt = applied.out.split()[-1]
        refused = sh("rollback", receipt)
        assert (refused.code, staging.rows()) == (4, 26)
        assert "is not approved: rollback" in refused.err
        assert staging.approve("bob", "rollback").code == 0
        assert (sh("rollback", receipt).code, staging.rows()) == (0, 24)

        replayed = staging.apply()
        assert (replayed.code, staging.rows()) == (4, 24)
        assert "it was used by receipt" in replayed.err
        assert staging.approve("bob").code == 0
        assert (sh("apply", plan).code, staging.rows()) == (0, 26)
        assert sh("audit", "--no-page").code == 0
        assert staging.run("ledger", "verify").code == 0
        once = ["approval", "intent", "receipt"]
        assert staging.kinds() == ["opened", "rehearsal", *once, "approval", "intent", "rolled-back", *once]
        assert_no_secret_was_written(staging)


# --- what is refused -------------------------------------------------------------------------------------------


def approved(staging: Staging) -> None:
    assert staging.approve("alice").code == 0


def another_policy_key(staging: Staging) -> None:
    """Alice's name now stands for a key that did not sign."""
    approved(staging)
    public = json.loads(staging.run("keys", "new", staging.key("mallory"), "--json").out)["public"]
    was = staging.execution.keys["alice"].public
    staging.platform(was, public)


def unsigned(staging: Staging) -> None:
    """A ledger whose rehearsal nobody signed."""
    staging.ledger.unlink()
    assert staging.run("rehearse", str(staging.migration)).code == 0
    approved(staging)


def given_elsewhere(staging: Staging) -> None:
    """Alice's approval, copied into a ledger that knows the rehearsal too."""
    approved(staging)
    body = Ledger(staging.ledger.parent).entries()[-1].body
    staging.ledger.unlink()
    assert staging.run("rehearse", str(staging.migration), "--key", staging.key("author")).code == 0
    Ledger(staging.ledger.parent).append("approval", body)


def older_ledger(staging: Staging) -> None:
    """The ledger as it was in a backup, with an approval that was given after entries that are not there any more."""
    backup = staging.ledger.read_bytes()
    assert staging.approve("bob", "rollback").code == 0
    approved(staging)
    body = Ledger(staging.ledger.parent).entries()[-1].body
    staging.ledger.write_bytes(backup)
    Ledger(staging.ledger.parent).append("approval", body)


def edited(file: str, old: str, new: str) -> Spoil:
    def spoil(staging: Staging) -> None:
        approved(staging)
        staging.edit(file, old, new)

    return spoil


def did(*statements: str) -> Spoil:
    """Approved, and then somebody changes the estate."""

    def spoil(staging: Staging) -> None:
        approved(staging)
        for statement in statements:
            staging.do(statement)

    return spoil


def failed_since(staging: Staging) -> None:
    approved(staging)
    remember_rehearsal(
        staging.plan(), {"result": "failed"}, signer=None, ledger=Ledger(staging.ledger.parent), now=staging.now
    )


REFUSED: dict[str, tuple[Spoil, str]] = {
    "nobody approved": (lambda _: None, "1 more of alice, bob must approve 'execute' (whatever it does)"),
    "expired": (lambda s: s.approve_at(-5 * HOURS), "by alice: it expired at 2"),
    "not yet valid": (lambda s: s.approve_at(0 * HOURS, not_before=HOURS), "by alice: it is not valid before 2"),
    "approved for the way back": (lambda s: s.approve("bob", "rollback"), "it is for 'rollback', not 'execute'"),
    "author alone": (lambda s: s.approve("author"), "author is the author and does not count"),
    "nobody knows the author": (unsigned, "nobody signed the rehearsal"),
    "rehearsed again, in vain": (failed_since, "the last rehearsal of plan"),
    "by a key that policy does not name any more": (another_policy_key, "policy names nobody who has it"),
    "given in another ledger": (given_elsewhere, "it was given in another ledger"),
    "given in a later ledger": (older_ledger, "this ledger is older, or was cut"),
    "the estate has another name": (edited("estate.yaml", "name: staging", "name: stage"), "it is for staging"),
    "the estate is of another kind": (edited("estate.yaml", "kind: staging", "kind: production"), "it is for staging"),
    "the policy is another": (
        edited("policy/command_catalog.yaml", "prune: false", "prune: true"), "it follows policy"),
    "a row it inserts is there": (
        did(f"insert into {CATALOG} (command_name) values ('{ONE}')"), "stale: command_catalog/migration"),
    "a row it counts was changed": (
        did(f"update {CATALOG} set category = 'x' where command_name = 'dot_iu_place'"), "stale: "),
    "its table has a column more": (did(f"alter table {CATALOG} add more text"), "stale: "),
    "writing its table sets something off": (
        did(f"create trigger more after insert on {CATALOG} execute function public.fn_b3a_register_birth()"),
        "stale: "),
    "a function that it registers is another": (did("alter function public.fn_iu_health() volatile"), "stale: "),
    "the kill switch is off": (
        did("update public.dot_config set value = 'false' where key = 'policy.changes.enabled'"),
        "the kill switch stops every change: public.dot_config policy.changes.enabled is 'false', not 'true'"),
    "the kill switch is gone": (
        did("delete from public.dot_config where key = 'policy.changes.enabled'"), "is not there"),
    "policy preserves a row of it": (
        edited("policy/platform.yaml", "preserve:\n", f"preserve:\n    - {CATALOG}#{ONE}\n"),
        f"rows:command_catalog#{ONE}: policy preserves it"),
}  # fmt: skip


def given_for_all(staging: Staging) -> None:
    """For another capability, and by another author."""
    assert staging.approve("bob", "rollback").code == 0
    assert staging.approve("author").code == 0


@pytest.mark.parametrize("why", REFUSED)
def test_a_plan_is_refused_with_the_reason_and_everything_stays(why: str, staging: Staging) -> None:
    spoil, reason = REFUSED[why]
    spoil(staging)
    before, ledger = staging.content(), staging.ledger.read_bytes()
    said = staging.apply()
    assert (said.code, said.out) == (4, "")
    assert reason in said.err
    assert "To go on: " in said.err
    assert (staging.content(), staging.ledger.read_bytes()) == (before, ledger)


def both(*acts: Spoil) -> Spoil:
    return lambda staging: [act(staging) for act in acts]


def author_counts(staging: Staging) -> None:
    staging.platform("by: [author, alice, bob]", "by: [author], author_counts: true")
    assert staging.approve("author").code == 0


LET_THROUGH: dict[str, Spoil] = {
    "approved": approved,
    "approved three hours ago": lambda s: s.approve_at(-3 * HOURS),
    "by the author and another": both(lambda s: s.approve("author"), approved),
    "by the author, where policy lets that count": author_counts,
    "with approvals beside it that do not count": both(lambda s: s.approve_at(-5 * HOURS), given_for_all, approved),
    "a comment in policy": edited("policy/command_catalog.yaml", "reviewed:", "# as of today\nreviewed:"),
    "policy of another system changed": edited("policy/platform.yaml", "newest: 18", "newest: 19"),
    "policy preserves another row": edited(
        "policy/platform.yaml", "preserve:\n", f"preserve:\n    - {CATALOG}#dot_iu_place\n"),
    "a column that policy does not declare": did(
        f"update {CATALOG} set description = 'x' where command_name = 'dot_iu_place'"),
    "another table": did("create table public.more (a integer)"),
    "another function": did("create function public.more() returns integer language sql as 'select 1'"),
    "another switch": did("update public.dot_config set value = 'false' where key = 'iu_core.composer_enabled'"),
    "what lies outside of its digest": edited("compiled/command_catalog/migration/provenance.json", "20", "21"),
}  # fmt: skip


@pytest.mark.parametrize("what", LET_THROUGH)
def test_what_only_looks_like_a_reason_lets_it_through_and_a_dry_run_changes_nothing(
    what: str, staging: Staging
) -> None:
    LET_THROUGH[what](staging)
    before, ledger = staging.content(), staging.ledger.read_bytes()
    said = staging.apply("--dry-run")
    assert (said.code, said.out) == (0, "would change: 2 row(s) created\n"), said.err
    assert (staging.content(), staging.ledger.read_bytes()) == (before, ledger)


def test_another_database_of_the_same_content_is_refused(
    staging: Staging, reference_template: NoopExecutor
) -> None:
    approved(staging)
    with standing(reference_template, staging.folder, "copy_of_estate") as copy:
        said = copy.apply()
        assert (said.code, copy.rows(), staging.rows()) == (4, 24, 24)
    assert "another database: command_catalog/migration is for" in said.err
    assert "this is copy_of_estate of cluster" in said.err


def test_a_key_that_policy_does_not_name_or_that_may_not_is_refused_when_it_approves(staging: Staging) -> None:
    assert staging.run("keys", "new", staging.key("mallory")).code == 0
    unknown, may_not = staging.approve("mallory"), staging.approve("alice", "commit")
    assert (unknown.code, may_not.code) == (4, 4)
    assert "policy names nobody who has it" in unknown.err
    assert "alice may not approve 'commit', but execute, rollback" in may_not.err
    assert staging.kinds() == ["opened", "rehearsal"]


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_byte_of_a_plan_is_refused(file: str, staging: Staging) -> None:
    approved(staging)
    path = staging.migration / file
    data = path.read_bytes()
    for at in (0, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        said = staging.apply("--dry-run")
        assert (said.code, said.out) == (4, ""), f"{file}:{at}: {said}"
        assert "is not as it was compiled" in said.err
    path.write_bytes(data)
    assert staging.apply("--dry-run").code == 0


def test_a_plan_whose_files_were_all_changed_alike_is_another_plan(staging: Staging) -> None:
    approved(staging)
    staging.other_plan(deploy=lambda text: text.replace("'lifecycle'", "'life'"))
    assert "'life'" in staging.run("plan", "show", str(staging.migration)).out
    said = staging.apply()
    assert (said.code, staging.rows()) == (4, 24)
    assert "no rehearsal of plan" in said.err


def test_a_flipped_byte_of_any_line_of_the_ledger_is_named_and_refuses_everything(staging: Staging) -> None:
    approved(staging)
    whole = staging.ledger.read_bytes()
    at = 0
    for number, kind in enumerate(staging.kinds(), start=1):
        line = whole.index(b'"body"', at)
        staging.ledger.write_bytes(whole[: line + 9] + bytes([whole[line + 9] ^ 1]) + whole[line + 10 :])
        place = f"ledger.jsonl:{number} ({kind})"
        refused, verified = staging.apply(), staging.run("ledger", "verify")
        assert (refused.code, verified.code) == (4, 1)
        assert f"the ledger was changed: {staging.ledger}:{number} ({kind})" in refused.err
        assert place in verified.out
        at = whole.index(b"\n", at) + 1
    assert staging.rows() == 24


def test_a_line_of_the_ledger_that_a_kill_cut_short_is_no_entry_and_stops_nothing(staging: Staging) -> None:
    approved(staging)
    with staging.ledger.open("ab") as file:
        file.write(b'{"at":"2026-11-21T16:00:00+00:00","body":{"plan":')
    assert staging.run("ledger", "verify").out == "3 entries, every one as it was written\n"
    assert staging.apply().code == 0
    assert staging.kinds()[-2:] == ["intent", "receipt"]
