"""Ed25519 with integers alone: the vectors of RFC 8032, and whatever else, as `cryptography` says it."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from compliance.evidence.ed25519 import _L, keyid, public_key, verified

# RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        "454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]
SECRETS = st.binary(min_size=32, max_size=32).map(Ed25519PrivateKey.from_private_bytes)


def theirs(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_a_vector_of_the_rfc_holds_and_no_flip_of_a_byte_of_it_does(
    secret: str, public: str, message: str, signature: str
) -> None:
    key, said, sig = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(said) == sig
    assert verified(key, said, sig)
    for at in range(0, len(sig), 7):
        assert not verified(key, said, sig[:at] + bytes([sig[at] ^ 1]) + sig[at + 1 :])
    assert not verified(key, said + b"\0", sig)


@settings(max_examples=60)
@given(SECRETS, st.binary(max_size=200), st.data())
def test_it_says_of_any_signature_what_cryptography_says(
    secret: Ed25519PrivateKey, message: bytes, data: st.DataObject
) -> None:
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(message)
    assert verified(key, message, signature)
    parts = [bytearray(key), bytearray(message), bytearray(signature)]
    part = data.draw(st.sampled_from([part for part in parts if part]))
    part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
    key, message, signature = map(bytes, parts)
    assert verified(key, message, signature) == theirs(key, message, signature)


@settings(max_examples=20)
@given(SECRETS, st.binary(max_size=20))
def test_the_same_number_in_another_spelling_is_no_signature(secret: Ed25519PrivateKey, message: bytes) -> None:
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(message)
    number = int.from_bytes(signature[32:], "little") + _L
    if number < 2**256:
        other = signature[:32] + number.to_bytes(32, "little")
        assert not verified(key, message, other)
        assert not theirs(key, message, other)


@settings(max_examples=40)
@given(st.binary(max_size=70), st.binary(max_size=5), st.binary(max_size=70))
def test_bytes_that_nobody_signed_end_in_no(key: bytes, message: bytes, signature: bytes) -> None:
    assert not verified(key, message, signature)
    assert not verified(key.ljust(32, b"\1")[:32], message, signature.ljust(64, b"\1")[:64])


def test_a_key_is_read_in_hexadecimal_and_in_pem_and_nothing_else_is_one() -> None:
    public = Ed25519PrivateKey.generate().public_key()
    raw, pem = public.public_bytes_raw(), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public_key(raw.hex().encode()) == public_key(f" {raw.hex()}\n".encode()) == public_key(pem) == raw
    for text in (
        b"",
        b"ab" * 31,
        b"zz" * 32,
        pem[:-30],
        pem.replace(b"MCow", b"MCox"),
        pem.replace(b"=", b"!"),
    ):
        assert public_key(text) is None


def test_a_key_is_read_as_policy_or_keys_new_names_it_where_it_is_the_only_one() -> None:
    raw, other = ("ab" * 32, "cd" * 32)
    line = f"alice: {{public: {raw}, may: [execute, rollback]}}"
    output = "private key  alice.pem\nfor execution.keys in platform.yaml, once you are reviewed (`may` takes\n"
    output += f"commit too):\n  {line}\n"
    spelled = f'{{\n  "file": "alice.pem",\n  "name": "alice",\n  "public": "{raw}"\n}}\n'
    for text in (
        line,
        output,
        spelled,
        output + spelled.replace("ab", "AB"),
        f"keys:\n  a:\n    public: '{raw}'\n",
    ):
        assert public_key(text.encode()) == bytes.fromhex(raw), text
    for text in (
        f"{output}  bob: {{public: {other}}}",
        f"public: {raw}",
        f"  public: {raw}ab",
        f"  unpublic: {raw}",
    ):
        assert (public_key(text.encode()) is None) is (text != f"public: {raw}"), text


def test_the_id_of_a_key_is_the_one_that_securesystemslib_gives_it() -> None:
    signer = CryptoSigner.generate_ed25519()
    assert keyid(bytes.fromhex(signer.public_key.keyval["public"])) == signer.public_key.keyid
