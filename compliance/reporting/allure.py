"""Allure results through allure-pytest, without what its file logger costs.

`install` takes the place of that logger through allure_commons' own plugin manager; it is given back at the
end. Cases that `describe` knows get the labels, the identity and the evidence of a probe; all others pass
through, except that no secret of the environment stays in a message.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from functools import lru_cache, partial
from hashlib import sha256
from json import JSONEncoder
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import allure_commons
import pytest
from allure_commons.logger import AllureFileLogger

from compliance.core.errors import ComplianceError
from compliance.reporting import _writer
from compliance.reporting.labels import Attachment, CaseLabels, case_id, description, full_name
from compliance.reporting.results import redacted, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Describe = Callable[[str], CaseLabels | None]

_GATHERING = (
    "pytest_fixture_setup",
    "pytest_fixture_post_finalizer",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
)
CAPTURED = frozenset({"log", "stdout", "stderr"})
EXTENSIONS = {"application/json": "json", "text/markdown": "md", "text/html": "html", "application/sql": "sql"}

# One encoder: `json.dump` with an open file takes the slow, pure-Python path.
_encode = JSONEncoder(ensure_ascii=False, default=lambda value: _plain(value.__dict__)).encode


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value or value is False}


def _lean(config: pytest.Config, listener: Any) -> None:
    """Where all cases are probes, their labels, identity and parameters come from `describe`.

    Then what allure-pytest gathers of these, and its container a fixture and case, is a third of all cost for nothing.
    An attribute that is no routine is no hook: that is how pluggy reads a plugin.
    """
    config.pluginmanager.unregister(listener)
    for name in _GATHERING:
        setattr(listener, name, None)
    listener._update_fixtures_children = lambda item: None  # noqa: ARG005 - the signature is the listener's
    config.pluginmanager.register(listener, "allure_listener")


class FastLogger:
    """An allure_commons logger and a pytest plugin in one: pytest tells it which case is running."""

    def __init__(self, results_dir: Path, describe: Describe, *, captured: bool = False) -> None:
        results_dir.mkdir(parents=True, exist_ok=True)
        self.results_dir = results_dir
        self._describe = describe
        self._captured = captured
        self._nodeid = ""
        self._helper: subprocess.Popen[bytes] | None = None
        self._held: dict[str, bytes] = {}
        self._stored: dict[str, str] = {}
        self._containers: list[Any] = []
        self._lost = False
        self._told: set[str] = set()
        self._hidden: set[str] = set()
        # Keyed by the bytes themselves: equal evidence is hashed once, not once a case.
        self._digest = lru_cache(maxsize=256)(lambda content: sha256(content).hexdigest())

    # -- pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._nodeid = nodeid

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Collected items live to the end; the collector need not walk them again for every case."""
        gc.freeze()
        listener = session.config.pluginmanager.get_plugin("allure_listener")
        if listener and session.items and all(item.get_closest_marker("rule") for item in session.items):
            _lean(session.config, listener)

    # -- allure_commons

    @allure_commons.hookimpl
    def report_result(self, result: Any) -> None:
        labels = self._describe(self._nodeid)
        if labels is None:
            document, name = _plain(result.__dict__), result.uuid
            self._release(result.attachments)
        else:
            self._hidden.add(result.uuid)
            identity = case_id(self._nodeid)
            name = self._name(result.uuid, identity)
            document = self._document(result, labels, name, identity)
        if details := result.statusDetails:
            fields = _plain(details.__dict__)
            if labels is not None:
                fields["trace"] = short(fields.get("trace", "")) if result.status == "broken" else ""
            document["statusDetails"] = _plain({key: redacted(value) for key, value in fields.items()})
        self._write(f"{name}-result.json", _encode(document).encode())

    @allure_commons.hookimpl
    def report_container(self, container: Any) -> None:
        """Kept until the end: the one of a session's fixture comes before the result of its last case."""
        self._release(a for fixture in (*container.befores, *container.afters) for a in fixture.attachments)
        if container.children:
            self._containers.append(container)

    @allure_commons.hookimpl
    def report_attached_file(self, source: str, file_name: str) -> None:
        self._held[file_name] = Path(source).read_bytes()

    @allure_commons.hookimpl
    def report_attached_data(self, body: bytes | str, file_name: str) -> None:
        self._held[file_name] = body.encode() if isinstance(body, str) else body

    @allure_commons.hookimpl
    def report_globals(self, globals_item: Any) -> None:
        self._release(globals_item.attachments)
        self._write(f"{uuid4()}-globals.json", _encode(globals_item).encode())

    # -- one result

    def _name(self, uuid: str, name: str) -> str:
        """The case's own; a second result of a case in the same run keeps its own, so that a count finds it."""
        if name in self._told:
            return uuid
        self._told.add(name)
        return name

    def _document(self, result: Any, labels: CaseLabels, name: str, identity: str) -> dict[str, Any]:
        tags = dict.fromkeys(
            (*labels.tags, labels.phase, *(each.value for each in result.labels if each.name == "tag"))
        )
        document = {
            "uuid": name,
            "name": f"{labels.title} [{labels.subject}]" if labels.subject else labels.title,
            "fullName": full_name(self._nodeid),
            "titlePath": [labels.system, labels.family, labels.rule],
            "testCaseId": identity,
            "historyId": identity,
            "status": result.status,
            "description": description(labels),
            "steps": result.steps,
            "attachments": [*self._own(result.attachments), *self._evidence(labels.evidence, name)],
            "start": result.start,
            "stop": result.stop,
            "labels": [*_labels(labels), *({"name": "tag", "value": tag} for tag in tags)],
            "links": [*result.links, *({"name": e.name, "url": e.url, "type": e.kind} for e in labels.links)],
        }
        return _plain(document)

    def _own(self, attachments: Iterable[Any]) -> list[Any]:
        """What the probe attached itself; captured output only where it was asked for."""
        kept = [each for each in attachments if self._captured or each.name not in CAPTURED]
        self._release(kept)
        self._held.clear()
        return kept

    def _evidence(self, evidence: Iterable[Attachment], name: str) -> list[dict[str, str]]:
        shown = []
        for number, each in enumerate(evidence):
            source = f"{name}-{number}-attachment.{EXTENSIONS.get(each.mime, 'txt')}"
            self._store(source, each.content)
            shown.append({"name": each.name, "source": source, "type": each.mime})
        return shown

    # -- files

    def _release(self, attachments: Iterable[Any]) -> None:
        for each in attachments:
            if (body := self._held.pop(each.source, None)) is not None:
                self._store(each.source, body)

    def _store(self, name: str, content: bytes) -> None:
        """Written once, then linked: Allure calls a file missing in all results but the first that names it."""
        digest = self._digest(content)
        first = self._stored.setdefault(digest, name)
        if first == name:
            self._write(name, content)
        else:
            self._send(_writer.frame(b"L", name, first))

    def _write(self, name: str, content: bytes) -> None:
        self._send(_writer.frame(b"W", name, body=content))

    def _send(self, data: bytes) -> None:
        if self._lost:
            return
        helper = self._helper or self._start()
        assert helper.stdin is not None
        try:
            while data:
                data = data[os.write(helper.stdin.fileno(), data) :]
        except BrokenPipeError:
            # The helper has said why and is gone; `close` fails the run, which need not break in the middle.
            self._lost = True

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: what kills the run's process group must not lose what was already handed over.
        self._helper = subprocess.Popen(  # noqa: S603 - this interpreter and a file of ours
            [sys.executable, "-I", "-S", _writer.__file__, str(self.results_dir)],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        return self._helper

    def _shown_containers(self) -> None:
        """Only with children that are shown: allure-pytest reports one a parametrised function besides."""
        containers, self._containers = self._containers, []
        for container in containers:
            container.children = [child for child in container.children if child not in self._hidden]
            if container.children:
                self._write(f"{container.uuid}-container.json", _encode(container).encode())

    def close(self) -> None:
        """Wait until every file exists; what could not be written is an error, never a smaller report."""
        self._shown_containers()
        if self._helper is None:
            return
        helper, self._helper = self._helper, None
        assert helper.stdin is not None
        helper.stdin.close()
        if helper.wait():
            raise ComplianceError(
                f"the results could not be written to {self.results_dir}",
                remedy="see the message above; mostly a full disk or a folder that may not be written",
            )


def install(
    config: pytest.Config, results_dir: Path | None, describe: Describe, *, captured: bool = False
) -> None:
    """Take the stock logger's place; without `--alluredir` there is none and nothing happens.

    Call it from `pytest_configure(trylast=True)`. Given back in a clean-up that runs before allure-pytest's.
    """
    stock = [each for each in allure_commons.plugin_manager.get_plugins() if isinstance(each, AllureFileLogger)]
    if not stock:
        return
    logger = FastLogger(
        results_dir or Path(config.getoption("allure_report_dir")).absolute(), describe, captured=captured
    )
    for each in stock:
        allure_commons.plugin_manager.unregister(each)
    allure_commons.plugin_manager.register(logger)
    config.pluginmanager.register(logger, "compliance-allure-results")
    config.add_cleanup(partial(uninstall, config, logger, stock))


def uninstall(config: pytest.Config, logger: FastLogger, stock: Iterable[AllureFileLogger]) -> None:
    """As it was before, and all files written."""
    allure_commons.plugin_manager.unregister(logger)
    config.pluginmanager.unregister(logger)
    for each in stock:
        allure_commons.plugin_manager.register(each)
    logger.close()


@lru_cache(maxsize=4096)
def _labels_of(system: str, family: str, rule: str, severity: str) -> list[dict[str, str]]:
    names = {
        "epic": system,
        "feature": family,
        "story": rule,
        "severity": severity,
        "parentSuite": system,
        "suite": family,
        "subSuite": rule,
        "framework": "pytest",
    }
    return [{"name": name, "value": value} for name, value in names.items()]


def _labels(labels: CaseLabels) -> list[dict[str, str]]:
    own = [{"name": "control", "value": each} for each in labels.controls]
    return [*_labels_of(labels.system, labels.family, labels.rule, labels.severity), *own]
