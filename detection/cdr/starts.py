"""The time of a record: which columns hold it, and how it reads."""

import re

from detection.cdr import relations
from detection.cdr.assignment import TIMES, Assignment
from detection.cdr.contents import Column, pairs_as_times
from detection.cdr.times import TimeReading, read_one
from detection.errors import ExportError


def find_times(found: Assignment, name: str) -> TimeReading:
    """How the time of a record is read, and from which columns. Raises ExportError where none can be."""
    if found.clock is not None and {"start_date", "start_time"} <= set(found.told):
        return TimeReading(found.clock[0], "the dialect says so", found.clock[1])
    if "start" in found.told and (reading := found.of("start").times):
        found.reasons["start"] += f"; {reading.reason}"
        return reading
    named = {role: found.roles[role] for role in TIMES if role in found.roles}
    wholes = {role: at for role, at in named.items() if found.columns[at].times is not None}
    dated = [at for role, at in named.items() if role != "end" and found.columns[at].midnights]
    for role in named:
        found.drop(role) if role != "end" or role not in wholes else None
    why = {at: f'its header is "{found.names[at]}"' for at in named.values()}
    clocks = [at for role, at in named.items() if role in ("start_time", "start") and at not in wholes.values()]
    if not (dated and clocks):
        for role in ("start", "start_date", "start_time"):
            if role in wholes:
                return _whole(found, wholes[role], why[wholes[role]])
    dates = [
        at
        for role, at in named.items()
        if role in ("start_date", "start") and (at not in wholes.values() or at in dated)
    ]
    free = sorted(found.free(), key=lambda at: -hours_of(found.columns[at])) if dates or clocks else []
    for date in dates or free:
        for clock in clocks or free:
            if date != clock and (reading := pairs_as_times(found.columns[date], found.columns[clock])):
                found.give("start_date", date, f"{why.get(date, 'holds dates')}; {reading.reason}")
                found.give("start_time", clock, why.get(clock, "holds times of day"))
                return reading
    return times_by_contents(found, name)


def times_by_contents(found: Assignment, name: str) -> TimeReading:
    free = found.free()
    often = [at for at in free if found.columns[at].filled_share > 0.5] or free
    readings = {at: reading for at in often if (reading := found.columns[at].times)}
    if not readings and found.headed:
        free = [at for at in range(len(found.columns)) if at not in found.roles.values()]
        readings = {at: reading for at in free if (reading := found.columns[at].times)}
    certain = [at for at in readings if not readings[at].way.unit_s] or list(readings)
    if certain:
        first = certain[0]
        for second in certain[1:]:
            one, two = (moments_of(found.columns[at], readings[at]) for at in (first, second))
            if relations.by_the_end(one, two) > 0.9:
                if "end" not in found.roles and one != two:
                    found.give("end", second, f"holds times at or after those of column {first + 1}")
                break
            if relations.by_the_end(two, one) > 0.9:
                if "end" not in found.roles:
                    found.give("end", first, f"holds times at or after those of column {second + 1}")
                first = second
                break
        return _whole(found, first, f"a column that holds times ({readings[first].way.name})")
    free = sorted(free, key=lambda at: -hours_of(found.columns[at]))
    for date in free:
        for clock in free:
            if date != clock and (reading := pairs_as_times(found.columns[date], found.columns[clock])):
                found.give("start_date", date, f"holds dates; {reading.reason}")
                found.give("start_time", clock, "holds times of day")
                return reading
    raise _no_time(found, name)


def hours_of(column: Column) -> int:
    """How many different hours stand at the beginning of its texts: a time of day has many, a duration few."""
    return len({value[:2] for value in column.counts if re.match(r"[0-2]\d\D?[0-5]\d", value)})


def _no_time(found: Assignment, name: str) -> ExportError:
    if not any(column.filled for column in found.columns):
        return ExportError(f"export {name}: a header, and no record below it; ask for the export again")
    example = next((column.filled[0] for column in found.columns if column.filled), "nothing")
    return ExportError(
        f"export {name}: no column holds times that can be read (such as {example[:30]!r}); "
        "times like 2026-03-04 09:12:03, 20260304091203, Unix seconds or Excel days are known"
    )


def _whole(found: Assignment, at: int, why: str) -> TimeReading:
    reading = found.columns[at].times
    assert reading is not None
    found.give("start", at, f"{why}; {reading.reason}")
    return reading


def moments_of(column: Column, reading: TimeReading) -> list[int | None]:
    return [read_one(reading.way, value) for value in column.values]
