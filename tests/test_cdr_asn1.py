"""TAP3 and TS 32.298 files: the same lines however encoded, known among other files, described, in bounded room."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import asn1_exports as files
import pytest
from asn1_forms import FORMS, PLAIN, ROWS, opened, read, rows_of, tap_row, write
from cdr_exports import export

from detection.cdr.asn1 import recognition
from detection.cdr.asn1.ber import Window
from detection.cdr.asn1.charging import ChargingFile
from detection.cdr.asn1.conversion import look_at_asn1
from detection.errors import ExportError


@pytest.mark.parametrize("form", FORMS)
def test_every_encoding_gives_the_same_rows(form: str, tmp_path: Path) -> None:
    make, expected = FORMS[form]
    file = opened(write(tmp_path, make()))
    notes: list[str] = []
    batches = list(file.batches(notes))
    assert sum(batch.lines for batch in batches) == len(ROWS)
    assert [batch.faults for batch in batches] == [[]]
    assert notes == []
    assert rows_of(file) == [expected(row) for row in ROWS]


@pytest.mark.parametrize("form", ["TAP by hand", "TAP, indefinite lengths", "CS by hand", "TS 32.297"])
@pytest.mark.parametrize("step", [1, 7, 100, 4096])
def test_chunks_make_no_difference(form: str, step: int, tmp_path: Path) -> None:
    octets = FORMS[form][0]()
    kind = opened(write(tmp_path, octets)).kind
    assert read(kind, octets, step) == read(kind, octets)


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    octets = FORMS["TAP, indefinite lengths"][0]()
    file = opened(write(tmp_path, gzip.compress(octets)))
    assert file.gzipped
    assert rows_of(file) == [tap_row(row) for row in ROWS]
    notes: list[str] = []
    cut = opened(write(tmp_path, gzip.compress(octets)[:-200]))
    assert sum(batch.lines for batch in cut.batches(notes)) <= len(ROWS)
    assert "its gzip file is cut off or damaged" in notes


@pytest.mark.parametrize(
    "text",
    [
        export().encode(),
        export().encode("utf-16"),
        "话单类型,用户号码\n主叫,13800138000\n".encode("gb18030"),
        "被叫,13800138000\n".encode("gb18030"),
        b"1,2,3\n" * 50,
        b"000000010000005000000",
        b"",
        b"a",
        b"\x1f\x8b",
        b"PAR1" + bytes(90),
    ],
)
def test_texts_are_no_asn1(text: bytes, tmp_path: Path) -> None:
    assert recognition.recognise(text, len(text)) == ""
    assert look_at_asn1(write(tmp_path, text)) is None


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (files.element("bf4f", files.element("80", b"\x55") + files.element("83", b"\x64" * 8)), "packet-switched"),
        (files.element("b4", files.element("80", b"\x12") + files.element("83", b"\x64" * 8)), "packet-switched"),
        (files.element("7f8416", files.element("5f8144", b"CHNCT")), "a RAP file"),
        (files.element("31", files.element("a0", b"\x16\x02\x36\x38") + b"\xa1\x03\x02\x01\x01"), "BER, but neither"),
        (files.packed([b"\x60" * 90]).replace(b"\x00\x5a\x60\x26", b"\x00\x5a\x60\x46"), "unaligned PER"),
    ],
)  # fmt: skip
def test_other_asn1_is_named(octets: bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        look_at_asn1(write(tmp_path, octets))


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, PLAIN)
    monkeypatch.setattr("detection.cdr.asn1.conversion.are_installed", lambda: False)
    with pytest.raises(ExportError, match=r"pip install 'catpool\[asn1\]'") as refusal:
        look_at_asn1(path)
    assert "\n" not in str(refusal.value)


def test_a_notification_holds_no_records(tmp_path: Path) -> None:
    file = opened(write(tmp_path, files.tap_notification()))
    told = file.describe()
    assert (told["content"], told["records"]) == ("a notification that there were no calls", 0)


def test_a_file_is_described(tmp_path: Path) -> None:
    told = opened(write(tmp_path, FORMS["TAP by pycrate"][0]())).describe()
    outgoing = sum(row.outgoing for row in ROWS)
    assert told == {
        "format": "TAP 3.12",
        "sender": "CHNCT",
        "recipient": "GBRCM",
        "sequence": "00042",
        "created": "20260303120000",
        "records": len(ROWS),
        "kinds": {"moc": outgoing, "mtc": len(ROWS) - outgoing},
        "unread": 0,
        "first": tap_row(ROWS[0])[5],
        "last": tap_row(ROWS[-1])[5],
        "notes": [],
    }


def test_a_large_file_takes_the_room_of_a_few_chunks(tmp_path: Path) -> None:
    seen: list[int] = []

    def endless() -> Iterator[bytes]:
        for _ in range(400):
            seen.append(len(window.octets))
            yield PLAIN

    window = Window(endless())
    assert sum(1 for _ in ChargingFile(window, "plain")) == 400 * len(ROWS)
    assert max(seen) < 2 * len(PLAIN)
