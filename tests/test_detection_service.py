"""`catpool detection`: follows the journal, learns first, survives restarts, ends in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from airtime import CALL, PAGING, Request, draw
from click.testing import CliRunner

from catpool import catpool
from detection.hit import Hit
from detection.lead import PlacedCell
from detection.service import STATE, DetectionService
from detection.settings import DetectionSettings
from detection.store import Store
from sensor.cell import CellIdentity
from sensor.errors import SettingsError
from sensor.gsm.block import FRAME_S, FRAMES_PER_HYPERFRAME
from sensor.gsm.messages.establishment import establishment
from sensor.home import Home
from sensor.journal import Journal
from sensor.readings import AssignmentReading, Stamp
from sensor.single import only_one

CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
AT_ONCE = DetectionSettings(learning_hours=0.0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path))
    return Home(tmp_path)


def requests(hours: float, box_hz: float = 0.3) -> list[Request]:
    rng = np.random.default_rng(11)
    seconds = hours * 3600
    box = draw(box_hz, seconds, CALL, [5], rng)
    people = draw(0.15, seconds, PAGING, range(2, 12), rng) + draw(0.06, seconds, CALL, range(2, 12), rng)
    return sorted(box + people, key=lambda request: request.t_s)


def readings(asked: Iterable[Request], cell: CellIdentity = CELL) -> list[AssignmentReading]:
    return [
        AssignmentReading(
            stamp=Stamp(NOON + timedelta(seconds=r.t_s), "boot", r.t_s, "gps", None, "rtl_tcp://127.0.0.1:1234"),
            identity=cell,
            arfcn=20,
            bsic=25,
            fn=round(r.t_s / FRAME_S) % FRAMES_PER_HYPERFRAME,
            ra=r.ra,
            fn_mod_42432=0,
            establishment=establishment(r.ra, 1),
            timing_advance=r.timing_advance,
            neci=1,
        )
        for r in asked
    ]


def fill(home: Home, rows: list[AssignmentReading]) -> None:
    with Journal.open(home.journal) as journal:
        journal.add(rows)


def judge(home: Home, settings: DetectionSettings = AT_ONCE) -> DetectionService:
    service = DetectionService(home, settings, monotonic_s=lambda: 0.0, tell=lambda *_: True)
    service.run(once=True)
    return service


def stored(home: Home) -> list[Hit]:
    with Store.open(home.store) as store:
        return store.hits()


def test_journal_becomes_hit_and_lead(home: Home) -> None:
    with Store.open(home.store) as store:
        store.put_placed_cells([PlacedCell(CELL, 30.57, 114.3, 150.0)])
    fill(home, readings(requests(0.25)))
    assert judge(home).judged == len(requests(0.25))
    (hit,) = stored(home)
    assert (hit.cell, hit.timing_advance, hit.learned, hit.arfcn, hit.bsic) == (CELL, 5, True, 20, 25)
    assert hit.raised_s is not None
    assert hit.last_seen is not None
    assert NOON + timedelta(minutes=10) < hit.last_seen <= NOON + timedelta(minutes=15)
    with Store.open(home.store) as store:
        (lead,) = store.leads()
    assert (lead.origin, lead.hits, lead.cells[0].lat) == ("radio", (1,), 30.57)


def test_nothing_there_yet_is_no_error(home: Home) -> None:
    assert judge(home).judged == 0
    assert stored(home) == []


def test_learning_holds_alarms_back_and_then_tells_them(home: Home) -> None:
    rows = readings(requests(0.5))
    first = [row for row in rows if row.stamp.monotonic_s < 1000]
    fill(home, first)
    service = judge(home, DetectionSettings(learning_hours=0.4))
    assert stored(home) == []
    assert "1 cells still learning, 1 alarms held back until then" in service.status()
    fill(home, rows[len(first) :])
    assert "learning" not in judge(home, DetectionSettings(learning_hours=0.4)).status()
    assert [(hit.timing_advance, hit.learned) for hit in stored(home)] == [(5, True)]


def test_restart_reads_its_window_again_and_doubles_nothing(home: Home) -> None:
    rows = readings(requests(0.25))
    whole = Home(home.root / "whole").make()
    fill(whole, rows)
    judge(whole)
    for part in (rows[:60], rows[60:90], rows[90:]):
        fill(home, part)
        judge(home)
    (one,), (other,) = stored(home), stored(whole)
    assert (one.cell, one.timing_advance, one.log10_odds, one.raised_s) == (
        other.cell,
        other.timing_advance,
        other.log10_odds,
        other.raised_s,
    )


def test_restart_does_not_read_what_no_window_needs(home: Home) -> None:
    asked = requests(5.0, box_hz=0.0)
    fill(home, readings(asked))
    judge(home)
    with Store.open(home.store) as store:
        state = store.state(STATE)
    window_id = state["window_id"]
    assert isinstance(window_id, int)
    again = judge(home)
    assert again.judged == len(asked) - window_id
    assert 0.8 < again.judged / len(asked) < 0.9


def test_clock_that_jumps_back_keeps_the_order(home: Home) -> None:
    rows = readings(requests(0.25))
    fill(home, rows)
    judge(home)
    late = Home(home.root / "jump").make()
    jumped = [
        replace(row, stamp=replace(row.stamp, time=row.stamp.time - timedelta(hours=5 if n > 100 else 0)))
        for n, row in enumerate(rows)
    ]
    fill(late, jumped)
    judge(late)
    assert [hit.to_s for hit in stored(late)] == [hit.to_s for hit in stored(home)]


def test_second_start_is_refused(home: Home) -> None:
    with only_one(home, "detection"):
        result = CliRunner().invoke(catpool, ["detection", "--once"])
    assert isinstance(result.exception, SettingsError)
    assert "already runs" in str(result.exception)


def test_wrong_setting_is_refused(home: Home) -> None:
    home.settings.write_text("[detection]\nlearning_hour = 1\n")
    result = CliRunner().invoke(catpool, ["detection", "--once"])
    assert isinstance(result.exception, SettingsError)
    assert "learning_hour" in str(result.exception)


def test_running_service_follows_and_ends_on_sigterm(home: Home) -> None:
    home.settings.write_text("[detection]\nlearning_hours = 0.0\npoll_s = 0.05\n")
    command = [sys.executable, "-m", "catpool", "detection"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as service:
        try:
            fill(home, readings(requests(0.25)))
            while not home.store.exists() or not stored(home):
                assert service.poll() is None
                time.sleep(0.05)
            service.send_signal(signal.SIGTERM)
            _, said = service.communicate(timeout=60)
        finally:
            service.kill()
    assert service.returncode == 0
    assert "ended" in said
    assert [hit.timing_advance for hit in stored(home)] == [5]
