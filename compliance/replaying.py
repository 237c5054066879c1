"""An audit performed again from what was sealed of it, and where that comes to something else."""

from __future__ import annotations

import json
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import audit
from compliance.core.errors import ConfigurationError
from compliance.evidence import past
from compliance.evidence import report as reports
from compliance.evidence.contents import VERDICT, Performed, observed, offline, part
from compliance.probing import Run
from compliance.systems import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compliance.audit import Audited
    from compliance.core.history import History

    Report = Callable[[str], None]

_LISTED = 20


def performed(audited: Audited, kept: History | None = None) -> Performed:
    """What an audit came to, as it is sealed. `kept`: earlier ones."""
    since = None if kept is None else past.of(kept, audited.verdict, audited.run.observation)
    return Performed(
        audited.run.observation, audited.verdict,
        tuple(audit.plan_of(audited.run, item) for item in audited.compiled if not item.nothing),
        tuple(f"{item.system}/{item.kind}" for item in audited.compiled if item.nothing),
        audited.obstacles, since,
    )  # fmt: skip


def results(done: Performed) -> dict[str, bytes]:
    """All that a replay has to write again, byte for byte."""
    return {**done.files(), reports.REPORT: reports.report(done)}


def again(files: Mapping[str, bytes], report: Report = lambda _: None) -> Performed:
    """From these files alone, as of the time that the sealed verdict was judged by."""
    judged_at = said(files, VERDICT, "judged_at")["judged_at"]
    with tempfile.TemporaryDirectory(prefix="compliance-replay-") as folder:
        estate = offline(files, Path(folder))
        run = Run(estate, Policies.load(estate), observed(files), str(judged_at))
        return performed(audit.judge(run, report=report), past.held(files, estate.name))


def said(files: Mapping[str, bytes], name: str, *keys: str) -> dict[str, Any]:
    """A file of a bundle as JSON that has these keys: without a public key anybody may have written it."""
    try:
        found = dict(json.loads(part(files, name)))
    except (ValueError, TypeError, RecursionError):
        found = {}
    if lacking := [key for key in keys if key not in found]:
        raise ConfigurationError(f"{name} of the bundle says nothing of '{lacking[0]}'")
    return found


def differences(sealed: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    """Cases by their key, populations by system, plans by file and line; nothing where every byte is the same."""
    found = []
    for name in sorted(now.keys() | {name for name in sealed if name.startswith("plans/")}):
        was, is_ = sealed.get(name), now.get(name)
        if was == is_:
            continue
        if was is None or is_ is None:
            found.append(f"{name}: {'is not sealed' if was is None else 'is sealed, and was not made again'}")
        elif name == VERDICT:
            found += _verdicts(said(sealed, name), json.loads(is_)) or [_line(name, was, is_)]
        else:
            found.append(_line(name, was, is_))
    return found


def _verdicts(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is said of the run as a whole first, then populations, rules and cases that are others or in one alone."""
    try:
        parts = (_heads(was, now), _populations(was, now), _rules(was, now), _cases(was, now))
        return [line for part in parts for line in part]
    except (KeyError, TypeError, AttributeError):
        return [f"{VERDICT}: is not what a verdict is written as"]


def _heads(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    told = {"population", "rules", "cases", "counts"}
    for name in sorted((was.keys() | now.keys()) - told):
        if was.get(name) != now.get(name):
            yield f"{VERDICT}: {name}: {was.get(name)} -> {now.get(name)}"
    if was["counts"] != now["counts"] and was["cases"] == now["cases"]:
        yield f"{VERDICT}: counts: {was['counts']} -> {now['counts']}, of the same cases"


def _populations(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """By system: what was declared by name, how many at each stage, what was left out and why."""
    before, after = was.get("population", {}), now.get("population", {})
    for system in sorted(before.keys() | after.keys()):
        one, other = before.get(system, {}), after.get(system, {})
        for stage in sorted(one.keys() | other.keys()):
            head = f"population of {system}: {stage}"
            if one.get(stage) == other.get(stage):
                continue
            if stage == "names":
                yield from _names(head, one.get(stage, {}), other.get(stage, {}))
            else:
                yield f"{head}: {one.get(stage, 'not said')} -> {other.get(stage, 'not said')}"


def _names(head: str, was: dict[str, list[str]], now: dict[str, list[str]]) -> Iterator[str]:
    for each in sorted(was.keys() | now.keys()):
        before, after = was.get(each, []), now.get(each, [])
        both = set(before) & set(after)
        told = [
            f"{sign}{name}"
            for sign, names in (("-", before), ("+", after))
            for name in names
            if name not in both
        ]
        if before != after:
            yield f"{head}: {each}: {', '.join(told) or 'the same names in another order'}"


def _rules(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for rule in sorted(was["rules"].keys() | now["rules"].keys()):
        before, after = was["rules"].get(rule), now["rules"].get(rule)
        if before is None or after is None:
            yield f"rule {rule}: {'is not sealed' if before is None else 'is sealed, and judges no case now'}"
        elif before != after:
            parts = (
                part for part in sorted(before.keys() | after.keys()) if before.get(part) != after.get(part)
            )
            yield f"rule {rule}: " + "; ".join(f"{p}: {before.get(p)} -> {after.get(p)}" for p in parts)


def _cases(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    before, after = ({(c["rule"], c["subject"]): c for c in run["cases"]} for run in (was, now))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield f"case {key[0]}[{key[1]}]: {_told(before.get(key))} -> {_told(after.get(key))}"


def _told(case: dict[str, Any] | None) -> str:
    if case is None:
        return "no such case"
    keys = ", ".join(each["key"] for each in (*case["findings"], *case["waived"]))
    why = keys or case["reason"]
    return str(case["outcome"]).replace("_", " ") + (f" ({why})" if why else "")


def _line(name: str, was: bytes, now: bytes) -> str:
    """The first line that differs; it is not shown, since a plan may be long."""
    pairs = zip_longest(was.split(b"\n"), now.split(b"\n"))
    number = next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 0)
    return f"{name}:{number}: is another line"


def shown(found: list[str]) -> Iterator[str]:
    """As many as a person reads; the others are counted."""
    yield from found[:_LISTED]
    if len(found) > _LISTED:
        yield f"and {len(found) - _LISTED} more (--json lists all)"
