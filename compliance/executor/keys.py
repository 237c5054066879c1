"""Private keys of people: Ed25519, one file each, that nobody else may read. What is in one is never shown."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner

from compliance.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from securesystemslib.signer import Signer, SSlibKey

MAKE = "`compliance keys new FILE` makes a key"


def new(path: Path) -> str:
    """Make a key, and return its public half in hexadecimal, as policy names it. What is there is never replaced."""
    signer = CryptoSigner.generate_ed25519()
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError.at(
            path,
            None,
            "there is a file already, and a key that is gone cannot be had back",
            remedy="name another",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        _write(number, signer.private_bytes)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _unwritable(path, error) from None
    return public_of(signer)


def load(path: Path) -> Signer:
    """Refuses a file that others may read, and whatever is not a bare Ed25519 key."""
    data = _read(path)
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        raise ConfigurationError.at(
            path, None, "this key is protected by a password, which nobody is there to give", remedy=MAKE
        ) from None
    # Of the cause nothing is repeated: it may quote what it could not read.
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError.at(path, None, "this is no private key (PEM)", remedy=MAKE) from None
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.strip("_").removesuffix("PrivateKey")
        raise ConfigurationError.at(path, None, f"a key of type {kind}, not Ed25519", remedy=MAKE)
    return CryptoSigner(key)


def public_of(signer: Signer) -> str:
    """As `execution.keys` of platform.yaml names it."""
    return str(cast("SSlibKey", signer.public_key).keyval["public"])


def _read(path: Path) -> bytes:
    try:
        # Without O_NONBLOCK a pipe would wait for somebody to write into it.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            _check(path, os.fstat(number).st_mode)
            return os.read(number, 65536)
        finally:
            os.close(number)
    except OSError as error:
        raise ConfigurationError.at(path, None, f"{error.strerror}", remedy=MAKE) from None


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise ConfigurationError.at(path, None, "this is no file", remedy=MAKE)
    if mode & 0o077:
        raise ConfigurationError.at(
            path, None, f"others may read this key, or write to it (mode {stat.S_IMODE(mode):o})",
            remedy=f"make another; if nobody can have read it, chmod 600 {path}",
        )  # fmt: skip


def _write(number: int, data: bytes) -> None:
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError.at(
        path,
        None,
        f"a key cannot be written here: {error.strerror}",
        remedy="name a place that you can write to",
    )
