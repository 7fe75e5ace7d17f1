"""Identities at the door: each different text of one gets a number that means nothing outside the run.

Its digits are kept (as codes, see `digits`) until the export has been read whole; see `identities`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detection.cdr.digits import EMPTY, ODD, Column, Ints, code_of, codes, keys, length_of, mix, value_of
from detection.cdr.lexicon import Grown, Ids, Lexicon, Rows
from detection.cdr.words import bare_text, is_empty

PARTY_ROLES = ("served", "calling", "called", "other")
BARE_ROLES = ("imsi", "imei", *PARTY_ROLES)
UNKNOWN = -1
SCIENTIFIC = "in scientific notation: the spreadsheet has thrown its last digits away; export it as text"
LONGEST_NUMBER = 40
IMEI_DIGITS = 14  # TAC and serial number, TS 23.003 §6.2.1

_SCIENTIFIC = re.compile(r"^\s*'?\d(?:[.,]\d+)?[eE]\+?\d+\s*$")
_DUMMIES = (11_111_111_111_111, 99_999_999_999_999)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that are no records, and why; `role` is the column that shows it."""

    rows: Mask
    role: str
    reason: str


@dataclass(slots=True)
class Register:
    """Different codes of identities, each with a number; a text that is no digits is a word, coded below ODD."""

    lexicon: Lexicon = field(default_factory=Lexicon)
    held: Grown = field(default_factory=lambda: Grown(np.int64))
    words: dict[str, int] = field(default_factory=dict)

    def number(self, code: Ints) -> Ids:
        """The number of each code, UNKNOWN where it is empty."""
        ids = self.lexicon.look_up(mix(code.view(np.uint64)), lambda rows: self.held.extend(code[rows]))
        ids[(code == EMPTY) | (code == ODD)] = UNKNOWN
        return ids

    def codes(self) -> Ints:
        """The code of each number."""
        return self.held.whole()

    def word(self, text: str) -> int:
        """The code of a text that is no digits."""
        return self.words.setdefault(text, ODD - 1 - len(self.words))


class _OddTexts:
    """Texts of identities that are no plain digits: with spaces, quotes, dashes; names of senders; damaged ones."""

    def __init__(self, register: Register, worded: bool) -> None:
        self.register, self.worded = register, worded
        self.lexicon = Lexicon()
        self.code, self.scientific, self.damaged = Grown(np.int64), Grown(np.bool_), Grown(np.bool_)

    def read(self, column: Column) -> tuple[Ints, Mask, Mask]:
        """(code, in scientific notation, damaged) of each text."""
        ids = self.lexicon.look_up(keys(column), lambda rows: self._learn(column, rows))
        return self.code.array[ids], self.scientific.array[ids], self.damaged.array[ids]

    def _learn(self, column: Column, rows: Rows) -> None:
        texts = [column.text(row) for row in rows.tolist()]
        bare = ["" if is_empty(text) else bare_text(text) for text in texts]
        self.code.extend([self._code(text) for text in bare])
        self.scientific.extend([bool(_SCIENTIFIC.match(text)) for text in texts])
        self.damaged.extend(
            ["\ufffd" in mended or len(text) > LONGEST_NUMBER for text, mended in zip(texts, bare, strict=True)]
        )

    def _code(self, bare: str) -> int:
        code = code_of(bare.lstrip("+") and bare)
        return self.register.word(bare) if code == ODD and self.worded else code


class Door:
    """Where identities come in. Several threads may come at once."""

    def __init__(self) -> None:
        self.imsi, self.party, self.imei = Register(), Register(), Register()
        self._odd = {
            "imsi": _OddTexts(self.imsi, False),
            "imei": _OddTexts(self.imei, False),
            "party": _OddTexts(self.party, True),
        }

    def read(self, column: Mapping[str, Column]) -> tuple[dict[str, Ints], list[Fault], list[Fault]]:
        """(codes by role, faults that are named before those of the time, and after them)."""
        read: dict[str, Ints] = {}
        early: list[Fault] = []
        late: list[Fault] = []
        for role in BARE_ROLES:
            if role in column:
                kind = role if role in self._odd else "party"
                code = self._code(role, self._odd[kind], column[role], early, late)
                if role == "imsi":
                    code = _checked_imsi(code, late)
                elif role == "imei":
                    code = _checked_imei(code, late)
                read[role] = code
        return read, early, late

    def number(self, role: str, code: Ints) -> Ids:
        """The number of each code, UNKNOWN where it is empty."""
        register = self.imsi if role == "imsi" else self.imei if role == "imei" else self.party
        return register.number(code)

    @staticmethod
    def _code(role: str, texts: _OddTexts, column: Column, early: list[Fault], late: list[Fault]) -> Ints:
        code = codes(column)
        code[code == code_of("00")] = EMPTY  # a prefix alone
        odd = np.flatnonzero(code == ODD)
        if len(odd):
            code[odd], scientific, damaged = texts.read(column.of(odd))
            for told, faults, reason in ((scientific, early, SCIENTIFIC), (damaged, late, "not a number")):
                if told.any() and (told is scientific or texts.worded):
                    rows = np.zeros(len(code), bool)
                    rows[odd[told]] = True
                    faults.append(Fault(rows, role, reason))
        return code


def _checked_imsi(code: Ints, faults: list[Fault]) -> Ints:
    length = length_of(code)
    bad = (code != EMPTY) & (length != 14) & (length != 15)
    if bad.any():
        faults.append(Fault(bad, "imsi", "not an IMSI of 14 or 15 digits"))
        code[bad] = EMPTY
    return code


def _checked_imei(code: Ints, faults: list[Fault]) -> Ints:
    """The codes of IMEIs as they stand; EMPTY where they are dummies."""
    length, value = length_of(code), value_of(code)
    bad = (code != EMPTY) & ((length < IMEI_DIGITS) | (length > 16) | (code < 0)) & ((value != 0) | (code < 0))
    if bad.any():
        faults.append(Fault(bad, "imei", "not an IMEI of 14 to 16 digits"))
    whole = value // 10 ** np.clip(length - IMEI_DIGITS, 0, 2)
    tac, serial = whole // 10**6, whole % 10**6
    dummy = (tac == 0) | (tac == 12_345_678) | (whole % 10**8 == 0) | np.isin(whole, _DUMMIES) | (serial < 0)
    code[bad | dummy] = EMPTY
    return code
