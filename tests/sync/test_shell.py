"""What a script would do is followed as the real bash does it: output, status, and the commands that it comes to."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.systems.directional_sync.shell.running import run
from compliance.systems.directional_sync.shell.state import Oracle, World, initial, ways
from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "an error of arithmetic drops the line around it": """
        h=$(date -u +%H); if [ $((h % 6)) -eq 0 ]; then echo a; else echo b; fi
        echo behind""",
    "in double parentheses it is false": 'h=$(date +%H); if (( h % 6 == 0 )); then echo a; else echo b; fi',
    "in double brackets it is false too": 'h=$(date +%H); if [[ $h -eq 8 ]]; then echo a; else echo b; fi',
    "in single brackets there is no octal": 'h=$(date +%H); if [ "$h" -eq 8 ]; then echo a; else echo b; fi',
    "what 64 bits cannot hold comes round": """
        n=9223372036854775807; echo $((n + 1)) $((n * n)) $((-n - 2)) $((3 ** 50)) $((1 << 63)) $((0xffffffffffffffff))
        ((n++)); echo $n; n=$((n / -1)); echo $n $((99999999999999999999)); ((n *= 4)) || echo $n""",
    "with a base it is decimal": 'h=$(date +%H); echo $((10#$h % 12)) $((10#$h / 5)) $(( -7 % 3 )) $(( 2**5 - 0x1f ))',
    "a zero is taken away": 'h=$(date +%H); echo "${h#0}" "$(date +%-H)" "$(echo "$h" | sed \'s/^0*//\')" "${h:0:1}"',
    "let and increments": 'i=1; let "i=i+2"; (( i++ )); (( i += 4 )); echo $i; let "j=09" || echo no',
    "case with patterns": """
        for h in 00 06 7 12 x; do
          case "$h" in 00|06|1[28]) echo six;; [0-9]) echo digit ;; *) echo other ;; esac
        done""",
    "case falls through": "case a in a) echo 1 ;& b) echo 2 ;; c) echo 3 ;; esac",
    "a quoted pattern is a text": """
        x="a*"; [[ abc == $x ]] && echo y; [[ abc == "$x" ]] || echo n; [[ abc != a?c ]] || echo m""",
    "lists": """
        a=(one "two three"); a+=(four); for x in "${a[@]}"; do echo "<$x>"; done; echo ${#a[@]} ${a[1]} "${a[*]}"
        declare -A m=([x]="1 2" ["0 2 * * *"]=oca); echo ${m["0 2 * * *"]} "${m[x]}"
        m[y]=3; echo "${m[y]}" """,
    "splitting": """
        x=" a  b "; for i in $x; do echo "<$i>"; done; for i in "$x"c; do echo "<$i>"; done
        y=; echo a $y b "" c""",
    "defaults": 'echo "${a:-b}" "${a-c}" "${PATH:+set}" "${a:=d}" "$a" "${a:+e}"; x=; echo "${x:-f}" "${x-g}"',
    "cutting": 'f=a/b/c.tar.gz; echo ${f##*/} ${f#*/} ${f%.*} ${f%%.*} ${f/b/x} ${f//a/y} ${f^^} ${#f}',
    "set -e and conditions": """
        f() { false; echo in; }
        f || echo or
        if ! f; then echo no; fi
        x=$(false) || echo sub
        false && echo never
        echo still; f; echo never""",
    "without set -e": "set +e; false; echo $?; (exit 3); echo $?; ! true; echo $?; exit 4",
    "pipes": """
        echo a | false | true; echo $?
        set -o pipefail; true | false | true || echo $?; echo x | cat | tee /dev/null""",
    "a pipe is a shell of its own": """
        n=0; echo a | while read -r x; do n=1; done; echo $n
        { n=2; }; echo $n; ( n=3 ); echo $n""",
    "reading": 'while read -r a b; do echo "$b,$a"; done <<< "1 2 3"; read -r x <<< "p q"; echo "$x"',
    "here-documents": """
        x=1; cat <<END
        $x "quoted" \\$x $((x + 1))
        END
        cat <<'END'
        $x
        END
        echo behind""",
    "functions and locals": 'f() { local y=$1; echo "$# $y ${2:-none}"; return 3; }; f a b || echo $?; f "c d" || true',
    "eval": 'c="python run.py"; c="$c --target a"; eval "$c"; eval $c --x \'"p q"\'; bash -c "python inner"',
    "commands": """
        t=apps; args=(--ci); if [[ -n "$t" ]]; then args+=(--target "$t"); fi
        X=1 python run.py "${args[@]}" | tee /dev/null
        python other && python third; python "a  b" $t'x'"y\"""",
    "loops that are left": """
        for i in 1 2 3; do for j in {1..3}; do if [ $j = 2 ]; then continue 2; fi; echo $i$j; done; done
        i=0; while true; do i=$((i+1)); if (( i > 3 )); then break; fi; done; echo $i
        until false; do break; done""",
    "tests": """
        [[ -z "" && ( a == b || 3 -gt 2 ) ]] && echo 1; [ a = a -a b != c ] && echo 2
        [[ abc =~ ^a.c$ ]] && echo 3; [ ! -n "" ] && echo 4; [[ ! a < b ]] || echo 5""",
    "ternary and comparison": """
        x=5; echo $(( x > 3 ? x : 0 )) $(( x == 5 && x != 4 )) $(( !x )) $(( (x + 1) * 2 )) $(( x, 7 ))""",
    "printf": "printf '%s-%s\\n' a b c d; printf '%02d\\n' 7; printf 'plain\\n'",
    "date": "date -u +%H:%M; date +%d-%m-%u-%w-%k-%I-%p; TZ=UTC date +%a",
    "comments": "echo a # b\n# c 'd\necho e#f",
    "one line is one command": "x=$((08)); echo dropped\necho next",
    "in a function the error goes to the top": "f() { x=$((09)); echo in; }; f; echo dropped\necho next",
    "a subshell ends at the error": 'y=$(echo $((08)); echo more) || true; echo "[$y]"',
    "seq": "for i in $(seq 3); do echo $i; done; for i in $(seq 2 4); do echo -n $i; done",
    "status before an assignment": """
        set +e; false; code=$?; echo $code $?; x=1 y=$(true); echo $?; (exit 5); export z=$?; echo $z""",
    "status of an assignment": "x=$(false) || echo $?; export y=$(false); echo $?",
}  # fmt: skip


def really(folder: Path, script: str, at: datetime, options: list[str]) -> tuple[int, str, list[str]]:
    """By bash, with a `python` that notes what it was given and a clock that stands still."""
    fake, log = folder / "python", folder / "log"
    fake.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >> {log}\nprintf "\\n" >> {log}\n')
    fake.chmod(0o755)
    log.write_text("")
    clock = f'date() {{ command date -u -d "@{int(at.timestamp())}" "$@"; }}\n'
    done = subprocess.run(
        ["bash", *options, "-c", clock + script], capture_output=True, text=True, timeout=20, check=False,
        env={"PATH": f"{folder}:/usr/bin:/bin", "LC_ALL": "C"}, cwd=folder,
    )  # fmt: skip
    return done.returncode, done.stdout, log.read_text().splitlines()


def followed(script: str, at: datetime, *, pipefail: bool = False) -> tuple[int, str, list[str]]:
    world = World(at, Oracle([]), lambda _: 0)
    status, said = run(script, initial({"PATH": "/bin"}, pipefail=pipefail), world)
    said = said.replace(UNKNOWN, "")
    return status, said, ["|".join(call.words[1:]) + "|" for call in world.calls]


def dedented(script: str) -> str:
    return "\n".join(line.removeprefix("        ") for line in script.strip("\n").split("\n"))


@pytest.mark.parametrize("hour", [0, 8, 14])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_does_what_bash_does(name: str, hour: int, tmp_path: Path) -> None:
    at = datetime(2024, 1, 7, hour, 5, tzinfo=UTC)
    script = dedented(SCRIPTS[name])
    assert followed(script, at) == really(tmp_path, script, at, ["-e"])


_NAMES = st.sampled_from(["h", "n"])
_NUMBERS = st.one_of(
    st.sampled_from(["$h", "$n", "10#$h", "h", "n", "08", "010", "0x1f", "7"]), st.integers(0, 30).map(str)
)
_SUMS = st.recursive(
    _NUMBERS,
    lambda inner: st.tuples(
        inner, st.sampled_from(("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||")), inner
    ).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
    max_leaves=4,
)
_CONDITIONS = st.one_of(
    _SUMS.map(lambda text: f"(( {text} ))"),
    _SUMS.map(lambda text: f"[[ $(({text})) -eq 0 ]]"),
    st.tuples(_NUMBERS, st.sampled_from(["==", "!=", "-lt", "-eq"]), _NUMBERS).map(
        lambda each: f'[[ "{each[0]}" {each[1]} "{each[2]}" ]]'
    ),
    st.tuples(_NUMBERS, st.sampled_from(["=", "-ge", "-ne"]), _NUMBERS).map(
        lambda each: f'[ "{each[0]}" {each[1]} "{each[2]}" ]'
    ),
    st.sampled_from(["true", "false", "! true", '[[ "$h" == 0? ]]', '[ -z "$n" ]']),
)
_LEAVES = st.one_of(
    st.sampled_from(["echo one", "echo two", "false", "true", "n=$((n + 1))", 'echo "$n $h"', "python x $n"]),
    _SUMS.map(lambda text: f"n=$(({text}))"),
)
_BODIES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(_CONDITIONS, inner, inner).map(lambda e: f"if {e[0]}; then {e[1]}; else {e[2]}; fi"),
        st.tuples(_CONDITIONS, inner).map(lambda e: f"{e[0]} && {e[1]}"),
        st.tuples(_CONDITIONS, inner).map(lambda e: f"{e[0]} || {e[1]}"),
        st.tuples(inner, inner).map(lambda e: f"{e[0]}\n{e[1]}"),
        st.tuples(inner, inner).map(lambda e: f'case "$h" in 0[0-7]) {e[0]} ;; *) {e[1]} ;; esac'),
        inner.map(lambda e: f"for i in 1 2; do {e}; done"),
        inner.map(lambda e: f"( {e} )"),
    ),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_BODIES, hour=st.integers(0, 23))
def test_any_script_of_these_parts_does_what_bash_does(body: str, hour: int, tmp_path: Path) -> None:
    at = datetime(2024, 1, 7, hour, tzinfo=UTC)
    script = f"h=$(date -u +%H)\nn=1\n{body}\necho end $n"
    assert followed(script, at) == really(tmp_path, script, at, ["-e"])


@pytest.mark.prove
@settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_BODIES, hour=st.integers(0, 23))
def test_thousands_of_scripts_do_what_bash_does(body: str, hour: int, tmp_path: Path) -> None:
    at = datetime(2024, 1, 7, hour, tzinfo=UTC)
    script = f"h=$(date -u +%H)\nn=1\n{body}\necho end $n"
    assert followed(script, at, pipefail=True) == really(tmp_path, script, at, ["-eo", "pipefail"])


@pytest.mark.parametrize(
    "script",
    [
        "a=`date`", "echo $'x'", "select x in a; do :; done", "echo ${!x}", "sleep 1 & echo", "if true; then echo",
        "echo 'open", 'eval "$(cat file)"', "for ((i=0; i<3; i++)); do :; done", "source other.sh",
        "while true; do :; done",
        "echo a |& cat",
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_and_never_guessed(script: str) -> None:
    with pytest.raises(Unreadable):
        followed(script, datetime(2024, 1, 1, tzinfo=UTC))


def test_what_only_a_run_can_tell_goes_both_ways() -> None:
    seen = set()
    for oracle in ways():
        world = World(datetime(2024, 1, 1, tzinfo=UTC), oracle, lambda _: None)
        script = "if [ -f x ]; then python a; elif git diff --quiet; then python b; fi"
        script += '; case "$(cat y)" in z) python c;; esac'
        run(script, initial({}, pipefail=False), world)
        seen.add(tuple(call.words[1] for call in world.calls if call.words[0] == "python"))
    assert seen == {("a", "c"), ("a",), ("b", "c"), ("b",), ("c",), ()}
