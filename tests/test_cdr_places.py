"""Cells: names of every network, columns that can't be read, and how many of them CELLS.csv knows."""

from pathlib import Path

import pytest
from cdr_exports import HEADER, Row, plain, read, rows

from detection.cdr.places import read_cells_of
from detection.cdr_telling import caution, cells_line
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

CELL = CellIdentity("gsm", "460", "00", 18268, 28504)


def placed(lac: int, ci: int) -> PlacedCell:
    return PlacedCell(CellIdentity("gsm", "460", "00", lac, ci), 47.0, 64.0, None, None, None)


@pytest.mark.parametrize(
    ("text", "mcc"),
    [
        ("001-01-18268-28504", "001"),
        ("901-70-18268-28504", "901"),
        ("460-00-18268-28504", "460"),
        ("460001826828504", "460"),
        ("001011826828504", "001"),
        ("46000475C6F58", "460"),
    ],
)
def test_whole_names_of_every_network_are_read(text: str, mcc: str) -> None:
    cell = read_cells_of([(None, None, text, None, None)], []).cells[None, None, text, None, None]
    assert cell is not None
    assert (cell.mcc, cell.lac, cell.ci) == (mcc, CELL.lac, CELL.ci)


def written(path: Path, bad: int) -> Path:
    """An export whose first `bad` lines have a cell of no network."""

    def line(at: int, row: Row) -> str:
        name = f"{'888-01' if at < bad else '460-00'}-{row.lac}-{row.ci}"
        return plain(row).replace(f",{row.lac},{row.ci},", f",{name},")

    text = "\n".join([HEADER.replace("lac,ci", "cgi"), *(line(at, row) for at, row in enumerate(rows()))]) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_few_lines_with_a_bad_cell_are_refused_by_number(tmp_path: Path) -> None:
    records = read(written(tmp_path / "cdr.csv", 3))
    assert [(reject.line, reject.column, reject.reason) for reject in records.rejects] == [
        (line, "cgi", "not a cell number") for line in (2, 3, 4)
    ]


def test_cells_that_cannot_be_read_cost_no_records(tmp_path: Path) -> None:
    records = read(written(tmp_path / "cdr.csv", 110))
    assert records.account.accepted == 120
    assert records.table.cell.notnull().sum().to_pyarrow().as_py() == 10
    assert [
        note for note in records.warnings if note.startswith("110 records have a cell that can't be read, such as '888")
    ]


def test_how_many_cells_have_a_mast_is_told() -> None:
    other = CellIdentity("gsm", "460", "00", 1, 2)
    assert cells_line([CELL, other], [placed(18268, 28504)]) == "1 of 2 cells of the export stand in CELLS.csv."
    assert cells_line([CELL], [placed(28504, 18268)]).endswith("its columns lac and ci are swapped.")
    assert cells_line([CELL], [placed(3, 4)]).startswith("0 of 1 cells of the export stand in CELLS.csv: nothing can")
    assert "No cell of the export" in cells_line([], [placed(3, 4)])


def test_more_alarms_than_boxes_can_be_are_doubted() -> None:
    assert caution(28, 2226) == []
    assert caution(40, 60) == []
    assert caution(1389, 2226)[0].startswith("CAUTION: that is 62% of all SIMs")
