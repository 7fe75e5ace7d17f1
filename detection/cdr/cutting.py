"""Where the lines of a text export are cut into fields, and which of them is the header."""

import re
from collections import Counter
from collections.abc import Sequence

from detection.cdr.headers import NOTHING, role_of
from detection.cdr.words import is_empty

DELIMITERS = (",", "\t", ";", "|", "^", "~", "\x01")
HEADER_WITHIN = 20


def sniff(lines: Sequence[str]) -> tuple[str, int]:
    """(delimiter, fields of most lines) of sample lines; fields is 1 where no delimiter stands out."""
    present = [line for line in lines if line.strip()][:500]
    best = (0.0, ",", 1)
    for delimiter in DELIMITERS:
        counts = Counter(_fields_of(line, delimiter) for line in present)
        fields, lines_alike = max(((n, k) for n, k in counts.items() if n > 1), key=lambda nk: nk[1], default=(1, 0))
        score = lines_alike / max(1, len(present)) * (1 + 0.1 * min(fields, 20))
        if score > best[0]:
            best = (score, delimiter, fields)
    return best[1], best[2]


def width_of(lines: Sequence[str], delimiter: str) -> int:
    """Fields of most lines."""
    counts = Counter(_fields_of(line, delimiter) for line in lines if line.strip())
    return max(counts, key=lambda n: counts[n], default=1)


def _fields_of(line: str, delimiter: str) -> int:
    if '"' in line:
        line = re.sub(r'"(?:[^"]|"")*"', "", line)
    return line.count(delimiter) + 1


def cut(line: str, delimiter: str) -> list[str]:
    """Fields of a line, quotes undone."""
    if '"' not in line:
        return line.split(delimiter)
    return split_quoted(line, delimiter) or line.split(delimiter)


def split_quoted(line: str, delimiter: str) -> list[str] | None:
    """Fields of a record with quotes, or None where a quote is still open. Spaces may stand around quotes."""
    record, at, end = [], 0, len(line)
    while True:
        start = at
        while start < end and line[start] == " " and delimiter != " ":
            start += 1
        if start < end and line[start] == '"':
            field, at = "", start + 1
            while True:
                close = line.find('"', at)
                if close < 0:
                    return None
                field += line[at:close]
                at = close + 1
                if at < end and line[at] == '"':
                    field, at = field + '"', at + 1
                    continue
                break
            stop = line.find(delimiter, at)
            behind = line[at:] if stop < 0 else line[at:stop]
            if "\n" in line and behind.strip():
                return None  # what opened on one line was never closed: this is another line's opening quote
            field += behind.rstrip(" ")
        else:
            stop = line.find(delimiter, at)
            field = line[at:] if stop < 0 else line[at:stop]
        record.append(field.replace("\n", " "))
        if stop < 0:
            return record
        at = stop + len(delimiter)


def find_header(lines: Sequence[str], delimiter: str, fields: int) -> int | None:
    """Index of the header line: the first that has the records' width and words instead of numbers.

    A header may lack the delimiter that ends every record, or have one that they lack.
    """
    for at, line in enumerate(lines[:HEADER_WITHIN]):
        if not line.strip():
            continue
        words = header_words(line, delimiter, fields)
        if words is None:
            continue
        known = sum((found := role_of(word)) is not None and found[0] != NOTHING for word in words)
        digits = sum(bool(re.search(r"\d{4,}|\d[:/.-]\d", word)) for word in words)
        wordy = sum(bool(re.search(r"[^\W\d_]|№|°", word)) for word in words)
        filled = sum(not is_empty(word) for word in words)
        if digits == 0 and (known >= 2 or known >= fields / 2 or wordy >= 0.8 * filled > 1) and wordy >= 0.5 * filled:
            return at
        if digits:
            return None
    return None


def header_words(line: str, delimiter: str, fields: int) -> list[str] | None:
    """The words of a header line, as many as `fields`; None where its width is not the records'."""
    words = cut(line, delimiter)
    if len(words) == fields + 1 and not words[-1].strip():
        words.pop()
    if len(words) == fields - 1 and len(words) > 1:
        words.append("")
    return words if len(words) == fields else None
