"""Again, where the other side failed (`retries`), and in which order targets begin (`priority`, `depends_on`)."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from compliance.estate import document
from compliance.systems.directional_sync import syncfile, syncreading

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

# Fails as often as the file says, and tells each time that it was begun.
FAILING = """\
echo >>"$HOME/begun"
mkdir -p out
if [ "$(wc -l <"$HOME/begun")" -le {times} ]; then echo half >out/half.txt; echo "not now" >&2; exit 1; fi
echo whole >out/whole.txt
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.sync.trying._FIRST", 0.01)
    monkeypatch.setattr("compliance.sync.trying._LONGEST", 0.02)


def begun(tmp_path: Path) -> int:
    return len((tmp_path / "begun").read_text().splitlines())


def test_who_fails_once_is_begun_again_and_nothing_of_the_first_attempt_lands(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.pull("it", FAILING.format(times=1), retries=2, idempotent=False)
    sandbox.commit()
    done = sandbox.run("--json")
    assert done.code == 0, done.told
    assert done.result["message"] == "landed: 1 added (attempt 2 of 3)"
    assert sandbox.committed() == ["out/whole.txt"]
    assert begun(tmp_path) == 2


def test_who_always_fails_is_begun_so_often_and_no_more(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.pull("it", FAILING.format(times=99), retries=2)
    before = sandbox.commit()
    done = sandbox.run("--json")
    assert done.code == 1
    assert done.result["message"].endswith("(attempt 3 of 3)")
    assert "not now" in done.result["output"]
    assert begun(tmp_path) == 3
    assert sandbox.untouched(before)


def test_without_retries_it_is_begun_once(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.pull("it", FAILING.format(times=1))
    sandbox.commit()
    assert sandbox.run().code == 1
    assert begun(tmp_path) == 1


def test_defaults_give_retries_to_all(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.pull("it", FAILING.format(times=1), idempotent=False)
    sandbox.rest["defaults"] = {"retries": 1}
    sandbox.commit()
    assert sandbox.run().code == 0
    assert begun(tmp_path) == 2


def test_what_the_runner_finds_wrong_is_wrong_another_time_too(sandbox: Sandbox, tmp_path: Path) -> None:
    script = 'echo >>"$HOME/begun"\nmkdir -p out\necho >>out/x.txt\n'
    sandbox.pull("it", script, retries=5)
    sandbox.commit()
    done = sandbox.run("--json")
    assert "not idempotent" in done.result["message"]
    assert "attempt" not in done.result["message"]
    assert begun(tmp_path) == 2  # its two runs of one attempt


def test_who_took_too_long_is_begun_again(sandbox: Sandbox, tmp_path: Path) -> None:
    script = FAILING.format(times=0).replace(
        "mkdir", '[ "$(wc -l <"$HOME/begun")" -gt 1 ] || sleep 30\nmkdir', 1
    )
    sandbox.pull("it", script, retries=1, timeout=1, idempotent=False)
    sandbox.commit()
    done = sandbox.run("--json")
    assert done.result["message"] == "landed: 1 added (attempt 2 of 2)"


@pytest.mark.parametrize(("code", "times"), [(75, 3), (1, 1)])
def test_a_connector_says_itself_whether_another_time_may_go_well(
    sandbox: Sandbox, tmp_path: Path, code: int, times: int
) -> None:
    """Repositories that are not there are asked for once; those of a host that does not answer, again."""
    url = "http://127.0.0.1:9/x" if code == 75 else str(tmp_path / "nowhere")
    sandbox.targets["it"] = {
        "description": "it", "direction": "pull", "connector": "git_repositories", "outputs": ["out/**"], "retries": 2,
        "config": {"into": "out", "repositories": [{"name": "x", "url": url}]},
    }  # fmt: skip
    before = sandbox.commit()
    done = sandbox.run("--json")
    assert done.code == 1
    assert done.result["message"].startswith("git_repositories: "), "it says why itself"
    assert "x: " in done.result["message"]
    assert ("(attempt 3 of 3)" in done.result["message"]) == (times == 3)
    assert sandbox.untouched(before)


def test_ctrl_c_during_the_wait_ends_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.pull("it", FAILING.format(times=99), retries=10)
    before = sandbox.commit()
    process = sandbox.start()  # another process, whose waits are as long as they are
    deadline = time.monotonic() + 30
    while not (tmp_path / "begun").exists() or begun(tmp_path) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)  # it has failed, and waits for about two seconds
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - asked < 1.5
    assert begun(tmp_path) == 3
    assert sandbox.untouched(before)


def test_parts_that_failed_for_now_are_tried_again_and_then_land_without_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    script = """echo >>"$HOME/begun"; mkdir -p out; echo a >out/a.txt
    echo '{"message": "1 part", "failed": {"b": "away"}, "passing": true}' >"$SYNC_RESULT"
    """
    sandbox.pull("it", script, retries=1, idempotent=False)
    sandbox.commit()
    done = sandbox.run("--json")
    assert done.code == 1
    assert done.result["message"] == "landed: 1 added; 1 part; 1 failed: b: away (attempt 2 of 2)"
    assert done.result["incomplete"] == ["b: away"]
    assert sandbox.committed() == ["out/a.txt"]
    assert begun(tmp_path) == 2


def test_what_is_written_to_the_result_and_cannot_be_read_fails(sandbox: Sandbox) -> None:
    sandbox.pull("it", 'mkdir -p out; echo a >out/a.txt; echo \'{"failed": [\' >"$SYNC_RESULT"')
    before = sandbox.commit()
    assert "SYNC_RESULT cannot be read" in sandbox.run("--json").result["message"]
    assert sandbox.untouched(before)


# --- the order -------------------------------------------------------------------------------------------------


def order(sandbox: Sandbox, tmp_path: Path, **keys: dict[str, Any]) -> list[str]:
    """In which they were begun, one at a time."""
    for name, more in keys.items():
        script = f'echo {name} >>"$HOME/order"; mkdir -p out/{name}; echo >out/{name}/x.txt; echo x >>out/{name}/x.txt'
        sandbox.pull(name, script, outputs=[f"out/{name}/**"], idempotent=False, **more)
    sandbox.commit()
    done = sandbox.run("--jobs", "1")
    assert done.code == 0, done.told
    return (tmp_path / "order").read_text().split()


def test_who_has_the_higher_priority_begins_first_and_equals_as_in_the_file(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    found = order(sandbox, tmp_path, low={"priority": -1}, one={}, two={}, high={"priority": 5})
    assert found == ["high", "one", "two", "low"]


def test_what_it_depends_on_comes_before_it_whatever_its_priority(sandbox: Sandbox, tmp_path: Path) -> None:
    found = order(
        sandbox,
        tmp_path,
        other={"priority": 1},
        base={"priority": -9},
        top={"priority": 9, "depends_on": ["base"]},
    )
    assert found == ["base", "top", "other"]


def test_the_order_of_a_file_is_the_same_each_time(tmp_path: Path) -> None:
    """A thousand targets of three priorities, each of which depends on one before it."""
    lines = ['version: "1.0"', "targets:"]
    for number in range(1000):
        needs = f", depends_on: [t{number // 2:03}]" if number else ""
        lines.append(
            f"  t{number:03}: {{description: x, direction: pull, entrypoint: x, outputs: ['o/{number}/*']"
            f", priority: {number % 3}{needs}}}"
        )
    place = tmp_path / "sync.yaml"
    place.write_text("\n".join(lines) + "\n")
    file = syncreading.parse(document.load(place, syncfile.SCHEMA))
    names = [target.name for target in file.ordered()]
    assert names == [target.name for target in file.ordered()]
    at = {name: place for place, name in enumerate(names)}
    assert all(at[f"t{number // 2:03}"] < at[f"t{number:03}"] for number in range(1, 1000))
    assert sorted(names) == sorted(file.targets)
