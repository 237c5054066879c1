"""The command that writes a verdict in the formats of others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from compliance.reporting.exports.exported import Exported


def export(parsed: argparse.Namespace) -> int:
    """One format, to a file or standard output; 0 whatever the verdict: the audit's exit code was its own."""
    from compliance.executor.whole import put
    from compliance.reporting import exports
    from compliance.talking import done

    exports.known(parsed.format)
    _apart(parsed)
    data = exports.export(parsed.format, _source(parsed))
    done()
    if parsed.output:
        put(Path(parsed.output), data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    return 0


def _apart(parsed: argparse.Namespace) -> None:
    """What it is made of is not written over: of a verdict that is gone nothing can be exported again."""
    from compliance import gathering, probing
    from compliance.core.errors import ConfigurationError

    path = gathering.verdict_file(Path(parsed.source))
    made_of = (path, gathering.history_file(parsed.history, path), probing.estate_file(parsed.estate))
    if parsed.output and Path(parsed.output).resolve() in {each.resolve() for each in made_of if each}:
        raise ConfigurationError(f"-o {parsed.output}: the export is made of this file", remedy="name another")


def _source(parsed: argparse.Namespace) -> Exported:
    from compliance import gathering, probing
    from compliance.opening import sealed_files

    path = gathering.verdict_file(Path(parsed.source))
    with path.open("rb") as file:
        sealed = not file.read(1).lstrip().startswith(b"{")
    if sealed:
        return gathering.of_bundle(sealed_files(str(path), parsed.key))
    history = gathering.history_file(parsed.history, path)
    return gathering.of_verdict(path, probing.estate_file(parsed.estate), history)
