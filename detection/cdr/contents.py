"""What a column holds, told by its values alone: used where headers are missing, unknown or wrong.

Each judgement looks at a sample of texts and gives the share (0 to 1) that fits. Identities follow
3GPP TS 23.003: IMSI of 14-15 digits starting with a country code, IMEI of 14-16 digits starting with a TAC.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from detection.cdr.countries import countries
from detection.cdr.formats import vocabulary
from detection.cdr.record_words import meaning_of
from detection.cdr.times import TimeReading, read_parts, read_times
from detection.cdr.words import bare_text, is_empty, word_key

SCIENTIFIC = re.compile(r"^\s*['\"]?\d(?:[.,]\d+)?[eE]\+?\d+\s*$")
_NO_COUNTRY = ("001", "901", "999")  # MCCs of test, shared and private networks
_IMSI = re.compile(rf"[2-7]\d{{13,14}}|(?:{'|'.join(_NO_COUNTRY)})\d{{12}}")
_IMEI = re.compile(r"\d{14,17}|0+")
_NUMBER = re.compile(r"\+?\d{3,22}|[*#]\d[\d*#]*")
_GLOBAL = re.compile(
    r"^\d{3}[-_.:/ ]?\d{2,3}[-_.:/ ][0-9A-Fa-f]{1,9}(?:[-_.:/ ][0-9A-Fa-f]{1,9}){0,2}$|^[2-7]\d{4,5}[0-9A-Fa-f]{7,9}$"
)
_PAIR = re.compile(r"^[0-9A-Fa-f]{1,7}[-_:/ ][0-9A-Fa-f]{1,9}$")
_AREA = re.compile(r"^[2-7]\d{2}[-_.:/ ]?\d{2,3}[-_.:/ ][0-9A-Fa-f]{1,6}$")
_HEX = re.compile(r"^(?:0[xX])?[0-9A-Fa-f]{1,10}(?:\.0+)?$")
_CLOCK = re.compile(
    r"^\d{1,3}:\d{2}(?::\d{2})?$|^(?:\d+\s*(?:小时|[时時hч])\s*)?(?:\d+\s*(?:分钟?|[mм]\w*\.?)\s*)?\d+\s*(?:秒|[sс]\w*\.?)$"
    r"|^\d+'\d{2}(?:''|\")$"
)
_BODIES = (
    "01",
    "10",
    "30",
    "33",
    "35",
    "44",
    "45",
    "49",
    "50",
    "51",
    "52",
    "53",
    "54",
    "86",
    "91",
    "98",
    "99",
)  # TS.06
_DASHED = re.compile(r"\d{3}[-_./: ]\d{2,3}[-_./: ]\d+").fullmatch
_FLOAT = re.compile(r"\.0+$")
_DECIMAL = re.compile(r"\d{1,7}(?:[.,]\d+)?")


def luhn_digit(digits: str) -> int:
    """Check digit of the first 14 digits of an IMEI (TS 23.003 annex B)."""
    total = 0
    for at, char in enumerate(digits[:14]):
        value = int(char) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


class Column:
    """A sample of one column, and what it looks like. Judgements are made once, over the different values."""

    def __init__(self, values: Sequence[str], types: Mapping[str, str] | None = None) -> None:
        self.values = [value.strip() for value in values]
        self.types = types or {}  # folded words of the record type, where a dialect tells them

    @cached_property
    def filled(self) -> list[str]:
        return [value for value in self.values if not is_empty(value)]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.filled)

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @cached_property
    def usual(self) -> list[str]:
        """Different values, without those so rare that they may have strayed in from another column."""
        return [value for value, count in self.counts.items() if count > 0.004 * len(self.filled)]

    @cached_property
    def codes(self) -> list[str]:
        """The different values that matter: without those of less than one record in seventy."""
        return [value for value, count in self.counts.items() if count > 0.015 * len(self.filled)]

    @property
    def filled_share(self) -> float:
        return len(self.filled) / max(1, len(self.values))

    def share(self, fits: Callable[[str], bool]) -> float:
        """Share of the filled values that fit; 0 where none is filled."""
        return sum(count for value, count in self.counts.items() if fits(value)) / max(1, len(self.filled))

    @cached_property
    def bare(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for value, count in self.counts.items():
            found[bare_text(value)] += count
        return found

    def bare_share(self, pattern: re.Pattern[str]) -> float:
        fit = sum(count for value, count in self.bare.items() if pattern.fullmatch(value))
        return fit / max(1, len(self.filled))

    @cached_property
    def imsis(self) -> float:
        """Fits the form, and few countries account for nearly all, as on one carrier's export."""
        if self.share(lambda value: bool(re.match(r"\d{3}[-_.:/ ]?\d{2,3}[-_.:/ ]\d{1,5}(?:[-_.:/ ]|$)", value))) > 0.5:
            return 0.0  # a whole cell name without its dashes
        lasts = Counter(
            len(value) - max(value.rfind(mark) for mark in "-_. /:") for value in self.usual if _DASHED(value)
        )
        if lasts and max(lasts.values()) < 0.97 * lasts.total():
            return 0.0  # an ECGI: its last part has no set length
        codes: Counter[str] = Counter()
        for value, count in self.bare.items():
            if _IMSI.fullmatch(value):
                codes[value[:3]] += count
        common = codes.most_common(2)
        if not common or (common[0][0] not in countries() and common[0][0] not in _NO_COUNTRY):
            return 0.0
        return sum(count for _, count in common) / len(self.filled)

    @cached_property
    def plain(self) -> float:
        """Share of values that are digits and no more."""
        return self.share(lambda value: value.strip("'\"= ").removesuffix(".0").isdigit())

    @cached_property
    def identity_like(self) -> float:
        return max(self.bare_share(_IMSI), self.share(lambda value: bool(SCIENTIFIC.match(value))))

    @cached_property
    def imeis(self) -> float:
        begun = sum(value[:2] in _BODIES for value in self.bare if len(value) >= 14)
        if begun < 0.5 * sum(len(value) >= 14 for value in self.bare):
            return 0.0
        zeros = sum(count for value, count in self.bare.items() if not value.strip("0"))
        return self.bare_share(_IMEI) if zeros < len(self.filled) else 0.0

    @cached_property
    def luhns(self) -> float:
        whole = [value for value in self.bare if re.fullmatch(r"\d{15}", value)]
        return sum(int(value[14]) == luhn_digit(value) for value in whole) / len(whole) if whole else 0.0

    @cached_property
    def type_codes(self) -> float:
        """How few TACs its values share: 1 where all begin alike, 0 where each begins otherwise."""
        long = [value for value in self.bare if len(value) >= 14]
        return 1 - len({value[:8] for value in long}) / len(long) if long else 0.0

    @cached_property
    def numbers(self) -> float:
        return self.bare_share(_NUMBER)

    @cached_property
    def subscribers(self) -> float:
        """Share that is as long as a subscriber's number, and no longer."""
        return self.bare_share(re.compile(r"\+?\d{7,13}|00\d{8,14}|(?:86)?179\d{13}|(?:86)?125\d{13}"))

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of each different value that is a word for one."""
        return {value: kind for value in self.counts if (kind := self.types.get(word_key(value)) or meaning_of(value))}

    @cached_property
    def kind_share(self) -> float:
        return self.share(lambda value: value in self.kinds)

    @cached_property
    def usual_kinds(self) -> dict[str, str]:
        """The same without strays."""
        return {value: self.kinds[value] for value in self.usual if value in self.kinds}

    @cached_property
    def tells_direction(self) -> bool:
        held = set(self.usual_kinds.values())
        return held >= {"moc", "mtc"} or held >= {"smo", "smt"}

    @cached_property
    def exact_kinds(self) -> float:
        """Share of values that are words of the dialects themselves."""
        return self.share(lambda value: word_key(value) in vocabulary().record_types)

    @cached_property
    def results(self) -> float:
        return self.share(lambda value: word_key(value) in vocabulary().results)

    @cached_property
    def global_cells(self) -> float:
        """Share of cell names; names with a network must share few networks, or they are telephone numbers."""
        networks: Counter[str] = Counter()
        pairs = 0
        for value, count in self.counts.items():
            plain = _FLOAT.sub("", value)
            if _PAIR.match(plain) and len(plain) > 5:
                pairs += count
            elif _GLOBAL.match(plain):
                networks["".join(re.findall("[0-9]", plain)[:5])] += count
        few = sum(count for _, count in networks.most_common(4))
        return (pairs + (few if few >= 0.8 * networks.total() else 0)) / max(1, len(self.filled))

    @cached_property
    def areas(self) -> float:
        return self.share(lambda value: bool(_AREA.match(_FLOAT.sub("", value))))

    @cached_property
    def hexes(self) -> float:
        return self.share(lambda value: bool(_HEX.match(value)))

    @cached_property
    def clocks(self) -> float:
        return self.share(lambda value: bool(_CLOCK.match(value.lower())))

    def small(self, largest: float) -> float:
        return self.share(lambda value: bool(_DECIMAL.fullmatch(value)) and float(value.replace(",", ".")) <= largest)

    @cached_property
    def times(self) -> TimeReading | None:
        """How it reads as whole times; None where it does not."""
        if self.filled_share < 0.05:
            return None
        few = self.filled[:: max(1, len(self.filled) // 60)][:60]
        if not few or read_times(few) is None:
            return None
        return read_times(self.filled)

    @cached_property
    def midnights(self) -> bool:
        return (
            bool(self.filled)
            and self.share(lambda value: bool(re.search(r"[ T]0{1,2}:00(?::00)?(?:\.0+)?$", value))) > 0.98
        )

    @cached_property
    def durations(self) -> float:
        """Share that reads as a duration, whole times excluded."""
        if self.times is not None:
            return 0.0
        return self.share(
            lambda value: bool(_DECIMAL.fullmatch(value) or _CLOCK.match(value.lower()) or re.match(r"PT?\d", value))
        )

    @cached_property
    def ordered(self) -> bool:
        """True where it only grows, as counters do, or counts in whatever order."""
        whole = sorted(int(value) for value in self.counts if value.isdigit() and len(value) < 16)
        most = whole[len(whole) // 20 : len(whole) - len(whole) // 20]
        if len(whole) > max(20, 0.9 * len(self.filled)) and most[-1] - most[0] < 1.6 * len(whole):
            return True
        numbers = [float(value) for value in self.filled if _DECIMAL.fullmatch(value) and "," not in value]
        rising = sum(one < two for one, two in pairwise(numbers))
        if len(numbers) < 0.8 * len(self.filled) or len(numbers) <= 20:
            return False
        return self.distinct > 0.5 * len(numbers) and (rising > 0.98 * len(numbers) or rising < 0.02 * len(numbers))


def pairs_as_times(dates: Column, times: Column) -> TimeReading | None:
    """How a column of dates and one of times of day read together."""
    return read_parts(dates.filled, times.filled) if dates.filled and times.filled else None


def follows(keys: Sequence[str | None], values: Sequence[str | None]) -> float:
    """How far a column is a function of another: share of records that hold their key's most common value."""
    seen: dict[str, Counter[str]] = {}
    for key, value in zip(keys, values, strict=True):
        if key and value and not is_empty(key) and not is_empty(value):
            seen.setdefault(key, Counter())[value] += 1
    repeated = [counts for counts in seen.values() if counts.total() > 1]
    total = sum(counts.total() for counts in repeated)
    return sum(max(counts.values()) for counts in repeated) / total if total else 0.0
