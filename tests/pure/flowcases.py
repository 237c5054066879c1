"""How the cases of rules over flows are written down: what is done to rows, and which subjects a rule then names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.finding import Finding
from tests.pure.flowrows import RULES, Op, World, subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NEAR = "near miss"
Case = tuple[str, str, "Callable[[], World]", "list[str] | str"]
TABLE = "[DOT-REG] Table Registry"
CREATE, UPDATE, DELETE = (f"{TABLE} {action} -> AD" for action in ("Create", "Update", "Delete"))
ONE_UPDATE, ONE_DELETE = (f"{name} (one document)" for name in (UPDATE, DELETE))
RECORD = {"collection": "system_issues", "payload": {"title": "x"}}
KEYS = {"flow": "H", "payload": "{{$trigger.keys}}"}
URL = "{{$env.AGENT_DATA_URL}}"


def send(url: str = "{{$env.AGENT_DATA_URL}}/x", method: str = "POST", **options: Any) -> dict[str, Any]:
    return {"url": url, "method": method, **options}


def request(options: dict[str, Any], key: str = "send") -> tuple[Op, Op]:
    """A request whose failure is recorded."""
    return Op(key, "request", options, None, f"failed_{key}"), Op(f"failed_{key}", "item-create", RECORD)


def changed(flow: str, key: str | None = None, /, **columns: Any) -> Callable[[], World]:
    """What policy declares, with other values in one row."""

    def made() -> World:
        world = World.conforming()
        (world.flow(flow) if key is None else world.operation(flow, key)).update(columns)
        return world

    return made


def optioned(flow: str, key: str | None, /, **options: Any) -> Callable[[], World]:
    """What policy declares, with other options in one row."""

    def made() -> World:
        world = World.conforming()
        row = world.flow(flow) if key is None else world.operation(flow, key)
        row["options"] = {**row["options"], **options}
        return world

    return made


def on(action: str, *operations: Op, **more: Any) -> Callable[[], World]:
    return lambda: World().on(action, *operations, **more)


def composed(old: str, new: str, world: Callable[[], World] = World.conforming) -> Callable[[], World]:
    """With another file that Directus is started from."""

    def made() -> World:
        found = world()
        assert found.compose is not None
        assert found.compose.count(old) == 1
        found.compose = found.compose.replace(old, new)
        return found

    return made


def fallback(action: str, condition: Any) -> Callable[[], World]:
    """Serves `key`, or else `keys[0]`."""
    return on(
        action,
        Op("which", "condition", {"filter": condition}, "by_key", "by_keys"),
        *request(send(f"{URL}/a/{{{{$trigger.key}}}}"), "by_key"),
        *request(send(f"{URL}/a/{{{{$trigger.keys[0]}}}}"), "by_keys"),
    )


def several(*worlds: Callable[[World], World]) -> Callable[[], World]:
    def made() -> World:
        world = World()
        for add in worlds:
            world = add(world)
        return world

    return made


def document(identity: str, **more: Any) -> dict[str, Any]:
    return send(f"{URL}/documents?upsert=true", body={"document_id": identity, **more})


def scheduled(cron: Any) -> Callable[[], World]:
    return lambda: World().add("F", "schedule", {"cron": cron}, Op("log", "log"))


def helper(*operations: Op) -> Callable[[World], World]:
    return lambda world: world.called("H", *operations)


def caller(action: str, payload: Any = "{{$trigger.keys}}", **more: Any) -> Callable[[World], World]:
    return lambda world: world.on(action, Op("each", "trigger", {"flow": "H", "payload": payload}), **more)


def _inlined(key: str) -> World:
    """The update without its helper flow."""
    world = World.conforming()
    send_, update = world.operation(ONE_UPDATE, "send"), world.flow(UPDATE)
    each = world.operation(UPDATE, "each")
    each.update(
        type="request",
        options={**send_["options"], "body": {"document_id": f"registries/table_registry/tbl-{key}"}},
    )
    assert each["flow"] == update["id"]
    return world


def _as_text() -> World:
    world = World.conforming()
    options = world.operation(CREATE, "send")["options"]
    options["body"] = '{"document_id": "registries/table_registry/tbl-{{$trigger.key}}"}'
    return world


def each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """One test a case: rule, title, rows, and the subjects, how all of them begin, or `NEAR`."""
    names = [f"{case[0]}-{case[1]}" for case in cases]
    return pytest.mark.parametrize(("rule", "world", "broken"), [(c[0], c[2], c[3]) for c in cases], ids=names)


def check(rule: str, world: Callable[[], World], broken: list[str] | str) -> None:
    """The rule names exactly these subjects, and it looked at all of them."""
    found = world().says(RULES[rule])
    assert all(isinstance(judgement, Finding) for judgement in found), found
    if isinstance(broken, list):
        assert subjects(found) == broken, found
    elif broken == NEAR:
        assert found == []
    else:
        assert found
        assert all(subject.startswith(broken) for subject in subjects(found))
