"""Servers to look at: the embedded PostgreSQL, and Debian's where it is installed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance.estate.embedded import throwaway

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql/15/bin")
VERSIONS = ("embedded", "debian-15")


@contextmanager
def serving(version: str, script: str) -> Iterator[tuple[str, str]]:
    """The superuser's DSN and that of the role `probe`, on a server where a script of SQL was run."""
    if version != "embedded" and not DEBIAN.exists():
        assert not os.environ.get("CI"), f"{DEBIAN} is missing: apt-get install postgresql-15"
        pytest.skip(f"not run: {DEBIAN} is missing; apt-get install postgresql-15")
    with throwaway(None if version == "embedded" else DEBIAN) as server:
        owner = server.dsn("postgres")
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(script.encode())
        yield owner, server.dsn("postgres", "probe")
