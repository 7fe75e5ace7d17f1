"""Cell numbers as exports write them: LAC and CI decimal or hex, ECI, CGI and ECGI strings (TS 23.003 §4.3, §19.6).

Whether a column is hex is decided from all its different values, and from CELLS.csv where digits alone leave a doubt.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detection.cdr.words import is_empty
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

CellTexts = tuple[str | None, str | None, str | None, str | None, str | None]  # lac, ci, cgi, mcc, mnc

_PARTS = re.compile(r"[-_.:/ ]+")
_PACKED_GSM = re.compile(r"^([2-7]\d{2})(\d{2})([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})$")
_PACKED_LTE = re.compile(r"^([2-7]\d{2})(\d{2})([0-9A-Fa-f]{7})$")
LARGEST_AREA, LARGEST_CELL = 0xFFFFFF, 0xFFFFFFFFF  # 24 bits of an NR TAC, 36 of an NCI


@dataclass(frozen=True, slots=True)
class Base:
    """Whether a column of cell numbers is hex, and why."""

    hexadecimal: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CellTable:
    """Every different cell text of an export with its meaning; `unread` holds (column, value) of those without."""

    cells: dict[CellTexts, CellIdentity | None]
    unread: dict[CellTexts, tuple[str, str]]
    lac_base: Base
    ci_base: Base


def choose_base(values: Iterable[str], known: set[int], what: str) -> Base:
    """Decimal or hex, from all different values of a column."""
    texts = sorted({value.strip() for value in values if not is_empty(value)})
    if not texts:
        return Base(False, "there is none")
    prefixed = [text for text in texts if re.fullmatch(r"0[xX][0-9A-Fa-f]+", text)]
    if len(prefixed) > len(texts) / 2:
        return Base(True, f"hex: its {what} numbers start with 0x")
    lettered = [text for text in texts if re.fullmatch(r"[0-9A-Fa-f]{1,9}", text) and not text.isdigit()]
    if len(lettered) > max(0, 0.05 * len(texts)) and (len(lettered) > 1 or len(texts) < 10):
        return Base(True, f"hex: {len(lettered)} of {len(texts)} different values hold letters A-F")
    digits = [text for text in texts if text.isdigit()]
    if known and digits:
        plain = sum(int(text) in known for text in digits)
        as_hex = sum(int(text, 16) in known for text in digits)
        if as_hex > 2 * plain and as_hex >= 0.3 * len(digits):
            return Base(True, f"hex: so read {as_hex} of {len(digits)} stand in the cell list, as decimal {plain}")
        if plain:
            return Base(False, f"decimal: {plain} of {len(digits)} stand in the cell list")
    return Base(False, "decimal: no value holds a letter")


def read_cells_of(texts: Sequence[CellTexts], placed: Sequence[PlacedCell]) -> CellTable:
    """Meaning of every different cell text. A text that can't be read is named, with its column."""
    lac_base = choose_base((t[0] for t in texts if t[0]), {c.identity.lac for c in placed if c.identity.lac}, "area")
    ci_base = choose_base((t[1] for t in texts if t[1]), {c.identity.ci for c in placed if c.identity.ci}, "cell")
    cells: dict[CellTexts, CellIdentity | None] = {}
    unread: dict[CellTexts, tuple[str, str]] = {}
    for text in texts:
        try:
            cells[text] = _cell(text, lac_base, ci_base)
        except _UnreadError as error:
            unread[text] = (error.column, error.value)
    return CellTable(cells, unread, lac_base, ci_base)


class _UnreadError(ValueError):
    def __init__(self, column: str, value: str) -> None:
        super().__init__(column, value)
        self.column, self.value = column, value


def _cell(text: CellTexts, lac_base: Base, ci_base: Base) -> CellIdentity | None:
    lac_text, ci_text, cgi_text, mcc_text, mnc_text = (
        None if part is None or is_empty(part) else part.strip() for part in text
    )
    mcc = mcc_text if mcc_text and re.fullmatch(r"\d{3}", mcc_text) else None
    mnc = mnc_text.zfill(2) if mnc_text and re.fullmatch(r"\d{1,3}", mnc_text) else None
    lac = _number(lac_text, lac_base, "lac", LARGEST_AREA) if lac_text else None
    if cgi_text:
        return _global(cgi_text, lac, mcc, mnc, ci_base)
    ci = _number(ci_text, ci_base, "ci", LARGEST_CELL) if ci_text else None
    if ci is None and lac is None:
        return None
    return _named(mcc, mnc, lac, ci)


def _named(mcc: str | None, mnc: str | None, lac: int | None, ci: int | None) -> CellIdentity:
    rat = "gsm" if ci is None or ci <= 0xFFFF else "lte" if ci <= 0xFFFFFFF else "nr"
    return CellIdentity(rat, mcc, mnc, lac, ci)


def _number(text: str, base: Base, column: str, largest: int) -> int:
    plain = re.sub(r"\.0+$", "", text.replace(" ", ""))
    try:
        value = int(plain, 16) if base.hexadecimal or plain[:2] in ("0x", "0X") else int(plain)
    except ValueError:
        raise _UnreadError(column, text) from None
    if not 0 <= value <= largest or not re.fullmatch(r"(?:0[xX])?[0-9A-Fa-f]+", plain):
        raise _UnreadError(column, text)
    return value


def _global(text: str, lac: int | None, mcc: str | None, mnc: str | None, base: Base) -> CellIdentity:
    """CGI "460-00-1201-3305", ECGI "460-00-123456-12" or "46000-31604748", "1201-3305", packed hex, or a number."""
    if match := _PACKED_GSM.match(text):
        return _named(match[1], match[2], int(match[3], 16), int(match[4], 16))
    if match := _PACKED_LTE.match(text):
        return _named(match[1], match[2], lac, int(match[3], 16))
    parts = [part for part in _PARTS.split(text) if part]
    if parts and re.fullmatch(r"[2-7]\d{4,5}", parts[0]) and len(parts) in (2, 3):
        parts = [parts[0][:3], parts[0][3:], *parts[1:]]
    if len(parts) >= 3 and re.fullmatch(r"[2-7]\d{2}", parts[0]) and re.fullmatch(r"\d{2,3}", parts[1]):
        mcc, mnc, parts = parts[0], parts[1], parts[2:]
    if len(parts) == 1:
        return _named(mcc, mnc, lac, _number(parts[0], base, "cgi", LARGEST_CELL))
    if len(parts) != 2:
        raise _UnreadError("cgi", text)
    lettered = any(not part.isdigit() for part in parts)
    part_base = Base(lettered or base.hexadecimal, "")
    first, second = (_number(part, part_base, "cgi", LARGEST_CELL) for part in parts)
    if second <= 255 and (first > 0xFFFF or lac is not None):  # eNodeB and cell of an ECI: TS 36.300 §8.2
        return _named(mcc, mnc, lac, first * 256 + second)
    return _named(mcc, mnc, first, second)
