"""What a disabled registration no longer needs: the shadow or the projection that was made to serve it.

Left behind, the table would be a collection to anybody who still may read that name. The schema stays: dropping one
that the search path of a running Directus names breaks every request. Whoever made it takes it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.change import Step
from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.core.sqltext import do_block, literal, name, raising
from compliance.core.sqltext import relation as quoted
from compliance.systems.iu_registration import keeping, projecting, shadowing
from compliance.systems.iu_registration.objects import qualified, unlike
from compliance.systems.iu_registration.source import columns, relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.change import Hazard
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

# A projection has a function and triggers besides.
_HAZARDS: dict[str, frozenset[Hazard]] = {
    "shadow": frozenset({"drops-table", "reloads-runtime"}),
    "projection": frozenset({"drops-table", "drops-object", "reloads-runtime"}),
}


def steps(facts: Facts) -> Iterator[Step]:
    """One, where there is such a table. The way back makes it as it was, with who might do what with it.

    A shadow that holds rows is not lost unseen: the fence of the executor knows of none that may go (`guarded`).
    """
    policy: Policy = facts.policy
    there = relation(facts, policy.keyed) if policy.keyed else None
    if there is None:
        return
    shadow = policy.serving.mode == "shadow"
    _check(facts, [f"it is a {there.kind}"] if there.kind != "table" else list(_odd(facts, there.owner)))
    made = _shadow(facts) if shadow else _projection(facts)
    still = "exists (select 1 from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass("
    check = raising(f"{still}{literal(quoted(policy.keyed))}))", f"verify: {policy.keyed} is still there")
    yield Step(
        f"remove the {policy.serving.mode} {policy.keyed}",
        f"{unlike(policy.keyed, 'preflight')}\n\n{made.revert}",
        do_block("verify", f"begin\n{check}\nend"),
        "\n\n".join([made.deploy, *_granted(facts)]),
        _HAZARDS[policy.serving.mode],
        made.reads, made.writes, made.guarded,
    )  # fmt: skip


def _shadow(facts: Facts) -> Step:
    """As it is, not as it would be made now: the view may have moved on."""
    shadowing.check_plain(facts)
    there = {column: found.type for column, found in columns(facts, facts.policy.keyed).items()}
    return shadowing.made(facts.policy, there)


def _projection(facts: Facts) -> Step:
    """Only one of ours: of any other nobody knows how it comes back."""
    policy: Policy = facts.policy
    want, watched = projecting.wanted(facts), projecting.watched_tables(facts)
    there = {column: found.type for column, found in columns(facts, policy.keyed).items()}
    odd = [f"{watch.table}: {watch.odd}" for watch in keeping.watches(facts) if watch.odd]
    odd += [f"its function: {why}" for why in keeping.function_odd(facts)] if want == there else []
    _check(facts, [*odd, *(["its columns are not those of the view"] if want != there else [])])
    return projecting.made(facts, want, watched)


def _odd(facts: Facts, owner: str) -> Iterator[str]:
    """What the way back would not bring."""
    policy: Policy = facts.policy
    if owner != policy.source.owner:
        yield f"it belongs to {owner}"
    table = f"{qualified(policy.keyed)}."
    for grant in facts.read("catalog.grants"):
        if grant.kind == "column" and grant.object.startswith(table):
            yield f"{grant.grantee} has a right on its column {grant.object.removeprefix(table)}"


def _check(facts: Facts, odd: list[str]) -> None:
    if odd:
        keyed = facts.policy.keyed
        raise Refused(
            f"{keyed} is not taken away: it could not be given back as it is", reasons=odd,
            remedy=f"look what it is, and take {keyed} away by hand; then compile again",
        )  # fmt: skip


def _granted(facts: Facts) -> Iterator[str]:
    keyed = facts.policy.keyed
    schema, of = split_name(keyed)
    for grant in facts.read("catalog.grants"):
        if (grant.kind, grant.object) == ("relation", f"{schema}.{of}"):
            to = "public" if grant.grantee == "public" else name(grant.grantee)
            more = " with grant option" if grant.grantable else ""
            yield f"grant {grant.privilege.lower()} on table {quoted(keyed)} to {to}{more};"
