"""Where a repository is fetched from, and how git is asked: no prompt, no shell, no hook, one way of transport.

A secret of an address is taken out of it before git sees it, and goes by git's environment: the address stands in the
list of processes and in what git says.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SCHEMES = ("https", "http", "ssh", "git", "file")
_SCP = re.compile(r"[^/:@\s-][^/:@\s]*(?:@[^/:@\s-][^/:@\s]*)?:[^:].*")
_ENDED = 5.0  # seconds between 'please end' and the end
_LASTING = re.compile(
    r"remote ref|not found|not exist|could not read (?:Username|Password)|Authentication failed|Permission denied"
    r"|requested URL returned error: [34](?!08|29)|not allowed|dubious ownership|does not appear to be a git repository"
    r"|unable to update url base from redirection|certificate|exported|access denied",
    re.IGNORECASE,
)


class GitSaid(Exception):
    """It failed. `passing`: another time it may go well."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class Remote(NamedTuple):
    """`url`: without a secret; `transport`: the only one that git may use; `header`: with the secret."""

    url: str
    transport: str
    header: str | None = None


def remote(text: str, token: str | None = None) -> Remote:
    """An address of sync.yaml; raises `Failed` where git would take it for anything else than a place to fetch from."""
    if "::" in text.split("/", 1)[0] or text.startswith("-") or not text.isprintable():
        raise Failed("an address is none that repositories are fetched from")
    if "://" not in text:
        return Remote(text, "ssh" if _SCP.fullmatch(text) and not text.startswith(("/", ".")) else "file")
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise Failed(
            f"an address begins with '{parts.scheme}://': it may be {', '.join(_SCHEMES)}, or a folder"
        )
    user, at, host = parts.netloc.rpartition("@")
    if not parts.scheme.startswith("http"):
        if ":" in user:
            raise Failed(
                f"an address of {parts.scheme}:// holds a password, which git would show: leave it out"
            )
        return Remote(text, parts.scheme)
    if parts.query:
        raise Failed("an address holds a `?`, behind which secrets stand: a token comes by `token_env`")
    whole = unquote(user) if at else f"x-access-token:{token}" if token else None
    url = urlunsplit(parts._replace(netloc=host))
    if whole is None:
        return Remote(url, parts.scheme)
    secret = base64.b64encode((whole if ":" in whole else f"{whole}:").encode()).decode()
    return Remote(url, parts.scheme, f"Authorization: Basic {secret}")


def environment(given: Mapping[str, str], found: Remote, seconds: float) -> dict[str, str]:
    """Of a git that asks for it. Who sends a secret follows no redirection: the other host would get it too."""
    config = {
        "core.hooksPath": "/dev/null", "core.fsmonitor": "false", "credential.helper": "",
        "gc.auto": "0", "maintenance.auto": "false", "fetch.unpackLimit": "1",
        "http.followRedirects": "false" if found.header else "initial",
        "http.lowSpeedLimit": "1", "http.lowSpeedTime": str(max(1, int(seconds))),
    }  # fmt: skip
    pairs = [*config.items(), *([("http.extraHeader", found.header)] if found.header else [])]
    told = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    kept = {name: value for name, value in given.items() if not name.startswith("SYNC_CONFIG")}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "LC_ALL": "C"}
    return kept | quiet | told | {"GIT_ALLOW_PROTOCOL": found.transport}


def git(folder: Path, words: Sequence[str], env: Mapping[str, str], seconds: float) -> bytes:
    """What it says. One that takes too long is ended with the helpers that it started; raises `GitSaid`."""
    process = subprocess.Popen(  # noqa: S603 - a list, no shell
        ["git", *words],  # noqa: S607 - the user's own git
        cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        process_group=0,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise GitSaid(f"it did not come within {seconds:g} s", passing=True) from None
    finally:
        _end(process)
    if process.returncode:
        said = err.decode(errors="backslashreplace")
        raise GitSaid(_first(said), passing=_LASTING.search(said) is None)
    return out


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_ENDED)
            return


def _first(said: str) -> str:
    """The line that tells why; `remote:` lines are the other side's own words."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines or ["git failed"]
    if "could not read Username" in telling[0]:
        return "the other side asks who is there: it is not public, or not there at all"
    if "returned error: 30" in telling[0]:
        return "it redirects elsewhere, where no secret of ours is sent: give its new address"
    return telling[0].removeprefix("fatal: ").removeprefix("error: ")
