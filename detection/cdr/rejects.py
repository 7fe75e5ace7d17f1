"""Lines that are no records, told by number, however many there are: a block of them is held, the others are packed.

Packed ones lie in a temporary file without a name, as they may be shown: without identities and names. Under a case,
which shows them in clear, they stay in memory (some 20 octets each).
"""

import heapq
import io
import json
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from detection.cdr.masking import shape_of, without_digits
from detection.errors import ExportError

BLOCK = 10_000  # rejects that are packed together

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no record, with what is wrong; columns of rejects.csv."""

    file: str
    line: int
    column: str
    value: str
    reason: str
    word: bool = False  # of a column of times, cells or the export's own words: letters name nobody

    @property
    def shown(self) -> str:
        """The value without identities and names."""
        return without_digits(self.value) if self.word else shape_of(self.value)

    @property
    def key(self) -> Key:
        return self.file, self.line

    def hidden(self) -> "Reject":
        """The same with nothing but what may be shown."""
        return Reject(self.file, self.line, self.column, self.shown, self.reason, word=True)


@dataclass(slots=True)
class Rejects:
    """Rejects, taken in any order, given in that of files and lines. `clear`: values are kept as they are."""

    clear: bool = False
    earliest: Reject | None = None  # of the lowest line, in clear
    reasons: Counter[str] = field(default_factory=Counter)
    _held: list[Reject] = field(default_factory=list)
    _packed: list[tuple[Key, int, int]] = field(default_factory=list)  # first key, place, length
    _file: BinaryIO | None = None

    def add(self, reject: Reject) -> None:
        """Raises ExportError where the disk is full."""
        if self.earliest is None or reject.line < self.earliest.line:
            self.earliest = reject
        self.reasons[reject.reason] += 1
        self._held.append(reject)
        if len(self._held) >= BLOCK:
            self._pack()

    def _pack(self) -> None:
        rejects = sorted(self._held if self.clear else [reject.hidden() for reject in self._held], key=_key)
        rows = [(r.file, r.line, r.column, r.value, r.reason, r.word) for r in rejects]
        octets = zlib.compress(json.dumps(rows).encode(), 1)
        try:
            if self._file is None:
                unnamed = io.BytesIO() if self.clear else tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
                self._file = cast(BinaryIO, unnamed)
            place = self._file.seek(0, io.SEEK_END)
            self._file.write(octets)
            self._file.flush()
        except OSError as error:
            raise ExportError(
                f"{tempfile.gettempdir()}: no room to note refused lines ({error.strerror}); "
                "free some, or set TMPDIR to a folder on a larger disk, and start again"
            ) from error
        self._packed.append((rejects[0].key, place, len(octets)))
        self._held.clear()

    def _unpack(self, place: int, length: int) -> Iterator[Reject]:
        assert self._file is not None
        self._file.seek(place)
        return (Reject(*row) for row in json.loads(zlib.decompress(self._file.read(length))))

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return self.reasons.total()

    def __iter__(self) -> Iterator[Reject]:
        """A block is opened when its first line's turn comes: few overlap."""
        waiting = sorted(self._packed, reverse=True)
        going: list[tuple[Key, int, Reject, Iterator[Reject]]] = []

        def open_block(place: int, block: Iterator[Reject]) -> None:
            if (first := next(block, None)) is not None:
                heapq.heappush(going, (first.key, place, first, block))

        open_block(-1, iter(sorted(self._held, key=_key)))
        while waiting or going:
            while waiting and (not going or waiting[-1][0] <= going[0][0]):
                _, place, length = waiting.pop()
                open_block(place, self._unpack(place, length))
            _, place, reject, block = heapq.heappop(going)
            yield reject
            open_block(place, block)


def _key(reject: Reject) -> Key:
    return reject.key
