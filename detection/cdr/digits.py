"""Texts of a whole column at once, as numbers: eight octets a step, in one 64-bit word (little-endian).

A code stands for a text of digits, leading zeros and all: its length (20 more with a + before it) times 10^17,
plus its value. 0 stands for an empty text, ODD for any other text, which is then looked up.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

PAD = 16  # octets before and after a block, so that a word can be read anywhere in it
LENGTH = 10**17
PLUS = 20  # added to the length
LONGEST = 16
EMPTY, ODD = 0, -1

_U = np.uint64
_TENS = _U(0x0606060606060606)
_HIGH = _U(0xF0F0F0F0F0F0F0F0)
_ZEROS = _U(0x3030303030303030)
_PAIR_MASK = _U(0x000000FF000000FF)
_SHIFT = np.array([0, *(8 * (8 - n) for n in range(1, 9))], np.uint64)  # by length: what moves a text to the word's end
_FILL = np.array([0x3030303030303030, *((0x3030303030303030 & ((1 << 8 * (8 - n)) - 1)) for n in range(1, 9))], _U)
_KEEP = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a block: where each text begins and ends. `words[i]` holds octets i to i + 7 of `data`."""

    data: Octets
    words: Words
    starts: Ints
    ends: Ints
    encoding: str = "utf-8"

    def of(self, rows: Ints | NDArray[np.bool_]) -> "Column":
        return Column(self.data, self.words, self.starts[rows], self.ends[rows], self.encoding)

    def text(self, row: int) -> str:
        return self.data[self.starts[row] : self.ends[row]].tobytes().decode(self.encoding, "replace")

    def __len__(self) -> int:
        return len(self.starts)


def words_over(data: Octets) -> Words:
    """The 64-bit word at every octet, without copying."""
    return np.ndarray((len(data) - 7,), np.dtype("<u8"), data, 0, (1,))


def column_of(texts: pyarrow.Array) -> Column:
    """An Arrow array of texts as a column; null is empty."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    octets = np.zeros(PAD * 2 + int(bounds[-1] - bounds[0]), np.uint8)
    if data is not None:
        octets[PAD : len(octets) - PAD] = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    bounds += PAD - bounds[0]
    starts, ends = bounds[:-1], bounds[1:]
    if texts.null_count:
        ends = np.where(texts.is_valid().to_numpy(zero_copy_only=False), ends, starts)
    return Column(octets, words_over(octets), starts, ends)


def codes(column: Column) -> Ints:
    """The code of every text."""
    starts, length = column.starts, column.ends - column.starts
    out = np.zeros(len(length), np.int64)
    if not len(length) or not length.max():
        return out
    plus = column.data[starts] == 43
    plus &= length > 0
    signed = bool(plus.any())
    if signed:
        starts = starts + plus
        length = length - plus
    low_length = np.minimum(length, 8)
    low = column.words[column.ends - low_length]
    value, good = eight_digits(low, low_length)
    if length.max() > 8:
        high_length = np.clip(length - 8, 0, 8)
        high, high_good = eight_digits(column.words[starts], high_length)
        value += high * _U(10**8)
        good &= high_good & (length <= LONGEST)
    good &= length > 0
    tag = length + PLUS * plus if signed else length
    np.add(tag * LENGTH, value.view(np.int64), out=out)
    out[~good] = ODD
    out[column.ends == column.starts] = EMPTY
    return out


def eight_digits(words: Words, length: Ints) -> tuple[Words, NDArray[np.bool_]]:
    """(value, whether all are digits) of the first `length` octets (0 to 8) of each word."""
    shortest = int(length.min())
    if shortest == 8:
        aligned = words
    elif shortest == int(length.max()):
        aligned = (words << _SHIFT[shortest]) | _FILL[shortest] if shortest else np.full_like(words, _ZEROS)
    else:
        aligned = np.where(length > 0, (words << _SHIFT[length]) | _FILL[length], _ZEROS)
    good = ((aligned & (aligned + _TENS)) & _HIGH) == _ZEROS
    good &= (aligned & _HIGH) == _ZEROS
    pairs = aligned - _ZEROS
    pairs = pairs * _U(10) + (pairs >> _U(8))
    high = (pairs & _PAIR_MASK) * _U(0x000F424000000064)
    low = ((pairs >> _U(16)) & _PAIR_MASK) * _U(0x0000271000000001)
    return (high + low) >> _U(32), good


def value_of(code: Ints) -> Ints:
    """The number that a code's digits make."""
    return code % LENGTH


def length_of(code: Ints) -> Ints:
    """How many digits a code has (PLUS more with a sign); 0 and -1 for EMPTY and ODD."""
    return code // LENGTH


def code_of(text: str) -> int:
    """The code of one text."""
    digits = text[1:] if text[:1] == "+" else text
    if not digits:
        return ODD if text else EMPTY
    if len(digits) > LONGEST or not (digits.isascii() and digits.isdigit()):
        return ODD
    return (len(digits) + (PLUS if text[:1] == "+" else 0)) * LENGTH + int(digits)


def text_of(code: int) -> str:
    """The text that a code stands for; empty where it stands for none."""
    if code <= 0:
        return ""
    length, value = divmod(code, LENGTH)
    return f"+{value:0{length - PLUS}d}" if length > PLUS else f"{value:0{length}d}"


def keys(column: Column, seed: int = 0) -> Words:
    """64 bits that stand for each text: the same for the same text, different for different ones of up to 8 octets."""
    length = column.ends - column.starts
    key = np.full(len(length), seed, np.uint64)
    for at in range(0, max(1, int(length.max(initial=0))), 8):
        left = length - at
        word = column.words[np.minimum(column.starts + at, len(column.words) - 1)]
        word = word & _KEEP[np.clip(left, 0, 8)]
        mixed = mix(key ^ word)
        key = mixed if at == 0 else np.where(left > 0, mixed, key)
    return key


def mix(key: Words) -> Words:
    """Scatters the bits of a word; no two words become one."""
    key = key * _U(0x9E3779B97F4A7C15)
    return key ^ (key >> _U(29))
