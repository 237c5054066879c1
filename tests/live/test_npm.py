"""Packages of npm are installed once for a lock file: never half, never twice, and never without saying why not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import node, npm
from compliance.reporting import node as allure

CHECKOUT = Path(__file__).resolve().parents[2]
REFUSED = "audit=false\nregistry=http://127.0.0.1:9\nfetch-retries=0\n"


def package(folder: Path, needs: str | None = None) -> npm.Package:
    """One that needs nothing, or something that no registry is there for."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"dependencies": {needs: "1.0.0"}} if needs else {}
    lock = {"": {"name": "p", "version": "1.0.0", **wanted}}
    if needs:
        address = f"http://127.0.0.1:9/{needs}-1.0.0.tgz"
        lock[f"node_modules/{needs}"] = {"version": "1.0.0", "resolved": address, "integrity": "sha512-AA=="}
    whole = {"name": "p", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": lock}
    (folder / "package.json").write_text(json.dumps({"name": "p", "version": "1.0.0", **wanted}))
    (folder / "package-lock.json").write_text(json.dumps(whole))
    (folder / ".npmrc").write_text(REFUSED)
    return npm.Package("parcel", str(folder), "Parcel 1 (once: a moment)", "go without it")


def test_it_is_installed_once_for_a_lock_file(tmp_path: Path) -> None:
    found, said = node.find(allure.NEEDED, "this test"), list[str]()
    wanted = package(tmp_path / "p")
    home = npm.installed(wanted, found, tmp_path / "cache", said.append)
    assert (home / "package-lock.json").is_file()
    assert npm.installed(wanted, found, tmp_path / "cache", said.append) == home
    assert said == ["installing Parcel 1 (once: a moment)"]
    (tmp_path / "p" / ".npmrc").write_text(f"{REFUSED}fund=false\n")
    assert npm.installed(wanted, found, tmp_path / "cache", said.append) != home
    assert len(said) == 2


def test_two_that_come_at_once_wait_for_one_installation(tmp_path: Path) -> None:
    found, said = node.find(allure.NEEDED, "this test"), list[str]()
    wanted = package(tmp_path / "p")
    with ThreadPoolExecutor(2) as pool:
        homes = set(pool.map(lambda _: npm.installed(wanted, found, tmp_path / "cache", said.append), range(2)))
    assert len(homes) == len(said) == 1


def test_what_cannot_be_fetched_is_an_error_with_a_remedy_and_leaves_nothing(tmp_path: Path) -> None:
    found, wanted = node.find(allure.NEEDED, "this test"), package(tmp_path / "p", "nowhere-to-be-had")
    with pytest.raises(ConfigurationError, match=r"Parcel 1 could not be installed: .*ECONNREFUSED") as caught:
        npm.installed(wanted, found, tmp_path / "cache")
    assert "registry" in (caught.value.remedy or "")
    assert "go without it" in (caught.value.remedy or "")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["parcel.npm-lock"]


def test_a_killed_installation_leaves_no_home_and_the_next_one_clears_up(tmp_path: Path) -> None:
    """Killed while npm runs: a Node that waits stands in for a slow registry."""
    slow = tmp_path / "npm"
    slow.write_text("#!/bin/sh\ntouch half\nexec sleep 60\n")
    slow.chmod(0o755)
    wanted, cache = package(tmp_path / "p"), tmp_path / "cache"
    body = f"""
        from pathlib import Path
        from compliance.estate import node, npm
        slow = node.Node(Path("/bin/sh"), ({str(slow)!r},))
        npm.installed(npm.Package(*{tuple(wanted)!r}), slow, Path({str(cache)!r}))
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body)], cwd=CHECKOUT, start_new_session=True
    ) as user:
        deadline = time.monotonic() + 20
        while not list(cache.glob(".parcel-building-*/half")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(user.pid, signal.SIGKILL)
    assert list(cache.glob(".parcel-building-*/half"))
    assert not list(cache.glob("parcel-*"))
    home = npm.installed(wanted, node.find(allure.NEEDED, "this test"), cache)
    assert not (home / "half").exists()
    assert not list(cache.glob(".parcel-building-*"))


def test_an_old_node_is_named_with_its_version_and_a_remedy() -> None:
    with pytest.raises(
        ConfigurationError, match=r"this test needs Node 999 or newer: .* is version \d+"
    ) as caught:
        node.find(999, "this test")
    assert "dot-compliance[node]" in (caught.value.remedy or "")
