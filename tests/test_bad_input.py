"""Whatever is wrong with the input: one line that names it and the mend, status 2, and nothing lost.

Most cases call the front door in this process (`catpool.main`, as `python -m catpool` does); what has to do with
signals, pipes, locks and ports starts real processes.
"""

import errno
import gzip
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import catpool

CELL_STRONG = Path(__file__).resolve().parent / "recordings" / "cell-strong"
RATE_HZ = 1e6
EXPORT_HEADER = "record_type,calling,called,imsi,imei,start_time,duration,lac,ci\n"
EXPORT = EXPORT_HEADER + "".join(
    f"MO,86139{i % 7:08d},86138{i:08d},46000{i % 7:010d},35{i % 7:013d},2026-03-04 09:{i % 60:02d}:00,{30 + i},4301,"
    f"{100 + i % 3}\n"
    for i in range(60)
)
CELLS_HEADER = "lac,ci,lat,lon,azimuth\n"
READINGS_HEADER = (
    "t_s,kit,lat,lon,hdop,speed_mps,course_deg,tune_mhz,freq_mhz,slot,rssi_dbfs,gain_db,noise_dbfs,snr_db,clip,"
    "n_bursts,det\n"
)


def reading(t_s: float, lat: float = 39.9) -> str:
    return f"{t_s},kit-1,{lat + t_s * 1e-5:.6f},116.4,0.8,5,90,897.4,897.4,2,-60,30,-90,30,0,10,1\n"


READINGS = READINGS_HEADER + "".join(reading(i) for i in range(30))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the front door said."""

    status: int
    out: str
    err: str


Knock = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CATPOOL_HOME, and a working folder beside it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def knock(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Knock:
    """Calls `catpool ARGUMENTS` in this process."""

    def call(*arguments: object, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["catpool", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            catpool.main()
        said = capfd.readouterr()
        return Answer(int(left.value.code or 0), said.out, said.err)

    return call


def refused(answer: Answer, *words: str) -> None:
    """Status 2, nothing on standard output, one line on standard error with these words in it."""
    assert (answer.status, answer.out) == (2, ""), answer
    assert answer.err.startswith("catpool: "), answer.err
    assert answer.err.count("\n") == 1, answer.err
    for word in words:
        assert word in answer.err, answer.err


def process(*arguments: object, cwd: Path | None = None) -> "subprocess.Popen[str]":
    """`python -m catpool ARGUMENTS`, left running."""
    command = [sys.executable, "-m", "catpool", *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
    )


def ended(started: "subprocess.Popen[str]") -> Answer:
    out, err = started.communicate(timeout=60)
    return Answer(started.returncode, out, err)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; SQLite's side files and locks are no data."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


# Captures


def write_capture(name: str, octets: bytes | None, meta: object = None, **changes: object) -> Path:
    """A SigMF pair in the working folder; `changes` are keys of `global`."""
    meta_path = Path(f"{name}.sigmf-meta")
    if octets is not None:
        Path(f"{name}.sigmf-data").write_bytes(octets)
    if meta is None:
        head = {"core:datatype": "cu8", "core:sample_rate": RATE_HZ, "core:version": "1.0.0"}
        segments = [{"core:sample_start": 0, "core:frequency": 939e6}]
        meta = {"global": head, "captures": segments, "annotations": []}
    if isinstance(meta, dict):
        kept = {f"core:{key}": value for key, value in changes.items()}
        meta = meta | {"global": {k: v for k, v in (meta["global"] | kept).items() if v is not None}}
    meta_path.write_text(meta if isinstance(meta, str) else json.dumps(meta), encoding="utf-8")
    return meta_path


def on_air(count: int) -> bytes:
    """The first `count` samples of a strong cell on ARFCN 20, cu8 at 1 Msps."""
    with (CELL_STRONG / "capture.sigmf-data").open("rb") as file:
        return file.read(2 * count)


def noise(count: int, level: float) -> bytes:
    drawn = np.random.default_rng(1).standard_normal(2 * count) * level + 127.5
    return np.clip(drawn, 0, 255).astype(np.uint8).tobytes()


TWO_SEGMENTS = [{"core:sample_start": 500, "core:frequency": 939e6}, {"core:sample_start": 0, "core:frequency": 940e6}]
BAD_PAIRS: dict[str, tuple[bytes | None, object, dict[str, object], str]] = {
    "empty": (b"", None, {}, "empty"),
    "odd": (bytes(1001), None, {}, "truncated"),
    "altered": (bytes(1000), None, {"sha512": "0" * 128}, "altered"),
    "no-data": (None, None, {}, "is missing"),
    "not-json": (bytes(1000), '{"global": ', {}, "not JSON"),
    "a-list": (bytes(1000), "[1, 2]", {}, "no `global`"),
    "datatype": (bytes(1000), None, {"datatype": "cx12_le"}, "cx12_le"),
    "rate-0": (bytes(1000), None, {"sample_rate": 0}, "sample_rate 0"),
    "rate-text": (bytes(1000), None, {"sample_rate": "fast"}, "'fast'"),
    "no-rate": (bytes(1000), None, {"sample_rate": None}, "--rate HZ"),
    "order": (bytes(2000), {"global": {"core:datatype": "cu8", "core:sample_rate": 1e6}, "captures": TWO_SEGMENTS}, {},
              "core:sample_start 0"),
    "no-segment": (bytes(2000), {"global": {"core:datatype": "cu8", "core:sample_rate": 1e6}, "captures": []}, {},
                   "--freq HZ"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PAIRS)
def test_a_recording_that_is_none_is_refused(knock: Knock, name: str) -> None:
    octets, meta, changes, word = BAD_PAIRS[name]
    path = write_capture(name, octets, meta, **changes)
    before = contents(Path.cwd())
    refused(knock("decode", path, "--json"), name, word)
    assert contents(Path.cwd()) == before


def test_captures_that_are_not_there_or_no_files_are_refused(knock: Knock) -> None:
    Path("folder").mkdir()
    Path("meta-folder.sigmf-meta").mkdir()
    Path("lone.sigmf-data").write_bytes(bytes(1000))
    refused(knock("decode", "missing.sigmf-meta"), "missing.sigmf-meta: no such file")
    refused(knock("decode", "folder"), "folder")
    refused(knock("decode", "meta-folder.sigmf-meta"), "is a folder")
    refused(knock("decode", "lone"), "lone.sigmf-meta is missing")
    refused(knock("decode", "/dev/null"), "not a file")
    refused(knock("decode", "nul\0byte"), "cannot be opened")
    refused(knock("decode", "ftp://example"), "'ftp'")
    refused(knock("decode", "modem:///dev/x"), "survey")
    refused(knock("survey", "missing.cu8", "--rate", "1e6", "--freq", "939e6", "--keep"), "no such file")
    refused(knock("listen", "missing.cu8", "--rate", "1e6", "--freq", "939e6", "--keep"), "no such file")


RAW_MISUSE: dict[str, tuple[tuple[str, ...], str]] = {
    "no-rate": (("a.cu8",), "--rate HZ and --freq HZ"),
    "no-freq": (("a.cu8", "--rate", "1e6"), "--freq HZ"),
    "rate-0": (("a.cu8", "--freq", "939e6", "--rate", "0"), "'0'"),
    "rate-negative": (("a.cu8", "--freq", "939e6", "--rate", "-5"), "'-5'"),
    "rate-nan": (("a.cu8", "--freq", "939e6", "--rate", "nan"), "'nan'"),
    "rate-inf": (("a.cu8", "--freq", "939e6", "--rate", "1e400"), "'1e400'"),
    "rate-word": (("a.cu8", "--freq", "939e6", "--rate", "abc"), "'abc'"),
    "rate-too-low": (("a.cu8", "--freq", "939e6", "--rate", "1000"), "--rate 1000"),
    "freq-word": (("a.cu8", "--rate", "1e6", "--freq", "abc"), "'abc'"),
    "format": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--format", "mp3"), "'mp3'"),
    "arfcn": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--arfcn", "5000"), "5000"),
    "ccch-conf": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--ccch-conf", "9"), "'--ccch-conf'"),
    "suffix": (("a.bin", "--rate", "1e6", "--freq", "939e6"), "--format"),
    "odd": (("odd.cu8", "--rate", "1e6", "--freq", "939e6"), "truncated"),
    "empty": (("empty.cu8", "--rate", "1e6", "--freq", "939e6"), "empty"),
    "not-numbers": (("nan.cf32", "--rate", "1e6", "--freq", "939e6"), "not a number"),
}


@pytest.mark.parametrize("name", RAW_MISUSE)
def test_raw_captures_with_wrong_options_are_refused(knock: Knock, name: str) -> None:
    Path("a.cu8").write_bytes(bytes(1000))
    Path("a.bin").write_bytes(bytes(1000))
    Path("odd.cu8").write_bytes(bytes(1001))
    Path("empty.cu8").write_bytes(b"")
    Path("nan.cf32").write_bytes(np.full(2000, np.nan, np.float32).tobytes())
    arguments, word = RAW_MISUSE[name]
    refused(knock("decode", *arguments, "--json"), word)


NO_CELL: dict[str, tuple[Callable[[], bytes], float]] = {
    "silence": (lambda: bytes([127]) * 200_000, RATE_HZ),
    "five-milliseconds": (lambda: on_air(5000), RATE_HZ),
    "clipped-noise": (lambda: noise(100_000, 400.0), RATE_HZ),
    "noise": (lambda: noise(100_000, 20.0), RATE_HZ),
    "half-the-rate": (lambda: on_air(200_000), RATE_HZ / 2),
    "double-the-rate": (lambda: on_air(200_000), RATE_HZ * 2),
}


@pytest.mark.parametrize("name", NO_CELL)
def test_no_cell_is_no_error_and_names_the_strongest_carriers(knock: Knock, name: str) -> None:
    draw, rate_hz = NO_CELL[name]
    answer = knock("decode", write_capture(name, draw(), sample_rate=rate_hz), "--json")
    assert (answer.status, answer.out) == (0, ""), answer
    assert "no GSM cell found" in answer.err
    assert "Strongest carriers: " in answer.err
    assert " MHz " in answer.err


# Frames


def frame_lines() -> list[str]:
    return (CELL_STRONG / "frames-arfcn20.jsonl").read_text(encoding="utf-8").splitlines()[:10]


def broken_lines() -> list[str]:
    """Twelve lines that are no frame."""
    line = json.loads(frame_lines()[0])
    changes = [{"fn": 2_715_648}, {"fn": -1}, {"fn": 10**30}, {"l2": "2b" * 22}, {"l2": "zz" * 23}, {"arfcn": -5}]
    wrong = [json.dumps(line | change) for change in changes]
    return ['{"fn":', "[]", "null", '{"fn":"x","l2":""}', "\ufffd\x00", json.dumps(line | {"time": "noon"}), *wrong]


def test_broken_lines_among_frames_are_counted_and_the_stream_goes_on(knock: Knock) -> None:
    good, bad = frame_lines(), broken_lines()
    Path("good.jsonl").write_text("\n".join(good), encoding="utf-8")
    Path("mixed.jsonl").write_text("\n".join([good[0], *bad, *good[1:]]), encoding="utf-8")
    clean, mixed = (
        knock("listen", "--frames", "good.jsonl", "--json"),
        knock("listen", "--frames", "mixed.jsonl", "--json"),
    )
    assert (mixed.status, mixed.out) == (0, clean.out)
    counted = next(line for line in mixed.err.splitlines() if line.startswith("lines that are no frame: "))
    assert sum(int(word) for word in counted.split() if word.isdigit()) == len(bad)


def test_frames_that_are_none_are_refused(knock: Knock, home: Path) -> None:
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("binary.jsonl").write_bytes(np.random.default_rng(2).bytes(3000))
    Path("broken.jsonl").write_text("\n".join(broken_lines()), encoding="utf-8")
    Path("folder").mkdir()
    for name, word in (
        ("empty.jsonl", "empty"),
        ("binary.jsonl", "JSON"),
        ("broken.jsonl", "1 LENGTH"),
        ("missing.jsonl", "No such file"),
        ("folder", "directory"),
    ):
        refused(knock("listen", "--frames", name, "--json"), name, word)
    refused(knock("listen", "--frames", "empty.jsonl", "--keep"), "empty.jsonl")
    refused(knock("listen"), "SOURCE")
    refused(knock("listen", "a.cu8", "--frames", "empty.jsonl"), "--frames")
    refused(knock("listen", "--frames", "empty.jsonl", "--start", "noon"), "'noon'")
    refused(knock("signatures", "no-such-signature"), "no-such-signature")


# Exports


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


# Drives and leads

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


# Databases


def commands_on(name: str) -> list[tuple[str, ...]]:
    """Commands that open the database, with inputs made by `write_inputs`."""
    both = [("listen", "--frames", "frames.jsonl", "--keep")]
    if name == "journal.sqlite":
        return [
            *both,
            ("sensor", "--once", "short.sigmf-meta"),
            ("survey", "short.sigmf-meta", "--keep"),
            ("detection", "--once"),
        ]
    return [
        *both,
        ("detection", "--once"),
        ("serve", "--port", "0"),
        ("leads",),
        ("leads", "export", "L-1"),
        ("cells", "import", "cells.csv"),
        ("locate", "drive.csv", "--for", "L-1"),
        ("cdr", "rank", "export.csv", "--keep", "--out", "out"),
        ("cdr", "rank", "export.csv", "--clear", "--case", "5", "--out", "out"),
        ("user", "add", "bao", "--role", "field"),
        ("user", "list"),
    ]


def write_inputs() -> None:
    Path("frames.jsonl").write_text("\n".join(frame_lines()), encoding="utf-8")
    Path("cells.csv").write_text(f"{CELLS_HEADER}4301,100,39.9,116.4,0\n", encoding="utf-8")
    Path("drive.csv").write_text(READINGS, encoding="utf-8")
    Path("export.csv").write_text(EXPORT, encoding="utf-8")
    write_capture("short", on_air(5000))


def make_newer(path: Path, table_set: str = "") -> None:
    """The database as a later catpool would leave it: by its version, or by a migration of one set of tables."""
    with closing(sqlite3.connect(path)) as base:
        if table_set:
            base.execute(
                "INSERT INTO _sqlite_migrations VALUES (NULL, ?, '99 of tomorrow', '2031-01-01')", (table_set,)
            )
        else:
            base.execute("PRAGMA user_version = 99")
        base.commit()
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@pytest.mark.parametrize("name", ["journal.sqlite", "catpool.sqlite"])
@pytest.mark.parametrize("state", ["newer", "garbage", "folder"])
def test_a_database_that_cannot_be_used_is_named_and_left_alone(
    knock: Knock, home: Path, name: str, state: str
) -> None:
    write_inputs()
    (home / "catpool.toml").parent.mkdir()
    (home / "catpool.toml").write_text('[sensor]\ngpsd = ""\n', encoding="utf-8")
    assert knock("listen", "--frames", "frames.jsonl", "--keep").status == 0
    assert knock("user", "list").status == 0
    base = home / name
    if state == "newer":
        make_newer(base)
    else:
        base.unlink()
        Path(f"{base}-wal").unlink(missing_ok=True)
        Path(f"{base}-shm").unlink(missing_ok=True)
    if state == "garbage":
        base.write_bytes(b"GIF89a, and no database at all. " * 200)
    elif state == "folder":
        base.mkdir()
    before = contents(home).get(name)
    for arguments in commands_on(name):
        answer = knock(*arguments, stdin="correct horse battery\n")
        refused(answer, str(base))
        assert contents(home).get(name) == before, arguments
        assert not Path("out").exists() or not list(Path("out").glob("*.csv")), arguments
    doctor = knock("doctor")
    assert doctor.status == 2
    assert str(base) in doctor.out


def test_accounts_of_a_newer_version_are_left_alone(knock: Knock, home: Path) -> None:
    assert knock("user", "list").status == 0
    make_newer(home / "catpool.sqlite", "catpool web")
    before = dump(home / "catpool.sqlite")
    for arguments in (("user", "list"), ("user", "add", "bao", "--role", "field"), ("serve", "--port", "0")):
        refused(knock(*arguments, stdin="correct horse battery\n"), "newer version", "99 of tomorrow")
    assert dump(home / "catpool.sqlite") == before


def dump(path: Path) -> list[str]:
    """All that a database holds, as SQL."""
    with closing(sqlite3.connect(path)) as base:
        return list(base.iterdump())


# The home and its settings


def test_a_home_that_cannot_be_written_is_refused(knock: Knock, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inputs()
    Path("a-file").write_text("kept", encoding="utf-8")
    for folder in ("a-file", "a-file/below", "/proc/nowhere"):
        monkeypatch.setenv("CATPOOL_HOME", folder)
        for arguments in (
            ("sensor", "--once", "short.sigmf-meta"),
            ("detection", "--once"),
            ("serve", "--port", "0"),
            ("leads",),
            ("listen", "--frames", "frames.jsonl", "--keep"),
            ("survey", "short.sigmf-meta", "--keep"),
            ("cells", "import", "cells.csv"),
            ("locate", "drive.csv", "--for", "L-1"),
            ("cdr", "rank", "export.csv", "--out", "out"),
            ("user", "list"),
            ("demo", "--once"),
        ):
            refused(knock(*arguments), folder, "CATPOOL_HOME")
    assert Path("a-file").read_text(encoding="utf-8") == "kept"
    assert not list(Path("out").glob("*.*"))


WRONG_SETTINGS = {
    "[sensor]\ngian_db = 3\n": "gian_db",
    '[sensor]\ngain_db = "loud"\n': "gain_db",
    '[sensor]\nkeep_days = "x"\n': "keep_days",
    "[senser]\n": "senser",
    "sensor = 3\n": "sensor",
    "[sensor\n": "TOML",
    "\x00\x01": "TOML",
}


@pytest.mark.parametrize("text", WRONG_SETTINGS)
def test_wrong_settings_are_refused(knock: Knock, home: Path, text: str) -> None:
    home.mkdir()
    (home / "catpool.toml").write_text(text, encoding="utf-8")
    word = WRONG_SETTINGS[text]
    refused(knock("sensor", "--seconds", "0.1"), "catpool.toml", word)
    assert (home / "catpool.toml").read_text(encoding="utf-8") == text
    doctor = knock("doctor")
    assert doctor.status == 2
    assert word in doctor.out
    answer = knock("settings")
    assert (answer.status, answer.err.count("\n")) == (2, 1), answer


def test_a_disk_that_is_full_loses_nothing_that_was_kept(knock: Knock, home: Path) -> None:
    """A store that may grow no further stands for a full disk: SQLite gives the same error."""
    write_inputs()
    assert knock("listen", "--frames", "frames.jsonl", "--keep").status == 0
    with full_disk(home):
        before = dump(home / "catpool.sqlite")
        cells = "".join(f"4301,{n},39.9,116.4,0\n" for n in range(2000))
        Path("many.csv").write_text(CELLS_HEADER + cells, encoding="utf-8")
        refused(knock("cells", "import", "many.csv"), "the disk")
        assert dump(home / "catpool.sqlite") == before
    assert knock("cells", "import", "many.csv").status == 0


@contextmanager
def full_disk(home: Path) -> Iterator[None]:
    """Limits the size of files this process writes to what the store has already."""
    import resource

    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((home / "catpool.sqlite").stat().st_size + 8192, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_home_of_somebody_else_is_refused(knock: Knock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may enter any folder, so what the system would say is put into its mouth."""

    def closed() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/closed/catpool.toml")

    monkeypatch.setattr("sensor.home.find_home", closed)
    refused(knock("settings"), "/closed/catpool.toml", "CATPOOL_HOME")


# Servers and devices


@contextmanager
def server(*says: bytes) -> Iterator[str]:
    """A TCP server on this machine that says something to each caller and hangs up; gives host:port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    for said in says:
                        caller.sendall(said)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_radio_server_that_is_none_is_refused(knock: Knock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"127.0.0.1:{taken.getsockname()[1]}"
    radio = ("--rate", "1e6", "--freq", "939e6")
    refused(knock("decode", f"rtl_tcp://{away}", *radio), away, "rtl_tcp")
    with server(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 3) as garbage:
        refused(knock("survey", f"rtl_tcp://{garbage}", *radio), garbage)
    with server(b"RTL0\0\0") as torn:
        refused(knock("listen", f"rtl_tcp://{torn}", *radio), torn)
    refused(knock("decode", "rtl_tcp://127.0.0.1:port", *radio), "port")
    refused(knock("decode", "rtl_tcp://127.0.0.1:99999", *radio), "99999")


def test_a_modem_that_is_none_is_refused(knock: Knock) -> None:
    Path("no-tty").write_text("kept", encoding="utf-8")
    refused(knock("survey", "modem:///dev/no-such-modem"), "/dev/no-such-modem")
    refused(knock("survey", f"modem://{Path('no-tty').resolve()}"), "no-tty")
    refused(knock("survey", "modem:///dev/null"), "/dev/null")
    refused(knock("survey", "modem://"), "modem://")
    assert Path("no-tty").read_text(encoding="utf-8") == "kept"


# Processes


def test_a_port_in_use_is_refused(knock: Knock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(knock("serve", "--port", port), f"port {port}")
    refused(knock("serve", "--port", "99999"), "99999")
    refused(knock("serve", "--host", "no.such.host.invalid", "--port", "0"), "no.such.host.invalid")


def wait_for(started: "subprocess.Popen[str]", path: Path) -> None:
    for _ in range(600):
        if path.exists() and path.read_text(encoding="utf-8", errors="replace").strip():
            return
        assert started.poll() is None, started.communicate()
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


@pytest.mark.parametrize("command", ["sensor", "detection"])
def test_a_second_start_is_refused_and_the_first_ends_on_ctrl_c(knock: Knock, home: Path, command: str) -> None:
    home.mkdir()
    text = '[sensor]\ngpsd = ""\nsource = "rtl_tcp://127.0.0.1:9"\nfrequencies_hz = [939e6]\n'
    (home / "catpool.toml").write_text(text, encoding="utf-8")
    first = process(command)
    try:
        wait_for(first, home / f"{command}.lock")
        refused(knock(command), f"process {first.pid}")
        assert first.poll() is None
        time.sleep(0.3)
        first.send_signal(signal.SIGINT)
        answer = ended(first)
    finally:
        first.kill()
    assert answer.status == 0, answer
    assert "Traceback" not in answer.err
    assert f"catpool {command}: ended" in answer.err


def test_serve_ends_on_ctrl_c(home: Path) -> None:
    started = process("serve", "--port", "0")
    try:
        assert started.stderr is not None
        assert "the map is at" in started.stderr.readline()
        started.send_signal(signal.SIGINT)
        answer = ended(started)
    finally:
        started.kill()
    assert answer.status == 0, answer
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("command", ["decode", "listen"])
def test_ctrl_c_leaves_without_a_traceback(home: Path, command: str) -> None:
    long = write_capture("long", on_air(1_600_000) * 4)
    started = process(command, long, "--json")
    try:
        assert started.stdout is not None
        assert json.loads(started.stdout.readline())
        started.send_signal(signal.SIGINT)
        answer = ended(started)
    finally:
        started.kill()
    assert answer.status == 130, answer
    assert answer.err.strip() == ""  # click ends the line that the terminal's ^C stands on


@pytest.mark.parametrize(
    "arguments",
    [
        ("decode", CELL_STRONG / "capture.sigmf-meta", "--json"),
        ("listen", "--frames", "frames.jsonl", "--json"),
        ("settings",),
    ],
)
def test_a_reader_that_leaves_early_is_no_error(home: Path, arguments: tuple[object, ...]) -> None:
    write_inputs()
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "catpool", *map(str, arguments)]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(write_end)
    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr


def test_output_that_cannot_be_written_is_said(home: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "catpool", "decode", str(CELL_STRONG / "capture.sigmf-meta"), "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
