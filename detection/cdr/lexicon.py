"""Different texts, each known by a number: a hash table over whole columns of 64-bit keys."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.cdr.digits import Words

Ids = NDArray[np.int32]
Rows = NDArray[np.int64]
FULLEST = 0.4  # share of slots in use, so that most keys are found at once


class Grown:
    """A numpy array that grows at its end; what has been written stays readable while it grows."""

    def __init__(self, kind: type[np.generic]) -> None:
        self.array: NDArray[Any] = np.zeros(1024, kind)
        self.size = 0

    def extend(self, values: Sequence[object] | NDArray[Any]) -> None:
        end = self.size + len(values)
        if end > len(self.array):
            grown = np.zeros(2 * end, self.array.dtype)
            grown[: self.size] = self.array[: self.size]
            self.array = grown
        self.array[self.size : end] = values
        self.size = end

    def whole(self) -> NDArray[Any]:
        return self.array[: self.size]


class Lexicon:
    """Numbers keys from 0 in the order in which they come. Several threads may look up at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._table = _empty(12)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def look_up(self, keys: Words, learn: Callable[[Rows], None]) -> Ids:
        """The number of every key. `learn` is told the rows of new ones, in the order of their numbers, once each."""
        ids = _find(keys, *self._table)
        new = np.flatnonzero(ids < 0)
        if len(new):
            with self._lock:
                ids[new] = _find(keys[new], *self._table)
                new = np.flatnonzero(ids < 0)
                if len(new):
                    different, first = np.unique(keys[new], return_index=True)
                    order = np.argsort(first)
                    learn(new[first[order]])
                    self._add(different[order])
                    ids[new] = _find(keys[new], *self._table)
        return ids

    def _add(self, keys: Words) -> None:
        table, numbers = self._table
        first, self._count = self._count, self._count + len(keys)
        if self._count > FULLEST * len(table):
            held = numbers >= 0
            grown = _empty(int(np.ceil(np.log2(self._count / FULLEST))) + 1)
            _place(*grown, table[held], numbers[held])
            table, numbers = grown
        _place(table, numbers, keys, np.arange(first, self._count, dtype=np.int32))
        self._table = table, numbers


def _empty(bits: int) -> tuple[Words, Ids]:
    return np.zeros(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32)


def _slots(keys: Words, table: Words) -> Rows:
    return (keys >> np.uint64(64 - (len(table) - 1).bit_length())).astype(np.int64)


def _find(keys: Words, table: Words, numbers: Ids) -> Ids:
    """The number of each key, -1 where it has none. A key is written before its number, and read after it."""
    slot = _slots(keys, table)
    ids = numbers[slot]
    rows = np.flatnonzero((ids >= 0) & (table[slot] != keys))
    slot = slot[rows]
    while len(rows):
        slot = (slot + 1) & (len(table) - 1)
        found = numbers[slot]
        ids[rows] = found
        going = (found >= 0) & (table[slot] != keys[rows])
        rows, slot = rows[going], slot[going]
    return ids


def _place(table: Words, numbers: Ids, keys: Words, ids: Ids) -> None:
    """Puts different keys into free slots; those that meet move on."""
    slot = _slots(keys, table)
    while len(keys):
        wins = np.zeros(len(keys), bool)
        wins[np.unique(slot, return_index=True)[1]] = True
        wins &= numbers[slot] < 0
        table[slot[wins]] = keys[wins]
        numbers[slot[wins]] = ids[wins]
        keys, ids, slot = keys[~wins], ids[~wins], (slot[~wins] + 1) & (len(table) - 1)
