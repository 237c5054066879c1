"""`config` of `config_drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPARED = ("args", "command", "cwd", "env", "headers", "type", "url")
_SECTION = {"type": ["integer", "string"], "minimum": 0, "minLength": 1}
_PATH = {"type": "string", "minLength": 1}
_NAMES = {"type": "array", "uniqueItems": True, "items": {"type": "string", "minLength": 1}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["document"],
    "anyOf": [{"required": ["servers_section"]}, {"required": ["agents_section"]}, {"required": ["skills_section"]}],
    "dependentRequired": {
        "servers_section": ["servers_file"], "servers_file": ["servers_section"],
        "agents_section": ["agents_dir"], "agents_dir": ["agents_section"],
        "skills_section": ["skills_dir"], "skills_dir": ["skills_section"],
    },
    "properties": {
        "document": {**_PATH, "description": "the Markdown file of the repository that declares them"},
        "sections": {
            "type": "object", "additionalProperties": False, "required": ["first", "last"],
            "description": "the numbered sections that the document has to have, each once and in order",
            "properties": {
                "first": {"type": "integer", "minimum": 0, "description": "the lowest number"},
                "last": {"type": "integer", "minimum": 0, "description": "the highest number"},
                "level": {
                    "type": "integer", "minimum": 1, "maximum": 6, "description": "how many `#` they have; default 2"
                },
            },
        },
        "servers_section": {
            **_SECTION, "description": "number, or pattern of the title, of the section with a JSON block of servers"
        },
        "agents_section": {**_SECTION, "description": "the same of the section that lists agents"},
        "skills_section": {**_SECTION, "description": "the same of the section that lists skills"},
        "servers_file": {**_PATH, "description": "the JSON file, outside of the repository, that configures servers"},
        "servers_key": {**_PATH, "description": "its key that holds them; default `mcpServers`"},
        "agents_dir": {**_PATH, "description": "the folder with a NAME.md for each agent"},
        "skills_dir": {**_PATH, "description": "the folder with a NAME/SKILL.md for each skill"},
        "compare": {
            **_NAMES, "description": f"keys of a server that are compared; default {', '.join(COMPARED)}"
        },
        "plain_env": {
            **_NAMES, "description": "names in `env` and `headers` whose values are no secrets, and may be written"
        },
    },
}  # fmt: skip
