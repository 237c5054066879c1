"""`sanitized_files` (document 003, 'Live to Docs'): no secret of an instance reaches a byte of anything."""

from __future__ import annotations

import base64
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from compliance.sync.connectors import sanitizing
from compliance.sync.connectors.sanitized_files import SanitizedFiles
from compliance.sync.connectors.sanitizing import Entry, Names, Sanitizer
from fixtures.counterparts.odoo import DATABASE, KEY, USER, Odoo
from tests.sync.connecting import failing, task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

RUNTIME = "docs/runtime"
OWN = "r0nner-0wn-value!"  # of a variable that the runner is given
# Made of parts, so that no file of this repository looks as if it held one. By name of the variable that holds it.
PLANTED = {
    "DB_PASSWORD": "hunter" + "2hunter",
    "ADMIN_PASSWD": "$pbkdf2-sha512$25000$" + "N6Y0ZkyJMSZkbO3d",
    "SMTP_PWD": "mail" + "er-pass",
    "API_KEY": "k" + "1234567890",
    "SESSION_SECRET": "s" * 8 + "9",
    "SENTRY_DSN": "https://" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9" + "@sentry.example/1",
    "DATABASE_URL": "postgres://odoo:" + "p4ss-w0rd-db" + "@db.example/odoo",
    "CLONE_FROM": "https://" + "oauth2user0123456789" + "@git.example/x.git",
    "PROXY_HEADER": "Authorization: Bearer " + "abcDEF123456ghi",
    "BASIC_HEADER": "Authorization: Basic " + base64.b64encode(b"user:pass1234").decode(),
    "GH": "ghp_" + "a1B2c3D4" * 5,
    "CHAT": "xoxb-" + "123456789012-" + "abcdefABCDEF0123",
    "AWS_ID": "AKIA" + "IOSFODNN7EXAMPLE",
    "BLOB": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "IDENTITY": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0." + "c2lnbmF0dXJlc2ln",
    "CERTIFICATE": "-----BEGIN RSA "
    + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\nabcd\n-----END RSA "
    + "PRIVATE KEY-----",
    "PAYMENTS": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "CALLBACK": "https://hook.example/in?sig=" + "Zk8vN2pQ" + "&x=1",
    "DIGESTED": "9f86d081884c7d65" + "9a2feaa0c55ad015",
    "ARGS": "--password " + "op3nsesame" + " --verbose",
    "MAPS": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "OWN_AGAIN": "prefix " + OWN + " suffix",
    "OWN_QUOTED": "https://x.example/?v=" + quote(OWN, safe=""),
    "OWN_PACKED": base64.b64encode(OWN.encode()).decode(),
    "ECHO": "the old one was " + "hunter" + "2hunter",
}
# The parts of them that must be nowhere.
BARE = [
    "hunter2hunter", "N6Y0ZkyJMSZkbO3d", "mailer-pass", "k1234567890", "ssssssss9", "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "p4ss-w0rd-db", "oauth2user0123456789", "abcDEF123456ghi", base64.b64encode(b"user:pass1234").decode(),
    "a1B2c3D4a1B2", "123456789012-abcdef", "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "bPxRfiCY", "eyJzdWIiOiIxIn0",
    "c2lnbmF0dXJlc2ln", "MIIEowIBAAKCAQEA7", "4eC39HqLyjWDarjtT1zdp7dc", "Zk8vN2pQ", "9f86d081884c7d65", "op3nsesame",
    "SyA1234567890", OWN, quote(OWN, safe=""), base64.b64encode(OWN.encode()).decode(), "in-a-remark-0",
]  # fmt: skip
PLAIN = {
    "LANG": "C.UTF-8",
    "ODOO_STAGE": "prod",
    "WORKERS": "4",
    "RELEASE": "17.0-20250104",
    "NODE": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
}
CONF = """[options]
; admin password was in-a-remark-0
addons_path = /opt/odoo/addons,/opt/odoo/addons/OCA/account-Financial-tools18
admin_passwd = {ADMIN_PASSWD}
db_host = db.example ; the pass is in-a-remark-0
db_password = {DB_PASSWORD}
db_port = 5432
db_sslmode = prefer
db_user = odoo
smtp_password = False
"""


SIGNS = st.characters(codec="ascii", exclude_categories=("Cc", "Zs"), exclude_characters="<>")


@pytest.fixture
def odoo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Odoo]:
    monkeypatch.setenv("ODOO_KEY", KEY)
    monkeypatch.setenv("DEPLOY_TOKEN", OWN)
    made = Odoo(
        {f"x.{name.lower()}": value for name, value in PLANTED.items()}
        | {"web.base.url": "https://erp.example"}
    )
    made.parameters["database.secret"] = "6b0e2f0c-" + "9dc0-11d1-b245-5ffdce74fad2"
    made.parameters["key.echo"] = f"see {KEY}"
    with made.serving():
        yield made
    assert made.problems == []


def printing(place: Path, values: dict[str, str]) -> list[str]:
    """A command that prints these as `env -0` does."""
    place.write_bytes(b"".join(f"{name}={value}\0".encode() for name, value in values.items()))
    return [sys.executable, "-c", f"import sys; sys.stdout.write(open({str(place)!r}).read())"]


def config(outside: Path, odoo: Odoo, **more: Any) -> dict[str, Any]:
    (outside / "odoo.conf").write_text(CONF.format(**PLANTED))
    conf = str(outside / "odoo.conf")
    return {
        "files": {
            f"{RUNTIME}/ADDONS_PATH.prod.txt": {"conf": conf, "names": ["addons_path"], "split": ","},
            f"{RUNTIME}/DB_CONFIG.prod.txt": {"conf": conf, "names": ["db_*", "*passw*"]},
            f"{RUNTIME}/ENV_VARS.prod.txt": {"command": printing(outside / "environ", {**PLAIN, **PLANTED})},
            f"{RUNTIME}/PARAMETERS.prod.txt": {
                "xmlrpc": {
                    "url": odoo.address, "database": DATABASE, "user": USER, "key_env": "ODOO_KEY", "page_size": 10,
                },
            },
        },
        "http": {"read_seconds": 1, "total_seconds": 8},
        **more,
    }  # fmt: skip


def target(sandbox: Sandbox, outside: Path, odoo: Odoo, **more: Any) -> str:
    outside.mkdir(exist_ok=True)
    sandbox.connector(
        "live", "sanitized_files", config(outside, odoo, **more), direction="pull", outputs=[f"{RUNTIME}/*.txt"],
        env=["ODOO_KEY", "DEPLOY_TOKEN"],
    )  # fmt: skip
    return sandbox.commit()


def read(root: Path, name: str) -> dict[str, str]:
    lines = (root / RUNTIME / f"{name}.prod.txt").read_text().splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def test_no_secret_of_any_shape_reaches_a_byte_of_what_is_written_or_said(
    sandbox: Sandbox, odoo: Odoo, tmp_path: Path
) -> None:
    target(sandbox, tmp_path / "live", odoo)
    ran = sandbox.run("--json", "--verbose", "--summary-json", "summary.json")
    assert ran.code == 0, ran.told
    files = {path.name: path.read_text() for path in (sandbox.root / RUNTIME).iterdir()}
    told = {**files, "said": ran.told, "summary": (sandbox.root / "summary.json").read_text()}
    told["git"] = sandbox.git("log", "-p", "--all", "--", RUNTIME)
    for name, text in told.items():
        for secret in [*BARE, KEY, "6b0e2f0c-"]:
            assert secret not in text, (name, secret)
    values = read(sandbox.root, "ENV_VARS")
    assert {name: values[name] for name in PLAIN} == PLAIN  # and what is none stays as it is
    assert values.keys() == {*PLAIN, *PLANTED}
    assert values["DB_PASSWORD"] == "<secret: DB_PASSWORD>"
    assert values["DATABASE_URL"] == "postgres://<secret: DATABASE_URL>@db.example/odoo"
    assert values["CALLBACK"] == "https://hook.example/in?sig=<secret: CALLBACK>&x=1"
    assert read(sandbox.root, "DB_CONFIG") == {
        "admin_passwd": "<secret: admin_passwd>", "db_host": "db.example", "db_password": "<secret: db_password>",
        "db_port": "5432", "db_sslmode": "prefer", "db_user": "odoo", "smtp_password": "False",
    }  # fmt: skip
    assert files["ADDONS_PATH.prod.txt"].splitlines() == [
        "/opt/odoo/addons", "/opt/odoo/addons/OCA/account-Financial-tools18",
    ]  # fmt: skip
    parameters = read(sandbox.root, "PARAMETERS")
    assert (parameters["server_version"], parameters["web.base.url"]) == ("17.0", "https://erp.example")
    assert parameters["database.secret"] == "<secret: database.secret>"
    assert len(parameters) == len(odoo.parameters) + 1  # all pages of them


def test_twice_is_once_and_another_secret_is_the_same_placeholder(
    sandbox: Sandbox, odoo: Odoo, tmp_path: Path
) -> None:
    target(sandbox, tmp_path / "live", odoo)
    assert sandbox.run().code == 0
    for name in ("environ", "odoo.conf"):
        place = tmp_path / "live" / name
        place.write_text(place.read_text().replace("hunter2hunter", "another-value-of-it"))
    odoo.parameters = {k: v.replace("hunter2hunter", "another-value-of-it") for k, v in odoo.parameters.items()}
    odoo.parameters["database.secret"] = "another-value-of-that"
    assert sandbox.run("--json").result["changed"] == []
    del odoo.parameters["x.args"]
    assert sandbox.run("--json").code == 0
    assert "x.args" not in read(sandbox.root, "PARAMETERS")


def test_what_passes_is_asked_again_and_a_key_that_is_not_let_in_is_named(
    sandbox: Sandbox, odoo: Odoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = target(sandbox, tmp_path / "live", odoo)
    monkeypatch.setenv("ODOO_KEY", "an-0ther-key")
    ran = sandbox.run("--json", "--verbose")
    assert ran.code == 1
    assert "is not let in to prod with the value of ODOO_KEY" in ran.result["output"]
    assert "an-0ther-key" not in ran.told
    assert sandbox.untouched(before)
    monkeypatch.setenv("ODOO_KEY", KEY)
    odoo.fail("429", retry_after="1")
    odoo.fail("truncated", path="object", done=True)
    assert sandbox.run().code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_in_the_middle_lands_nothing(
    sandbox: Sandbox, odoo: Odoo, tmp_path: Path, number: signal.Signals
) -> None:
    before = target(sandbox, tmp_path / "live", odoo, http={"read_seconds": 60})
    odoo.fail("stalled", path="object", after=1, times=99)
    process = sandbox.start()
    while len(odoo.requests) < 4:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=20)
    assert (sandbox.head, sandbox.status) == (before, "")
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert sandbox.untouched(before)
    odoo.faults.clear()
    assert sandbox.run().code == 0


# Called in this process.


def alone(folder: Path, source: dict[str, Any], *words: str, passing: bool = False, **more: Any) -> None:
    given = task(
        folder, {"files": {"out.txt": source}, **more}, given={"ODOO_KEY": KEY, "PATH": os.environ["PATH"]}
    )
    failing(SanitizedFiles(), given, *words, passing=passing)


def xmlrpc(odoo: Odoo, **more: str) -> dict[str, Any]:
    return {"xmlrpc": {"url": odoo.address, "database": DATABASE, "user": USER, "key_env": "ODOO_KEY", **more}}


def test_an_answer_that_names_entities_is_not_read(tmp_path: Path, odoo: Odoo) -> None:
    odoo.bomb = True
    alone(tmp_path, xmlrpc(odoo), "names entities")


def test_what_odoo_refuses_is_told_by_its_last_line(tmp_path: Path, odoo: Odoo) -> None:
    odoo.denied = True
    alone(tmp_path, xmlrpc(odoo), "AccessError: You are not allowed to access 'System Parameter'")
    odoo.denied = False
    odoo.fail("not_json")
    alone(tmp_path, xmlrpc(odoo), "is no XML-RPC")
    alone(tmp_path, xmlrpc(odoo, url="http://erp.example"), "anybody on the way could read the token")


def test_a_command_that_fails_or_hangs_tells_nothing_of_what_it_said(tmp_path: Path) -> None:
    said = [sys.executable, "-c", "import sys; print('A=s3cret-thing'); sys.exit('db_password=s3cret-thing')"]
    alone(tmp_path, {"command": said}, "ended with 1; what it said is not shown", passing=True)
    alone(tmp_path, {"command": ["sleep", "30"], "seconds": 0.2}, "did not end within 0.2 s", passing=True)
    alone(tmp_path, {"command": ["no-such-command-here"]}, "no-such-command-here: No such file")
    alone(tmp_path, {"command": ["echo", "no assignment"]}, "something else than NAME=value")
    alone(tmp_path, {"command": ["true"]}, "nothing was found of it")


def test_a_file_that_cannot_be_read_as_it_is_declared_is_told_without_its_text(tmp_path: Path) -> None:
    place = tmp_path / "odoo.conf"
    alone(tmp_path, {"conf": str(place)}, "cannot be read (No such file")
    place.write_text("[options]\nadmin_passwd s3cret-thing\n")
    alone(tmp_path, {"conf": str(place)}, "odoo.conf:2: is no `name = value` line")
    place.write_text("[other]\na = b\n")
    alone(tmp_path, {"conf": str(place)}, "has no section [options]")
    place.write_text("[options]\na = b\nc = d\n")
    alone(tmp_path, {"conf": str(place), "names": ["z*"]}, "nothing was found of it")
    alone(tmp_path, {"conf": str(place), "split": ","}, "`split` takes one name, and `names` finds 2")


def test_a_name_may_be_declared_a_secret_or_none(tmp_path: Path) -> None:
    (tmp_path / "odoo.conf").write_text("[options]\nserial = twelve\nmonkey_key = banana\n")
    source = {"conf": str(tmp_path / "odoo.conf")}
    whole = {"files": {"out.txt": source}, "hide": ["ser*"], "show": ["monkey_key"]}
    SanitizedFiles().pull(task(tmp_path, whole))
    assert (tmp_path / "out.txt").read_text() == "monkey_key=banana\nserial=<secret: serial>\n"


@pytest.mark.parametrize(
    "text",
    [
        "/opt/odoo/addons/OCA/account-Financial-tools18", "17.0-20250104", "C.UTF-8", "Europe/Berlin",
        "odoo-prod-db-01",
        "https://erp.example/web/login", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "postgres:16-alpine", "sha256-simd",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "InternationalizationOfEverything", "eu-central-1a",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Sanitizer(Names(), {}).text(text, "NAME") == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://odoo:p/w@x@db.example/odoo", "p/w"),
        ("redis://:onlypw@cache.example", "onlypw"),
        ("Authorization: token abc", "abc"),
        ("curl -H 'X-Api-Key: k7' -u bob", "k7"),
        ('{"auth_token": "k7-k7-k7"}', "k7-k7-k7"),
        ("a=1;AccountKey=Zm9vYmFy==;b=2", "Zm9vYmFy"),
    ],
)
def test_a_secret_within_a_value_goes_and_no_more_of_it_stays(text: str, secret: str) -> None:
    assert secret not in Sanitizer(Names(), {}).text(text, "NAME")


@settings(max_examples=60)
@given_by(
    secret=st.text(SIGNS, min_size=6, max_size=40),
    around=st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=20),
)  # fmt: skip
def test_a_value_of_a_telling_name_is_nowhere_whatever_it_is(secret: str, around: str) -> None:
    entries = [
        Entry("DB_PASSWORD", secret),
        Entry("MOTD", f"{around}{secret}{around}"),
        Entry("LIST", f"a,{secret},b"),
    ]
    sanitizer = Sanitizer(Names(), {})
    sanitizer.learn(entries)
    said = [sanitizer.value(entry) for entry in entries]
    plain = sanitizing._PLACEHOLDER.sub("", "\n".join(said))
    assert secret not in plain or secret.lower() in sanitizing._NONE
