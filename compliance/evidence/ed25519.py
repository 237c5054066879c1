"""Signatures of Ed25519 checked with integers alone (RFC 8032, 5.1.7), and how a public key is written down.

Part of `verify.py` of every bundle, so nothing but the standard library is here. What is checked is public, so it does
not matter that the time it takes depends on the numbers.
"""

from __future__ import annotations

import base64
import hashlib
import re

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1
_ZERO: tuple[int, ...] = (0, 1, 1, 0)
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=]+)\s+-----END PUBLIC KEY-----\s*")
# As policy names a key, and as `compliance keys new` prints it, as a line or as JSON.
_NAMED = re.compile(rb"(?:^|[{,\s])\"?public\"?:\s*[\"']?([0-9a-fA-F]{64})(?![0-9a-zA-Z])")
_SPKI = bytes.fromhex("302a300506032b6570032100")  # what stands before the 32 bytes of such a key (RFC 8410)


def verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """Did the owner of the key sign exactly this?"""
    if len(key) != 32 or len(signature) != 64:
        return False
    owner, number = _point(key), int.from_bytes(signature[32:], "little")
    # A number beyond the order of the group would be a second spelling of the same signature.
    if owner is None or number >= _L:
        return False
    asked = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    return _spelled(_sum(number, _BASE, asked, _negative(owner))) == signature[:32]


def _sum(a: int, p: tuple[int, ...], b: int, q: tuple[int, ...]) -> tuple[int, ...]:
    """a times p and b times q, added; the doublings are shared."""
    both, found = _add(p, q), _ZERO
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        found = _add(found, found)
        of_p, of_q = a >> bit & 1, b >> bit & 1
        if of_p or of_q:
            found = _add(found, both if of_p and of_q else p if of_p else q)
    return found


def _add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    """In extended coordinates (RFC 8032, 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _negative(p: tuple[int, ...]) -> tuple[int, ...]:
    return (_P - p[0], p[1], p[2], _P - p[3])


def _spelled(p: tuple[int, ...]) -> bytes:
    inverse = pow(p[2], _P - 2, _P)
    x, y = p[0] * inverse % _P, p[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _point(spelled: bytes) -> tuple[int, ...] | None:
    """The point that 32 bytes name (RFC 8032, 5.1.3); none where they name none, or in another spelling."""
    y = int.from_bytes(spelled, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (not x and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return (x, y, 1, x * y % _P)


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or _ZERO


def public_key(text: bytes) -> bytes | None:
    """The 32 bytes of a key that is written as 64 hexadecimal digits, in PEM, or as the one key that policy or
    `compliance keys new` names; none where it is nothing of that, or more than one."""
    if re.fullmatch(rb"\s*[0-9a-fA-F]{64}\s*", text):
        return bytes.fromhex(text.decode())
    named = {each.lower() for each in _NAMED.findall(text)}
    if len(named) == 1:
        return bytes.fromhex(named.pop().decode())
    match = _PEM.fullmatch(text)
    try:
        found = base64.b64decode(match[1], validate=True) if match else b""
    except ValueError:
        return None
    return found[len(_SPKI) :] if len(found) == 44 and found.startswith(_SPKI) else None


def keyid(key: bytes) -> str:
    """As securesystemslib makes it of such a key."""
    text = f'{{"keytype":"ed25519","keyval":{{"public":"{key.hex()}"}},"scheme":"ed25519"}}'
    return hashlib.sha256(text.encode()).hexdigest()
