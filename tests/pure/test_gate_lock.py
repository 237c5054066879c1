"""`gate.lock.json`: who may say that gates let more pass, and what of the file is believed."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance import accepting
from compliance.cli import main
from compliance.core import canonical
from compliance.core.finding import Finding, NotApplicable
from compliance.estate import gatelock
from compliance.executor import keys
from compliance.systems import Policies
from tests import faults

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.finding import Judgement

ESTATE = "name: e\nkind: {kind}\nsystems: [command_catalog]\npolicy: policy\npostgres: {{embedded: true}}\n"


class Desk:
    """A folder with an estate that asks for signatures, and keys of alice, who may loosen, and of bob, who may not."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.policy = folder, folder / "policy"
        shutil.copytree(faults.reference().policy, self.policy)
        (self.policy / gatelock.NAME).unlink()
        alice, bob = (keys.new(folder / f"{name}.pem") for name in ("alice", "bob"))
        people = f"{{alice: {{public: {alice}, may: [loosen]}}, bob: {{public: {bob}, may: [execute]}}}}"
        self.edit("keys: {}", f"keys: {people}")
        self.kind(kind)

    def kind(self, kind: str) -> None:
        (self.folder / "estate.yaml").write_text(ESTATE.format(kind=kind))

    def name(self, name: str) -> None:
        file = self.folder / "estate.yaml"
        file.write_text(re.sub("^name: .*", lambda _: f"name: {name}", file.read_text()))

    def edit(self, old: str, new: str) -> None:
        text = (self.policy / "platform.yaml").read_text(encoding="utf-8")
        assert text.count(old) == 1
        (self.policy / "platform.yaml").write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *words: str) -> int:
        return main([*words, "--estate", str(self.folder / "estate.yaml")])

    def accept(self, who: str | None = None) -> int:
        return self.run("profiles", "accept", *(["--key", str(self.folder / f"{who}.pem")] if who else []))

    @property
    def lock(self) -> Any:
        return json.loads((self.policy / gatelock.NAME).read_bytes())

    def write(self, value: Any) -> None:
        (self.policy / gatelock.NAME).write_text(canonical.pretty(value), encoding="utf-8")

    def said(self) -> list[Judgement]:
        from compliance.estate import config

        estate = config.load(self.folder / "estate.yaml")
        return list(accepting.judgements(Policies.load(estate), estate))

    def facets(self) -> list[tuple[str, str | None]]:
        return [(found.subject, found.facet) for found in self.said() if isinstance(found, Finding)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, "staging")


UNACCEPTED = [
    ("nightly", "severity-low"), ("pr", "severity-medium"), ("pr", "severity-low"), ("pr", "only-new"),
]  # fmt: skip


def test_without_a_lock_that_is_a_finding_and_each_thing_that_a_profile_lets_pass(desk: Desk) -> None:
    assert desk.facets() == [(gatelock.NAME, "missing"), *UNACCEPTED]


def test_where_somebody_who_may_signed_nothing_is_found(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.accept("alice") == 0
    assert "3 profiles and 24 rules for e, signed by alice" in capsys.readouterr().out
    assert desk.said() == []
    assert desk.run("profiles", "show") == 0
    assert "accepted by alice" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("profiles", "show"), ("profiles", "accept"), ("controls",)])
def test_who_accepts_needs_no_address_of_the_estate(words: tuple[str, ...], tmp_path: Path) -> None:
    desk = Desk(tmp_path, "reference")
    file = tmp_path / "estate.yaml"
    file.write_text(file.read_text().replace("{embedded: true}", "{dsn_env: NOBODY_SET_THIS}"))
    assert desk.accept() == 0
    assert desk.run(*words) == 0


@pytest.mark.parametrize(
    ("who", "why"), [("bob", "this key may not loosen: alice may"), (None, "asks for a signature: alice may")]
)
def test_nobody_else_accepts_anything(
    who: str | None, why: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.accept(who) == 4
    assert why in capsys.readouterr().err
    assert not (desk.policy / gatelock.NAME).exists()


def test_a_reference_estate_accepts_by_itself_and_no_other_believes_that(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "reference")
    assert desk.accept() == 0
    assert desk.lock["signature"] is None
    assert desk.said() == []
    desk.kind("staging")
    assert desk.facets()[0] == (gatelock.NAME, "unsigned")
    assert desk.facets()[1:] == UNACCEPTED


def test_a_reference_estate_that_names_who_approves_needs_a_signature_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "reference")
    assert desk.accept() == 0
    desk.edit("    reference: self\n", "    reference: [{capability: execute, count: 1, by: [bob]}]\n")
    assert desk.facets()[0] == (gatelock.NAME, "unsigned")
    assert desk.accept() == 4
    assert desk.accept("alice") == 0
    assert desk.said() == []


def test_what_was_signed_for_one_kind_of_estate_is_nothing_to_another(desk: Desk) -> None:
    assert desk.accept("alice") == 0
    desk.kind("production")
    assert desk.facets()[0] == (gatelock.NAME, "kind")


def _profile(value: Any) -> None:
    value["statement"]["predicate"]["thresholds"]["profiles"]["release"]["severities"] = ["critical"]


def _rule(value: Any) -> None:
    del value["statement"]["predicate"]["thresholds"]["rules"]["CC001"]


def _kind(value: Any) -> None:
    value["statement"]["predicate"]["kind"] = "production"


def _unsigned(value: Any) -> None:
    value["signature"] = None


def _signature(value: Any) -> None:
    first = value["signature"]["sig"][0]
    value["signature"]["sig"] = ("0" if first != "0" else "1") + value["signature"]["sig"][1:]


def _nobody(value: Any) -> None:
    value["signature"]["keyid"] = None


def _number(value: Any) -> None:
    value["signature"]["keyid"] = 5


def _more(value: Any) -> None:
    value["signature"]["more"] = 1


def _beside(value: Any) -> None:
    value["comment"] = "reviewed"


def _empty(value: Any) -> None:
    value.clear()


@pytest.mark.parametrize(
    ("change", "facet"),
    [
        (_profile, "signature"), (_rule, "signature"), (_kind, "signature"), (_signature, "signature"),
        (_more, "signature"), (_nobody, "signature"),
        (_number, "signature"), (_unsigned, "unsigned"), (_beside, "content"), (_empty, "content"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)  # fmt: skip
def test_a_lock_that_somebody_changed_is_not_believed(change: Any, facet: str, desk: Desk) -> None:
    assert desk.accept("alice") == 0
    value = desk.lock
    change(value)
    desk.write(value)
    assert desk.facets() == [(gatelock.NAME, facet), *UNACCEPTED]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b"null", b"{}", b'{"statement": 1, "signature": 1}']
)
def test_what_is_no_lock_at_all_is_a_finding_and_no_error(data: bytes, desk: Desk) -> None:
    (desk.policy / gatelock.NAME).write_bytes(data)
    assert desk.facets() == [(gatelock.NAME, "content"), *UNACCEPTED]


def test_a_lock_in_another_spelling_is_not_believed_since_a_reader_may_see_something_else(desk: Desk) -> None:
    assert desk.accept("alice") == 0
    text = (desk.policy / gatelock.NAME).read_text()
    (desk.policy / gatelock.NAME).write_text(text.replace('"only": "new"', '"only": null,\n"only": "new"'))
    assert desk.facets()[0] == (gatelock.NAME, "content")


def test_a_key_that_policy_no_longer_lets_loosen_signed_nothing(desk: Desk) -> None:
    assert desk.accept("alice") == 0
    desk.edit("may: [loosen]", "may: [rollback]")
    assert desk.facets()[0] == (gatelock.NAME, "signature")


def test_a_statement_of_another_kind_with_a_good_signature_is_no_lock(desk: Desk) -> None:
    said = {
        "_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "urn:other",
        "predicate": {"kind": "staging", "estates": ["e"], "thresholds": desk_thresholds(desk)},
    }  # fmt: skip
    desk.write(accepting.lock(said, keys.load(desk.folder / "alice.pem")))
    assert desk.facets()[0] == (gatelock.NAME, "content")


def desk_thresholds(desk: Desk) -> dict[str, Any]:
    from compliance.estate import config

    return accepting.in_force(Policies.load(config.load(desk.folder / "estate.yaml"))).told()


def test_after_a_loosening_it_is_found_until_it_is_accepted_and_what_is_accepted_is_told(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.accept("alice") == 0
    desk.edit("{observation: 1h, exercised: 7d}", "{observation: 1d, exercised: 7d}")
    (found, *others) = desk.said()
    assert isinstance(found, Finding)
    assert (found.subject, found.facet) == ("release", "max-age-observation")
    assert len(others) == 6, "and each kind that has no limit of its own"
    assert desk.run("profiles", "show") == 1
    assert desk.accept("bob") == 4
    capsys.readouterr()
    assert desk.accept("alice") == 0
    said = capsys.readouterr().out
    assert "lets more pass: profile release lets observation be 1d old; 1h was the limit" in said
    assert desk.said() == []


def test_the_same_is_accepted_in_the_same_bytes_and_whatever_differs_is_part_of_the_digest_of_policy(
    desk: Desk,
) -> None:
    from compliance.estate import config

    estate = config.load(desk.folder / "estate.yaml")
    without = Policies.load(estate).digest
    assert desk.accept("alice") == 0
    first, digest = (desk.policy / gatelock.NAME).read_bytes(), Policies.load(estate).digest
    assert desk.accept("alice") == 0
    assert (desk.policy / gatelock.NAME).read_bytes() == first
    assert len({without, digest}) == 2


def test_what_was_accepted_for_another_estate_of_this_kind_and_these_keys_is_nothing_here(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until somebody who may accepts the same for this one too: estates may share a folder of policy."""
    assert desk.accept("alice") == 0
    assert desk.lock["statement"]["predicate"]["estates"] == ["e"]
    desk.name("f")
    assert desk.facets() == [(gatelock.NAME, "estate"), *UNACCEPTED]
    assert desk.run("profiles", "show") == 1
    assert "gate.lock.json was accepted for e, and this one is f" in capsys.readouterr().out
    assert desk.accept("alice") == 0
    assert desk.lock["statement"]["predicate"]["estates"] == ["e", "f"]
    for name in ("e", "f"):
        desk.name(name)
        assert desk.said() == []


def test_no_name_of_an_estate_writes_a_line_of_what_is_accepted(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.name('"e\\nverdict: kept\\e[2J"')
    assert desk.accept("alice") == 0
    said = capsys.readouterr().out
    assert "\\nverdict: kept" in said
    assert "\nverdict" not in said
    assert "\x1b" not in said


def test_what_is_accepted_anew_holds_for_the_estate_that_it_was_accepted_for_alone_and_says_for_which_no_more(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.accept("alice") == 0
    desk.name("f")
    assert desk.accept("alice") == 0
    assert "no longer accepted" not in capsys.readouterr().out, "the same for one more"
    desk.edit("{observation: 1h, exercised: 7d}", "{observation: 1d, exercised: 7d}")
    assert desk.accept("alice") == 0
    assert "no longer accepted for e: accept it with its --estate, too\n" in capsys.readouterr().out
    assert desk.said() == []
    assert desk.run("profiles", "accept", "--key", str(desk.folder / "alice.pem"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["taken_off"] == []
    desk.name("e")
    assert desk.facets()[0] == (gatelock.NAME, "estate")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: staging", "kind: production", "e: it is of kind staging, and needs a policy folder of its own"),
        (
            "[command_catalog]",
            "[platform]",
            "e: accept it with its --estate, too, if it names the same systems, or",
        ),
    ],
)
def test_what_cannot_share_a_lock_is_told_to_have_its_own(
    old: str, new: str, said: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.accept("alice") == 0
    desk.name("f")
    file = desk.folder / "estate.yaml"
    file.write_text(file.read_text().replace(old, new))
    assert desk.accept("alice") == 0
    assert f"no longer accepted for {said}" in capsys.readouterr().out


def test_a_lock_that_is_damaged_named_nobody_that_could_be_told(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in (
        [],
        {"statement": {"predicate": {"estates": 1, "kind": 2, "thresholds": 3}}},
        {"statement": 1},
    ):
        desk.write(value)
        assert desk.accept("alice") == 0
        assert "no longer accepted" not in capsys.readouterr().out


@pytest.mark.parametrize("estates", [[], [1], "e", {"e": 1}, None, ["f", "e"], [["e"]]])
def test_names_of_estates_that_are_none_are_not_believed(desk: Desk, estates: Any) -> None:
    assert desk.accept("alice") == 0
    said = desk.lock["statement"]
    said["predicate"]["estates"] = estates
    desk.write(accepting.lock(said, keys.load(desk.folder / "alice.pem")))
    assert desk.facets()[0] == (gatelock.NAME, "estate" if estates == [] else "content")


def test_a_system_that_is_taken_out_of_force_takes_its_rules_with_it_and_that_is_found(desk: Desk) -> None:
    assert desk.accept("alice") == 0
    estate = desk.folder / "estate.yaml"
    estate.write_text(estate.read_text().replace("[command_catalog]", "[platform]"))
    found = desk.facets()
    assert {facet for _, facet in found} == {"gone"}
    assert {subject for subject, _ in found} == {f"CC{n:03}" for n in range(1, 17)}


def test_profiles_that_are_all_gone_are_found_as_long_as_the_lock_is_there(desk: Desk) -> None:
    from compliance.starting import ungated

    assert desk.accept("alice") == 0
    data = (desk.policy / gatelock.NAME).read_bytes()
    ungated(desk.policy)
    assert [type(each) for each in desk.said()] == [NotApplicable]
    (desk.policy / gatelock.NAME).write_bytes(data)
    assert desk.facets() == [(name, "gone") for name in ("nightly", "pr", "release")]


def test_an_estate_without_profiles_has_nothing_to_accept(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    from compliance.starting import ungated

    ungated(desk.policy)
    assert desk.accept("alice") == 2
    assert "declares no profiles" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{severities: [critical, high], only: new}", "{severities: [dire]}", "'dire' is not one of"),
        ("{severities: [critical, high], only: new}", "{severities: []}", "severities"),
        ("{severities: [critical, high], only: new}", "{only: old}", "only"),
        ("{observation: 1h, exercised: 7d}", "{observation: soon}", "a time as in 90s"),
        ("  release:\n", "  release:\n    systems: [catalog]\n", "no system 'catalog'"),
        ("  release:\n", "  release:\n    fails: {}\n", "unknown key 'fails'"),
    ],
)
def test_a_profile_that_is_malformed_is_an_error_with_file_and_line(
    old: str, new: str, said: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.edit(old, new)
    assert desk.run("profiles", "show") == 2
    error = capsys.readouterr().err
    assert "platform.yaml:" in error
    assert said in error


def test_the_reference_estate_has_accepted_every_rule_that_there_is() -> None:
    """A new rule is stricter, and free; what was accepted is written again all the same."""
    estate = faults.reference()
    policies = Policies.load(estate)
    said = accepting.new_lock(policies, estate, None)
    assert (estate.policy / gatelock.NAME).read_text() == canonical.pretty(said), (
        "run `make golden`, and commit fixtures/reference/policy/gate.lock.json"
    )


def test_what_a_rule_is_said_to_be_is_what_pytest_is_told() -> None:
    from tests import quick

    told = {p.said.id: (p.said.system, p.said.phase, p.said.severity) for p in quick.probes()}
    assert {name: tuple(rule) for name, rule in accepting.shipped().items()} == told


def test_a_rule_that_is_not_accepted_yet_is_free(desk: Desk) -> None:
    assert desk.accept("alice") == 0
    signer = keys.load(desk.folder / "alice.pem")
    from compliance.estate import config

    found = accepting.in_force(Policies.load(config.load(desk.folder / "estate.yaml")))
    fewer = replace(found, rules={name: rule for name, rule in found.rules.items() if name != "CC001"})
    desk.write(accepting.lock(accepting.statement(fewer, "staging", ["e"]), signer))
    assert desk.said() == []
