"""Files of one header from different hands: each is read as it is written, and none spoils the others."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cdr_exports import HEADER, Row, plain, rows

from detection.cdr.pseudonyms import Names
from detection.cdr.records import Account, Records, open_engine, read_records
from detection.errors import ExportError

ROWS = rows(120)
CELLS = {(row.lac, row.ci) for row in ROWS}


def time_as(form: str) -> Callable[[Row], str]:
    return lambda row: plain(row).replace(row.time(), row.time(form))


def excel(row: Row) -> str:
    at = datetime.fromtimestamp(row.t_s, UTC)
    return plain(row).replace(row.time(), f"{at.year}/{at.month}/{at.day} {at.hour}:{at:%M}")


def hexed(row: Row) -> str:
    return plain(row).replace(f",{row.lac},{row.ci},", f",{row.lac:04X},{row.ci:04X},")


def read(folder: Path, files: Mapping[str, str]) -> Records:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return read_records([folder], open_engine(500, 1), timezone="Asia/Shanghai", naming=Names(b"k" * 32))


def lines(write: Callable[[Row], str], first: int, last: int) -> str:
    return "\n".join([HEADER, *map(write, ROWS[first:last])]) + "\n"


def cells_of(records: Records) -> set[tuple[int | None, int | None]]:
    held = set(records.table.cell.to_pyarrow().to_pylist())
    return {(records.cells[at].lac, records.cells[at].ci) for at in held if at is not None}


@pytest.mark.parametrize(
    "other", [excel, time_as("%d/%m/%Y %H:%M:%S"), lambda row: plain(row).replace(row.time(), str(row.t_s * 1000))]
)
def test_a_day_saved_anew_keeps_its_own_times(other: Callable[[Row], str], tmp_path: Path) -> None:
    files = {f"{at}.csv": lines(plain, at * 10, at * 10 + 10) for at in range(9)}
    records = read(tmp_path, files | {"b.csv": lines(other, 90, 120)})
    assert records.account == Account(lines=130, accepted=120, duplicates=0, rejected=0, header=10, blank=0)
    days = {t_s // 86_400 for t_s in records.table.local_s.to_pyarrow().to_pylist()}
    assert len(days) <= 2  # Unix times tell UTC


def test_two_files_with_their_times_each_its_own_way(tmp_path: Path) -> None:
    records = read(tmp_path, {"a.csv": lines(plain, 0, 60), "b.csv": lines(excel, 60, 120)})
    assert records.account.accepted == 120


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_decimal_file_beside_a_hex_one_is_read_as_decimal(delimiter: str, tmp_path: Path) -> None:
    decimal = lines(plain, 0, 120).replace(",", delimiter)
    records = read(tmp_path, {"a.csv": decimal, "b.csv": lines(hexed, 0, 120)})
    assert cells_of(records) == CELLS
    assert (records.account.accepted, records.account.duplicates) == (120, 120)


def test_a_hex_file_without_a_letter_is_hex_as_its_kin(tmp_path: Path) -> None:
    def line(row: Row) -> str:
        return plain(row).replace(f",{row.lac},{row.ci},", f",1201,{row.ci:04X},")

    bare = [row for row in ROWS if f"{row.ci:04X}".isdigit()]
    files = {name: "\n".join([HEADER, *map(line, held)]) + "\n" for name, held in (("a.csv", bare), ("b.csv", ROWS))}
    records = read(tmp_path, files)
    assert cells_of(records) == {(0x1201, row.ci) for row in ROWS}
    assert records.account.duplicates == len(bare) < len(ROWS)


def test_a_file_alone_that_cannot_be_read_is_still_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no column holds times"):
        read(tmp_path, {"a.csv": f"{HEADER}\nMOC,460001000000001,1,13800000000,13900000000,never,1,1,1,1\n" * 3})
