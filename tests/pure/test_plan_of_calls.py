"""A plan with calls and payloads: what a person reads, what its digest covers, and what older plans still are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.change import Call
from compliance.core.errors import Refused
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs
from compliance.executor import plan as plans
from compliance.executor.following import Work
from compliance.executor.review import differences
from tests.pure.plans import plan

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.executor.plan import Plan

CALL = Call(
    "move a to b", "agent_data", "POST", "/documents/a/move", {"new_id": "b", "why": "ü"},
    ("POST", "/documents/b/move", {"new_id": "a"}), "/documents/b", "/documents/a",
)  # fmt: skip
PAYLOADS = {"flows.json": "[1]\n", "operations.json": "[]\n"}


def of(calls: tuple[Call, ...] = (CALL,), payloads: dict[str, str] = PAYLOADS, **parts: Any) -> Plan:
    made = plan()
    return replace(made, compiled=replace(made.compiled, calls=calls, payloads=payloads, **parts))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    for made in (of(), of(steps=()), of(payloads={}), of(calls=())):
        plans.write(made, tmp_path, {})
        found = plans.read(tmp_path)
        assert (found.compiled, found.digest) == (made.compiled, made.digest)
    assert sorted(file.name for file in tmp_path.rglob("*.json")) == [
        "flows.json", "operations.json", "plan.json", "provenance.json",
    ]  # fmt: skip
    plans.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_calls_and_payloads_it_is_the_plan_that_it_always_was() -> None:
    content = of((), {}).content
    assert content == plan().content
    assert not content.keys() & {"calls", "payloads"}
    assert Work.of(content, back=False).calls == ()


def test_what_a_call_rests_on_is_of_the_plan_and_is_looked_at_again(tmp_path: Path) -> None:
    rests = frozenset({FactKey("tree:server"), FactKey("file:a.yml"), FactKey("catalog.columns", "public.x")})
    resting = replace(CALL, reads=rests)
    made = replace(
        of((resting,), steps=()), needs=Needs(files=frozenset({"a.yml"}), trees=frozenset({"server"}))
    )
    assert (made.reads, of().reads - plan().reads) == (rests, frozenset())
    assert made.digest != replace(of(steps=()), needs=made.needs).digest
    plans.write(made, tmp_path, {})
    found = plans.read(tmp_path)
    assert (found, found.reads, found.needs) == (made, rests, made.needs)


def test_a_call_and_a_payload_are_part_of_the_digest_and_a_hazard() -> None:
    other = replace(CALL, body={"new_id": "c"})
    digests = {made.digest for made in (of(), of((other,)), of((CALL, other)), of(payloads={}), of(()))}
    assert len(digests) == 5
    assert of().digest != of(payloads=PAYLOADS | {"flows.json": "[2]\n"}).digest
    assert "calls-service" in of().hazards
    assert "calls-service" not in of(()).hazards


def test_a_person_reads_what_will_be_called_and_what_takes_it_back() -> None:
    text = of().files["REVIEW.md"].decode()
    for said in (
        "After COMMIT 1 call(s) of services", "call 1. move a to b", "To agent_data", "/documents/b is there",
        "/documents/a is gone", "POST /documents/a/move", '"why": "ü"', "POST /documents/b/move", "payloads/flows.json",
    ):  # fmt: skip
        assert said in text, said
    assert "After COMMIT" not in of((), {}).files["REVIEW.md"].decode()


def test_what_changed_since_the_last_one_is_told() -> None:
    other = replace(CALL, body={"new_id": "c"})
    new = replace(CALL, title="move c")
    assert differences(of(), of((other,))) == ["~ call: move a to b"]
    assert differences(of(), of((new,))) == ["- call: move a to b", "+ call: move c"]
    assert differences(of(), of(payloads={"flows.json": "[1]\n"})) == ["~ payload: operations.json"]
    assert differences(of(), of()) == []


def test_a_payload_that_was_changed_is_named(tmp_path: Path) -> None:
    plans.write(of(), tmp_path, {})
    (tmp_path / "payloads" / "flows.json").write_text("[2]\n")
    with pytest.raises(Refused) as error:
        plans.read(tmp_path)
    assert error.value.reasons == ("payloads/flows.json",)


@pytest.mark.parametrize("name", ["payloads/more.json", "payloads/deeper/more.json", "more"])
def test_a_file_that_no_plan_has_is_named(tmp_path: Path, name: str) -> None:
    plans.write(of(), tmp_path, {})
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    with pytest.raises(Refused) as error:
        plans.read(tmp_path)
    assert error.value.reasons == (name,)


@pytest.mark.parametrize("name", ["../../secret.json", "/etc/passwd", ".json", "a"])
def test_a_payload_is_read_from_its_folder_alone(tmp_path: Path, name: str) -> None:
    place = tmp_path / "one" / "plan"
    plans.write(of(), place, {})
    (tmp_path / "one" / "secret.json").write_text("{}")
    value = json.loads((place / "plan.json").read_text())
    value["payloads"] = {name: plans._sha256(b"{}")}
    value["checksum"] = plans.checksum(value)
    (place / "plan.json").write_text(json.dumps(value))
    with pytest.raises(Refused) as error:
        plans.read(place)
    assert error.value.reasons == (f"payloads/{name}",)


def test_a_proposal_and_notes_are_said_first_and_stay_with_the_plan(tmp_path: Path) -> None:
    made = of(proposal="nobody has reviewed it", notes={"observability_status": "PARTIAL"})
    plans.write(made, tmp_path, {})
    assert plans.read(tmp_path) == made
    assert (made.proposal, of().proposal) == ("nobody has reviewed it", "")
    lines = made.files["REVIEW.md"].decode().splitlines()
    assert lines[2:5] == [
        "**PROPOSAL**, which nobody can approve: nobody has reviewed it", "", "- observability_status: PARTIAL",
    ]  # fmt: skip
    assert differences(of(), made) == [
        "observability_status: - -> PARTIAL", "proposal: - -> nobody has reviewed it",
    ]  # fmt: skip
    assert len({of(proposal=p, notes=n).digest for p in ("", "why") for n in ({}, {"a": "b"})}) == 4


def test_a_payload_may_be_a_text_or_a_program_and_a_file_is_shown_as_it_is(tmp_path: Path) -> None:
    text = "export default 1\n"
    call = Call(
        "write",
        "repository",
        "PUT",
        "server/a.ts",
        text,
        ("DELETE", "server/a.ts", None),
        "server/a.ts@1",
        None,
    )
    made = of((call,), {"review.md": "# review\n", "endpoint.ts": text})
    plans.write(made, tmp_path, {})
    assert plans.read(tmp_path) == made
    assert "PUT server/a.ts\n\nexport default 1\n```" in made.files["REVIEW.md"].decode()
    plans.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []
