"""The same route files in a real Nuxt: they are for the server of the screens, of which Nitro is the core."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from compliance.core.facts import Route
from compliance.estate import config, nitro, node, npm, nuxt_facts, service
from compliance.estate.embedded import bare_environment
from compliance.estate.pgbin import cache_home
from compliance.estate.resources import resource
from tests.endpoints import POLICY
from tests.live.directus_live import restore
from tests.live.endpoint_live import Endpoints, standing
from tests.live.test_nitro_endpoint import set_switch, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

pytestmark = pytest.mark.prove
PACKAGE = npm.Package("nuxt", "fixtures/nuxt", "Nuxt 4.5.2 (once: half a minute, 210 MB)", "")
PROGRAM = "node_modules/nuxt/bin/nuxt.mjs"


def build(found: node.Node, routes: Path) -> Path:
    """What `nuxt build` makes of them, beside them."""
    home, folder = npm.installed(PACKAGE, found, cache_home()), routes.parent
    for name in ("nuxt.config.ts", "app.vue", "package.json"):
        shutil.copyfile(resource(f"{PACKAGE.pinned}/{name}"), folder / name)
    (folder / "node_modules").symlink_to(home / "node_modules")
    environment = {**bare_environment(), "HOME": str(folder), "CI": "true", "NUXT_TELEMETRY_DISABLED": "1"}
    done = subprocess.run(
        [found.binary, home / PROGRAM, "build"], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder / ".output"


@contextmanager
def serving(routes: Path, dsn: str, environment: dict[str, str], *, token_env: str) -> Iterator[nitro.Nitro]:
    """The built output, started as Nitro's is, from where the account that it runs as can read it."""
    found, token = node.find(22, "Nuxt"), secrets.token_urlsafe(24)
    built = cache_home() / f"nuxt-built-{secrets.token_hex(4)}"
    shutil.copytree(build(found, routes), built, symlinks=True)
    try:
        of = nitro.Installed(found, node.runnable(found.binary), built)
        program = nitro.program(built, dsn, {token_env: token, **environment}, port=service.free_port(), of=of)
        with service.serving(program) as place:
            yield nitro.Nitro(program.url, token, place)
    finally:
        shutil.rmtree(built)


@pytest.fixture(scope="module")
def running(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    with standing(reference_template, tmp_path_factory.mktemp("nuxt"), serving) as found:
        yield found


@pytest.fixture
def endpoints(running: Endpoints) -> Iterator[Endpoints]:
    yield running
    restore(running.database)


def test_nuxt_builds_the_route_and_it_answers_as_in_nitro(endpoints: Endpoints) -> None:
    said = endpoints.post()
    assert told(said) == (200, "complete")
    [row] = endpoints.summaries()
    assert row[4] == said.json()["run_id"]
    assert told(endpoints.post("", {})) == (401, "unauthorized")
    assert told(endpoints.post("js")) == (200, "complete")
    assert told(endpoints.post("slow-1")) == (504, "timeout")
    assert told(endpoints.post("away")) == (503, "unavailable")
    assert told(endpoints.post("fails")) == (500, "failed")
    set_switch(endpoints, "false")
    assert told(endpoints.post()) == (200, "disabled")
    assert len(endpoints.summaries()) == 2


def test_nuxt_says_yes_to_a_get_so_that_it_proves_nothing(endpoints: Endpoints) -> None:
    with nuxt_facts.opened(config.Service(endpoints.nitro.url, "")) as api:
        assert list(nuxt_facts.routes(api, [POLICY.endpoint.path])) == [Route(POLICY.endpoint.path, 200, 200)]
    assert endpoints.summaries() == []
