"""An estate with the birth scan in force: a folder as a person has it, a database behind it, and the command line."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from compliance.cli import main
from compliance.estate import variants
from compliance.estate.resources import resource
from compliance.executor.ledger import Ledger
from compliance.starting import ungated
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

REFERENCE = resource("fixtures/reference")
SYSTEM = "birth_scan"
FLOW, ENDPOINT = "8da8f51d-1ffe-51f4-aae8-b1ae96269924", "server/api/birth/onboarding/full-scan.post.ts"
KEYS = ("policy.birth_full_scan.cadence_cron", "policy.birth_full_scan.enabled")
ESTATE = """\
name: birth
kind: reference
systems: [birth_scan]
policy: policy
repository: repository
ledger: ledger
postgres: {{dsn: "{probe}", writer_dsn: "{owner}"}}
{services}
"""
SHUT = """unavailable:
  directus: {reason: it does not run here, owner: tests, until: 2036-12-31}
  agent_data: {reason: it does not run here, owner: tests, until: 2036-12-31}
"""
NO_NUXT = "  nuxt: {reason: it does not run here, owner: tests, until: 2036-12-31}\n"
# An estate before the scheduler: nothing of what the plans of this system make.
WITHOUT = f"""
    delete from public.directus_flows where id = '{FLOW}';
    delete from public.dot_config where key in {KEYS};
    delete from public.dot_tools where code = 'DOT-BIRTH-SCAN';
"""
# What document 001 lists under DO NOT REMOVE, and whatever else a rollback of the scheduler must leave.
PRESERVED = """
    select 'function', md5(string_agg(pg_get_functiondef(p.oid), '' order by p.oid::regprocedure::text))
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
    union all
    select 'trigger', md5(string_agg(pg_get_triggerdef(t.oid), '' order by t.tgrelid::regclass::text, t.tgname))
      from pg_trigger t where not t.tgisinternal
    union all select 'issues', md5(coalesce(string_agg(i::text, '' order by i.id), '')) from public.system_issues i
    union all select 'config', md5(string_agg(c::text, '' order by c.key)) from public.dot_config c
        where c.key not like 'policy.birth_full_scan.%'
    union all select 'tools', md5(string_agg(d::text, '' order by d.code)) from public.dot_tools d
        where d.code <> 'DOT-BIRTH-SCAN'
    union all select 'flows', md5(string_agg(f::text, '' order by f.id)) from public.directus_flows f
        where f.id <> '8da8f51d-1ffe-51f4-aae8-b1ae96269924'
    union all select 'operations', md5(string_agg(o::text, '' order by o.id)) from public.directus_operations o
        where o.flow <> '8da8f51d-1ffe-51f4-aae8-b1ae96269924'
    union all select 'registry', md5(string_agg(r::text, '' order by r.id)) from public.collection_registry r
    union all select 'births', md5(string_agg(b::text, '' order by b::text)) from public.birth_registry b
"""
OURS = f"""
    select 'flow', f.name, f.status, f.options::jsonb::text from public.directus_flows f where f.id = '{FLOW}'
    union all select 'operation', o.key, o.type, o.options::jsonb::text
      from public.directus_operations o where o.flow = '{FLOW}'
    union all select 'config', c.key, c.value, c.description from public.dot_config c where c.key in {KEYS}
    union all select 'tool', d.code, d.cron_schedule, d.script_path
      from public.dot_tools d where d.code = 'DOT-BIRTH-SCAN'
    order by 1, 2
"""


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class BirthEstate:
    """One folder, one database. `services`: lines of estate.yaml for what runs."""

    def __init__(
        self, folder: Path, dsn: str, services: str = SHUT + NO_NUXT, variant: str | None = None
    ) -> None:
        self.folder, self.dsn = folder, dsn
        if variant is None:
            for part in ("policy", "repository"):
                shutil.copytree(REFERENCE / part, folder / part)
        else:
            found = variants.find(variant)
            found.policy(folder / "policy")
            found.repository(folder / "repository")
            found.change(dsn)
        ungated(folder / "policy")
        probe, owner = (make_conninfo(dsn, user=role) for role in ("compliance_probe", "estate_owner"))
        (folder / "estate.yaml").write_text(ESTATE.format(probe=probe, owner=owner, services=services))

    def run(self, *words: str) -> Said:
        """A command in this process."""
        out, err = StringIO(), StringIO()
        place = [] if words[0] in ("plan", "keys") else ["--estate", str(self.folder / "estate.yaml")]
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words, *place])
        return Said(code, out.getvalue(), err.getvalue())

    def do(self, statements: str) -> None:
        """As the operator of the database does it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statements.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()

    def preserved(self) -> list[tuple[Any, ...]]:
        return self.rows(PRESERVED)

    def ours(self) -> list[tuple[Any, ...]]:
        return self.rows(OURS)

    def policy(self, old: str, new: str, file: str = "birth_scan.yaml") -> None:
        path = self.folder / "policy" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (old, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8")

    def remove_endpoint(self) -> None:
        """With the folders that only it needs."""
        shutil.rmtree(self.folder / "repository" / "server" / "api" / "birth")

    @property
    def endpoint(self) -> Path:
        return self.folder / "repository" / ENDPOINT

    def compiled(self) -> Said:
        return self.run("compile", SYSTEM, "--out", str(self.folder / "compiled"))

    def plan(self, kind: str = "migration") -> str:
        return str(self.folder / "compiled" / SYSTEM / kind)

    def brought(self, kind: str = "migration") -> Said:
        """Compiled, rehearsed and applied; each has to come to its end."""
        for words in (
            ["compile", SYSTEM, "--out", str(self.folder / "compiled")],
            ["rehearse", self.plan(kind)],
        ):
            done = self.run(*words)
            assert done.code == 0, done.out + done.err
        return self.run("apply", self.plan(kind))

    @property
    def entries(self) -> list[Any]:
        return list(Ledger(self.folder / "ledger").entries())

    def receipt(self) -> str:
        """The last one."""
        return str([entry.hash for entry in self.entries if entry.kind == "receipt"][-1])


@contextmanager
def birth_estate(
    template: NoopExecutor, folder: Path, services: str = SHUT + NO_NUXT, variant: str | None = None
) -> Iterator[BirthEstate]:
    """A clone of the reference estate, or of a variant of it, with a folder in front of it."""
    with clone(template, f"birth_{folder.name[-24:]}") as dsn:
        yield BirthEstate(folder, dsn, services, variant)
