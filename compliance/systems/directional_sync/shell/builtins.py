"""Commands whose output is known without running them: echo, printf, date, seq, and a `sed` that takes signs away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.syntax import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_PRINTED = re.compile(r"%(?:%|([-0]*)([0-9]*)(?:\.[0-9]+)?([sdiq]))|\\([ntr\\])")
_DATE = re.compile(r"%([-_0^#]?)(.)")
_SED = re.compile(r"s(.)(.*?)\1(.*?)\1(g?)", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
# By letter of `date`: how it is written, and with how many digits. A clock's year and second are of no schedule.
_CLOCK = {
    "H": ("hour", 2, "0"), "k": ("hour", 2, " "), "M": ("minute", 2, "0"), "d": ("day", 2, "0"), "e": ("day", 2, " "),
    "m": ("month", 2, "0"),
}  # fmt: skip
# What each letter of `date` depends on.
DEPENDS = {
    "H": {"hour"}, "k": {"hour"}, "I": {"hour"}, "l": {"hour"}, "p": {"hour"}, "M": {"hour", "minute"}, "d": {"day"},
    "e": {"day"}, "m": {"month"}, "b": {"month"}, "B": {"month"}, "u": {"weekday"}, "w": {"weekday"}, "a": {"weekday"},
    "A": {"weekday"}, "R": {"hour", "minute"}, "T": {"hour", "minute"},
}  # fmt: skip


def echo(words: Sequence[str]) -> str:
    words, end, escapes = list(words), "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        end = "" if "n" in words[0] else end
        escapes = escapes or "e" in words[0]
        words.pop(0)
    text = " ".join(words)
    if escapes:
        text = re.sub(r"\\([ntr\\])", lambda match: _SIGNS[match[1]], text)
    return text + end


def printf(words: Sequence[str]) -> str:
    """Its format again and again, as long as there are words for it."""
    if not words:
        return ""
    form, rest, found = words[0], list(words[1:]), ""
    while True:
        before = len(rest)
        found += _PRINTED.sub(lambda match: _printed(match, rest), form)
        if not rest or len(rest) == before:
            return found


def _printed(match: re.Match[str], rest: list[str]) -> str:
    if match[4] is not None:
        return _SIGNS[match[4]]
    if match[3] is None:
        return "%"
    value = rest.pop(0) if rest else ""
    if UNKNOWN in value:
        return UNKNOWN
    if match[3] in "di":
        value = value or "0"
        if not re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", value):
            return UNKNOWN
        return value.zfill(int(match[2] or 0)) if "0" in match[1] else value.rjust(int(match[2] or 0))
    width = int(match[2] or 0)
    return value.ljust(width) if "-" in match[1] else value.rjust(width)


def date(words: Sequence[str], clock: datetime, zone: str) -> str:
    """Of machines of GitHub, whose clocks are in UTC."""
    form = None
    for word in words:
        if word.startswith("+"):
            form = word[1:]
        elif word not in ("-u", "--utc", "--universal"):
            return UNKNOWN + "\n"
    if form is None or zone.upper() not in ("", "UTC", "ETC/UTC", "UTC0", "GMT"):
        return UNKNOWN + "\n"
    return _DATE.sub(lambda match: _told(match, clock), form) + "\n"


def _told(match: re.Match[str], clock: datetime) -> str:
    flag, letter = match[1], match[2]
    if letter in _CLOCK:
        name, digits, fill = _CLOCK[letter]
        fill = {"0": "0", "_": " ", "-": ""}.get(flag, fill)
        text = str(getattr(clock, name))
        return text.rjust(digits, fill) if fill else text
    if letter in "IRTpabABuw":
        return _worded(letter, clock) if not flag else UNKNOWN
    return "%" if letter == "%" else UNKNOWN


def _worded(letter: str, clock: datetime) -> str:
    match letter:
        case "I":
            return f"{(clock.hour - 1) % 12 + 1:02}"
        case "R":
            return f"{clock.hour:02}:{clock.minute:02}"
        case "p":
            return "AM" if clock.hour < 12 else "PM"
        case "u":
            return str(clock.isoweekday())
        case "w":
            return str(clock.isoweekday() % 7)
        case "a" | "A":
            names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
            name = names[clock.weekday()]
            return name if letter == "A" else name[:3]
        case "b" | "B":
            months = (
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            )  # fmt: skip
            return months[clock.month - 1] if letter == "B" else months[clock.month - 1][:3]
    return UNKNOWN


def seq(words: Sequence[str]) -> str:
    if not 1 <= len(words) <= 2 or not all(re.fullmatch(r"[0-9]{1,3}", word) for word in words):
        return UNKNOWN + "\n"
    first = int(words[0]) if len(words) == 2 else 1
    return "".join(f"{n}\n" for n in range(first, int(words[-1]) + 1))


def sed(words: Sequence[str], text: str | None) -> str:
    """`s/…/…/` of a plain expression alone, such as takes a zero off an hour."""
    extended = words[:1] in (["-E"], ["-r"])
    scripts = list(words[1:] if extended else words)
    found = _SED.fullmatch(scripts[0]) if len(scripts) == 1 else None
    if text is None or UNKNOWN in text or found is None or "&" in found[3] or "\\" in found[2] + found[3]:
        return UNKNOWN
    expression = found[2] if extended else re.sub(r"([+?(){}|])", r"\\\1", found[2])
    try:
        pattern = re.compile(expression)
    except re.error:
        return UNKNOWN
    lines = text.split("\n")
    return "\n".join(pattern.sub(lambda _: found[3], line, count=0 if found[4] else 1) for line in lines)
