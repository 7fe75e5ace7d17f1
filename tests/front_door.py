"""The front door as somebody outside knocks on it: `catpool ARGUMENTS`, what it answers, and inputs to hand it."""

import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

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


def knocker(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Knock:
    """What calls `catpool ARGUMENTS` in this process."""

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


def frame_lines() -> list[str]:
    return (CELL_STRONG / "frames-arfcn20.jsonl").read_text(encoding="utf-8").splitlines()[:10]


def write_inputs() -> None:
    Path("frames.jsonl").write_text("\n".join(frame_lines()), encoding="utf-8")
    Path("cells.csv").write_text(f"{CELLS_HEADER}4301,100,39.9,116.4,0\n", encoding="utf-8")
    Path("drive.csv").write_text(READINGS, encoding="utf-8")
    Path("export.csv").write_text(EXPORT, encoding="utf-8")
    write_capture("short", on_air(5000))


def dump(path: Path) -> list[str]:
    """All that a database holds, as SQL."""
    with closing(sqlite3.connect(path)) as base:
        return list(base.iterdump())
