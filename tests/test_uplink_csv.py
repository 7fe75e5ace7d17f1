"""READINGS.csv: any order, unknown columns left aside, bad rows named; what is no table is refused."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import ReadingsError
from sensor.journal import Journal
from sensor.readings import Position, Stamp, UplinkReading
from sensor.uplink_csv import COLUMNS, RejectedRow, RowReader, journal_readings, read_readings, write_readings

HEARD = UplinkReading(
    17.0, "kit-2", 24.48, 118.09, 0.9, 8.5, 271.0, 894.0, 894.2, 3, -41.5, 30.0, -70.0, 28.5, 0, 104, 1
)
SILENT = UplinkReading(
    18.0, "kit-2", 24.481, 118.09, 0.9, 0.0, None, 894.0, None, None, None, 30.0, None, None, 0, 0, 0
)


def file_of(folder: Path, text: str) -> Path:
    path = folder / "READINGS.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_in_any_order_and_unknown_ones_left_aside(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        "﻿rssi_dbfs,note,lon,lat,T_S,kit,hdop,speed_mps,course_deg,tune_mhz,freq_mhz,slot,gain_db,noise_dbfs,snr_db,clip,n_bursts,det\r\n"
        "-41.5,hill,118.09,24.48,17,kit-2,0.9,8.5,271,894.0,894.2,3.0,30,-70,28.5,0,104,1\r\n"
        "\r\n"
        ",,118.09,24.481,18,kit-2,0.9,0,,894,,,30,,,0,0,0\r\n",
    )
    read = read_readings(path)
    assert read.readings == (HEARD, SILENT)
    assert (read.rejected, read.blank) == ((), 1)


def test_the_four_required_columns_are_enough(tmp_path: Path) -> None:
    read = read_readings(file_of(tmp_path, "t_s;lat;lon;rssi_dbfs\n0;24.5;118.1;-50\n1;24.5;118.1;\n"))
    assert [(r.kit, r.det, r.n_bursts, r.rssi_dbfs, r.rat) for r in read.readings] == [
        ("kit-1", 1, 1, -50.0, "gsm"),
        ("kit-1", 0, 0, None, "gsm"),
    ]


def test_bad_rows_are_named_and_the_rest_stays(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        "t_s,lat,lon,rssi_dbfs,slot,det\n"
        "0,24.5,118.1,-50,3,1\n"
        "x,24.5,118.1,-50,3,1\n"
        "2,124.5,118.1,-50,3,1\n"
        "3,24.5,118.1,nan,3,1\n"
        "4,24.5,118.1,-50,2.5,1\n"
        "5,24.5,118.1,,3,1\n"
        "6,24.5,,-50,3,1\n"
        "7,24.5,118.1\n",
    )
    read = read_readings(path)
    assert len(read.readings) == 1
    assert [(r.line, r.column, r.value, r.reason) for r in read.rejected] == [
        (3, "t_s", "x", "is not a number"),
        (4, "lat", "124.5", "is outside -90 to 90"),
        (5, "rssi_dbfs", "nan", "is not a number"),
        (6, "slot", "2.5", "is not a whole number"),
        (7, "rssi_dbfs", "", "is empty though det is 1"),
        (8, "lon", "", "is empty, but its other half is not"),
        (9, "(row)", "3", "fields, but the header has 6"),
    ]
    assert str(read.rejected[0]) == f"{path}, line 3, column t_s: 'x' is not a number"
    assert isinstance(read.rejected[0], RejectedRow)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty: it holds no readings"),
        (" \n\n", "empty: it holds no readings"),
        ("t_s,lat,lon\n0,1,2\n", "no column rssi_dbfs; READINGS.csv starts with t_s,kit"),
        ("0,24.5,118.1,-50\n", "no column t_s, lat, lon, rssi_dbfs"),
        ("t_s,lat,lon,rssi_dbfs,lat\n", "column lat stands twice"),
        ("t_s,lat,lon,rssi_dbfs\nx,1,1,1\n", "no row of 1 can be read: .*line 2, column t_s: 'x' is not a number"),
        ('t_s,lat,lon,rssi_dbfs\n0,"1,1,1\n', "line 2: not CSV"),
    ],
)
def test_what_is_no_table_of_readings_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ReadingsError, match=said):
        read_readings(file_of(tmp_path, text))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadingsError, match="No such file"):
        read_readings(tmp_path / "none.csv")
    with pytest.raises(ReadingsError, match="is a folder"):
        read_readings(tmp_path)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00t")
    with pytest.raises(ReadingsError, match="not text in UTF-8"):
        read_readings(tmp_path / "b.csv")


def test_a_row_reader_takes_numbers_and_text() -> None:
    reader = RowReader(COLUMNS)
    assert (
        reader.read([17, "kit-2", "24.48", 118.09, 0.9, 8.5, 271, 894, 894.2, 3, -41.5, 30, -70, 28.5, 0, "104", 1])
        == HEARD
    )
    with pytest.raises(ReadingsError, match="column slot: 9 is outside 0 to 7"):
        reader.read([17, "kit-2", "24.48", 118.09, 0.9, 8.5, 271, 894, 894.2, 9, -41.5, 30, -70, 28.5, 0, "104", 1])


number = st.floats(-1e3, 1e3)


@given(
    st.lists(
        st.builds(
            replace,
            st.just(HEARD),
            t_s=number,
            lat=st.floats(-90, 90),
            rssi_dbfs=st.floats(-150, 0),
            slot=st.none() | st.integers(0, 7),
            toa_us=st.none() | number,
            rat=st.sampled_from(["gsm", "lte"]),
        )
    )
)
def test_what_is_written_reads_back(readings: list[UplinkReading]) -> None:
    file = io.StringIO()
    assert write_readings(file, readings) == len(readings)
    lines = file.getvalue().splitlines()
    reader = RowReader(lines[0].split(","))
    assert [reader.read(line.split(",")) for line in lines[1:]] == readings


def test_a_drive_enters_the_journal_once(tmp_path: Path) -> None:
    start = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    second = replace(HEARD, slot=4)
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        for added in (5, 0):
            args = {"start": start, "boot_id": "b0071d", "source": "READINGS.csv 8f2c"}
            assert journal_readings(journal, [HEARD, second, SILENT], **args) == added  # type: ignore[arg-type]
        assert [reading for _, reading in journal.uplink()] == [HEARD, second, SILENT]
        when = start.replace(second=17)
        where = Position(24.48, 118.09, 0.9, 8.5, 271.0, when)
        assert next(journal.track())[1] == Stamp(when, "b0071d", 17.0, "capture", where, "READINGS.csv 8f2c")
        assert [stamp.time for _, stamp in journal.track()] == [when, start.replace(second=18)]
