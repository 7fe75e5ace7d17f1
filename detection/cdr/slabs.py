"""Columns of whole numbers put by, slab by slab, in a temporary file without a name.

What has no name is gone when the run ends, however it ends. Only numbers that mean nothing outside the run are put
here: no identity, in clear or not.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.errors import ExportError

Columns = dict[str, NDArray[Any]]


class Slabs:
    """Slabs of columns, each slab with the same columns, each of its own length."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as this
        self._slabs: list[dict[str, tuple[int, int, np.dtype[Any]]]] = []
        self._end = 0

    def put(self, columns: Mapping[str, Sequence[NDArray[Any]]]) -> None:
        """A slab: each column from its parts. Raises ExportError where the disk is full."""
        told: dict[str, tuple[int, int, np.dtype[Any]]] = {}
        try:
            for name, parts in columns.items():
                begins = self._end
                for part in parts:
                    self._write(np.ascontiguousarray(part).data.cast("B") if len(part) else memoryview(b""))
                told[name] = (begins, sum(map(len, parts)), parts[0].dtype)
        except OSError as error:
            raise ExportError(
                f"{tempfile.gettempdir()}: no room to put the records by ({error.strerror}); "
                "free some, or set TMPDIR to a folder on a larger disk, and start again"
            ) from error
        self._slabs.append(told)

    def _write(self, octets: memoryview) -> None:
        while len(octets):
            written = self._file.write(octets) or 0
            self._end += written
            octets = octets[written:]

    def read(self, *names: str) -> Iterator[Columns]:
        """The columns named (all if none is) of each slab, in order."""
        for slab in self._slabs:
            yield {name: self._column(*slab[name]) for name in names or slab}

    def _column(self, begins: int, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
        column = np.empty(count, kind)
        self._file.seek(begins)
        rest = column.data.cast("B") if count else memoryview(b"")
        while len(rest):
            rest = rest[self._file.readinto(rest) :]
        return column

    def close(self) -> None:
        self._file.close()
