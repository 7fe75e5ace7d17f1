"""Databases, homes, settings and disks that cannot be used: one line that names them, status 2, nothing lost."""

import errno
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from front_door import (
    CELLS_HEADER,
    Knock,
    contents,
    dump,
    refused,
    write_inputs,
)


def commands_on(name: str) -> list[tuple[str, ...]]:
    """Commands that open the database, with inputs made by `write_inputs`."""
    both = [("listen", "--frames", "frames.jsonl", "--keep")]
    if name == "journal.sqlite":
        return [
            *both,
            ("sensor", "--once", "short.sigmf-meta"),
            ("survey", "short.sigmf-meta", "--keep"),
            ("detection", "--once"),
        ]
    return [
        *both,
        ("detection", "--once"),
        ("serve", "--port", "0"),
        ("leads",),
        ("leads", "export", "L-1"),
        ("cells", "import", "cells.csv"),
        ("locate", "drive.csv", "--for", "L-1"),
        ("cdr", "rank", "export.csv", "--keep", "--out", "out"),
        ("cdr", "rank", "export.csv", "--clear", "--case", "5", "--out", "out"),
        ("user", "add", "bao", "--role", "field"),
        ("user", "list"),
    ]


def make_newer(path: Path, table_set: str = "") -> None:
    """The database as a later catpool would leave it: by its version, or by a migration of one set of tables."""
    with closing(sqlite3.connect(path)) as base:
        if table_set:
            base.execute(
                "INSERT INTO _sqlite_migrations VALUES (NULL, ?, '99 of tomorrow', '2031-01-01')", (table_set,)
            )
        else:
            base.execute("PRAGMA user_version = 99")
        base.commit()
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@pytest.mark.parametrize("name", ["journal.sqlite", "catpool.sqlite"])
@pytest.mark.parametrize("state", ["newer", "garbage", "folder"])
def test_a_database_that_cannot_be_used_is_named_and_left_alone(
    knock: Knock, home: Path, name: str, state: str
) -> None:
    write_inputs()
    (home / "catpool.toml").parent.mkdir()
    (home / "catpool.toml").write_text('[sensor]\ngpsd = ""\n', encoding="utf-8")
    assert knock("listen", "--frames", "frames.jsonl", "--keep").status == 0
    assert knock("user", "list").status == 0
    base = home / name
    if state == "newer":
        make_newer(base)
    else:
        base.unlink()
        Path(f"{base}-wal").unlink(missing_ok=True)
        Path(f"{base}-shm").unlink(missing_ok=True)
    if state == "garbage":
        base.write_bytes(b"GIF89a, and no database at all. " * 200)
    elif state == "folder":
        base.mkdir()
    before = contents(home).get(name)
    for arguments in commands_on(name):
        answer = knock(*arguments, stdin="correct horse battery\n")
        refused(answer, str(base))
        assert contents(home).get(name) == before, arguments
        assert not Path("out").exists() or not list(Path("out").glob("*.csv")), arguments
    doctor = knock("doctor")
    assert doctor.status == 2
    assert str(base) in doctor.out


def test_accounts_of_a_newer_version_are_left_alone(knock: Knock, home: Path) -> None:
    assert knock("user", "list").status == 0
    make_newer(home / "catpool.sqlite", "catpool web")
    before = dump(home / "catpool.sqlite")
    for arguments in (("user", "list"), ("user", "add", "bao", "--role", "field"), ("serve", "--port", "0")):
        refused(knock(*arguments, stdin="correct horse battery\n"), "newer version", "99 of tomorrow")
    assert dump(home / "catpool.sqlite") == before


def test_a_home_that_cannot_be_written_is_refused(knock: Knock, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inputs()
    Path("a-file").write_text("kept", encoding="utf-8")
    for folder in ("a-file", "a-file/below", "/proc/nowhere"):
        monkeypatch.setenv("CATPOOL_HOME", folder)
        for arguments in (
            ("sensor", "--once", "short.sigmf-meta"),
            ("detection", "--once"),
            ("serve", "--port", "0"),
            ("leads",),
            ("listen", "--frames", "frames.jsonl", "--keep"),
            ("survey", "short.sigmf-meta", "--keep"),
            ("cells", "import", "cells.csv"),
            ("locate", "drive.csv", "--for", "L-1"),
            ("cdr", "rank", "export.csv", "--out", "out"),
            ("user", "list"),
            ("demo", "--once"),
        ):
            refused(knock(*arguments), folder, "CATPOOL_HOME")
    assert Path("a-file").read_text(encoding="utf-8") == "kept"
    assert not list(Path("out").glob("*.*"))


WRONG_SETTINGS = {
    "[sensor]\ngian_db = 3\n": "gian_db",
    '[sensor]\ngain_db = "loud"\n': "gain_db",
    '[sensor]\nkeep_days = "x"\n': "keep_days",
    "[senser]\n": "senser",
    "sensor = 3\n": "sensor",
    "[sensor\n": "TOML",
    "\x00\x01": "TOML",
}


@pytest.mark.parametrize("text", WRONG_SETTINGS)
def test_wrong_settings_are_refused(knock: Knock, home: Path, text: str) -> None:
    home.mkdir()
    (home / "catpool.toml").write_text(text, encoding="utf-8")
    word = WRONG_SETTINGS[text]
    refused(knock("sensor", "--seconds", "0.1"), "catpool.toml", word)
    assert (home / "catpool.toml").read_text(encoding="utf-8") == text
    doctor = knock("doctor")
    assert doctor.status == 2
    assert word in doctor.out
    answer = knock("settings")
    assert (answer.status, answer.err.count("\n")) == (2, 1), answer


def test_a_disk_that_is_full_loses_nothing_that_was_kept(knock: Knock, home: Path) -> None:
    """A store that may grow no further stands for a full disk: SQLite gives the same error."""
    write_inputs()
    assert knock("listen", "--frames", "frames.jsonl", "--keep").status == 0
    with full_disk(home):
        before = dump(home / "catpool.sqlite")
        cells = "".join(f"4301,{n},39.9,116.4,0\n" for n in range(2000))
        Path("many.csv").write_text(CELLS_HEADER + cells, encoding="utf-8")
        refused(knock("cells", "import", "many.csv"), "the disk")
        assert dump(home / "catpool.sqlite") == before
    assert knock("cells", "import", "many.csv").status == 0


@contextmanager
def full_disk(home: Path) -> Iterator[None]:
    """Limits the size of files this process writes to what the store has already."""
    import resource

    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((home / "catpool.sqlite").stat().st_size + 8192, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_home_of_somebody_else_is_refused(knock: Knock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may enter any folder, so what the system would say is put into its mouth."""

    def closed() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/closed/catpool.toml")

    monkeypatch.setattr("sensor.home.find_home", closed)
    refused(knock("settings"), "/closed/catpool.toml", "CATPOOL_HOME")
