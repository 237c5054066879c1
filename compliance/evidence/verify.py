"""Is a bundle of evidence as it was sealed? It takes a Python from 3.8 on, the bundle and the public key, and no more.

    python verify.py BUNDLE PUBLICKEY [LEDGER]

PUBLICKEY: 64 hexadecimal digits, or a file that holds them, or what `compliance keys new` printed, or a public key in
PEM. LEDGER: the ledger.jsonl of the estate, to see that the bundle was entered there. Exit 0: as it was sealed; 4: it
is not, with what differs; 2: wrong usage. In every bundle lies a copy of this. Whoever changed a bundle could have
changed that copy too: take it from a release that you trust, or compare its SHA-256 with the one that was published.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
import sys
from typing import Any, NamedTuple

from compliance.evidence.ed25519 import keyid, public_key, verified
from compliance.evidence.spelling import File, walk

FORMATS = (1,)
LIMIT = 1 << 30  # bytes; a larger bundle is not read
MANIFEST, ENTRY, SIGNATURE, LEDGER = "manifest.json", "sealed.json", "manifest.dsse.json", "ledger/ledger.jsonl"
STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD = b"application/vnd.in-toto+json"
_ENVELOPE = re.compile(
    rb'\{"payload":"([A-Za-z0-9+/]*={0,2})","payloadType":"application/vnd\.in-toto\+json",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}\n'
)
_TAIL = re.compile(
    rb'"hash":"([0-9a-f]{64})","kind":"([a-z-]{1,40})","prev":"([0-9a-f]{64}|)","seq":([1-9][0-9]{0,17})\}\n'
)
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


_LOST = "the ledger does not hold the entry of this bundle"


class Unreadable(Exception):
    """No bundle that could be looked at: no such file, or larger than any bundle."""


class Opened(NamedTuple):
    """A bundle as it lies there: the first file of each name, and the content of those that the check reads."""

    data: bytes
    held: dict[str, File]
    small: dict[str, bytes]


def read(path: str, limit: int = LIMIT) -> bytes:
    """All of a file; raises `Unreadable`."""
    try:
        # Without O_NONBLOCK a pipe would wait for somebody to write into it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(f"{path}: is no file")
            if status.st_size > limit:
                raise Unreadable(f"{path}: has {status.st_size} bytes, and may have {limit}")
            return file.read(status.st_size)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def check(data: bytes, key: bytes | None, ledger: bytes | None = None) -> list[str]:
    """Everything that is wrong with a bundle, a sentence each; nothing where it is as the owner of the key sealed it.

    Without a key: what can be seen without one, that it agrees with itself.
    """
    if not data:
        return ["this is no bundle: it is empty"]
    found, wrong = walk(data)
    if not found:
        return ["this is no bundle"]
    held: dict[str, File] = {}
    for file in found:
        if file.name in held:
            wrong.append(f"{file.name}: stands there once more ({file.place})")
        held.setdefault(file.name, file)
    if MANIFEST not in held:
        return [*wrong, f"{MANIFEST}: missing, and with it what all else is held against"]
    read_too = (MANIFEST, ENTRY, SIGNATURE, LEDGER)
    bundle = Opened(
        data, held, {name: data[held[name].start : held[name].end] for name in read_too if name in held}
    )
    said, bad = _signed(bundle.small.get(SIGNATURE), key)
    digest = hashlib.sha256(bundle.small[MANIFEST]).hexdigest()
    if said and said["manifest"] != digest:
        bad = [f"{MANIFEST}: changed ({held[MANIFEST].place})"]
    try:
        return wrong + bad + _against(bundle, digest, said, ledger)
    except _MALFORMED:
        return [*wrong, *bad, f"{MANIFEST}: is no manifest of a bundle ({held[MANIFEST].place})"]


def _against(bundle: Opened, digest: str, said: dict[str, Any], ledger: bytes | None) -> list[str]:
    """Names, order and content against what the manifest lists."""
    manifest = json.loads(bundle.small[MANIFEST].decode())
    if manifest["format"] not in FORMATS:
        return [f"{MANIFEST}: format {manifest['format']!r}; this program knows {', '.join(map(str, FORMATS))}"]
    listed, held = manifest["files"], bundle.held
    expected = [MANIFEST, *sorted(listed), *([ENTRY] if manifest["ledger"] else []), SIGNATURE]
    wrong = [f"{name}: missing" for name in expected if name not in held]
    known = set(expected)
    wrong += [f"{name}: is not in the manifest ({held[name].place})" for name in held if name not in known]
    here = [name for name in held if name in known]
    there = [name for name in expected if name in held]
    moved = next((pair for pair in zip(here, there) if pair[0] != pair[1]), None)
    if moved:
        wrong.append(f"the files stand in another order: {moved[0]} where {moved[1]} belongs")
    view = memoryview(bundle.data)
    for name in sorted(listed.keys() & held.keys()):
        file = held[name]
        now = (file.end - file.start, hashlib.sha256(view[file.start : file.end]).hexdigest())
        if now != (listed[name]["size"], listed[name]["sha256"]):
            wrong.append(f"{name}: changed ({file.place})")
    if manifest["ledger"]:
        wrong += _chained(bundle, manifest["ledger"], digest, said)
    return wrong if ledger is None else wrong + _entered(bundle, ledger)


def _signed(envelope: bytes | None, key: bytes | None) -> tuple[dict[str, Any], list[str]]:
    """What the owner of the key says; nothing of it is read before the signature holds."""
    if envelope is None:
        return {}, []  # that it is missing is told by whoever compares the names
    match = _ENVELOPE.fullmatch(envelope)
    if match is None:
        return {}, [f"{SIGNATURE}: is no envelope with one signature, in its one spelling"]
    payload, signature = base64.b64decode(match[1]), base64.b64decode(match[3])
    if (base64.b64encode(payload), base64.b64encode(signature)) != (match[1], match[3]):
        return {}, [f"{SIGNATURE}: its base64 is spelled in another way"]
    if key is not None:
        if match[2].decode() != keyid(key):
            return {}, [f"{SIGNATURE}: signed by another key: {match[2].decode()[:16]}, not {keyid(key)[:16]}"]
        if not verified(key, b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD, len(payload), payload), signature):
            return {}, [f"{SIGNATURE}: bad signature"]
    try:
        said = json.loads(payload.decode())
        (subject,) = (each for each in said["subject"] if each["name"] == MANIFEST)
        if (said["_type"], said["predicateType"]) == (STATEMENT, PREDICATE):
            return {"manifest": subject["digest"]["sha256"], "ledger": said["predicate"].get("ledger")}, []
    except _MALFORMED:
        pass
    return {}, [f"{SIGNATURE}: what was signed is no result of a test that names a manifest"]


def _chained(bundle: Opened, stated: dict[str, Any], digest: str, said: dict[str, Any]) -> list[str]:
    """Each line of the ledger follows the one before it, and the entry of this bundle the last of them."""
    small = bundle.small
    wrong, head, number = _links(LEDGER, small.get(LEDGER, b""))
    if LEDGER in small and (head, number) != (stated["head"], stated["entries"]):
        wrong.append(f"{LEDGER}: does not end with the entry that the manifest names")
    if ENTRY not in small:
        return wrong
    own, kind, prev, seq = _parts(small[ENTRY])
    if not own or kind != "sealed" or (said and said["ledger"] != {"entry": own}):
        return [*wrong, f"{ENTRY}: changed, or not the entry that was signed ({bundle.held[ENTRY].place})"]
    if (prev, seq) != (stated["head"], stated["entries"] + 1):
        wrong.append(f"{ENTRY}: does not follow the last line of the ledger")
    if json.loads(small[ENTRY].decode())["body"]["manifest"] != digest:
        wrong.append(f"{ENTRY}: is of another manifest")
    return wrong


def _links(name: str, ledger: bytes) -> tuple[list[str], str, int]:
    """What is wrong with the lines of a ledger, the hash of the last one, and how many there are."""
    wrong, head, number = [], "", 0
    *whole, _ = ledger.split(b"\n")  # what has no line feed behind it was cut short, and is no entry
    for number, line in enumerate(whole, 1):
        own, _, prev, seq = _parts(line + b"\n")
        if not own or (prev, seq) != (head, number):
            wrong.append(f"{name}:{number}: is not as it was, or does not follow the line before it")
        head = own
    return wrong, head, number


def _parts(line: bytes) -> tuple[str, str, str, int]:
    """Hash, kind, hash of the one before and number of an entry; '' for a hash that is not of what the line says."""
    at = line.rfind(b'"hash":"')
    match = _TAIL.fullmatch(line, max(at, 0))
    if match is None:
        return "", "", "", 0
    own = match[1].decode()
    proper = hashlib.sha256(line[: match.start(1)] + line[match.end(1) : -1]).hexdigest()
    return own if own == proper else "", match[2].decode(), match[3].decode(), int(match[4])


def _entered(bundle: Opened, ledger: bytes) -> list[str]:
    """A ledger grows and does nothing else: the lines of the bundle and its entry are how it begins."""
    entry = bundle.small.get(ENTRY)
    if entry is None:
        return ["the bundle holds no entry of a ledger"]
    wrong, _, _ = _links("the ledger", ledger)
    if not ledger.startswith(bundle.small.get(LEDGER, b"") + entry):
        wrong.append("the ledger holds its entry, but other lines before it" if entry in ledger else _LOST)
    return wrong


def key_of(text: str) -> bytes:
    """From its 64 digits, or from the file that holds it; raises `Unreadable`."""
    found = public_key(text.encode()) or public_key(read(text, 65536))
    if found is None:
        raise Unreadable(
            f"{text}: holds no public key, or more than one: 64 hexadecimal digits, or PEM of Ed25519"
        )
    return found


def main(words: list[str]) -> int:
    if len(words) not in (2, 3):
        sys.stderr.write(__doc__)
        return 2
    try:
        key = key_of(words[1])
        ledger = read(words[2]) if len(words) == 3 else None
        wrong = check(read(words[0]), key, ledger)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(wrong) + "\n" if wrong else f"as it was sealed, by key {keyid(key)[:16]}\n")
    return 4 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
