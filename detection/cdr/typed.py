"""From the columns of a cut to typed numbers, one row a record, and the lines that are none with their reason.

A column of digits is read at once; of anything else each different text once, by the expressions in `meanings`,
`times` and `numbers`. Identities become numbers that mean nothing outside a run.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detection.cdr import meanings
from detection.cdr.ages import FUTURE
from detection.cdr.columns import Layout
from detection.cdr.digits import EMPTY, LENGTH, ODD, PLUS, Column, Ints, Words, codes, keys, mix, value_of
from detection.cdr.direction import not_told
from detection.cdr.door import Door, Fault
from detection.cdr.lexicon import Grown, Ids, Lexicon
from detection.cdr.moments import UNREAD, Clock, Moment
from detection.cdr.record_words import KINDS
from detection.cdr.shifts import SHIFTED, is_shifted
from detection.cdr.times import EARLIEST, LATEST, offset_of, read_both, read_one
from detection.cdr.words import is_empty

Mask = NDArray[np.bool_]
LONGEST_CALL_S = 31 * 86_400
LARGEST_TA = 20_512  # the widest timing advance of LTE and NR in steps, 0 to 1282 on LTE
TEXT_ROLES = ("lac", "ci", "cgi", "mcc", "mnc")
SEEN = 2_000  # rows of the sample
UNKNOWN, NO_THIRD, UNREADABLE = -1, -2, -2
DEFAULT_KIND = KINDS.index("moc")
INWARD = tuple(KINDS.index(kind) for kind in ("mtc", "smt", "fwd"))

COLUMNS = {
    "kind": np.int8,  # index into KINDS
    "imsi": np.int32,  # numbers of the door, UNKNOWN where there is none
    "served": np.int32,
    "other": np.int32,
    "third": np.int32,  # the calling number where served, calling and called are all told (`other` is then the called)
    "imei": np.int32,
    "t_s": np.int64,
    "offset_s": np.int32,
    "duration_s": np.int32,
    "place": np.int32,
    "ta": np.int32,
    "answered": np.int8,
    "rest": np.int64,  # stands for the columns that have no role
}


class Cuttable(Protocol):
    """Lines or rows as columns of texts; `line` counts within their block."""

    @property
    def line(self) -> Ints: ...

    def column(self, at: int) -> Column: ...


@dataclass(slots=True)
class Typed:
    """The records of a cut, and its rows that are none: (row of the cut, role, reason), the first fault of each."""

    columns: dict[str, NDArray[Any]]
    line: Ints
    faults: list[tuple[int, str, str]] = field(default_factory=list)


class _Meanings:
    """What the different texts of some roles mean, as a whole number each."""

    def __init__(self, roles: Sequence[str], ask: Callable[[list[tuple[str | None, ...]]], list[int]]) -> None:
        self.roles, self._ask = roles, ask
        self._lexicon = Lexicon()
        self._known = Grown(np.int64)

    def read(self, column: Mapping[str, Column]) -> Ints:
        columns = [column[role] for role in self.roles]
        key = keys(columns[0])
        for texts in columns[1:]:
            key = keys(texts) ^ mix(key)
        ids = self._lexicon.look_up(key, lambda rows: self._learn(columns, rows))
        known: Ints = self._known.array[ids]
        return known

    def _learn(self, columns: Sequence[Column], rows: Ints) -> None:
        self._known.extend(self._ask([tuple(filled(c.text(row)) for c in columns) for row in rows.tolist()]))


class Places:
    """Different texts of cells, each with a number, apart by dialect: what is hex in one may be decimal in another."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, tuple[str, str, str, str, str]]] = []
        self._lexicon = Lexicon()

    def number(self, dialect: int, columns: Mapping[str, Sequence[Column]], rows: int) -> Ids:
        """`columns`: by role, more than one where a part of the value has a column of its own before it."""
        key = np.full(rows, dialect, np.uint64)
        for role in TEXT_ROLES:
            for texts in columns.get(role, ()):
                key = keys(texts) ^ mix(key)
        return self._lexicon.look_up(key, lambda new: self._learn(dialect, columns, new))

    def _learn(self, dialect: int, columns: Mapping[str, Sequence[Column]], rows: Ints) -> None:
        for row in rows.tolist():
            lac, ci, cgi, mcc, mnc = (_joined([c.text(row) for c in columns.get(role, ())]) for role in TEXT_ROLES)
            self.texts.append((dialect, (lac, ci, cgi, mcc, mnc)))


def _joined(texts: Sequence[str]) -> str:
    """A value, with what stands before it in a column of its own; empty where it is."""
    parts = [(filled(text) or "").strip() for text in texts]
    return "-".join(parts) if all(parts) else parts[-1] if parts else ""


class Reader:
    """Reads the cuts of one file. Several threads may read at once."""

    def __init__(self, layout: Layout, dialect: int, door: Door, places: Places, latest_s: int = LATEST) -> None:
        self.layout, self.dialect, self.door, self.places, self.latest_s = layout, dialect, door, places, latest_s
        time = layout.time
        self._time_roles = ("start",) if time.time_way is None else ("start_date", "start_time")
        self._clock = Clock([way for way in (time.way, time.time_way) if way is not None], self._ask_times)
        self._lengths = self._shape()
        self._end = Clock([time.way], self._ask_times)
        self._kind = self._of(("record_type", "service"), self._ask_kind)
        self._answer = self._of(("result",), self._ask_answer)
        lasting = "duration" if "duration" in layout.roles else "duration_ms"
        self._lasting = self._of((lasting,), self._ask_duration)
        self._ring = self._of(("ta",), self._ask_ta)

    def _shape(self) -> list[tuple[int, int, int, bool]]:
        """(column, fewest and most octets of its values, whether one value alone can tell) where texts are ASCII."""
        role_of = {at: role for role, at in self.layout.roles.items()}
        plain = set(range(self.layout.fields))
        plain -= {at for row in self.layout.rows[:SEEN] for at, text in enumerate(row) if not text.isascii()}
        words = {at for at, role in role_of.items() if role in ("record_type", "service", "result")}
        return [
            (at, low, high, role_of.get(at) in ("served", "calling", "called"))
            for at, (low, high) in self.layout.shape.items()
            if at in plain - words
        ]

    def _of(self, roles: Sequence[str], ask: Callable[[list[tuple[str | None, ...]]], list[int]]) -> _Meanings:
        return _Meanings([role for role in roles if role in self.layout.roles], ask)

    def read(self, cut: Cuttable) -> Typed:
        """Typed columns of a cut. Identities and places are numbered for good rows alone."""
        column = {role: cut.column(at) for role, at in self.layout.roles.items()}
        unknown = np.full(len(cut.line), UNKNOWN)
        code, faults, late = self.door.read(column)
        seconds, offset = self._clock.read([column[role] for role in self._time_roles])
        self._check_time(column[self._time_roles[0]], seconds, faults)
        faults += late
        made: dict[str, NDArray[Any]] = {
            "kind": self._kinds(column, len(cut.line), faults),
            "t_s": seconds,
            "offset_s": offset,
            "duration_s": self._duration(column, seconds, faults),
            "ta": self._rings(column, faults) if self._ring.roles else unknown,
            "answered": self._answer.read(column) if self._answer.roles else unknown,
            "rest": self._rest(cut),
            "imsi": code.get("imsi", np.zeros(len(cut.line), np.int64)),
            "imei": code.get("imei", np.zeros(len(cut.line), np.int64)),
        }
        made |= self._parties(code, made["kind"])
        if self.layout.undirected:
            known = made["imsi"] == EMPTY if "imsi" in self.layout.roles else np.zeros(len(cut.line), bool)
            made["kind"] = np.where(known, made["kind"], not_told(made["kind"]))
        self._check_shift(cut, faults)
        party = next(role for role in ("served", "calling", "called", "imsi") if role in column)
        faults.append(Fault((made["served"] == EMPTY) & (made["imsi"] == EMPTY), party, "no party"))
        bad, told = _first_faults(faults, len(cut.line))
        good = None
        if told:
            good = np.flatnonzero(~bad)
            made = {name: values[good] for name, values in made.items()}
        made["place"] = self.places.number(self.dialect, self._cell_columns(cut, good), len(made["kind"]))
        for name in ("imsi", "imei", "served", "other", "third"):
            if name in made:
                made[name] = self.door.number(name, made[name])
        made.setdefault("third", np.full(len(made["kind"]), NO_THIRD))
        columns = {name: made[name].astype(kind, copy=False) for name, kind in COLUMNS.items()}
        return Typed(columns, cut.line if good is None else cut.line[good], told)

    def _rings(self, column: Mapping[str, Column], faults: list[Fault]) -> Ints:
        return self._number(self._ring, column, faults, LARGEST_TA, "not a timing advance")

    def _kinds(self, column: Mapping[str, Column], rows: int, faults: list[Fault]) -> Ints:
        if not self._kind.roles:
            return np.full(rows, DEFAULT_KIND)
        kind = self._kind.read(column)
        faults.append(Fault(kind < 0, self._kind.roles[0], "not a kind of record"))
        return kind

    def _check_time(self, column: Column, seconds: Ints, faults: list[Fault]) -> None:
        role = self._time_roles[0]
        unread = seconds == UNREAD
        if unread.any():
            none = np.zeros(len(seconds), bool)
            for row in np.flatnonzero(unread).tolist():
                none[row] = filled(column.text(row)) is None
            way = self.layout.time
            names = way.way.name if way.time_way is None else f"{way.way.name} and {way.time_way.name}"
            faults.append(Fault(none, role, "no time"))
            faults.append(Fault(unread, role, f"not a time like the others ({names})"))
        faults.append(Fault(~unread & ((seconds < EARLIEST) | (seconds >= LATEST)), role, "not a time of this age"))
        faults.append(Fault(~unread & (seconds >= self.latest_s), role, FUTURE))

    def _duration(self, column: Mapping[str, Column], start: Ints, faults: list[Fault]) -> Ints:
        """Seconds, UNKNOWN where it isn't told."""
        if self._lasting.roles:
            form = "ms" if self._lasting.roles[0] == "duration_ms" else self.layout.duration_form
            seconds = self._number(self._lasting, column, faults, LONGEST_CALL_S, "not a duration", form)
        elif "end" in column and self.layout.time.time_way is None:
            end, _ = self._end.read([column["end"]])
            seconds = np.where((end != UNREAD) & (start != UNREAD), end - start, UNKNOWN)
            seconds[(seconds < 0) | (seconds > LONGEST_CALL_S)] = UNKNOWN
        else:
            seconds = np.full(len(start), UNKNOWN)
        return seconds

    def _number(
        self,
        reading: _Meanings,
        column: Mapping[str, Column],
        faults: list[Fault],
        largest: int,
        reason: str,
        form: str = "",
    ) -> Ints:
        """A column of whole numbers, UNKNOWN where empty."""
        role = reading.roles[0]
        texts = column[role]
        code = codes(texts)
        value = value_of(code)
        if form == "ms":
            value = (value + 500) // 1000
        value[code == EMPTY] = UNKNOWN
        odd = np.flatnonzero((code == ODD) | (code > PLUS * LENGTH) | (code > 0) * (form not in ("", "ms")))
        if len(odd):
            value[odd] = reading.read({role: texts.of(odd)})
        wrong = (value < UNKNOWN) | (value > largest)
        if wrong.any():
            faults.append(Fault(wrong, role, reason))
            value[wrong] = UNKNOWN
        return value

    def _check_shift(self, cut: Cuttable, faults: list[Fault]) -> None:
        """Lines with a field of another length than all others of its column are looked at as a whole."""
        layout = self.layout
        suspect = np.zeros(len(cut.line), bool)
        for at, low, high, numbered in self._lengths:
            column = cut.column(at)
            length = column.ends - column.starts
            slack = 0 if numbered else 2
            suspect |= (length > high + slack) | ((length < low - slack) & (length > 0))
            if at in layout.always:
                suspect |= length == 0
        rows = np.flatnonzero(suspect)
        if len(rows):
            shifted = np.zeros(len(cut.line), bool)
            for row in rows.tolist():
                shifted[row] = is_shifted(layout, [cut.column(at).text(row) for at in range(layout.fields)])
            faults.append(Fault(shifted, "", SHIFTED))

    @staticmethod
    def _parties(code: Mapping[str, Ints], kind: Ints) -> dict[str, Ints]:
        """Codes of served, other and, where need be, third: who the record is of, and whom with."""
        none = np.zeros(len(kind), np.int64)
        calling, called = code.get("calling", none), code.get("called", none)
        receives = np.isin(kind, INWARD)
        served = code["served"] if "served" in code else np.where(receives, called, calling)
        if "other" in code:
            return {"served": served, "other": code["other"]}
        if "calling" not in code or "called" not in code:
            return {"served": served, "other": code.get("called", calling)}
        if "served" in code:
            return {"served": served, "other": called, "third": calling}
        return {"served": served, "other": np.where(receives, calling, called)}

    def _cell_columns(self, cut: Cuttable, rows: Ints | None) -> dict[str, list[Column]]:
        roles, before = self.layout.roles, self.layout.before
        held = {
            role: [cut.column(at) for at in (before.get(role), roles[role]) if at is not None]
            for role in TEXT_ROLES
            if role in roles
        }
        return held if rows is None else {role: [texts.of(rows) for texts in held[role]] for role in held}

    def _rest(self, cut: Cuttable) -> Ints:
        """64 bits that stand for all columns without a role."""
        used = {*self.layout.roles.values(), *self.layout.before.values()}
        key: Words = np.zeros(len(cut.line), np.uint64)
        for at in range(self.layout.fields):
            if at not in used:
                key = keys(cut.column(at)) ^ mix(key)
        return key.view(np.int64)

    def _ask_times(self, rows: list[tuple[str, ...]]) -> list[Moment]:
        reading = self.layout.time
        moments: list[Moment] = []
        for *date, text in rows:
            if reading.time_way is not None:
                seconds = read_both(reading.way, date[0], reading.time_way, text)
            else:
                seconds = read_one(reading.way, text)
            universal = reading.way.universal and reading.time_way is None
            moments.append((seconds, 0 if universal else offset_of(text) if reading.offsets else None))
        return moments

    def _ask_kind(self, rows: list[tuple[str | None, ...]]) -> list[int]:
        at = {role: n for n, role in enumerate(self._kind.roles)}
        told = [
            meanings.kind_of(
                self.layout, *(row[at[role]] if role in at else None for role in ("record_type", "service"))
            )
            for row in rows
        ]
        return [UNKNOWN if kind == meanings.NO_KIND else KINDS.index(kind) for kind in told]

    def _ask_answer(self, rows: list[tuple[str | None, ...]]) -> list[int]:
        told = [meanings.answered_of(self.layout, text) for (text,) in rows]
        return [UNKNOWN if answered is None else int(answered) for answered in told]

    def _ask_duration(self, rows: list[tuple[str | None, ...]]) -> list[int]:
        told = [None if text is None else meanings.seconds_of(self.layout, text) for (text,) in rows]
        return [
            UNKNOWN if text is None else UNREADABLE if seconds is None or seconds < 0 else round(min(seconds, 1e9))
            for (text,), seconds in zip(rows, told, strict=True)
        ]

    def _ask_ta(self, rows: list[tuple[str | None, ...]]) -> list[int]:
        told = [None if text is None else text.strip() for (text,) in rows]
        return [
            UNKNOWN if text is None else int(float(text)) if re.fullmatch(r"\d{1,6}(?:\.0*)?", text) else UNREADABLE
            for text in told
        ]


def filled(text: str) -> str | None:
    """The text, or None for the many ways exports write "nothing"."""
    return None if is_empty(text) else text


def _first_faults(faults: list[Fault], rows: int) -> tuple[Mask, list[tuple[int, str, str]]]:
    """(rows that are no records, the first fault of each: row, role, reason)."""
    bad = np.zeros(rows, bool)
    told: list[tuple[int, str, str]] = []
    for fault in faults:
        new = np.flatnonzero(fault.rows & ~bad)
        if len(new):
            told += [(row, fault.role, fault.reason) for row in new.tolist()]
            bad[new] = True
    return bad, sorted(told)
