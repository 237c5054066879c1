"""The front page as one HTML file: scope and verdict first, then what is broken, then all that decided about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core import hypertext
from compliance.core.hypertext import badge, prose
from compliance.core.hypertext import brief as _b
from compliance.core.hypertext import escaped as _e
from compliance.core.verdict import OUTCOMES
from compliance.reporting.front import findings, lists, trend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compliance.reporting.front.model import Counted, Front

STYLE = Path(__file__).with_name("front.css")
WORDS = {"kept": "good", "broken": "bad", "could_not_look": "warn", "not_applicable": "none", "waived": "warn"}
_VERDICTS = {
    "kept": ("good", "kept: every rule that could be asked is kept"),
    "broken": ("bad", "broken: there are findings"),
    "could-not-look": ("warn", "could not look: what was not seen is not kept"),
    "nothing-probed": ("warn", "nothing was probed"),
}
_PARTS = (
    ("findings", "Findings"), ("changes", "Since the last run"), ("systems", "Systems"), ("controls", "Controls"),
    ("waivers", "Waivers"), ("left-out", "Left out"), ("plans", "Plans"), ("ledger", "Approvals"),
    ("read", "What was read"),
)  # fmt: skip


def style() -> str:
    return hypertext.STYLE.read_text(encoding="utf-8") + STYLE.read_text(encoding="utf-8")


def render(front: Front) -> str:
    """The same page for the same values, to which neither clock nor machine adds anything."""
    body = (
        '<a class="skip" href="#findings">Skip to the findings</a>\n', *_header(front), "<main>\n", *_scope(front),
        *findings.groups(front), *findings.unseen(front), *trend.section(front), *_systems(front),
        *_controls(front), *lists.waivers(front), *lists.left_out(front), *lists.plans(front),
        *lists.ledger(front.given.ledger), *lists.sections(front), "</main>\n", _footer(),
    )  # fmt: skip
    return hypertext.page(f"{front.given.estate}: governance compliance", style(), body)


def _header(front: Front) -> Iterator[str]:
    word, said = _VERDICTS[front.document["conclusion"]]
    yield f'<header>\n<p class="kind">Governance compliance</p>\n<h1>{_b(front.given.estate, 120)}</h1>\n'
    yield f'<p class="overall {word}">Verdict: {_e(said)}</p>\n'
    if gate := front.given.gate:
        told = "passed" if gate.passed else "failed"
        why = f", {_b(gate.why)}" if gate.why else ""
        yield f'<p class="overall {"good" if gate.passed else "bad"}">Gate {_b(gate.name)}: {told}{why}</p>\n'
        if gate.said:
            yield '<details><summary>What fails the gate, and what it lets pass</summary><ul class="cases">'
            yield "".join(f"<li>{_b(line)}</li>" for line in gate.said) + "</ul></details>\n"
    yield _tiles(front)
    yield _allure(front)
    shown = {"controls": bool(front.controls)}
    yield '<nav aria-label="Parts of this page"><ul class="parts">'
    yield from (f'<li><a href="#{name}">{title}</a></li>' for name, title in _PARTS if shown.get(name, True))
    yield "</ul></nav>\n</header>\n"


def _tiles(front: Front) -> str:
    counts = front.document["counts"]
    tiles = "".join(
        f'<li class="{WORDS[name] if counts[name] else "none"}"><strong>{counts[name]}</strong>'
        f" {name.replace('_', ' ')}</li>"
        for name in OUTCOMES
    )
    return f'<ul class="tiles" aria-label="Cases by outcome">{tiles}</ul>\n'


def _allure(front: Front) -> str:
    if why := front.given.no_allure:
        return f'<p class="note">There are no pages of Allure beside this one: {prose(why)}</p>\n'
    return (
        '<p class="note"><a href="allure/index.html">Every case, with its evidence, in Allure</a> (its pages need a'
        " server: <code>compliance report open</code>)</p>\n"
    )


def _scope(front: Front) -> Iterator[str]:
    given, document = front.given, front.document
    facts = {
        "Estate": f"{_b(given.estate)} ({_e(given.kind)})",
        "Systems in force": _b(", ".join(given.systems)),
        "Observed": time(given.observed_at),
        "Judged as of": time(document["judged_at"]),
        "Observation": f"<code>{_e(document['observation'])}</code>",
        "Policy": f"<code>{_e(document['policy'])}</code>",
    } | {f"Version of {name}": _b(said) for name, said in given.versions.items()}
    yield '<section aria-labelledby="scope">\n<h2 id="scope">Scope</h2>\n<dl class="facts">\n'
    yield from (f"<div><dt>{_e(name)}</dt><dd>{said}</dd></div>\n" for name, said in facts.items())
    yield "</dl>\n</section>\n"


def time(stamp: str) -> str:
    if len(stamp) < 19 or not stamp.endswith(("Z", "+00:00")):
        return _b(stamp)
    return f'<time datetime="{_e(stamp)}">{_e(stamp[:10])} {_e(stamp[11:19])} UTC</time>'


def _systems(front: Front) -> Iterator[str]:
    yield '<section aria-labelledby="systems">\n<h2 id="systems">Systems</h2>\n'
    yield from _counted("systems", "System", "Population", front.systems)
    yield from (f'<p class="overall warn">Lost: {_b(each)}</p>\n' for each in front.lost)
    yield from lists.names(front)
    yield "</section>\n"


def _controls(front: Front) -> Iterator[str]:
    if not front.controls:
        return
    yield '<section aria-labelledby="controls">\n<h2 id="controls">Controls</h2>\n'
    yield from _counted("controls", "Control", "SP 800-53", front.controls)
    yield "</section>\n"


def _counted(label: str, head: str, last: str, rows: Sequence[Counted]) -> Iterator[str]:
    columns = (head, *(name.replace("_", " ").capitalize() for name in OUTCOMES), last)
    yield from hypertext.table(label, columns, (_row(columns, each) for each in rows), "counts")


def _row(columns: Sequence[str], each: Counted) -> str:
    title = f"<br><small>{_b(each.title)}</small>" if each.title else ""
    cells: Iterable[str] = (
        badge(WORDS[name], str(count))
        if count and name in ("broken", "could_not_look", "waived")
        else str(count)
        for name, count in each.counts.items()
    )
    return hypertext.row(columns, _b(each.name) + title, [*cells, _b(each.said) or "-"])


def _footer() -> str:
    return (
        "<footer><p>Written by <code>compliance audit</code>. This page asks nothing of anybody.</p></footer>\n"
    )
