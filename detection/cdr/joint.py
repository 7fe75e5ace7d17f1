"""What the SIMs of one box do together, in sentences a prosecutor can read: turns, relays, silences. Pure.

Acts are in order of time.
"""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from detection.cdr import visits
from detection.cdr.acts import Acts
from detection.cdr.features import MOC
from detection.cdr.sentences import count_in_words
from detection.wording import hours_in_words

Ints = NDArray[np.int64]

HOUR_S, DAY_S = 3_600, 86_400
LEAST_TURNS = 2  # changes of SIM on one IMEI, to be told
LEAST_SILENCE_S, MOST_SILENCE_S = 900, 4 * HOUR_S  # longer ones are how it sleeps
LEAST_EXPECTED = 15.0  # acts that its own pace would have put into a silence: by chance less than 1 in a million
LEAST_SILENT = 3  # SIMs
MOST_SILENCES = 2
LEAST_CALLS = 10
ONCE_SHARE = 0.5  # of its calls that must go to numbers called once, to be told


def in_time(acts: Acts) -> Acts:
    """The acts in order of time."""
    order = np.lexsort((acts.sim, acts.t_s))
    return acts.of(order)


def shared_imeis(acts: Acts) -> int:
    """How many IMEIs two or more of the SIMs were in; in any order."""
    pairs = np.unique(np.column_stack([acts.imei, acts.sim])[acts.imei >= 0], axis=0)
    _, users = np.unique(pairs[:, 0], return_counts=True)
    return int((users > 1).sum())


def facts(acts: Acts) -> list[str]:
    """Sentences, the weightiest first; none where a box of one SIM, or few acts, tells nothing."""
    told = [turns(acts), relay(acts), *silences(acts), once(acts), span(acts)]
    return [sentence for sentence in told if sentence]


def turns(acts: Acts) -> str:
    """How SIMs changed on the IMEI that most of them were in."""
    pairs = np.unique(np.column_stack([acts.imei, acts.sim])[acts.imei >= 0], axis=0)
    if not len(pairs):
        return ""
    imeis, users = np.unique(pairs[:, 0], return_counts=True)
    held = acts.of(acts.imei == imeis[users.argmax()])
    changes = int((np.diff(held.sim) != 0).sum())
    if users.max() < 2 or changes < LEAST_TURNS:
        return ""
    ends = np.maximum.accumulate(held.t_s + np.maximum(held.duration_s, 0))
    apart = (held.t_s[1:] >= ends[:-1]) | (np.diff(held.sim) == 0)
    never = ", never two at once" if apart.all() else ""
    return f"on the busiest IMEI {count_in_words(int(users.max()))} SIMs took turns: {changes} changes{never}"


def relay(acts: Acts) -> str:
    """SIMs that came one after another."""
    by_sim = np.lexsort((acts.t_s, acts.sim))
    sims, begin = np.unique(acts.sim[by_sim], return_index=True)
    if len(sims) < LEAST_SILENT:
        return ""
    first = acts.t_s[by_sim][begin]
    last = acts.t_s[by_sim][np.append(begin[1:], len(by_sim)) - 1]
    order = np.argsort(first, kind="stable")
    if (first[order][1:] < last[order][:-1]).any():
        return ""
    return f"{count_in_words(len(sims))} SIMs came one after another, each silent before the next began"


def silences(acts: Acts) -> list[str]:
    """Times in which SIMs at work fell silent together and came back together, the surest first."""
    gaps = np.diff(acts.t_s)
    found: list[tuple[float, str]] = []
    for at in np.flatnonzero((gaps >= LEAST_SILENCE_S) & (gaps <= MOST_SILENCE_S)).tolist():
        begin, end = int(acts.t_s[at]), int(acts.t_s[at + 1])
        before = (acts.t_s > begin - HOUR_S) & (acts.t_s <= begin)
        after = (acts.t_s >= end) & (acts.t_s < end + HOUR_S)
        expected = min(before.sum(), after.sum()) / HOUR_S * (end - begin)
        silent = np.intersect1d(acts.sim[before], acts.sim[after])
        if expected < LEAST_EXPECTED or len(silent) < LEAST_SILENT or _daily(acts, at):
            continue
        one, two = (datetime.fromtimestamp(int(acts.local_s[row]), UTC) for row in (at, at + 1))
        many = "all " if len(silent) == len(np.unique(acts.sim)) else ""
        told = (
            f"{many}{count_in_words(len(silent))} SIMs fell silent together from {one:%H:%M} to {two:%H:%M}"
            f" on {one:%Y-%m-%d}, as in a power cut"
        )
        found.append((-expected, told))
    return [told for _, told in sorted(found)[:MOST_SILENCES]]


def _daily(acts: Acts, at: int) -> bool:
    """Whether it is as silent at this time on every other day: then it is how it keeps its hours."""
    middle = (int(acts.local_s[at]) + int(acts.local_s[at + 1])) // 2
    half = (int(acts.local_s[at + 1]) - int(acts.local_s[at])) // 4
    first, last = int(acts.local_s[0]), int(acts.local_s[-1])
    others = [day for day in range(-14, 15) if day and first < middle + day * DAY_S < last]
    centres = (middle + day * DAY_S for day in others)
    return bool(others) and not any((np.abs(acts.local_s - centre) <= half).any() for centre in centres)


def once(acts: Acts) -> str:
    """How many of its calls went to numbers that it called once."""
    called = acts.other[(acts.kind == MOC) & (acts.other >= 0)]
    if len(called) < LEAST_CALLS:
        return ""
    _, times = np.unique(called, return_counts=True)
    single = int((times == 1).sum())
    return f"{single} of {len(called)} calls went to numbers called once" if single >= ONCE_SHARE * len(called) else ""


def span(acts: Acts) -> str:
    """From when to when it was at work, and its best hours."""
    if not len(acts.local_s):
        return ""
    first, last = (datetime.fromtimestamp(int(edge), UTC) for edge in (acts.local_s.min(), acts.local_s.max()))
    days = len(np.unique(acts.local_s // DAY_S))
    hours = visits.best_hours(acts.local_s)
    most = "day and night" if hours == [visits.ALL_DAY] else f"most at {hours_in_words(hours)}"
    on = "one day" if days == 1 else f"{days} days"
    return f"at work from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} local time, on {on}; {most}"
