"""`compliance diff`: two kept runs, or two verdicts that were written down, side by side."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import keeping
from compliance.core import canonical, history
from compliance.core.differing import Side, differences
from compliance.core.errors import ConfigurationError
from compliance.core.oneline import oneline
from compliance.estate import regular
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from compliance.core.history import Entry, History

_LAST = re.compile(r"last(?:~(\d+))?")


def diff(parsed: argparse.Namespace) -> int:
    """0 where both came to the same, 1 where not."""
    one, other = (_side(name, Path(parsed.history)) for name in (parsed.old, parsed.new))
    found = differences(one, other)
    write(canonical.pretty(found) if parsed.json else "\n".join(map(oneline, lines(found))))
    return 0 if found["same"] else 1


def _side(name: str, kept: Path) -> Side:
    """A run by its id, the beginning of it, `last` or `last~N`; else the file of a verdict."""
    path = Path(name)
    if not _LAST.fullmatch(name) and (path.is_file() or path.suffix == ".json"):
        return of_document(name, _document(path))
    return Side(name, _entry(name, keeping.read(kept), kept))


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(regular.read(path))
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path}: is no verdict")
    return found


def of_document(name: str, value: Mapping[str, Any]) -> Side:
    """A verdict's document says nothing of when it was observed and by which program."""
    try:
        entry = history.entry(value, estate="", observed_at="", program="", number=0)
        outcomes = {f"{case['rule']}:{case['subject']}": case["outcome"] for case in value["cases"]}
    except (KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{name}: is no verdict", remedy="give the verdict.json that `compliance audit` writes"
        ) from None
    return Side(name, entry, outcomes)


def _entry(name: str, kept: History, path: Path) -> Entry:
    if not kept.entries:
        raise ConfigurationError(
            f"{path}: no audit is kept there", remedy="run `compliance audit`, or name --history"
        )
    if (last := _LAST.fullmatch(name)) is not None:
        back = int(last[1] or 0)
        if back >= len(kept.entries):
            raise ConfigurationError(f"{path}: there is no {name}; {len(kept.entries)} run(s) are kept")
        return kept.entries[-1 - back]
    found = [entry for entry in kept.entries if entry.run.startswith(name)]
    exact = [entry for entry in found if entry.run == name]
    if len(exact or found) != 1:
        raise _unknown(name, [entry.run for entry in found], [entry.run for entry in kept.entries])
    return (exact or found)[0]


def _unknown(name: str, meant: list[str], known: list[str]) -> ConfigurationError:
    near = meant or difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[-3:]
    said = "is more than one run" if meant else "is no run that is kept"
    return ConfigurationError(
        f"'{name}' {said}; {'they are' if meant else 'nearest'}: {', '.join(near)}",
        remedy="`compliance history` lists the runs; `last` and `last~1` are the newest two",
    )


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    for side in (found["from"], found["to"]):
        counts = ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in side["counts"].items() if count
        )
        run = f" ({side['run']})" if side["name"] != side["run"] else ""
        yield f"{side['name']}{run}  {side['conclusion']}: {counts}"
    if found["changed"]:
        yield f"changed: {', '.join(found['changed'])}"
    yield from (f"  {state:9} {key}" for state in ("new", "resolved", "unknown") for key in found[state])
    for each in found["outcomes"]:
        yield f"  outcome   {each['case']}: {_spelled(each['from'])} -> {_spelled(each['to'])}"
    yield from (f"  rule came {rule}" for rule in found["rules"]["added"])
    yield from (f"  rule went {rule}" for rule in found["rules"]["removed"])
    unchanged = f"{len(found['unchanged'])} finding(s) unchanged"
    yield f"{'the same' if found['same'] else 'different'}; {unchanged}"


def _spelled(outcome: str | None) -> str:
    return "(no such case)" if outcome is None else outcome.replace("_", " ")
