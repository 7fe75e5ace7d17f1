"""Cell numbers as exports write them: LAC and CI decimal or hex, ECI, CGI and ECGI strings (TS 23.003 §4.3, §19.6).

Whether a column is hex is decided from all its different values, and from CELLS.csv where digits alone leave a doubt.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detection.cdr.words import is_empty
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

CellTexts = tuple[str | None, str | None, str | None, str | None, str | None]  # lac, ci, cgi, mcc, mnc

_PARTS = re.compile(r"[-_.:/ ]+")
_COUNTRY = r"(?:[2-7]\d{2}|001|901|999)"  # MCC: beside countries' test, shared and private networks
_PACKED = re.compile(rf"^({_COUNTRY})(\d{{2,3}})([0-9A-Fa-f]{{7,8}})$")
_PACKED_DECIMAL = re.compile(rf"^({_COUNTRY})(\d\d)(\d{{5}})(\d{{5}})$")
_LONG_MNC = re.compile(
    "302|31[0-6]|33[048]|34[0-8]|35[0-8]|36[0-6]|37[46]|405|708|722|732"
)  # MCCs with MNCs of 3 digits
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


def read_cells_of(
    texts: Sequence[CellTexts], placed: Sequence[PlacedCell], bases: Mapping[str, bool] | None = None
) -> CellTable:
    """Meaning of every different cell text. A text that can't be read is named, with its column.

    `bases` says of "lac" and "ci" whether they are hex, where somebody has told.
    """
    lac_base, ci_base = choose_bases(texts, placed, bases or {})
    whole = WholeNames.of([t[2] for t in texts if t[2]], [t[0] for t in texts], ci_base)
    cells: dict[CellTexts, CellIdentity | None] = {}
    unread: dict[CellTexts, tuple[str, str]] = {}
    for text in texts:
        try:
            cells[text] = _cell(text, lac_base, ci_base, whole)
        except _UnreadError as error:
            unread[text] = (error.column, error.value)
    return CellTable(cells, unread, lac_base, ci_base)


def choose_bases(
    texts: Sequence[CellTexts], placed: Sequence[PlacedCell], bases: Mapping[str, bool]
) -> tuple[Base, Base]:
    """Bases of areas and cells: each from its own values, and from the other's where it leaves a doubt."""
    told = [Base(bases[role], "the dialect says so") if role in bases else None for role in ("lac", "ci")]
    known = {c.identity.lac for c in placed if c.identity.lac}, {c.identity.ci for c in placed if c.identity.ci}
    lac, ci = (
        told[at] or choose_base((text for t in texts if (text := t[at])), known[at], what)
        for at, what in enumerate(("area", "cell"))
    )
    areas = {t[0].strip() for t in texts if t[0] and not is_empty(t[0])}
    cells = {t[1].strip() for t in texts if t[1] and not is_empty(t[1])}
    short, even = max(map(len, areas), default=9) <= 4, {len(cell) for cell in cells} in ({4}, {7}, {8})
    if told[0] is None and ci.hexadecimal and _is_in_doubt(lac) and short:
        lac = Base(True, "hex: as the cell numbers beside it")
    if told[1] is None and lac.hexadecimal and _is_in_doubt(ci) and even:
        ci = Base(True, "hex: as the area numbers beside it")
    return lac, ci


def _is_in_doubt(base: Base) -> bool:
    return not base.hexadecimal and "in the cell list" not in base.reason


@dataclass(frozen=True, slots=True)
class WholeNames:
    """How whole cell names of a column are read: base of their parts, eNodeB and cell at the end, packed MNC."""

    hexadecimal: bool = False
    by_site: bool = False  # the last part is the cell of an eNodeB, TS 36.300 §8.2
    long_mnc: bool = False
    network_first: bool = False  # names of two or three parts begin with MCC and MNC together

    @classmethod
    def of(cls, texts: Sequence[str], areas: Sequence[str | None], base: Base) -> "WholeNames":
        names = sorted({text.strip() for text in texts if not is_empty(text)})
        parts = [[part for part in _PARTS.split(name) if part] for name in names]
        split = [part for part in parts if len(part) >= 2]
        numbers = [number for part in split for number in part[-2:] if len(number) < 15]
        lettered = sum(not number.isdigit() for number in numbers if re.fullmatch("[0-9A-Fa-f]+", number))
        hexadecimal = base.hexadecimal or lettered > 0.05 * max(1, len(numbers))
        last = [int(part[-1]) for part in split if part[-1].isdigit()]
        small = sum(number <= 255 for number in last)
        by_site = len(last) >= 5 and small > 0.95 * len(split)
        packed = [name for name in names if _PACKED.match(name)]
        long_mnc = bool(packed) and bool(_LONG_MNC.match(packed[0]))
        return cls(hexadecimal, by_site, long_mnc, cls._begins_with_network(split))

    @staticmethod
    def _begins_with_network(split: list[list[str]]) -> bool:
        """True where the first parts are MCC and MNC together, all of one country."""
        first = [part[0] for part in split if len(part) in (2, 3) and re.fullmatch(r"[2-7]\d{4,5}", part[0])]
        if len(first) < 0.9 * max(1, sum(len(part) in (2, 3) for part in split)) or not first:
            return False
        if sum(len(part) == 3 for part in split) > 0.5 * len(split):
            return True
        networks = set(first)
        return len({text[:3] for text in networks}) == 1 and len(networks) <= 4 and all(t[3] in "012" for t in networks)


class _UnreadError(ValueError):
    def __init__(self, column: str, value: str) -> None:
        super().__init__(column, value)
        self.column, self.value = column, value


def _cell(text: CellTexts, lac_base: Base, ci_base: Base, whole: WholeNames) -> CellIdentity | None:
    lac_text, ci_text, cgi_text, mcc_text, mnc_text = (
        None if part is None or is_empty(part) else part.strip() for part in text
    )
    mcc = mcc_text if mcc_text and re.fullmatch(r"\d{3}", mcc_text) else None
    mnc = mnc_text.zfill(2) if mnc_text and re.fullmatch(r"\d{1,3}", mnc_text) else None
    lac = None
    if lac_text:
        *network, area = [part for part in _PARTS.split(lac_text.removesuffix(".0")) if part] or [lac_text]
        lac = _number(area if len(network) in (1, 2) else lac_text, lac_base, "lac", LARGEST_AREA)
    if cgi_text:
        return _global(cgi_text, lac, mcc, mnc, ci_base, whole)
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


def _global(
    text: str, lac: int | None, mcc: str | None, mnc: str | None, base: Base, whole: WholeNames
) -> CellIdentity:
    """CGI "460-00-1201-3305", ECGI "460-00-123456-12" or "46000-31604748", "1201-3305", packed, or a number."""
    if (told := _PACKED_DECIMAL.match(text)) and max(int(told[3]), int(told[4])) <= 0xFFFF:
        return _named(told[1], told[2], int(told[3]), int(told[4]))
    if _PACKED.match(text) and (named := _packed(text, lac, whole)) is not None:
        return named
    parts = [part for part in _PARTS.split(text) if part]
    if whole.network_first and len(parts) in (2, 3) and re.fullmatch(r"[2-7]\d{4,5}", parts[0]):
        parts = [parts[0][:3], parts[0][3:], *parts[1:]]
    if len(parts) >= 3 and re.fullmatch(_COUNTRY, parts[0]) and re.fullmatch(r"\d{1,3}", parts[1]):
        mcc, mnc, parts = parts[0], parts[1].zfill(2), parts[2:]
    hexadecimal = whole.hexadecimal or any(not part.isdigit() for part in parts)
    if len(parts) == 1:
        return _named(mcc, mnc, lac, _number(parts[0], Base(hexadecimal or base.hexadecimal, ""), "cgi", LARGEST_CELL))
    numbers = [_number(part, Base(hexadecimal, ""), "cgi", LARGEST_CELL) for part in parts]
    if len(numbers) == 3:  # area, eNodeB, cell
        return _named(mcc, mnc, numbers[0], numbers[1] * 256 + numbers[2])
    if len(numbers) != 2:
        raise _UnreadError("cgi", text)
    first, second = numbers
    if second <= 255 and (first > 0xFFFF or lac is not None or whole.by_site):
        return _named(mcc, mnc, lac, first * 256 + second)
    return _named(mcc, mnc, first, second)


def _packed(text: str, lac: int | None, whole: WholeNames) -> CellIdentity | None:
    """MCC, MNC, then 4 + 4 hex digits (LAC, CI) or 7 (ECI)."""
    mnc_digits = 3 if whole.long_mnc else 2
    rest = text[3 + mnc_digits :]
    if len(rest) == 8:
        return _named(text[:3], text[3 : 3 + mnc_digits], int(rest[:4], 16), int(rest[4:], 16))
    if len(rest) == 7:
        return _named(text[:3], text[3 : 3 + mnc_digits], lac, int(rest, 16))
    return None
