"""The same calls in every encoding of TAP3 and TS 32.298 that exchanges write, and the rows they must give."""

from collections.abc import Callable
from pathlib import Path

import asn1_exports as files
from cdr_exports import Row, rows

from detection.cdr.asn1.ber import Window
from detection.cdr.asn1.charging import ChargingFile
from detection.cdr.asn1.conversion import Asn1File, look_at_asn1
from detection.cdr.asn1.frames import Entry, Fault
from detection.cdr.asn1.tap import TapFile

ROWS = rows(60)
PLAIN = b"".join(files.cs_by_hand(row) for row in ROWS)


def tap_row(row: Row) -> list[str]:
    kind = "moc" if row.outgoing else "mtc"
    time = row.time("%Y-%m-%dT%H:%M:%S") + "+08:00"
    cell = [str(row.lac), str(row.ci), "", "", "", ""]
    return [kind, row.imsi, row.imei, f"86{row.number}", f"86{row.other}", time, str(row.duration_s), *cell]


def cs_row(row: Row) -> list[str]:
    tap = tap_row(row)
    tap[3:5] = [f"+86{row.number}", row.other]
    return [*tap[:11], "answered", f"{row.t_s:08x}"]


def listed(records: bytes) -> bytes:
    """A CallEventDataFile."""
    head = files.element("a0", files.element("80", files.timestamp(ROWS[0].t_s)) + files.element("81", b"\x91\x68"))
    tail = files.element("a2", files.element("84", b"\x3c"))
    return files.element("30", head + files.element("a1", records) + tail)


def old_tap() -> bytes:
    """Release 3.4: numbers as [APPLICATION 33], the IMEI within EquipmentInformation, choices without tags."""
    events = [
        files.element(
            "69" if row.outgoing else "6a",
            files.element(
                "7f8113" if row.outgoing else "7f8119",
                files.element(
                    "7f8147",
                    files.element("5f8101", files.bcd(row.imsi))
                    + files.element("5f8118", files.bcd("86" + row.number)),
                )
                + files.element("7f59" if row.outgoing else "7f29", files.element("5f21", files.bcd("86" + row.other)))
                + files.element(
                    "7f2c", files.element("50", row.time("%Y%m%d%H%M%S").encode()) + files.element("5f8168", b"\x03")
                )
                + files.element("5f815f", row.duration_s.to_bytes(2)),
            )
            + files.element(
                "7f810a",
                files.element(
                    "7f811c",
                    files.element("5f8108", row.lac.to_bytes(2)) + files.element("5f3b", row.ci.to_bytes(3)),
                ),
            )
            + files.element("7f66", files.element("5f8100", files.bcd(row.imei))),
        )
        for row in ROWS
    ]
    return files.tap_by_hand(events, release=4)


FORMS: dict[str, tuple[Callable[[], bytes], Callable[[Row], list[str]]]] = {
    "TAP by pycrate": (lambda: files.tap_file([files.tap_event(row) for row in ROWS]), tap_row),
    "TAP by hand": (lambda: files.tap_by_hand(files.tap_event_by_hand(row) for row in ROWS), tap_row),
    "TAP, indefinite lengths": (
        lambda: files.tap_by_hand((files.tap_event_by_hand(row, True) for row in ROWS), indefinite=True),
        tap_row,
    ),
    "TAP 3.4": (old_tap, tap_row),
    "CS by pycrate": (lambda: b"".join(files.cs_record(files.cs_call(row)) for row in ROWS), cs_row),
    "CS by hand": (lambda: PLAIN, cs_row),
    "CS, indefinite lengths": (lambda: b"".join(files.cs_by_hand(row, True) for row in ROWS), cs_row),
    "CS, padded": (lambda: b"".join(files.cs_by_hand(row).ljust(128, b"\x00") for row in ROWS), cs_row),
    "CS, foreign fields": (
        lambda: b"".join(files.cs_by_hand(row, extra=files.element("df8720", b"vendor")) for row in ROWS),
        cs_row,
    ),
    "CS in a list": (lambda: listed(PLAIN), cs_row),
    "TS 32.297": (lambda: files.packed(files.cs_by_hand(row) for row in ROWS), cs_row),
    "TS 32.297, release 10 on": (lambda: files.packed((files.cs_by_hand(row) for row in ROWS), release=7), cs_row),
    "two files of TS 32.297": (
        lambda: files.packed(map(files.cs_by_hand, ROWS[:20])) + files.packed(map(files.cs_by_hand, ROWS[20:])),
        cs_row,
    ),
}


def write(folder: Path, octets: bytes, name: str = "export") -> Path:
    path = folder / name
    path.write_bytes(octets)
    return path


def opened(path: Path) -> Asn1File:
    file = look_at_asn1(path)
    assert file is not None
    return file


def read(kind: str, octets: bytes, step: int = 1 << 20) -> tuple[list[list[str]], list[Fault], list[str], int]:
    """(rows, faults, notes, records) of octets that come in chunks."""
    window = Window(octets[at : at + step] for at in range(0, len(octets), step))
    file = TapFile(window) if kind == "tap" else ChargingFile(window, kind)
    parts = list(file)
    good = [part.row for part in parts if isinstance(part, Entry)]
    return good, [part for part in parts if isinstance(part, Fault)], file.notes, len(parts)


def rows_of(file: Asn1File) -> list[list[str]]:
    return [line.split(",") for batch in file.batches([]) for line in batch.text.decode().splitlines()]
