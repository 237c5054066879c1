"""The page of the history, as `core.hypertext` makes pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import hypertext
from compliance.core.hypertext import escaped as _e
from compliance.sync import history
from compliance.sync.history_command import DEFINITION, note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set
    from datetime import datetime

    from compliance.sync.dashboard import Point, Row, View
    from compliance.sync.history import Past

STYLE = Path(__file__).with_name("dashboard.css")
_WIDTH, _HEIGHT, _EDGE = 160.0, 32.0, 4.0
_COLUMNS = (
    "Target",
    "Last outcome",
    "Due next",
    "Last success",
    "P50",
    "P95",
    "P99",
    "Durations",
    "Last error",
)


def render(view: View) -> str:
    style = hypertext.STYLE.read_text(encoding="utf-8") + STYLE.read_text(encoding="utf-8")
    body = (
        '<a class="skip" href="#runs">Skip to the runs</a>\n',
        *_header(view), "<main>\n", *_targets(view), *_runs(view), "</main>\n", _footer(),
    )  # fmt: skip
    return hypertext.page(f"Directional sync of {view.repository}", style, body)


def _header(view: View) -> Iterator[str]:
    count = len(view.rows)
    if not view.rows:
        word, said = "none", "No run of a target is recorded yet"
    elif view.failed:
        word, said = "bad", f"{len(view.failed)} of {count} targets failed at their last run"
    else:
        word, said = "good", f"All {count} targets went well at their last run"
    yield f"<header>\n<h1>Directional sync of {_e(view.repository)}</h1>\n"
    yield f'<p class="overall {word}">{_e(said)}</p>\n'
    if view.overdue:
        yield f'<p class="overall warn">Overdue: {_e(", ".join(view.overdue))}</p>\n'
    yield f"<p>As of {_time(view.now)}; {view.recorded} runs are recorded.</p>\n</header>\n"


def _targets(view: View) -> Iterator[str]:
    if not view.rows:
        return
    yield '<section aria-labelledby="targets">\n<h2 id="targets">Targets</h2>\n'
    listed = {run.id for run in view.runs}
    yield from hypertext.table("targets", _COLUMNS, (_target(row, listed) for row in view.rows), "targets")
    yield "</section>\n"


def _target(row: Row, listed: Set[str]) -> str:
    last = row.last.result
    back = f'<br><span class="badge warn">rolled back</span> by {_link(row.back, listed)}' if row.back else ""
    cells = (
        f"{_badge(last)}<br>{_link(row.last.run, listed)}<br>{_e(last['message'])}{back}",
        _due(row),
        _time_of(row.success),
        *(_seconds(row.stats.percentile(p), len(row.stats.samples), p) for p in history.PERCENTILES),
        _line(row.name, row.points),
        "none" if row.error is None else f"{_link(row.error.run, listed)}<br>{_e(row.error.result['message'])}",
    )
    head = f"{_e(row.name)}<br><small>{_e(last['direction'])}</small>"
    return hypertext.row(_COLUMNS, head, cells, "good" if row.good else "bad")


def _badge(result: Mapping[str, Any]) -> str:
    if result["success"]:
        return '<span class="badge good">ok</span>'
    return f'<span class="badge bad">{"failed" if result["ran"] else "not run"}</span>'


def _due(row: Row) -> str:
    if row.due is None:
        return "no schedule"
    late = '<span class="badge warn">overdue</span><br>' if row.overdue else ""
    return f"{late}{_time(row.due)}<br><code>{_e(row.schedule)}</code>"


def _time(at: datetime) -> str:
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _time_of(run: Past | None) -> str:
    return "never" if run is None else f'<time datetime="{_e(run.when)}">{_e(_short(run.when))}</time>'


def _short(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def _link(run: Past, listed: Set[str]) -> str:
    """To where it stands in the list, if it does."""
    return f'<a href="#run-{_e(run.id)}">{_time_of(run)}</a>' if run.id in listed else _time_of(run)


def _seconds(found: float | None, count: int, percent: int) -> str:
    if found is not None:
        return f'<span class="seconds">{found:.2f} s</span>'
    return f'<span class="few">{count} of {history.needed(percent)} runs</span>'


def _line(name: str, points: Sequence[Point]) -> str:
    """How long its last runs took; one that failed is a cross, which needs no colour."""
    if not points:
        return "none"
    longest = max(point.seconds for point in points) or 1.0
    step = (_WIDTH - 2 * _EDGE) / max(1, len(points) - 1)
    places = [
        (_EDGE + n * step, _HEIGHT - _EDGE - p.seconds / longest * (_HEIGHT - 2 * _EDGE))
        for n, p in enumerate(points)
    ]
    crosses = "".join(
        f'<path class="cross" d="M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6"/>'
        for (x, y), point in zip(places, points, strict=True)
        if not point.good
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    failed = sum(not point.good for point in points)
    said = f"{name}: the last {len(points)} runs took up to {longest:.2f} s, the last one {points[-1].seconds:.2f} s"
    said += f"; {failed} failed" if failed else ""
    return (
        f'<svg role="img" aria-label="{_e(said)}" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}"'
        f' height="{_HEIGHT:g}"><polyline points="{line}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>{crosses}</svg>'
    )


def _runs(view: View) -> Iterator[str]:
    yield '<section aria-labelledby="runs">\n<h2 id="runs" tabindex="-1">Runs</h2>\n'
    if not view.runs:
        yield "<p>None is recorded yet.</p>\n"
    elif len(view.runs) < view.recorded:
        yield f"<p>The newest {len(view.runs)} of {view.recorded}.</p>\n"
    for run in view.runs:
        yield from _run(run)
    yield "</section>\n"


def _run(run: Past) -> Iterator[str]:
    told = run.summary
    word = "bad" if told["failed"] else "good"
    commits = "1 commit" if run.commits == 1 else f"{run.commits} commits"
    said = f"{told['successful']} ok, {told['failed']} failed"
    special = f' <span class="badge warn">{_e(note(run))}</span>' if note(run) else ""
    yield f'<details><summary><span class="badge {word}">{said}</span> {_time_of(run)} '
    yield f"<code>{_e(run.id)}</code> {commits}, {told['total_duration']:.1f} s{special}</summary>\n"
    by, ci = run.by, " (CI)" if run.by.get("ci") else ""
    # A link to what is in it opens it; one to itself would not.
    yield f'<p id="run-{_e(run.id)}">Started by {_e(by.get("user", "?"))} on {_e(by.get("host", "?"))}{ci};'
    yield f" history commit <code>{_e(run.commit[:10])}</code></p>\n"
    yield from (_check(check) for check in told["checks"])
    yield '<ul class="results">\n'
    yield from map(_result, run.results)
    yield "</ul>\n</details>\n"


def _result(result: Mapping[str, Any]) -> str:
    commit = f" commit <code>{_e(result['commit'][:10])}</code>" if result["commit"] else ""
    checks = "".join(map(_check, result["checks"]))
    output = f'<pre tabindex="0">{_e(result["output"])}</pre>' if result["output"] else ""
    return (
        f"<li>{_badge(result)} <strong>{_e(result['target'])}</strong> {_e(result['message'])}{commit}"
        f" ({result['duration']:.1f} s){checks}{output}</li>\n"
    )


def _check(check: Mapping[str, Any]) -> str:
    if check["skipped"] is not None:
        word, said, detail = "warn", "skipped", check["skipped"]
    else:
        word, said = ("good", "kept") if check["passed"] else ("bad", "broken")
        detail = check["detail"]
    return f'<p class="check"><span class="badge {word}">{said}</span> {_e(check["name"])} {_e(detail)}</p>'


def _footer() -> str:
    by = "Written by <code>compliance sync dashboard</code>."
    return f"<footer><p>Percentiles: {_e(DEFINITION)}. {by}</p></footer>\n"
