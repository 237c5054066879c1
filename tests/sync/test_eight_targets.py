"""The eight targets of document 003 by connectors, end to end: pull, push and bidirectional, twice (fixtures/sync)."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from fixtures.counterparts.digitalocean import TOKEN as APPS_TOKEN
from fixtures.counterparts.digitalocean import DigitalOcean, app
from fixtures.counterparts.notion import DATABASE, Notion
from fixtures.counterparts.notion import TOKEN as NOTION_TOKEN
from fixtures.counterparts.odoo import KEY, USER, Odoo
from fixtures.counterparts.skills import TOKEN as SKILLS_TOKEN
from fixtures.counterparts.skills import Skills, skill
from tests.sync.services import upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sync.sandbox import Sandbox

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONFIG = FIXTURES / "sync" / "eight-targets.yaml"
REFERENCE = FIXTURES / "reference" / "repository"
WHOLE = YAML(typ="safe", pure=True).load(CONFIG.read_text(encoding="utf-8"))
SETTINGS = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
SERVERS = {"files": {"command": "mcp-files", "args": ["docs"]}, "notion": {"command": "mcp-notion", "args": []}}
DB_PASSWORD = "S3cret-" + "of-production"
PAGES = {"Task": "rich_text", "Day": "number", "Owner": "select"}
FORMS = {"Form": "rich_text", "Due": "rich_text", "Owner": "select"}


class Others:
    """All that the targets talk to."""

    def __init__(self, home: Path, modules: Path) -> None:
        self.home, self.modules = home, modules
        self.apps = DigitalOcean([app(name) for name in ("erp", "web", "api")])
        self.odoo = Odoo({"web.base.url": "https://erp.example", "mail.smtp_password": DB_PASSWORD})
        self.skills = Skills({name: skill(name) for name in ("triage", "upgrade")})
        self.tasks = Notion({"Name": "title", "Due": "date", "Status": "select"})
        self.month_end, self.bir = Notion({"Name": "title", **PAGES}), Notion({"Name": "title", **FORMS})
        for notion, word in (
            (self.month_end, "accounting"),
            (self.month_end, "treasury"),
            (self.bir, "payroll"),
        ):
            notion.options("Owner", word)
        self.bir.options("Owner", "tax")

    @property
    def all(self) -> tuple[Any, ...]:
        return (self.apps, self.odoo, self.skills, self.tasks, self.month_end, self.bir)

    def environment(self) -> dict[str, str]:
        (self.home / "odoo.conf").write_text(
            f"[options]\naddons_path = /opt/odoo/addons,/mnt/oca\ndb_host = db\ndb_password = {DB_PASSWORD}\n"
        )
        return {
            "HOME": str(self.home), "OCA_BASE": str(self.modules), "APPS_URL": self.apps.address,
            "APPS_TOKEN": APPS_TOKEN, "ODOO_CONF": str(self.home / "odoo.conf"), "ODOO_URL": self.odoo.address,
            "ODOO_USER": USER, "ODOO_KEY": KEY,
            "SKILLSMITH_URL": self.skills.address, "SKILLSMITH_TOKEN": SKILLS_TOKEN, "NOTION_API_TOKEN": NOTION_TOKEN,
            "NOTION_TASKS_URL": self.tasks.address, "NOTION_MONTH_END_URL": self.month_end.address,
            "NOTION_BIR_URL": self.bir.address,
            **{f"NOTION_{name}_DB_ID": DATABASE for name in ("TASKS", "MONTH_END", "BIR")},
        }  # fmt: skip


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Others]:
    home = tmp_path / "home"
    (home / SETTINGS).parent.mkdir(parents=True)
    (home / SETTINGS).write_text(json.dumps({"mcpServers": SERVERS}))
    agents = home / ".claude/superclaude/agents"
    agents.mkdir(parents=True)
    (agents / "reviewer.md").write_text("---\nname: reviewer\ndescription: Reads what changed.\n---\n\nRead.\n")
    names = WHOLE["targets"]["oca_repos"]["config"]["repositories"]
    assert len(names) >= 30
    made = Others(home, upstream(tmp_path / "oca", names, 3, "18.0"))
    with ExitStack() as stack:
        for each in made.all:
            stack.enter_context(each.serving())
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
        yield made
    assert [each.problems for each in made.all] == [[]] * 6


@pytest.fixture
def repository(sandbox: Sandbox) -> Sandbox:
    """The documents of the reference repository, and none of its scripts."""
    for path in ("claude.md", "docs/notion/month-end", "docs/notion/bir"):
        place = sandbox.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        source = REFERENCE / path
        shutil.copytree(source, place) if source.is_dir() else shutil.copyfile(source, place)
    # Both sides begin equal: of what differs at the first time nobody knows who changed it.
    text = (sandbox.root / "claude.md").read_text()
    named = "- **triage**: What triage is for.\n- **upgrade**: What upgrade is for.\n"
    text = text.replace("Those in `docs/claude-code-skills`.\n", named)
    sandbox.file(
        "claude.md", text.replace("## 21. Agents\n", "## 21. Agents\n\n- **reviewer**: Reads what changed.\n")
    )
    (sandbox.root / ".insightpulse").mkdir()
    shutil.copyfile(CONFIG, sandbox.root / ".insightpulse/sync.yaml")
    sandbox.git("add", ".")
    sandbox.git("commit", "-q", "-m", "as it begins")
    return sandbox


def synced(repository: Sandbox, *words: str) -> dict[str, Any]:
    done = repository.run("--json", "--ci", *words)
    assert done.code == 0, done.told
    for secret in (DB_PASSWORD, APPS_TOKEN, NOTION_TOKEN, SKILLS_TOKEN, KEY):
        assert secret not in done.told
    return {result["target"]: result for result in done.summary["results"]}


def test_all_eight_are_pulled_pushed_and_merged_and_a_second_run_changes_nothing(
    repository: Sandbox, others: Others
) -> None:
    before = repository.head
    pulled = synced(repository, "--direction", "pull")
    pushed = synced(repository, "--direction", "push")
    both = synced(repository, "--direction", "bidirectional")
    assert {*pulled, *pushed, *both} == set(WHOLE["targets"])
    assert [len(each) for each in (pulled, pushed, both)] == [5, 2, 1]
    commits = repository.git("log", "--format=%s", f"{before}..").splitlines()
    assert sorted(commits) == sorted(f"chore(sync): {name}" for name in (*pulled, *both))
    _arrived(repository, others)

    tree, head = repository.tree(), repository.head
    written = [len(each.writes) for each in (others.month_end, others.bir)]
    settings = (others.home / SETTINGS).read_bytes()
    again = synced(repository)
    assert {name: (each["commit"], each["changed"]) for name, each in again.items()} == dict.fromkeys(
        WHOLE["targets"], (None, [])
    )
    assert (repository.tree(), repository.head, repository.status) == (tree, head, "")
    assert [len(each.writes) for each in (others.month_end, others.bir)] == written
    assert (others.home / SETTINGS).read_bytes() == settings


def _arrived(repository: Sandbox, others: Others) -> None:
    root = repository.root
    manifests = list((root / "insightpulse_odoo/addons/oca").rglob("__manifest__.py"))
    assert len(manifests) == 3 * len(WHOLE["targets"]["oca_repos"]["config"]["repositories"])
    apps = json.loads((root / "docs/runtime/apps_truth.json").read_text())["apps"]
    assert [each["name"] for each in apps] == ["api", "erp", "web"]
    runtime = "".join(path.read_text() for path in sorted((root / "docs/runtime").glob("*.txt")))
    assert "/opt/odoo/addons" in runtime
    assert "db_password" in runtime
    assert DB_PASSWORD not in runtime
    assert sorted(path.name for path in (root / "docs/claude-code-skills").iterdir()) == ["triage", "upgrade"]
    assert "Status" in (root / "docs/notion/fields.json").read_text()
    assert (len(others.month_end.pages), len(others.bir.pages)) == (2, 2)
    guide = (root / "claude.md").read_text()
    assert "triage" in guide
    assert "reviewer" in guide
    assert (root / "docs/claude-config-drift.md").is_file()


def test_what_changes_on_a_side_moves_and_nothing_else(repository: Sandbox, others: Others) -> None:
    some = ("--target", "apps_truth", "skillsmith_catalog", "claude_config", "notion_*")
    synced(repository, *some)
    others.apps.apps.append(app("mail"))
    settings = {"mcpServers": {**SERVERS, "search": {"command": "mcp-search", "args": []}}}
    (others.home / SETTINGS).write_text(json.dumps(settings))
    repository.file(
        "docs/notion/bir/1601-c.json", json.dumps({"form": "1601-C", "due": "11th", "owner": "payroll"})
    )
    repository.git("commit", "-q", "-a", "-m", "another day")
    moved = {name for name, each in synced(repository, *some).items() if each["changed"]}
    assert moved == {"apps_truth", "notion_bir", "claude_config"}
    assert "mcp-search" in (repository.root / "claude.md").read_text()
