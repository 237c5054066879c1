"""How an estate of one's own begins: commented files, a draft of a policy, and the role that looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compliance.core.errors import ConfigurationError
from compliance.core.needs import split_name
from compliance.core.sqltext import literal, name, relation
from compliance.estate import controls, gatelock
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.core.needs import Needs
    from compliance.systems.protocol import Drafting

_ESTATE = """\
# What is governed, and where it is. Paths are relative to this file.
name: my-estate
kind: staging            # reference | staging | production
systems: [command_catalog]   # and registry_sync, where flows of Directus feed a document service
policy: policy           # a folder with one file a system, and platform.yaml
postgres:
  dsn_env: ESTATE_DSN    # name of the environment variable that holds the DSN of a role that may only SELECT
  # What changes the estate (rehearse, apply, rollback, exercise) needs two things more, and in policy/platform.yaml
  # under `execution` the keys of the people who may approve it.
  # writer_dsn_env: ESTATE_WRITER_DSN   # the DSN of a role that may write what plans write; an audit never uses it
# ledger: ledger         # a folder outside of the database: what was rehearsed, approved, applied and taken back
# directus: {url: https://directus.example.org, token_env: DIRECTUS_TOKEN}   # of a user who may read flows, operations
#   # and revisions; to apply flows also `writer_token_env`, of one who may write them: an audit never uses it
# agent_data: {url: https://documents.example.org, token_env: AGENT_DATA_API_KEY}   # the service that flows feed
# documents: {estate: true}   # its store: in the same database, or `dsn_env`; without it only ids are seen
repository: .            # the git repository whose files repeat what the database holds
# redaction_key_env: ESTATE_REDACTION_KEY   # lets two observations be compared by the hash of a secret
# unavailable:           # a source that cannot be opened for now; its rules are not applicable, and the report says so
#   repository: {reason: moved, owner: platform, until: 2027-01-31}
"""

_REVIEWED = """\
reviewed: false          # else {by: who, at: date, reason: why}; no audit is green before
"""


def start(folder: Path) -> list[Path]:
    """Write `estate.yaml` and a policy folder with the reference's files as commented models."""
    policy = resource("fixtures/reference/policy")
    wanted = {folder / "estate.yaml": None} | {
        folder / "policy" / p.name: p for p in sorted(policy.glob("*.yaml"))
    }
    for path in wanted:
        if path.exists():
            raise ConfigurationError(
                f"{path} is there already", remedy="name an empty folder, or move the file away"
            )
    for path, model in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if model is None:
            path.write_text(_ESTATE, encoding="utf-8")
        else:
            text = _unreviewed(model.read_text(encoding="utf-8"))
            path.write_text(_examples(model.name, text), encoding="utf-8")
    return list(wanted)


def ungated(policy: Path) -> None:
    """A copy of the reference's policy for another estate: its gates were accepted, its rules mapped, for that one."""
    (policy / gatelock.NAME).unlink(missing_ok=True)
    for path in (policy / "platform.yaml", policy / controls.NAME):
        if path.exists():
            path.write_text(_examples(path.name, path.read_text(encoding="utf-8")), encoding="utf-8")


def _examples(name: str, text: str) -> str:
    """Profiles and controls as comments: whoever wants them writes their own."""
    if name == controls.NAME:
        return re.sub(r"(?ms)^controls:\n.*", lambda found: _commented(found[0]) + "controls: []\n", text)
    if name == "platform.yaml":
        return re.sub(r"(?m)^profiles:\n(?: .*\n)+", lambda found: _commented(found[0]), text)
    return text


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def _unreviewed(model: str) -> str:
    """Whoever reviewed the model has not seen the estate that it is now copied for."""
    return re.sub(r"(?m)^reviewed:\n(?: .*\n)+", _REVIEWED, model, count=1)


def role_sql(role: str, needs: Needs, stored: str | None = None) -> str:
    """SQL, to be run by an owner or superuser, of a role that may read what policy names and nothing else.

    `stored`: the table of the documents, where it is kept in the same database.
    """
    if role in ("public", "none") or role.startswith("pg_"):
        raise ConfigurationError(
            f"'{role}' is a word of PostgreSQL's: what is granted to public is granted to everybody",
            remedy="name a role of its own",
        )
    both = {each for need in needs.compared for each in (need.view, need.table)}
    relations = sorted({need.relation for need in needs.rows} | both | ({stored} if stored else set()))
    schemas = sorted({split_name(qualified)[0] for qualified in relations})
    quoted = name(role)
    lines = [
        "-- A role that may read what policy names, and nothing else. Set its password yourself, by \\password.",
        "do $role$",
        "begin",
        f"    if not exists (select from pg_catalog.pg_roles where rolname = {literal(role)}) then",
        f"        create role {quoted} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;",
        "    end if;",
        "end",
        "$role$;",
        f"alter role {quoted} set default_transaction_read_only = on;",
        *(f"grant usage on schema {name(schema)} to {quoted};" for schema in schemas),
        *(f"grant select on {relation(qualified)} to {quoted};" for qualified in relations),
        "-- Row security would hide rows from it: give it a policy, or the audit says that it could not look.",
    ]
    return "\n".join(lines)


def draft(system: str, file: Path, recorded: str | None, report: Callable[[str], None]) -> str:
    """A policy of `system` that declares what an observation of the estate holds."""
    from compliance import probing
    from compliance.systems import SYSTEMS
    from compliance.systems import system as module

    drafting = [name for name in SYSTEMS if hasattr(module(name), "draft")]
    if system not in drafting:
        allowed = ", ".join(drafting)
        raise ConfigurationError(f"no draft for '{system}'; allowed: {allowed}")
    run = probing.look(file, Path(recorded) if recorded else None, report)
    if system not in run.policies:
        raise ConfigurationError(
            f"'{system}' is not in force in {file}", remedy="add it to systems, with any policy"
        )
    return cast("Drafting", module(system)).draft(run.policies[system], run.observation)
