"""Secrets: what is about to be committed or sent is looked through; places are told, values never."""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import ConfigurationError
from compliance.sync import assignments, baseline, detecting, scanning
from compliance.sync.process import Interrupted

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
# The document's own (003, 'Secret Protection').
PATTERNS = ["NOTION_API_TOKEN", "NOTION_.*_DB_ID", "GITHUB_TOKEN", "SUPABASE_.*KEY", "password", "secret"]
VALUE = "qT7" + "vXz91Lm0p"  # in two parts: this file is looked through as well
TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


def scan(folder: Path, path: str, text: str | bytes, patterns: list[str] = PATTERNS) -> list[str]:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    found = scanning.scan([path], folder, [re.compile(each, re.IGNORECASE) for each in patterns])
    return [leak.shown for leak in found.leaks]


# What went wrong with the runner that people wrote before (FACTS.md), by name.


def test_old_failure_secret_patterns_were_read_by_nothing(sandbox: Sandbox) -> None:
    """A pattern of sync.yaml is what makes this a secret; without it the same file lands."""
    sandbox.pull("pull", f"mkdir -p out; echo 'NOTION_FIELDS_DB_ID={VALUE}' > out/env.txt")
    sandbox.rest = {"safety": {"secret_patterns": PATTERNS}}
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/env.txt:1: a value for NOTION_FIELDS_DB_ID" in ran.told
    assert VALUE not in ran.told
    assert sandbox.untouched(before)
    sandbox.rest = {}
    sandbox.commit()
    assert sandbox.run().code == 0


def test_old_failure_the_secret_check_matched_its_own_repository_388_times(tmp_path: Path) -> None:
    """The document itself, its patterns and checks, and prose about secrets: a mention is none."""
    text = "\n".join([
        "secret_patterns:", *(f"  - {each}" for each in PATTERNS), "  - `NOTION_API_TOKEN`",
        """command: "git grep -i -E '(password|secret|token).*=' | grep -v '.insightpulse/sync.yaml'\"""",
        "secret_baseline: .insightpulse/secrets.yaml", "env: [NOTION_API_TOKEN, GITHUB_TOKEN]",
        "3. Sanitize secrets (replace with placeholders)", "export NOTION_API_TOKEN=secret_...",
        "export GITHUB_TOKEN=ghp_...", "Secrets: set in CI or .env", "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    ])  # fmt: skip
    assert scan(tmp_path, ".insightpulse/sync.yaml", text) == []
    assert scan(tmp_path, "docs/sync.md", text) == []


def test_sync_yaml_of_the_reference_repository_is_not_hit() -> None:
    folder = ROOT / "fixtures" / "reference" / "repository"
    files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    found = scanning.scan(files, folder, [re.compile(each, re.IGNORECASE) for each in PATTERNS])
    assert files
    assert [leak.shown for leak in found.leaks] == []


@pytest.mark.prove
def test_the_code_of_this_project_is_not_hit() -> None:
    """Tests plant secrets; code and probes hold none."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "compliance", "probes"], cwd=ROOT, capture_output=True, check=True
    )
    files = listed.stdout.decode().strip("\0").split("\0")
    assert scanning.scan(files, ROOT, [re.compile(each, re.IGNORECASE) for each in PATTERNS]).leaks == ()


# What is one.


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env", f"PASSWORD={VALUE}"),  # detect-secrets misses unquoted values
        (".env", f"export DB_PASSWORD={VALUE}"),
        ("out/ENV_VARS.prod.txt", f"SUPABASE_ANON_KEY={VALUE}"),
        ("out/DB_CONFIG.prod.txt", f"db_password = {VALUE}"),
        ("a.yaml", f"password: {VALUE}"),
        ("a.yaml", f"password: {VALUE}  # of production"),
        ("a.yaml", "password: 'correct horse battery staple'"),
        ("a.json", f'{{"password": "{VALUE}"}}'),
        ("a.json", f'{{"text": "{{\\"password\\": \\"{VALUE}\\"}}"}}'),
        ("a.json", f'{{"key": "DB_PASSWORD", "scope": "RUN", "value": "{VALUE}"}}'),
        ("a.py", f"password = '{VALUE}'"),
        ("a.ts", f'const apiKey = "{VALUE}";'),
        ("a.sh", f"run --password={VALUE}"),
        ("a.md", f"Password: {VALUE}"),
        ("a.txt", f"https://api.example.org/x?api_key={VALUE}&page=1"),
        ("a.txt", f"postgresql://app:{VALUE}@db/x"),
        ("a.txt", f"token {TOKEN}"),
        ("a.txt", f"Authorization: Bearer {VALUE}{VALUE}"),
        ("a.txt", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("a.lock", f'"token": "{VALUE}"'),  # an ending that detect-secrets does not look at
        ("a.py", f"use(login('{TOKEN}'))"),  # a line that it drops
        ("a.py", f"password = '{VALUE}'  # pragma: allowlist secret"),  # nobody reviewed that
        ("a.yml", f"DATABASE_PASSWORD: ${{DB:-{VALUE}}}"),
    ],
)  # fmt: skip
def test_a_value_is_found(tmp_path: Path, path: str, line: str) -> None:
    found = scan(tmp_path, path, f"first\n{line}\nlast\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"{path}:2: ")
    assert VALUE not in found[0]
    assert TOKEN not in found[0]


def test_what_a_name_holds_may_stand_some_lines_below(tmp_path: Path) -> None:
    """As the settings of an application are told: pretty-printed JSON, and YAML."""
    told = json.dumps({"envs": [{"key": "DB_PASSWORD", "scope": "RUN", "type": "X", "value": VALUE}]}, indent=2)
    assert scan(tmp_path, "apps.json", told) == ["apps.json:7: a value for DB_PASSWORD"]
    assert scan(tmp_path, "app.yaml", f"env:\n- name: API_KEY\n  value: {VALUE}\n") == [
        "app.yaml:3: a value for API_KEY"
    ]
    assert scan(tmp_path, "app.yaml", f"env:\n- name: PLACE\n  value: {VALUE}\n") == []


# What is none.


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env", "PASSWORD="), (".env", "PASSWORD=${DB_PASSWORD}"), (".env", "PASSWORD=$DB_PASSWORD"),
        (".env", "PASSWORD=<your password>"), (".env", "PASSWORD=********"), (".env", "PASSWORD=REDACTED"),
        ("a.yaml", "password: null"), ("a.yaml", "password: true"), ("a.yaml", "password: !vault x"),
        ("a.yaml", "password: '{{ vault_password }}'"), ("a.yaml", "max_tokens: 4096"),
        ("a.yaml", "password_file: /run/secrets/db"), ("a.yaml", "secret_name: database"),
        ("a.json", '{"password": {"type": "string"}}'), ("a.json", '{"token_env": "NOTION_API_TOKEN"}'),
        ("a.json", '{"key": "DB_PASSWORD", "value": "EV[1:abc:def]"}'),
        ("a.ts", "password: string;"), ("a.ts", "const token = await login(user);"),
        ("a.py", "password = settings.password"), ("a.py", "password = os.environ['DB_PASSWORD']"),
        ("a.py", "def login(password: str) -> None:"), ("a.py", "if password == given_password:"),
        ("a.py", "tokenizer = 'wordpiece'"), ("a.md", "Password: required"), ("a.md", "The secret: see the vault"),
        ("a.json", '{"commit": "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"}'),
        ("a.json", '{"id": "0b0a4f5e-52a7-4f0e-9d3a-1c2b3d4e5f60"}'), ("a.json", '{"token-providers": "^3.928.0"}'),
        ("a.json", '{"integrity": "sha512-' + "Ab1" * 28 + '=="}'),
        ("a.sh", 'password="$(cat /run/secrets/db)"'), ("a.yml", "url: postgres://app:${DB_PASSWORD:?}@db/x"),
        ("a.md", "postgresql://user:password@host/database"),
    ],
)  # fmt: skip
def test_a_mention_or_a_reference_is_none(tmp_path: Path, path: str, line: str) -> None:
    assert scan(tmp_path, path, line + "\n") == []


# Over which files, in which form.


def test_only_what_changes_is_looked_through(sandbox: Sandbox) -> None:
    """What already stands in the repository stood there: the sync of another file is not held up by it."""
    sandbox.file("old/config.env", f"PASSWORD={VALUE}\n")
    sandbox.pull("pull", "mkdir -p out; echo 1 > out/file")
    sandbox.rest = {"safety": {"secret_patterns": PATTERNS}}
    sandbox.commit()
    assert sandbox.run().code == 0


def test_a_push_of_a_secret_is_refused_before_its_entrypoint_starts(sandbox: Sandbox) -> None:
    sandbox.target("push", "touch ../started", direction="push", inputs=["docs/**"])
    sandbox.file("docs/a.env", f"PASSWORD={VALUE}\n")
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "docs/a.env:1" in ran.told
    assert VALUE not in ran.told
    assert not list(sandbox.root.parent.rglob("started"))


def test_utf_16_is_read_and_other_bytes_do_no_harm(tmp_path: Path) -> None:
    assert scan(tmp_path, "a.env", f"x\nPASSWORD={VALUE}\n".encode("utf-16")) == [
        "a.env:2: a value for PASSWORD"
    ]
    assert scan(tmp_path, "a.bin", bytes(range(256)) * 20) == []
    assert len(scan(tmp_path, "b.bin", b"\xff\xfe\x00\n" + f"PASSWORD={VALUE}\n".encode())) <= 1


def test_a_secret_is_found_wherever_it_stands_in_one_long_line(tmp_path: Path) -> None:
    """The line is read in pieces, which overlap."""
    for place in (0, 4096 - 30, 4096 - 18, 4096 - 8, 4096, 20_000):
        line = '{"a":"' + "x " * (place // 2) + f'","password":"{VALUE}"}}'
        assert scan(tmp_path, "a.json", line) == ["a.json:1: a value for password"], place


@pytest.mark.parametrize(
    "piece", ["a", "\\", '"', "'", "a=", 'a:"', "a.", "password:", "password=", "-", 'x\\"', "://", "=:"]
)
def test_a_line_that_is_made_to_take_long_does_not(tmp_path: Path, piece: str) -> None:
    began = time.monotonic()
    scan(tmp_path, "a.json", piece * (20_000 // len(piece)))
    assert time.monotonic() - began < 5


PARTS = [
    "AKIA" + "A1B2C3D4E5F6G7H8", "GR1348941" + "a1B2c3D4e5F6g7H8i9J0k1", "AC" + "a1b2c3d4" * 4, "SK" + "a1b2c3d4" * 4,
    "AKC" + "p5aXy7Qw9Er3Tz", "AIza" + "Sy7Qw9Er3Tz5Ui1Op", "password", "secret", "token", "key", "ghp", "xox",
    "eyJhbGciOi", "A1b2C3d4E5f6G7h8I9j0K1l2", "+", "/", "//", "a1b2c3d4" * 9, "bearer", "",
]  # fmt: skip


def test_in_data_as_base64_the_same_is_found_as_by_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most rules are not asked there, since they need a sign that it has not."""
    some = random.Random(7)
    ends = ["", "=", "=="]
    lines = ["".join(some.choices(PARTS, k=some.randrange(7))) + some.choice(ends) for _ in range(300)]
    assert all(map(detecting.run, lines))
    quick = list(map(told, lines))
    assert len({kind for each in quick for kind, _ in each}) >= 5
    monkeypatch.setattr(detecting, "run", lambda _: False)
    assert list(map(told, lines)) == quick


def told(line: str) -> list[tuple[str, str]]:
    reader = assignments.Reader("x.txt", [re.compile("NOTION_.*", re.IGNORECASE)])
    return sorted([*scanning._ours(reader, line), *detecting.found("x.txt", line)])


def test_megabytes_of_base64_on_one_line_are_looked_through_in_no_time(tmp_path: Path) -> None:
    """Thirty took over a minute."""
    text = base64.b64encode(random.Random(7).randbytes(3_000_000)).decode()
    place = 1_234_567
    begin = time.process_time()
    (leak,) = scan(tmp_path, "x.txt", text[:place] + "/AKIA" + "A1B2C3D4E5F6G7H8/" + text[place:])
    assert time.process_time() - begin < 3
    assert "AWS Access Key" in leak


def test_a_link_is_looked_at_as_git_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "other").write_text(f"PASSWORD={VALUE}\n")
    (tmp_path / "link").symlink_to("other")
    assert scanning.scan(["link"], tmp_path, []).leaks == ()


def test_a_file_that_was_deleted_is_not_looked_for(tmp_path: Path) -> None:
    assert scanning.scan(["gone"], tmp_path, []).leaks == ()


# The baseline.


def entry(leak: scanning.Leak, **keys: Any) -> dict[str, Any]:
    return {
        "file": leak.path, "kind": leak.kind, "digest": leak.digest, "reviewed_by": "alice",
        "reviewed_at": "2026-01-31", "reason": "an example of the vendor's", **keys,
    }  # fmt: skip


def leak_of(folder: Path, path: str = "out/a.env") -> scanning.Leak:
    scan(folder, path, f"PASSWORD={VALUE}\n")
    (found,) = scanning.scan([path], folder, []).leaks
    return found


def reviewed(folder: Path, *entries: dict[str, Any]) -> baseline.Baseline:
    (folder / "baseline.yaml").write_text(json.dumps({"version": "1.0", "entries": list(entries)}, indent=1))
    return baseline.load(folder / "baseline.yaml", "baseline.yaml")


def test_what_was_reviewed_is_let_through(tmp_path: Path) -> None:
    known = reviewed(tmp_path, entry(leak_of(tmp_path)))
    found = scanning.scan(["out/a.env"], tmp_path, [], known)
    assert found == scanning.Scan((), ())


def test_another_value_or_another_file_has_to_be_reviewed_again(tmp_path: Path) -> None:
    known = reviewed(tmp_path, entry(leak_of(tmp_path)))
    leak_of(tmp_path, "out/b.env")
    assert len(scanning.scan(["out/b.env"], tmp_path, [], known).leaks) == 1
    (tmp_path / "out/a.env").write_text(f"PASSWORD={VALUE}more\n")
    assert len(scanning.scan(["out/a.env"], tmp_path, [], known).leaks) == 1


def test_an_entry_that_matches_nothing_any_more_is_told(tmp_path: Path) -> None:
    known = reviewed(tmp_path, entry(leak_of(tmp_path)))
    (tmp_path / "out/a.env").write_text("nothing\n")
    told = scanning.scan(["out/a.env"], tmp_path, [], known)
    assert told.stale == ("baseline.yaml:4: matches nothing in out/a.env any more; take it out",)
    assert told.checked.passed
    assert told.stale[0] in told.checked.detail
    (tmp_path / "out/a.env").unlink()
    assert len(scanning.scan([], tmp_path, [], known).stale) == 1


def test_an_entry_of_a_file_that_was_not_looked_through_is_left_alone(tmp_path: Path) -> None:
    known = reviewed(tmp_path, entry(leak_of(tmp_path)))
    assert scanning.scan(["baseline.yaml"], tmp_path, [], known).stale == ()


@pytest.mark.parametrize("key", ["reviewed_by", "reviewed_at", "reason", "digest", "file", "kind"])
def test_an_entry_says_who_when_and_why(tmp_path: Path, key: str) -> None:
    whole = entry(leak_of(tmp_path))
    with pytest.raises(ConfigurationError, match=r"baseline\.yaml:\d+"):
        reviewed(tmp_path, {name: value for name, value in whole.items() if name != key})
    with pytest.raises(ConfigurationError, match=r"baseline\.yaml:\d+"):
        reviewed(tmp_path, whole | {key: ""})


def test_an_entry_that_stands_there_twice_is_an_error(tmp_path: Path) -> None:
    whole = entry(leak_of(tmp_path))
    with pytest.raises(ConfigurationError, match="twice"):
        reviewed(tmp_path, whole, whole)


def test_a_draft_is_refused_until_somebody_has_reviewed_it(tmp_path: Path) -> None:
    text = baseline.draft([leak_of(tmp_path)])
    assert VALUE not in text
    (tmp_path / "baseline.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="reviewed_by: is empty; it is who looked at it"):
        baseline.load(tmp_path / "baseline.yaml", "baseline.yaml")
    for key, value in (
        ("reviewed_by", "alice"),
        ("reviewed_at", "2026-01-31"),
        ("reason", "an example of theirs"),
    ):
        text = text.replace(f"{key}: ''", f"{key}: '{value}'")
    (tmp_path / "baseline.yaml").write_text(text)
    known = baseline.load(tmp_path / "baseline.yaml", "baseline.yaml")
    assert scanning.scan(["out/a.env"], tmp_path, [], known).leaks == ()


def test_a_draft_of_nothing_is_a_baseline(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text(baseline.draft([]))
    assert baseline.load(tmp_path / "baseline.yaml", "b").entries == ()


def test_the_runner_goes_by_the_baseline_that_sync_yaml_names(sandbox: Sandbox) -> None:
    sandbox.pull("pull", f"mkdir -p out; echo 'PASSWORD={VALUE}' > out/a.env")
    sandbox.rest = {"safety": {"secret_baseline": ".insightpulse/secrets.yaml"}}
    sandbox.commit()
    assert "secrets.yaml is not there" in sandbox.run().told
    leak = leak_of(sandbox.root.parent)
    sandbox.file(".insightpulse/secrets.yaml", json.dumps({"version": "1.0", "entries": [entry(leak)]}))
    sandbox.commit()
    assert sandbox.run().code == 0


def test_an_entry_of_the_baseline_that_is_stale_is_told_by_the_run(sandbox: Sandbox) -> None:
    sandbox.pull("pull", "mkdir -p out; echo 1 > out/a.env")
    sandbox.rest = {"safety": {"secret_baseline": ".insightpulse/secrets.yaml"}}
    old = entry(leak_of(sandbox.root.parent))
    sandbox.file(".insightpulse/secrets.yaml", json.dumps({"version": "1.0", "entries": [old]}))
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 0
    assert "matches nothing in out/a.env any more; take it out" in ran.told


def test_a_person_can_look_and_draft_a_baseline(sandbox: Sandbox) -> None:
    sandbox.pull("pull", "true")
    sandbox.commit()
    sandbox.file("out/a.env", f"PASSWORD={VALUE}\n")
    ran = sandbox.run("secrets")
    assert (ran.code, ran.out) == (1, "out/a.env:1: a value for PASSWORD\n1 files, 1 that may be secrets\n")
    assert sandbox.run("secrets", "scripts").code == 0
    assert sandbox.run("secrets", "nowhere").code == 2
    drafted = sandbox.run("secrets", "out", "--draft")
    assert drafted.code == 0
    assert leak_of(sandbox.root.parent).digest in drafted.out
    assert VALUE not in drafted.out


@pytest.mark.parametrize(("name", "code"), [("NOTES_TOKEN", 1), ("NOTES_TOKEN_URL", 0), ("NOTES_HOST", 0)])
def test_the_value_of_a_secret_variable_is_not_committed_wherever_it_stands(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    monkeypatch.setenv(name, "plain-words-without-a-form")
    sandbox.pull("notes", f'echo "as ${name} told" >out/notes.txt', env=[name])
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == code
    assert ("out/notes.txt:1: the value of NOTES_TOKEN" in ran.told) == (code == 1)


def test_a_secret_that_a_hook_writes_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.pull("notes", "echo 1 >out/notes.txt")
    sandbox.script(
        ".git/hooks/pre-commit", "echo \"password = 'correct-horse-7'\" >>out/notes.txt; git add out"
    )
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/notes.txt:2" in ran.told
    assert sandbox.untouched(before)


@pytest.mark.parametrize("name", [f"out/{TOKEN}.txt", f"out/{TOKEN}/x.json", "out/password=hunter2hunter2"])
def test_a_secret_in_the_name_of_a_file_is_one_and_is_not_shown(sandbox: Sandbox, name: str) -> None:
    sandbox.pull("news", f"mkdir -p $(dirname {name}); echo one >{name}")
    before = sandbox.commit()
    ran = sandbox.run("--verbose", "--json")
    assert ran.code == 1
    assert "<secret>" in ran.told
    assert "in its name" in ran.told
    assert TOKEN not in ran.told
    assert "hunter2hunter2" not in ran.told
    assert sandbox.untouched(before)


def test_the_value_of_a_secret_variable_in_a_name_is_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "very-own-value-1")
    sandbox.pull("news", "echo one >out/$API_TOKEN", env=["API_TOKEN"])
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "in its name: the value of API_TOKEN" in ran.out
    assert "very-own-value-1" not in ran.told


def test_names_that_only_tell_of_secrets_are_none(tmp_path: Path) -> None:
    names = [
        "secrets/api_token.md",
        "docs/password: how to.md",
        "keys/" + "0a1b" * 10 + ".json",
        "token-budget.txt",
    ]
    assert [scan(tmp_path, name, "nothing") for name in names] == [[]] * len(names)


def test_a_wish_to_stop_is_heard_within_a_long_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("token=x " * 4_000_000)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        scanning.scan(["a.txt"], tmp_path, (), stop=stop)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("pattern", ["^NAG_.*", r"\bNAG\b", "(?<!x)NAG", "N.G_", "NAG$"])
def test_a_pattern_of_a_person_tells_of_a_name_wherever_it_stands(tmp_path: Path, pattern: str) -> None:
    name = "NAG" if pattern.endswith(("b", "$")) else "NAG_ID"
    (tmp_path / "a.env").write_text(f"x: 1, {name}=o8wvn2x9q\n")
    found = scanning.scan(["a.env"], tmp_path, [re.compile(pattern, re.IGNORECASE)])
    assert [leak.line for leak in found.leaks] == [1]
