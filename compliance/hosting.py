"""The reference estate on this machine: `compliance estate up|psql|status|reset|down`. Each returns an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse

    from compliance.estate.reference_live import LiveEstate


def up(parsed: argparse.Namespace) -> int:
    """Start the reference estate, and where it is wanted the services beside it, and leave it running."""
    from compliance.estate import reference, reference_live
    from compliance.estate.reference_build import OWNER

    if parsed.variant is not None:
        return _variant_up(parsed)
    live = reference_live.up(say) if parsed.directus else None
    done()
    found = reference.up()
    file = live.estate_file if live else str(found.estate_file)
    if parsed.json:
        write(canonical.pretty({"postgres": found.dsn(OWNER), "estate": file, **_services(live)}))
        return 0
    write(f"postgres  {found.dsn(OWNER)}\nestate    {file}")
    if live:
        write(f"directus  {live.directus}  login {live.email}, password {live.password}")
        write(f"documents {live.agent_data}  (Agent Data)\nendpoints {live.nuxt}  (Nitro)")
        write("tokens    in the estate file, under directus, agent_data and nuxt; only you can read it")
    write("\nBreak something (`compliance estate psql`), then: compliance audit")
    return 0


def _variant_up(parsed: argparse.Namespace) -> int:
    from compliance.estate import variants
    from compliance.estate.reference_build import OWNER

    found = variants.up(parsed.variant)
    if parsed.json:
        write(canonical.pretty({"postgres": found.dsn(OWNER), "estate": str(found.estate_file)}))
        return 0
    write(
        f"postgres  {found.dsn(OWNER)}\nestate    {found.estate_file}\n\n{variants.find(parsed.variant).title}"
    )
    write(f"\nTo look at it: compliance audit --estate {found.estate_file}")
    return 0


def _services(live: LiveEstate | None) -> dict[str, Any]:
    """What opens them is told once, by the command that has drawn it."""
    if live is None:
        return {}
    return {
        "directus": {"url": live.directus, "email": live.email, "password": live.password},
        "agent_data": {"url": live.agent_data},
        "nuxt": {"url": live.nuxt},
        "tokens": live.estate_file,
    }


def psql(parsed: argparse.Namespace) -> int:
    """Become psql."""
    from compliance.estate import reference

    reference.psql(parsed.arguments[1:] if parsed.arguments[:1] == ["--"] else parsed.arguments)


def status(parsed: argparse.Namespace) -> int:
    """Say whether it runs, and what runs beside it."""
    from compliance.estate import reference, reference_live

    found, live = reference.status(), reference_live.running()
    services = {name: live and getattr(live, name) for name in ("directus", "agent_data", "nuxt")}
    if parsed.json:
        told = {"running": found.running, "stays": found.stays, "directory": str(found.directory)}
        write(canonical.pretty({**told, **services}))
    else:
        write(f"{'running' if found.running else 'not running'}  {found.directory}")
        for name, url in services.items():
            write(f"{name}  {url or 'not running'}")
    return 0


def reset(_parsed: argparse.Namespace) -> int:
    """Restore its content."""
    from compliance.estate import reference_live

    restored = reference_live.reset(say)
    done()
    write(f"restored {restored.directory}")
    return 0


def down(_parsed: argparse.Namespace) -> int:
    """Stop it, and what runs beside it."""
    from compliance.estate import reference, reference_live

    reference_live.down()
    reference.down()
    write("stopped")
    return 0
