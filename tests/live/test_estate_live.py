"""`compliance estate up --directus`: a person gets what the tests have, and gets rid of it again."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import agent_data, config, nitro, reference, reference_live, service
from compliance.estate import directus as real
from tests import pages
from tests.endpoints import POLICY
from tests.live.test_directus_harness import new_row
from tests.live.test_directus_lifecycle import listens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.directus_live import Live


@pytest.fixture
def cache(directus: Live) -> Iterator[Path]:
    """A cache of this test's own, in which the npm packages need no second installation."""
    installed = (real.install().home, nitro.install().home)
    folder = Path(tempfile.mkdtemp(prefix="dotc-cache-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "dot-compliance").mkdir()
    for home in installed:
        (folder / "dot-compliance" / home.name).symlink_to(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
        reference_live.down()
        reference.down()
    shutil.rmtree(folder)


def estate(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "compliance.cli", "estate", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(service_: config.Service, method: str, path: str, body: Any = None) -> httpx.Response:
    """As the administrator of Directus."""
    headers = {"Authorization": f"Bearer {service_.writer_token}"}
    return httpx.request(method, service_.url + path, json=body, headers=headers, trust_env=False)


def logs_in(told: dict[str, Any]) -> bool:
    login = {"email": told["email"], "password": told["password"]}
    return httpx.post(f"{told['url']}/auth/login", json=login, trust_env=False).is_success


def test_up_starts_what_the_estate_file_leads_to_until_down(cache: Path) -> None:
    told = json.loads(estate("up", "--directus", "--json"))
    assert json.loads(estate("up", "--directus", "--json")) == told
    assert stat.S_IMODE(Path(told["estate"]).stat().st_mode) == 0o600
    found = config.load(Path(told["estate"]))
    assert not found.unavailable
    assert found.directus is not None
    assert found.agent_data is not None
    row = ask(found.directus, "POST", "/items/table_registry", new_row()).json()["data"]
    assert arrives(found.agent_data, f"registries/table_registry/tbl-{row['id']}")
    assert logs_in(told["directus"])
    status = json.loads(estate("status", "--json"))
    assert found.nuxt is not None
    said = (status["directus"], status["agent_data"], status["nuxt"])
    assert said == (found.directus.url, found.agent_data.url, found.nuxt.url)
    assert scanned(found.nuxt) == 200
    assert found.directus.since < datetime.now(UTC).isoformat()
    assert found.directus.url in estate("status")

    assert found.repository is not None
    endpoint = found.repository / POLICY.endpoint.file
    endpoint.unlink()
    assert scanned(found.nuxt) == 200  # what was built runs
    assert json.loads(estate("up", "--directus", "--json")) == told
    assert scanned(found.nuxt) == 404  # and what is there is built by the next `up`

    estate("reset")
    assert scanned(found.nuxt) == 200
    assert json.loads(estate("up", "--directus", "--json")) == told
    assert logs_in(told["directus"])
    assert (
        ask(found.directus, "GET", f"/items/table_registry/{row['id']}").status_code == 403
    )  # it is not there

    estate("down")
    assert not listens(told["directus"]["url"])
    assert not listens(told["agent_data"]["url"])
    assert not listens(told["nuxt"]["url"])
    assert not Path(told["estate"]).exists()
    assert json.loads(estate("status", "--json"))["directus"] is None


def scanned(endpoints: config.Service) -> int:
    """What a call of the endpoint is answered with."""
    headers = {"Authorization": f"Bearer {endpoints.token}"}
    address = endpoints.url + POLICY.endpoint.path
    return httpx.post(address, headers=headers, trust_env=False, timeout=30).status_code


def arrives(documents: config.Service, name: str) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        headers = {"X-API-Key": documents.token}
        if httpx.get(f"{documents.url}/documents/{name}", headers=headers, trust_env=False).is_success:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.prove
def test_where_one_service_does_not_start_the_others_do_not_stay(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[service.Program] = []
    monkeypatch.setattr(
        agent_data, "program",
        lambda *_, **__: service.Program("Agent Data", ("/bin/false",), {}, "http://127.0.0.1:9", "/health"),
    )  # fmt: skip
    monkeypatch.setattr(
        service,
        "start",
        lambda program, place, keep=service.start: (started.append(program), keep(program, place)),
    )
    with pytest.raises(ConfigurationError, match="Agent Data did not start"):
        reference_live.up()
    assert [program.name for program in started] == ["Nitro", "Directus", "Agent Data"]
    assert not [program.url for program in started if listens(program.url)]
    assert reference_live.running() is None


def test_packages_that_cannot_be_had_are_an_error_with_a_remedy(
    directus: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No registry answers, and nothing is in the cache."""
    with tempfile.TemporaryDirectory(prefix="dotc-cache-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", folder)
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        with pytest.raises(
            ConfigurationError, match=f"Directus {real.VERSION} could not be installed"
        ) as caught:
            real.install()
        assert "registry" in (caught.value.remedy or "")
        left = {path.name for path in (Path(folder) / "dot-compliance").iterdir() if path.is_dir()}
        assert not left


def test_what_the_documentation_says_of_running_flows_is_so(cache: Path, tmp_path: Path) -> None:
    estate("up", "--directus")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert pages.run("docs/flows.md", tmp_path, {**os.environ, "PATH": path}, "live") > 5
