"""`git_repositories` (document 003, 'OCA Repos') against real repositories, by HTTP and as folders."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync.connectors.protocol import Failed
from compliance.sync.connectors.remotes import environment, remote
from fixtures.counterparts.git_http import hosted
from tests.sync.services import upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.counterparts.git_http import GitHosting
    from tests.sync.sandbox import Ran, Sandbox

NAMES = ["crm", "sale-workflow", "web"]
BRANCH = "18.0"


def slow(*values: str) -> Iterator[Any]:
    """More of the same, which need not be seen each time."""
    return (pytest.param(value, marks=pytest.mark.prove) for value in values)


class Upstream:
    """The other side: work trees that are committed to, and served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        upstream(folder, NAMES, 2, BRANCH)

    def git(self, name: str, *words: str) -> str:
        who = ("-c", "user.name=Upstream", "-c", "user.email=upstream@example.org")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.folder / name, capture_output=True, check=True, text=True
        )
        return done.stdout

    def change(self, name: str, path: str, text: str | None) -> None:
        place = self.folder / name / path
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.commit(name)

    def commit(self, name: str) -> None:
        self.git(name, "add", "-A", "-f")
        self.git(name, "commit", "-q", "-m", "more")


@pytest.fixture
def there(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def hosting(there: Upstream) -> Iterator[GitHosting]:
    with hosted(there.folder) as found:
        yield found


def target(sandbox: Sandbox, base: str, **more: Any) -> None:
    keys = {"timeout": 20, "module_file": "__manifest__.py", **more.pop("config", {})}
    config = {"base": base, "branch": BRANCH, "into": "addons/oca", "repositories": NAMES, **keys}
    sandbox.targets["oca"] = {
        "description": "modules", "direction": "pull", "connector": "git_repositories", "outputs": ["addons/oca/**"],
        "config": config, **more,
    }  # fmt: skip
    sandbox.commit()


def ran(sandbox: Sandbox, *words: str) -> Any:
    """The result of the one target."""
    done: Ran = sandbox.run("--json", *words)
    assert done.out, done.err
    return done.result


def held(sandbox: Sandbox) -> set[str]:
    return {path.removeprefix("addons/oca/") for path in sandbox.tree() if path.startswith("addons/oca/")}


def test_all_are_cloned_and_their_modules_counted(sandbox: Sandbox, hosting: GitHosting) -> None:
    target(sandbox, hosting.address)
    result = ran(sandbox)
    assert result["success"]
    assert result["message"] == "landed: 6 added; 3 repositories, 6 modules"
    assert held(sandbox) == {f"{n}/{n.replace('-', '_')}_{k}/__manifest__.py" for n in NAMES for k in (0, 1)}
    assert sandbox.status == ""
    assert not list((sandbox.root / "addons").rglob(".git"))
    assert ran(sandbox)["message"] == "nothing changed; 3 repositories, 6 modules"


def test_an_update_brings_only_what_is_new_and_takes_away_what_is_gone(
    sandbox: Sandbox, hosting: GitHosting, there: Upstream
) -> None:
    there.change("web", "web_0/static.txt", os.urandom(100_000).hex())
    target(sandbox, hosting.address)
    ran(sandbox)
    first = hosting.sent["web"]
    there.change("web", "web_1/__manifest__.py", None)
    there.change("web", "web_0/models.py", "x = 1\n")
    result = ran(sandbox)
    assert [(c["path"], c["change"]) for c in result["changed"]] == [
        ("addons/oca/web/web_0/models.py", "added"), ("addons/oca/web/web_1/__manifest__.py", "deleted"),
    ]  # fmt: skip
    assert result["message"].endswith("3 repositories, 5 modules")
    assert hosting.sent["web"] - first < first / 10


def test_who_is_no_longer_listed_goes_with_its_mirror(sandbox: Sandbox, hosting: GitHosting) -> None:
    target(sandbox, hosting.address)
    ran(sandbox)
    cache = sandbox.root / ".git/directional-sync/cache/oca"
    assert len(list(cache.glob("*/HEAD"))) == 3
    target(sandbox, hosting.address, config={"repositories": ["crm"]})
    assert ran(sandbox)["message"] == "landed: 4 deleted; 1 repositories, 2 modules"
    assert {path.split("/")[0] for path in held(sandbox)} == {"crm"}
    assert len(list(cache.glob("*/HEAD"))) == 1


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("500", "500"),
        ("stalled", "did not come within 2 s"),
        pytest.param("404", "not found", marks=pytest.mark.prove),
        pytest.param("401", "asks who is there", marks=pytest.mark.prove),
        pytest.param("truncated", "", marks=pytest.mark.prove),
    ],
)
def test_one_broken_remote_stays_as_it_was_and_the_rest_lands(
    sandbox: Sandbox, hosting: GitHosting, there: Upstream, fault: str, why: str
) -> None:
    target(sandbox, hosting.address, config={"timeout": 2})
    ran(sandbox)
    before = held(sandbox)
    for name in ("crm", "web"):
        there.change(name, f"{name}_0/new.py", "x = 1\n")
    hosting.faults["web"] = fault
    result = ran(sandbox)
    assert not result["success"]
    assert result["commit"] == sandbox.head
    assert held(sandbox) == before | {"crm/crm_0/new.py"}
    (told,) = result["incomplete"]
    assert told.startswith("web: ")
    assert why in told
    assert "landed: 1 added; 2 of 3 repositories, 6 modules; 1 failed: web: " in result["message"]


def test_what_was_broken_comes_once_it_is_mended(sandbox: Sandbox, hosting: GitHosting) -> None:
    target(sandbox, hosting.address)
    hosting.faults["web"] = "500"
    assert not ran(sandbox)["success"]
    del hosting.faults["web"]
    assert ran(sandbox)["message"] == "landed: 2 added; 3 repositories, 6 modules"


def test_a_branch_or_a_repository_that_is_not_there_is_named(sandbox: Sandbox, there: Upstream) -> None:
    listed = ["crm", {"name": "web", "branch": "19.0"}, "nowhere"]
    target(sandbox, str(there.folder), config={"repositories": listed})
    result = ran(sandbox)
    assert result["incomplete"][1] == "web: it has no branch '19.0'"
    assert result["incomplete"][0].startswith("nowhere: ")
    assert {path.split("/")[0] for path in held(sandbox)} == {"crm"}


def test_so_many_as_are_tolerated_fail_nothing_and_are_told(sandbox: Sandbox, there: Upstream) -> None:
    target(sandbox, str(there.folder), config={"repositories": [*NAMES, "nowhere"], "tolerate": 1})
    done = sandbox.run("--json")
    assert done.code == 0
    assert "1 failed, which is tolerated: nowhere: " in done.result["message"]
    assert len(done.result["incomplete"]) == 1


def test_where_none_comes_nothing_lands(sandbox: Sandbox, hosting: GitHosting) -> None:
    target(sandbox, hosting.address, config={"tolerate": 3})
    ran(sandbox)
    before = sandbox.head
    hosting.faults |= dict.fromkeys(NAMES, "500")
    done = sandbox.run()
    assert done.code == 1
    assert "none of 3 repositories could be fetched" in done.told
    assert sandbox.untouched(before)


def test_what_may_pass_is_begun_again_by_retries(
    sandbox: Sandbox, hosting: GitHosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.sync.trying._FIRST", 0.01)
    target(sandbox, hosting.address, retries=1)
    hosting.faults["web"] = "500"
    result = ran(sandbox)
    assert result["message"].endswith("(attempt 2 of 2)")
    assert held(sandbox) & {"crm/crm_0/__manifest__.py"}
    hosting.faults["web"] = "404"  # will not pass by itself
    assert "attempt" not in ran(sandbox)["message"]


def test_modes_links_large_file_pointers_and_odd_names_come_as_they_are(
    sandbox: Sandbox, there: Upstream
) -> None:
    web = there.folder / "web"
    (web / "run.sh").write_text("#!/bin/sh\r\necho\r\n")
    (web / "run.sh").chmod(0o755)
    (web / "setup").symlink_to("web_0")
    (web / "big.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    (web / ".gitattributes").write_text("*.bin filter=lfs diff=lfs\nleft.txt export-ignore\n")
    (web / "left.txt").write_text("$Id$\n")
    (web / "with\nnewline é.txt").write_text("x\n")
    there.commit("web")
    target(sandbox, str(there.folder))
    assert ran(sandbox)["success"]
    tree = sandbox.git("ls-tree", "-r", "-z", "HEAD:addons/oca/web")
    assert tree == there.git("web", "ls-tree", "-r", "-z", "HEAD")


def test_a_file_that_their_gitignore_names_and_they_keep_is_kept(sandbox: Sandbox, there: Upstream) -> None:
    there.change("web", ".gitignore", "lib/\n*.log\n")
    there.change("web", "web_0/static/lib/x.js", "1\n")
    target(sandbox, str(there.folder))
    result = ran(sandbox)
    assert result["success"], result
    assert "web/web_0/static/lib/x.js" in held(sandbox)
    assert sandbox.status == ""
    assert ran(sandbox)["message"].startswith("nothing changed")


def test_submodules_are_named_and_left_out(sandbox: Sandbox, there: Upstream) -> None:
    commit = there.git("crm", "rev-parse", "HEAD").strip()
    there.git("web", "update-index", "--add", "--cacheinfo", f"160000,{commit},vendored")
    there.git("web", "commit", "-q", "-m", "a submodule")
    target(sandbox, str(there.folder))
    result = ran(sandbox)
    assert result["success"]
    assert "1 submodules left out (web/vendored)" in result["message"]
    assert not any("vendored" in path for path in held(sandbox))


@pytest.mark.parametrize("leads", ["../../../../etc/passwd", *slow("/etc/passwd", "../../../.git/config")])
def test_a_link_that_leads_out_breaks_its_repository_alone(
    sandbox: Sandbox, there: Upstream, leads: str
) -> None:
    (there.folder / "web" / "trap").symlink_to(leads)
    there.commit("web")
    target(sandbox, str(there.folder))
    assert ran(sandbox)["incomplete"] == ["web: its link trap leads out of the repository"]
    assert {path.split("/")[0] for path in held(sandbox)} == {"crm", "sale-workflow"}


@pytest.mark.parametrize("name", ["..", *slow(".git", ".GIT", "git~1")])
def test_a_name_that_git_would_not_check_out_breaks_its_repository_alone(
    sandbox: Sandbox, there: Upstream, name: str
) -> None:
    """Trees are made by hand: whoever means harm does not use `git add`."""
    blob = there.git("web", "hash-object", "-w", "web_0/__manifest__.py").strip()
    inner = bytes.fromhex(blob)
    one = make(there, "web", b"100644 hooks\0" + inner)
    tree = make(there, "web", b"40000 " + name.encode() + b"\0" + bytes.fromhex(one))
    commit = there.git("web", "commit-tree", tree, "-m", "harm").strip()
    there.git("web", "update-ref", f"refs/heads/{BRANCH}", commit)
    target(sandbox, str(there.folder))
    assert ran(sandbox)["incomplete"] == [f"web: {name}/hooks is no name that a file may have"]


def make(there: Upstream, name: str, content: bytes) -> str:
    words = ["git", "hash-object", "-w", "--literally", "-t", "tree", "--stdin"]
    done = subprocess.run(words, cwd=there.folder / name, input=content, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_a_damaged_mirror_is_fetched_anew(sandbox: Sandbox, there: Upstream) -> None:
    target(sandbox, str(there.folder))
    ran(sandbox)
    for pack in (sandbox.root / ".git/directional-sync/cache/oca").rglob("*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-60] + b"\0" * 60)
    for name in NAMES:
        there.change(name, "README.md", "read me\n")
    result = ran(sandbox)
    assert result["success"], result
    assert "crm/README.md" in held(sandbox)


def test_a_mirror_that_a_killed_run_has_locked_or_half_made_is_used_again(
    sandbox: Sandbox, there: Upstream
) -> None:
    target(sandbox, str(there.folder))
    ran(sandbox)
    for mirror in (sandbox.root / ".git/directional-sync/cache/oca").glob("*/HEAD"):
        (mirror.parent / "shallow.lock").touch()
        mirror.parent.with_suffix(".new").mkdir()
    there.change("web", "README.md", "read me\n")
    assert ran(sandbox)["success"]
    assert "web/README.md" in held(sandbox)


def test_what_moves_between_its_two_runs_comes_with_the_next(
    sandbox: Sandbox, there: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy upstream must not look as if the connector were not idempotent."""
    from compliance.sync import changes

    looked, pushed = changes.look, list[int]()

    def look(*given: Any, **keys: Any) -> Any:
        found = looked(*given, **keys)
        if not pushed:
            pushed.append(1)
            there.change("web", "later.txt", "later\n")
        return found

    monkeypatch.setattr(changes, "look", look)
    target(sandbox, str(there.folder))
    assert ran(sandbox)["success"]
    assert "web/later.txt" not in held(sandbox)
    assert ran(sandbox)["success"]
    assert "web/later.txt" in held(sandbox)


def test_a_secret_of_an_address_goes_to_its_host_and_nowhere_else(
    sandbox: Sandbox, hosting: GitHosting, there: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = "S3cret-of-the-other-side"
    monkeypatch.setenv("OCA_TOKEN", secret)
    wanted = f"Basic {base64.b64encode(f'me:{secret}'.encode()).decode()}"
    hosting.headers["web"] = wanted
    target(
        sandbox, hosting.address.replace("//", "//me:$OCA_TOKEN@"), env=["OCA_TOKEN"],
        config={"repositories": ["web", "nowhere"], "tolerate": 1},
    )  # fmt: skip
    done = sandbox.run("--json", "--verbose")
    assert done.code == 0, done.told
    assert any(headers.get("Authorization") == wanted for _, headers in hosting.asked)
    assert secret not in done.told
    kept = [path for path in (sandbox.root / ".git").rglob("*") if path.is_file()]
    assert not [
        path
        for path in kept
        if secret.encode() in path.read_bytes() or wanted[6:].encode() in path.read_bytes()
    ]
    with hosted(there.folder) as other:
        hosting.faults["web"] = other.address
        assert "redirect" in sandbox.run("--json").told
        assert other.asked == []


def test_a_token_goes_to_addresses_below_the_base_alone(
    sandbox: Sandbox, hosting: GitHosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCA_TOKEN", "S3cret-of-the-other-side")
    listed = ["crm", {"name": "web", "url": f"{hosting.address}/web"}]
    target(
        sandbox, hosting.address, env=["OCA_TOKEN"], config={"repositories": listed, "token_env": "OCA_TOKEN"}
    )
    assert ran(sandbox)["success"]
    sent = {path.split("/")[1]: "Authorization" in headers for path, headers in hosting.asked}
    assert sent == {"crm": True, "web": False}


@pytest.mark.parametrize(
    "url", ["ext::sh -c true", "-oProxyCommand=x", "ftp://example.org/x", "--upload-pack=x", "fd::7"]
)
def test_an_address_that_would_run_a_program_is_refused(url: str) -> None:
    with pytest.raises(Failed):
        remote(url)


@pytest.mark.parametrize("url", ["git://me:hunter2@h/a", "ssh://me:hunter2@h/a", "https://h/a?token=hunter2"])
def test_a_secret_that_git_would_show_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(Failed) as refused:
        remote(url)
    assert "hunter2" not in str(refused.value)
    assert remote("ssh://me@h/a").url == "ssh://me@h/a"


def test_git_may_use_the_transport_of_the_address_and_no_other() -> None:
    for url, transport in {
        "https://example.org/a": "https", "git@example.org:a": "ssh", "/srv/a": "file", "./a": "file",
    }.items():  # fmt: skip
        assert environment({}, remote(url), 5)["GIT_ALLOW_PROTOCOL"] == transport


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"repositories": ["../out"]}, "repositories.0"), ({"repositories": [".git"]}, "repositories.0"),
        ({"repositories": ["a\n"]}, "repositories"), ({"repositories": [{"name": "a", "uri": "x"}]}, "uri"),
        ({"into": "../out"}, "has to be a folder"), ({"repositories": ["a", "A"]}, "would be one folder"),
        ({"repositories": ["a", "a/b"]}, "would be in the folder"), ({"branch": "-x"}, "branch"),
        ({"into": "."}, "has to be a folder"), ({"into": "**"}, "has to be a folder"),
        ({"base": "../upstream"}, "leads out of the copy of this repository"),
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(
    sandbox: Sandbox, there: Upstream, config: dict[str, Any], told: str
) -> None:
    target(sandbox, str(there.folder), config=config)
    before = sandbox.head
    done = sandbox.run()
    assert done.code in (1, 2)
    assert told in done.told
    assert sandbox.untouched(before)


def test_no_hook_and_no_helper_of_the_machine_runs(
    sandbox: Sandbox, hosting: GitHosting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran_it = tmp_path / "ran"
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\ntouch {ran_it}\n")
    helper.chmod(0o755)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    (tmp_path / ".gitconfig").write_text(f"[credential]\nhelper = {helper}\n[core]\naskPass = {helper}\n")
    hosting.headers["web"] = "Basic nobody-knows"
    target(sandbox, hosting.address)
    result = ran(sandbox)
    assert "asks who is there" in result["incomplete"][0]
    assert not ran_it.exists()


def test_ctrl_c_ends_a_stalled_fetch_and_leaves_nothing(sandbox: Sandbox, hosting: GitHosting) -> None:
    target(sandbox, hosting.address)
    before = sandbox.head
    hosting.faults |= dict.fromkeys(NAMES, "stalled")
    process = sandbox.start()
    while len(hosting.asked) < 3:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert sandbox.untouched(before)
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert hosting.address not in left


def test_two_runs_of_one_cache_do_not_disturb_each_other(
    sandbox: Sandbox, there: Upstream, tmp_path: Path
) -> None:
    """The runner's lock keeps runs of one repository apart; a connector that outlives its run is another matter."""
    target(sandbox, str(there.folder))
    both = []
    for number in (1, 2):
        folder = tmp_path / f"copy{number}"
        shutil.copytree(sandbox.root, folder)
        config = sandbox.targets["oca"]["config"]
        env = {
            **os.environ, "SYNC_TARGET": "oca", "SYNC_DRY_RUN": "0", "SYNC_CONFIG": json.dumps(config),
            "SYNC_OUTPUTS": '["addons/oca/**"]', "SYNC_DIRECTION": "pull", "SYNC_CACHE": str(tmp_path / "cache"),
            "SYNC_SCRATCH": str(tmp_path / f"scratch{number}"),
        }  # fmt: skip
        from compliance.sync import connectors

        both.append((folder, subprocess.Popen(connectors.command("git_repositories"), cwd=folder, env=env)))
    assert [process.wait(60) for _, process in both] == [0, 0]
    for folder, _ in both:
        assert len(list((folder / "addons/oca").rglob("__manifest__.py"))) == 6
