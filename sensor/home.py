"""CATPOOL_HOME: where the databases, uploads, CDR state and settings lie."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from sensor.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one CATPOOL_HOME. Nothing is made until `make` is called."""

    root: Path

    @property
    def journal(self) -> Path:
        return self.root / "journal.sqlite"

    @property
    def store(self) -> Path:
        return self.root / "catpool.sqlite"

    @property
    def settings(self) -> Path:
        return self.root / "catpool.toml"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def cdr(self) -> Path:
        return self.root / "cdr"

    def make(self) -> "Home":
        """Makes the folder (mode 0750) and proves that it can be written. Raises SettingsError."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise SettingsError(
                f"CATPOOL_HOME {self.root}: cannot be made ({error.strerror}); set CATPOOL_HOME to one you may write"
            ) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise SettingsError(
                f"CATPOOL_HOME {self.root}: not writable; set CATPOOL_HOME to one you may write, or mend its rights"
            )
        return self


def find_home() -> Home:
    """The home named by CATPOOL_HOME, else ~/.local/share/catpool."""
    named = os.environ.get("CATPOOL_HOME")
    return Home(Path(named).expanduser() if named else Path("~/.local/share/catpool").expanduser())


def make_shared(path: Path) -> None:
    """Makes the file if it is not there, open to the group as far as the umask lets it (SQLite alone never would):
    a kit's services have users of their own and share CATPOOL_HOME by group. Errors are left to the opening."""
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660))
