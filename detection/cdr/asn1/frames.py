"""Records one after another from a stream of BER, in whatever containers they lie; damage costs its own record alone.

A record whose length is right but whose inside is not is told and stepped over. Where the length itself is wrong,
reading goes on at the next place at which a whole record decodes, and the octets between are told with it. Zero
octets between elements are padding (blocked files), and the end of a container of indefinite length.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from detection.cdr.asn1.ber import LONGEST_RECORD, BerError, IsRecord, NeedMoreError, Window, end_of, read_header

FILL = (0x00, 0xFF, 0x0A, 0x0D, 0x20, 0x1A)  # between records and behind the last


class RecordError(ValueError):
    """A record that can't be used, and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that is none: where it begins in the file, why, and what it calls itself."""

    place: int
    reason: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """An element beside the records: of a container of `depth`, its contents whole."""

    depth: int
    place: int
    tag: int
    contents: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: its fields as the columns' texts, and where it stands in a call of several records."""

    row: list[str]
    part: str = ""  # "first" and "next" parts of a call go on, a "last" one ends it
    kind: str = ""  # identifier of the record


@dataclass(frozen=True, slots=True)
class Grammar:
    """What stands where: for each level the tag of the container to open, then the tags of records and their names.

    `is_record` tells whether an element of one of these tags is one, where its tag can be another element's too;
    `pattern` finds where that is worth asking.
    `beside` are tags of elements beside the containers: they end a list whose own end is missing.
    """

    opens: tuple[int, ...]
    records: dict[int, str]
    is_record: IsRecord
    pattern: re.Pattern[bytes]
    decode: Callable[[int, bytes, int, int], Entry]  # raises BerError, RecordError
    beside: frozenset[int] = frozenset()

    def begins(self, octets: bytes, at: int) -> bool:
        """Whether a record begins at `at`."""
        try:
            tag, _, inside = read_header(octets, at)
        except (BerError, NeedMoreError):
            return False
        return tag in self.records and self.is_record(tag, octets, inside)

    def end_of(self, octets: bytes, at: int) -> int:
        """Where the element at `at` ends; none holds a record. Raises BerError, NeedMoreError."""
        return end_of(octets, at, self.records, self.is_record)


@dataclass(slots=True)
class Frames:
    """The records of a stream, by a grammar."""

    window: Window
    grammar: Grammar
    notes: list[str] = field(default_factory=list)
    ends: list[int | None] = field(default_factory=list)  # of the open containers; None: of indefinite length
    limit: int | None = None  # where the innermost container of definite length ends

    def __iter__(self) -> Iterator[Entry | Fault | Element]:
        """Entries and faults in order, one a record; elements beside them where they stand. Raises nothing."""
        window, opens = self.window, self.grammar.opens
        while True:
            while self.ends and self.ends[-1] is not None and window.place >= self.ends[-1]:
                self._close()
            try:
                tag, length, inside = read_header(window.octets, window.at)
                if self._steps_over(tag, length, inside):
                    continue
                if len(self.ends) < len(opens) and tag == opens[len(self.ends)]:
                    self._open(length, inside)
                    continue
                end = inside + length if length >= 0 else self.grammar.end_of(window.octets, window.at)
                self._check(end)
                if end > len(window.octets):
                    raise NeedMoreError
            except NeedMoreError:
                if window.more():
                    continue
                if (found := self._finish()) is None:
                    return
                yield found
                continue
            except BerError as error:
                yield self._resume(str(error))
                continue
            stop = end if length >= 0 else end - 2
            if (
                len(self.ends) < len(opens)
                and tag in self.grammar.records
                and self.grammar.begins(window.octets, window.at)
            ):
                self._reopen()
            if len(self.ends) < len(opens):
                yield Element(len(self.ends), window.place, tag, window.octets[inside:stop])
                window.at = end
            else:
                yield self._record(tag, inside, stop, end)

    def _record(self, tag: int, inside: int, stop: int, end: int) -> Entry | Fault:
        window, grammar = self.window, self.grammar
        try:
            if tag not in grammar.records:
                raise BerError(window.at, f"an element 0x{tag:X} where records stand")
            entry = grammar.decode(tag, window.octets, inside, stop)
        except (RecordError, BerError) as error:
            if isinstance(error, BerError) and not self._follows(end):
                return self._resume(str(error))
            fault = Fault(window.place, str(error), grammar.records.get(tag, ""))
            window.at = end
            return fault
        window.at = end
        return entry

    def _steps_over(self, tag: int, length: int, inside: int) -> bool:
        """Takes end-of-contents octets, and padding; False where the octet belongs to an element."""
        window, indefinite = self.window, bool(self.ends) and self.ends[-1] is None
        if indefinite and tag in self.grammar.beside and len(self.ends) == len(self.grammar.opens):
            self._close()  # the end of the list is missing
            return True
        if tag not in FILL:
            return False
        if tag == 0 and length == 0 and indefinite:
            self._close()
            window.at = inside
            return True
        if tag in self.grammar.records or (self.ends and tag != 0):
            return False
        rest = window.octets[window.at :].lstrip(b"\x00" if self.ends else bytes(FILL))
        filled = len(window.octets) - len(rest)
        window.at = filled if self.limit is None else min(filled, self.limit - window.base)
        return True

    def _open(self, length: int, inside: int) -> None:
        end = None if length < 0 else self.window.base + inside + length
        if end is not None and self.limit is not None and end > self.limit:
            self.notes.append(f"the list at octet {self.window.place} is longer than the element that holds it")
            end = self.limit
        self.ends.append(end)
        self.limit = self.limit if end is None else end
        self.window.at = inside

    def _close(self) -> None:
        self.ends.pop()
        self.limit = min((end for end in self.ends if end is not None), default=None)

    def _reopen(self) -> None:
        """A record stands where none should be: its list was closed, or never opened, by damage."""
        self.ends += [self.limit] * (len(self.grammar.opens) - len(self.ends))

    def _check(self, end: int) -> None:
        window = self.window
        if end - window.at > LONGEST_RECORD and len(self.ends) == len(self.grammar.opens):
            raise BerError(window.at, f"a length of {end - window.at} octets, more than any record has")
        if self.limit is not None and window.base + end > self.limit:
            raise BerError(window.at, f"it reaches {window.base + end - self.limit} octets past what holds it")

    def _follows(self, end: int) -> bool:
        """Whether at `end` another record, a filler or the end of the container begins."""
        window = self.window
        ahead = end - window.at
        if not window.hold(ahead + 24):
            window.hold(ahead)
        at = window.at + ahead
        if at >= len(window.octets) or (self.limit is not None and window.base + at >= self.limit):
            return True
        return window.octets[at] in FILL or self.grammar.begins(window.octets, at)

    def _resume(self, reason: str) -> Fault:
        """Goes to the next whole record, or to the end of the container, or of the file; tells what was left out."""
        window, start = self.window, self.window.place
        if not self._seek():
            window.at = len(window.octets)
            if self.limit is not None and window.place > self.limit:
                window.at = self.limit - window.base
        left = window.place - start
        return Fault(start, f"{reason}; {left} octets left out")

    def _seek(self) -> bool:
        """Puts the window on the next whole record after its place; False where none is found in the container."""
        window = self.window
        limit = self.limit if self.ends and self.ends[-1] is not None else None
        window.at += 1
        while True:
            match = self.grammar.pattern.search(window.octets, window.at)
            window.at = match.start() if match else max(window.at, len(window.octets) - 12)
            if limit is not None and window.place >= limit:
                return False
            if match is None:
                if not window.more():
                    return False
                continue
            if self._is_whole():
                self._reopen()
                return True
            window.at += 1

    def _is_whole(self) -> bool:
        """Whether a whole record that decodes stands at the window's place."""
        window, grammar = self.window, self.grammar
        if not window.hold(24):
            window.hold(1)
        if not grammar.begins(window.octets, window.at):
            return False
        while True:
            try:
                tag, length, inside = read_header(window.octets, window.at)
                end = inside + length if length >= 0 else grammar.end_of(window.octets, window.at)
                self._check(end)
                if end <= len(window.octets):
                    grammar.decode(tag, window.octets, inside, end if length >= 0 else end - 2)
                    return True
            except RecordError:
                return True
            except BerError:
                return False
            except NeedMoreError:
                pass
            if not window.more():
                return False

    def _finish(self) -> Fault | None:
        """The end of the file: whole, or damage that seems to reach there, or in the middle of a record."""
        window = self.window
        if window.at < len(window.octets):
            start, first = window.place, window.octets[window.at :]
            if self._seek():
                return Fault(start, f"its length is wrong; {window.place - start} octets left out")
            window.at, window.cut = len(window.octets), True
            self.ends = [end for end in self.ends if end is not None and end > window.place]
            return Fault(start, f"the file is cut off {len(first)} octets into this record")
        if self.limit is not None and window.place < self.limit:
            window.cut = True
            missing = self.limit - window.place
            self.notes.append(f"cut off at octet {window.place}: {missing} octets more were announced")
        elif any(end is None for end in self.ends):
            window.cut = True
            self.notes.append(f"cut off at octet {window.place}: the end of its list is missing")
        return None
