"""Capture the system tables of a real Directus again, into `10_directus.sql` and `11_directus_rows.sql`.

The reference estate must have the tables that a bootstrap really makes, and nobody keeps 30 of them right by
hand. Run it after a change of `fixtures/directus/package-lock.json`; Node and packages come as for the tests:

    python sql/reference/capture_directus.py

As root, PostgreSQL is run as `postgres` (or `nobody`), since it refuses root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.estate import directus

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
# Rows that a bootstrap makes and that hold neither a person nor a secret; the admin user is none of ours.
ROWS = ("directus_migrations", "directus_roles", "directus_policies", "directus_access", "directus_settings")
NOISE = re.compile(r"^(--.*|\\.*|SET .*|SELECT pg_catalog\.set_config.*|ALTER .* OWNER TO .*)$")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PUBLIC_POLICY = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"  # every Directus has it under this id
STAMP = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+[+-]\d\d'")


def binaries() -> Path:
    """The PostgreSQL to capture with: COMPLIANCE_PG_BIN, else the newest that the system has."""
    named = os.environ.get("COMPLIANCE_PG_BIN")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not named and not found:
        sys.exit("no PostgreSQL found; name its bin folder in COMPLIANCE_PG_BIN")
    return Path(named) if named else found[-1]


def account() -> dict[str, object]:
    """How to start PostgreSQL: as another user where we are root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def run(*command: str | Path, **options: object) -> str:
    """One command, its output; its errors go to the terminal."""
    words = [str(part) for part in command]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]  # noqa: S603
    return str(done.stdout)


@contextlib.contextmanager
def server(scratch: Path) -> Iterator[Path]:
    """A PostgreSQL of this script alone, behind a socket in its own folder, ended with the block."""
    bin_, who, data = binaries(), account(), scratch / "data"
    if who:
        os.chown(scratch, int(str(who["user"])), int(str(who["group"])))
    run(
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
        cwd=scratch,
        **who,
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={scratch} -c fsync=off"
    run(bin_ / "pg_ctl", "-D", data, "-w", "-l", scratch / "log", "-o", options, "start", cwd=scratch, **who)
    try:
        yield bin_
    finally:
        run(bin_ / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop", cwd=scratch, **who)


def bootstrap(installed: directus.Installed, home: Path, socket: Path) -> None:
    """What Directus itself does to an empty database."""
    database = {"CLIENT": "pg", "HOST": str(socket), "PORT": "5432", "USER": "postgres", "DATABASE": "directus"}
    settings = {
        **{f"DB_{name}": value for name, value in database.items()},
        "DB_PASSWORD": "-",
        "SECRET": "capture",
        "HOME": str(home),
        "TELEMETRY": "false",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "capture",
        "PATH": os.defpath,
    }
    run(installed.node, installed.home / directus.PROGRAM, "bootstrap", cwd=home, env=settings)


def steady(text: str) -> str:
    """A bootstrap draws ids and notes times; ours stay, so that a diff shows what changed."""
    drawn = sorted(set(UUID.findall(text)) - {PUBLIC_POLICY}, key=text.index)
    for number, found in enumerate(drawn):
        text = text.replace(found, str(uuid.uuid5(uuid.NAMESPACE_URL, f"directus-bootstrap/{number}")))
    return STAMP.sub("'2026-01-01 00:00:00+00'", text)


def cleaned(dump: str, *, title: str) -> str:
    """Statements only: no psql commands, no owners, no session settings, nothing drawn."""
    kept = [line for line in dump.splitlines() if not NOISE.match(line)]
    text = re.sub(r"\n{2,}", "\n\n", "\n".join(kept)).strip()
    return f"-- {title}\nset role estate_owner;\n\n{steady(text)}\n\nreset role;\n"


def main() -> None:
    """Bootstrap, dump, clean."""
    installed = directus.install(print)
    with tempfile.TemporaryDirectory(prefix="capture-", dir="/tmp") as name:  # a socket needs a short path
        scratch = Path(name) / "pg"
        scratch.mkdir()
        Path(name).chmod(0o755)
        with server(scratch) as bin_:
            reach = ("-h", scratch, "-U", "postgres")
            run(bin_ / "createdb", *reach, "directus")
            bootstrap(installed, Path(name), scratch)
            dump = (bin_ / "pg_dump", *reach, "-d", "directus", "--no-owner", "--no-privileges")
            schema = run(*dump, "--schema-only")
            rows = run(*dump, "--data-only", "--inserts", *(f"--table=public.{table}" for table in ROWS))
    source = "Directus 11.17.4 as its own bootstrap made it; written by capture_directus.py, not by hand."
    (HERE / "10_directus.sql").write_text(cleaned(schema, title=f"The system tables of {source}"))
    (HERE / "11_directus_rows.sql").write_text(
        cleaned(rows, title=f"The rows, no person among them, of {source}")
    )


if __name__ == "__main__":
    main()
