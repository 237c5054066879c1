"""`compliance sync dashboard`: the history as one page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.sync import dashboard, dashboard_page, history, repository
from compliance.talking import write

if TYPE_CHECKING:
    import argparse

_LISTED = 50


def page(parsed: argparse.Namespace) -> int:
    found = repository.find(Path.cwd())
    now = parsed.now or datetime.now(UTC)
    view = dashboard.view(found.root.name, history.read(found.root), now, parsed.limit or _LISTED)
    place = Path(parsed.output)
    part = place.with_name(f"{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(dashboard_page.render(view), encoding="utf-8", errors="backslashreplace")
        part.replace(place)
    except OSError as error:
        raise ConfigurationError(
            f"{place}: {error.strerror}", remedy="name a file that can be written"
        ) from None
    write(f"{place} is written: {len(view.rows)} targets, {len(view.runs)} of {view.recorded} runs")
    return 0
