"""The parts of the front page that list what decided: waivers, what was left out, plans, the ledger, what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import hypertext
from compliance.core.hypertext import badge, prose
from compliance.core.hypertext import brief as _b
from compliance.core.hypertext import escaped as _e

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.reporting.front.given import Event, Ledger, Plan, Section, Waiver
    from compliance.reporting.front.model import Front

_NAMES = 200  # of a population; all of them stand in an attachment of Allure
_EVENTS = 50
_WAIVERS = ("Waiver", "State", "Finding", "Owner", "Approved by", "Until", "Meets", "Reason")
_SOURCES = ("Source", "Reason", "Owner", "Until")
_EXCLUDED = ("System", "Cases", "Why", "Kind")
_PLANS = ("System", "Kind", "What", "Steps", "Digest")
_LEDGER = ("When", "What", "Of plan", "Said")


def names(front: Front) -> Iterator[str]:
    """What policy declares, by system and population."""
    population = front.document["population"]
    if not any(said["names"] for said in population.values()):
        return
    yield '<details><summary>What was to be judged, by name</summary>\n<dl class="told">\n'
    for system, said in population.items():
        for name, declared in said["names"].items():
            more = f" and {len(declared) - _NAMES} more" if len(declared) > _NAMES else ""
            told = ", ".join(_b(each, 120) for each in declared[:_NAMES]) + more
            whole = name if "." in name else f"{system}.{name}"
            yield f"<div><dt>{_b(whole)} ({len(declared)})</dt><dd>{told or '-'}</dd></div>\n"
    yield "</dl>\n</details>\n"


def waivers(front: Front) -> Iterator[str]:
    given = front.given
    yield '<section aria-labelledby="waivers">\n<h2 id="waivers">Waivers</h2>\n'
    yield from (f'<p class="overall warn">{_b(each)}</p>\n' for each in given.warnings)
    if given.waivers:
        yield from hypertext.table("waivers", _WAIVERS, map(_waiver, given.waivers))
    else:
        yield "<p>Policy declares none.</p>\n"
    yield "</section>\n"


def _waiver(waiver: Waiver) -> str:
    word = "bad" if waiver.wrong else "good" if waiver.meets else "warn"
    state = badge(word, waiver.state) + "".join(f"<br><small>{_b(each)}</small>" for each in waiver.wrong)
    cells = (
        state, f"<code>{_b(waiver.finding)}</code>", _b(waiver.owner) or "nobody", _b(waiver.approver) or "nobody",
        _b(waiver.until) or "never", str(len(waiver.meets)), _b(waiver.reason) or "none is given",
    )  # fmt: skip
    return hypertext.row(_WAIVERS, _b(waiver.id), cells)


def left_out(front: Front) -> Iterator[str]:
    sources = front.given.unavailable
    yield '<section aria-labelledby="left-out">\n<h2 id="left-out">Left out</h2>\n'
    yield '<h3 id="sources">Sources that are not available</h3>\n'
    rows = (
        hypertext.row(_SOURCES, _b(s.name), (prose(s.reason), _b(s.owner) or "-", _b(s.until) or "-"))
        for s in sources
    )
    yield from hypertext.table("sources", _SOURCES, rows) if sources else ("<p>All were.</p>\n",)
    yield '<h3 id="excluded">Cases that were not judged</h3>\n'
    excluded = (
        hypertext.row(
            _EXCLUDED, _b(x.system), (str(x.cases), prose(x.reason), "out of reach" if x.hidden else "excluded")
        )
        for x in front.excluded
    )
    yield from hypertext.table("excluded", _EXCLUDED, excluded) if front.excluded else ("<p>None.</p>\n",)
    yield "</section>\n"


def plans(front: Front) -> Iterator[str]:
    given = front.given
    yield '<section aria-labelledby="plans">\n<h2 id="plans">Plans</h2>\n'
    if given.plans:
        yield from hypertext.table("plans", _PLANS, map(_plan, given.plans))
    for system, reasons in given.obstacles.items():
        yield f"<details><summary>{badge('warn', 'not compiled')} {_b(system)}: {len(reasons)} in the way</summary>\n"
        yield _items(reasons) + "</details>\n"
    if not given.plans and not given.obstacles:
        yield "<p>Nothing is compiled for these systems.</p>\n"
    yield "</section>\n"


def _items(lines: Iterable[str]) -> str:
    return '<ul class="cases">' + "".join(f"<li>{_b(line)}</li>" for line in lines) + "</ul>"


def _plan(plan: Plan) -> str:
    note = f"<br>{badge('warn', 'proposal')} <small>{_b(plan.proposal)}</small>" if plan.proposal else ""
    digest = f"<code>{_e(plan.digest[:12])}</code>" if plan.digest else "nothing to do"
    cells = (_e(plan.kind), _b(plan.title) + note, str(plan.steps), digest)
    return hypertext.row(_PLANS, _b(plan.system), cells)


def ledger(found: Ledger) -> Iterator[str]:
    yield '<section aria-labelledby="ledger">\n<h2 id="ledger">Approvals and receipts</h2>\n'
    said = _b(found.said) or "It is not known whether there is a ledger."
    yield f'<p class="overall bad">{said}</p>\n' if found.damaged else f"<p>{said}</p>\n"
    if found.events:
        last = found.events[-_EVENTS:]
        if len(last) < len(found.events):
            yield f"<p>The last {len(last)} of {len(found.events)} entries.</p>\n"
        yield from hypertext.table("ledger", _LEDGER, map(_event, reversed(last)))
    yield "</section>\n"


def _event(event: Event) -> str:
    cells = (
        _e(event.kind),
        f"<code>{_e(event.plan[:12])}</code>" if event.plan else "-",
        _b(event.said) or "-",
    )
    return hypertext.row(_LEDGER, _e(event.at[:19].replace("T", " ")), cells)


def sections(front: Front) -> Iterator[str]:
    """Each look once: rules link to it."""
    yield '<section aria-labelledby="read">\n<h2 id="read">What was read</h2>\n'
    if not front.given.sections:
        yield "<p>Nothing.</p>\n"
    for number, each in enumerate(front.given.sections, 1):
        yield _section(number, each)
    yield "</section>\n"


def _section(number: int, each: Section) -> str:
    told = badge("warn", "not seen") if each.blind else f"<small>{each.facts} facts</small>"
    why = f"<p>{_b(each.blind)}</p>" if each.blind else ""
    when = f"<p>From {_b(each.source)} at {_e(each.at)}, in {each.seconds:.3f} s.</p>" if each.at else ""
    asked = "\n".join(filter(None, (each.query, each.text)))
    query = f'<pre tabindex="0">{_b(asked, 20_000)}</pre>' if asked else ""
    # A link to what is in it opens it; one to itself would not.
    return (
        f"<details><summary><code>{_b(each.name)}</code> {told}</summary>"
        f'<div id="read-{number}">{why}{when}{query}</div></details>\n'
    )
