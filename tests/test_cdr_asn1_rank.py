"""The same calls as CSV, as TAP3 and as TS 32.298: the same suspects; each record accounted for, files described."""

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import asn1_exports as files
import pytest
from cdr_exports import rows
from click.testing import CliRunner, Result

from detection.cdr_cli import cdr
from detection.town import city

HEADER = "record_type,imsi,imei,msisdn,other_party,start_time,duration,lac,ci"


@dataclass(frozen=True)
class Leg:
    """A call of a made-up city; what Row tells, told by the city itself."""

    outgoing: bool
    imsi: str
    imei: str
    number: str
    other: str
    t_s: int
    duration_s: int
    lac: int
    ci: int

    @property
    def line(self) -> str:
        kind = "MOC" if self.outgoing else "MTC"
        time = files.local(self.t_s, "%Y-%m-%dT%H:%M:%S") + "+08:00"
        party = f"{self.imsi},{self.imei},{self.number},{self.other}"
        return f"{kind},{party},{time},{self.duration_s},{self.lac},{self.ci}"


def legs(made: city.City) -> list[Leg]:
    """Calls of a city whose numbers a record of either format can hold."""
    lines = csv.DictReader(city.csv_lines(made))
    found = []
    for line in lines:
        kind, imsi, imei, number, other, start, duration, lac, ci = list(line.values())[:9]
        if kind in (city.TYPE_WORDS[0], city.TYPE_WORDS[1]) and other.isdigit():
            t_s = files.seconds(start)
            outgoing = kind == city.TYPE_WORDS[0]
            found.append(Leg(outgoing, imsi, imei, number, other, t_s, int(duration), int(lac), int(ci)))
    return found


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def suspects(folder: Path, name: str, octets: bytes) -> tuple[str, str]:
    """(suspects.csv, leads.json) of an export."""
    (folder / name).write_bytes(octets)
    result = run("rank", folder / name, "--timezone", "Asia/Shanghai", "--out", folder / f"out-{name}")
    assert result.exit_code == 0, result.output
    out = folder / f"out-{name}"
    return (out / "suspects.csv").read_text(encoding="utf-8"), (out / "leads.json").read_text(encoding="utf-8")


def test_the_same_calls_give_the_same_suspects(tmp_path: Path) -> None:
    made = legs(city.make(45, 250, 1, boxes={"naive": 1}))
    plain = suspects(tmp_path, "calls.csv", "\n".join([HEADER, *(leg.line for leg in made)]).encode())
    assert plain[0].count("\n") > 5
    tap = files.tap_by_hand((files.tap_event_by_hand(leg, True) for leg in made), indefinite=True)
    assert suspects(tmp_path, "calls.tap.gz", gzip.compress(tap)) == plain
    assert suspects(tmp_path, "calls.dat", files.packed(map(files.cs_by_hand, made))) == plain


def test_every_record_is_accounted_for(tmp_path: Path) -> None:
    records = [files.cs_by_hand(row) for row in rows(50)]
    records[7] = records[7].replace(b"\x81\x08", b"\x81\x03", 1)
    whole = b"".join(records) + records[3] + records[4][:30]
    (tmp_path / "calls.cdr").write_bytes(whole)
    result = run("rank", tmp_path / "calls.cdr", "--clear", "--case", "1/26", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Lines read: 52 = 49 accepted + 1 duplicates + 2 rejected + 0 header + 0 blank." in result.output
    with (tmp_path / "out" / "rejects.csv").open(encoding="utf-8", newline="") as stream:
        told = list(csv.DictReader(stream))
    assert [line["line"] for line in told] == ["8", "52"]
    place = len(b"".join(records[:7]))
    assert told[0]["reason"].startswith(f"at octet {place}: ")
    assert told[1]["reason"].endswith("the file is cut off 30 octets into this record")


def test_a_folder_holds_files_under_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    made = rows(30)
    (folder / "CDCHNCTGBRCM00042").write_bytes(files.tap_by_hand(map(files.tap_event_by_hand, made[:20])))
    (folder / "CDCHNCTGBRCM00043").write_bytes(files.tap_notification())
    (folder / "b00001.ber").write_bytes(b"".join(map(files.cs_by_hand, made[20:])))
    (folder / "README").write_text("not an export", encoding="utf-8")
    result = run("rank", folder, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Lines read: 30 = 30 accepted" in result.output


def test_inspect_says_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "calls.tap"
    path.write_bytes(files.tap_file([files.tap_event(row) for row in rows(30)], count=31))
    text = run("inspect", path).output
    assert "TAP 3.12, BER" in text
    assert "from CHNCT to GBRCM, file 00042" in text
    assert "30 records (20 moc, 10 mtc), 0 that can't be read" in text
    assert "2026-03-02T00:00:00+08:00 to 2026-03-02T00:46:53+08:00" in text
    assert "it says that it holds 31 events, and holds 30" in text
    told = json.loads(run("inspect", path, "--json").output)
    assert told["asn1"]["records"] == 30
    assert "460001000000000" not in text


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (files.tap_notification(), "no line of 0 is a call record: it is a notification that there were no calls"),
        (files.element("7f8416", files.element("5f8144", b"CHNCT")), "a RAP file"),
        (files.cs_by_hand(rows(1)[0])[:40], "no line of 1 is a call record"),
    ],
)
def test_a_file_without_calls_is_refused_in_one_line(octets: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.tap"
    path.write_bytes(octets)
    result = run("rank", path, "--out", tmp_path / "out")
    assert result.exit_code != 0
    assert told in str(result.exception)
    assert "\n" not in str(result.exception)
