"""Directus, Agent Data and the endpoints beside the reference estate: `compliance estate up --directus`.

All of them stay until `estate down`, also when this process has ended, each under its keeper. Addresses, tokens and
login are drawn at the first start and kept until then, in files that only their user may read; one of them is an
`estate.yaml` that leads to all of them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ruamel.yaml import YAML

from compliance.estate import agent_data, directus, directus_people, nitro, reference, service
from compliance.estate.directus_people import People
from compliance.estate.pgbin import account, locked
from compliance.estate.reference_build import OWNER, live_estate_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.estate.reference import ReferenceEstate

_SERVICES = ("directus", "agent-data", "nuxt")
TOKEN = "NUXT_BIRTH_SCAN_TOKEN"  # noqa: S105 - the name of a variable


def _silent(_: str) -> None:
    """Progress that nobody wants to hear."""


@dataclass(frozen=True, slots=True)
class LiveEstate:
    """Where the services are, and what opens them."""

    estate_file: str  # with their addresses and tokens
    directus: str
    agent_data: str
    nuxt: str
    email: str
    password: str = field(repr=False)
    writer_token: str = field(repr=False)
    probe_token: str = field(repr=False)
    api_key: str = field(repr=False)
    scan_token: str = field(repr=False)


def up(report: Callable[[str], None] = _silent) -> LiveEstate:
    """Start what is not up, and let it stay. Where all are, endpoints that were changed since are built again."""
    estate = reference.up()
    folder = _folder()
    with locked(folder.with_suffix(".lock")):
        if (found := running()) is not None:
            _serve_routes(estate, folder, found, report)
            return found
        before = _before(folder)
        _end(folder)
        folder.mkdir(mode=0o700)
        if account() is not None:
            folder.chmod(0o711)  # the home of Directus is in it, and Directus is not root
        try:
            return _start(estate, folder, before or _drawn(), report)
        except BaseException:
            _end(folder)
            raise


def running() -> LiveEstate | None:
    """The services, where all of them run."""
    folder = _folder()
    return _before(folder) if all(service.running(_place(folder, name)) for name in _SERVICES) else None


def _before(folder: Path) -> LiveEstate | None:
    """How they were reached last, which stays as it is until `down`."""
    state = folder / "state.json"  # written last
    return LiveEstate(**json.loads(state.read_text())) if state.exists() else None


def _drawn() -> LiveEstate:
    """What nobody knows yet."""
    people = directus_people.drawn()
    items, documents, web = (f"http://{service.LOOPBACK}:{service.free_port()}" for _ in range(3))
    return LiveEstate(
        str(live_estate_file()), items, documents, web, people.email, people.password,
        people.writer_token, people.probe_token, secrets.token_urlsafe(24), secrets.token_urlsafe(24),
    )  # fmt: skip


def down() -> None:
    """End the services; nothing happens where none is."""
    folder = _folder()
    if folder.parent.is_dir():
        with locked(folder.with_suffix(".lock")):
            _end(folder)


def reset(report: Callable[[str], None] = _silent) -> ReferenceEstate:
    """Restore the content of the estate. Services that were up are started again, with the users they had."""
    found = running()
    for name in _SERVICES:
        service.stop(_place(_folder(), name))
    restored = reference.reset()
    if found is not None:
        up(report)
    return restored


def _folder() -> Path:
    return live_estate_file().parent


def _place(folder: Path, name: str) -> service.Place:
    return service.Place(folder / name)


def _end(folder: Path) -> None:
    for name in _SERVICES:
        service.stop(_place(folder, name))
    shutil.rmtree(folder, ignore_errors=True)


def _start(
    estate: ReferenceEstate, folder: Path, found: LiveEstate, report: Callable[[str], None]
) -> LiveEstate:
    """Each is told where the others will be."""
    installed = directus.install(report)
    _serve_routes(estate, folder, found, report)
    report("starting Directus and Agent Data")
    people = People(found.writer_token, found.probe_token, found.password, found.email)
    directus_people.introduce(estate.dsn(OWNER), people, directus.hashed(installed, people.password))
    counterparts = directus.Counterparts(found.nuxt, found.agent_data, found.api_key, found.scan_token)
    items = directus.program_of(installed, estate.dsn(OWNER), counterparts, people, _port(found.directus))
    documents = agent_data.program(
        estate.dsn(agent_data.ROLE), repository=estate.repository, api_key=found.api_key,
        reverse=agent_data.ReverseSync(found.directus, found.writer_token), port=_port(found.agent_data),
    )  # fmt: skip
    for name, program in (("directus", items), ("agent-data", documents)):
        service.start(program, _place(folder, name))
    _write_estate(estate, found, datetime.now(UTC))
    with _private(folder / "state.json") as file:
        json.dump(asdict(found), file)
    return found


def _serve_routes(
    estate: ReferenceEstate, folder: Path, found: LiveEstate, report: Callable[[str], None]
) -> None:
    """The endpoints of the repository as it is now; nothing happens where these run."""
    routes, place = estate.repository / nitro.ROUTES, _place(folder, "nuxt")
    built = nitro.build(routes, report)
    served = place.folder / "built"
    if service.running(place) and served.exists() and served.read_text() == built.name:
        return
    service.stop(place)
    report("starting the endpoints")
    told = {TOKEN: found.scan_token}
    dsn = estate.dsn(directus.APPLICATION)
    service.start(nitro.program(built, dsn, told, port=_port(found.nuxt)), place)
    served.write_text(built.name)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _private(path: Path) -> IO[str]:
    """Nobody else's from its first moment on."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def _write_estate(estate: ReferenceEstate, found: LiveEstate, since: datetime) -> None:
    """The one that `estate up` wrote, in which nothing that runs is called unavailable. What was to fire before it was
    there is not missed."""
    yaml = YAML()
    yaml.width = 4096
    value: dict[str, Any] = yaml.load(estate.estate_file)
    value["directus"] = {
        "url": found.directus,
        "token": found.probe_token,
        "writer_token": found.writer_token,
        "since": since.isoformat(timespec="seconds"),
    }
    value["nuxt"] = {"url": found.nuxt, "token": found.scan_token}
    value["agent_data"] = {"url": found.agent_data, "token": found.api_key}
    unavailable = {name: entry for name, entry in value.pop("unavailable", {}).items() if name not in value}
    if unavailable:
        value["unavailable"] = unavailable
    with _private(Path(found.estate_file)) as file:
        yaml.dump(value, file)
