"""`registry-sync setup` where somebody has to approve: what it prints as the next command leads on."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from tests import faults
from tests.live.registry_live import SYSTEM, sync_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.directus_live import Live
    from tests.live.registry_live import Sync

PEOPLE = ("author", "alice")
RULES = """\
    reference: self
    staging:
      - {capability: execute, count: 1, by: [author, alice]}
"""


def staged(sync: Sync) -> dict[str, str]:
    """The same estate as one of kind staging; the file of each person's key."""
    found, lines = {}, []
    for person in PEOPLE:
        found[person] = str(sync.folder / f"{person}.key")
        said = sync.main("keys", "new", found[person], "--name", person, "--json")
        public = json.loads(said.out)["public"]
        lines.append(f"    {person}: {{public: {public}, may: [execute]}}\n")
    policy = sync.folder / "policy"
    faults.Edit("platform.yaml", "  keys: {}\n", f"  keys:\n{''.join(lines)}").apply(policy)
    faults.Edit("platform.yaml", "    reference: self\n", RULES).apply(policy)
    faults.Edit("estate.yaml", "kind: reference", "kind: staging").apply(sync.folder)
    return found


def test_unapproved_it_is_4_and_each_command_that_it_names_is_one_that_leads_on(
    directus: Live, tmp_path: Path
) -> None:
    """An unsigned rehearsal leaves nobody who may approve alone, so that the author signs it first."""
    with sync_of(directus, tmp_path) as sync:
        keys = staged(sync)
        ((flow,),) = directus.rows(
            "select id::text from public.directus_flows where name = '[DOT-REG] WCR Create -> AD'"
        )
        assert directus.ask("DELETE", f"/flows/{flow}").status_code == 204
        setup = ("registry-sync", "setup", "--out", str(sync.folder / "with space"))
        first = sync.run(*setup)
        assert first.code == 4
        assert "To go on: this again with --key FILE of whoever is its author, then compliance app" in first.err
        signed = sync.run(*setup, "--key", keys["author"])
        assert (signed.code, "nobody signed" in signed.err) == (4, False)
        found = re.search(r"To go on: compliance (approve .*) --key FILE --reason TEXT, then this", signed.err)
        assert found
        approved = sync.main(*shlex.split(found[1]), "--key", keys["alice"], "--reason", "read")
        assert approved.code == 0, approved.err
        last = sync.run(*setup)
        assert last.code == 0, last.err
        assert "applied" in last.out
        assert f"{SYSTEM}/migration" in last.out
