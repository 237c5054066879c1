"""Keys and signed envelopes: whoever did not sign exactly these bytes did not sign."""

from __future__ import annotations

import base64
import json
import os
import resource
import traceback
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from compliance.core.errors import ConfigurationError, Refused
from compliance.executor import attest, keys
from compliance.systems.platform.execution import Key
from tests.pure.plans import key, plan, signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = {name: key(name) for name in ("alice", "bob")}
SAID = attest.statement(plan("inserts"), "urn:test", {"what": "ü"})


def signed(payload: bytes, payload_type: str = attest.PAYLOAD_TYPE, *by: str) -> dict[str, Any]:
    envelope = Envelope(payload, payload_type, {})
    for name in by or ("alice",):
        envelope.sign(signer(name))
    return envelope.to_dict()


def refusal(envelope: Any) -> str:
    with pytest.raises(Refused) as caught:
        attest.open_envelope(envelope, KEYS)
    return caught.value.message


# --- envelopes ---------------------------------------------------------------------------------------------------


def test_what_was_signed_is_read_again_with_the_name_of_who_did() -> None:
    envelope = attest.sign(SAID, signer("alice"))
    before = deepcopy(envelope)
    assert attest.open_envelope(envelope, KEYS) == ("alice", SAID)
    assert envelope == before
    assert attest.open_envelope(attest.sign(SAID, signer("bob")), KEYS)[0] == "bob"


def test_a_statement_names_every_file_of_a_plan_with_its_digest() -> None:
    made = plan("inserts")
    assert attest.subjects(attest.statement(made, "urn:test", {})) == made.digests
    assert set(made.digests) == {"plan.json", "REVIEW.md", "deploy.sql", "verify.sql", "revert.sql"}


def test_an_auditor_can_verify_it_with_nothing_but_the_public_formats() -> None:
    envelope = attest.sign(SAID, signer("alice"))
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
    encoded = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEYS["alice"].public))
    public.verify(base64.b64decode(envelope["signatures"][0]["sig"]), encoded)
    assert json.loads(payload)["_type"] == "https://in-toto.io/Statement/v1"


def test_any_flipped_bit_of_an_envelope_is_refused_with_a_reason() -> None:
    good = json.dumps(attest.sign(SAID, signer("alice")))
    refused = 0
    for position in range(len(good)):
        for bit in (0, 1, 5):
            text = good[:position] + chr(ord(good[position]) ^ (1 << bit)) + good[position + 1 :]
            try:
                envelope = json.loads(text)
            except ValueError:
                continue  # no JSON any more: in a ledger its line is named
            if envelope != json.loads(good):
                refused += 1
                assert refusal(envelope), (position, bit)
    assert refused > len(good)


@settings(max_examples=40)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["payload", "payloadType", "signatures", "keyid", "sig", "x"]), inner)))  # fmt: skip
def test_whatever_is_no_envelope_is_refused_and_nothing_worse(envelope: Any) -> None:
    assert refusal(envelope) == "this is no envelope with one signature"


def test_an_envelope_holds_one_signature_and_nothing_that_it_does_not_cover() -> None:
    good = attest.sign(SAID, signer("alice"))
    (signature,) = good["signatures"]
    for other in (
        signed(b"{}", attest.PAYLOAD_TYPE, "alice", "bob"),
        {**good, "signatures": []},
        {**good, "signatures": [signature, signature]},
        {**good, "note": "trust me"},
        {**good, "signatures": [{**signature, "note": "trust me"}]},
        {**good, "payload": good["payload"] + "\n"},
    ):
        assert refusal(other) == "this is no envelope with one signature"


def test_a_key_that_policy_does_not_name_is_unknown_and_another_s_signature_is_bad() -> None:
    assert "unknown key" in refusal(attest.sign(SAID, signer("eve")))
    envelope = attest.sign(SAID, signer("alice"))
    envelope["signatures"][0]["keyid"] = attest.public_key(KEYS["bob"].public).keyid
    assert refusal(envelope) == "bad signature: bob did not sign this"


def test_a_key_with_two_names_is_one_person() -> None:
    both = {"zoe": KEYS["alice"], "alice": KEYS["alice"]}
    assert attest.open_envelope(attest.sign(SAID, signer("alice")), both)[0] == "alice"


def test_a_signature_over_another_type_of_payload_says_nothing_here() -> None:
    assert "'text/plain'" in refusal(signed(b"{}", "text/plain"))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        json.dumps({**SAID, "_type": "https://in-toto.io/Statement/v0.1"}).encode(),
        json.dumps({**SAID, "subject": [{"name": "deploy.sql"}]}).encode(),
        json.dumps({**SAID, "predicate": []}).encode(),
        json.dumps({**SAID, "predicateType": None}).encode(),
        json.dumps({k: v for k, v in SAID.items() if k != "subject"}).encode(),
    ],
    ids=lambda payload: payload[:12].decode(errors="replace") + str(len(payload)),
)
def test_a_good_signature_over_what_is_no_statement_is_refused(payload: bytes) -> None:
    assert "statement" in refusal(signed(payload)).lower()


def test_a_good_signature_over_a_statement_in_any_spelling_is_read() -> None:
    assert attest.open_envelope(signed(json.dumps(SAID, indent=1).encode()), KEYS) == ("alice", SAID)


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_new_key_signs_what_its_public_half_verifies_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        public = keys.new(tmp_path / "key")
    finally:
        os.umask(before)
    assert oct((tmp_path / "key").stat().st_mode & 0o777) == "0o600"
    loaded = keys.load(tmp_path / "key")
    assert keys.public_of(loaded) == public
    assert len(bytes.fromhex(public)) == 32
    envelope = attest.sign(SAID, loaded)
    assert attest.open_envelope(envelope, {"me": Key("me", public, frozenset())}) == ("me", SAID)


def test_a_key_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    keys.new(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(ConfigurationError, match="there is a file already") as caught:
        keys.new(tmp_path / "key")
    assert caught.value.remedy
    assert (tmp_path / "key").read_bytes() == before
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError):
        keys.new(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file") as caught:
        keys.new(tmp_path / "absent" / "key")
    assert caught.value.remedy
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(ConfigurationError, match="File too large"):
            keys.new(tmp_path / "key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    assert keys.new(tmp_path / "key")


@pytest.mark.parametrize(("mode", "allowed"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False),
                                               (0o620, False), (0o610, False), (0o601, False)])  # fmt: skip
def test_a_key_that_others_may_touch_is_not_used(tmp_path: Path, mode: int, allowed: bool) -> None:
    keys.new(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    if allowed:
        assert keys.load(tmp_path / "key")
    else:
        with pytest.raises(ConfigurationError, match=rf"others may .*\(mode {mode:o}\)") as caught:
            keys.load(tmp_path / "key")
        assert caught.value.remedy


def pem(private: Any, encryption: Any = None) -> bytes:
    return bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))


NOT_KEYS: dict[str, tuple[Callable[[], bytes], str]] = {
    "another curve": (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "a key of type .*not Ed25519"),
    "a key for exchange": (lambda: pem(X25519PrivateKey.generate()), "a key of type X25519, not Ed25519"),
    "protected": (lambda: pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"hunter2")), "a password"),
    "empty": (lambda: b"", "no private key"),
    "text": (lambda: b"hunter2 " * 9, "no private key"),
    "cut short": (lambda: pem(Ed25519PrivateKey.generate())[:60] + b"hunter2", "no private key"),
    "the public half": (
        lambda: (
            Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        ),
        "no private key",
    ),
}


@pytest.mark.parametrize("what", NOT_KEYS)
def test_what_is_no_bare_key_is_refused_and_nothing_of_it_is_shown(tmp_path: Path, what: str) -> None:
    make, said = NOT_KEYS[what]
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_bytes(data := make())
    with pytest.raises(ConfigurationError, match=said) as caught:
        keys.load(tmp_path / "key")
    assert caught.value.remedy
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(line in shown for line in data.decode().splitlines() if line and "-----" not in line)
    assert "hunter2" not in shown


def test_what_is_no_file_is_no_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, said in (("absent", "No such file"), (".", "this is no file"), ("pipe", "this is no file")):
        with pytest.raises(ConfigurationError, match=said) as caught:
            keys.load(tmp_path / name)
        assert caught.value.remedy
