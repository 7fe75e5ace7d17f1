"""Refused lines: any number of them, in order, with what may be shown of each."""

import csv
import errno
import os
import tempfile
from pathlib import Path
from typing import IO

import pytest
from cdr_exports import HEADER, plain, read, rows

from detection.cdr import rejects
from detection.cdr.leads_file import prepare_folder, write_rejects
from detection.cdr.rejects import Reject, Rejects
from detection.errors import ExportError

TOLD = [
    Reject("b.csv" if at % 3 else "a.csv", at * 7 % 101 + 1, "imsi", f"46000{at} Li", "no party") for at in range(100)
]


@pytest.fixture
def blocks_of_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "BLOCK", 7)


@pytest.mark.usefixtures("blocks_of_seven")
@pytest.mark.parametrize("clear", [True, False])
def test_rejects_come_back_in_order(clear: bool) -> None:
    made = Rejects(clear)
    for reject in TOLD:
        made.add(reject)
    assert len(made) == 100
    assert made.reasons == {"no party": 100}
    assert made.earliest == TOLD[0]
    expected = sorted(TOLD, key=lambda reject: (reject.file, reject.line))
    assert [reject.shown for reject in made] == [reject.shown for reject in expected]
    assert [(reject.file, reject.line) for reject in made] == [(reject.file, reject.line) for reject in expected]
    if clear:
        assert list(made) == expected


@pytest.mark.usefixtures("blocks_of_seven")
def test_what_is_put_by_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[IO[bytes]] = []

    def temporary() -> IO[bytes]:
        files.append(real())
        return files[-1]

    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", temporary)
    hidden, clear = Rejects(), Rejects(True)
    for reject in TOLD:
        hidden.add(reject)
        clear.add(reject)
    assert len(files) == 1  # none under a case
    assert len([reject for reject in hidden if "460" in reject.value or "Li" in reject.value]) == 100 % 7
    assert all("460" in reject.value for reject in clear)


@pytest.mark.usefixtures("blocks_of_seven")
def test_every_bad_line_is_written_by_number(tmp_path: Path) -> None:
    told = [plain(row) for row in rows(300)]
    bad = set(range(10, 300, 20))
    lines = [line.rsplit(",", 1)[0] if at in bad else line for at, line in enumerate(told)]
    for at in (200, 205):
        lines[at] = told[at].replace(f",{rows(300)[at].ci},", ",3Z,")  # told last, when all cells are known
    bad |= {200, 205}
    path = tmp_path / "export.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    records = read(path)
    write_rejects(tmp_path / "rejects.csv", records.rejects, hide=True)
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as stream:
        assert [int(row["line"]) for row in csv.DictReader(stream)] == [at + 2 for at in sorted(bad)]


def test_no_rejects_are_a_header_alone(tmp_path: Path) -> None:
    write_rejects(tmp_path / "rejects.csv", Rejects(), hide=True)
    assert (tmp_path / "rejects.csv").read_text(encoding="utf-8") == "file,line,column,value,reason\n"


@pytest.mark.usefixtures("blocks_of_seven")
def test_a_full_disk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> IO[bytes]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    made = Rejects()
    for reject in TOLD[:6]:
        made.add(reject)
    with pytest.raises(ExportError, match=r"no room to note refused lines \(No space left on device\).*TMPDIR"):
        made.add(TOLD[6])


def test_what_a_killed_run_left_half_written_goes(tmp_path: Path) -> None:
    for name in (".victims.csv.0a1b2c3d", ".suspects.csv.0a1b2c3d", ".catpool-0a1b2c3d", ".mine", "suspects.csv"):
        (tmp_path / name).touch()
    prepare_folder(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".mine", "suspects.csv"]
