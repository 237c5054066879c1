"""`config_drift` (document 003, 'Claude Config'): a document and the files of an editor, through the real runner."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync.connectors import jsonedit
from compliance.sync.connectors.markdown import Markdown
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

SECRET = "ghp_R4nd0mV4lu3OfNobody0123456789abcd"
FILE = """\
{
    "theme": "dark",   "zoom": 1.50,
    "mcpServers": {
        "github": { "command": "npx", "args": ["-y", "server-github"],
            "env": {"GITHUB_TOKEN": "<secret>", "LOG_LEVEL": "info"},
            "disabled": false },
        "files": {
            "command": "files",
            "args": ["--root", "/srv"]
        }
    },
    "last": [1,2]
}
""".replace("<secret>", SECRET)
GITHUB = {
    "command": "npx", "args": ["-y", "server-github"],
    "env": {"GITHUB_TOKEN": "${GITHUB_TOKEN}", "LOG_LEVEL": "info"},
}  # fmt: skip
SERVERS = {"github": GITHUB, "files": {"command": "files", "args": ["--root", "/srv"]}}
AGENT = "---\nname: {name}\ndescription: {text}\nmodel: opus\n---\n\nDo it well.\n"


class Pair:
    """Both sides. Sections 0 to 4; servers in 2, agents in 3, skills in 4."""

    def __init__(self, sandbox: Sandbox, outside: Path) -> None:
        self.sandbox, self.outside = sandbox, outside
        self.file = outside / "settings.json"
        (outside / "agents").mkdir(parents=True)
        (outside / "skills" / "triage").mkdir(parents=True)
        self.file.write_text(FILE)
        self.file.chmod(0o640)
        self.agent("reviewer", "Reads what changed.")
        (outside / "skills" / "triage" / "SKILL.md").write_text(
            AGENT.format(name="triage", text="Sorts errors.")
        )
        self.document(SERVERS)
        config = {
            "document": "guide.md", "sections": {"first": 0, "last": 4}, "servers_section": 2,
            "servers_file": str(self.file), "agents_section": "Agents", "agents_dir": f"{outside}/agents",
            "skills_section": 4, "skills_dir": f"{outside}/skills", "plain_env": ["LOG_LEVEL"],
        }  # fmt: skip
        sandbox.targets["guide"] = {
            "description": "guide", "direction": "bidirectional", "connector": "config_drift", "config": config,
            "outputs": ["docs/drift.md", "guide.md"], "outside": [f"{outside}/**"],
        }  # fmt: skip
        sandbox.commit()

    def agent(self, name: str, text: str) -> None:
        (self.outside / "agents" / f"{name}.md").write_text(AGENT.format(name=name, text=text))

    def document(
        self, servers: dict[str, Any], agents: str = "- **reviewer**: Reads what changed.\n",
        skills: str = "* `triage` — Sorts errors.\n",
    ) -> None:  # fmt: skip
        block = json.dumps(servers, indent=2)
        self.sandbox.file(
            "guide.md",
            f"# Guide\n\n## 0. Purpose\n\nWhy.\n\n## 1. Layout\n\n```text\n## 9. no heading\n```\n\n## 2. Servers\n\n"
            f"Those:\n\n```json\n{block}\n```\n\n## 3. Agents\n\n{agents}\n## 4. Skills\n\n{skills}",
        )

    def run(self, *words: str, code: int = 0) -> Any:
        done = self.sandbox.run("--json", *words)
        assert done.code == code, done.told
        assert SECRET not in done.told
        return done.result

    def servers(self) -> Any:
        return json.loads(self.file.read_text())["mcpServers"]

    def guide(self) -> str:
        return (self.sandbox.root / "guide.md").read_text()


@pytest.fixture
def pair(sandbox: Sandbox, tmp_path: Path) -> Pair:
    return Pair(sandbox, tmp_path / "outside")


def test_sides_that_agree_change_nothing_but_the_first_report(pair: Pair) -> None:
    assert pair.run()["message"] == "both sides are equal"
    assert (pair.sandbox.root / "docs/drift.md").read_text() == "# Drift of guide\n\nNothing differs.\n"
    head = pair.sandbox.head
    assert pair.run()["drift"] == []
    assert pair.sandbox.head == head
    assert pair.file.read_text() == FILE


def test_what_changed_outside_comes_into_the_document_without_its_secret(pair: Pair) -> None:
    pair.run()
    other = {"command": "db", "env": {"DB_PASSWORD": "S3cret-of-production"}, "autoApprove": ["all"]}
    pair.file.write_text(
        jsonedit.changed(FILE, {"mcpServers": {**pair.servers(), "db": other}}, lambda n: n == "mcpServers")
    )
    pair.agent("writer", "Writes it down.")
    result = pair.run()
    assert len(result["drift"]) == 2
    block = json.loads(pair.guide().split("```json\n")[1].split("```")[0])
    assert block["db"] == {"command": "db", "env": {"DB_PASSWORD": "${DB_PASSWORD}"}}
    assert "- **writer**: Writes it down.\n" in pair.guide()
    report = (pair.sandbox.root / "docs/drift.md").read_text()
    assert (
        report
        == "# Drift of guide\n\n- agent `writer`: not in the document\n- server `db`: not in the document\n"
    )
    backup = pair.sandbox.root / ".git/directional-sync/kept"  # the runner's own, of the file as it was
    kept = [p for p in pair.sandbox.root.rglob("*") if p.is_file() and not p.is_relative_to(backup)]
    assert not [
        p for p in kept if b"S3cret-of-production" in p.read_bytes() or SECRET.encode() in p.read_bytes()
    ]
    head = pair.sandbox.head
    pair.run()
    assert pair.sandbox.head == head


def test_what_changed_in_the_document_goes_out_and_keeps_what_stands_there(pair: Pair) -> None:
    pair.run()
    changed = {
        "github": {**GITHUB, "args": ["-y", "server-github@2"]},
        "new": {"command": "new", "env": {"KEY": "${KEY}"}},
    }
    pair.document(changed, "- **reviewer**: Reads all of it.\n- **planner**\n", "* `triage` — Sorts: errors.\n")
    pair.sandbox.commit()
    pair.run()
    assert pair.servers() == {
        "github": {
            "command": "npx", "args": ["-y", "server-github@2"],
            "env": {"GITHUB_TOKEN": SECRET, "LOG_LEVEL": "info"}, "disabled": False,
        },
        "new": {"command": "new", "env": {"KEY": "${KEY}"}},
    }  # fmt: skip
    text = pair.file.read_text()
    assert text.startswith('{\n    "theme": "dark",   "zoom": 1.50,\n')
    assert text.endswith('    "last": [1,2]\n}\n')
    assert (
        f'            "env": {{"GITHUB_TOKEN": "{SECRET}", "LOG_LEVEL": "info"}},\n            "disabled": false }}'
        in text
    )
    assert pair.file.stat().st_mode & 0o777 == 0o640
    agents = pair.outside / "agents"
    assert (agents / "reviewer.md").read_text() == AGENT.format(name="reviewer", text="Reads all of it.")
    assert (agents / "planner.md").read_text().startswith("---\nname: planner\n")
    assert 'description: "Sorts: errors."' in (pair.outside / "skills/triage/SKILL.md").read_text()
    assert pair.run()["drift"] == []


def test_what_goes_on_one_side_goes_on_the_other(pair: Pair) -> None:
    pair.run()
    pair.document({"files": SERVERS["files"]}, skills="Nothing.\n")
    pair.sandbox.commit()
    (pair.outside / "agents" / "reviewer.md").unlink()
    pair.run()
    assert set(pair.servers()) == {"files"}
    assert not (pair.outside / "skills" / "triage").exists()
    assert "reviewer" not in pair.guide()


def test_a_secret_is_compared_by_name_and_told_where_it_is_missing(pair: Pair) -> None:
    pair.run()
    pair.file.write_text(FILE.replace(SECRET, "another-value-of-it-0123456789"))
    assert pair.run()["drift"] == []
    pair.document({**SERVERS, "github": {**GITHUB, "env": {"LOG_LEVEL": "info", "NEW_TOKEN": "<yours>"}}})
    pair.sandbox.commit()
    pair.run()
    assert pair.servers()["github"]["env"] == {"LOG_LEVEL": "info", "NEW_TOKEN": "${NEW_TOKEN}"}
    assert '"NEW_TOKEN": "<yours>"' in pair.guide()
    report = (pair.sandbox.root / "docs/drift.md").read_text()
    assert "- server `github`: differs in env.GITHUB_TOKEN, env.NEW_TOKEN\n" in report


def test_a_secret_among_arguments_is_not_brought_in_and_not_lost(pair: Pair) -> None:
    pair.run()
    args = ["--api-key", "q8Zr5tLw2XvB9nKp", "--url=https://me:q8Zr5tLw2XvB@example.org/x"]
    pair.file.write_text(FILE.replace('["--root", "/srv"]', json.dumps(args)))
    pair.run()
    assert "q8Zr5tLw2XvB" not in pair.guide()
    assert '"--api-key",\n      "${SECRET}"' in pair.guide()
    text = pair.guide().replace('"command": "files"', '"command": "files2"')
    pair.sandbox.file("guide.md", text)
    pair.sandbox.commit()
    pair.run()
    assert pair.servers()["files"] == {"command": "files2", "args": args}


def test_both_sides_changed_is_a_conflict_and_nothing_is_written(pair: Pair) -> None:
    pair.run()
    pair.agent("reviewer", "Reads there.")
    pair.document(SERVERS, "- **reviewer**: Reads here.\n")
    head = pair.sandbox.commit()
    assert "1 conflicts: agents/reviewer.json" in pair.run(code=1)["message"]
    assert pair.sandbox.untouched(head)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("## 1. Layout", "## Layout", "section 1 is missing"),
        ("## 1. Layout", "## 0. Layout", "line 7: section 0 stands there twice"),
        ("## 1. Layout", "## 5. Layout", "line 7: section 5 is none of 0 to 4"),
    ],
)
def test_sections_stand_there_once_each(pair: Pair, old: str, new: str, told: str) -> None:
    pair.sandbox.file("guide.md", pair.guide().replace(old, new))
    head = pair.sandbox.commit()
    assert told in pair.run(code=1)["output"]
    assert pair.sandbox.untouched(head)


def test_sections_stand_in_order() -> None:
    document = Markdown("## 0. A\n## 2. C\n## 1. B\n", "guide.md")
    with pytest.raises(Failed, match=r"line 3: section 1 comes after section 2"):
        document.refuse_gaps(2, 0, 2)


@pytest.mark.parametrize("broken", [FILE[: len(FILE) // 2], "[]", '{"mcpServers": 1}', FILE + "}", None])
def test_a_file_outside_that_is_cut_off_or_gone_deletes_nothing(pair: Pair, broken: str | None) -> None:
    pair.run()
    head = pair.sandbox.head
    if broken is None:
        pair.file.unlink()
    else:
        pair.file.write_text(broken)
    assert str(pair.file) in pair.run(code=1)["output"]
    assert pair.sandbox.untouched(head)
    assert not pair.file.exists() if broken is None else pair.file.read_text() == broken


def test_a_file_that_would_not_be_backed_up_is_not_written(pair: Pair) -> None:
    pair.sandbox.targets["guide"]["outside"] = [f"{pair.outside}/agents/**"]
    pair.sandbox.commit()
    pair.run()
    pair.document({"files": SERVERS["files"]})
    pair.sandbox.commit()
    assert "is not backed up" in pair.run(code=1)["output"]
    assert pair.file.read_text() == FILE


def test_a_link_to_the_file_stays_a_link(pair: Pair) -> None:
    pair.run()
    real = pair.file.rename(pair.outside / "real.json")
    pair.file.symlink_to(real)
    pair.document({"files": SERVERS["files"]})
    pair.sandbox.commit()
    pair.run()
    assert pair.file.is_symlink()
    assert set(pair.servers()) == {"files"}


def test_the_score_counts_what_differs_now_and_judges_as_a_gate(pair: Pair) -> None:
    pair.run()
    pair.agent("writer", "Writes it down.")
    pair.document({"files": SERVERS["files"]})
    pair.sandbox.commit()
    done = pair.sandbox.run("drift", "guide")
    assert done.code == 0
    assert done.out == "differs: agents/writer.json\ndiffers: servers/github.json\ndrift_score=2\n"
    assert json.loads(pair.sandbox.run("drift", "guide", "--json").out)["drift_score"] == 2
    gate = {
        "name": "drift",
        "command": [str(Path(sys.executable).with_name("compliance")), "sync", "drift", "guide"],
        "max_drift_score": 0,
    }
    pair.sandbox.rest["safety"] = {"drift_gates": [gate]}
    pair.sandbox.commit()
    (check,) = [c for c in pair.run()["checks"] if c["kind"] == "drift_gate"]
    assert (check["passed"], check["value"]) == (True, 0)


def test_a_drift_that_cannot_be_read_is_no_score(pair: Pair) -> None:
    pair.file.write_text("{")
    done = pair.sandbox.run("drift", "guide")
    assert done.code == 3
    assert "drift_score" not in done.out
    assert pair.sandbox.run("drift", "nobody").code == 2


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ('{"a": 1, "b": 2}', {"b": 2}, '{"b": 2}'),
        ('{"a": 1}', {"a": 1, "c": {"d": []}}, '{"a": 1, "c": {"d": []}}'),
        ('{\r\n\t"a": 1\r\n}\r\n', {"a": 1, "c": [2]}, '{\r\n\t"a": 1,\r\n\t"c": [\r\n\t\t2\r\n\t]\r\n}\r\n'),
        ("{}\n", {"a": 1}, '{\n  "a": 1\n}\n'),
        ('{"a": {"x": 1,  "y": 2}}', {"a": {"x": 1, "y": 3}}, '{"a": {"x": 1,  "y": 3}}'),
        ('{"é\\u0041": 1}', {"éA": 1, "b": True}, '{"é\\u0041": 1, "b": true}'),
        ('\ufeff{"a": 1}', {"a": 2}, '\ufeff{"a": 2}'),
    ],
)
def test_json_is_changed_where_it_has_to_be(text: str, wanted: dict[str, Any], found: str) -> None:
    assert jsonedit.changed(text, wanted) == found
    assert jsonedit.parsed(found) == wanted


def test_a_key_that_stands_twice_is_no_json() -> None:
    with pytest.raises(jsonedit.NotJson):
        jsonedit.parsed('{"a": 1, "a": 2}')
