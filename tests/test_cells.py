"""CELLS.csv: strict, and each refusal names line and column."""

from pathlib import Path

import pytest

from detection.cells import parse_cells, read_cells
from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity


def parse(text: str) -> list[PlacedCell]:
    return parse_cells(text.splitlines(keepends=True), "CELLS.csv")


def test_all_columns_in_any_order_with_unknown_ones() -> None:
    text = "mnc,mcc,ci,lac,lon,lat,azimuth,beamwidth,range_m,rat,town\n02,460,26001,12,113.2,23.1,-90,65,3000,LTE,x\n"
    assert parse(text) == [PlacedCell(CellIdentity("lte", "460", "02", 12, 26001), 23.1, 113.2, 270.0, 65.0, 3000.0)]


def test_required_columns_alone_empty_azimuth_and_blank_lines() -> None:
    assert parse("LAC, CI ,lat,lon,azimuth\n1,2,3,4,\n\n1,3,3,4,360\n") == [
        PlacedCell(CellIdentity("gsm", None, None, 1, 2), 3.0, 4.0),
        PlacedCell(CellIdentity("gsm", None, None, 1, 3), 3.0, 4.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("0x1,2,3,4,5,", "line 2, column lac: '0x1'"),
        ("70000,2,3,4,5,", "column lac"),
        ("1,66000,3,4,5,gsm", "column ci: '66000' is not a whole number from 0 to 65535"),
        ("1,2,91,4,5,", "column lat: '91'"),
        ("1,2,nan,4,5,", "column lat: 'nan'"),
        ("1,2,3,,5,", "column lon: ''"),
        ("1,2,3,4,north,", "column azimuth: 'north'"),
        ("1,2,3,4,5,5g", "column rat: '5g'"),
        ("1,2,3,4", "line 2: 4 columns where the header has 6"),
        ('"1,2,3,4,5,', "not CSV"),
        ("", "no cell in it"),
        ("1,2,3,4,5,\n1,2,3,4,6,", "line 3, column ci: this cell stands there twice"),
    ],
)
def test_bad_row_is_named(row: str, complaint: str) -> None:
    with pytest.raises(ExportError) as refusal:
        parse(f"lac,ci,lat,lon,azimuth,rat\n{row}\n")
    assert complaint in str(refusal.value)


def test_missing_column_and_no_header() -> None:
    with pytest.raises(ExportError, match="line 1: no column 'azimuth'"):
        parse("lac,ci,lat,lon\n1,2,3,4\n")
    with pytest.raises(ExportError, match="line 1: no column 'lac'"):
        parse("")


def test_mnc_keeps_its_zero() -> None:
    header = "lac,ci,lat,lon,azimuth,mcc,mnc\n"
    with pytest.raises(ExportError, match="column mnc: '2'"):
        parse(header + "1,2,3,4,5,460,2\n")
    assert parse(header + "1,2,3,4,5,460,02\n")[0].identity.mnc == "02"


def test_file_with_a_byte_order_mark_and_one_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "CELLS.csv"
    path.write_bytes(b"\xef\xbb\xbflac,ci,lat,lon,azimuth\r\n1,2,3,4,5\r\n")
    assert read_cells(path) == [PlacedCell(CellIdentity("gsm", None, None, 1, 2), 3.0, 4.0, 5.0)]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ExportError, match="not UTF-8"):
        read_cells(path)
    with pytest.raises(ExportError, match="cannot be read"):
        read_cells(tmp_path / "none.csv")
