"""Directus' environment as the repository writes it down: which names flows may use, and where requests may go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

ALLOW_LIST = "FLOWS_ENV_ALLOW_LIST"
_ENV = re.compile(r"\$env\.([A-Za-z_][A-Za-z0-9_]*)")
_ELSE = frozenset({"env_file", "extends"})
# `${X}`, `${X:?…}`: what stands there is known only where the service is started. `$$` is a dollar.
_ELSEWHERE = re.compile(r"(?<!\$)\$(?:\{|[A-Za-z_])")


class _Partly(dict[str, str | None]):
    """What is not here may stand in another file, which nobody looked at."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002  the signature of a mapping
        return super().get(key)


class _Service(NamedTuple):
    """Its variables as they are written; `others`: more of them stand elsewhere."""

    pairs: list[tuple[str, str]]
    others: bool


class Missing(CouldNotLook):
    """The file or the service is not there: a finding of the rule that asks."""


def variables(facts: Facts) -> Mapping[str, str | None]:
    """The environment of Directus by name; None where the file leaves a value to whoever starts it.

    Raises `Missing` where there is no such file or service, `CouldNotLook` where it cannot be read.
    """
    policy: Policy = facts.policies["registry_sync"]
    place = policy.environment
    (file,) = facts.read(f"file:{place.file}")
    if file.text is None:
        raise Missing(f"{place.file}: there is no such file in the repository")
    service = _service(_parsed(file.text, place.file), place.service, place.file)
    found = {name: None if _ELSEWHERE.search(v) else v.replace("$$", "$") for name, v in service.pairs}
    return _Partly(found) if service.others else found


def allowed(facts: Facts) -> frozenset[str]:
    """The names that flows may use; none where there is no list. As Directus reads it, a space is part of a name."""
    found = variables(facts).get(ALLOW_LIST, "")
    if found is None:
        raise CouldNotLook(
            f"{facts.policies['registry_sync'].environment.file}: {ALLOW_LIST} is left to whoever starts it",
            remedy="write the list into the file",
        )
    return frozenset(name for name in found.removeprefix("array:").split(",") if name)


def needed_names_are_allowed(facts: Facts) -> Iterator[Judgement]:
    """What the declared flows will name is in the list, and has a value."""
    try:
        listed, given = allowed(facts), variables(facts)
    except Missing as error:
        yield Finding("directus", error.message, "missing")
        return
    flows = desired(facts.policy, (), ())
    text = canonical.dumps([row[7] for flow in flows for row in flow.operations]).decode()
    for name in sorted(set(_ENV.findall(text))):
        if name not in listed:
            yield Finding("directus", f"{ALLOW_LIST} does not hold {name}, which the declared flows need", name)
        elif given.get(name, "") == "":
            yield Finding("directus", f"{name}, which the declared flows need, has no value", f"{name}-value")


def _parsed(text: str, path: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as error:
        raise CouldNotLook(f"{path}: not YAML that can be read: {type(error).__name__}") from None


def _service(value: Any, name: str, path: str) -> _Service:
    services = value.get("services") if isinstance(value, dict) else None
    service = services.get(name) if isinstance(services, dict) else None
    if not isinstance(service, dict):
        raise Missing(f"{path}: there is no service {name}")
    others, environment = not _ELSE.isdisjoint(service), service.get("environment") or {}
    if isinstance(environment, dict):
        return _Service([(str(key), _spelled(item)) for key, item in environment.items()], others)
    if isinstance(environment, list):
        pairs = (str(item).partition("=") for item in environment)
        # A name alone takes its value from whoever starts it.
        return _Service([(key, item if mark else "${" + key + "}") for key, mark, item in pairs], others)
    raise CouldNotLook(f"{path}: the environment of {name} is neither a mapping nor a list")


def _spelled(value: Any) -> str:
    if value is None:
        return "${}"
    return str(value).lower() if isinstance(value, bool) else str(value)
