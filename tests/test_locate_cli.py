"""`catpool locate` as scripts see it."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from test_place import AREA, BOX_CALLS, LAW, TRUTH, drive

from catpool import catpool
from detection.lead import Lead
from detection.place.lead_file import Whereabouts
from detection.store import Store
from detection.town.drive import Emitter
from sensor.errors import CallerError
from sensor.home import Home
from sensor.journal import Journal
from sensor.uplink_csv import write_readings


@pytest.fixture
def drive_csv(tmp_path: Path) -> Path:
    path = tmp_path / "READINGS.csv"
    with path.open("w") as file:
        write_readings(file, drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True)]))
    return path


@pytest.fixture
def lead_json(tmp_path: Path) -> Path:
    path = tmp_path / "LEAD.json"
    area = {name: getattr(AREA, name) for name in ("lat_min", "lon_min", "lat_max", "lon_max")}
    path.write_text(json.dumps({"area": area, "cells": [], "lead": "L-1"}))
    return path


def test_one_json_object_and_nothing_else(drive_csv: Path, lead_json: Path) -> None:
    done = CliRunner().invoke(catpool, ["locate", str(drive_csv), "--lead", str(lead_json), "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == [
        *("fix", "r50_radius_m", "r90_radius_m", "region50", "region90", "p_within_50m", "streams", "seconds"),
        "warnings",
    ]
    assert set(found["streams"][0]) == {"slot", "freq_mhz", "carrier_hz", "from_s", "to_s", "p_box"}


def test_in_words(drive_csv: Path, lead_json: Path) -> None:
    done = CliRunner().invoke(catpool, ["locate", str(drive_csv), "--lead", str(lead_json)])
    assert "A lead, not proof" in done.stdout
    assert "4 of 4 streams" in done.stdout


def test_the_place_is_kept_with_its_lead_and_the_drive_once(
    drive_csv: Path, lead_json: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home").make()
    with Store.open(home.store) as store:
        store.put_lead(Lead("L-1", "cdr", "gateway", 0.9))
    command = ["locate", str(drive_csv), "--lead", str(lead_json), "--for", "L-1", "--json"]
    found = json.loads(CliRunner().invoke(catpool, command).stdout)
    CliRunner().invoke(catpool, command)
    with Store.open(home.store) as store:
        kept, lead = store.posterior("L-1"), store.lead("L-1")
    assert kept is not None
    assert (round(kept.lat, 7), round(kept.lon, 7)) == (found["fix"]["lat"], found["fix"]["lon"])
    assert kept.region90 == found["region90"]
    assert lead.r90_radius_m == kept.r90_radius_m
    with Journal.open(home.journal) as journal:
        assert sum(1 for _ in journal.uplink()) == len(drive_csv.read_text().splitlines()) - 1


def test_a_lead_the_store_does_not_hold_is_named(
    drive_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(catpool, ["locate", str(drive_csv), "--for", "L-9"])
    assert isinstance(done.exception, CallerError)
    assert "L-9" in str(done.exception)


def test_rows_that_cannot_be_read_are_counted(drive_csv: Path, lead_json: Path) -> None:
    drive_csv.write_text(drive_csv.read_text() + "nan,kit-1" + "," * 20 + "\n")
    done = CliRunner().invoke(catpool, ["locate", str(drive_csv), "--lead", str(lead_json), "--json"])
    (warning,) = json.loads(done.stdout)["warnings"]
    assert "1 row left out" in warning
    assert str(drive_csv) in warning


def test_a_header_alone_leaves_the_lead_to_speak(drive_csv: Path, lead_json: Path) -> None:
    drive_csv.write_text(drive_csv.read_text().splitlines()[0] + "\n")
    done = CliRunner().invoke(catpool, ["locate", str(drive_csv), "--lead", str(lead_json), "--json"])
    found = json.loads(done.stdout)
    assert found["streams"] == []
    assert np.isclose(found["fix"]["lat"], 12.34, atol=1e-3)


@pytest.mark.parametrize("text", ["", "lat,lon\n1,2\n", "\x00\x01", '{"fix": 1}'])
def test_a_file_that_is_no_readings_gets_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "READINGS.csv"
    path.write_text(text)
    done = CliRunner().invoke(catpool, ["locate", str(path)])
    assert isinstance(done.exception, CallerError)
    assert str(path) in str(done.exception)
    assert Whereabouts().is_empty()
