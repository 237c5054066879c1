"""What is looked at for the birth scan: rows of which columns, and the folder of the server's sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import RowsNeed, split_name
from compliance.systems.birth_scan.desired import candidates, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Issues, Policy

CONFIG, TOOLS, VOCABULARY = "rows:birth_config", "rows:dot_tools", "rows:system_issues_vocabulary"
SUMMARIES, CHOICES, RUNS = "rows:birth_summaries", "rows:birth_choices", "rows:birth_runs"
# Of these each row has its own, so that nobody could list what is in use.
_OPEN = frozenset({"title", "description", "run_id", "structured", "entity"})


def server(policy: Policy) -> str:
    """The folder that routes, and what they share, lie in."""
    return policy.endpoint.api.rpartition("/")[0] or policy.endpoint.api


def vocabulary(issues: Issues) -> tuple[str, ...]:
    """Columns that may hold a word of a vocabulary, by what policy calls candidates."""
    fields = (names for field, names in issues.columns.items() if field not in _OPEN)
    return tuple(dict.fromkeys(name for names in fields for name in names))


def columns(issues: Issues) -> tuple[str, ...]:
    """Every column that may be one of a summary's fields, once."""
    return tuple(dict.fromkeys(name for names in issues.columns.values() for name in names))


def summaries(issues: Issues, column: str) -> str:
    """The section of the summaries of this scan, told by a candidate for the kind of issue: which of them there is no
    policy knows, and what a candidate that is not there would tell is none."""
    return SUMMARIES if column == issues.columns["issue_type"][0] else f"{SUMMARIES}:{column}"


def rows(policy: Policy) -> tuple[RowsNeed, ...]:
    """Of issues no more than the words that are in use, and the summaries of this scan."""
    return tuple(_rows(policy))


def _rows(policy: Policy) -> Iterator[RowsNeed]:
    config, tool, issues = policy.config, policy.tool, policy.issues
    yield RowsNeed(
        _name(CONFIG), config.relation, (config.key, config.value),
        (config.key, (config.enabled, config.cadence)),
    )  # fmt: skip
    yield RowsNeed(_name(TOOLS), tool.relation, (), candidates=candidates(tool), named_by=naming(tool))
    yield RowsNeed(_name(VOCABULARY), issues.relation, (), candidates=vocabulary(issues), distinct=True)
    if "issue_type" in issues.values:
        named = (*issues.columns["run_id"], *issues.columns["title"])
        for column in issues.columns["issue_type"]:
            ours = (column, (issues.values["issue_type"],))
            yield RowsNeed(
                _name(summaries(issues, column)), issues.relation, (), ours,
                candidates=columns(issues), named_by=named,
            )  # fmt: skip
    if policy.directus is not None:
        tables = tuple(dict.fromkeys(split_name(relation)[1] for relation in (issues.relation, tool.relation)))
        yield RowsNeed(
            _name(CHOICES), f"{policy.directus}.directus_fields", ("id", "collection", "field", "options"),
            ("collection", tables),
        )  # fmt: skip
        yield RowsNeed(
            _name(RUNS), f"{policy.directus}.directus_activity", ("id", "action", "collection", "timestamp"),
            ("item", (policy.flow.id,)),
        )  # fmt: skip


def _name(section: str) -> str:
    return section.partition(":")[2]
