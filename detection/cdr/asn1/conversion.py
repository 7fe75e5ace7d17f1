"""From an ASN.1 file to lines of CSV, one a record, for the path of the text exports; nothing is written anywhere.

A call told in several records (long calls: causeForTerm 1 or 2, sequenceNumber) counts once: its first record is the
call, with its own duration; the later ones say where the phone was, as records of kind "other".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detection.cdr.asn1 import recognition
from detection.cdr.asn1.ber import Window
from detection.cdr.asn1.charging import ChargingFile
from detection.cdr.asn1.definitions import MISSING, are_installed
from detection.cdr.asn1.frames import Entry, Fault
from detection.cdr.asn1.rows import COLUMNS, DURATION, IMSI, KIND, OTHER, START
from detection.cdr.asn1.tap import TapFile
from detection.cdr.columns import Layout, what_is_missing
from detection.cdr.lines import chunks
from detection.cdr.times import WAYS, TimeReading
from detection.errors import ExportError

BATCH = 20_000
SAMPLE = 4_000
GZIP = b"\x1f\x8b"
HEAD = 1 << 17
MOST_OPEN_CALLS = 200_000
REFERENCE = len(COLUMNS) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines of a file: `text` holds those that are records, `line` the place of each within the batch."""

    text: bytes
    line: list[int]
    lines: int
    faults: list[tuple[int, str, str]]  # place within the batch, what the record calls itself, why it is none


@dataclass(frozen=True, slots=True)
class Asn1File:
    """A TAP3 or TS 32.298 file; `kind` is a key of recognition.KNOWN."""

    path: Path
    kind: str
    gzipped: bool
    encoding: str
    encoding_reason: str
    layout: Layout
    about: dict[str, str]

    def batches(self, notes: list[str]) -> Iterator[Batch]:
        """The records in order. Puts sentences on what is odd about the whole file into `notes`. Raises ExportError."""
        window = Window(chunks(self.path, self.gzipped))
        file = _open(self.kind, window)
        calls = Calls()
        rows: list[str] = []
        line: list[int] = []
        faults: list[tuple[int, str, str]] = []
        count = 0
        for part in file:
            if isinstance(part, Fault):
                faults.append((count, part.what, f"at octet {part.place}: {part.reason}"))
            else:
                calls.count_once(part)
                rows.append(",".join(part.row))
                line.append(count)
            count += 1
            if count == BATCH:
                yield _batch(rows, line, count, faults)
                rows, line, faults, count = [], [], [], 0
        if count:
            yield _batch(rows, line, count, faults)
        notes.extend(file.notes)
        if window.cut and self.gzipped:
            notes.append("its gzip file is cut off or damaged")

    def describe(self) -> dict[str, Any]:
        """What the whole file holds: how many records of each kind, over which time, how many that are none."""
        notes: list[str] = []
        kinds: dict[str, int] = {}
        first, last, faults = "", "", 0
        for batch in self.batches(notes):
            faults += len(batch.faults)
            for text in batch.text.decode().splitlines():
                row = text.split(",")
                kinds[row[KIND]] = kinds.get(row[KIND], 0) + 1
                first = min(first or row[START], row[START])
                last = max(last, row[START])
        told = {**self.about, "records": sum(kinds.values()), "kinds": dict(sorted(kinds.items())), "unread": faults}
        return {**told, "first": first, "last": last, "notes": notes}


def told_lines(told: dict[str, Any]) -> list[str]:
    """A description of a file for people."""
    lines = []
    if "sender" in told:
        created = f", made at {told['created']}" if "created" in told else ""
        number = f", file {told['sequence']}" if "sequence" in told else ""
        lines.append(f"  from {told['sender']} to {told.get('recipient', '?')}{number}{created}")
    if "content" in told:
        lines.append(f"  it is {told['content']}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in told["kinds"].items())
    lines.append(
        f"  {told['records']} records" + (f" ({kinds})" if kinds else "") + f", {told['unread']} that can't be read"
    )
    if told["first"]:
        lines.append(f"  {told['first']} to {told['last']}")
    return [*lines, *(f"  note: {note}" for note in told["notes"])]


@dataclass(slots=True)
class Calls:
    """Calls told in several records, while they go on."""

    going_on: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def count_once(self, entry: Entry) -> None:
        """Makes a later record of a call one of kind "other"."""
        if not entry.part and not self.going_on:
            return
        row = entry.row
        key = (row[IMSI], row[REFERENCE], row[OTHER])
        later = key in self.going_on or entry.part in ("next", "last")
        if entry.part in ("first", "next"):
            self.going_on[key] = None
            if len(self.going_on) > MOST_OPEN_CALLS:
                del self.going_on[next(iter(self.going_on))]
        elif later:
            self.going_on.pop(key, None)
        if later:
            row[KIND], row[DURATION] = "other", ""


def look_at_asn1(path: Path) -> Asn1File | None:
    """What an ASN.1 file is, with the layout of its lines; None where it is none.

    Raises ExportError where it is BER of another kind, or the extra is missing.
    """
    gzipped, head, size = _head(path)
    kind = recognition.recognise(head, size)
    if not kind:
        if other := recognition.foreign(head, size):
            raise ExportError(f"export {path}: {other}")
        return None
    name = recognition.KNOWN[kind]
    if not are_installed():
        raise ExportError(f"export {path}: {name}; {MISSING}")
    file = _open(kind, Window(chunks(path, gzipped)))
    rows: list[tuple[str, ...]] = []
    for seen, part in enumerate(file):
        if isinstance(part, Entry):
            rows.append(tuple(part.row))
        if len(rows) >= SAMPLE or seen > 10 * SAMPLE:
            break
    about = {"format": name, **file.about}
    encoding = f"{about['format']}, BER" if kind == "tap" else name
    return Asn1File(path, kind, gzipped, encoding, "its first octets say so", lay_out(kind, rows), about)


def _head(path: Path) -> tuple[bool, bytes, int | None]:
    """(whether it is gzip, first octets unpacked, size if it can be told)."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        size = path.stat().st_size
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error
    if head.startswith(GZIP):
        return True, next(chunks(path, True), b"")[:HEAD], None
    return False, head, size


def _open(kind: str, window: Window) -> TapFile | ChargingFile:
    return TapFile(window) if kind == "tap" else ChargingFile(window, kind)


def _batch(rows: list[str], line: list[int], count: int, faults: list[tuple[int, str, str]]) -> Batch:
    text = ("\n".join(rows) + "\n").encode() if rows else b""
    return Batch(text, line, count, faults)


def lay_out(kind: str, rows: list[tuple[str, ...]]) -> Layout:
    """The layout of the lines: the columns are the same in every file."""
    source = "TD.57" if kind == "tap" else "TS 32.298"
    roles = {role: at for at, role in enumerate(COLUMNS.values()) if role is not None}
    way = next(way for way in WAYS if way.name == "ISO")
    reasons = dict.fromkeys(roles, f"a field of {source}")
    return Layout(
        delimiter=",",
        fields=len(COLUMNS),
        header_line=None,
        names=tuple(COLUMNS),
        roles=roles,
        reasons=reasons,
        time=TimeReading(way, f"times of {source}, with their offset from UTC", offsets=True),
        missing=what_is_missing(roles),
        rows=tuple(rows),
    )
