"""Records in the future: refused by number where the machine's clock can be believed, so that no state is poisoned."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cdr_exports import HEADER, export, plain, rows
from click.testing import CliRunner, Result

from detection.cdr import ages
from detection.cdr.pseudonyms import Names
from detection.cdr.records import Records, open_engine, read_records
from detection.cdr.update import taking_in
from detection.cdr_cli import cdr
from detection.errors import ExportError

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)  # in these tests the software has been released
NEVER_SET = datetime(1970, 1, 1, 3, tzinfo=UTC)
NAMES = Names(b"k" * 32)


def dated(day: datetime | str, n: int = 120, begin: int = 0) -> list[str]:
    """Good lines of a day (written YYYY-MM-DD) instead of 2026-03-02."""
    text = day if isinstance(day, str) else f"{day:%Y-%m-%d}"
    return [plain(row).replace("2026-03-02", text) for row in rows(n)[begin:]]


def write(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def read(path: Path, now: datetime | None) -> Records:
    return read_records([path], open_engine(500, 1), timezone="Asia/Shanghai", naming=NAMES, now=now)


def update(root: Path, path: Path, now: datetime) -> str:
    """What an update says last: how many records the state then holds."""
    engine = open_engine(500, 1)

    def reading(paths: Sequence[Path]) -> Records:
        return read_records(paths, engine, timezone="Asia/Shanghai", naming=NAMES, now=now)

    with taking_in([path], root, "carrier", NAMES, 8, engine, now, reading) as (_, _, said):
        return said[-1]


def test_a_line_in_the_future_is_refused_by_its_number(tmp_path: Path) -> None:
    lines = dated(NOW - timedelta(days=1))
    lines[4] = dated("2099-01-01")[4]
    lines[7] = dated(NOW + timedelta(days=1))[7]  # another zone, or a clock that is off
    records = read(write(tmp_path / "cdr.csv", lines), NOW)
    assert [(reject.line, reject.column, reject.reason) for reject in records.rejects] == [
        (6, "start_time", "in the future")
    ]
    assert [warning for warning in records.warnings if "2027-01-10 12:00 UTC" in warning and "1 line is" in warning]


def test_an_export_of_the_future_alone_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "cdr.csv", dated("2099-01-01"))
    with pytest.raises(ExportError, match=r"no record but of the future \(120; line 2: 2099-01-01"):
        read(path, NOW)


@pytest.mark.parametrize("now", [None, NEVER_SET])
def test_a_clock_that_was_never_set_refuses_nothing(now: datetime | None, tmp_path: Path) -> None:
    records = read(write(tmp_path / "cdr.csv", dated("2031-05-06")), now)
    assert records.account.accepted == 120
    assert any("clock says 1970-01-01" in warning for warning in records.warnings) == (now is not None)


def test_no_file_of_the_future_changes_the_running_state(tmp_path: Path) -> None:
    good = write(tmp_path / "1.csv", dated(NOW - timedelta(days=1), 60))
    assert "holds 60 records" in update(tmp_path / "cdr", good, NOW)
    with pytest.raises(ExportError, match="no record but of the future"):
        update(tmp_path / "cdr", write(tmp_path / "2.csv", dated("2099-01-01", 80, 60)), NOW)
    rest = write(tmp_path / "3.csv", dated(NOW - timedelta(days=1), 120, 60))
    assert "holds 120 records" in update(tmp_path / "cdr", rest, NOW)


def test_without_a_clock_no_file_pushes_out_all_that_is_held(tmp_path: Path) -> None:
    good = write(tmp_path / "1.csv", dated("2027-01-09", 60))
    assert "holds 60 records" in update(tmp_path / "cdr", good, NEVER_SET)
    with pytest.raises(ExportError, match="clock is not set"):
        update(tmp_path / "cdr", write(tmp_path / "2.csv", dated("2099-01-01", 80, 60)), NEVER_SET)
    rest = write(tmp_path / "3.csv", dated("2027-01-12", 120, 60))
    assert "holds 120 records" in update(tmp_path / "cdr", rest, NEVER_SET)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


def test_the_commands_know_what_time_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(ages, "RELEASED", datetime(2020, 1, 1, tzinfo=UTC))  # whatever this machine's clock says
    lines = export().splitlines()[1:]
    path = write(
        tmp_path / "cdr.csv", [line.replace("2026-03-02", "2019-12-02") for line in lines] + dated("2099-01-01", 1)
    )
    for command in ("rank", "update"):
        told = run(command, path, "--timezone", "UTC", "--out", tmp_path / command)
        assert told.exit_code == 0, told.output
        assert "Note: 1 line is dated more than two days after this machine's clock" in told.output
        with (tmp_path / command / "rejects.csv").open(encoding="utf-8", newline="") as stream:
            assert [row["reason"] for row in csv.DictReader(stream)] == ["in the future"]
    assert "start_time: in the future" in run("inspect", path).output
    alone = write(tmp_path / "alone.csv", dated("2099-01-01"))
    assert "no record but of the future" in str(run("update", alone, "--out", tmp_path / "out").exception)
