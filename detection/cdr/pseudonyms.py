"""Keyed pseudonyms of identities: HMAC-SHA256 under a key that stays in CATPOOL_HOME.

One key a home, so that runs join; without the key nobody can try numbers out. Letters only, so that no digit of
an identity, and no number at all, can be mistaken for one.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from detection.errors import DetectionError
from sensor.home import Home

KEY_NAME = "pseudonym.key"
LETTERS = "abcdefghijkmnopqrstuvwxyz"
LENGTH = 14


def open_key(home: Home) -> bytes:
    """The home's key, made once with mode 0600. Raises DetectionError where it can't be read or made."""
    path = home.make().root / "cdr" / KEY_NAME
    try:
        path.parent.mkdir(mode=0o750, exist_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise DetectionError(f"pseudonym key {path}: {error.strerror}; mend the rights on CATPOOL_HOME") from error
    if len(key) < 32:
        raise DetectionError(
            f"pseudonym key {path}: damaged ({len(key)} octets); restore it, or remove it to begin anew"
        )
    return key


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
