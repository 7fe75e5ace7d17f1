"""From evidence to a score, and to the first hour at which it would have raised an alarm.

A SIM's log odds are its own evidence and a share of that of the SIMs it is joined with: members of a group are of
one nature, so a group that looks like an office speaks against each of its SIMs, one that looks like a box for it.
The same sum over what was known at the end of every hour gives the time of detection. It looks ahead in one thing:
which SIMs are asked what they do together, and who is grouped with whom, goes by all records of the run.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from detection.cdr import kinds
from detection.cdr.boxes import Group
from detection.cdr.crowd import NOBODY, Crowd
from detection.cdr.features import HOUR_S
from detection.cdr.history import History, Hours
from detection.cdr.layer import AS_SHIPPED, Layer, shares_of
from detection.cdr.records import cores
from detection.cdr.together import Shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BOX_PRIOR = 1e-4  # chance that a SIM of a carrier is in a box: true rates are at most this
ALARM = 0.5  # posterior probability from which a SIM is raised
ALARM_ODDS = float(np.log(ALARM / (1 - ALARM)))
MOST_FROM_ONE = 8.0  # of a peer's evidence that counts
MOST_FROM_GROUP = {"device": 10.0, "road": 8.0, "calls": 8.0, "spot": 4.0}  # by the surest link of a SIM
EXPECTED = 3.0  # evidence that picked SIMs of an honest group may well have: only what is above speaks for a box
QUORUM, QUORUM_SHARE, QUORUM_GAIN = 3, 1 / 3, 2.0  # raised SIMs of a group, and log odds that they give the rest
CHUNK = 25_000  # rows at a time on each core


@dataclass(slots=True)
class Verdict:
    """Per SIM: own evidence, with its group's, score 0 to 1, most likely kind, and when it was raised (Unix s)."""

    own: Floats
    odds: Floats  # with the prior, and what raids taught
    before: Floats  # the same without what raids taught
    score: Floats
    kind: Ints  # index into kinds.kinds()
    box_kind: Ints  # most likely kind among boxes
    raised_s: Ints  # -1: never


def families(posterior: Floats) -> Ints:
    """Which sort of box each SIM would be of: callers, senders or receivers (index)."""
    every = kinds.kinds()
    sort = np.array([{"sms": 1, "otp": 2}.get(kind.form, 0) for kind in every])
    best: Ints = sort[np.argmax(np.where(kinds.in_boxes(), posterior, -np.inf), axis=1)]
    return best


def own_evidence(counts: kinds.Counts, told: kinds.Telling) -> tuple[Floats, Floats]:
    """(log odds without prior, log posterior of kinds) of every row of counts; `told`: what the export tells."""
    n = len(counts["hours"])
    odds, posterior = np.zeros(n), np.zeros((n, len(kinds.kinds())))

    def fill(at: int) -> None:
        table = kinds.evidence({name: column[at : at + CHUNK] for name, column in counts.items()}, told)
        odds[at : at + CHUNK], posterior[at : at + CHUNK] = kinds.posterior(reduce(np.add, table.values()), BOX_PRIOR)

    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(fill, range(0, n, CHUNK)):
            pass
    return odds, posterior


def leaning(layer: Layer, posterior: Floats) -> Floats:
    """What raids taught of the kinds of every row of log posteriors."""
    if layer == AS_SHIPPED:
        return np.zeros(len(posterior))
    shares = shares_of(posterior, kinds.in_boxes())
    return layer.leaning([kind.name for kind in kinds.kinds()], shares)


def from_group(own: Floats, most: Floats) -> Floats:
    """What the others of a group add to each member; `own` (SIMs, hours), nan where a SIM is not known yet.

    The others' mean evidence above EXPECTED, since they were picked for it, times the square root of their
    number: less than if they were independent. `most`: bound for each SIM.
    """
    known = ~np.isnan(own)
    value = np.where(known, np.clip(own - EXPECTED, -MOST_FROM_ONE, MOST_FROM_ONE), 0.0)
    others = known.sum(axis=0) - known
    mean = (value.sum(axis=0) - value) / np.maximum(others, 1)
    given: Floats = np.clip(0.5 * mean * np.sqrt(others), -most[:, None], most[:, None])
    return given


def from_quorum(total: Floats) -> Floats:
    """What a group's SIMs above the alarm give to each other one; `total` log odds (SIMs, hours), nan where unknown."""
    above = np.nan_to_num(total, nan=-np.inf) >= ALARM_ODDS
    count, known = above.sum(axis=0), (~np.isnan(total)).sum(axis=0)
    given: Floats = np.where((count >= QUORUM) & (count >= QUORUM_SHARE * known), QUORUM_GAIN, 0.0)
    return given


def bounds_of(group: Group) -> Floats:
    """The most that a group may add to each of its SIMs."""
    most = dict.fromkeys(group.sims, 0.0)
    for link in group.links:
        for sim in (link.one, link.two):
            most[sim] = max(most[sim], MOST_FROM_GROUP[link.why])
    return np.array([most[sim] for sim in group.sims])


def judge(
    history: History,
    own: Floats,
    posterior: Floats,
    groups: list[Group],
    layer: Layer = AS_SHIPPED,
    company: Crowd = NOBODY,
    together: Sequence[Shown] = (),
) -> Verdict:
    """Scores of all SIMs, and for those above the alarm the hour that raised them. `own` holds that of `together`."""
    odds = own + np.log(BOX_PRIOR)
    for group in groups:
        sims = np.array(group.sims)
        odds[sims] += from_group(own[sims][:, None], bounds_of(group))[:, 0]
    odds[company.sims] += company.at_last(history.ends_s)
    for group in groups:
        odds[list(group.sims)] += from_quorum(odds[list(group.sims)][:, None])
    before, odds = odds, layer.bent(odds, leaning(layer, posterior))
    raised = np.full(len(own), -1, np.int64)
    alarm = ALARM_ODDS
    grouped = {sim for group in groups for sim in group.sims}
    lone = [int(sim) for sim in np.flatnonzero(odds >= alarm) if int(sim) not in grouped]
    suspected = [group for group in groups if odds[list(group.sims)].max() >= alarm]
    suspected += [Group((sim,), (int(history.first_s[sim]),), ()) for sim in lone]
    hours = history.hours(np.array([sim for group in suspected for sim in group.sims], np.int64))
    by_hour, kind_by_hour = own_evidence(hours.counts, history.told())
    lean = leaning(layer, kind_by_hour)
    for group in suspected:
        raised[list(group.sims)] = raised_in(hours, by_hour, group, alarm, layer, lean, company, together)
    raised[odds < alarm] = -1
    box_kind = np.argmax(np.where(kinds.in_boxes(), posterior, -np.inf), axis=1)
    return Verdict(own, odds, before, to_score(odds), np.argmax(posterior, axis=1), box_kind, raised)


def raised_in(
    known: Hours,
    odds: Floats,
    group: Group,
    alarm: float,
    layer: Layer,
    lean: Floats,
    company: Crowd,
    together: Sequence[Shown],
) -> Ints:
    """When each SIM of a group first stood above the alarm, from records up to then alone; -1 never.

    `odds`: own evidence at every row of `known`; `lean`: what raids taught of the kinds at each.
    """
    sims = np.array(group.sims)
    rows = [known.of(sim) for sim in group.sims]
    hours = np.unique(np.concatenate([known.hour[at] for at in rows]))
    own = np.full((len(sims), len(hours)), np.nan)
    leaning_then = np.zeros(own.shape)
    for row, at in enumerate(rows):
        column = np.searchsorted(known.hour[at], hours, "right") - 1
        own[row] = np.where(column >= 0, odds[at][np.maximum(column, 0)], np.nan)
        leaning_then[row] = lean[at][np.maximum(column, 0)]
    ends = (hours + 1) * HOUR_S
    for shown in together:
        own += shown.evidence(sims, ends)
    joined = np.array(group.joined_s)[:, None] <= ends
    others = from_group(np.where(joined, own, np.nan), bounds_of(group))
    total = own + np.log(BOX_PRIOR) + np.where(joined & (len(sims) > 1), others, 0.0)
    total += company.evidence(sims, ends)
    total += from_quorum(np.where(joined, total, np.nan))
    above = np.nan_to_num(layer.bent(total, leaning_then), nan=-np.inf) >= alarm
    return np.where(above.any(axis=1), ends[np.argmax(above, axis=1)], -1)


def to_score(odds: Floats) -> Floats:
    """Probability, with its last digits bent so that very sure SIMs still differ."""
    bent = np.where(odds > 6, 6 + 6 * (1 - np.exp(-(np.maximum(odds, 6) - 6) / 15)), odds)
    low = np.where(bent < -8, -8 - 6 * (1 - np.exp(-(-8 - np.minimum(bent, -8)) / 15)), bent)
    return 1 / (1 + np.exp(-low))
