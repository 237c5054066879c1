"""Who is told of a run once it is over (document 003, roadmap: 'Slack/Mattermost notifications').

What is told has been cleared of secrets before. A notification that fails is a warning; the run is what it was.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ComplianceError
from compliance.sync import environment, history, repositories, summary
from compliance.sync.model import Notified
from compliance.sync.repository import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compliance.sync.model import Outcome, Run
    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import Notification, SyncFile

_LINES = 20  # targets that a chat is told of by name
_LINE = 300  # signs of what is said of one
_TEXT = 2_900  # Slack takes 3,000 in a section of text
_TITLE = 140  # and 150 in a header
_GOOD, _BAD = "#2e7d32", "#c62828"


def notified(found: Repository, file: SyncFile, run: Run, warn: Callable[[str], None]) -> Run:
    """The same run, and who was told of it. A dry run tells nobody."""
    if not file.notifications or run.options.dry_run:
        return run
    from compliance.sync import posting

    recovered = _recovered(found, file, run, warn)
    due = [each for each in file.notifications if each.on & _what(run, recovered)]
    redacted = environment.Redaction(file, os.environ)
    bodies = {
        kind: _cleared(_body(kind, found, run, recovered), redacted) for kind in {each.kind for each in due}
    }
    set_ = [each for each in due if os.environ.get(each.url_env)]
    told = dict(
        zip(
            set_,
            posting.post([posting.Letter(os.environ[e.url_env], bodies[e.kind]) for e in set_]),
            strict=True,
        )
    )
    results = tuple(_result(each, told.get(each, f"{each.url_env} is not set")) for each in due)
    for result in results:
        if not result.sent:
            warn(f"the notification '{result.name}' was not sent: {result.reason}")
    return replace(run, notified=results)


def _result(each: Notification, reason: str | None) -> Notified:
    return Notified(each.name, reason is None, reason)


def _what(run: Run, recovered: Sequence[str]) -> set[str]:
    """By the words of `on` what this run was."""
    changed = any(o.success and not o.dry_run and (o.commit or o.changed or o.drift) for o in run.outcomes)
    kinds = {"failure": run.exit_code != 0, "change": changed, "recovered": bool(recovered), "always": True}
    return {kind for kind, is_so in kinds.items() if is_so}


def _recovered(found: Repository, file: SyncFile, run: Run, warn: Callable[[str], None]) -> list[str]:
    """Targets that went well, and did not the last time before that they were run."""
    if not any("recovered" in each.on for each in file.notifications):
        return []
    well = {outcome.target: outcome for outcome in run.outcomes if outcome.success and outcome.ran}
    names: list[str] = []
    try:
        for name in dict.fromkeys(file.targets[target].repository for target in well if target in file.targets):
            own = {t: o for t, o in well.items() if t in file.targets and file.targets[t].repository == name}
            names += _failed_before(repositories.find(found, file, name, os.environ), run, own)
    except ComplianceError as error:
        warn(f"who has recovered is not known: {error.message}")
    return names


def _failed_before(found: Repository, run: Run, outcomes: Mapping[str, Outcome]) -> list[str]:
    left, names = dict(outcomes), list[str]()
    for past in history.each(found.root) if left else ():
        for result in past.results if past.kind == "sync" else ():
            outcome = left.get(result["target"])
            if outcome is None or _is(past.when, result, run, outcome):
                continue
            del left[outcome.target]
            names += [] if result["success"] else [outcome.target]
        if not left:
            break
    return names


def _is(when: str, result: Mapping[str, Any], run: Run, outcome: Outcome) -> bool:
    """Is this the record of the run itself?"""
    same = (result["success"], result["duration"], result["commit"])
    return when == run.timestamp and same == (outcome.success, round(outcome.duration, 3), outcome.commit)


def _body(kind: str, found: Repository, run: Run, recovered: Sequence[str]) -> dict[str, Any]:
    if kind == "webhook":
        return summary.document(run)
    title, lines = _title(found, run), _told(run, recovered)
    return _slack(title, lines) if kind == "slack" else _mattermost(title, lines, good=run.exit_code == 0)


def _cleared(value: Any, redacted: Callable[[str], str]) -> Any:
    """Once more, whatever it is: an address of one notification must not reach another."""
    if isinstance(value, dict):
        return {key: _cleared(item, redacted) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleared(item, redacted) for item in value]
    return redacted(value) if isinstance(value, str) else value


def _title(found: Repository, run: Run) -> str:
    failed = sum(not outcome.success for outcome in run.outcomes)
    count = len(run.outcomes)
    said = f"{failed} of {count} targets failed" if failed else f"all {count} targets succeeded"
    bad = [check.name for check in run.checks if check.failed]
    said += f", pre-sync checks failed: {', '.join(bad)}" if bad else ""
    return _cut(f"Sync of {shown(found.root.name)}: {said}", _TITLE)


def _told(run: Run, recovered: Sequence[str]) -> list[str]:
    """What a person has to know: failures first, then what is well again, then what changed."""
    failed = [f"FAILED {o.target}: {o.message}" for o in run.outcomes if not o.success]
    well = [f"recovered {name}" for name in recovered]
    changed = [
        f"{o.target}: {o.message}" for o in run.outcomes if o.success and (o.commit or o.changed or o.drift)
    ]
    lines = [_cut(" ".join(map(shown, line.split("\n"))), _LINE) for line in (*failed, *well, *changed)]
    more = [f"… and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
    return lines[:_LINES] + more


def _slack(title: str, lines: Sequence[str]) -> dict[str, Any]:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; `text`: what a pop-up shows."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _escaped(title, 150)}}
    ]
    if lines:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _bounded(lines)}})
    return {"text": _escaped(title, _TEXT), "blocks": blocks}


def _mattermost(title: str, lines: Sequence[str], *, good: bool) -> dict[str, Any]:
    """https://developers.mattermost.com/integrate/webhooks/incoming: attachments, which came before blocks."""
    text = _bounded(lines)
    attachment = {"fallback": _escaped(title, _TEXT), "color": _GOOD if good else _BAD, "text": text}
    return {"text": _escaped(title, _TEXT), "attachments": [attachment] if lines else []}


def _bounded(lines: Sequence[str]) -> str:
    """As many lines as there is room for, whole ones."""
    kept: list[str] = []
    for line in lines:
        text = _escaped(line, _TEXT)
        if sum(map(len, kept)) + len(kept) + len(text) > _TEXT:
            break
        kept.append(text)
    return "\n".join(kept)


def _escaped(text: str, most: int) -> str:
    """`&<>` as both ask for it, and no `@channel` that would wake everybody. What is cut is cut before it is escaped,
    or half a sign would be left."""
    while True:
        told = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")
        if len(told) <= most:
            return told
        text = text[: len(text) - max(1, (len(told) - most) // 5)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
