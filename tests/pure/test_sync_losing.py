"""Where commands and scripts lose that something failed: told of each way that people wrote, of none that is sound.

What bash says decides: each text of the two lists is run, with a command that fails in the place of `fails`.
"""

from __future__ import annotations

import subprocess

import pytest

from compliance.systems.directional_sync import losing, pythonscript, scripts

LOST = [
    "fails || true",
    "fails || :",
    "fails || echo no",
    "fails || exit 0",
    "fails; true",
    "fails; echo done",
    "fails\nexit 0",
    "fails & true",
    "fails &",
    "for x in 1 2; do fails $x; done; true",
    "for x in 1 2; do test $x = 2 || fails; done",
    "if ! fails; then echo bad; fi",
    "if fails; then echo good; else echo bad; fi",
    "set +o pipefail; fails | cat",
    "find . -maxdepth 0 -exec fails {} \\;",
    "{ fails; true; }",
    "(fails; true)",
    "f() { fails; true; }\nf",
    "case a in a) fails; true ;; esac",
    "set -e\nfails && echo good\ntrue",
    "set -e\nset +e\nfails\ntrue",
    "exit 0\nfails",
    "set -e\n{ exit 0; fails; }\ntrue",
]
KEPT = [
    "fails",
    "true && fails",
    "fails | cat",
    "fails || exit 1",
    "fails || { echo bad; exit 3; }\ntrue",
    "set -e\nfails\ntrue",
    "set -e; for x in 1 2; do fails; done",
    "for x in 1 2; do fails || exit 1; done",
    "find . -maxdepth 0 -exec fails {} +",
    "find . -maxdepth 0 -print0 | xargs -0 fails",
    "if [ -d . ]; then fails; fi",
    "grep -q nothing /dev/null || true\nfails",
    "x=1\nfails",
    "echo begin\nfails",
    "f() { fails; }\nf",
    "if [ -f nowhere ]; then exit 0; fi\nfails",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "fails").write_text("#!/bin/sh\nexit 7\n")
    (folder / "fails").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def ended(text: str, path: str) -> int:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", text], env={"PATH": path}, capture_output=True, check=False
    )
    return done.returncode


@pytest.mark.parametrize("text", LOST)
def test_what_ends_well_though_something_failed_is_told(text: str, path: str) -> None:
    assert ended(text, path) == 0
    assert losing.lost(text, losing.Mode(pipefail=True))


@pytest.mark.parametrize("text", KEPT)
def test_what_ends_with_the_failure_is_not(text: str, path: str) -> None:
    assert ended(text, path) != 0
    assert losing.lost(text, losing.Mode(pipefail=True)) == []


@pytest.mark.parametrize(
    ("text", "code"), [("true", 0), (":", 0), ("exit 3", 3), ("! true", 1), ("echo a; false", 1)]
)
def test_what_always_ends_in_one_way_is_told(text: str, code: int, path: str) -> None:
    assert (losing.constant(text), ended(text, path)) == (code, code)


@pytest.mark.parametrize("text", ["fails", "test -f x", "jq . x", "true && fails"])
def test_what_may_end_in_two_ways_is_not(text: str) -> None:
    assert losing.constant(text) is None


COUNTERS = [
    ("n=0\nls | while read -r x; do n=$((n + 1)); done\necho $n", ["n"]),
    ("n=0\nls | while read -r x; do ((n++)); done\nexit $((n > 0))", ["n"]),
    ("bad=0\nls | { while read -r x; do let bad+=1; done; }\necho ${bad}", ["bad"]),
    ("f() {\nls | while read -r x; do bad=1; done\nreturn $bad\n}", ["bad"]),
    ("n=0\nls | while read -r x; do n=$((n + 1)); echo $n; done", []),
    ("n=0\nwhile read -r x; do n=$((n + 1)); done <list\necho $n", []),
    ("n=$(ls | wc -l)\necho $n", []),
]


@pytest.mark.parametrize(("body", "names"), COUNTERS)
def test_a_count_in_the_subshell_of_a_pipe_is_told(body: str, names: list[str]) -> None:
    found = scripts.losses_of(f"#!/bin/bash\nset -euo pipefail\n{body}\n")
    assert found is not None
    assert [loss.reason.split("'")[1] for loss in found if "subshell" in loss.reason] == names


@pytest.mark.parametrize(
    ("first", "name", "options"),
    [
        ("#!/usr/bin/env bash", "bash", ""),
        ("#!/bin/sh -eu", "sh", "-eu"),
        ("#! /usr/bin/python3.11", "python3.11", ""),
        ("#!/usr/bin/env -S LANG=C bash -e", "bash", "-e"),
        ("#!/usr/bin/env node", "node", ""),
        ("echo no", "", ""),
        ("", "", ""),
    ],
)
def test_the_first_line_says_which_language(first: str, name: str, options: str) -> None:
    assert scripts.language(f"{first}\nx\n") == (name, options)


PYTHON_LOST = [
    "try:\n    run()\nexcept Exception:\n    pass",
    "try:\n    run()\nexcept:\n    print('bad')",
    "for x in y:\n    try:\n        run(x)\n    except OSError as error:\n        log.warning(error)\n        continue",
    "import subprocess\nsubprocess.run(['x'])",
    "import subprocess\nsubprocess.run(['x'], check=False)",
    "import os\nos.system('x')",
    "import contextlib\nwith contextlib.suppress(Exception):\n    run()",
    "def main():\n    return 1\nif __name__ == '__main__':\n    main()",
    "def run(:",
]
PYTHON_KEPT = [
    "try:\n    run()\nexcept Exception:\n    print('bad')\n    raise",
    "try:\n    run()\nexcept Exception as error:\n    sys.exit(str(error))",
    "failed = []\ntry:\n    run()\nexcept Exception as error:\n    failed.append(error)\nsys.exit(len(failed))",
    "try:\n    import orjson\nexcept ImportError:\n    pass",
    "import subprocess\nsubprocess.run(['x'], check=True)",
    "import subprocess\ndone = subprocess.run(['x'])\nsys.exit(done.returncode)",
    "def main():\n    return 1\nif __name__ == '__main__':\n    sys.exit(main())",
    "def main():\n    return\nmain()",
]


@pytest.mark.parametrize("text", PYTHON_LOST)
def test_what_python_forgets_is_told(text: str) -> None:
    assert len(pythonscript.lost(text)) == 1


@pytest.mark.parametrize("text", PYTHON_KEPT)
def test_what_it_ends_with_is_not(text: str) -> None:
    assert pythonscript.lost(text) == []


def test_scripts_are_followed_to_those_that_they_start() -> None:
    texts = {
        "bin/a.sh": '#!/bin/bash\nset -euo pipefail\nhere=$(dirname "$0")\nexec python3 "$here/b.py" --x\n',
        "bin/b.py": "import c\n",
        "c.sh": "#!/bin/sh\nif true; then bash ./bin/a.sh; fi\n",
        "unread.sh": "#!/bin/sh\n",
    }
    assert scripts.reached(["c.sh"], texts) == ["c.sh", "bin/a.sh", "bin/b.py"]


def test_a_shell_of_which_something_is_left_out_is_told() -> None:
    found = scripts.losses_of("#!/bin/sh\necho\n")
    assert found is not None
    assert [loss.reason.partition(":")[0] for loss in found] == [
        "does not end at a failure", "takes a variable that is not set for an empty one",
    ]  # fmt: skip
    assert scripts.losses_of("#!/usr/bin/env node\n") is None
