"""Exports, cells, drives and leads that are none: one line that names them and the mend, status 2, nothing lost."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from front_door import (
    CELLS_HEADER,
    EXPORT,
    EXPORT_HEADER,
    READINGS,
    READINGS_HEADER,
    Knock,
    contents,
    reading,
    refused,
)


def workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


NO_EXPORTS: dict[str, tuple[bytes, str]] = {
    "picture.csv": (b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00", "GIF"),
    "page.csv": (b"<!DOCTYPE html>\n<html><body>Login</body></html>\n", "web page"),
    "paper.csv": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "PDF"),
    "sheet.csv": (workbook(), "workbook"),
    "sheet.xlsx": (workbook(), "workbook"),
    "empty.csv": (b"", "empty"),
    "blank.csv": (b"\n\n\n", "no line"),
    "header.csv": (EXPORT_HEADER.encode(), "record"),
    "header-utf16.csv": (EXPORT_HEADER.encode("utf-16"), "record"),
    "no-time.csv": (b"calling,called\n" + b"13900000000,13800000000\n" * 20, "time"),
    "letter.csv": (b"Dear sir,\nplease find attached\nthe file, as asked\n" * 5, "time"),
    "zeros.csv": (bytes(3000), "binary"),
    "records.json": (b'[{"a": 1}, {"a": 2}]', "JSON"),
    "one-column.csv": (b"a\n" + b"1\n" * 50, "delimiter"),
    "torn.parquet": (b"PAR1 nonsense", "Parquet"),
}


@pytest.mark.parametrize("name", NO_EXPORTS)
def test_what_is_no_export_is_refused_and_leaves_no_results(knock: Knock, name: str) -> None:
    octets, word = NO_EXPORTS[name]
    Path(name).write_bytes(octets)
    refused(knock("cdr", "inspect", name, "--json"), name, word)
    earlier = Path("out")
    earlier.mkdir()
    (earlier / "suspects.csv").write_text("of an earlier run", encoding="utf-8")
    refused(knock("cdr", "rank", name, "--out", "out", "--json"), name, word)
    assert contents(earlier) == {"suspects.csv": b"of an earlier run"}


def test_an_export_cut_off_or_in_utf_16_is_read_as_far_as_it_goes(knock: Knock) -> None:
    Path("good.csv").write_text(EXPORT, encoding="utf-8")
    Path("wide.csv").write_bytes(EXPORT.encode("utf-16"))
    Path("cut.csv.gz").write_bytes(gzip.compress(EXPORT.encode())[:300])
    good, wide = (knock("cdr", "rank", name, "--out", name + ".out", "--json") for name in ("good.csv", "wide.csv"))
    assert (good.status, good.out) == (wide.status, wide.out)
    cut = knock("cdr", "rank", "cut.csv.gz", "--out", "cut.out")
    assert cut.status == 0
    assert "cut.csv.gz is cut off" in cut.err


def test_wrong_options_of_rank_are_refused_before_anything_is_written(knock: Knock, home: Path) -> None:
    Path("good.csv").write_text(EXPORT, encoding="utf-8")
    Path("a-file").write_text("kept", encoding="utf-8")
    Path("picture.csv").write_bytes(NO_EXPORTS["picture.csv"][0])
    rank = ("cdr", "rank", "good.csv")
    refused(knock(*rank), "'--out'")
    refused(knock("cdr", "rank", "missing.csv", "--out", "out"), "missing.csv", "no such file")
    refused(knock(*rank, "picture.csv", "--out", "out"), "picture.csv")
    refused(knock(*rank, "--out", "a-file"), "--out a-file")
    refused(knock(*rank, "--out", "a-file/below"), "--out a-file/below")
    refused(knock(*rank, "--out", "/proc/nowhere"), "--out /proc/nowhere")
    refused(knock(*rank, "--out", "out", "--clear"), "--case NUMBER")
    refused(knock(*rank, "--out", "out", "--case", "5"), "--clear")
    refused(knock(*rank, "--out", "out", "--clear", "--case", " "), "--case")
    refused(knock(*rank, "--out", "out", "--timezone", "Mars/Crater"), "Mars/Crater")
    refused(knock(*rank, "--out", "out", "--engine", "abacus"), "'abacus'")
    assert Path("a-file").read_text(encoding="utf-8") == "kept"
    assert not list(Path("out").glob("*.*"))
    assert not (home / "catpool.sqlite").exists()


BAD_CELLS: dict[str, tuple[bytes, str]] = {
    "high.csv": (f"{CELLS_HEADER}4301,100,91,116,0\n".encode(), "line 2, column lat"),
    "word.csv": (f"{CELLS_HEADER}4301,100,39.9,east,0\n".encode(), "line 2, column lon"),
    "short.csv": (f"{CELLS_HEADER}4301,100,39.9\n".encode(), "line 2"),
    "twice.csv": (f"{CELLS_HEADER}1,2,39,116,0\n1,2,38,116,0\n".encode(), "line 3"),
    "no-header.csv": (b"4301,100,39.9,116,0\n", "line 1"),
    "header.csv": (CELLS_HEADER.encode(), "no cell"),
    "empty.csv": (b"", "line 1"),
    "picture.csv": (NO_EXPORTS["picture.csv"][0], "UTF-8"),
}


@pytest.mark.parametrize("name", BAD_CELLS)
def test_wrong_cells_are_refused(knock: Knock, home: Path, name: str) -> None:
    octets, word = BAD_CELLS[name]
    Path(name).write_bytes(octets)
    Path("good.csv").write_text(EXPORT, encoding="utf-8")
    refused(knock("cells", "import", name), name, word)
    refused(knock("cdr", "rank", "good.csv", "--cells", name, "--out", "out"), name, word)
    assert not Path("out").exists()
    assert not home.exists()


BAD_READINGS: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "empty"),
    "header.csv": (READINGS_HEADER.encode(), "no reading"),
    "no-header.csv": ("".join(reading(i) for i in range(9)).encode(), "column"),
    "columns.csv": (b"a,b,c\n1,2,3\n", "column"),
    "far.csv": ((READINGS_HEADER + reading(1, 500)).encode(), "lat"),
    "words.csv": ((READINGS_HEADER + reading(1).replace("-60", "loud")).encode(), "rssi_dbfs"),
    "picture.csv": (NO_EXPORTS["picture.csv"][0] + b"\xff", "UTF-8"),
    "no-place.csv": (f"{READINGS_HEADER}1,kit-1,,,,,,897.4,897.4,2,-60,30,-90,30,0,10,1\n".encode(), "position"),
}


@pytest.mark.parametrize("name", BAD_READINGS)
def test_wrong_readings_are_refused(knock: Knock, home: Path, name: str) -> None:
    octets, word = BAD_READINGS[name]
    Path(name).write_bytes(octets)
    refused(knock("locate", name, "--json"), name, word)
    assert not home.exists()


def test_a_wrong_row_among_readings_is_left_out_and_said(knock: Knock) -> None:
    Path("drive.csv").write_text(READINGS + reading(31, 500) + reading(32), encoding="utf-8")
    answer = knock("locate", "drive.csv", "--json")
    assert answer.status == 0, answer
    assert any("1 row left out" in warning and "lat" in warning for warning in json.loads(answer.out)["warnings"])


BAD_LEADS: dict[str, tuple[bytes, str]] = {
    "torn.json": (b'{"area"', "not a LEAD.json"),
    "empty.json": (b"", "not a LEAD.json"),
    "binary.json": (b"\xff\xfe\x00", "not a LEAD.json"),
    "list.json": (b"[]", "not a LEAD.json"),
    "types.json": (b'{"area": 3, "cells": "x"}', "$.area"),
    "turned.json": (b'{"area": {"lat_min": 1, "lon_min": 2, "lat_max": 0, "lon_max": 3}}', "$.area"),
    "step.json": (b'{"cells": [{"rat": "gsm", "lat": 39.9, "lon": 116.4, "timing_advance": [999]}]}', "999"),
}


@pytest.mark.parametrize("name", BAD_LEADS)
def test_a_wrong_lead_file_is_refused(knock: Knock, name: str) -> None:
    octets, word = BAD_LEADS[name]
    Path(name).write_bytes(octets)
    Path("drive.csv").write_text(READINGS, encoding="utf-8")
    refused(knock("locate", "drive.csv", "--lead", name, "--json"), name, word)


def test_leads_that_are_not_there_or_not_leads_are_refused(knock: Knock, home: Path) -> None:
    Path("drive.csv").write_text(READINGS, encoding="utf-8")
    Path("torn.json").write_text('[{"lead":', encoding="utf-8")
    Path("types.json").write_text('[{"lead": "L-1", "score": "high"}]', encoding="utf-8")
    Path("object.json").write_text("{}", encoding="utf-8")
    refused(knock("locate", "drive.csv", "--for", "L-none"), "L-none", "catpool leads")
    refused(knock("leads", "export", "L-none"), "L-none")
    refused(knock("leads", "known", "L-none", "--by", "Wang"), "L-none")
    refused(knock("leads", "known", "L-none", "--by", " "), "--by")
    for name in ("torn.json", "types.json", "object.json", "missing.json"):
        refused(knock("leads", "import", name), name)
    assert knock("leads", "--json").out == ""


def test_unknown_signatures_commands_and_roles_are_refused(knock: Knock) -> None:
    refused(knock("sniff"), "'sniff'", "`catpool --help`")
    refused(knock("user", "add", "bao", "--role", "king", stdin="correct horse battery\n"), "'king'")
    refused(knock("user", "add", "bao", "--role", "field", stdin="short\n"), "password")
    refused(knock("user", "add", "bao", "--role", "field", stdin=""), "password")
    refused(knock("user", "add", "b/../o", "--role", "field", stdin="correct horse battery\n"), "b/../o")
    assert knock("user", "add", "bao", "--role", "field", stdin="correct horse battery\n").status == 0
    refused(knock("user", "add", "bao", "--role", "field", stdin="correct horse battery\n"), "bao", "there is one")
    refused(knock("user", "disable", "nobody"), "nobody")
    refused(knock("user", "password", "nobody", stdin="correct horse battery\n"), "nobody")
