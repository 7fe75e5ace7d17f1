"""Doctor's look at the store and the detection service."""

import sqlite3
from pathlib import Path

from detection.checks import check_room, check_service, check_settings, check_store, checks
from detection.lead import Lead
from detection.store import SCHEMA_VERSION, Store
from sensor.home import Home
from sensor.single import only_one


def test_fresh_home_is_well_and_stays_empty(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    assert [check.state for check in checks(home)] == ["ok"] * 4
    assert not home.root.exists()


def test_store_is_counted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with Store.open(home.store) as store:
        store.put_lead(Lead("L-1", "cdr", "gateway", 0.5))
    assert check_store(home).says == f"version {SCHEMA_VERSION}: 0 hits, 1 leads, 0 placed cells"


def test_broken_newer_and_older_stores_are_told_apart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Store.open(home.store).close()
    for version, state, words in ((SCHEMA_VERSION + 1, "fail", "newer version"), (1, "warn", "older version")):
        connection = sqlite3.connect(home.store)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        check = check_store(home)
        assert (check.state, words in check.says, bool(check.mend)) == (state, True, True)
    home.store.write_bytes(b"no database" * 100)
    assert check_store(home).state == "fail"


def test_settings_service_and_room(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert "24 h" in check_settings(home).says
    home.settings.write_text("[detection]\npoll = 1\n")
    assert check_settings(home).state == "fail"
    assert check_room(home).state == "ok"
    with only_one(home, "detection"):
        assert check_service(home).says == "catpool detection runs on this home"
    assert check_service(home).says == "catpool detection does not run here"
