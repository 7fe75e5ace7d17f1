"""The journal keeps whole readings, migrates once, refuses what is newer, and purges by age and size."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from sensor.cell import CellIdentity
from sensor.errors import JournalError
from sensor.journal import SCHEMA_VERSION, Journal, Reading
from sensor.readings import AssignmentReading, CellReading, Position, Stamp, UplinkReading

NOON = datetime(2026, 3, 4, 12, 0, 0, 250_000, UTC)
HERE = Position(24.4798, 118.0894, 0.9, 8.5, 271.0, NOON)
STAMP = Stamp(NOON, "b0071d", 512.25, "gps", HERE, "rtl_tcp://127.0.0.1:1234")
NOWHERE = Stamp(NOON + timedelta(seconds=5), "b0071d", 517.25, "free", None, "modem:///dev/ttyUSB2")
CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
HEARD = CellReading(
    STAMP,
    CELL,
    band="GSM900",
    carrier_hz=939_000_000,
    arfcn=20,
    bsic=25,
    power_dbfs=-31.5,
    snr_db=0.0,
    ppm=-12.1,
    neighbours=(27, 31),
    t3212_min=60.0,
    neci=1,
    ccch_conf=0,
    blocks=48,
    extra={"tch_free": 3},
)
UNNAMED = CellReading(NOWHERE, CellIdentity("lte"), earfcn=1650, pci=142, rsrp_dbm=-101.0, raw="+CENG: ...")
ASKED = AssignmentReading(STAMP, CELL, 20, 25, 4402, 0xE3, 4399, "originated-call", 3, 1, "SDCCH/8", 2, 5)
BURSTS = UplinkReading(
    17.0, "kit-1", 24.48, 118.09, 0.9, 8.5, 271.0, 894.0, 894.2, 3, -41.5, 30.0, -70.0, 28.5, 0, 104, 1, sub=2
)
SILENCE = UplinkReading(18.0, "kit-1", None, None, None, None, None, 894.0, None, None, None, 30.0, None, None, 0, 0, 0)
EVERYTHING: list[Reading] = [HEARD, UNNAMED, ASKED, (STAMP, BURSTS), (NOWHERE, SILENCE), STAMP]


@pytest.fixture
def fresh_journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.sqlite")


def test_whole_readings_come_back(fresh_journal: Journal) -> None:
    assert fresh_journal.add(EVERYTHING) == 6
    assert list(fresh_journal.cells()) == [(1, HEARD), (2, UNNAMED)]
    assert list(fresh_journal.assignments()) == [(1, ASKED)]
    assert list(fresh_journal.uplink()) == [(1, BURSTS), (2, SILENCE)]
    assert list(fresh_journal.stamped_uplink(1)) == [(2, (NOWHERE, SILENCE))]
    assert list(fresh_journal.track()) == [(1, STAMP)]
    assert list(fresh_journal.cells(after_id=2)) == []
    assert fresh_journal.counts() == {"cell_reading": 2, "assignment_reading": 1, "uplink_reading": 2, "track": 1}
    assert fresh_journal.has_source("modem:///dev/ttyUSB2")
    assert not fresh_journal.has_source("modem:///dev/ttyUSB3")
    fresh_journal.close()


def test_numbers_of_numpy_are_numbers(fresh_journal: Journal) -> None:
    fresh_journal.add([replace(HEARD, power_dbfs=np.float64(-31.5), snr_db=np.float64(0.0))])
    assert [reading for _, reading in fresh_journal.cells()] == [HEARD]
    fresh_journal.close()


def test_reading_goes_on_over_many_pages(fresh_journal: Journal) -> None:
    fresh_journal.add([STAMP] * 2_500)
    assert [row_id for row_id, _ in fresh_journal.track(after_id=400)] == list(range(401, 2_501))
    fresh_journal.close()


def test_latest_reading_of_each_cell(fresh_journal: Journal) -> None:
    later = CellReading(NOWHERE, CELL, arfcn=20, bsic=25, power_dbfs=-35.0)
    fresh_journal.add([later, UNNAMED])
    fresh_journal.add([HEARD])  # an older look, read in afterwards
    assert fresh_journal.latest_cells() == [(1, later), (2, UNNAMED)]
    fresh_journal.close()


def test_a_bad_batch_adds_nothing(fresh_journal: Journal) -> None:
    broken = AssignmentReading(STAMP, CELL, 20, 25, 4402, 0xE3, 4399, None, 3, 1)  # type: ignore[arg-type]
    with pytest.raises(JournalError, match="2 readings not added"):
        fresh_journal.add([HEARD, broken])
    assert fresh_journal.counts()["cell_reading"] == 0
    assert fresh_journal.add([HEARD]) == 1
    fresh_journal.close()


def test_change_counter_grows_for_other_connections(fresh_journal: Journal) -> None:
    with Journal.open(fresh_journal.path, read_only=True) as reader:
        before = reader.change_counter()
        fresh_journal.add(EVERYTHING)
        assert reader.change_counter() == before + 6
    fresh_journal.close()


def test_read_only_writes_nothing(fresh_journal: Journal) -> None:
    fresh_journal.add([HEARD])
    with Journal.open(fresh_journal.path, read_only=True) as reader, pytest.raises(JournalError):
        reader.add([HEARD])
    assert fresh_journal.counts()["cell_reading"] == 1
    fresh_journal.close()


def test_newer_version_is_refused_and_left_alone(fresh_journal: Journal) -> None:
    fresh_journal.add([HEARD])
    fresh_journal.close()
    with sqlite3.connect(fresh_journal.path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = fresh_journal.path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(JournalError, match=r"newer version \(2; this catpool knows 1\); update catpool, or move"):
            Journal.open(fresh_journal.path, read_only)
    assert fresh_journal.path.read_bytes() == before


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with pytest.raises(JournalError, match="there is none yet"):
        Journal.open(path, read_only=True)
    path.write_bytes(b"not a database, whatever its name" * 100)
    with pytest.raises(JournalError, match="not a database that can be read"):
        Journal.open(path)
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stamps (id)")
    connection.close()
    with pytest.raises(JournalError, match="not catpool's journal"):
        Journal.open(path)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal.open(tmp_path / "no" / "such" / "folder.sqlite")


def test_two_first_starts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    script = "import sys; from sensor.journal import Journal; Journal.open(sys.argv[1]).close()"
    both = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    with Journal.open(path) as journal:
        assert journal.counts()["track"] == 0


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    script = (
        "import sys; from datetime import *; from sensor.journal import Journal; from sensor.readings import Stamp\n"
        "journal = Journal.open(sys.argv[1])\n"
        "for n in range(10**6):\n"
        "    print(n + journal.add([Stamp(datetime.now(UTC), 'b', n, 'free', None, 'x')]), flush=True)"
    )
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(20)][-1]
            writer.kill()
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        with Journal.open(path) as journal:
            assert journal.counts()["track"] >= acknowledged
            journal.purge(0, 1_000, datetime.now(UTC) + timedelta(days=1))


def test_full_disk_says_so_and_keeps_what_was_there(fresh_journal: Journal) -> None:
    fresh_journal.add([HEARD])
    pages = fresh_journal._connection.execute("PRAGMA page_count").fetchone()[0]
    fresh_journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="3000 readings not added: the disk is full; free some room"):
        fresh_journal.add([STAMP] * 3_000)
    assert fresh_journal.counts() == {"cell_reading": 1, "assignment_reading": 0, "uplink_reading": 0, "track": 0}
    fresh_journal._connection.execute("PRAGMA max_page_count = 1000000")
    assert fresh_journal.add([STAMP] * 3_000) == 3_000
    fresh_journal.close()


def test_purge_by_age(fresh_journal: Journal) -> None:
    old = Stamp(NOON - timedelta(days=31), "b0071d", 1.0, "gps", HERE, "x")
    fresh_journal.add([old, STAMP, CellReading(old, CELL, arfcn=20), UNNAMED])
    assert fresh_journal.purge(30, 100, NOON) == {"cell_reading": 1, "track": 1}
    assert [stamp for _, stamp in fresh_journal.track()] == [STAMP]
    assert fresh_journal.latest_cells() == [(2, UNNAMED)]
    [(when, reason, before, rows)] = fresh_journal.purged()
    assert (when, reason, before) == (NOON, "age", NOON - timedelta(days=30))
    assert rows == {"cell_reading": 1, "assignment_reading": 0, "uplink_reading": 0, "track": 1}
    assert fresh_journal.purge(30, 100, NOON) == {}
    fresh_journal.close()


def test_purge_by_size_takes_the_oldest(fresh_journal: Journal) -> None:
    for hour in range(10):
        stamp = Stamp(NOON + timedelta(hours=hour), "b0071d", 1.0, "gps", HERE, "x")
        fresh_journal.add([stamp] * 2_000)
    before_bytes = fresh_journal.size_bytes()
    gone = fresh_journal.purge(None, 1.0, NOON)
    assert 0 < gone["track"] < 20_000
    assert fresh_journal.size_bytes() <= 1_000_000
    left = {stamp.time for _, stamp in fresh_journal.track()}
    assert max(left) == NOON + timedelta(hours=9)
    assert NOON not in left
    next_id = next(fresh_journal.track())[0]
    assert next_id == gone["track"] + 1  # ids are never used twice
    fresh_journal.close()
    assert os.stat(fresh_journal.path).st_size < before_bytes
