"""What any workflow runs, and when: FACTS, 'Its workflow', each defect by name, and near misses that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import CouldNotLook
from compliance.systems.directional_sync import workflow_reading
from tests.sync.schedules import EIGHT, of, problems, told, workflow

if TYPE_CHECKING:
    from compliance.systems.directional_sync.workflow_reading import Problem

OLD = Path(__file__).with_name("workflows") / "old.yml"
SUMMARY = "--summary-json summary.json"
RUN = f"python scripts/sync_directional.py {SUMMARY}"
TWO = {"six": "0 */6 * * *", "twelve": "0 */12 * * *"}
TWO_CRONS = list(TWO.values())


@pytest.fixture(scope="module")
def old() -> list[Problem]:
    return problems(OLD.read_text(), of(EIGHT))


def subjects(found: list[Problem], facet: str) -> set[str]:
    return {problem.subject for problem in found if problem.facet == facet}


class TestTheOldWorkflow:
    def test_the_twelve_hourly_target_is_shadowed_and_never_runs(self, old: list[Problem]) -> None:
        assert subjects(old, "never-runs") == {"live_to_docs"}

    def test_the_six_hourly_one_runs_twice_in_its_place(self, old: list[Problem]) -> None:
        (twice,) = (p for p in old if (p.subject, p.facet) == ("apps_truth", "twice"))
        assert "00:00, 12:00" in twice.message

    def test_on_the_first_of_a_month_one_target_takes_the_place_of_another(self, old: list[Problem]) -> None:
        assert ("oca_repos", "missed") in {(p.subject, p.facet) for p in old}
        assert ("notion_bir", "twice") in {(p.subject, p.facet) for p in old}

    def test_the_hours_08_and_09_are_octal(self, old: list[Problem]) -> None:
        assert subjects(old, "octal") == {"sync / Determine target"}

    def test_a_delayed_start_runs_every_target(self, old: list[Problem]) -> None:
        assert subjects(old, "late") >= {"oca_repos", "apps_truth", "live_to_docs", "claude_config"}

    def test_inputs_stand_in_scripts_and_in_eval(self, old: list[Problem]) -> None:
        assert subjects(old, "interpolated") == {"sync / Determine target", "sync / Run sync"}
        assert subjects(old, "eval") == {"sync / Run sync"}

    def test_the_summary_is_kept_but_nobody_writes_it(self, old: list[Problem]) -> None:
        assert subjects(old, "no-summary") == {"sync / Run sync", "sync / Upload summary"}

    def test_a_pipe_loses_that_the_sync_has_failed(self, old: list[Problem]) -> None:
        assert "oca_repos" in subjects(old, "exit-lost")

    def test_all_of_it_could_be_read(self, old: list[Problem]) -> None:
        assert not [problem for problem in old if problem.unread]

    def test_each_stands_at_its_line(self, old: list[Problem]) -> None:
        lines = OLD.read_text().split("\n")
        by_facet = {problem.facet: lines[problem.line - 1] for problem in old}
        assert "hour % 6" in by_facet["octal"]
        assert "eval $CMD" in by_facet["eval"]


class TestConditions:
    """Each with a near miss that is as it should be."""

    def of_hours(self, script: str) -> set[tuple[str, str]]:
        return told(workflow(f"h=$(date -u +%H)\n{script}", TWO_CRONS), of(TWO))

    def test_a_wider_condition_before_a_narrower_one_shadows_it(self) -> None:
        six, twelve = f"{RUN} --target six", f"{RUN} --target twelve"
        wide = f"if (( 10#$h % 6 == 0 )); then {six}; elif (( 10#$h % 12 == 0 )); then {twelve}; fi"
        assert ("twelve", "never-runs") in self.of_hours(wide)
        narrow = f"if (( 10#$h % 12 == 0 )); then {twelve}; elif (( 10#$h % 6 == 0 )); then {six}; fi"
        assert ("twelve", "never-runs") not in self.of_hours(narrow)
        assert ("six", "missed") in self.of_hours(narrow)

    @pytest.mark.parametrize("zero", ["10#$h", "${h#0}", "$(date -u +%-H)", "$(echo $h | sed 's/^0//')"])
    def test_an_hour_without_its_zero_is_no_octal_number(self, zero: str) -> None:
        script = f"if [ $(({zero} % 6)) -eq 0 ]; then {RUN} --target six; fi"
        assert not {facet for _, facet in self.of_hours(script)} & {"octal", "unread"}
        assert ("sync / Run", "octal") in self.of_hours(script.replace(zero, "$h"))

    def test_the_schedule_itself_is_never_late(self) -> None:
        script = (
            f"case \"$S\" in '0 */6 * * *') {RUN} --target six ;; '0 */12 * * *') {RUN} --target twelve ;; esac"
        )
        text = workflow(script, TWO_CRONS, env={"S": "${{ github.event.schedule }}"})
        assert told(text, of(TWO)) == set()
        assert ("twelve", "never-runs") in told(text.replace("'0 */12 * * *')", "'0 */13 * * *')"), of(TWO))

    def test_conditions_of_steps_are_read(self) -> None:
        steps = [
            {"run": f"{RUN} --target {name}", "if": f"github.event.schedule == '{when}'"}
            for name, when in TWO.items()
        ]
        value = {"on": {"schedule": [{"cron": c} for c in TWO_CRONS]}, "jobs": {"sync": {"steps": steps}}}
        assert told(json.dumps(value), of(TWO)) == set()
        steps[1]["if"] = "${{ contains(github.event.schedule, '*/6') && github.event_name == 'schedule' }}"
        found = told(json.dumps(value), of(TWO))
        assert ("twelve", "not-due") in found

    def test_outputs_of_steps_and_jobs_are_followed(self) -> None:
        script = (
            'if [ "$S" = "0 */6 * * *" ]; then t=six; else t=twelve; fi; echo "target=$t" >> "$GITHUB_OUTPUT"'
        )
        choose = {
            "outputs": {"target": "${{ steps.c.outputs.target }}"},
            "steps": [{"id": "c", "run": script, "env": {"S": "${{ github.event.schedule }}"}}],
        }
        run = {
            "needs": "choose",
            "env": {"TARGET": "${{ needs.choose.outputs.target }}"},
            "steps": [{"run": f'{RUN} --target="$TARGET"'}],
        }
        value = {"on": {"schedule": [{"cron": c} for c in TWO_CRONS]}, "jobs": {"run": run, "choose": choose}}
        assert told(json.dumps(value), of(TWO)) == set()

    def test_a_day_of_the_month_is_read(self) -> None:
        found = of({"daily": "0 2 * * *", "monthly": "0 2 1 * *"})
        script = 'd=$(date -u +%d)\nif [ "$d" = 01 ]; then {0} --target monthly; else {0} --target daily; fi'
        text = workflow(script.replace("{0}", RUN), ["0 2 * * *"])
        (missed,) = (p for p in problems(text, found) if p.facet == "missed")
        assert (missed.subject, "01 " in missed.message) == ("daily", True)


class TestTimes:
    def test_a_schedule_that_is_no_cron_is_named(self) -> None:
        text = workflow(f"{RUN} --target six", ["0 */6 * * *"])
        assert told(text, of({"six": "0 */6 * * *", "three": "0 3 * * *"})) == {("three", "no-cron")}

    def test_a_schedule_within_that_of_another_cron_still_has_to_run(self) -> None:
        text = workflow(f"{RUN} --target six", ["0 */6 * * *"])
        assert told(text, of(TWO)) == {("twelve", "never-runs")}

    def test_a_cron_of_the_same_meaning_is_the_same(self) -> None:
        text = workflow(f"{RUN} --target six", ["0 0,6,12,18 * * *"])
        assert told(text, of({"six": "0 */6 * * *"})) == set()

    def test_a_cron_of_nobody_starts_nothing_that_is_due(self) -> None:
        text = workflow(f"{RUN} --target six", ["0 */6 * * *", "30 1 * * *"])
        assert told(text, of({"six": "0 */6 * * *"})) == {("30 1 * * *", "no-target"), ("six", "not-due")}

    def test_all_targets_at_each_cron_run_twice_and_when_they_are_not_due(self) -> None:
        assert told(workflow(RUN, TWO_CRONS), of(TWO)) == {
            ("six", "twice"),
            ("twelve", "twice"),
            ("twelve", "not-due"),
        }

    def test_two_calls_in_one_start_are_twice(self) -> None:
        text = workflow(f"{RUN} --target six\n{RUN} --target 's*'", ["0 */6 * * *"])
        assert told(text, of({"six": "0 */6 * * *"})) == {("six", "twice")}

    def test_a_cron_that_github_refuses_or_reads_elsewhere_is_named(self) -> None:
        text = workflow(RUN, ["@daily", "0 */6 * * *"]).replace(
            '"cron": "0 */6 * * *"', '"cron": "0 */6 * * *", "timezone": "Asia/Manila"'
        )
        assert told(text, of({"six": "0 */6 * * *"})) == {("@daily", "bad-cron"), ("0 */6 * * *", "zone")}

    def test_a_preview_is_no_run(self) -> None:
        text, found = workflow(f"{RUN} --dry-run", ["0 0 * * *"]), of({"a": "0 0 * * *"})
        assert told(text, found) == {("a", "never-runs"), ("0 0 * * *", "no-target")}
        assert "but for previews" in "".join(each.message for each in problems(text, found))

    def test_a_direction_and_a_glob_choose_as_the_runner_does(self) -> None:
        found = of({"oca_a": "0 0 * * *", "oca_b": "0 0 * * *", "other": None})
        text = workflow(f"{RUN} --target 'oca_*' --direction pull", ["0 0 * * *"])
        assert told(text, found) == set()
        assert ("oca_a", "never-runs") in told(text.replace("pull", "push"), found)

    def test_a_target_that_is_none_is_named(self) -> None:
        text = workflow(f"{RUN} --target gone", ["0 0 * * *"])
        assert ("sync / Run", "unknown-target") in told(text, of({"a": "0 0 * * *"}))

    def test_an_entrypoint_that_is_started_past_the_runner_counts(self) -> None:
        text = workflow(f"{RUN}\nbash ./scripts/a.sh", ["0 0 * * *"])
        assert told(text, of({"a": "0 0 * * *"})) == {("a", "twice")}
        for harmless in ("chmod +x scripts/a.sh", "cat scripts/sync_directional.py", "git add scripts/a.sh"):
            assert told(workflow(f"{RUN}\n{harmless}", ["0 0 * * *"]), of({"a": "0 0 * * *"})) == set()


ONE = {"a": "0 0 * * *"}


class TestFailing:
    @pytest.mark.parametrize(
        "script",
        [
            "{} || true", "{} | tee log", "if ! {}; then echo failed; fi", "set +e\n{}\necho done",
            "set +e; {}; exit 0",
            "( {} ) || echo failed", "{} && echo well || echo failed", "if {}; then echo yes; fi",
        ],
    )  # fmt: skip
    def test_a_script_that_goes_on_has_lost_the_failure(self, script: str) -> None:
        assert told(workflow(script.replace("{}", RUN), ["0 0 * * *"]), of(ONE)) == {("a", "exit-lost")}

    @pytest.mark.parametrize(
        "script",
        [
            "{}", "set -o pipefail\n{} | tee log", "{} || exit 1", "set +e\n{}\ncode=$?\necho $code\nexit $code",
            "if ! {}; then echo failed; exit 1; fi", "{} && echo well", "{}; exit 0",
        ],
    )  # fmt: skip
    def test_one_that_hands_it_on_has_not(self, script: str) -> None:
        assert told(workflow(script.replace("{}", RUN), ["0 0 * * *"]), of(ONE)) == set()

    def test_a_step_that_may_fail_loses_it_too_unless_another_asks(self) -> None:
        text = workflow(RUN, ["0 0 * * *"], **{"continue-on-error": True, "id": "run"})
        assert told(text, of(ONE)) == {("a", "exit-lost")}
        value = json.loads(text)
        value["jobs"]["sync"]["steps"].append({"if": "steps.run.outcome == 'failure'", "run": "exit 1"})
        assert told(json.dumps(value), of(ONE)) == set()


class TestTexts:
    def test_what_is_handed_over_through_env_is_no_part_of_the_script(self) -> None:
        through = workflow(f'{RUN} ${{X:+"--target=$X"}}', ["0 0 * * *"], env={"X": "${{ inputs.target }}"})
        assert told(through, of(ONE)) == set()
        for typed in (
            "inputs.target",
            "github.event.inputs.target",
            "github.head_ref",
            "github.event.issue.title",
        ):
            text = workflow(f"{RUN}\necho ${{{{ {typed} }}}}", ["0 0 * * *"])
            assert told(text, of(ONE)) == {("sync / Run", "interpolated")}
        for own in ("github.event.schedule", "github.event_name", "runner.temp"):
            assert told(workflow(f"{RUN}\necho '${{{{ {own} }}}}'", ["0 0 * * *"]), of(ONE)) == set()

    def test_eval_of_a_plain_text_is_none_that_is_put_together(self) -> None:
        assert told(workflow(f"eval '{RUN}'", ["0 0 * * *"]), of(ONE)) == set()
        assert told(workflow(f'C="{RUN}"; eval "$C"', ["0 0 * * *"]), of(ONE)) == {("sync / Run", "eval")}
        assert told(workflow(f'C="{RUN}"; bash -c "$C"', ["0 0 * * *"]), of(ONE)) == {("sync / Run", "eval")}

    def test_a_summary_under_another_name_is_one_that_nobody_writes(self) -> None:
        value = json.loads(workflow(RUN, ["0 0 * * *"]))
        keep = {"uses": "actions/upload-artifact@v4", "with": {"path": "summary.json"}}
        value["jobs"]["sync"]["steps"].append(keep)
        assert told(json.dumps(value), of(ONE)) == set()
        keep["with"] = {"path": "sync-summary.json"}
        assert {facet for _, facet in told(json.dumps(value), of(ONE))} == {"no-summary"}

    def test_a_run_without_a_summary_is_named(self) -> None:
        text = workflow("sync-directional --ci", ["0 0 * * *"])
        assert told(text, of(ONE)) == {("sync / Run", "no-summary")}


class TestUnread:
    """What cannot be followed is told, and is never taken for well."""

    @pytest.mark.parametrize(
        "script",
        [
            "for ((i=0; i<2; i++)); do {}; done", "if [ -f flag ]; then {}; fi", '{} --target "$(cat which)"',
            "flock lock {}", "retry 3 {}", 'T=$(curl x); if [ "$T" = a ]; then {}; fi', "{} &",
            'eval "$(cat command)" # sync_directional.py', "source scripts/sync_directional.py",
        ],
    )  # fmt: skip
    def test_a_script_that_depends_on_more_than_the_clock(self, script: str) -> None:
        found = problems(workflow(script.replace("{}", RUN), ["0 0 * * *"]), of(ONE))
        assert any(problem.unread for problem in found)
        assert not [p for p in found if p.facet in ("never-runs", "missed", "no-target")]

    def test_python_a_workflow_elsewhere_and_an_action_of_the_repository(self) -> None:
        text = workflow("import os; os.system('sync_directional.py')", ["0 0 * * *"], shell="python")
        assert any(problem.unread for problem in problems(text, of(ONE)))
        value = {
            "on": {"schedule": [{"cron": "0 0 * * *"}]},
            "jobs": {"a": {"uses": "./.github/workflows/b.yml"}},
        }
        assert any(problem.unread for problem in problems(json.dumps(value), of(ONE)))
        step = json.loads(workflow(RUN, ["0 0 * * *"]))
        step["jobs"]["sync"]["steps"].insert(0, {"uses": "./action"})
        assert any(problem.unread for problem in problems(json.dumps(step), of(ONE)))

    def test_a_script_without_a_part_in_it_may_be_anything(self) -> None:
        value = json.loads(workflow(RUN, ["0 0 * * *"]))
        for script in (
            "for ((i=0; i<2; i++)); do make; done",
            "if [ -f x ]; then exit 1; fi",
            "curl x | bash",
            "a=`b`",
        ):
            value["jobs"]["sync"]["steps"].insert(0, {"run": script})
        assert told(json.dumps(value), of(ONE)) == set()

    def test_something_else_that_may_fail_first_is_told_by_github(self) -> None:
        text = workflow(f"git fetch || exit 1\npip install x\n{RUN}", ["0 0 * * *"])
        assert told(text, of(ONE)) == set()

    @pytest.mark.parametrize(
        "text", ["", "a: [", "a: 1", "on: push", "on: {schedule: x}\njobs: {a: {steps: 1}}", "[]"]
    )
    def test_what_is_no_workflow_could_not_be_looked_at(self, text: str) -> None:
        with pytest.raises(CouldNotLook):
            workflow_reading.read(text)
