"""The part of the front page that says what is broken: a rule, why it is one, what to do, and each of its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.hypertext import badge, prose
from compliance.core.hypertext import brief as _b
from compliance.core.hypertext import escaped as _e

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.reporting.front.model import Found, Front, Group, Link, Unseen

FEW = 50  # so many findings are shown without opening anything
_STATES = {"new": "bad", "reopened": "bad", "unchanged": "none"}


def groups(front: Front) -> Iterator[str]:
    total = front.findings
    yield '<section aria-labelledby="findings">\n<h2 id="findings" tabindex="-1">Findings</h2>\n'
    if not front.groups:
        yield "<p>None.</p>\n"
    else:
        waived = sum(len(group.found) for group in front.groups) - total
        rules = sum(bool(group.counting) for group in front.groups)
        yield f"<p>{_many(total, 'finding')} of {_many(rules, 'rule')}"
        yield f"; {waived} waived.</p>\n" if waived else ".</p>\n"
    numbers = {each.name: n for n, each in enumerate(front.given.sections, 1)}
    for group in front.groups:
        yield from _group(group, numbers, opened=total <= FEW)
    yield "</section>\n"


def _many(count: int, of: str) -> str:
    return f"{count} {of}{'' if count == 1 else 's'}"


def _group(group: Group, numbers: dict[str, int], *, opened: bool) -> Iterator[str]:
    rule, grave = group.rule, group.rule["severity"] in ("critical", "high")
    word = "warn" if not group.counting else "bad" if grave else "warn"
    count = _many(group.counting, "finding") if group.counting else "all waived"
    yield f'<details class="rule"{" open" if opened else ""}><summary>{badge(word, rule["severity"])} '
    yield f"<strong>{_e(rule['id'])}</strong> {_b(rule['title'])} <small>{_e(rule['system'])}, {count}</small>"
    yield "</summary>\n"
    yield '<dl class="told">\n'
    yield f"<div><dt>Why</dt><dd>{prose(rule['why'], 4000)}</dd></div>\n"
    yield f"<div><dt>Remedy</dt><dd>{prose(rule['remedy'], 4000)}</dd></div>\n"
    yield f"<div><dt>Read</dt><dd>{_reads(group.reads, numbers)}</dd></div>\n</dl>\n"
    yield '<ul class="findings">\n'
    yield from map(_found, group.found)
    yield "</ul>\n</details>\n"


def _reads(reads: Sequence[str], numbers: dict[str, int]) -> str:
    """Each section links to its query and to when that ran."""
    if not reads:
        return "policy alone"
    return ", ".join(
        f'<a href="#read-{numbers[name]}">{_b(name)}</a>' if name in numbers else _b(name) for name in reads
    )


def _found(found: Found) -> str:
    told = [f"<code>{_b(found.key)}</code>"]
    told += [badge(_STATES[found.state], found.state)] if found.state else []
    told += [f"{badge('warn', 'waived')} <small>by {_b(found.waiver)}</small>"] if found.waiver else []
    told += (
        [f"<small>known since {_e(found.since[:10])}</small>"] if found.since and found.state != "new" else []
    )
    links = " · ".join(filter(None, (_link(found.case, "Case "), _link(found.place, "Policy "))))
    return (
        f'<li id="{found.anchor}"><p>{" ".join(told)}</p>'
        f'<p>{prose(found.message, 2000)}</p><p class="links">{links}</p></li>\n'
    )


def _link(link: Link | None, before: str) -> str:
    return f'<a href="{_e(link.href)}">{before}{_b(link.said, 120)}</a>' if link else ""


def unseen(front: Front) -> Iterator[str]:
    if not front.unseen:
        return
    total = sum(len(each.cases) for each in front.unseen)
    yield '<section aria-labelledby="unseen">\n<h2 id="unseen">Could not look</h2>\n'
    yield f"<p>{total} cases. What was not seen is not kept.</p>\n"
    yield from (_unseen(each, opened=total <= FEW) for each in front.unseen)
    yield "</section>\n"


def _unseen(each: Unseen, *, opened: bool) -> str:
    cases = "".join(f"<li>{_link(link, '') if link else _b(said)}</li>\n" for said, link in each.cases)
    head = f"{badge('warn', str(len(each.cases)))} {_b(each.reason)}"
    few = " open" if opened else ""
    return f'<details{few}><summary>{head}</summary>\n<ul class="cases">\n{cases}</ul>\n</details>\n'
