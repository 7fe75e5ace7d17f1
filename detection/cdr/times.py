"""Times as exports write them: each way is a record, tried on a sample, then applied to the whole column.

A way is a pattern and the ISO text it becomes, or a number's origin and unit. What a pattern does not fit is
refused line by line; nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

EXCEL_ORIGIN_DAYS = 25_569  # 1970-01-01 in Excel's 1900 date system, its false 1900-02-29 included
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_A_DAY_S = 946_684_800  # 2000-01-01, the day of a time of day alone
LONGEST_EXPORT_S = 3 * 366 * 86_400
EARLIEST, LATEST = 631_152_000, 4_102_444_800  # 1990 and 2100: outside, it is not the time of a call

_OFFSET = r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_FRACTION = r"(?:[.,]\d+)?"
_MIDNIGHT = r"(?:[ T]0{1,2}:00(?::00)?(?:\.0+)?)?"


@dataclass(frozen=True, slots=True)
class TimeWay:
    """One way to write a time. `iso` refers to groups of `pattern`; `unit_s` is set where the text is a number."""

    name: str
    pattern: str
    iso: str = ""
    unit_s: float = 0.0  # seconds a unit of the number
    origin_s: int = 0  # Unix time of the number's zero
    half_day: bool = False  # AM and PM
    half_first: bool = False  # AM and PM (上午, 下午) stand before the hour
    months: bool = False  # months by name
    has_offset: bool = False  # may carry its offset from UTC
    universal: bool = False  # a Unix time, so UTC without asking
    date_only: bool = False
    time_only: bool = False


def _ways() -> tuple[TimeWay, ...]:
    hms = r"(\d{1,2}):(\d{2}):(\d{2})" + _FRACTION
    hm = r"(\d{1,2}):(\d{2})"
    ymd = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    other = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
    chinese = r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*(\d{1,2})\s*[时時点:：]\s*(\d{1,2})"
    other_short = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})"
    gap = r"(?:\s+|,\s*|T|_|:)"
    half = r"\s*([AaPp])\.?\s?[Mm]\.?"
    first_half = r"\s*(?:(上午|凌晨|早上|早晨|AM|am)|(?:下午|晚上|傍晚|中午|PM|pm))\s*"
    named = r"(\d{1,2})[-/. ]([A-Za-z]{3})[A-Za-z]*[-/., ]\s?(\d{4})"
    named_short = r"(\d{1,2})[-/. ]([A-Za-z]{3})[A-Za-z]*[-/. ](\d{2})"
    named_us = r"([A-Za-z]{3})[A-Za-z]*[-/. ]+(\d{1,2}),?[-/. ]+(\d{4})"
    dots = r"(\d{1,2})[.:](\d{2})[.:](\d{2})" + _FRACTION
    full = r"\1-\2-\3 \4:\5:\6"
    return (
        TimeWay("ISO", ymd + gap + hms + _OFFSET, full, has_offset=True),
        TimeWay("ISO without seconds", ymd + gap + hm + _OFFSET, r"\1-\2-\3 \4:\5:00", has_offset=True),
        TimeWay(
            "yyyymmddHHMMSS", r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})" + _FRACTION + _OFFSET, full, has_offset=True
        ),
        TimeWay(
            "yyyymmdd HHMMSS", r"(\d{4})(\d{2})(\d{2})[ T_-](\d{2})(\d{2})(\d{2})" + _OFFSET, full, has_offset=True
        ),
        TimeWay("yyyymmdd HH:MM:SS", r"(\d{4})(\d{2})(\d{2})[ T_-]" + hms + _OFFSET, full, has_offset=True),
        TimeWay("yyyymmddHHMMSSmmm", r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\d{3}", full),
        TimeWay("yyyymmddHHMM", r"(20\d{2})(\d{2})(\d{2})(\d{2})(\d{2})", r"\1-\2-\3 \4:\5:00"),
        TimeWay("yymmddHHMMSS", r"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})" + _OFFSET, "20" + full, has_offset=True),
        TimeWay("Chinese", chinese + r"\s*[分:：]\s*(\d{1,2})\s*秒?", full),
        TimeWay("Chinese without seconds", chinese + r"\s*分?", r"\1-\2-\3 \4:\5:00"),
        TimeWay("ISO with AM/PM", ymd + gap + hms + half, full, half_day=True),
        TimeWay("day/month/year", other + gap + hms + _OFFSET, r"\3-\2-\1 \4:\5:\6", has_offset=True),
        TimeWay("month/day/year", other + gap + hms + _OFFSET, r"\3-\1-\2 \4:\5:\6", has_offset=True),
        TimeWay("day/month/year without seconds", other + gap + hm, r"\3-\2-\1 \4:\5:00"),
        TimeWay("month/day/year without seconds", other + gap + hm, r"\3-\1-\2 \4:\5:00"),
        TimeWay("day/month/year with AM/PM", other + gap + hms + half, r"\3-\2-\1 \4:\5:\6", half_day=True),
        TimeWay("month/day/year with AM/PM", other + gap + hms + half, r"\3-\1-\2 \4:\5:\6", half_day=True),
        TimeWay(
            "Chinese morning and afternoon",
            ymd + first_half + r"(\d{1,2}):(\d{2}):(\d{2})",
            r"\1-\2-\3 \5:\6:\7",
            half_day=True,
            half_first=True,
        ),
        TimeWay("day/month/yy", other_short + gap + hms, r"20\3-\2-\1 \4:\5:\6"),
        TimeWay("month/day/yy", other_short + gap + hms, r"20\3-\1-\2 \4:\5:\6"),
        TimeWay("day/month/yy without seconds", other_short + gap + hm, r"20\3-\2-\1 \4:\5:00"),
        TimeWay("month/day/yy without seconds", other_short + gap + hm, r"20\3-\1-\2 \4:\5:00"),
        TimeWay("day/month/yy with AM/PM", other_short + gap + hms + half, r"20\3-\2-\1 \4:\5:\6", half_day=True),
        TimeWay("month/day/yy with AM/PM", other_short + gap + hms + half, r"20\3-\1-\2 \4:\5:\6", half_day=True),
        TimeWay("yy/month/day", r"(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})" + gap + hms, r"20\1-\2-\3 \4:\5:\6"),
        TimeWay("MON day, year", named_us + gap + hms + _OFFSET, r"\3-\1-\2 \4:\5:\6", months=True, has_offset=True),
        TimeWay(
            "MON day, year with AM/PM", named_us + gap + hms + half, r"\3-\1-\2 \4:\5:\6", months=True, half_day=True
        ),
        TimeWay("day-MON-year", named + gap + dots + _OFFSET, r"\3-\2-\1 \4:\5:\6", months=True, has_offset=True),
        TimeWay("day-MON-year with AM/PM", named + gap + dots + half, r"\3-\2-\1 \4:\5:\6", months=True, half_day=True),
        TimeWay("day-MON-yy", named_short + gap + dots, r"20\3-\2-\1 \4:\5:\6", months=True),
        TimeWay(
            "day-MON-yy with AM/PM", named_short + gap + dots + half, r"20\3-\2-\1 \4:\5:\6", months=True, half_day=True
        ),
        TimeWay("Unix seconds", r"1[2-9]\d{8}(?:\.\d*)?", unit_s=1.0, universal=True),
        TimeWay("Unix milliseconds", r"1[2-9]\d{11}(?:\.\d*)?", unit_s=1e-3, universal=True),
        TimeWay("Unix microseconds", r"1[2-9]\d{14}", unit_s=1e-6, universal=True),
        TimeWay(
            "Excel serial days",
            r"(?:3[6-9]|4\d|5[0-4])\d{3}(?:[.,]\d+)?",
            unit_s=86_400.0,
            origin_s=-EXCEL_ORIGIN_DAYS * 86_400,
        ),
    )


def _parts() -> tuple[TimeWay, ...]:
    return (
        TimeWay("yyyy-mm-dd", r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _MIDNIGHT, r"\1-\2-\3", date_only=True),
        TimeWay("yyyymmdd", r"(20\d{2})(\d{2})(\d{2})", r"\1-\2-\3", date_only=True),
        TimeWay("Chinese date", r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", r"\1-\2-\3", date_only=True),
        TimeWay("day/month/year", r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _MIDNIGHT, r"\3-\2-\1", date_only=True),
        TimeWay("month/day/year", r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _MIDNIGHT, r"\3-\1-\2", date_only=True),
        TimeWay("day/month/yy", r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})", r"20\3-\2-\1", date_only=True),
        TimeWay("month/day/yy", r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})", r"20\3-\1-\2", date_only=True),
        TimeWay(
            "day-MON-yy",
            r"(\d{1,2})[-/. ]([A-Za-z]{3})[A-Za-z]*[-/. ](\d{2})",
            r"20\3-\2-\1",
            months=True,
            date_only=True,
        ),
        TimeWay(
            "Excel day",
            r"(?:3[6-9]|4\d|5[0-4])\d{3}(?:\.0+)?",
            unit_s=86_400.0,
            origin_s=-EXCEL_ORIGIN_DAYS * 86_400,
            date_only=True,
        ),
        TimeWay(
            "day-MON-year",
            r"(\d{1,2})[-/. ]([A-Za-z]{3})[A-Za-z]*[-/. ](\d{4})",
            r"\3-\2-\1",
            months=True,
            date_only=True,
        ),
        TimeWay("yymmdd", r"(\d{2})(\d{2})(\d{2})", r"20\1-\2-\3", date_only=True),
        TimeWay(
            "HH:MM:SS", r"(\d{1,2}):(\d{2}):(\d{2})" + _FRACTION + _OFFSET, r"\1:\2:\3", has_offset=True, time_only=True
        ),
        TimeWay("HH:MM", r"(\d{1,2}):(\d{2})", r"\1:\2:00", time_only=True),
        TimeWay(
            "HH:MM:SS with AM/PM",
            r"(\d{1,2}):(\d{2}):(\d{2})" + _FRACTION + r"\s*([AaPp])\.?\s?[Mm]\.?",
            r"\1:\2:\3",
            half_day=True,
            time_only=True,
        ),
        TimeWay("HH.MM.SS", r"(\d{1,2})\.(\d{2})\.(\d{2})", r"\1:\2:\3", time_only=True),
        TimeWay("Excel part of a day", r"0?[.,]\d{3,}|0|1(?:\.0+)?", unit_s=86_400.0, time_only=True),
        TimeWay("HHMMSS", r"0*?(\d{1,2})(\d{2})(\d{2})", r"\1:\2:\3", time_only=True),
        TimeWay("Chinese time", r"(\d{1,2})\s*[时時点]\s*(\d{1,2})\s*分\s*(\d{1,2})\s*秒", r"\1:\2:\3", time_only=True),
    )


WAYS = _ways()
PARTS = _parts()


def read_one(way: TimeWay, text: str) -> int | None:
    """Unix seconds of one text, its local time as if UTC (a time of day: on 2000-01-01); None where it does not fit."""
    text = text.strip()
    match = _pattern(way.pattern).fullmatch(text)
    if match is None:
        return None
    if way.unit_s:
        seconds = round(float(text.replace(",", ".")) * way.unit_s) + way.origin_s
        return _plausible(seconds + (_A_DAY_S if way.time_only else 0))
    iso = match.expand(way.iso)
    if way.months:
        iso = re.sub("[A-Za-z]{3}", lambda name: month_number(name.group()), iso, count=1)
    if way.date_only:
        iso += " 0:0:0"
    if way.time_only:
        iso = "2000-1-1 " + iso
    try:
        numbers = [int(number) for number in re.split(r"[-: ]", iso)]
        if way.half_day:
            after = match[4] is None if way.half_first else match.groups()[-1] in "Pp"
            numbers[3] = numbers[3] % 12 + (12 if after else 0)
        return _plausible(int(datetime(*numbers, tzinfo=UTC).timestamp()))  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def read_both(date_way: TimeWay, date: str, time_way: TimeWay, time: str) -> int | None:
    """The same for a date and a time of day in two columns."""
    day, moment = read_one(date_way, date), read_one(time_way, time)
    return None if day is None or moment is None else day + moment - _A_DAY_S


def offset_of(text: str) -> int | None:
    """Seconds east of UTC that a text itself carries; None where it carries none."""
    text = text.strip()
    if re.search("(?:Z|UTC|GMT)$", text):
        return 0
    match = re.search(r"[:\d]\s*([+-])(\d{2}):?(\d{2})?$", text)
    if match is None:
        return None
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return -seconds if match[1] == "-" else seconds


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _plausible(seconds: int) -> int | None:
    return seconds if EARLIEST <= seconds < LATEST else None


def month_number(name: str) -> str:
    """ "mar" -> "3"; what is no month becomes "0", which no date holds."""
    return str(MONTHS.index(name.lower()) + 1) if name.lower() in MONTHS else "0"


def zone_steps(zone: ZoneInfo, first_s: int, last_s: int) -> list[tuple[int, int]]:
    """(local second from which, offset east of UTC in s) of a zone, over local times first_s..last_s."""
    steps: list[tuple[int, int]] = []
    at = first_s - 86_400
    while at <= last_s + 86_400:
        offset = _offset_of_local(zone, at)
        if not steps or steps[-1][1] != offset:
            steps.append((_edge(zone, at, offset) if steps else at, offset))
        at += 86_400
    return steps


def _offset_of_local(zone: ZoneInfo, local_s: int) -> int:
    moment = datetime.fromtimestamp(local_s, UTC).replace(tzinfo=zone)
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _edge(zone: ZoneInfo, at: int, offset: int) -> int:
    """First local second with this offset, within the day before `at`."""
    low, high = at - 86_400, at
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset_of_local(zone, middle) == offset else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How the time of a record is read, and why."""

    way: TimeWay
    reason: str
    time_way: TimeWay | None = None  # where date and time stand in two columns
    offsets: bool = False  # the texts carry their own offset from UTC


def read_times(values: list[str]) -> TimeReading | None:
    """The way that fits at least 80 % of a sample; None where none does."""
    return _best(values, WAYS)


def read_parts(dates: list[str], times: list[str]) -> TimeReading | None:
    """The same for a column of dates and one of times of day."""
    date = _best(dates, tuple(way for way in PARTS if way.date_only))
    time = _best(times, tuple(way for way in PARTS if way.time_only), lowest=-1 << 62)
    if date is None or time is None:
        return None
    offsets = time.way.has_offset and carry_offset(times)
    return TimeReading(date.way, f"{date.reason}; time of day: {time.reason}", time.way, offsets)


def carry_offset(values: list[str]) -> bool:
    return (
        sum(bool(re.search(r"(?:[:\d]\s*[+-]\d{2}:?\d{2}|\d{2}(?:\.\d+)?\s*Z|UTC|GMT)$", v.strip())) for v in values)
        > len(values) / 2
    )


def _unlikely(way: TimeWay, values: list[str], seconds: list[int]) -> bool:
    """Numbers that would be times over many years, or whole days only, are something else."""
    whole = sum(value.strip().isdigit() for value in values)
    if way.time_only:
        return whole > 0.5 * len(values)
    if way.date_only:
        return max(seconds) - min(seconds) > LONGEST_EXPORT_S
    return max(seconds) - min(seconds) > LONGEST_EXPORT_S or (way.origin_s < 0 and whole > 0.5 * len(values))


def _best(values: list[str], ways: tuple[TimeWay, ...], lowest: int = EARLIEST) -> TimeReading | None:
    values = [value for value in values if value.strip()][:2_000]
    if not values:
        return None
    fits: list[tuple[float, int, TimeWay]] = []
    for way in ways:
        seconds = [second for value in values if (second := read_one(way, value)) is not None and second >= lowest]
        if len(seconds) >= 0.8 * len(values) and not (way.unit_s and _unlikely(way, values, seconds)):
            fits.append((-len(seconds) / len(values), max(seconds) - min(seconds), way))
    if not fits:
        return None
    fits.sort(key=lambda fit: fit[:2])  # most that fit; then, as between d/m and m/d, the shorter span
    share, _, way = fits[0]
    reason = f"{way.name}: fits {-share:.1%} of the sample"
    rivals = [rival.name for other, _, rival in fits[1:] if other == share]
    if rivals:
        reason += f"; {', '.join(rivals)} would fit too, but spreads the records over a longer time"
    return TimeReading(way, reason, offsets=way.has_offset and carry_offset(values))
