"""A column of times at once: texts of one shape are read by where their digits stand, the others one by one.

A shape is taken from a text that fits the column's way, and trusted only if it gives that text's own time. A text
that a shape does not fit, or that names no real moment, is left to the expressions in `times`, once a different text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.digits import ODD, Column, Ints, codes, keys, length_of, mix, value_of
from detection.cdr.lexicon import Grown, Lexicon
from detection.cdr.times import TimeWay

Mask = NDArray[np.bool_]
Offsets = NDArray[np.int32]
Moment = tuple[int | None, int | None]  # seconds, offset east of UTC (s)
UNREAD = np.iinfo(np.int64).min
NO_OFFSET = np.iinfo(np.int32).min
MOST_SHAPES = 24
LONGEST = 40

_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_MONTHS = (_LAST_YEAR - _FIRST_YEAR + 1) * 12
_FIRST_OF = np.arange(_MONTHS + 1) + np.datetime64(f"{_FIRST_YEAR}-01", "M")
_MONTH_DAY = _FIRST_OF.astype("datetime64[D]").astype(np.int64)
_MONTH_LENGTH = np.diff(_MONTH_DAY)
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}$|[+-]\d{2}$")
_U = np.uint64
_DIGIT_LOW = _U(0x0606060606060606)
_DIGIT_HIGH = _U(0xF0F0F0F0F0F0F0F0)
_ZEROS = _U(0x3030303030303030)
_UNITS = {1.0: (10, 1), 1e-3: (13, 1_000), 1e-6: (16, 1_000_000)}  # unit: digits, units a second


@dataclass(frozen=True, slots=True)
class Step:
    """Eight octets of a shape: which must be digits, which must be as in the sample, which of them make a number."""

    piece: int  # column: 0, or 1 for the time of day where it has a column of its own
    at: int
    digit_mask: int
    fixed_mask: int
    fixed: int
    parts: tuple[tuple[int, int, int], ...]  # (part, octet of its first digit, how many digits)


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the digits of a time stand in texts of one length."""

    lengths: tuple[int, ...]
    steps: tuple[Step, ...]
    given: tuple[int, ...]  # what is added to each of the six parts: 2000 to a year of two digits
    offset: int | None

    def read(self, columns: Sequence[Column], rows: Ints) -> tuple[Ints, Mask]:
        """(seconds as if UTC, whether the text fits and is a moment) of texts of these lengths."""
        good = np.ones(len(rows), bool)
        parts = [np.full(len(rows), given, np.int64) for given in self.given]
        for step in self.steps:
            column = columns[step.piece]
            word = column.words[column.starts[rows] + step.at]
            digits = _U(step.digit_mask)
            if step.fixed_mask:
                good &= (word & _U(step.fixed_mask)) == _U(step.fixed)
            aligned = (word & digits) | (_ZEROS & ~digits)
            good &= ((aligned & (aligned + _DIGIT_LOW)) & _DIGIT_HIGH) == _ZEROS
            good &= (aligned & _DIGIT_HIGH) == _ZEROS
            low = (aligned - _ZEROS).view(np.int64)
            for part, octet, count in step.parts:
                number = (low >> (8 * octet)) & 0xF
                for n in range(1, count):
                    number = number * 10 + ((low >> (8 * (octet + n))) & 0xF)
                parts[part] += number
        return moment_of(parts, good)


def moment_of(parts: list[Ints], good: Mask) -> tuple[Ints, Mask]:
    """Seconds from year, month, day, hour, minute, second; and which are real."""
    year, month, day, hour, minute, second = parts
    good &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12)
    index = np.where(good, (year - _FIRST_YEAR) * 12 + month - 1, 0)
    good &= (day >= 1) & (day <= _MONTH_LENGTH[index]) & (hour < 24) & (minute < 60) & (second < 60)
    seconds: Ints = (_MONTH_DAY[index] + day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    return seconds, good


def shape_of(texts: Sequence[str], ways: Sequence[TimeWay], moment: Moment) -> Shape | None:
    """The shape of texts (a time, or a date and a time) that were read as `moment`; None where there is none."""
    if moment[0] is None:
        return None
    given = [0] * 6
    steps: list[Step] = []
    for piece, (text, way) in enumerate(zip(texts, ways, strict=True)):
        spans = _spans(text, way, given)
        if spans is None or not text.isascii() or len(text) > LONGEST:
            return None
        offset = _OFFSET.search(text)
        behind = offset is not None and offset.start() >= max(end for _, end in spans.values())
        named = offset.start() if offset and behind else len(text)
        held = {at for start, end in spans.values() for at in range(start, end)}
        at = 0
        while at < len(text):
            end = min((start for start, stop in spans.values() if start < at + 8 < stop), default=at + 8)
            if end <= at:
                return None
            steps.append(_step(piece, text, at, min(end, len(text)), held, spans, named))
            at = end
    return Shape(tuple(map(len, texts)), tuple(steps), tuple(given), moment[1])


def _step(
    piece: int, text: str, first: int, end: int, held: set[int], spans: dict[int, tuple[int, int]], named: int
) -> Step:
    digit_mask = fixed_mask = fixed = 0
    for at in range(first, end):
        octet = 0xFF << 8 * (at - first)
        if at in held or (text[at].isdigit() and at < named):
            digit_mask |= octet
        else:
            fixed_mask |= octet
            fixed |= ord(text[at]) << 8 * (at - first)
    parts = tuple((part, a - first, b - a) for part, (a, b) in spans.items() if first <= a < end)
    return Step(piece, first, digit_mask, fixed_mask, fixed, parts)


def _spans(text: str, way: TimeWay, given: list[int]) -> dict[int, tuple[int, int]] | None:
    """{part: where its digits stand}, the parts being year to second; `given` gets what each has beside them."""
    match = re.fullmatch(way.pattern, text)
    if match is None or way.unit_s or way.half_day or way.months or not way.iso:
        return None
    spans: dict[int, tuple[int, int]] = {}
    for part, word in enumerate(re.split(r"[-: ]", way.iso), 3 * way.time_only):
        constant, _, group = word.partition("\\")
        if not group:
            given[part] = int(constant)
            continue
        start, end = match.span(int(group))
        if not text[start:end].isdigit():
            return None
        given[part] = int(constant or 0) * 10 ** (end - start)
        spans[part] = (start, end)
    return spans


class Clock:
    """Reads the times of one dialect: a column, or one of dates and one of times of day.

    `ask` reads different texts by the expressions in `times`. Several threads may read at once.
    """

    def __init__(self, ways: Sequence[TimeWay], ask: Callable[[list[tuple[str, ...]]], list[Moment]]) -> None:
        self.ways, self.ask = ways, ask
        self.shapes: list[Shape] = []
        self.tried = 0
        self.odd = Lexicon()
        self.odd_seconds, self.odd_offset = Grown(np.int64), Grown(np.int32)

    def read(self, columns: Sequence[Column]) -> tuple[Ints, Offsets]:
        """(seconds, offset) of every text: UNREAD and NO_OFFSET where there is none."""
        rows = len(columns[0])
        seconds = np.full(rows, UNREAD, np.int64)
        offset = np.full(rows, NO_OFFSET, np.int32)
        left = np.flatnonzero(np.all([column.ends > column.starts for column in columns], axis=0))
        if self.ways[0].unit_s in _UNITS and self.ways[0].universal:
            left = self._by_number(columns[0], left, seconds, offset)
        else:
            left = self._by_shape(columns, left, seconds, offset)
        if len(left):
            parts = [column.of(left) for column in columns]
            key = keys(parts[0])
            for part in parts[1:]:
                key = keys(part) ^ mix(key)
            ids = self.odd.look_up(key, lambda new: self._learn(parts, new))
            seconds[left], offset[left] = self.odd_seconds.array[ids], self.odd_offset.array[ids]
        return seconds, offset

    def _learn(self, parts: Sequence[Column], rows: Ints) -> None:
        moments = self.ask([tuple(part.text(row) for part in parts) for row in rows.tolist()])
        self.odd_seconds.extend([UNREAD if seconds is None else seconds for seconds, _ in moments])
        self.odd_offset.extend([NO_OFFSET if offset is None else offset for _, offset in moments])

    def _by_number(self, column: Column, left: Ints, seconds: Ints, offset: Offsets) -> Ints:
        digits, units = _UNITS[self.ways[0].unit_s]
        code = codes(column.of(left))
        value = value_of(code)
        fits = (length_of(code) == digits) & (code != ODD) & (value // 10 ** (digits - 1) == 1)
        seconds[left[fits]] = (value[fits] + units // 2) // units
        offset[left[fits]] = 0
        unfit: Ints = left[~fits]
        return unfit

    def _by_shape(self, columns: Sequence[Column], left: Ints, seconds: Ints, offset: Offsets) -> Ints:
        lengths = [column.ends - column.starts for column in columns]
        refused: list[int] = []
        at = 0
        while len(left):
            if at == len(self.shapes) and not self._new_shape(columns, int(left[0])):
                if self.tried >= MOST_SHAPES:
                    break
                refused.append(int(left[0]))
                left = left[1:]
                continue
            shape = self.shapes[at]
            at += 1
            alike = np.all([n[left] == wanted for n, wanted in zip(lengths, shape.lengths, strict=True)], axis=0)
            rows = left[alike]
            found, good = shape.read(columns, rows)
            fits = rows[good]
            seconds[fits] = found[good]
            if shape.offset is not None:
                offset[fits] = shape.offset
            alike[alike] = good
            left = left[~alike]
        return np.concatenate([left, np.array(refused, np.int64)])

    def _new_shape(self, columns: Sequence[Column], row: int) -> bool:
        """Learns the shape of one text, if it has one that gives its own time."""
        if self.tried >= MOST_SHAPES:
            return False
        self.tried += 1
        texts = tuple(column.text(row) for column in columns)
        moment = self.ask([texts])[0]
        shape = shape_of(texts, self.ways, moment)
        if shape is None:
            return False
        found, good = shape.read(columns, np.array([row]))
        if not good[0] or found[0] != moment[0]:
            return False
        self.shapes.append(shape)
        return True
