"""Keyed pseudonyms of identities: HMAC-SHA256 under a key that stays in CATPOOL_HOME.

One key a home, so that runs join; without the key nobody can try numbers out. Letters only, so that no digit of
an identity, and no number at all, can be mistaken for one.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.errors import DetectionError
from sensor.home import Home

KEY_NAME = "pseudonym.key"
LETTERS = "abcdefghijkmnopqrstuvwxyz"
LENGTH = 14
KEY_OCTETS, FEWEST_DIFFERENT = 32, 8  # of 32 random octets fewer than 8 are different in no key
KEPT_UNDER_IT = ("runs/*.jsonl", "known.json", "outcomes.jsonl", "running-*/state.json")


def open_key(home: Home) -> bytes:
    """The home's key, made once with mode 0600.

    Raises DetectionError where it can't be read or made, is open to others or damaged, and where what was kept under
    it lies there without it: under a new key nothing of that would be known again, and nobody would be told.
    """
    path = home.make().root / "cdr" / KEY_NAME
    try:
        path.parent.mkdir(mode=0o750, exist_ok=True)
        if not path.exists():
            _refuse_orphans(path)
            _make(path)
        key, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise DetectionError(f"pseudonym key {path}: {error.strerror}; mend the rights on CATPOOL_HOME") from error
    if len(key) < KEY_OCTETS or len(set(key)) < FEWEST_DIFFERENT:
        raise DetectionError(
            f"pseudonym key {path}: damaged ({len(key)} octets, {len(set(key))} different); restore it, or move"
            f" {path.parent} away to begin anew"
        )
    if mode & 0o077:
        raise DetectionError(
            f"pseudonym key {path}: open to others (mode {mode:04o}); `chmod 600` it, and ask who has read it"
        )
    return key


def _refuse_orphans(path: Path) -> None:
    held = [name for name in KEPT_UNDER_IT if next(path.parent.glob(name), None) is not None]
    if held:
        raise DetectionError(
            f"pseudonym key {path}: missing, but what it named lies there ({', '.join(held)}); restore the key,"
            f" or move {path.parent} away to begin anew"
        )


def _make(path: Path) -> None:
    """Whole or not at all, also where two runs start at once: the first to link wins."""
    partial = path.with_name(f".{KEY_NAME}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(32))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink()


@dataclass(frozen=True, slots=True)
class Names:
    """Gives identities their names in what is written: pseudonyms, or themselves under a case."""

    key: bytes
    clear: bool = False

    def of(self, kind: str, identity: str | None) -> str:
        """`kind` is "sim", "num" or "imei"; the same identity has the same name in every run of this home."""
        if not identity:
            return ""
        return identity if self.clear else f"{kind}-{self.letters(kind + ':' + identity, LENGTH)}"

    def letters(self, text: str, length: int) -> str:
        """Letters that stand for a text under the key."""
        number = int.from_bytes(hmac.new(self.key, text.encode(), hashlib.sha256).digest())
        out = ""
        for _ in range(length):
            number, at = divmod(number, len(LETTERS))
            out += LETTERS[at]
        return out

    def digests(self, kind: str, identities: Iterable[str]) -> NDArray[np.uint8]:
        """HMAC-SHA256 of each identity, 32 octets a row: what `of` writes as letters."""
        inner, outer = (
            hashlib.sha256(bytes(octet ^ pad for octet in self._block())) for pad in (0x36, 0x5C)
        )  # RFC 2104
        inner.update(f"{kind}:".encode())
        begin, finish = inner.copy, outer.copy
        told: list[bytes] = []
        for identity in identities:
            one, two = begin(), finish()
            one.update(identity.encode())
            two.update(one.digest())
            told.append(two.digest())
        return np.frombuffer(b"".join(told), np.uint8).reshape(-1, 32)

    def _block(self) -> bytes:
        """The key as HMAC lays it: 64 octets, a longer one hashed first."""
        key = hashlib.sha256(self.key).digest() if len(self.key) > 64 else self.key
        return key.ljust(64, b"\0")


def letters_of(digests: NDArray[np.uint8]) -> NDArray[Any]:
    """The LENGTH letters of each digest, as bytes: its number in base 25, the lowest place first."""
    limbs = digests.copy().view(">u2").astype(np.uint32)
    out = np.zeros((len(limbs), LENGTH + 1), np.uint8)
    letters = np.frombuffer(LETTERS.encode(), np.uint8)
    base = len(LETTERS)
    for place in range(0, LENGTH, 3):
        rest = np.zeros(len(limbs), np.uint32)
        for at in range(limbs.shape[1]):
            whole = (rest << np.uint32(16)) | limbs[:, at]
            limbs[:, at] = whole // np.uint32(base**3)
            rest = whole % np.uint32(base**3)
        for n in range(3):
            out[:, place + n] = letters[rest // base**n % base]
    return np.ascontiguousarray(out[:, :LENGTH]).view(f"S{LENGTH}").ravel()


def keys_of(digests: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The first eight octets of each digest as a whole number: the same for the same identity in every run."""
    return digests[:, :8].copy().view(">i8").ravel().astype(np.int64)
