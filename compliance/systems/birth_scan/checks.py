"""What a schema cannot say of the policy: each error has the file, the line, and what is allowed there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.estate.document import Document

_TEMPLATE = "{{"


def check(document: Document) -> None:
    """All of it."""
    _check_days(document)
    _check_zone(document)
    _check_route(document)
    _check_fields(document)
    _check_executor(document)
    _check_keys(document)
    _check_plain(document)


def _check_days(document: Document) -> None:
    """A review on a day that no calendar has was none."""
    for place in (("reviewed",), ("cadence", "reviewed")):
        review: Any = document.value
        for key in place:
            review = review.get(key)
        if not review:
            continue
        try:
            date.fromisoformat(review["at"])
        except ValueError:
            raise document.error(
                f"{'.'.join(place)}.at: there is no day '{review['at']}'", *place, "at",
                remedy="the day of the review, as year-month-day",
            ) from None  # fmt: skip


def _check_zone(document: Document) -> None:
    zone = document.value["cadence"]["timezone"]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise document.error(
            f"there is no time zone '{zone}'",
            "cadence",
            "timezone",
            remedy="a name such as Europe/Berlin, or UTC",
        ) from None


def _check_route(document: Document) -> None:
    """Nitro derives path and method from where the file is: they cannot say different things."""
    endpoint = document.value["endpoint"]
    folder = endpoint["api"].rpartition("/")[2]
    wanted = f"{endpoint['api']}{endpoint['path'].removeprefix('/' + folder)}.post.ts"
    if not endpoint["path"].startswith(f"/{folder}/") or endpoint["file"] != wanted:
        raise document.error(
            f"{endpoint['file']} is not where a POST of {endpoint['path']} is answered", "endpoint", "file",
            remedy=f"with this path and this folder of routes it is {wanted}",
        )  # fmt: skip


def _check_fields(document: Document) -> None:
    """Values are of fields that may have a column; the cadence is said once, under `cadence`."""
    tool, issues = document.value["tool"], document.value["issues"]
    for place, section in (("tool", tool), ("issues", issues)):
        for field in section["values"]:
            if field not in section["columns"]:
                known = ", ".join(section["columns"])
                raise document.error(
                    f"{place}: '{field}' has no column; fields are {known}", place, "values", field
                )
    if "cron" in tool["values"]:
        raise document.error("the cadence stands under `cadence` alone", "tool", "values", "cron")
    for name in (*tool["identity"], *tool["vocabulary"]):
        if name not in tool["values"]:
            raise document.error(f"tool: '{name}' has no value", "tool", "values")


def _check_executor(document: Document) -> None:
    """'Must match discovered Nuxt endpoint path' (document 001, section 3)."""
    endpoint, values = document.value["endpoint"], document.value["tool"]["values"]
    allowed = (endpoint["file"], endpoint["path"])
    if "executor" in values and values["executor"] not in allowed:
        raise document.error(
            f"tool: the executor is '{values['executor']}', which is not the endpoint", "tool", "values", "executor",
            remedy=f"{' or '.join(allowed)}",
        )  # fmt: skip


def _check_keys(document: Document) -> None:
    """Two keys, and none of them a key of another policy."""
    config = document.value["config"]
    if config["enabled"] == config["cadence"]:
        raise document.error("config: switch and cadence cannot have one key", "config", "cadence")
    for name in ("enabled", "cadence"):
        if config[name] in config.get("siblings", ()):
            raise document.error(f"config: {config[name]} is a key of another policy", "config", name)


def _check_plain(document: Document) -> None:
    """These go into options of operations, which Directus renders: a secret of its environment could be put there."""
    for place in (("flow", "name"), ("flow", "failures")):
        value: Any = document.value
        for key in place:
            value = value[key]
        for where, text in _texts(value, place):
            if _TEMPLATE in text:
                raise document.error(
                    f"{'.'.join(place)}: '{_TEMPLATE}' begins a template, which Directus would fill in", *where,
                    remedy="a text without it",
                )  # fmt: skip


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text, keys among them, with its place."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (*place, key), str(key)
        yield from _texts(item, (*place, key))
    if isinstance(value, str):
        yield place, value
