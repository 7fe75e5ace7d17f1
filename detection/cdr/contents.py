"""What a column holds, told by its values alone: used where headers are missing or say nothing known.

Each judgement looks at a sample of texts and gives the share (0 to 1) that fits. Identities follow
3GPP TS 23.003: IMSI of 14-15 digits starting with a country code, IMEI of 14-16 digits starting with a TAC.
"""

import re
from collections.abc import Callable, Sequence

from detection.cdr.formats import vocabulary
from detection.cdr.words import is_empty, word_key

SCIENTIFIC = re.compile(r"^\s*['\"]?\d(?:[.,]\d+)?[eE]\+?\d+\s*$")
_CLEAN = re.compile(r"[\s'\"=()\-]")
_IMSI = re.compile(r"^[2-7]\d{13,14}(?:\.0)?$")
_IMEI = re.compile(r"^\d{14,16}(?:\.0)?$")
_NUMBER = re.compile(r"^\+?\d{3,22}(?:\.0)?$|^[*#]\d[\d*#]*$")
_GLOBAL = re.compile(
    r"^\d{3}[-_.: ]?\d{2,3}[-_.: ][0-9A-Fa-f]{1,9}(?:[-_.: ][0-9A-Fa-f]{1,9})?$|^[2-7]\d{4,5}[0-9A-Fa-f]{7,9}$"
)
_PAIR = re.compile(r"^[0-9A-Fa-f]{1,5}[-_:/ ][0-9A-Fa-f]{1,7}$")
_HEX = re.compile(r"^(?:0[xX])?[0-9A-Fa-f]{1,7}$")
_CLOCK = re.compile(r"^\d{1,3}:\d{2}(?::\d{2})?$|^(?:\d+[时小時]+)?(?:\d+分)?\d+秒$")


def luhn_digit(digits: str) -> int:
    """Check digit of the first 14 digits of an IMEI (TS 23.003 annex B)."""
    total = 0
    for at, char in enumerate(digits[:14]):
        value = int(char) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def filled(values: Sequence[str]) -> list[str]:
    return [value for value in values if not is_empty(value)]


def share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    """Share of the filled values that fit; 0 where none is filled."""
    present = filled(values)
    return sum(map(fits, present)) / len(present) if present else 0.0


def clean(value: str) -> str:
    return _CLEAN.sub("", value)


def imsi_share(values: Sequence[str]) -> float:
    """Fits the form, and few countries account for nearly all, as on one carrier's export."""
    fit = [clean(value)[:3] for value in filled(values) if _IMSI.match(clean(value))]
    if not fit:
        return 0.0
    common = sum(sorted((fit.count(mcc) for mcc in set(fit)), reverse=True)[:2])
    return common / max(1, len(filled(values))) * (1 if 200 <= int(max(set(fit), key=fit.count)) <= 759 else 0)


def imei_share(values: Sequence[str]) -> float:
    return share(values, lambda value: bool(_IMEI.match(clean(value))))


def luhn_share(values: Sequence[str]) -> float:
    whole = [text for value in filled(values) if re.fullmatch(r"\d{15}", text := clean(value))]
    return sum(int(text[14]) == luhn_digit(text) for text in whole) / len(whole) if whole else 0.0


def number_share(values: Sequence[str]) -> float:
    return share(values, lambda value: bool(_NUMBER.match(clean(value))))


def subscriber_share(values: Sequence[str]) -> float:
    """Share that is as long as a subscriber's number (8 digits at least)."""
    return share(values, lambda value: bool(re.match(r"^\+?\d{8,16}(?:\.0)?$", clean(value))))


def record_type_share(values: Sequence[str]) -> float:
    return share(values, lambda value: word_key(value) in vocabulary().record_types)


def result_share(values: Sequence[str]) -> float:
    return share(values, lambda value: word_key(value) in vocabulary().results)


def global_cell_share(values: Sequence[str]) -> float:
    return share(values, lambda value: bool(_GLOBAL.match(value.strip()) or _PAIR.match(value.strip())))


def hex_share(values: Sequence[str]) -> float:
    return share(values, lambda value: bool(_HEX.match(value.strip())))


def clock_share(values: Sequence[str]) -> float:
    return share(values, lambda value: bool(_CLOCK.match(value.strip())))


def small_number_share(values: Sequence[str], largest: int) -> float:
    return share(
        values, lambda value: bool(re.fullmatch(r"\d{1,6}(?:\.\d+)?", value.strip()) and float(value) <= largest)
    )


def distinct(values: Sequence[str]) -> int:
    return len(set(filled(values)))


def follows(keys: Sequence[str], values: Sequence[str]) -> float:
    """How far a column is a function of another: share of records that hold their key's most common value."""
    seen: dict[str, dict[str, int]] = {}
    for key, value in zip(keys, values, strict=True):
        if not is_empty(key) and not is_empty(value):
            counts = seen.setdefault(key, {})
            counts[value] = counts.get(value, 0) + 1
    repeated = [counts for counts in seen.values() if sum(counts.values()) > 1]
    total = sum(sum(counts.values()) for counts in repeated)
    return sum(max(counts.values()) for counts in repeated) / total if total else 0.0
