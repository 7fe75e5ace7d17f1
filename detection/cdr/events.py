"""What a record was: its kind, its duration, how it ended, by words, codes and relations."""

import re
from collections.abc import Sequence

from detection.cdr import relations
from detection.cdr.assignment import Assignment, identity_key
from detection.cdr.contents import Column, follows
from detection.cdr.formats import vocabulary
from detection.cdr.record_words import says_service_only
from detection.cdr.starts import moments_of
from detection.cdr.times import TimeReading
from detection.cdr.words import is_empty

_NUMBER = re.compile(r"\d+(?:[.,]\d*)?")


def find_kinds(found: Assignment) -> None:
    """Record type and service by their words: one tells the direction, the other perhaps only the service."""
    if "record_type" in found.roles and "service" in found.roles:
        kind, service = found.of("record_type"), found.of("service")
        if service.tells_direction and not kind.tells_direction and kind.kind_share > 0.5:
            found.roles["record_type"], found.roles["service"] = found.roles["service"], found.roles["record_type"]
            found.reasons["record_type"] += ", and it holds words for directions"
    if "service" in found.roles and "record_type" not in found.roles:
        alone = found.of("service")
        if alone.tells_direction or numbered_dialect(alone.codes):
            found.rename("service", "record_type", ", and it holds kinds of record")
    free = [at for at in found.free() if found.columns[at].kind_share > 0.9 and 2 <= found.columns[at].distinct <= 40]
    free = [at for at in free if max(map(len, found.columns[at].counts)) > 1 or found.columns[at].tells_direction]
    for at in sorted(free, key=lambda n: (not found.columns[n].tells_direction, n)):
        column = found.columns[at]
        services = all(map(says_service_only, column.usual_kinds)) and not column.tells_direction
        several = len(set(column.usual_kinds.values())) > 1
        if column.results > 0.9 and (column.results > column.exact_kinds or not column.tells_direction):
            continue  # "answered" and "not answered"
        if "record_type" not in found.roles and not services and several:
            found.give("record_type", at, "its values are words for kinds of record")
        elif "service" not in found.roles and services and several:
            found.give("service", at, "its values are words for calls, messages and data")
    name_numbers(found)


def name_numbers(found: Assignment) -> None:
    for role in ("record_type",):
        if role in found.roles and not found.numbered:
            found.numbered = numbered_dialect(found.of(role).codes)
            if found.numbered:
                found.reasons[role] += f"; its numbers are read as in {found.numbered}"


def numbered_dialect(values: Sequence[str]) -> str:
    """Which dialect's numbers a record-type column holds; empty where it holds words."""
    whole = [value.strip() for value in values if re.fullmatch(r"\d{1,3}(?:\.0)?", value.strip())]
    if len(whole) < 0.9 * max(1, len(values)) or not whole:
        return ""
    numbers = {int(float(value)) for value in whole}
    dialects = vocabulary().numbered
    if 0 in numbers or numbers & {6, 7}:
        return "ts32298" if numbers <= set(dialects["ts32298"]) else ""
    return "billing_cn" if numbers <= set(dialects["billing_cn"]) else ""


def kinds_table(found: Assignment) -> tuple[Column, dict[str, str]] | None:
    """The column that tells the direction, and what its values mean."""
    if "record_type" not in found.roles:
        return None
    column = found.of("record_type")
    if found.numbered:
        table = vocabulary().numbered[found.numbered]
        return column, {
            value: table.get(int(float(value)), "") for value in column.counts if re.fullmatch(r"\d+(?:\.0)?", value)
        }
    return column, column.kinds


def find_duration(found: Assignment, time: TimeReading) -> None:
    """Duration by form (1:20), by the end less the start, or by being the most varied of small numbers."""
    if not {"duration", "duration_ms"} & set(found.roles):
        free = [at for at in found.free() if found.columns[at].durations > 0.9]
        spoken = [at for at in free if found.columns[at].clocks > 0.8]
        by_end = [at for at in free if _fits_the_end(found, at, time)]
        varied = [at for at in free if looks_like_durations(found.columns[at])]
        for choice, why in (
            (by_end, "holds the end less the start"),
            (spoken, "its values are times like H:M:S"),
            ([] if "end" in found.roles else varied, "holds the most varied of the small numbers"),
        ):
            if choice:
                best = max(choice, key=lambda n: (lasting(found, n), found.columns[n].distinct, -n))
                found.give("duration", best, why)
                break
    if "duration" in found.roles:
        found.duration_form = duration_form(found.of("duration"))


def lasting(found: Assignment, at: int) -> int:
    """2 where messages last nothing and calls do, as durations have it; 1 where some values are 0; else 0."""
    column = found.columns[at]
    zeros = [is_empty(value) or not value.strip("0:.秒s ") for value in column.values]
    for role in ("record_type", "service"):
        kinds = found.of(role).kinds if role in found.roles else {}
        said = [kinds.get(value) for value in found.of(role).values] if kinds else []
        silent = [zero for zero, kind in zip(zeros, said, strict=False) if kind in ("smo", "smt", "lu")]
        voiced = [zero for zero, kind in zip(zeros, said, strict=False) if kind in ("moc", "mtc")]
        if len(silent) > 5 and len(voiced) > 5 and sum(silent) > 0.9 * len(silent) and sum(voiced) < 0.8 * len(voiced):
            return 2
    return int(sum(zeros) > 0.02 * len(zeros))


def _fits_the_end(found: Assignment, at: int, time: TimeReading) -> bool:
    if "end" not in found.roles or "start" not in found.roles:
        return False
    starts, ends = (moments_of(found.of(role), time) for role in ("start", "end"))
    seconds = relations.seconds_of(found.columns[at])
    told = [
        abs(end - start - s) <= 1
        for start, end, s in zip(starts, ends, seconds, strict=True)
        if start is not None and end is not None and s is not None
    ]
    return len(told) > 5 and sum(told) > 0.9 * len(told) and found.columns[at].distinct > 1


def looks_like_durations(column: Column) -> bool:
    """Whole numbers, many different, most of them small beside the largest, in no order."""
    if column.small(100_000) < 0.98 or column.ordered or column.share(lambda v: bool(re.fullmatch(r"0\d+", v))) > 0.2:
        return False
    if column.share(lambda value: bool(re.fullmatch(r"\d+\.\d*[1-9]\d*", value))) > 0.3:
        return False  # money
    values = sorted(float(value.replace(",", ".")) for value in column.filled if _NUMBER.fullmatch(value))
    if len(column.filled) < 30:
        return bool(values) and values[-1] > 5
    if column.distinct <= 12 or not values or (len(values) > 200 and column.distinct > 0.8 * len(values)):
        return False
    if values[-1 - len(values) // 100] < 100:
        return False  # as timing advances are
    return values[len(values) // 2] < 0.65 * values[-1] and values[0] <= max(10, 0.02 * values[-1])


def duration_form(column: Column) -> str:
    """ "HHMMSS" or "ms" where plain numbers are that; else empty."""
    plain = [value for value in column.filled if value.isdigit()]
    if len(plain) < 0.9 * len(column.filled) or len(plain) < 5:
        return ""
    if all(len(value) == 6 and value[2] < "6" and value[4] < "6" for value in plain) and any(
        v[0] == "0" for v in plain
    ):
        return "HHMMSS"
    large = [value for value in plain if int(value)]
    if len(set(large)) > 20 and all(value.endswith("000") for value in large):
        return "ms"
    return ""


def find_numbered_kinds(found: Assignment) -> None:
    """A record type that is a number, where no header and no word tells it: few small ones, before the time."""
    if "record_type" in found.roles or (found.spoken and "service" not in found.roles):
        return
    key = identity_key(found)
    if key is not None and "calling" in found.roles:
        own = relations.in_one_form(found.of("calling"), found.home)
        if follows(key, own) > 0.95:
            return  # every record is its caller's
    start = found.roles.get("start", found.roles.get("start_date", 0))
    seconds = relations.seconds_of(found.of("duration")) if "duration" in found.roles else None
    fits = []
    for at in found.free():
        column = found.columns[at]
        if not (2 <= len(column.codes) <= 8 and _plausible_kinds(column)):
            continue
        if seconds is not None and relations.outcomes(column, seconds, [True] * len(seconds)):
            continue  # it tells whether a call lasted: a result
        fits.append((at > start, at))
    if fits:
        found.give("record_type", min(fits)[1], "holds few small numbers, as record types are")
        name_numbers(found)


def _plausible_kinds(column: Column) -> bool:
    """True where the codes are a dialect's, and calls are forwarded now and then, not every third time."""
    dialect = numbered_dialect(column.codes)
    if not dialect:
        return False
    table = vocabulary().numbered[dialect]
    kinds = [table.get(int(float(code)), "") for code in column.codes]
    forwarded = sum(column.counts[code] for code, kind in zip(column.codes, kinds, strict=True) if kind == "fwd")
    return forwarded < 0.1 * len(column.filled) and {"moc", "mtc"} <= set(kinds)


def find_result(found: Assignment) -> None:
    """Result by whether calls with it lasted, or by its words."""
    told = kinds_table(found)
    calls = [True] * len(found.columns[0].values)
    if told is not None and told[1]:
        calls = [told[1].get(value) in ("moc", "mtc", None) for value in told[0].values]
    if "service" in found.roles:
        voice = found.of("service")
        calls = [
            call and voice.kinds.get(value) in ("moc", "mtc", None)
            for call, value in zip(calls, voice.values, strict=True)
        ]
    seconds = None
    for role in ("duration", "duration_ms"):
        if role in found.roles:
            seconds = relations.seconds_of(found.of(role))
    if "result" not in found.roles:
        for at in found.free():
            column = found.columns[at]
            if not 2 <= column.distinct <= 12:
                continue
            words = column.results > 0.9 and column.share(lambda value: not value.isdigit() and len(value) > 1) > 0.9
            words = words or (
                column.results > 0.9 and bool({"16", "200"} & set(column.codes)) and len(column.codes) > 1
            )
            if (seconds and relations.outcomes(column, seconds, calls)) or (words and (len(column.codes) > 1)):
                found.give(
                    "result",
                    at,
                    "its values go with calls that lasted or not" if not words else "its values are words for results",
                )
                break
    if "result" in found.roles:
        found.results = relations.outcomes(found.of("result"), seconds, calls) if seconds else {}
        _other_codes(found)


def _other_codes(found: Assignment) -> None:
    """A code that no dialect knows, beside one that means answered, is one of the many for calls that failed."""
    column, known = found.of("result"), vocabulary().results
    codes = [value for value in column.usual if re.fullmatch(r"\d{1,4}", value)]
    meanings = {code: found.results.get(code, known.get(code)) for code in codes}
    if len(codes) > 0.9 * len(column.usual) and True in meanings.values() and not found.flag:
        found.results |= {code: False for code, answered in meanings.items() if answered is None}
