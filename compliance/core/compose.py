"""The environment of a service, as a compose file writes it down, and as a file of `NAME=value` lines says it runs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOW_LIST = "FLOWS_ENV_ALLOW_LIST"
_ELSE = frozenset({"env_file", "extends"})
# `${X}`, `${X:?…}`: what stands there is known only where the service is started. `$$` is a dollar.
_ELSEWHERE = re.compile(r"(?<!\$)\$(?:\{|[A-Za-z_])")
_REFERENCE = re.compile(r"(?<!\$)\$(?:\{[^{}]*\}|[A-Za-z_][A-Za-z0-9_]*)")
_LEFT = "\0"
_DATABASE = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^@/?#]*)@)?[^@/?#]*(?:/(?P<name>[^/?#]*))?(?:\?(?P<query>[^#]*))?"
)
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


class Partly(dict[str, str | None]):
    """What is not here may stand in another file, which nobody looked at."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002  the signature of a mapping
        return super().get(key)


class Missing(CouldNotLook):
    """The file or the service is not there: a finding of the rule that asks."""


class _Service(NamedTuple):
    """Its variables as they are written; `others`: more of them stand elsewhere."""

    pairs: list[tuple[str, str]]
    others: bool


def variables(text: str | None, path: str, service: str) -> Mapping[str, str | None]:
    """The environment of a service by name; None where the file leaves a value to whoever starts it.

    Raises `Missing` where there is no such file or service, `CouldNotLook` where it cannot be read.
    """
    found = _service(text, path, service)
    values = {name: None if _ELSEWHERE.search(v) else v.replace("$$", "$") for name, v in found.pairs}
    return Partly(values) if found.others else values


def written(text: str | None, path: str, service: str) -> Mapping[str, str]:
    """The same as it is written, references and all."""
    return dict(_service(text, path, service).pairs)


def image(text: str | None, path: str, service: str) -> str | None:
    """The image as it is written; None where none is, or whoever starts it says which."""
    found = _services(text, path).get(service)
    said = found.get("image") if isinstance(found, dict) else None
    return said if isinstance(said, str) and not _ELSEWHERE.search(said) else None


def hosts(text: str | None, path: str) -> frozenset[str]:
    """Names by which one container reaches another: of services, and what these are called beside that."""
    found: set[str] = set()
    for name, service in _services(text, path).items():
        service = service if isinstance(service, dict) else {}
        networks = service.get("networks")
        others = networks.values() if isinstance(networks, dict) else ()
        aliases = [alias for n in others if isinstance(n, dict) for alias in n.get("aliases") or ()]
        found |= {str(told).lower() for told in (name, service.get("container_name"), *aliases) if told}
    return frozenset(found)


class Database(NamedTuple):
    """Whom an address of PostgreSQL names, and which database: None where it is left to whoever starts the service."""

    user: str | None
    name: str | None


def database(text: str) -> Database | None:
    """Of an address as it is written, whose password may be a reference; None where it is no address at all."""
    if _REFERENCE.fullmatch(text):
        return Database(None, None)
    found = _DATABASE.fullmatch(_REFERENCE.sub(_LEFT, text).replace("$$", "$"))
    if found is None:
        return None
    asked = dict(parse_qsl(found["query"] or ""))
    user = asked.get("user") or unquote((found["user"] or "").partition(":")[0])
    name = asked.get("dbname") or unquote(found["name"] or "")
    return Database(*(part if part and _LEFT not in part else None for part in (user, name)))


def allowed(given: Mapping[str, str | None], path: str) -> frozenset[str]:
    """The names that flows may use; none where there is no list. As Directus reads it, a space is part of a name."""
    found = given.get(ALLOW_LIST, "")
    if found is None:
        raise CouldNotLook(
            f"{path}: {ALLOW_LIST} is left to whoever starts it", remedy="write the list into the file"
        )
    return frozenset(name for name in found.removeprefix("array:").split(",") if name)


def running(text: str | None, path: str) -> Mapping[str, str]:
    """What `printenv` said in the container: a line a variable; of one that stands there twice the last counts."""
    if text is None:
        raise Missing(f"{path}: there is no such file in the repository")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise CouldNotLook(f"{path}: line {number} is not NAME=value")
        found[match[1]] = match[2].strip("\"'") if match[2][:1] in "\"'" else match[2]
    return found


def _service(text: str | None, path: str, name: str) -> _Service:
    service = _services(text, path).get(name)
    if not isinstance(service, dict):
        raise Missing(f"{path}: there is no service {name}")
    others, environment = not _ELSE.isdisjoint(service), service.get("environment") or {}
    if isinstance(environment, dict):
        return _Service([(str(key), _spelled(str(key), item)) for key, item in environment.items()], others)
    if isinstance(environment, list):
        pairs = (str(item).partition("=") for item in environment)
        # A name alone takes its value from whoever starts it.
        return _Service([(key, item if mark else "${" + key + "}") for key, mark, item in pairs], others)
    raise CouldNotLook(f"{path}: the environment of {name} is neither a mapping nor a list")


def _services(text: str | None, path: str) -> dict[str, Any]:
    if text is None:
        raise Missing(f"{path}: there is no such file in the repository")
    value = _parsed(text, path)
    services = value.get("services") if isinstance(value, dict) else None
    return services if isinstance(services, dict) else {}


@lru_cache(maxsize=8)
def _parsed(text: str, path: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise CouldNotLook(f"{path}: not YAML that can be read: {type(error).__name__}") from None


def _spelled(name: str, value: Any) -> str:
    """Nothing: it takes its value from whoever starts it."""
    if value is None:
        return "${" + name + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)
