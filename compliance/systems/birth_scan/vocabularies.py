"""Words of a column: those that are declared for it (a CHECK, the choices of Directus) and those that are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.finding import Finding, Judgement, Note
from compliance.core.needs import split_name
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.conditions import allowed
from compliance.systems.birth_scan.desired import columns_of as mapped_of
from compliance.systems.birth_scan.pattern import tools
from compliance.systems.birth_scan.shape import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.systems.birth_scan.policy import Issues, Policy
    from compliance.systems.protocol import Facts


class Words(NamedTuple):
    """`declared`: by who says so; `used`: by the group of rows that uses them, for issues their source."""

    column: str
    declared: Mapping[str, frozenset[str]]
    used: Mapping[str, frozenset[str]]

    @property
    def in_use(self) -> frozenset[str]:
        return frozenset().union(*self.used.values())

    def knows(self, word: str) -> bool:
        """Is it declared, or in use?"""
        return word in self.in_use or any(word in words for words in self.declared.values())

    def __str__(self) -> str:
        told = [f"{who}: {_listed(words)}" for who, words in self.declared.items()]
        return "; ".join([*told, f"in use: {_listed(self.in_use) or 'nothing'}"])


def of_issues(facts: Facts, field: str) -> Words | None:
    """Of a field of the issues, by who writes them; of this scan's own rows nothing is learned."""
    policy: Policy = facts.policy
    issues = policy.issues
    there, rows = columns_of(facts, issues.relation), facts.read(looking.VOCABULARY)
    column = mapped(issues, there).get(field)
    if column is None:
        return None
    names = looking.vocabulary(issues)
    group = [names.index(c) for c in issues.columns["source"] if c in names]
    kinds = [names.index(c) for c in issues.columns["issue_type"] if c in names]
    used: dict[str, set[str]] = {}
    for row in rows:
        word = row.values[names.index(column)] if column in names else None
        ours = any(row.values[at] == issues.values.get("issue_type") for at in kinds)
        if word is not None and not ours:
            writer = next((row.values[at] for at in group if row.values[at]), "nobody")
            used.setdefault(str(writer), set()).add(str(word))
    return Words(column, _declared(facts, issues.relation, column), _frozen(used))


def of_tools(facts: Facts, field: str) -> Words | None:
    """Of a field of the tools; the row that is to be there is no witness of its own words."""
    policy: Policy = facts.policy
    tool = policy.tool
    found, rows = mapped_of(tool, facts.read("catalog.columns")), tools(facts)
    column = found.get(field)
    if column is None:
        return None
    naming = next((f for f in tool.identity if f in found), None)
    words = {
        str(row[column])
        for row in rows
        if row[column] is not None and (naming is None or row[found[naming]] != tool.values[naming])
    }
    return Words(column, _declared(facts, tool.relation, column), {"": frozenset(words)})


def mapped(issues: Issues, there: Mapping[str, Any]) -> dict[str, str]:
    """The column of each field: of its candidates the first that there is."""
    found = {field: next((n for n in names if n in there), None) for field, names in issues.columns.items()}
    return {field: name for field, name in found.items() if name is not None}


def _declared(facts: Facts, relation: str, column: str) -> dict[str, frozenset[str]]:
    where = split_name(relation)
    found: dict[str, frozenset[str]] = {}
    for key in facts.read("catalog.constraints"):
        if (key.schema, key.relation, key.kind) == (*where, "check"):
            words = allowed(key.definition, column)
            found |= {key.name: frozenset(words)} if words else {}
    if facts.policy.directus is not None:
        for row in facts.read(looking.CHOICES):
            _, table, name, options = row.values
            if (table, name) == (where[1], column) and (offered := _choices(options)):
                found["Directus"] = offered
    return found


def _choices(options: Any) -> frozenset[str]:
    """What a field offers; nothing where one may write another word too."""
    listed = options.get("choices") if isinstance(options, dict) else None
    if not isinstance(listed, (list, tuple)) or options.get("allowOther"):
        return frozenset()
    return frozenset(str(item["value"]) for item in listed if isinstance(item, dict) and "value" in item)


def vocabularies_agree(facts: Facts) -> Iterator[Judgement]:
    """What is declared twice says the same, what is in use is declared, and no word is written in two ways."""
    policy: Policy = facts.policy
    for relation, found in (
        (policy.issues.relation, [of_issues(facts, f) for f in policy.issues.columns if f in ("severity",)]),
        (policy.tool.relation, [of_tools(facts, f) for f in policy.tool.vocabulary]),
    ):
        for words in found:
            if words is not None:
                yield Note(relation, words.column, str(words))
                yield from (Finding(relation, why, facet) for facet, why in _conflicts(words))


def _conflicts(words: Words) -> Iterator[tuple[str, str]]:
    column, declared = words.column, list(words.declared.items())
    for at, (one, its) in enumerate(declared):
        for other, others in declared[at + 1 :]:
            if its != others:
                yield (
                    f"{column}-declared",
                    f"{column}: {one} says {_listed(its)}, {other} says {_listed(others)}",
                )
    for who, its in declared:
        for word in sorted(words.in_use - its):
            yield f"{column}-{word}", f"{column}: '{word}' is in use, {who} says {_listed(its)}"
    if not declared:
        yield from _alike(words)
        yield from _apart(words)


def _alike(words: Words) -> Iterator[tuple[str, str]]:
    """One word in two spellings."""
    spelled: dict[str, set[str]] = {}
    for word in words.in_use:
        spelled.setdefault(word.strip().casefold(), set()).add(word)
    for one, several in sorted(spelled.items()):
        if len(several) > 1:
            yield f"{words.column}-{one}", f"{words.column}: one word in several spellings: {_listed(several)}"


def _apart(words: Words) -> Iterator[tuple[str, str]]:
    """Two writers that each use several words, and none in common: two scales, and nothing says how they compare."""
    groups = sorted((who, its) for who, its in words.used.items() if len(its) > 1)
    for at, (one, its) in enumerate(groups):
        for other, others in groups[at + 1 :]:
            if not {w.casefold() for w in its} & {w.casefold() for w in others}:
                told = f"{one} writes {_listed(its)}, {other} writes {_listed(others)}"
                yield f"{words.column}-{one}-{other}", f"{words.column}: {told}"


def _frozen(used: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    return {who: frozenset(words) for who, words in used.items()}


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
