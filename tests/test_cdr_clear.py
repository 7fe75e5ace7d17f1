"""What leaves a ranking without a case names nobody; what holds clear identities is for its owner's eyes."""

import csv
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cdr_exports import HEADER, export, plain, rows
from click.testing import CliRunner, Result

from detection.cdr.masking import inert, shape_of
from detection.cdr_cli import cdr

CLEAR = ("--clear", "--case", "17/26")
Rank = Callable[..., Result]


@pytest.fixture
def rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rank:
    """Ranks a file of this folder into `out`."""
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(name: str, *more: str) -> Result:
        words = ["rank", name, "--timezone", "Asia/Shanghai", "--out", "out", *more]
        return CliRunner().invoke(cdr, words)

    return run


def named(good: int = 120) -> str:
    """An export with a column of names, and three lines that are no records."""
    lines = [f"{plain(row)},{'Li Wei'}" for row in rows()[:good]]
    fields = lines[3].split(",")
    lines += [",".join(["Zhang Sanfeng", "SMS-MT", *fields[2:]]), f"{lines[4]},王小明"]
    lines.append(
        lines[5].replace(",Li Wei", ",", 1).replace("MOC", "=cmd|'/C calc'!A0").replace("MTC", "=cmd|'/C calc'!A0")
    )
    return "\n".join([f"{HEADER},name", *lines]) + "\n"


def test_every_file_under_a_case_is_closed_to_others_and_named(rank: Rank, tmp_path: Path) -> None:
    (tmp_path / "cdr.csv").write_text(export(), encoding="utf-8")
    told = rank("cdr.csv", *CLEAR)
    assert told.exit_code == 0, told.output
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "All 5 files hold clear identities (mode 0600)" in told.output


def test_a_run_without_a_case_leaves_nothing_clear_or_nothing_changed(rank: Rank, tmp_path: Path) -> None:
    (tmp_path / "cdr.csv").write_text(export(), encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    out = tmp_path / "out"
    assert rank("cdr.csv", *CLEAR).exit_code == 0
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert "460001" in before["suspects.csv"].decode()
    assert rank("empty.csv").exit_code != 0
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert rank("cdr.csv").exit_code == 0
    assert sorted(os.listdir(out)) == ["leads.json", "rejects.csv", "suspects.csv"]
    assert not [file for file in out.iterdir() if b"460001" in file.read_bytes()]


def test_names_of_people_stay_in_the_export(rank: Rank, tmp_path: Path) -> None:
    (tmp_path / "cdr.csv").write_text(named(), encoding="utf-8")
    assert rank("cdr.csv").exit_code == 0
    told = (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8")
    looked = CliRunner().invoke(cdr, ["inspect", "cdr.csv"]).output
    for text in (told, looked):
        assert not [name for name in ("Zhang", "Sanfeng", "Li Wei", "王") if name in text], text
    assert len(told.splitlines()) >= 3
    assert "xx xxx" in looked


def test_no_cell_of_a_table_is_a_formula(rank: Rank, tmp_path: Path) -> None:
    (tmp_path / "=1+1.csv").write_text(named(), encoding="utf-8")
    assert rank("=1+1.csv", *CLEAR).exit_code == 0
    for file in (tmp_path / "out").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))], file
    assert "'=1+1.csv" in (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8")


def test_numbers_are_no_formulas() -> None:
    assert [inert(value) for value in ("-33.868820", "+8613800000000", 7, "", "a=b")] == [
        *("-33.868820", "+8613800000000", 7, "", "a=b")
    ]
    assert [inert(value) for value in ("=1", "+1+1", "-cmd", "@SUM(A1)", "\t=1", " =1")] == [
        *("'=1", "'+1+1", "'-cmd", "'@SUM(A1)", "'\t=1", "' =1")
    ]
    assert shape_of("Li Wei, 王 7") == "xx xxx, x #"
