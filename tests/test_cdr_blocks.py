"""Blocks of lines as whole columns: each step against a plain reading of the same texts, one at a time."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from cdr_exports import HEADER, export, plain, read, rows

from detection.cdr import lines
from detection.cdr.cut import cut_block
from detection.cdr.cutting import split_quoted
from detection.cdr.digits import PAD, Column, code_of, codes, keys, text_of, words_over
from detection.cdr.identities import luhn_digits
from detection.cdr.lexicon import Lexicon
from detection.cdr.lines import TextFile, whole_records
from detection.cdr.moments import NO_OFFSET, UNREAD, Clock
from detection.cdr.pseudonyms import Names, letters_of
from detection.cdr.records import TEMPORARY, remove_litter
from detection.cdr.slabs import Slabs
from detection.cdr.times import PARTS, WAYS, offset_of, read_both, read_one
from detection.errors import ExportError

TEXTS = [
    "", "0", "00", "12", "13800000000", "8613800000000", "+8613800000000", "460001234567890", "12345678",
    "1234567890123456", "12345678901234567", "12a", "+", "1 2", "::::::::", "1234567:", "主叫", "106-95588", "+1+2",
]  # fmt: skip


def column_of(texts: list[str]) -> Column:
    octets = [text.encode() for text in texts]
    data = np.frombuffer(b" " * PAD + b"|".join(octets) + b" " * PAD, np.uint8)
    length = np.array([len(text) for text in octets])
    starts = PAD + np.cumsum(length + 1) - length - 1
    return Column(data, words_over(data), starts, starts + length)


def test_codes_are_those_of_single_texts() -> None:
    made = codes(column_of(TEXTS)).tolist()
    assert made == [code_of(text) for text in TEXTS]
    assert all(text_of(code) == text for code, text in zip(made, TEXTS, strict=True) if code > 0)


def test_a_lexicon_numbers_texts_as_they_come() -> None:
    texts = [*TEXTS, *(f"cell {at % 7_000}" for at in range(20_000)), *TEXTS]
    column, lexicon = column_of(texts), Lexicon()
    known: list[str] = []
    ids = lexicon.look_up(keys(column), lambda new: known.extend(column.text(row) for row in new.tolist()))
    assert [known[at] for at in ids.tolist()] == texts
    assert known == list(dict.fromkeys(texts))
    assert len(lexicon) == len(known)


MOMENT = datetime(2026, 3, 4, 9, 5, 7, tzinfo=UTC)
WRITTEN = {
    "ISO": [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M:%S.123",
        "%Y-%m-%dT%H:%M:%S+08:00",
        "%Y/%-m/%-d %-H:%M:%S",
        "%Y-%m-%d",
    ],
    "yyyymmddHHMMSS": ["%Y%m%d%H%M%S", "%Y%m%d%H%M%S+0800", "%Y%m%d%H%M%SZ", "%Y%m%d%H%M"],
    "yymmddHHMMSS": ["%y%m%d%H%M%S", "%y%m%d%H%M%S+0330"],
    "yyyymmddHHMM": ["%Y%m%d%H%M", "19%y%m%d%H%M"],
    "day/month/year": ["%d/%m/%Y %H:%M:%S", "%-d/%-m/%Y %H:%M:%S", "%d/%m/%Y"],
    "day-MON-year": ["%d-%b-%Y %H:%M:%S"],
    "Unix seconds": ["%s", "%s.5"],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_times_are_read_as_one_by_one(name: str) -> None:
    way = next(way for way in WAYS if way.name == name)
    steps = (0, 59, 3600, 86_399, 40 * 86_400, 300 * 86_400)
    texts = [(MOMENT + timedelta(seconds=step)).strftime(form) for step in steps for form in WRITTEN[name]]
    texts += ["", "2026-02-30 10:00:00", "20260230100000", "rubbish", "2026-03-04 25:00:00", "2026-03-04 09:12:61"]
    asked: list[str] = []

    def ask(rows: list[tuple[str, ...]]) -> list[tuple[int | None, int | None]]:
        asked.extend(text for (text,) in rows)
        return [(read_one(way, text), offset_of(text)) for (text,) in rows]

    seconds, offset = Clock([way], ask).read([column_of(texts * 3)])
    for text, moment, east in zip(texts * 3, seconds.tolist(), offset.tolist(), strict=True):
        assert (None if moment == UNREAD else moment) == read_one(way, text), text
        if moment != UNREAD and not way.universal:
            assert (None if east == NO_OFFSET else east) == offset_of(text), text
    assert way.months or len(asked) < len(texts) * 2


def test_a_date_and_a_time_of_day_are_one_moment() -> None:
    date, clock = (next(way for way in PARTS if way.name == name) for name in ("yyyymmdd", "HH:MM:SS"))
    moments = [MOMENT + timedelta(seconds=step * 7_919) for step in range(50)]
    days, times = ([moment.strftime(form) for moment in moments] for form in ("%Y%m%d", "%H:%M:%S"))

    def ask(rows: list[tuple[str, ...]]) -> list[tuple[int | None, int | None]]:
        return [(read_both(date, day, clock, time), None) for day, time in rows]

    seconds, _ = Clock([date, clock], ask).read([column_of(days), column_of(times)])
    assert seconds.tolist() == [int(moment.timestamp()) for moment in moments]


LINES = [
    "a,b,c", '"a","b","c"', '"a,1",b,"c"', '"",b,', 'a,"b""2",c', 'a,b"x,c', "a,b", "a,b,c,d", "", '"a,b,c', "x,y,z",
    'a,"two', 'lines",c', "\x00,b,c", "a,b\x1e,c", ",,", '"a" ,b, "c"',
]  # fmt: skip


def test_a_block_is_cut_as_its_lines_are() -> None:
    block = cut_block(("\n".join(LINES) + "\n").encode(), ",", 3, "utf-8")
    read = {int(cut.line[row]): cut.texts(row) for cut in block.cuts for row in range(len(cut.line))}
    odd = {told.line: told.reason or f"{told.width} fields" for told in block.odd}
    assert block.lines == len(LINES)
    assert odd == {
        6: "2 fields", 7: "4 fields", 8: "1 fields", 9: "unterminated quote",
        13: "NUL byte in the line", 14: "control character in the line",
    }  # fmt: skip
    assert read.pop(11) == ["a", "two lines", "c"]
    assert {at: split_quoted(LINES[at], ",") for at in read} == read
    assert sorted([*read, *odd, 11, 12]) == list(range(len(LINES)))


def test_small_blocks_read_as_a_large_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [plain(row) for row in rows(400)]
    told[50] = told[50].replace(rows(400)[50].other, '"x\ny"')
    told[90] = 'MOC,"' + told[90][4:]
    path = tmp_path / "export.csv"
    path.write_text("\r\n".join([HEADER, *told[:200], "", *told[150:]]), encoding="utf-8")
    whole = read(path)
    monkeypatch.setattr(lines, "CHUNK", 777)
    parts = read(path)
    assert parts.account == whole.account
    assert list(parts.rejects) == list(whole.rejects)
    assert parts.table.order_by("row").to_pyarrow() == whole.table.order_by("row").to_pyarrow()


def test_no_block_ends_within_a_quoted_record() -> None:
    raws = [b'a,b\nc,"d\n', b'e"\nf,"g"\n', b'h,"']
    assert list(whole_records(raws, ",")) == [b"a,b\n", b'c,"d\ne"\nf,"g"\n', b'h,"']


def test_a_line_without_end_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1_000)
    monkeypatch.setattr(lines, "CHUNK", 512)
    path = tmp_path / "endless.csv"
    path.write_bytes(b"a,b\n" + b"x" * 100_000 + b"\nc,d\n")
    source = lines.Lines(TextFile(path, False, "utf-8", "", ()), ",")
    blocks = list(source)
    assert max(map(len, blocks)) < 6_000
    assert b"".join(blocks).count(b"\n") == 3


def test_pseudonyms_of_many_are_those_of_one() -> None:
    names, identities = Names(b"k" * 32), [f"1380000{at:04d}" for at in range(300)]
    letters = letters_of(names.digests("num", identities))
    assert [f"num-{told.decode()}" for told in letters] == [names.of("num", identity) for identity in identities]


def test_check_digits() -> None:
    assert luhn_digits(np.array([49_015_420_323_751])).tolist() == [8]  # TS 23.003 annex B's way, a known IMEI


def test_identities_stay_out_of_the_file_that_records_are_put_by_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets: list[bytes] = []

    def write(self: Slabs, part: memoryview) -> None:
        octets.append(bytes(part))
        original(self, part)

    original = Slabs._write
    monkeypatch.setattr(Slabs, "_write", write)
    path = tmp_path / "export.csv"
    path.write_text(export(), encoding="utf-8")
    assert read(path).account.accepted == 120
    written = b"".join(octets)
    assert len(written) > 120 * 50
    for row in rows():
        for identity in (row.imsi, row.imei, row.number, row.other):
            assert identity.encode() not in written
            assert int(identity).to_bytes(8, "little") not in written
            assert code_of(identity).to_bytes(8, "little") not in written
    assert [entry.name for entry in tmp_path.iterdir()] == ["export.csv"]


def test_a_full_disk_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Slabs, part: memoryview) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Slabs, "_write", full)
    path = tmp_path / "export.csv"
    path.write_text(export(), encoding="utf-8")
    with pytest.raises(ExportError, match=r"no room to put the records by \(No space left on device\).*TMPDIR") as told:
        read(path)
    assert "\n" not in str(told.value)


def test_litter_of_a_killed_run_goes(tmp_path: Path) -> None:
    dead, living = tmp_path / f"{TEMPORARY}4999999", tmp_path / f"{TEMPORARY}{os.getpid()}"
    for folder in (dead, living):
        folder.mkdir()
        (folder / "spill.tmp").write_bytes(b"x")
    remove_litter(tmp_path)
    assert list(tmp_path.iterdir()) == [living]
