"""Again, where the other side failed: an outage of a minute must not cost a day until the next schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.sync.model import TargetFailed

if TYPE_CHECKING:
    from threading import Event

    from tenacity import Retrying

_FIRST, _LONGEST = 0.5, 30.0  # seconds between two attempts, doubled each time, and up to one more by chance


def attempts(retries: int, stop: Event) -> Retrying:
    """To go through; the last failure is let through. The wait ends at once where somebody asks the runner to stop."""
    import tenacity

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, TargetFailed) and error.passing),
        stop=tenacity.stop_after_attempt(retries + 1) | tenacity.stop_when_event_set(stop),
        wait=tenacity.wait_exponential_jitter(multiplier=_FIRST, max=_LONGEST),
        sleep=tenacity.sleep_using_event(stop),
        reraise=True,
    )
