"""Connectors: what speaks with the other side of a target, so that no script has to be written.

A connector is started as an entrypoint is, in a process of its own, and speaks the same protocol (`SYNC_CONFIG` …): it
has the same time limit, the same few variables, and is ended the same way. Others come with installed packages, by the
entry points of the group `dot_compliance.connectors` (document 003, 'Roadmap': custom sync plugins).
"""

from __future__ import annotations

import sys

GROUP = "dot_compliance.connectors"
BUILT_IN = {
    "config_drift": "compliance.sync.connectors.config_drift:ConfigDrift",
    "git_repositories": "compliance.sync.connectors.git_repositories:GitRepositories",
    "http_json": "compliance.sync.connectors.http_json:HttpJson",
    "notion_pages": "compliance.sync.connectors.notion_pages:NotionPages",
    "sanitized_files": "compliance.sync.connectors.sanitized_files:SanitizedFiles",
    "skill_catalog": "compliance.sync.connectors.skill_catalog:SkillCatalog",
}


def command(name: str) -> tuple[str, ...]:
    """`-P`: the folder that it runs in holds files of the repository, none of which may be taken for a module."""
    return (sys.executable, "-P", "-m", __name__, name)
