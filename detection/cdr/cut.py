"""A block of whole lines cut into fields, all lines at once; lines that don't fit are taken out and told apart.

Quotes are undone in the same sweep where they stand as they should: around a whole field, none within. Any other
line with quotes, and any line of another width, is looked at on its own.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detection.cdr.cutting import split_quoted
from detection.cdr.digits import PAD, Column, Ints, Octets, Words, words_over
from detection.cdr.lines import LONGEST_LINE, MOST_LINES_IN_QUOTES, UNIT

Mask = NDArray[np.bool_]
NEWLINE, QUOTE = 10, 34
_PAD = b"\n" * PAD
_STRANGE = {0: "NUL byte in the line", 0x1D: "", 0x1E: "", 0x1F: ""}
CONTROL = "control character in the line"


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines of one width, as columns. `line` counts within the block; `spans` says which took more than one line."""

    data: Octets
    words: Words
    starts: Ints  # field, line
    ends: Ints
    line: Ints
    encoding: str
    spans: dict[int, int] = field(default_factory=dict)

    def column(self, at: int) -> Column:
        return Column(self.data, self.words, self.starts[at], self.ends[at], self.encoding)

    def texts(self, row: int) -> list[str]:
        return [self.column(at).text(row) for at in range(len(self.starts))]


@dataclass(frozen=True, slots=True)
class OddLine:
    """A line that is no record by its shape: `reason` says why; empty where only its width tells (then `width`)."""

    line: int
    text: str
    reason: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """What became of the lines of a block."""

    lines: int
    cuts: list[Cut]
    odd: list[OddLine]


def cut_block(raw: bytes, delimiter: str, fields: int, encoding: str) -> Block:
    """`raw` holds whole lines, each with its line feed."""
    data = np.frombuffer(_PAD + raw + _PAD, np.uint8)
    body = data[PAD:-PAD]
    mark = ord(delimiter)
    tokens = np.flatnonzero((body == mark) | (body == NEWLINE))
    final = body[tokens] == NEWLINE
    quoted = b'"' in raw
    if not quoted and not strange(raw) and len(tokens) % fields == 0:
        lines = len(tokens) // fields
        square = final.reshape(lines, fields)
        if square[:, -1].all() and int(np.count_nonzero(final)) == lines and shortest(tokens, lines, fields):
            return Block(lines, [_square(data, tokens + PAD, lines, fields, encoding, np.arange(lines))], [])
    return _Shears(raw, data, tokens, final, mark, fields, encoding).cut(quoted)


def strange(raw: bytes) -> bool:
    return any(bytes([code]) in raw for code in _STRANGE)


def shortest(tokens: Ints, lines: int, fields: int) -> bool:
    """Whether no line is too long."""
    ends = tokens[fields - 1 :: fields]
    return bool(np.diff(ends, prepend=-1).max(initial=0) <= LONGEST_LINE)


def _square(data: Octets, tokens: Ints, lines: int, fields: int, encoding: str, line: Ints) -> Cut:
    """Columns from the tokens that end the fields, where every line has as many."""
    ends = np.ascontiguousarray(tokens.reshape(lines, fields).T)
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1] + 1
    starts[0, 1:] = ends[-1, :-1] + 1
    starts[0, :1] = PAD
    return Cut(data, words_over(data), starts, ends, line, encoding)


class _Shears:
    """Cuts a block that has something odd in it."""

    def __init__(
        self, raw: bytes, data: Octets, tokens: Ints, final: Mask, mark: int, fields: int, encoding: str
    ) -> None:
        self.raw, self.data, self.mark, self.fields, self.encoding = raw, data, mark, fields, encoding
        self.body = data[PAD:-PAD]
        self.line_ends = tokens[final]
        self.line_starts = np.concatenate([[0], self.line_ends[:-1] + 1])
        self.tokens, self.final = tokens, final
        self.hard = np.zeros(len(self.line_ends), bool)
        self.reasons: dict[int, str] = {}

    def cut(self, quoted: bool) -> Block:
        lines = len(self.line_ends)
        self._find_strange()
        if quoted:
            self._look_at_quotes()
        line_of: Ints = np.cumsum(self.final) - self.final
        width = np.bincount(line_of, minlength=lines)
        odd = self.hard | (width != self.fields)
        cuts: list[Cut] = []
        if not odd.all():
            keep = ~odd[line_of]
            cuts.append(self._even(self.tokens[keep], np.flatnonzero(~odd), quoted))
        told: list[OddLine] = []
        records: list[tuple[int, int, list[str]]] = []
        taken = -1
        for at in np.flatnonzero(odd).tolist():
            if at > taken:
                taken = self._alone(at, odd, told, records)
        if records:
            cuts.append(self._mended(records))
        # a line that a quoted record above it swallowed counts with that record
        swallowed = {line + n for line, span, _ in records for n in range(1, span)}
        if swallowed and cuts and len(cuts) > 1:
            cuts[0] = _without(cuts[0], swallowed)
        return Block(lines, cuts, told)

    def _find_strange(self) -> None:
        for code, reason in _STRANGE.items():
            if bytes([code]) in self.raw:
                for at in np.unique(np.searchsorted(self.line_ends, np.flatnonzero(self.body == code))).tolist():
                    self.hard[at] = True
                    self.reasons.setdefault(at, reason or CONTROL)
        for at in np.flatnonzero(self.line_ends - self.line_starts > LONGEST_LINE).tolist():
            self.hard[at] = True
            self.reasons.setdefault(at, "line is too long to be a record")

    def _look_at_quotes(self) -> None:
        """Marks lines whose quotes are not simply around fields; drops tokens that stand within quotes."""
        at = np.flatnonzero(self.body == QUOTE)
        line = np.searchsorted(self.line_ends, at)
        count = np.bincount(line, minlength=len(self.line_ends))
        self.hard |= count % 2 == 1
        first = np.cumsum(count) - count
        closing = (np.arange(len(at)) - first[line]) % 2 == 1
        beside = np.where(closing, self.data[at + PAD + 1], self.data[at + PAD - 1])
        self.hard[line[(beside != self.mark) & (beside != NEWLINE)]] = True
        parity = np.zeros(len(self.tokens), bool)
        soft = ~self.hard[line]
        parity = np.searchsorted(at[soft], self.tokens) % 2 == 1
        self.tokens, self.final = self.tokens[~parity], self.final[~parity]

    def _even(self, tokens: Ints, line: Ints, quoted: bool) -> Cut:
        lines = len(line)
        ends = np.ascontiguousarray(tokens.reshape(lines, self.fields).T)
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1] + 1
        starts[0] = self.line_starts[line]
        ends += PAD
        starts += PAD
        if quoted:
            around = (self.data[starts] == QUOTE) & (ends > starts)
            starts += around
            ends -= around
        return Cut(self.data, words_over(self.data), starts, ends, line, self.encoding)

    def _text(self, at: int) -> str:
        return self.raw[self.line_starts[at] : self.line_ends[at]].decode(self.encoding, "replace")

    def _alone(self, at: int, odd: Mask, told: list[OddLine], records: list[tuple[int, int, list[str]]]) -> int:
        """Looks at line `at`; gives the last line that was used up."""
        text = self._text(at)
        if at in self.reasons:
            told.append(OddLine(at, text, self.reasons[at]))
            return at
        if '"' not in text:
            told.append(OddLine(at, text, "", text.count(chr(self.mark)) + 1))
            return at
        joined = text
        for used in range(1, MOST_LINES_IN_QUOTES + 1):
            record = split_quoted(joined, chr(self.mark))
            if record is not None:
                if len(record) == self.fields:
                    records.append((at, used, record))
                    return at + used - 1
                if used > 1:
                    break
                told.append(OddLine(at, UNIT.join(record), "", len(record)))
                return at
            below = at + used
            if below >= len(self.line_ends) or below in self.reasons:
                break
            following = self._text(below)
            if following.count(chr(self.mark)) + 1 == self.fields and '"' not in following:
                break  # a whole record: the quote above it was never closed
            joined += "\n" + following
        told.append(OddLine(at, text, "unterminated quote"))
        return at

    def _mended(self, records: list[tuple[int, int, list[str]]]) -> Cut:
        raw = "".join(UNIT.join(part.replace(UNIT, " ") for part in record) + "\n" for _, _, record in records)
        data = np.frombuffer(_PAD + raw.encode("utf-8", "replace") + _PAD, np.uint8)
        body = data[PAD:-PAD]
        tokens = np.flatnonzero((body == ord(UNIT)) | (body == NEWLINE)) + PAD
        line = np.array([line for line, _, _ in records])
        cut = _square(data, tokens, len(records), self.fields, "utf-8", line)
        cut.spans.update({line: used for line, used, _ in records if used > 1})
        return cut


def _without(cut: Cut, lines: set[int]) -> Cut:
    keep = ~np.isin(cut.line, list(lines))
    return Cut(cut.data, cut.words, cut.starts[:, keep], cut.ends[:, keep], cut.line[keep], cut.encoding)
