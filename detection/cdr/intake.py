"""Files taken in: block by block through cutting and reading, on every core, in the order of the lines.

Only whole numbers are kept. What is no record is told at once, with its line.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow
from numpy.typing import NDArray

from detection.cdr.columns import Layout
from detection.cdr.cut import Block, Cut, OddLine, cut_block
from detection.cdr.digits import Ints
from detection.cdr.door import Door
from detection.cdr.export import ExportFile
from detection.cdr.lines import UNIT, Lines, look_at, whole_records
from detection.cdr.moments import NO_OFFSET
from detection.cdr.reader import RowBlock, batches, row_block
from detection.cdr.rejects import Reject, Rejects
from detection.cdr.slabs import Slabs
from detection.cdr.times import LATEST
from detection.cdr.typed import COLUMNS, Cuttable, Places, Reader, Typed, filled

if TYPE_CHECKING:
    from detection.cdr.asn1.conversion import Asn1File, Batch

SLAB_ROWS = 1 << 20  # rows put by at a time
AHEAD = 2  # blocks a thread in the work
VALUE_SHOWN = 60
CONTROLS = dict.fromkeys(range(32), " ")
IDENTITIES = ("imsi", "imei", "served", "calling", "called", "other")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(slots=True)
class Span:
    """What is known of the times of an export: the first and last as written, and what offsets they carry."""

    first_s: int | None = None
    last_s: int | None = None
    bare: bool = False  # a time without its offset
    offset: bool = False  # a time with another offset than zero


@dataclass(slots=True)
class Intake:
    """Takes files one after another; afterwards `slabs` holds their records (columns row and COLUMNS)."""

    threads: int
    latest_s: int = LATEST  # at and after which a record is in the future
    door: Door = field(default_factory=Door)
    places: Places = field(default_factory=Places)
    lines: int = 0
    records: int = 0
    header: int = 0
    blank: int = 0
    rejected: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    spans: dict[int, int] = field(default_factory=dict)  # row: how many lines more than one its record takes
    times: Span = field(default_factory=Span)
    first_rows: list[tuple[int, ExportFile]] = field(default_factory=list)
    slabs: Slabs = field(default_factory=Slabs)
    _held: dict[str, list[NDArray[Any]]] = field(default_factory=lambda: defaultdict(list))
    _held_rows: int = 0

    def take(self, file: ExportFile, dialect: int, progress: Callable[[float], None]) -> list[str]:
        """Reads a file to its end; gives what is to be said of it."""
        reader = Reader(file.layout, dialect, self.door, self.places, self.latest_s)
        self.first_rows.append((self.lines, file))
        if file.asn1 is not None:
            return self._take_asn1(file, file.asn1, reader)
        return self._take_rows(file, reader) if file.parquet else self._take_lines(file, reader, progress)

    def _take_lines(self, file: ExportFile, reader: Reader, progress: Callable[[float], None]) -> list[str]:
        layout = file.layout
        source = Lines(look_at(file.path), layout.delimiter, layout.wide)
        size = max(1, file.path.stat().st_size)

        def work(raw: bytes) -> tuple[Block, list[tuple[Cut, Typed]]]:
            block = cut_block(raw, layout.delimiter, layout.fields, source.encoding)
            return block, [(cut, reader.read(cut)) for cut in block.cuts]

        for block, read in self._each(work, whole_records(source, layout.delimiter)):
            for cut, typed in read:
                self._keep(cut, typed, file)
                self._keep_spans(cut.spans, typed)
            for odd in block.odd:
                self._tell_odd(odd, file)
            self.lines += block.lines
            progress(min(1.0, source.octets / size))
        if source.cut_off is not None:
            text = source.cut_off.decode(source.encoding, "replace")
            self._tell_odd(OddLine(0, text, "the file is cut off in this line"), file)
            self.lines += 1
        return [f"{file.path} is cut off: the end of the gzip file is missing"] if source.truncated else []

    def _take_asn1(self, file: ExportFile, asn1: "Asn1File", reader: Reader) -> list[str]:
        notes: list[str] = []

        def work(batch: "Batch") -> "tuple[Batch, list[tuple[Cut, Typed]]]":
            block = cut_block(batch.text, ",", file.layout.fields, "utf-8")
            line = np.array(batch.line, np.int64)
            cuts = [replace(cut, line=line[cut.line]) for cut in block.cuts]
            return batch, [(cut, reader.read(cut)) for cut in cuts]

        for batch, read in self._each(work, asn1.batches(notes)):
            for cut, typed in read:
                self._keep(cut, typed, file)
            for line, value, reason in batch.faults:
                self._reject(file, line, "", value, reason)
            self.lines += batch.lines
        return [f"{file.path}: {note}" for note in notes]

    def _take_rows(self, file: ExportFile, reader: Reader) -> list[str]:
        def work(batch: pyarrow.RecordBatch) -> tuple[RowBlock, Typed]:
            rows = row_block(batch)
            return rows, reader.read(rows)

        for cut, typed in self._each(work, batches(file.path)):
            self._keep(cut, typed, file)
            self.lines += len(cut.line)
        return []

    def _each(self, work: Callable[[S], T], items: Iterator[S]) -> Iterator[T]:
        """Results of `work` in the order of the items, a few at a time on every thread."""
        with ThreadPoolExecutor(self.threads) as pool:
            going: deque[Future[T]] = deque()
            try:
                for item in items:
                    going.append(pool.submit(work, item))
                    if len(going) >= self.threads * AHEAD:
                        yield going.popleft().result()
                while going:
                    yield going.popleft().result()
            finally:
                for future in going:
                    future.cancel()

    def _keep(self, cut: Cuttable, typed: Typed, file: ExportFile) -> None:
        columns = [cut.column(at) for at in range(file.layout.fields)] if typed.faults else []
        for row, role, reason in typed.faults:
            self._tell(cut, [column.text(row) for column in columns], row, role, reason, file)
        count = len(typed.line)
        if not count:
            return
        made = typed.columns
        self._held["row"].append(self.lines + typed.line)
        for name in COLUMNS:
            self._held[name].append(made[name])
        self._held_rows += count
        self.records += count
        self._note_times(made["t_s"], made["offset_s"])
        if self._held_rows >= SLAB_ROWS:
            self.flush()

    def _note_times(self, seconds: Ints, offset: Ints) -> None:
        times, first, last = self.times, int(seconds.min()), int(seconds.max())
        times.first_s = first if times.first_s is None else min(first, times.first_s)
        times.last_s = last if times.last_s is None else max(last, times.last_s)
        times.bare = times.bare or bool((offset == NO_OFFSET).any())
        times.offset = times.offset or bool(((offset != NO_OFFSET) & (offset != 0)).any())

    def _keep_spans(self, spans: dict[int, int], typed: Typed) -> None:
        if spans:
            good = set(typed.line.tolist())
            for line, used in spans.items():
                if line in good:
                    self.spans[self.lines + line] = used - 1
                else:
                    self.rejected += used - 1

    @property
    def three_parties(self) -> bool:
        """Whether a file tells the served, the calling and the called number."""
        wanted = {"served", "calling", "called"}
        return any(wanted <= set(file.layout.roles) and "other" not in file.layout.roles for _, file in self.first_rows)

    def flush(self) -> None:
        """Puts by what is held. Raises ExportError where the disk is full."""
        if self._held_rows:
            self.slabs.put(self._held)
            self._held, self._held_rows = defaultdict(list), 0

    def forget_identities(self) -> None:
        """Lets go of the identities as they were written, once they have their names."""
        self.door = Door()

    def _tell(self, cut: Cuttable, texts: list[str], row: int, role: str, reason: str, file: ExportFile) -> None:
        """A row that is no record: a header or a blank line among the records, else a reject."""
        layout = file.layout
        line = int(cut.line[row])
        extra = getattr(cut, "spans", {}).get(line, 1) - 1
        if not file.parquet and not any(text.strip(' \t"') for text in texts):
            self.blank += 1 + extra
            self.rejected -= extra
        elif not file.parquet and _is_header(texts, layout):
            self.header += 1
        elif role:
            at, word = layout.roles[role], role not in IDENTITIES
            self._reject(file, line, layout.names[at], filled(texts[at]) or "", reason, word)
        else:
            self._reject(file, line, "", layout.delimiter.join(texts), reason)

    def _tell_odd(self, odd: OddLine, file: ExportFile) -> None:
        layout = file.layout
        if odd.reason:
            self._reject(file, odd.line, "", odd.text, odd.reason)
        elif not odd.text.strip(f' \t"{layout.delimiter}{UNIT}'):
            self.blank += 1
        elif layout.header_text and odd.text.strip() == layout.header_text:
            self.header += 1
        else:
            reason = f"has {odd.width} fields where the file has {layout.fields}"
            self._reject(file, odd.line, "", odd.text.replace(UNIT, " "), reason)

    def _reject(self, file: ExportFile, line: int, column: str, value: str, reason: str, word: bool = False) -> None:
        within = self.lines - self.first_rows[-1][0] + line + 1
        shown = value[:VALUE_SHOWN].translate(CONTROLS)
        self.rejects.add(Reject(str(file.path), within, column, shown, reason, word))
        self.rejected += 1


def _is_header(texts: list[str], layout: Layout) -> bool:
    if layout.header_line is None:
        return False
    bare = tuple(text.strip().strip("\ufeff\"'") for text in texts)
    return bare == layout.names or tuple(texts) == layout.header_cut
