"""What is sealed of a run: what it was given, what it came to, and what whoever reads that has to know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical, redact, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.observation import Observation
from compliance.estate import document, gatelock
from compliance.estate.config import Estate, Unavailable
from compliance.evidence.spelling import NAME
from compliance.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.verdict import Verdict
    from compliance.evidence.past import Past
    from compliance.executor.plan import Plan

OBSERVATION, VERDICT, ESTATE, COMPILED = "observation.json", "verdict.json", "estate.yaml", "compiled.json"
# What opens something; a value of another key is the name of a variable, an address or a path.
_OPENS = frozenset({"dsn", "writer_dsn", "token", "writer_token"})


class Performed(NamedTuple):
    """What a run came to, and what a replay has to come to again. `nothing`: compiled, and nothing was to do;
    `refused`: not compiled, and why; `past`: what it adds to earlier ones, where a history is sealed with it."""

    observation: Observation
    verdict: Verdict
    plans: tuple[Plan, ...]
    nothing: tuple[str, ...]
    refused: Mapping[str, tuple[str, ...]]
    past: Past | None = None

    def files(self) -> dict[str, bytes]:
        """Verdict, what was compiled, every file of every plan, and what changed."""
        compiled = {
            "plans": {plan.name: plan.digest for plan in self.plans},
            "nothing": list(self.nothing),
            "refused": {name: list(reasons) for name, reasons in self.refused.items()},
        }
        return {
            VERDICT: canonical.lines(verdicts.document(self.verdict), deep=2).encode(),
            COMPILED: canonical.pretty(compiled).encode(),
            **{f"plans/{plan.name}/{name}": data for plan in self.plans for name, data in plan.files.items()},
            **(self.past.files() if self.past else {}),
        }


def given(observation: Observation, estate_file: Path, policy: Path) -> dict[str, bytes]:
    """What the run was judged by: the observation, and what is declared."""
    return {OBSERVATION: observation.to_json(), **declared(estate_file, policy)}


def declared(estate_file: Path, policy: Path) -> dict[str, bytes]:
    """The policy folder, and estate.yaml without what opens the estate."""
    return {
        ESTATE: estate_text(document.read(estate_file).value),
        **{f"policy/{path.name}": path.read_bytes() for path in _judged_by(policy)},
    }


def _judged_by(policy: Path) -> list[Path]:
    """What was accepted of the gates decides a verdict too."""
    return [path for path in (*sorted(policy.glob("*.yaml")), policy / gatelock.NAME) if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return path.is_file() and NAME.fullmatch(path.name) is not None


def estate_text(value: Mapping[str, Any]) -> bytes:
    """Written anew of its values: a comment may hold anything."""
    shown = canonical.pretty(redact.value(_without(dict(value)), None) | {"policy": "policy"})
    return f"# As it was sealed: without comments, DSNs and tokens.\n{shown}".encode()


def _without(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without(item) if isinstance(item, dict) else item
        for name, item in value.items()
        if name not in _OPENS
    }


def offline(files: Mapping[str, bytes], folder: Path) -> Estate:
    """The estate of a bundle, which has no address; `folder` gets its policy."""
    value = document.parsed(part(files, ESTATE), Path(ESTATE)).value
    policy = folder / "policy"
    policy.mkdir()
    for name, data in files.items():
        if name.startswith("policy/"):
            if name.count("/") > 1:
                raise ConfigurationError(f"{name} of the bundle: a folder of policy holds no other")
            (folder / name).write_bytes(data)
    try:
        return Estate(
            name=value["name"], kind=value["kind"], systems=_known(value["systems"]), policy=policy,
            dsn=None, embedded=False, repository=None, redaction_key=None,
            unavailable={name: Unavailable(**said) for name, said in value.get("unavailable", {}).items()},
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError):
        raise ConfigurationError(f"{ESTATE} of the bundle says too little of an estate") from None


def _known(systems: Iterable[str]) -> tuple[str, ...]:
    unknown = sorted(set(systems) - set(SYSTEMS))
    if unknown:
        raise ConfigurationError(f"{ESTATE} of the bundle: this program knows no system '{unknown[0]}'")
    return tuple(systems)


def part(files: Mapping[str, bytes], name: str) -> str:
    """A file of a bundle, as text."""
    try:
        return files[name].decode()
    except (KeyError, UnicodeDecodeError):
        raise ConfigurationError(f"the bundle holds no {name} that can be read") from None


def observed(files: Mapping[str, bytes]) -> Observation:
    """Checked against the digest that it states."""
    return Observation.from_json(part(files, OBSERVATION).encode(), OBSERVATION)
