"""One service of a kind a home: a second start is told who runs. The lock goes with the process, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sensor.errors import SettingsError
from sensor.home import Home


@contextmanager
def only_one(home: Home, command: str) -> Iterator[None]:
    """Holds the home for `catpool COMMAND` while the block runs. Raises SettingsError when another one does."""
    path = home.root / f"{command}.lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be opened ({error.strerror}); mend the rights on CATPOOL_HOME") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise SettingsError(
                f"catpool {command}: already runs on {home.root} (process {who}); stop that one, or set CATPOOL_HOME"
            ) from error
        with suppress(OSError):  # who runs is a courtesy: a full disk must not stop the service
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)
