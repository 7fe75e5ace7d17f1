"""Columns of whole numbers put by, slab by slab, in a temporary file without a name.

What has no name is gone when the run ends, however it ends. Only numbers that mean nothing outside the run are put
here: no identity, in clear or not.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from detection.errors import ExportError

Columns = dict[str, NDArray[Any]]


FILE_OCTETS = 1 << 29  # of a file, after which the next is begun: each is let go once its slabs have been drained
Place = tuple[BinaryIO, int, int, np.dtype[Any]]  # of a column: file, first octet, length


class Slabs:
    """Slabs of columns, each slab with the same columns, each of its own length."""

    def __init__(self) -> None:
        self._files: list[BinaryIO] = []
        self._slabs: list[dict[str, Place]] = []
        self._end = FILE_OCTETS

    def put(self, columns: Mapping[str, Sequence[NDArray[Any]]]) -> None:
        """A slab: each column from its parts. Raises ExportError where the disk is full."""
        told: dict[str, Place] = {}
        try:
            if self._end >= FILE_OCTETS:
                self._files.append(_unnamed())
                self._end = 0
            for name, parts in columns.items():
                begins = self._end
                for part in parts:
                    self._write(np.ascontiguousarray(part).data.cast("B") if len(part) else memoryview(b""))
                told[name] = (self._files[-1], begins, sum(map(len, parts)), parts[0].dtype)
        except OSError as error:
            raise ExportError(
                f"{tempfile.gettempdir()}: no room to put the records by ({error.strerror}); "
                "free some, or set TMPDIR to a folder on a larger disk, and start again"
            ) from error
        self._slabs.append(told)

    def _write(self, octets: memoryview) -> None:
        while len(octets):
            written = self._files[-1].write(octets) or 0
            self._end += written
            octets = octets[written:]

    def read(self, *names: str) -> Iterator[Columns]:
        """The columns named (all if none is) of each slab, in order."""
        for slab in self._slabs:
            yield {name: _column(*slab[name]) for name in names or slab}

    def drain(self) -> Iterator[Columns]:
        """All columns of each slab, in order; what has been given is let go."""
        slabs, self._slabs = self._slabs, []
        for slab in slabs:
            file = next(iter(slab.values()))[0]
            while self._files[0] is not file:
                self._files.pop(0).close()
            yield {name: _column(*place) for name, place in slab.items()}
        self.close()

    def close(self) -> None:
        for file in self._files:
            file.close()
        self._files, self._slabs, self._end = [], [], FILE_OCTETS


def _unnamed() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))  # lives as long as its slabs


def _column(file: BinaryIO, begins: int, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    column = np.empty(count, kind)
    file.seek(begins)
    rest = column.data.cast("B") if count else memoryview(b"")
    while len(rest):
        rest = rest[cast(io.RawIOBase, file).readinto(rest) :]
    return column
