"""Where the machine has no room: one line that says what to do, nothing clear and nothing half-done left behind."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cdr_exports import export
from click.testing import CliRunner, Result
from ibis.backends.duckdb import Backend

from detection.cdr import records
from detection.cdr_cli import cdr
from detection.errors import DetectionError

Run = Callable[[], str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What `cdr rank` says when it refuses; TMPDIR and DIR hold nothing afterwards."""
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    (tmp_path / "cdr.csv").write_text(export(n=3_000), encoding="utf-8")

    def run() -> str:
        words = ["rank", str(tmp_path / "cdr.csv"), "--timezone", "Asia/Shanghai", "--out", str(tmp_path / "out")]
        told: Result = CliRunner().invoke(cdr, words)
        assert isinstance(told.exception, DetectionError), told.output
        assert list((tmp_path / "out").iterdir()) == []
        return str(told.exception)

    return run


def test_an_engine_without_memory_and_disk(refused: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_small() -> Backend:
        engine = real()
        engine.con.execute("SET memory_limit = '2MB'")
        engine.con.execute("SET max_temp_directory_size = '0KB'")
        return engine

    real = records.open_engine
    monkeypatch.setattr(records, "open_engine", open_small)
    told = refused()
    assert told.startswith("the engine stopped: ")
    assert told.endswith("free memory or disk (TMPDIR), and start again")
    assert "\n" not in told


def test_a_folder_without_room(refused: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        if "/out/" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "cannot be written (No space left on device); nothing of it is left half-done" in refused()
