"""Python looks for cycles among its objects each time that many new ones were made. Where much is made and nearly all
of it stays, that takes longer than to make it."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """No cycles are looked for until the end; what nothing refers to is given back all the same."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
