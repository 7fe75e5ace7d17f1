"""Exports that are refused as a whole: what, where, how to mend, in one line and in a moment."""

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cdr_exports import HEADER, export, plain, read, rows
from click.testing import CliRunner, Result

from detection.cdr import ages
from detection.cdr.export import find_files
from detection.cdr.lines import CHUNK, look_at
from detection.cdr_cli import cdr
from detection.errors import ExportError


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


def zipped(name: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, export())
    return held.getvalue()


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (zipped("cdr.csv"), "a zip archive: unzip it first"),
        (zipped("[Content_Types].xml"), "an Excel workbook: save the sheet as CSV"),
        (b"1,2,3,4,5\t;" * (CHUNK // 8), "no line ends in its first 4 MB"),
    ],
)
def test_what_is_no_export_is_named(octets: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "cdr.csv").write_bytes(octets)
    with pytest.raises(ExportError, match=said.replace("[", r"\[")):
        look_at(tmp_path / "cdr.csv")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cdr.csv")
    with pytest.raises(ExportError, match="not a regular file; it is read twice: save it as a file first"):
        find_files([tmp_path / "cdr.csv"])


def test_inspect_says_that_a_file_is_refused_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ages, "RELEASED", datetime(2020, 1, 1, tzinfo=UTC))
    path = tmp_path / "cdr.csv"
    path.write_text(export(lambda row: plain(row).replace("2026-", "2098-")), encoding="utf-8")
    assert "  refused as a whole: export" in run("inspect", path).output


def test_an_update_in_another_zone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    texts = [plain(row) for row in rows()]
    for name, part in (("1.csv", texts[:60]), ("2.csv", texts[60:])):
        (tmp_path / name).write_text("\n".join([HEADER, *part]) + "\n", encoding="utf-8")
    words = ("--out", tmp_path / "out", "--timezone")
    assert run("update", tmp_path / "1.csv", *words, "Asia/Shanghai").exit_code == 0
    other = run("update", tmp_path / "2.csv", *words, "America/New_York")
    assert "read in America/New_York, but the running state is in Asia/Shanghai" in str(other.exception)
    told = run("update", tmp_path / "2.csv", *words, "Asia/Shanghai")
    assert "holds 120 records" in told.output


def test_imsis_of_test_networks_need_no_header(tmp_path: Path) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(export(lambda row: plain(row).replace("46000", "00101", 1), ""), encoding="utf-8")
    assert read(path).files[0].layout.roles["imsi"] == 1
