"""victims.csv: numbers with long calls from a box, for the early-warning hotline, most urgent first. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from detection.cdr.numbers import CLASSES

Ints = NDArray[np.int64]

COLUMNS = (
    *("number", "urgency", "lead", "calls", "seconds", "longest_s", "first_call", "last_call", "called_back", "reason"),
)
LANDLINE = CLASSES.index("landline")
PEOPLE = [CLASSES.index(name) for name in ("mobile", "landline", "foreign")]  # that a person answers
LONG_CALL_S, LONG_TOTAL_S = 60, 120  # one of them must be reached: shorter calls are mostly turned away
HALF_LIFE_S = 86_400  # of urgency: who was on the line yesterday is half as urgent as who was just now
BACK_COUNTS = 1.5  # who calls the box back believes it


@dataclass(frozen=True, slots=True)
class Calls:
    """Answered calls of the SIMs of leads, in any order; `inward`: the other party called the box."""

    lead: NDArray[np.object_]
    other: NDArray[np.object_]
    inward: NDArray[np.bool_]
    t_s: Ints
    local_s: Ints
    duration_s: Ints


@dataclass(frozen=True, slots=True)
class Victim:
    """A row of victims.csv; calls, seconds and times are of answered calls from the box."""

    number: str
    urgency: float
    lead: str
    calls: int
    seconds: int
    longest_s: int
    first_call: str  # the carrier's local time
    last_call: str
    called_back: int
    reason: str

    def row(self) -> list[object]:
        return [f"{value:.3f}" if isinstance(value, float) else value for value in map(self.__getattribute__, COLUMNS)]


def find(calls: Calls, people: Collection[str], own: Collection[str], ends_s: int) -> list[Victim]:
    """Who was long on the line with a box, most urgent first.

    `people`: the numbers that persons answer; `own`: those of suspected SIMs, which are no victims; `ends_s`: until
    when the export tells, from which urgency counts.
    """
    by_number: dict[str, list[int]] = {}
    for at, other in enumerate(calls.other.tolist()):
        if other in people and other not in own:
            by_number.setdefault(other, []).append(at)
    found = [
        victim
        for number, at in by_number.items()
        if (victim := _victim(number, calls, np.array(at), ends_s)) is not None
    ]
    return sorted(found, key=lambda victim: (-victim.urgency, victim.number))


def _victim(number: str, calls: Calls, at: Ints, ends_s: int) -> Victim | None:
    outward = at[~calls.inward[at]]
    if not len(outward):
        return None
    lasted = calls.duration_s[outward]
    seconds, longest = int(lasted.sum()), int(lasted.max())
    if longest < LONG_CALL_S and seconds < LONG_TOTAL_S:
        return None
    outward = outward[np.argsort(calls.t_s[outward], kind="stable")]
    back = len(at) - len(outward)
    age_s = max(0, ends_s - int(calls.t_s[at].max()))
    urgency = 0.5 ** (age_s / HALF_LIFE_S) * np.sqrt(seconds / 60 * len(outward)) * (BACK_COUNTS if back else 1)
    first, last = (_local(int(calls.local_s[call])) for call in (outward[0], outward[-1]))
    leads = sorted(set(calls.lead[at].tolist()))
    reason = _reason(len(outward), seconds, longest, last, back)
    return Victim(
        number, float(urgency), " ".join(leads), len(outward), seconds, longest, first, last, int(back), reason
    )


def _local(local_s: int) -> str:
    return datetime.fromtimestamp(local_s, UTC).replace(tzinfo=None).isoformat()


def _reason(calls: int, seconds: int, longest: int, last: str, back: int) -> str:
    day, hour = last[:10], last[11:16]
    if calls == 1:
        told = f"one call of {lasting(seconds)}, on {day} at {hour}"
    else:
        told = f"{calls} calls, {lasting(seconds)} in all, the longest {lasting(longest)}, the last on {day} at {hour}"
    if back:
        told += "; called back " + ("once" if back == 1 else "twice" if back == 2 else f"{back} times")
    return told


def lasting(seconds: int) -> str:
    """ "45 s", "12 min", "2 h 5 min" ."""
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min".removesuffix(" 0 min")


def rows(found: Sequence[Victim]) -> list[list[object]]:
    return [victim.row() for victim in found]
