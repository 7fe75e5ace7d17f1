"""`catpool decode` and `catpool survey` as people and scripts call them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_gpsd import fake_gpsd
from fake_rtl_tcp import FakeRtlTcp

from sensor.journal import Journal
from sensor.readings import Position

CUTS = Path(__file__).parent / "recordings"
STRONG = str(CUTS / "cell-strong" / "capture.sigmf-meta")
FIELDS = "rat band carrier_hz arfcn bsic mcc mnc lac ci power_dbfs snr_db ppm neighbours t3212_min neci ccch_conf"


def run(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"CATPOOL_HOME": str(home)} if home else {})
    command = [sys.executable, "-m", "catpool", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_decode_writes_a_line_of_json_a_block() -> None:
    done = run("decode", STRONG, "--json")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 67
    assert lines[0] == {
        "arfcn": 20,
        "band": "GSM900",
        "carrier_hz": 939000000,
        "bsic": 25,
        "fn": 4337,
        "channel": "BCCH",
        "l2": "59061a00000000001000200000000000000000ffe50400",
    }
    pagings = [line for line in lines if "paged" in line]
    assert pagings
    assert all(line["l2"][8:] == "2b" * 19 for line in pagings)
    assert "1 cell." in done.stderr
    assert "ARFCN 20  BSIC 25" in done.stderr


def test_decode_speaks_to_people() -> None:
    done = run("decode", STRONG)
    assert done.stdout.splitlines()[0] == "ARFCN 20  BSIC 25  frame    4337  BCCH  system information 2"
    assert "identities blanked" in done.stdout


def test_survey_lists_cells_and_keeps_them(tmp_path: Path) -> None:
    done = run("survey", str(CUTS / "two-cells" / "capture"), "--json", "--keep", home=tmp_path)
    assert done.returncode == 0, done.stderr
    cells = [json.loads(line) for line in done.stdout.splitlines()]
    assert [cell["ci"] for cell in cells] == [3306, 3305]
    assert set(FIELDS.split()) | {"blocks", "bad_blocks"} == set(cells[0])
    assert [cell["mnc"] for cell in cells] == ["00", "00"]
    assert cells[0]["power_dbfs"] - cells[1]["power_dbfs"] == pytest.approx(8, abs=0.5)
    assert [cell["ppm"] for cell in cells] == pytest.approx([18, 18], abs=0.1)
    assert cells[0]["neighbours"] == [70, 85]
    with Journal.open(tmp_path / "journal.sqlite", read_only=True) as journal:
        kept = [reading for _, reading in journal.cells()]
    assert sorted(reading.identity.ci or 0 for reading in kept) == [3305, 3306]


def test_survey_hears_a_live_dongle(tmp_path: Path) -> None:
    octets = (CUTS / "cell-strong" / "capture.sigmf-data").read_bytes()
    options = ["--rate", "1e6", "--freq", "939e6", "--seconds", "2.5", "--keep", "--json"]
    with FakeRtlTcp(octets, rate_hz=2e6) as server, fake_gpsd(Position(24.48, 118.09)) as gps:
        (tmp_path / "catpool.toml").write_text(f'[sensor]\ngpsd = "{gps}"\n')
        done = run("survey", server.url, *options, home=tmp_path)
    assert done.returncode == 0, done.stderr
    (cell,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (cell["arfcn"], cell["bsic"], cell["ci"]) == (20, 25, 3305)
    assert cell["blocks"] > 70
    with Journal.open(tmp_path / "journal.sqlite", read_only=True) as journal:
        ((_, kept),) = journal.cells()
    assert (kept.stamp.position, kept.stamp.source) == (Position(24.48, 118.09), server.url)
    assert kept.stamp.clock in ("gps", "ntp", "free")


def test_no_cell_is_status_0_and_the_strongest_carriers(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(90, 166, 400_000).astype(np.uint8)
    (tmp_path / "noise.cu8").write_bytes(noise.tobytes())
    done = run("decode", str(tmp_path / "noise.cu8"), "--rate", "1e6", "--freq", "939e6", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no GSM cell found" in done.stderr
    assert "Strongest carriers: " in done.stderr
    assert "939.0 MHz" in done.stderr


def test_an_arfcn_outside_the_capture_is_said(tmp_path: Path) -> None:
    done = run("decode", STRONG, "--arfcn", "99", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "ARFCN 99 (954.8 MHz) does not lie in what the capture covers." in done.stderr


@pytest.mark.parametrize(
    ("name", "octets", "options"),
    [
        ("empty.cu8", b"", ["--rate", "1e6", "--freq", "939e6"]),
        ("odd.cs16", b"\0" * 4001, ["--rate", "1e6", "--freq", "939e6"]),
        ("norate.cu8", b"\x80" * 4000, []),
        ("unknown.dat", b"\x80" * 4000, ["--rate", "1e6", "--freq", "939e6"]),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, name: str, octets: bytes, options: list[str]) -> None:
    (tmp_path / name).write_bytes(octets)
    done = run("decode", str(tmp_path / name), *options, "--json")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("length", [2, 10, 1000, 10_000])
def test_short_captures_are_no_trouble(tmp_path: Path, length: int) -> None:
    (tmp_path / "short.cu8").write_bytes(Path(STRONG).with_suffix(".sigmf-data").read_bytes()[:length])
    done = run("decode", str(tmp_path / "short.cu8"), "--rate", "1e6", "--freq", "939e6")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("rate", ["1", "100", "48000", "1e12"])
def test_a_rate_that_no_receiver_has_is_refused(tmp_path: Path, rate: str) -> None:
    (tmp_path / "wrong.cu8").write_bytes(b"\x80" * 4000)
    done = run("decode", str(tmp_path / "wrong.cu8"), "--rate", rate, "--freq", "939e6")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a receiver's rate" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("rate", ["2.4e6", "2e7"])
def test_a_wrong_rate_finds_no_cell(tmp_path: Path, rate: str) -> None:
    (tmp_path / "wrong.cu8").write_bytes(Path(STRONG).with_suffix(".sigmf-data").read_bytes()[:400_000])
    done = run("decode", str(tmp_path / "wrong.cu8"), "--rate", rate, "--freq", "939e6")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "no GSM cell found" in done.stderr
