"""`sync.yaml` is checked whole before anything runs: what is wrong is named with its line, and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems.directional_sync import checking, syncfile, syncreading

HERE = Path("sync.yaml")
PULL = """version: "1.0"
targets:
  one:
    direction: pull
    description: x
    entrypoint: scripts/one.sh
    schedule: "0 2 * * *"
    outputs: [out/one/**]
"""
DOCUMENT = Path(resource("fixtures/reference/repository/.insightpulse/sync.yaml"))


def parse(text: str) -> syncfile.SyncFile:
    return syncreading.parse(document.validated(document.parsed(text, HERE), syncfile.SCHEMA))


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    return caught.value.message


def test_defaults_apply_where_a_target_says_nothing_and_only_there() -> None:
    found = parse(
        PULL.replace("targets:", "defaults: {timeout: 5, max_deletes: 3, env: [A]}\ntargets:")
        + "    max_deletes: 1\n    env: [B, A]\n"
    )
    one = found.targets["one"]
    assert (one.timeout, one.max_deletes, one.env) == (5, 1, ("A", "B"))
    assert (one.idempotent, one.git_commit, one.conflict, one.allow_empty) == (True, True, "fail", False)
    assert found.message == "chore(sync): {target}"


def test_the_document_and_its_eight_targets_are_read() -> None:
    found = parse(DOCUMENT.read_text(encoding="utf-8"))
    assert len(found.targets) == 8
    assert {target.direction for target in found.targets.values()} == {"pull", "push", "bidirectional"}


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("direction: pull", "direktion: pull", 4, "unknown key 'direktion' in targets.one; allowed: allow_empty, "),
        ("direction: pull", "direction: upwards", 4, "'upwards' is not one of pull, push, bidirectional"),
        ("direction: pull", "idempotent: true", 4, "one: 'idempotent' has no effect on a bidirectional"),
        (
            "    description: x\n", "    description: x\n    config: {a: 1, A: 2}\n", 6,
            "one: config: 'A' and 'a' are both SYNC_CONFIG_A",
        ),
        (
            "    outputs: [out/one/**]\n", "    outputs: [out/one/**]\n  two: {direction: pull, description: x,"
            " entrypoint: out/one/two.sh, outputs: [b/**]}\n", 8, "one: 'out/one/**' holds the entrypoint of two",
        ),
        ("direction: pull", "direction: push", 8, "one: 'outputs' has no effect on a push"),
        ("direction: pull\n", "", 3, ""),
        ("    outputs", "    inputs: [a/*]\n    outputs", 8, "one: 'inputs' has no effect on a pull"),
        ("    outputs", "    conflict: ours\n    outputs", 8, "one: 'conflict' has no effect on a pull"),
        ("    outputs: [out/one/**]\n", "", 3, "one: a pull names its outputs"),
        ("entrypoint: scripts/one.sh", "entrypoint: ../one.sh", 6, "one: its entrypoint leads out of the repository"),
        ("out/one/**", "/etc/**", 8, "one: '/etc/**' leads out of the repository"),
        ("out/one/**", "out/../../x", 8, "leads out of the repository"),
        ("out/one/**", ".git/hooks/x", 8, "leads out of the repository"),
        ("out/one/**", "'**'", 8, "one: '**' is the whole repository; name a folder"),
        ("out/one/**", "scripts/**", 8, "one: 'scripts/**' holds the entrypoint, which would write itself"),
        ('"0 2 * * *"', '"@daily"', 7, "one: schedule: '@daily' has 1 fields; GitHub reads 5"),
        ('"0 2 * * *"', '"0 2 31 2 *"', 7, "names a day that never comes"),
        ('version: "1.0"', 'version: "2.0"', 1, 'version: "1.0" is what is allowed'),
        ("    outputs", "    depends_on: [two]\n    outputs", 8, "one: depends on 'two', which is no target"),
        ("    outputs", "    depends_on: [one]\n    outputs", 8, "depends_on goes round: one → one"),
        ("    outputs", "    timeout: 0\n    outputs", 8, "targets.one.timeout: does not keep exclusiveMinimum: 0"),
        ("    outputs", "    env: [A-B]\n    outputs", 8, "is the name of a variable of the environment"),
        ("    outputs", "    verification: {expected_min: 1}\n    outputs", 8, "targets.one.verification: "),
        (
            "    outputs", "    verification:\n      command: bash ./scripts/one.sh --check\n    outputs", 9,
            "one: its verification is its entrypoint, which would judge itself",
        ),
        (
            "    outputs", "    verification: {command: x, expected_min: 5, expected_max: 4}\n    outputs", 8,
            "one: expected_min is above expected_max",
        ),
        (
            "    outputs", "    verification:\n      schemas: {other/x.json: s.json}\n    outputs", 9,
            "one: 'other/x.json' is nothing that it writes or reads",
        ),
        ("    description: x\n", "", 3, "'description' is a required property"),
        ("    description: x\n", "    description: x\n    description: y\n", 6, "'description' stands here twice"),
        ("targets:\n", "targets:\n  one bad name:\n    a: 1\n", 2, "targets"),
        ("targets:\n", "git: {branch: --force}\ntargets:\n", 2, "git.branch: is the name of a branch"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, why: str) -> None:
    assert old in PULL
    said = refused(PULL.replace(old, new, 1))
    assert why in said
    if why:
        assert re.match(rf"sync\.yaml:{line}: ", said), said


SAFETY = PULL + "safety:\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("  drift_gates:\n    - {name: a, command: x}\n", 11, "one of min_value, max_drift"),
        ("  drift_gates:\n    - {name: a, command: x, min_value: 1, max_drift_score: 0}\n", 11, "exactly one of"),
        ("  drift_gates:\n    - {name: a, command: scripts/one.sh, min_value: 1}\n", 11, "the entrypoint of one"),
        ("  drift_gates:\n    - {name: a, command: [scripts/one.sh], min_value: 1}\n", 11, "the entrypoint of"),
        ("  post_sync_checks:\n    - {name: a, command: x && ./scripts/one.sh}\n", 11, "is the entrypoint of one"),
        ("  pre_sync_checks:\n    - {name: a, command: x}\n    - {name: a, command: y}\n", 12, "'a' stands"),
        ("  pre_sync_checks:\n    - {name: a, command: x, targets: [two]}\n", 11, "'two' is no target"),
        (
            "  pre_sync_checks:\n"
            "    - {name: a, command: x, targets: [one], skip_on_pull: true, skip_on_push: true}\n", 11,
            "a: is skipped wherever it would run",
        ),
        (
            "  drift_gates:\n    - {name: a, command: x, min_value: 1, targets: [one], skip_on_pull: true}\n", 11,
            "a: is skipped wherever it would run",
        ),
        ("  secret_baseline: out/one/b.yaml\n", 8, "one: 'out/one/**' holds the secret_baseline"),
        ("  secret_patterns: ['[']\n", 10, "is no regular expression"),
        ("  secret_patterns: ['x*']\n", 10, "'x*' matches everything"),
        ("  secret_pattern: [x]\n", 10, "unknown key 'secret_pattern' in safety; allowed: drift_gates"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_check_is_named_with_its_line(text: str, line: int, why: str) -> None:
    said = refused(SAFETY + text)
    assert why in said
    assert said.startswith(f"sync.yaml:{line}: "), said


def test_no_target_writes_what_the_workflow_installs_the_runner_from() -> None:
    said = refused(PULL + "workflow: {requirements: ./out/one/r.txt}\n")
    assert said == "sync.yaml:8: one: 'out/one/**' holds what the workflow installs the runner from", said


def test_no_target_writes_the_schema_that_judges_it() -> None:
    verified = "    verification: {schemas: {'out/one/*.json': out/one/s.json}}\n"
    said = refused(PULL + verified)
    assert said.startswith("sync.yaml:9: one: 'out/one/s.json' is among its outputs"), said
    parse(PULL + verified.replace("out/one/s.json", "schemas/s.json"))


def many(count: int, output: str, more: str = "") -> str:
    one = "  t{0}:\n    description: x\n    entrypoint: s/{0}.sh\n    outputs: ['{1}']\n{2}"
    targets = (one.format(n, output.format(n), more.format(n + 1)) for n in range(count))
    return 'version: "1.0"\ndefaults: {direction: pull}\ntargets:\n' + "".join(targets)


def test_two_targets_with_one_output_are_named_however_it_is_written() -> None:
    assert "t1: 'out/x.json' is an output of t0 too" in refused(many(2, "out/x.json"))
    text = many(2, "out/{}/x.json").replace("out/0/x.json", "out/*/x.js*")
    assert "t1: 'out/1/x.json' is an output of t0 too ('out/*/x.js*')" in refused(text)


def test_all_problems_are_told_where_somebody_asks_for_all() -> None:
    found = syncreading.build(document.validated(document.parsed(many(3, "out/**"), HERE), syncfile.SCHEMA))
    assert [problem.message[:2] for problem in checking.problems(found)] == ["t1", "t2", "t2"]


def test_a_long_chain_of_targets_goes_round_or_is_put_in_order() -> None:
    chain = many(1100, "out/{}/**", "    depends_on: [t{}]\n").replace("    depends_on: [t1100]\n", "")
    assert [target.name for target in parse(chain).ordered()][:2] == ["t1099", "t1098"]
    ring = many(300, "out/{}/**", "    depends_on: [t{}]\n").replace("[t300]", "[t0]")
    assert "depends_on goes round: t0 → t1" in refused(ring)


@pytest.mark.parametrize("output", ["out/{}/**", "out/{}.json", "out/*-{}.json", "out/{}-*"])
def test_outputs_of_a_thousand_targets_are_compared_with_few(output: str) -> None:
    """Of two that cannot meet by how they begin and end nobody asks whether they do."""
    outputs = [output.format(number) for number in range(1000)]
    assert len(list(checking._candidates(outputs))) < 10_000


def test_the_words_of_a_command_are_those_of_the_shell() -> None:
    command = syncfile.Command("test -f a && bash './scripts/x y.sh'; c|d", ())
    assert {"scripts/x y.sh", "c", "d", "test"} <= command.names
    assert command.argv == ("bash", "-o", "pipefail", "-c", command.text)
    assert syncfile.Command(None, ("a", "b c")).argv == ("a", "b c")
