"""How facts become a section: in an order of their own, without a secret; or why there are none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from compliance.core import aging, canonical, redact
from compliance.core.errors import CouldNotLook
from compliance.core.observation import Blind, Provenance, Seen
from compliance.estate.reading import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.estate.config import Estate

Section = Seen[Any] | Blind


def section(make: Callable[[], Iterable[tuple[Any, ...]]], origin: Provenance, key: bytes | None) -> Section:
    """Whatever a source answers, it ends here as facts or as a reason."""
    started = time.perf_counter()
    try:
        # Spelled, as text may hold half a character, and values be nested as deep as somebody likes.
        found = sorted((_clean(fact, key) for fact in make()), key=canonical.dumps)
    except CouldNotLook as error:
        return Blind(error.message, origin)
    except (RecursionError, ValueError):
        return Blind(f"{origin.source}: {origin.query}: the answer holds what no fact can", origin)
    seconds = round(time.perf_counter() - started, 6)
    return Seen(tuple(found), Provenance(origin.source, origin.query, origin.at, seconds))


def _clean(fact: Any, key: bytes | None) -> Any:
    return type(fact)(*redact.value(tuple(map(plain, fact)), key))


def unavailable(estate: Estate, source: str, at: str, names: Iterable[str]) -> list[tuple[str, Section]]:
    """These sections, where the estate declares that it cannot open their source; no longer than until then."""
    declared = estate.unavailable.get(source)
    if declared is None:
        return []
    reason, holds = aging.excluded(declared.until, f"{declared.reason} ({declared.owner})", at)
    return [(name, Blind(reason, Provenance(source, "", at, 0.0), holds)) for name in names]
