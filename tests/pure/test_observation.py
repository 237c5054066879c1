"""An observation: the same content has the same bytes anywhere, and other content another digest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from compliance.core import canonical, redact
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.observation import Blind, Observation, Provenance, Row, Seen, SourceUnavailable
from tests.pure.catalogs import ORIGIN, observation, rows

WRITES = """
import sys
import time
from tests.pure.catalogs import observation, rows
sys.stdout.buffer.write(observation(rows()).to_json())
"""


def with_section(name: str, section: Seen[Row] | Blind) -> Observation:
    found = observation(rows())
    return dataclasses.replace(found, sections={**found.sections, name: section})


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0"}, {"PYTHONHASHSEED": "4711"}, {"TZ": "Asia/Kathmandu"}, {"TZ": "America/St_Johns"},
        {"LC_ALL": "C"}, {"LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    ],
    ids=str,
)  # fmt: skip
def test_bytes_and_digest_depend_on_neither_hash_seed_nor_time_zone_nor_locale(
    environment: dict[str, str],
) -> None:
    root = str(Path(__file__).resolve().parents[2])
    clean = {"PATH": os.defpath, "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", WRITES], env=clean | environment, capture_output=True, check=True
    )
    assert done.stdout == observation(rows()).to_json()


def test_time_duration_and_the_order_of_looking_are_no_content() -> None:
    found = observation(rows())
    later = Provenance("elsewhere", "select 1", "2031-01-01T00:00:00+00:00", 9.9)
    sections = {name: dataclasses.replace(s, provenance=later) for name, s in reversed(found.sections.items())}
    assert Observation("test", "2031-01-01T00:00:00+00:00", sections).digest == found.digest


def test_one_value_one_absence_and_one_blindness_more_is_another_digest() -> None:
    digests = {
        observation(rows()).digest,
        observation(rows()[1:]).digest,
        with_section("rows:x", Seen((), ORIGIN)).digest,
        with_section("rows:x", Seen((Row((None,)),), ORIGIN)).digest,
        with_section("rows:x", Seen((Row(("",)),), ORIGIN)).digest,
        with_section("rows:x", Blind("timed out", ORIGIN)).digest,
        with_section("rows:x", Blind("timed out", ORIGIN, unavailable=True)).digest,
    }
    assert len(digests) == 7


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"dot_iu_place"', b'"dot_iu_plaze"'), (b'"format":1', b'"format":2'), (b'"estate":"test"', b'"estate":"prod"'),
     (b'"seen"', b'"sean"'), (b"{", b"["), (b'"digest":"', b'"digest":"0')],
)  # fmt: skip
def test_a_file_that_was_tampered_with_is_refused_by_name(old: bytes, new: bytes) -> None:
    data = observation(rows()).to_json()
    assert old in data
    with pytest.raises(ConfigurationError, match=r"seen\.json"):
        Observation.from_json(data.replace(old, new, 1), "seen.json")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"null", b"[" * 100_000, b'{"content": []}',
        b'{"content": {"estate": "e", "format": 1, "sections": []}, "observed_at": "", "provenance": {}}',
        b'{"digest": 1, "observed_at": 1, "provenance": {}, '
        b'"content": {"estate": "\\ud800", "sections": {}, "format": 1}}',
        b'{"content": {"estate": NaN, "format": 1, "sections": {}}, "observed_at": "", "provenance": {}, "digest": ""}',
        b'{"content": {"estate": "e", "format": 1, "sections": {}}, "observed_at": "", "provenance": {}}',
    ],
)  # fmt: skip
def test_what_is_no_observation_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"seen\.json: not an observation"):
        Observation.from_json(data, "seen.json")


def test_reading_a_blind_section_or_one_that_is_not_held_is_could_not_look() -> None:
    with pytest.raises(CouldNotLook, match="rows:x: timed out"):
        with_section("rows:x", Blind("timed out", ORIGIN)).read("rows:x")
    with pytest.raises(SourceUnavailable):
        with_section("rows:x", Blind("moved", ORIGIN, unavailable=True)).read("rows:x")
    with pytest.raises(CouldNotLook, match="does not hold it"):
        observation(rows()).read("rows:x")
    assert with_section("rows:x", Seen((), ORIGIN)).read("rows:x") == ()


def test_one_value_has_one_spelling_and_a_number_that_is_none_has_no_spelling() -> None:
    assert canonical.dumps({"b": "ü", "a": (1, None, True)}) == '{"a":[1,null,true],"b":"ü"}'.encode()
    assert canonical.digest(b"") == hashlib.sha256().hexdigest()
    with pytest.raises(ValueError, match="JSON"):
        canonical.dumps(float("nan"))


def test_for_a_person_a_fact_stands_on_a_line_and_the_content_is_the_same() -> None:
    value = {"b": [], "a": {"facts": [("t", 1, None), ("ü", {})], "x": "1\n2"}, "c": {}, "d": [1, "2"]}
    assert canonical.pretty(value) == (
        '{\n  "a": {\n    "facts": [\n      ["t", 1, null],\n      [\n        "ü",\n        {}\n      ]\n    ],\n'
        '    "x": "1\\n2"\n  },\n  "b": [],\n  "c": {},\n  "d": [1, "2"]\n}\n'
    )
    assert canonical.dumps(json.loads(canonical.pretty(value))) == canonical.dumps(value)
    with pytest.raises(ValueError, match="JSON"):
        canonical.pretty([float("nan")])


# --- secrets ---------------------------------------------------------------------------------------------------

SECRETS = {
    "url-password": ("postgres://app:", "hunter2secret", "@db/estate"),
    "bearer": ("authorization: Bearer ", "abcdef0123456789", ""),
    "github-token": ("use ", "ghp_" + "a1" * 12, " here"),
    "aws-key": ("key ", "AKIA" + "A1B2" * 4, ""),
    "assignment": ("DB_PASSWORD=", "s3cr3t-value", "\n"),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_replaced_by_its_kind_its_length_and_a_hash_that_only_the_key_gives(kind: str) -> None:
    before, secret, after = SECRETS[kind]
    hidden = redact.text(before + secret + after, b"key")
    assert secret not in hidden
    assert f"<secret {kind} length={len(secret)} hash=" in hidden
    assert hidden != redact.text(before + secret + after, b"another key")
    assert "hash=none" in redact.text(before + secret + after, None)


@pytest.mark.parametrize(
    "text",
    ["password = ${DB_PASSWORD}", "token: {{ $env.TOKEN }}", "api_key = os.environ['KEY']", "secretary: someone",
     "https://example.org:8080/path", "bearer of news"],
)  # fmt: skip
def test_a_reference_to_a_secret_and_a_word_that_looks_like_one_stay(text: str) -> None:
    assert redact.text(text, b"key") == text


def test_secrets_inside_lists_and_objects_are_taken_out() -> None:
    found = redact.value({"a": ["postgres://u:hunter2secret@db", 1, None]}, None)
    assert "hunter2secret" not in str(found)
    assert found["a"][1:] == [1, None]


def test_a_header_names_the_secret_that_stands_beside_it() -> None:
    found = redact.value({"headers": [{"header": "X-API-Key", "value": "hunter22"}]}, None)
    assert "hunter22" not in str(found)
    assert not redact.harmless(json.dumps({"header": "Authorization", "value": "Basic aHVudGVy"}))
    assert "aHVudGVy" not in str(redact.value({"header": "Authorization", "value": "Basic aHVudGVy"}, None))


@pytest.mark.parametrize("said", ["{{$env.KEY}}", "Bearer {{$env.KEY}}", "bearer $KEY"])
def test_a_header_that_names_where_its_value_is_kept_stays_as_it_is(said: str) -> None:
    header = {"header": "Authorization", "value": said}
    assert redact.value(header, None) == header


HIDDEN = "Zq9xWvSecretVal77"


@pytest.mark.parametrize(
    "found",
    [
        # Only a name is a reference; a password may begin like one, or follow one.
        {"header": "X-API-Key", "value": f"${HIDDEN}"},
        {"header": "X-API-Key", "value": "{{$env.PREFIX}}" + HIDDEN},
        {"header": "Authorization", "value": f"<secret {HIDDEN}"},
        {"key": "Authorization", "value": f"Basic {HIDDEN}"},
        {"header": "Ocp-Apim-Subscription-Key", "value": HIDDEN},
        {"header": "x-auth ", "value": HIDDEN},
        {"header": "Authorization", "value": [HIDDEN]},
        {"tokens": [HIDDEN], "access_key": HIDDEN, "passphrase": HIDDEN, "clientCredentials": HIDDEN},
        ["Authorization", f"Basic {HIDDEN}"],
        f"redis://:{HIDDEN}@host/0",
        f"https://{HIDDEN}@host/",
        f"HTTPS://user:p@{HIDDEN}@host/",
        f"https://host/x?key={HIDDEN}&a=1",
        f"https://host/x?a=1&sig={HIDDEN}",
        f"https://host/x?token=abcd.efgh{HIDDEN}",
        f"a JWT: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{HIDDEN}",
        f'{{"Authorization":"Basic {HIDDEN}"}}',
        f'{{"Cookie":"sid={HIDDEN}"}}',
        f'{{\\"token\\":\\"x.{HIDDEN}\\"}}',
        f"const token = `{HIDDEN}`;",
        f"xoxb-1234567890-{HIDDEN}",
        # What stands for a variable that is not set is no name of one.
        {"token": f"${{TOKEN:-{HIDDEN}}}"},
        f"TOKEN: ${{TOKEN:-{HIDDEN}}}",
        f"- API_KEY=${{X-{HIDDEN}}}",
        f"x: ${{DB_PASSWORD:={HIDDEN}}}",
        f'password: "${{X:-{HIDDEN}}}"',
        f"Authorization: Bearer ${{X:-{HIDDEN}}}",
        f"postgres://u:${{PASSWORD:-{HIDDEN}}}@db/x",
        f"https://host/x?token=${{X:-{HIDDEN}}}",
    ],
)
def test_a_secret_is_taken_out_in_whatever_shape_a_flow_holds_it(found: Any) -> None:
    assert HIDDEN not in str(redact.value(found, b"key"))
    assert not redact.harmless(json.dumps(found))


@pytest.mark.parametrize(
    "found",
    [
        "https://{{$env.USER}}:{{$env.PASSWORD}}@host/",
        "https://host/x?token={{$env.TOKEN}}&a=1",
        "curl https://host/x?token=$TOKEN",
        "ssh://git@host/x",
        "Basic understanding of Basic Authentication",
        '{"token":"{{$env.TOKEN}}"}',
        {"token": "{{$env.A}}:{{$env.B}}", "password": "${DB_PASSWORD}", "auth": "$env.KEY"},
        {"key": "{{$trigger.key}}", "author": "somebody", "bypass": "yes"},
        "TOKEN: ${TOKEN:?set it}, ${TOKEN:-}, ${TOKEN:-$OTHER}; PORT: ${PORT:-5432}; `Bearer ${config.token}`",
        redact.text("TOKEN: ${TOKEN:-hunter22}", b"key"),
    ],
)
def test_what_only_names_a_secret_stays_in_whatever_shape(found: Any) -> None:
    assert redact.value(found, b"key") == found


@pytest.mark.parametrize(
    "text", ["a-" * 50_000 + "token", "eyJ-" * 50_000, "-----BEGIN PRIVATE KEY-----" * 3_000 + "token"]
)
def test_a_text_without_end_is_searched_for_secrets_in_a_moment(text: str) -> None:
    started = time.process_time()
    redact.text(text, None)
    assert time.process_time() - started < 2


def test_a_header_that_says_nothing_of_a_secret_stays_as_it_is() -> None:
    header = {"header": "Content-Type", "value": "application/json; token"}
    assert redact.value(header, None) == header


@pytest.mark.parametrize("kind", SECRETS)
def test_a_row_that_holds_a_secret_anywhere_is_never_taken_for_harmless(kind: str) -> None:
    row = (1, {"note": ["x", "".join(SECRETS[kind])]})
    assert not redact.harmless(json.dumps(row, ensure_ascii=False))
    assert not redact.harmless(json.dumps(({"db_password": "hunter22"},)))
    assert redact.harmless(json.dumps((1, {"note": ["x", "y"]})))


def test_the_name_of_an_entry_says_that_its_value_is_a_secret() -> None:
    found = redact.value({"db_password": "hunter22", "token": "{{$env.TOKEN}}", "note": "hunter22"}, b"key")
    assert "hunter22" not in found["db_password"]
    assert "length=8" in found["db_password"]
    assert (found["token"], found["note"]) == ("{{$env.TOKEN}}", "hunter22")
