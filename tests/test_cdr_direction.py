"""Both legs of calls without a record type: the IMSI's own number tells which way each went."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cdr_exports import Row, read, rows
from cdr_exports import export as typed_export
from click.testing import CliRunner

from detection.cdr.direction import MOC, MTC, OTHER, SMO, SMT, learn, not_told, tell
from detection.cdr.direction import Told as Count
from detection.cdr.numbers import CLASSES
from detection.cdr.records import Records
from detection.cdr_cli import cdr
from detection.errors import ExportError
from detection.town import city

HEADER = "imsi,imei,calling_number,called_number,start_time,duration,lac,ci,ta"


def bare(row: Row, swapped: bool | None = None) -> str:
    """A record without its type; the IMSI is the served party's."""
    inward = not row.outgoing if swapped is None else swapped
    parties = (row.other, row.number) if inward else (row.number, row.other)
    return f"{row.imsi},{row.imei},{','.join(parties)},{row.time()},{row.duration_s},{row.lac},{row.ci},{row.ta}"


def export(path: Path, line: Callable[[Row], str] = bare, n: int = 120, header: str = HEADER) -> Records:
    path.write_text("\n".join([header, *map(line, rows(n))]) + "\n", encoding="utf-8")
    return read(path)


def kinds(records: Records) -> list[int]:
    held: list[int] = records.table.order_by("row").kind.to_pyarrow().to_pylist()
    return held


def test_the_imsis_own_number_tells_the_direction(tmp_path: Path) -> None:
    records = export(tmp_path / "cdr.csv")
    typed = tmp_path / "typed.csv"
    typed.write_text(typed_export(), encoding="utf-8")
    told = read(typed)
    names = ("kind", "sim_id", "number_id", "other_id", "other_class", "t_s", "cell", "imei_id")
    assert records.table.order_by("row").select(*names).to_pyarrow() == told.table.order_by("row").select(
        *names
    ).to_pyarrow().cast(records.table.select(*names).schema().to_pyarrow())
    assert records.files[0].layout.missing == ("direction", "result")
    assert any("80 go out, 40 come in" in warning for warning in records.warnings)


def test_outgoing_records_alone_stay_what_they_are(tmp_path: Path) -> None:
    records = export(tmp_path / "cdr.csv", lambda row: bare(row, False))
    assert set(kinds(records)) == {MOC}
    assert not [warning for warning in records.warnings if "which way" in warning]


def test_a_service_column_alone_tells_no_direction(tmp_path: Path) -> None:
    def line(row: Row) -> str:
        return f"{'SMS' if row.t_s % 2 else 'voice'},{bare(row)}"

    records = export(tmp_path / "cdr.csv", line, header=f"service,{HEADER}")
    wanted = [(SMO if row.t_s % 2 else MOC) if row.outgoing else (SMT if row.t_s % 2 else MTC) for row in rows()]
    assert kinds(records) == wanted


def test_what_cannot_be_told_counts_as_no_call() -> None:
    mobile, service = CLASSES.index("mobile"), CLASSES.index("service")
    classes = np.array([mobile, mobile, mobile, mobile, service, mobile, CLASSES.index("none")], np.int8)
    records = {
        "sim_id": np.array([0, 0, 1, 1, 2, 3, 4, 5]),
        "kind": not_told(np.full(8, MOC)).astype(np.int8),
        "number_id": np.array([0, 2, 1, 3, 4, 0, 5, 2]),  # calling
        "other_id": np.array([3, 0, 0, 1, 5, 2, 3, 3]),  # called
        "other_class": np.full(8, mobile, np.int8),
    }
    owners = learn([records], 6, 6)
    assert owners.number.tolist() == [0, 1, -1, -1, -1, -1]
    told = Count()
    tell(records, owners, classes, told)
    # SIM 2: a service rang it; SIM 3: number 0 is SIM 0's, so it was rung; SIMs 4 and 5: nobody can say
    assert records["kind"].tolist() == [MOC, MTC, MOC, MTC, MTC, MTC, OTHER, OTHER]
    assert records["number_id"].tolist() == [0, 0, 1, 1, 5, 2, -1, -1]
    assert records["other_id"].tolist() == [3, 2, 0, 3, 4, 0, -1, -1]
    assert records["other_class"][4] == service
    assert (told.out, told.inward, told.untold) == (2, 4, 2)


def test_outgoing_records_need_no_imsi(tmp_path: Path) -> None:
    records = export(tmp_path / "cdr.csv", lambda row: bare(row, False).split(",", 1)[1], header=HEADER[5:])
    assert set(kinds(records)) == {MOC}
    assert "record_type" in records.files[0].layout.missing


def test_both_legs_by_devices_without_an_imsi_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="holds both legs of calls, and neither a record type nor an IMSI"):
        export(tmp_path / "cdr.csv", lambda row: bare(row).split(",", 1)[1], header=HEADER[5:])


def test_calls_that_stand_there_twice_are_both_legs(tmp_path: Path) -> None:
    def both(row: Row) -> str:
        parties = f"{row.number},{row.other},{row.time()},{row.duration_s}"
        later = replace(row, t_s=row.t_s + 3).time()
        return f"{parties},{row.lac},{row.ci},1\n{parties.replace(row.time(), later)},{row.lac},{row.ci + 500},1"

    with pytest.raises(ExportError, match="holds both legs of calls"):
        export(tmp_path / "cdr.csv", both, header=HEADER.split(",", 2)[2])


@pytest.mark.parametrize("command", ["rank", "update"])
def test_a_town_without_record_types_is_not_accused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    made = city.make(45, 500, 1, boxes={"naive": 1})
    lines = []
    for row in csv.DictReader(city.csv_lines(made)):
        own, other = row["msisdn"], row["other_party"]
        way = "calls" if row["record_type"] in ("MOC", "SMS-MO") else "called"
        parties = (own, other) if way == "calls" else (other, own)
        service = "SMS" if row["record_type"].startswith("SMS") else "voice"
        place = [row[name] for name in ("start_time", "duration", "lac", "ci", "ta")]
        lines.append(",".join([service, row["imsi"], row["imei"], *parties, *place]))
    path = tmp_path / "cdr.csv"
    path.write_text("\n".join([f"service,{HEADER}", *lines]) + "\n", encoding="utf-8")
    told = CliRunner().invoke(cdr, [command, str(path), "--timezone", "Asia/Shanghai", "--out", str(tmp_path / "o")])
    assert told.exit_code == 0, told.output
    with (tmp_path / "o" / "suspects.csv").open(encoding="utf-8", newline="") as stream:
        raised = [row for row in csv.DictReader(stream) if row["lead"]]
    assert 0 < len(raised) <= 40  # most of 500 were, when each record counted as an outgoing call
    assert "Note: no column tells which way a call went" in told.output
