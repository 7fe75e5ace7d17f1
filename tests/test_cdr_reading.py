"""Exports as they come: every dialect read alike, every line accounted for."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from cdr_exports import FIRST_S, HEADER, Row, export, first_row, plain, read, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detection.cdr.records import Account
from detection.cdr.rejects import Reject
from detection.errors import ExportError

FIRST = ("mtc", "460001000000000", "13800000000", "13900000000", FIRST_S - 8 * 3600, 1)
CLEAN = Account(lines=121, accepted=120, duplicates=0, rejected=0, header=1, blank=0)
CHINESE = "呼叫类型,用户号码,对方号码,IMSI,IMEI,开始时间,通话时长(秒),位置区,小区,TA"
TRADITIONAL = "通話類型,用戶號碼,對方號碼,IMSI,IMEI,開始時間,通話時長(秒),位置區,小區號,TA"


def chinese(row: Row) -> str:
    kind = "主叫" if row.outgoing else "被叫"
    minutes = f"{row.duration_s // 60}:{row.duration_s % 60:02d}"
    party = f"86{row.number},12593{row.other},{row.imsi},{row.imei}"
    return f"{kind},{party},{row.time('%Y%m%d%H%M%S')},{minutes},{row.lac:04X},{row.ci:04X},{row.ta}"


def parted(row: Row) -> str:
    parties = (row.number, row.other) if row.outgoing else (row.other, row.number)
    kind = 0 if row.outgoing else 1
    place = f"460-00-{row.lac}-{row.ci}"
    return f"{row.time('%d/%m/%Y')};{row.time('%H:%M:%S')};{kind};{parties[0]};+86{parties[1]};{row.duration_s};{place}"


def headless(row: Row) -> str:
    values = (
        row.time("%Y%m%d%H%M%S"),
        row.imsi,
        row.number,
        row.other,
        row.duration_s,
        f"{row.lac:04X}",
        f"{row.ci:04X}",
    )
    return "|".join(map(str, (("主叫" if row.outgoing else "被叫"), *values, row.imei)))


WHOLE = export()
SPOKEN = {
    "utf-8": WHOLE.encode(),
    "utf-8 with a mark": WHOLE.encode("utf-8-sig"),
    "utf-16 with a mark": WHOLE.encode("utf-16"),
    "utf-16 without a mark": WHOLE.encode("utf-16-le"),
    "crlf": WHOLE.replace("\n", "\r\n").encode(),
    "cr": WHOLE.replace("\n", "\r").encode(),
    "semicolons": WHOLE.replace(",", ";").encode(),
    "tabs": WHOLE.replace(",", "\t").encode(),
    "bars": WHOLE.replace(",", "|").encode(),
    "quotes": "\n".join(",".join(f'"{f}"' for f in line.split(",")) for line in WHOLE.splitlines()).encode(),
    "gzip": gzip.compress(WHOLE.encode()),
    "gb18030": export(chinese, CHINESE).encode("gb18030"),
    "chinese utf-8": export(chinese, CHINESE).encode(),
    "big5": export(chinese, TRADITIONAL).replace("主叫", "主叫").encode("big5"),
    "two columns of time, CGI": export(parted, "date;time;type;calling;called;seconds;cgi").encode(),
}


@pytest.mark.parametrize("way", SPOKEN)
def test_every_way_to_write_it_reads_alike(way: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(SPOKEN[way])
    records = read(path)
    assert records.account == CLEAN
    sim = FIRST[1] if way != "two columns of time, CGI" else FIRST[2]
    assert first_row(records) == (FIRST[0], sim, *FIRST[2:])
    assert {(cell.lac, cell.ci) for cell in records.cells} == {(row.lac, row.ci) for row in rows()}


def test_no_header_columns_are_told_by_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_bytes(export(headless, "").encode("gbk"))
    records = read(path)
    assert records.account == replace(CLEAN, lines=120, header=0)
    assert first_row(records) == FIRST
    assert records.files[0].layout.roles == {
        "record_type": 0, "start": 1, "imsi": 2, "served": 3, "other": 4, "duration": 5, "lac": 6, "ci": 7, "imei": 8,
    }  # fmt: skip


TIMES: dict[str, Callable[[Row], str]] = {
    "slashes": lambda row: row.time("%Y/%m/%d %H:%M:%S"),
    "compact": lambda row: row.time("%Y%m%d%H%M%S"),
    "two-digit year": lambda row: row.time("%y%m%d%H%M%S"),
    "month name": lambda row: row.time("%d-%b-%y %I.%M.%S %p").upper(),
    "day first": lambda row: row.time("%d.%m.%Y %H:%M:%S"),
    "Chinese": lambda row: row.time("%Y年%m月%d日 %H时%M分%S秒"),
    "own offset": lambda row: row.time("%Y-%m-%dT%H:%M:%S+08:00"),
    "Z": lambda row: replace(row, t_s=row.t_s - 28_800).time("%Y-%m-%dT%H:%M:%SZ"),
    "epoch": lambda row: str(row.t_s - 28_800),
    "epoch ms": lambda row: str((row.t_s - 28_800) * 1000),
    "Excel days": lambda row: f"{row.t_s / 86_400 + 25_569:.6f}",
}


@pytest.mark.parametrize("way", TIMES)
def test_times(way: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export(lambda row: plain(row).replace(row.time(), TIMES[way](row))), encoding="utf-8")
    records = read(path)
    assert records.account == CLEAN
    times = records.table.order_by("row").select("t_s", "local_s").to_pyarrow()
    assert times["t_s"].to_pylist() == [row.t_s - 28_800 for row in rows()]
    assert times["local_s"].to_pylist() == [row.t_s for row in rows()]


def test_dirty_lines_are_each_named(tmp_path: Path) -> None:
    good = [plain(row) for row in rows()]
    lines = [
        HEADER,
        good[0],
        good[0],
        "",
        "   ",
        ",,,,,,,,,",
        good[1].rsplit(",", 2)[0],
        good[2] + ",extra",
        good[3].replace("2026-", "garbage"),
        good[4].replace(rows()[4].imsi, "4.60E+14"),
        HEADER,
        good[5] + "\x00",
        'MOC,"' + good[6][4:],
        good[7].replace(rows()[7].other, '"two\nlines"'),
        good[8].replace(str(rows()[8].ci), "3Z"),
        good[9][:30],
        *good[10:],
    ]
    path = tmp_path / "dirty.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    records = read(path)
    assert records.account == Account(lines=127, accepted=113, duplicates=1, rejected=8, header=2, blank=3)
    assert [(reject.line, reject.column, reject.reason[:20]) for reject in records.rejects] == [
        (7, "", "has 8 fields where t"),
        (8, "", "has 11 fields where "),
        (9, "start_time", "not a time like the "),
        (10, "imsi", "in scientific notati"),
        (12, "", "NUL byte in the line"),
        (13, "", "unterminated quote"),
        (16, "ci", "not a cell number"),
        (17, "", "has 3 fields where t"),
    ]


def test_cut_off_gzip_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(export(n=400).encode())[:-2_000])
    records = read(path)
    assert records.account.accepted > 100
    (reject,) = records.rejects
    assert reject == Reject(str(path), records.account.lines, "", reject.value, "the file is cut off in this line")
    assert records.warnings == [f"{path} is cut off: the end of the gzip file is missing"]


def test_several_files_and_folders_are_one_export(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "a.csv").write_text(export(), encoding="utf-8")
    (tmp_path / "day" / "b.txt").write_bytes(export(chinese, CHINESE).encode("gb18030"))
    (tmp_path / "day" / "notes.txt").write_text("nothing of interest\n", encoding="utf-8")
    records = read(tmp_path / "day")
    assert records.account == Account(lines=242, accepted=120, duplicates=120, rejected=0, header=2, blank=0)
    assert [warning.partition(":")[0] for warning in records.warnings] == ["left out"]


def test_parquet_reads_as_text_does(tmp_path: Path) -> None:
    made = rows()
    columns = {
        "type": ["MOC" if row.outgoing else "MTC" for row in made],
        "imsi": [float(row.imsi) for row in made],
        "msisdn": [row.number for row in made],
        "other": [row.other for row in made],
        "start_time": [datetime.fromtimestamp(row.t_s, UTC).replace(tzinfo=None) for row in made],
        "duration": [row.duration_s for row in made],
    }
    path = tmp_path / "export.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    records = read(path)
    assert records.account == replace(CLEAN, lines=120, header=0)
    assert first_row(records) == FIRST


NOT_CSV = {
    "empty": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "a web page": b"<!DOCTYPE html><html><body>404</body></html>",
    "a workbook": b"PK\x03\x04" + bytes(200),
    "binary": bytes(at * at % 251 for at in range(6_000)),
    "prose": b"Dear all,\nplease find attached nothing.\nRegards\n",
    "a header alone": HEADER.encode(),
    "json": b'{"imsi": 1}\n',
    "other numbers": b"a,b\n1,2\n3,4\n",
    "damaged gzip": b"\x1f\x8bnothing of the kind",
}


@pytest.mark.parametrize("what", NOT_CSV)
def test_what_is_no_export_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(NOT_CSV[what])
    with pytest.raises(ExportError) as refusal:
        read(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


PIECES = st.lists(
    st.sampled_from(
        [
            "good",
            "good",
            "good",
            "again",
            "blank",
            "short",
            "long",
            "time",
            "quote",
            "quoted",
            "two lines",
            "nul",
            "header",
        ]
    ),
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES, last_end=st.booleans())
def test_lines_read_are_lines_told(pieces: list[str], last_end: bool, tmp_path: Path) -> None:
    good = [plain(row) for row in rows()]
    lines, told = [HEADER, *good[:40]], {"accepted": 40, "duplicates": 0, "rejected": 0, "header": 1, "blank": 0}
    for at, piece in enumerate(pieces):
        line = good[60 + at]
        written, kind, span = {
            "good": (line, "accepted", 1),
            "again": (good[3], "duplicates", 1),
            "blank": ("  ", "blank", 1),
            "short": (line[:20], "rejected", 1),
            "long": (line + ",more", "rejected", 1),
            "time": (line.replace("2026", "20x6"), "rejected", 1),
            "quote": ('MOC,"' + line[4:], "rejected", 1),
            "quoted": ('"' + line.replace(",", '","') + '"', "accepted", 1),
            "two lines": (line.replace(rows()[60 + at].other, '"x\ny"'), "accepted", 2),
            "nul": ("\x00" + line, "rejected", 1),
            "header": (HEADER, "header", 1),
        }[piece]
        lines.append(written)
        told[kind] += span
    lines.append(good[59])
    told["accepted"] += 1
    path = tmp_path / "export.csv"
    path.write_text("\n".join(lines) + ("\n" if last_end else ""), encoding="utf-8")
    records = read(path)
    assert records.account == Account(lines=sum(told.values()), **told)
    records.engine.disconnect()
