"""detect-secrets, asked line by line: what a well-kept scanner knows of keys, tokens and telling names.

Its own reading of files stops at some endings (`.lock`, `.css`), drops a line that holds a call, lets a remark beside a
secret silence it without anybody's review, and asks the provider whether a key is valid. None of that is wanted here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import assignments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Left out: HexHighEntropyString, which takes each digest and commit for a secret, and IPPublicDetector, whose finding
# is no secret. A digest that is one stands behind a telling name, which the other rules judge.
_LEFT_OUT = frozenset({"HexHighEntropyString", "IPPublicDetector"})
_KEYWORD = "Secret Keyword"
_ENTROPY = "Base64 High Entropy String"
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])(?!sha\d+-).*", re.DOTALL)
# Without one of these no rule of a kind can match: most lines have none, and each rule costs its time.
_TOKENS = re.compile(r"[\w+/=-]{15}|PRIVATE KEY|://")
_WORDS = re.compile(r"(?i)pass|pwd|secret|key|contrase")
_QUOTED = re.compile(r"[\"'](?!sha\d+-)[\w+/=-]{20}")
_ARTIFACT = re.compile(r"(?:[\s=:\"]|^)A(?:KC|P)")
_NEEDED = {_KEYWORD: _WORDS, _ENTROPY: _QUOTED, "Artifactory Credentials": _ARTIFACT}
# Data as base64 may be megabytes on one line. It holds no sign that gives a value to a name, and these need one, or
# another sign that base64 has not.
_RUN = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SIGNED = frozenset({
    _KEYWORD, _ENTROPY, "Azure Storage Account access key", "Basic Auth Credentials", "Cloudant Credentials",
    "Discord Bot Token", "GitHub Token", "IBM Cloud IAM Key", "IBM COS HMAC Credentials",
    "JSON Web Token", "Mailchimp Access Key", "NPM tokens", "OpenAI Token", "Private Key", "PyPI Token",
    "SendGrid API Key", "Slack Token", "SoftLayer Credentials", "Square OAuth Secret", "Stripe Access Key",
    "Telegram Bot Token",
})  # fmt: skip


class Detected(NamedTuple):
    kind: str
    value: str


@lru_cache(maxsize=1)
def _plugins() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    kinds: Iterable[Any] = get_mapping_from_secret_type_to_class().values()
    return tuple(kind() for kind in sorted(kinds, key=lambda k: k.__name__) if kind.__name__ not in _LEFT_OUT)


def run(line: str) -> bool:
    """Is it data, in which no sign stands?"""
    return _RUN.fullmatch(line) is not None


def found(path: str, line: str) -> Iterator[Detected]:
    """Secrets in a line of a file; the name of the file tells how values are quoted there."""
    alone = run(line)
    asked = (_TOKENS, _ARTIFACT) if alone else (_TOKENS, _ARTIFACT, _WORDS, _QUOTED)
    wanted = [pattern for pattern in asked if pattern.search(line)]
    for plugin in _plugins() if wanted else ():
        if _NEEDED.get(plugin.secret_type, _TOKENS) not in wanted or (alone and plugin.secret_type in _SIGNED):
            continue
        for secret in plugin.analyze_line(filename=path, line=line, line_number=1):
            value = secret.secret_value or ""
            if _counts(plugin.secret_type, value, line):
                yield Detected(plugin.secret_type, value)


def _counts(kind: str, value: str, line: str) -> bool:
    from detect_secrets.filters import heuristic

    if heuristic.is_templated_secret(value) or heuristic.is_not_alphanumeric_string(value):
        return False
    if kind == _ENTROPY:
        random = _RANDOM.fullmatch(value) is not None
        return random and not heuristic.is_sequential_string(value) and not heuristic.is_potential_uuid(value)
    if kind == _KEYWORD:
        return _of_keyword(value, line)
    return assignments.literal(value)


def _of_keyword(value: str, line: str) -> bool:
    """It takes any text behind a telling word; of these, values alone, and not what only tells of a secret."""
    from detect_secrets.filters import heuristic

    if heuristic.is_indirect_reference(line) or not assignments.literal(value) or " " in value.strip():
        return False
    reader = assignments.Reader("", ())
    return any(value in each.value for each in reader.found(line))
