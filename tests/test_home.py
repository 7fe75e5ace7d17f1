"""CATPOOL_HOME: named, made, refused in one line; what is made in it is the group's too."""

import os
from pathlib import Path

import pytest

from detection.store import Store
from sensor.errors import SettingsError
from sensor.home import Home, find_home
from sensor.journal import Journal


def test_home_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "kit"))
    assert find_home() == Home(tmp_path / "kit")
    monkeypatch.delenv("CATPOOL_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_home() == Home(tmp_path / ".local/share/catpool")


def test_home_below_a_file_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cannot be made .*; set CATPOOL_HOME to one you may write"):
        Home(tmp_path / "file" / "kit").make()


def test_databases_are_writable_by_the_group_that_shares_a_kit(tmp_path: Path) -> None:
    before = os.umask(0o007)
    try:
        Journal.open(tmp_path / "journal.sqlite").close()
        Store.open(tmp_path / "catpool.sqlite").close()
    finally:
        os.umask(before)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.glob("*.sqlite")} == {
        "journal.sqlite": "0o660",
        "catpool.sqlite": "0o660",
    }
