"""What `estate.yaml` says of services: a token is by the environment or in the file, and never told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import ConfigurationError
from compliance.core.needs import Compared, DocumentsNeed, Needs
from compliance.estate import config
from compliance.estate.documents import kept_here
from compliance.starting import role_sql

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
name: e
kind: staging
systems: [command_catalog]
policy: .
postgres: {dsn: 'dbname=x'}
"""


def loaded(folder: Path, text: str) -> config.Estate:
    (folder / "estate.yaml").write_text(HEAD + text)
    return config.load(folder / "estate.yaml")


def test_tokens_come_from_the_environment_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", "reads-it")
    monkeypatch.setenv("W", "writes-it")
    estate = loaded(
        tmp_path,
        "directus: {url: 'http://d:8055/', token_env: T, writer_token_env: W}\n"
        "agent_data: {url: 'https://a/api', token: plain}\ndocuments: {dsn: 'dbname=secret'}\n",
    )
    assert estate.directus == config.Service("http://d:8055", "reads-it", "writes-it")
    assert estate.agent_data == config.Service("https://a/api", "plain", None)
    assert estate.documents == config.Store("dbname=secret")
    assert not [word for word in ("reads-it", "writes-it", "plain", "secret") if word in repr(estate)]


def test_the_server_of_the_endpoints_needs_no_token_to_be_looked_at(tmp_path: Path) -> None:
    assert loaded(tmp_path, "nuxt: {url: 'http://n:3000/'}\n").nuxt == config.Service("http://n:3000", "")
    told = loaded(tmp_path, "nuxt: {url: 'http://n:3000', token: hunter2}\n")
    assert told.nuxt == config.Service("http://n:3000", "hunter2")
    assert "hunter2" not in repr(told)


def test_since_when_directus_fires_is_told_in_utc(tmp_path: Path) -> None:
    estate = loaded(tmp_path, "directus: {url: 'http://d', token: t, since: '2026-05-13T08:30+02:00'}\n")
    assert estate.directus is not None
    assert estate.directus.since == "2026-05-13T06:30:00+00:00"


def test_who_looks_needs_no_token_of_who_writes(tmp_path: Path) -> None:
    estate = loaded(tmp_path, "directus: {url: 'http://d', token: t, writer_token_env: NOT_SET_ANYWHERE}\n")
    assert estate.directus is not None
    assert estate.directus.writer_token is None
    assert (estate.agent_data, estate.documents) == (None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("directus: {url: 'http://d', token_env: NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ("directus: {url: 'http://d'}", "exactly one of token, token_env"),
        ("directus: {url: 'http://d', token: t, token_env: T}", "exactly one of token, token_env"),
        ("directus: {token: hunter2}", "'url' is a required property"),
        ("directus: {url: 'ftp://d', token: hunter2}", "directus.url: is an address like"),
        ("directus: {url: 'http://u:hunter2@d', token: t}", "directus.url: is an address like"),
        ("agent_data: {url: 'http://d/?key=hunter2', token: t}", "agent_data.url: is an address like"),
        ("agent_data: {url: 'http://d', token: 'hunter2 '}", "a token has a space"),
        ("agent_data: {url: 'http://d', token: \"hunter2\\n\"}", "a token has a space"),
        ("agent_data: {url: 'http://d', token: hünter2}", "a token has a space"),
        ("agent_data: {url: 'http://d', token: t, writer_token: w}", "unknown key 'writer_token'"),
        ("directus: {url: 'http://d', token: t, writer_token: 'hunter2 '}", "a token has a space"),
        ("nuxt: {token: hunter2}", "'url' is a required property"),
        ("nuxt: {url: 'http://n', token: hunter2, token_env: T}", "nuxt: "),
        ("nuxt: {url: 'http://n', token: 'hunter2 '}", "a token has a space"),
        ("directus: {url: 'http://d', token: t, since: yesterday}", "directus.since: "),
        ("directus: {url: 'http://d', token: t, since: '2026-02-30T00:00Z'}", "no time of any calendar"),
        ("directus: {url: 'http://d', token: t, since: '2026-02-28T00:00'}", "directus.since: "),
        ("documents: {}", "exactly one of dsn, dsn_env, estate"),
        ("documents: {estate: false}", "true is what is allowed"),
        ("documents: {dsn: 'postgresql://u:hunter2@x@h/d'}", "the DSN has a @"),
        ("unavailable: {document: {reason: r, owner: o, until: 2030-01-01}}", "'document' is not one of"),
    ],
)
def test_an_error_names_its_line_and_repeats_no_secret(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        loaded(tmp_path, text)
    assert expected in str(error.value)
    assert f"estate.yaml:{HEAD.count(chr(10)) + 1}: " in str(error.value)
    assert "hunter2" not in str(error.value)


def test_documents_may_be_declared_unavailable(tmp_path: Path) -> None:
    text = "documents: {estate: true}\nunavailable: {documents: {reason: r, owner: o, until: 2030-01-01}}\n"
    needs = Needs(documents=DocumentsNeed("s.t", "key", "data"))
    assert kept_here(loaded(tmp_path, text), needs) is None
    assert kept_here(loaded(tmp_path, "documents: {estate: true}"), needs) == needs.documents
    assert kept_here(loaded(tmp_path, "documents: {dsn: dbname=x}"), needs) is None
    assert kept_here(loaded(tmp_path, ""), needs) is None


def test_the_role_that_looks_may_read_documents_that_are_kept_beside_the_rest() -> None:
    needs = Needs(documents=DocumentsNeed('s."t', "key", "data"))
    assert '."""t" to probe;' in role_sql("probe", needs, 's."t')
    assert "grant select" not in role_sql("probe", needs)


def test_the_role_that_looks_may_read_what_is_compared() -> None:
    said = role_sql("probe", Needs(compared=(Compared("c", "s.v", "t.t", ("id",)),)))
    assert [
        part for part in ("schema s to", "schema t to", "select on s.v", "select on t.t") if part not in said
    ] == []


def test_needs_are_summed() -> None:
    need = DocumentsNeed("s.t", "key", "data")
    one, other = Needs(directus=True, documents=need), Needs(agent_data=True, bodies=True)
    for both in (one + other, other + one):
        assert both == Needs(directus=True, agent_data=True, documents=need, bodies=True)
    assert Needs() + Needs() == Needs()
    compared = Compared("c", "s.v", "s.t", ("id",))
    one, other = Needs(collections=frozenset({"a"}), compared=(compared,)), Needs(collections=frozenset({"b"}))
    for both in (one + other, other + one, one + other + one):
        assert both == Needs(collections=frozenset({"a", "b"}), compared=(compared,))


def test_no_module_imports_a_client_before_a_service_is_asked() -> None:
    """It takes longer to import than the rest of a short command; an audit that asks no service does without."""
    code = (
        "import compliance, importlib, pkgutil, sys\n"
        "found = [m.name for m in pkgutil.walk_packages(compliance.__path__, 'compliance.')]\n"
        "[importlib.import_module(name) for name in found]\n"
        "assert 'compliance.executor.reloading' in sys.modules\n"
        "sys.exit(any(name in sys.modules for name in ('httpx', 'httpcore', 'h11')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
