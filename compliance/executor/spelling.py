"""Steps, calls and needs as `plan.json` and the ledger hold them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.change import Call, Step
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs, RowsNeed

if TYPE_CHECKING:
    from collections.abc import Iterable


def step_as_json(step: Step) -> dict[str, Any]:
    return {
        "title": step.title,
        "hazards": sorted(step.hazards),
        "reads": keys_as_json(step.reads),
        "writes": keys_as_json(step.writes),
        "deploy": step.deploy,
        "verify": step.verify,
        "revert": step.revert,
    } | ({"guarded": keys_as_json(step.guarded)} if step.guarded else {})


def step_from_json(value: dict[str, Any]) -> Step:
    return Step(
        title=value["title"],
        deploy=value["deploy"],
        verify=value["verify"],
        revert=value["revert"],
        hazards=frozenset(value["hazards"]),
        reads=keys_from_json(value["reads"]),
        writes=keys_from_json(value["writes"]),
        guarded=keys_from_json(value.get("guarded", [])),
    )


def call_as_json(call: Call) -> dict[str, Any]:
    return {
        "title": call.title,
        "service": call.service,
        "method": call.method,
        "path": call.path,
        "body": call.body,
        "undo": list(call.undo),
        "present": call.present,
        "absent": call.absent,
    } | ({"reads": keys_as_json(call.reads)} if call.reads else {})


def call_from_json(value: dict[str, Any]) -> Call:
    method, path, body = value["undo"]
    reads = keys_from_json(value.get("reads", []))
    return Call(**value | {"undo": (method, path, body), "reads": reads})


def keys_as_json(keys: Iterable[FactKey]) -> list[list[str | None]]:
    return [list(key) for key in sorted(keys, key=str)]


def keys_from_json(value: list[list[Any]]) -> frozenset[FactKey]:
    return frozenset(FactKey(*key) for key in value)


def needs_as_json(needs: Needs) -> list[dict[str, Any]]:
    """Rows, files and folders: the catalog is always looked at, but for the text of functions."""
    sources: list[dict[str, Any]] = [
        *([{"catalog": "bodies"}] if needs.bodies else []),
        *({"file": path} for path in sorted(needs.files)),
        *({"tree": path} for path in sorted(needs.trees)),
    ]
    return sources + [
        {
            "name": need.name,
            "relation": need.relation,
            "columns": need.columns,
            "only": need.only,
            **({"candidates": need.candidates} if need.candidates else {}),
            **({"distinct": True} if need.distinct else {}),
            **({"named_by": need.named_by} if need.named_by else {}),
        }
        for need in needs.rows
    ]


def needs_from_json(value: list[dict[str, Any]]) -> Needs:
    rows = (
        RowsNeed(
            item["name"], item["relation"], tuple(item["columns"]),
            (item["only"][0], tuple(item["only"][1])) if item["only"] else None,
            tuple(item.get("candidates", ())), item.get("distinct", False), tuple(item.get("named_by", ())),
        )
        for item in value if "relation" in item
    )  # fmt: skip
    files, trees = (frozenset(i[kind] for i in value if kind in i) for kind in ("file", "tree"))
    bodies = {"catalog": "bodies"} in value
    return Needs(rows=tuple(rows), files=files, trees=trees, bodies=bodies)


def database_needs(value: list[dict[str, Any]]) -> Needs:
    """Of these, what the database holds: by that alone it is judged what became of a change."""
    needs = needs_from_json(value)
    return Needs(rows=needs.rows, bodies=needs.bodies)
