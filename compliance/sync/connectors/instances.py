"""What an instance runs with: by its file of configuration, by a command, or by Odoo's external API."""

from __future__ import annotations

import configparser
import re
import subprocess
import xmlrpc.client
from threading import Timer
from typing import TYPE_CHECKING, Any

from compliance.core import redact
from compliance.sync.connectors.http import Client
from compliance.sync.connectors.protocol import Failed
from compliance.sync.connectors.sanitizing import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compliance.sync.connectors.protocol import Task

_LARGEST = 16 * 1024 * 1024
_REMARK = re.compile(r"\s[;#].*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def entries(task: Task, source: Mapping[str, Any]) -> list[Entry]:
    """Names and values of one source, as they are."""
    if "conf" in source:
        return of_conf(task.folder / source["conf"], source.get("section", "options"))
    if "command" in source:
        return of_lines(_printed(task, source["command"], source.get("seconds", 60)))
    return of_odoo(task, source["xmlrpc"])


def of_conf(place: Path, section: str) -> list[Entry]:
    """Remarks are left out, since nobody could tell a secret in prose; so is what stands behind a value."""
    try:
        with place.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise Failed(f"{place}: cannot be read ({error.strerror})") from None
    if len(data) > _LARGEST:
        raise Failed(f"{place}: is larger than {_LARGEST} bytes")
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(data.decode())
    except UnicodeDecodeError:
        raise Failed(f"{place}: is not UTF-8") from None
    except configparser.Error as error:  # its message quotes the line
        line = getattr(error, "lineno", None) or next((number for number, _ in getattr(error, "errors", ())), 1)
        raise Failed(f"{place}:{line}: is no `name = value` line of a section") from None
    if not parser.has_section(section):
        raise Failed(f"{place}: has no section [{section}]")
    return [Entry(name, _REMARK.sub("", value).strip()) for name, value in parser.items(section)]


def of_lines(data: bytes) -> list[Entry]:
    """NAME=value, ended by line or by NUL. A line that is none goes on with the value before it."""
    text = data.decode(errors="backslashreplace")
    found: list[Entry] = []
    for line in text.split("\0") if "\0" in text else text.splitlines():
        name, sign, value = line.partition("=")
        if sign and _NAME.fullmatch(name):
            found.append(Entry(name, value))
        elif found and line:
            found[-1] = Entry(found[-1].name, f"{found[-1].value}\n{line}")
        elif line.strip():
            raise Failed("the command prints something else than NAME=value lines")
    return found


def _printed(task: Task, words: list[str], seconds: float) -> bytes:
    """What a command prints. What it says of its failure is not shown: that may be the secret itself."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the command of the configuration is what this is for
            words, cwd=task.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise Failed(f"{words[0]}: {error.strerror}") from None
    late = Timer(seconds, process.kill)
    late.start()
    try:
        assert process.stdout is not None
        with process.stdout:
            data = process.stdout.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            process.kill()
        code = process.wait()
    finally:
        timed_out = not late.is_alive()
        late.cancel()
    if timed_out and code < 0:
        raise Failed(f"{words[0]}: did not end within {seconds:g} s, and was ended", passing=True)
    if code or len(data) > _LARGEST:
        raise Failed(
            f"{words[0]}: ended with {code}; what it said is not shown, since it may hold secrets", passing=True
        )
    return data


def of_odoo(task: Task, source: Mapping[str, Any]) -> list[Entry]:
    """Version and system parameters, by the external API that Odoo documents."""
    database, user, size = source["database"], source["user"], source.get("page_size", 200)
    key = task.variable(source["key_env"])
    with Client(task, source["url"], secret=True) as client:
        version = _call(client, "common", "version")
        uid = _call(client, "common", "authenticate", database, user, key, {})
        if not uid or isinstance(uid, bool):
            raise Failed(f"{user} is not let in to {database} with the value of {source['key_env']}: renew it")

        def ask(method: str, *words: Any, **more: Any) -> Any:
            return _call(
                client,
                "object",
                "execute_kw",
                database,
                uid,
                key,
                "ir.config_parameter",
                method,
                list(words),
                more,
            )

        total, found = ask("search_count", []), list[Any]()
        while len(found) < total:
            page = ask("search_read", [], fields=["key", "value"], order="key", limit=size, offset=len(found))
            if not page:
                break
            found += page
    if len(found) != total or len({each["key"] for each in found}) != total:
        raise Failed(
            f"{len(found)} parameters came, and {total} are there: they changed while they were read",
            passing=True,
        )
    server = version.get("server_version", "") if isinstance(version, dict) else ""
    return [Entry("server_version", str(server)), *(Entry(each["key"], str(each["value"])) for each in found)]


def _call(client: Client, service: str, method: str, *words: Any) -> Any:
    """XML that names entities is refused before it is read: a few lines of it can fill the memory."""
    sent = xmlrpc.client.dumps(words, method, allow_none=True).encode()
    data = client.data("POST", f"xmlrpc/2/{service}", sent, {"Content-Type": "text/xml"})
    what = f"/xmlrpc/2/{service} {method}"
    if b"\0" in data or re.search(rb"(?i)<!(?:DOCTYPE|ENTITY)", data):
        raise Failed(f"{what}: the answer names entities, or is not in UTF-8, which is refused")
    try:
        (found,), _ = xmlrpc.client.loads(data.decode(), use_builtin_types=True)
    except xmlrpc.client.Fault as fault:
        last = [line for line in fault.faultString.splitlines() if line.strip()][-1:]
        raise Failed(f"{what}: {redact.text(''.join(last), None)[:200]}") from None
    except Exception:  # whatever a parser of XML says quotes what it read
        raise Failed(f"{what}: the answer is no XML-RPC") from None
    return found
