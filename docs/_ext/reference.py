"""Directives that write the reference out of the code: rules of probes, commands of parsers, keys of schemas.

Each makes Markdown, which is parsed where the directive stands; nothing is written beside the pages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygments.lexers.special import TextLexer
from sphinx.util.docutils import SphinxDirective

from compliance import cataloguing, cli, probing
from compliance.estate.resources import resource
from compliance.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from docutils.nodes import Node
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
_SPECIAL = re.compile(r"([\\*_\[\]<>${}#|])")
_BLOCK = re.compile(r"^-- (fault|near miss): (.+)$", re.MULTILINE)
SCHEMAS = {
    "estate.yaml": "compliance/estate/estate.schema.json",
    **{f"policy/{name}.yaml": f"compliance/systems/{name}/policy.schema.json" for name in SYSTEMS},
    "policy/waivers.yaml": "compliance/estate/waivers.schema.json",
    "policy/controls.yaml": "compliance/estate/controls.schema.json",
    ".insightpulse/sync.yaml": "compliance/systems/directional_sync/sync.schema.json",
    "safety.secret_baseline": "compliance/sync/baseline.schema.json",
}


def setup(app: Sphinx) -> dict[str, Any]:
    os.environ["COLUMNS"] = "80"  # as argparse is to write what a command takes
    app.add_lexer("crontab", TextLexer)
    for directive in (Rules, Commands, Keys):
        app.add_directive(directive.__name__.lower(), directive)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class _Written(SphinxDirective):
    """Markdown of a function's, with headings below the one that it stands under."""

    def text(self) -> Iterable[str]:
        raise NotImplementedError

    def run(self) -> list[Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes("\n".join(self.text()), allow_section_headings=True)


class Rules(_Written):
    """Every rule of every system."""

    def text(self) -> Iterator[str]:
        for system in SYSTEMS:
            yield f"\n(rules-{system})=\n## {system}\n"
            for probe in _probes():
                if probe.rule.system == system:
                    yield from _rule(probe)


class Commands(_Written):
    """Every command of the program."""

    def text(self) -> Iterator[str]:
        yield from _command(cli.parser())


class Keys(_Written):
    """Every key of every file that a person writes."""

    def text(self) -> Iterator[str]:
        for file, schema in SCHEMAS.items():
            value = json.loads((ROOT / schema).read_text(encoding="utf-8"))
            yield f"\n## `{file}`\n\n{plain(value.get('title', ''))}\n"
            yield from _keys(value, value, "")


# --- rules ---------------------------------------------------------------------------------------------------------


@cache
def _probes() -> tuple[cataloguing.Probe, ...]:
    return cataloguing.probes()


@cache
def _policies() -> Mapping[str, Any]:
    return probing.load(resource("fixtures/reference/estate.yaml"))[1]


def _rule(probe: cataloguing.Probe) -> Iterator[str]:
    rule = probe.rule
    yield f"\n(rule-{rule.id.lower()})=\n### {rule.id}\n\n**{plain(rule.title)}.**\n"
    yield f"{rule.severity}, {rule.phase}; family {rule.family}; asked of `{probe.each}`\n"
    yield f"**Why**: {plain(rule.why)}\n\n**Remedy**: {plain(rule.remedy)}\n"
    reads = ", ".join(f"`{name}`" for name in cataloguing.asks(probe, _policies()))
    yield f"Reads at least: {reads or 'policy alone'}; written in `{_named(probe.file)}`\n"
    yield from _faults(cataloguing.faults(rule.id))


def _faults(file: Path | None) -> Iterator[str]:
    if file is None:
        return
    yield f"Tried in `{_named(file)}`:\n"
    for kind, title in _BLOCK.findall(file.read_text(encoding="utf-8")):
        yield f"- {'breaks it' if kind == 'fault' else 'does not'}: {plain(title)}"
    yield ""


def _named(file: Path) -> str:
    return str(file.resolve().relative_to(ROOT))


# --- commands ------------------------------------------------------------------------------------------------------


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    inner = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    yield f"\n({parser.prog.replace(' ', '-')})=\n## {parser.prog}\n"
    yield from (plain(part) + "\n" for part in (parser.description or "").split("\n\n"))
    usage = parser.format_usage().replace("usage: ", " " * len("usage: "), 1)
    yield f"```text\n{textwrap.dedent(usage).rstrip()}\n```\n"
    for action in parser._actions:
        if not isinstance(action, (argparse._SubParsersAction, argparse._HelpAction)):
            yield from _argument(action)
    for part in (parser.epilog or "").split("\n\n"):
        yield from _ending(part)
    for action in inner:
        for child in action.choices.values():
            yield from _command(child)


def _argument(action: argparse.Action) -> Iterator[str]:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    shown = [f"{word} {value}".strip() if action.nargs != 0 else word for word in action.option_strings]
    yield f"`{', '.join(shown) or value or action.dest}`\n: {plain(action.help or '')}\n"


def _ending(part: str) -> Iterator[str]:
    head, _, lines = part.partition("\n")
    if head.startswith("example"):
        yield (
            f"{head.capitalize()}\n\n```sh\n"
            + "\n".join(each.strip() for each in lines.splitlines())
            + "\n```\n"
        )
    elif part:
        yield (
            f"{head.capitalize()}\n\n"
            + "\n".join(f"- {plain(each.strip())}" for each in lines.splitlines())
            + "\n"
        )


# --- schemas -------------------------------------------------------------------------------------------------------


def _keys(whole: Mapping[str, Any], value: Mapping[str, Any], before: str) -> Iterator[str]:
    """A list in a list, a key a line, as deep as the schema goes."""
    value = _resolved(whole, value)
    for option in (*value.get("oneOf", ()), *value.get("anyOf", ())):
        if _resolved(whole, option).get("properties"):
            yield from _keys(whole, option, before)
    required = value.get("required", ())
    for name, said in value.get("properties", {}).items():
        yield from _key(whole, f"`{name}`", said, name in required, before)
    for said in (*value.get("patternProperties", {}).values(), value.get("additionalProperties")):
        if isinstance(said, dict):
            yield from _key(whole, "*any name*", said, False, before)
    if isinstance(items := value.get("items"), dict):
        yield from _keys(whole, items, before)


def _key(whole: Mapping[str, Any], shown: str, said: Any, required: bool, before: str) -> Iterator[str]:
    found = _resolved(whole, said) if isinstance(said, dict) else {}
    words = [_kind(whole, found), *(["required"] if required else [])]
    text = f": {plain(found['description'])}" if found.get("description") else ""
    yield f"{before}- {shown} ({', '.join(filter(None, words))}){text}"
    if len(before) < 12:
        yield from _keys(whole, found, before + "  ")


def _kind(whole: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    if "enum" in said or "const" in said:
        return " or ".join(f"`{json.dumps(each)}`" for each in said.get("enum", [said.get("const")]))
    options = [
        _kind(whole, _resolved(whole, each)) for each in (*said.get("oneOf", ()), *said.get("anyOf", ()))
    ]
    if "type" not in said and any(options):
        return " or ".join(dict.fromkeys(filter(None, options)))
    kind = said.get("type", "")
    kinds = {"object": "mapping", "array": "list", "string": "text", "integer": "whole number"}
    found = " or ".join(kinds.get(each, each) for each in ([kind] if isinstance(kind, str) else kind))
    if kind == "array" and isinstance(said.get("items"), dict):
        inner = _kind(whole, _resolved(whole, said["items"]))
        found += f" of {inner}" if inner else ""
    bounds = [f"{word} {said[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in said]
    pattern = [f"as `{said['pattern']}`"] if len(said.get("pattern", "`" * 40)) < 40 else []
    return " ".join([found, *bounds, *pattern])


def _resolved(whole: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """With what it refers to in the same file."""
    found: Mapping[str, Any] = said
    while "$ref" in found:
        target: Any = whole
        for part in found["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        found = {**target, **{name: each for name, each in found.items() if name != "$ref"}}
    return found


# --- text ----------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """As it stands: only `what stands so` is code, and nothing else is Markdown."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:  # a single one
        parts = [" ".join(text.split()).replace("`", "'")]
    return "`".join(part if n % 2 else _SPECIAL.sub(r"\\\1", part) for n, part in enumerate(parts))
