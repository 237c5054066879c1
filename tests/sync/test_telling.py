"""What a run says: to a person, to GitHub, and as a summary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from compliance.sync.telling import Teller

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


def test_ci_has_an_effect_and_annotates_failures_with_their_line(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; exit 3")
    sandbox.commit()
    line = (sandbox.root / ".insightpulse/sync.yaml").read_text().split('"news": {')[0].count("\n") + 1
    said = f"::error file=.insightpulse/sync.yaml,line={line}::news: its entrypoint ended with 3"
    assert said in sandbox.run("--ci").out.splitlines()
    assert "::error" not in sandbox.run().out


def test_ci_annotates_wrong_configuration(sandbox: Sandbox) -> None:
    sandbox.pull("news", "true", schedule="every day")
    sandbox.commit()
    ran = sandbox.run("--ci")
    assert ran.code == 2
    (line,) = [line for line in ran.out.splitlines() if line.startswith("::error")]
    assert line.startswith("::error file=.insightpulse/sync.yaml,line=")
    assert "every day" in line


def test_a_check_before_all_targets_that_was_skipped_counts_too(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {
        "pre_sync_checks": [{"name": "first", "command": "no-such-tool"}],
        "post_sync_checks": [{"name": "tool", "command": "no-such-tool out"}],
    }
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    assert "2 checks were skipped" in sandbox.run().out


def test_a_missing_tool_is_a_failure_in_ci_and_told_elsewhere(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {"post_sync_checks": [{"name": "tool", "command": "no-such-tool out"}]}
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    assert sandbox.run("--ci").code == 1
    assert sandbox.untouched(before)
    ran = sandbox.run()
    assert ran.code == 0
    assert "skipped: tool: no-such-tool is not installed" in ran.out
    assert "1 checks were skipped" in ran.out


@pytest.mark.parametrize("said", ["::set-env name=A::b", "  ::add-mask::x", "::stop-commands::t"])
def test_what_a_command_says_is_no_command_to_github(sandbox: Sandbox, said: str) -> None:
    sandbox.pull("news", f"echo '{said}'; echo 'x ##[group]y' >&2; exit 1")
    sandbox.commit()
    out = sandbox.run("--ci").out
    assert said.strip() in out
    ours = [line for line in out.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    assert all(line.startswith("::error file=") for line in ours)


def test_a_name_with_a_newline_cannot_start_a_line(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo x >$'out\\n::error::x'")
    sandbox.commit()
    out = sandbox.run("--ci").out
    assert all(line.startswith("::error file=") for line in out.splitlines() if line.startswith("::"))


def test_annotations_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    Teller(file="f", ci=True, verbose=False, json=False).annotate("100%\nof it\r", "a,b:c%", 7)
    assert capsys.readouterr().out == "::error file=a%2Cb%3Ac%25,line=7::100%25%0Aof it%0D\n"


def test_verbose_shows_what_commands_said(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; echo 30 repositories")
    sandbox.commit()
    assert "30 repositories" not in sandbox.run("--dry-run").out
    assert "| 30 repositories" in sandbox.run("--dry-run", "--verbose").out


def test_the_summary_is_written_also_where_a_run_fails_or_is_refused(sandbox: Sandbox) -> None:
    sandbox.pull("news", "exit 1")
    sandbox.commit()
    path = sandbox.root.parent / "deep/summary.json"
    assert sandbox.run("--summary-json", str(path)).code == 1
    assert json.loads(path.read_text())["failed"] == 1
    sandbox.git("checkout", "-q", "--detach")
    assert sandbox.run("--summary-json", str(path)).code == 4
    assert "nothing may be committed here" in json.loads(path.read_text())["results"][0]["message"]


def test_the_summary_says_what_is_wrong_with_the_configuration(sandbox: Sandbox) -> None:
    sandbox.pull("news", "true", schedule="every day")
    sandbox.commit()
    path = sandbox.root.parent / "summary.json"
    assert sandbox.run("--summary-json", str(path)).code == 2
    (check,) = json.loads(path.read_text())["checks"]
    assert "every day" in check["detail"]


def test_json_is_the_only_thing_on_standard_output(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    ran = sandbox.run("--json", "--ci", "--verbose", "--dry-run")
    assert ran.summary["total_targets"] == 1
    assert "would land: 1 added" in ran.err


def test_the_console_script_is_the_same_program() -> None:
    from importlib.metadata import entry_points

    from compliance import cli

    found = [e for e in entry_points(group="console_scripts") if e.name == "sync-directional"]
    assert not found or found[0].load() is cli.sync_directional


@pytest.mark.parametrize("name", ["CHAT_WEBHOOK", "CLOUD_PAT", "NOTES_JWT"])
def test_values_of_variables_that_give_access_are_not_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "https-like.T0AAAAAAA.abcdefghijklmn")
    sandbox.pull("news", f'echo "sent to ${name}"; exit 3', env=[name])
    sandbox.commit()
    ran = sandbox.run("--json")
    assert f"sent to <secret {name}>" in ran.told
    assert "abcdefghijklmn" not in ran.told
