"""Is it registered as the package says? Drift, said aloud: what the compiler repairs, and what it only reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.errors import CouldNotLook, Refused
from compliance.core.finding import Finding, Judgement, Note
from compliance.systems.iu_registration import desired, drift, found, looking
from compliance.systems.iu_registration.desired import READ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_SHOWN = 160


def collection_equals_package(facts: Facts) -> Iterator[Judgement]:
    """The row of the collection."""
    yield from _told(_known(lambda: drift.collections(facts)))


def fields_equal_package(facts: Facts) -> Iterator[Judgement]:
    """A row for each field of the view, as the package has it, and no other."""
    yield from _told(_known(lambda: drift.fields(facts)))


def _known(drifts: Callable[[], Iterable[Drift]]) -> list[Drift]:
    """Where no package can be made, nobody knows what should be there; IU003 says why."""
    try:
        return list(drifts())
    except Refused as refused:
        raise CouldNotLook(f"there is no package to compare with: {'; '.join(refused.reasons)}") from None


def reading_is_as_declared(facts: Facts) -> Iterator[Judgement]:
    """The policy, its one permission, and who has it; read by the version that is there."""
    for section in (looking.ROLES, looking.PERMISSIONS):
        facts.read(section)
    yield from _told(_readable(facts, drift.reading(facts)))
    if inherited := sorted(_inheriting(facts)):
        yield Note(facts.policy.reading.name, "read too, through the role above them", inherited)


def _inheriting(facts: Facts) -> Iterator[str]:
    """Roles below one that was granted it: Directus 11 gives them what their parents have."""
    rows = {str(row["id"]): row for row in found.rows(facts, looking.ROLES)}
    granted = set(desired.granted(facts).values()) if facts.policy.state != "disabled" else set()
    for key, row in rows.items():
        above, met = row["parent"], {key}
        while key not in granted and above is not None and str(above) not in met:
            met.add(str(above))
            if str(above) in granted:
                yield f"role {row['name']}"
                break
            above = rows[str(above)]["parent"] if str(above) in rows else None


def _readable(facts: Facts, drifts: Iterable[Drift]) -> Iterator[Drift]:
    """A permission to do something else than read is IU023's, or it would be told twice."""
    other = {drift.permitted(row) for row in found.permissions(facts) if _written(facts, row)}
    yield from (each for each in drifts if not (isinstance(each, Undeclared) and each.subject in other))


def _written(facts: Facts, row: Row) -> bool:
    return row["action"] != READ and row["collection"] in facts.policy.names


def permitted(policy: Policy) -> list[str]:
    """Subjects of what may be read: the access policy, and who has it."""
    return [policy.reading.name, *(reader.hint for reader in policy.reading.readers)]


def _told(drifts: Iterable[Drift]) -> Iterator[Judgement]:
    for each in drifts:
        match each:
            case Missing(subject):
                yield Finding(subject, "is declared and not there", "missing")
            case Undeclared(subject):
                yield Finding(subject, "is there and not declared", "undeclared")
            case Differs(subject, facet, declared, observed):
                yield Finding(subject, f"{facet} is {_shown(observed)}, declared {_shown(declared)}", facet)


def _shown(value: Any) -> str:
    text = canonical.dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
