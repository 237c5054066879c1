"""What plans of the registration ask of a real Directus: each request does what it says, is known again, comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.change import Differs, Missing, Undeclared
from compliance.estate.observe import observe
from compliance.executor import calling
from compliance.executor.ledger import ignore
from compliance.systems import Policies
from compliance.systems.iu_registration import access, looking
from compliance.systems.iu_registration.drift import drift, reading
from compliance.systems.protocol import Facts
from tests.live.registering import NAME, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from compliance.core.change import Call
    from tests.live.directus_live import Live

OURS = "c50265f0-b994-5bc6-a30f-44596172c2ea"
OTHER, STRANGER = "0e2c1d1c-7f6f-4b1e-8a3c-0d2a0b3c4d5e", "5f1a4a2e-9f6e-4a52-9b57-1f5a7c1f0b11"


class Asked:
    """The reference estate with a policy of the test's own, and the requests that follow from it."""

    def __init__(self, live: Live, folder: Path) -> None:
        self.live = live
        estate = live.estate()
        text = (estate.policy / f"{SYSTEM}.yaml").read_text(encoding="utf-8")
        self.policy, self.folder = text, folder
        (folder / "platform.yaml").write_bytes((estate.policy / "platform.yaml").read_bytes())
        self.estate = replace(estate, policy=folder, systems=(SYSTEM,))

    def facts(self) -> Facts:
        (self.folder / f"{SYSTEM}.yaml").write_text(self.policy, encoding="utf-8")
        policies = Policies.load(self.estate)
        return Facts(SYSTEM, policies, observe(self.estate, policies.needs()))

    def calls(self) -> tuple[Call, ...]:
        return access.calls(self.facts())

    def make(self, calls: tuple[Call, ...], *, back: bool = False) -> list[int]:
        return [made.status for made in calling.make(self.estate, calls, ignore, back=back)]

    def do(self, *statements: str) -> None:
        for statement in statements:
            self.live.rows(statement)
        self.live.ask("POST", "/utils/cache/clear")

    def kept(self) -> Any:
        """Who may read, without the ids that come from a sequence."""
        facts = self.facts()
        rights = [row.values[1:] for row in facts.read(looking.PERMISSIONS)]
        others = [facts.read(section) for section in (looking.POLICIES, looking.ACCESS)]
        return json.dumps([sorted(map(repr, rights)), others], default=str)

    def reads(self) -> int:
        """What an unprivileged user is answered."""
        probe = self.live.directus.people.probe_token
        return self.live.ask("GET", f"/items/{NAME}?limit=1", token=probe).status_code


@pytest.fixture
def asked(directus: Live, tmp_path: Path) -> Asked:
    return Asked(directus, tmp_path)


RIGHT = f"collection = '{NAME}' and policy = '{OURS}'"
COPY = (
    "insert into public.directus_permissions (collection, action, permissions, validation, fields, policy)"
    " select {} from public.directus_permissions where " + RIGHT
)
BREAKS: dict[str, tuple[tuple[str, ...], type]] = {
    "all is gone": (
        (
            f"delete from public.directus_access where policy = '{OURS}'",
            f"delete from public.directus_permissions where policy = '{OURS}'",
            f"delete from public.directus_policies where id = '{OURS}'",
        ), Missing,
    ),
    "the permission is gone": ((f"delete from public.directus_permissions where {RIGHT}",), Missing),
    "the permission has other fields": (
        (f"update public.directus_permissions set fields = 'unit_id,unit_kind' where {RIGHT}",), Differs,
    ),
    "the permission has a condition": (
        (
            "update public.directus_permissions set permissions ="
            f""" '{{"_and": [{{"unit_kind": {{"_eq": "it''s"}}}}]}}' where {RIGHT}""",
        ), Differs,
    ),
    "the permission stands twice": (
        (COPY.format("collection, action, permissions, validation, 'unit_id', policy"),), Undeclared,
    ),
    "the policy permits to write": (
        (
            COPY.format("collection, 'update', permissions, validation, fields, policy"),
            COPY.format("'directus_users', 'read', permissions, validation, fields, policy"),
        ), Undeclared,
    ),
    "the policy is an administrator's": (
        (f"update public.directus_policies set admin_access = true, name = 'mine' where id = '{OURS}'",), Differs,
    ),
    "a role lost it": (
        ("delete from public.directus_access where id = 'e4dddb9e-567a-5a26-a089-44683efa1705'",), Missing,
    ),
    "a row of access gives it to somebody else": (
        (
            "update public.directus_access set role = null"
            " where id = 'e4dddb9e-567a-5a26-a089-44683efa1705'",
        ), Missing,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_wrong_is_set_right_and_comes_back(what: str, asked: Asked) -> None:
    statements, kind = BREAKS[what]
    assert reading(asked.facts()) == []
    asked.do(*statements)
    assert kind in {type(found) for found in reading(asked.facts())}
    before, calls = asked.kept(), asked.calls()
    assert calls
    asked.make(calls)
    assert reading(asked.facts()) == []
    assert asked.reads() == 200
    assert asked.calls() == ()
    asked.make(calls, back=True)
    assert asked.kept() == before


def test_a_seed_asks_for_nothing_where_all_is_there(asked: Asked) -> None:
    calls = access.calls(asked.facts(), seed=True)
    assert len(calls) == 5
    assert asked.make(calls) == [0] * 5


def test_what_an_interrupted_run_has_made_is_not_made_again(asked: Asked) -> None:
    asked.do(*BREAKS["all is gone"][0])
    calls = asked.calls()
    assert asked.make(calls[:2]) == [200, 200]
    assert asked.make(calls) == [0, 0, 200, 200]
    assert reading(asked.facts()) == []


STRANGERS = (
    f"insert into public.directus_policies (id, name) values ('{OTHER}', 'somebody''s')",
    COPY.format(f"collection, 'read', permissions, validation, 'unit_id', '{OTHER}'::uuid"),
    COPY.format(f"collection, 'delete', permissions, validation, fields, '{OTHER}'::uuid"),
    f"insert into public.directus_access (id, policy, role) select '{STRANGER}', '{OURS}', id"
    " from public.directus_roles where name not in ('Administrator', 'Viewer', 'Editor') limit 1",
    f"insert into public.directus_access (id, policy) values ('{OTHER}', '{OURS}')",
)


def test_what_others_were_given_stays_unless_policy_says_otherwise(asked: Asked) -> None:
    asked.do(*STRANGERS)
    found = reading(asked.facts())
    assert len(found) >= 3
    assert all(isinstance(each, Undeclared) for each in found)
    assert asked.calls() == ()
    asked.policy = asked.policy.replace("prune: false", "prune: true")
    before, calls = asked.kept(), asked.calls()
    asked.make(calls)
    assert reading(asked.facts()) == []
    asked.make(calls, back=True)
    assert asked.kept() == before


def test_disabling_takes_every_right_away_and_gives_each_back(asked: Asked) -> None:
    asked.do(*STRANGERS)
    change: Callable[[str, str], str] = asked.policy.replace
    asked.policy = change("state: registered", "state: disabled")
    before, calls = asked.kept(), asked.calls()
    asked.make(calls)
    assert reading(asked.facts()) == []
    assert asked.calls() == ()
    assert asked.reads() == 403
    assert {type(each) for each in drift(asked.facts())} == {Undeclared}, "rows are left to the steps"
    asked.make(calls, back=True)
    assert asked.kept() == before
    assert asked.reads() == 200
