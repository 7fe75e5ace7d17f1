"""What kind of subscriber a SIM is, from its counts: a mixture of kinds, each with its own laws.

Each kind, honest or not, expects of every share (such as "outgoing of all calls") a mean and a spread; the chance
of k of n is then beta-binomial. A part of every law is even over all outcomes, so that no single feature can say
more than its due (about e^3.5), and none multiplies without end as a SIM grows older. Posterior of kinds by
Bayes; a SIM's evidence is the log odds of all box kinds against all honest kinds. The laws are in laws.json,
fitted by bench/cdr_fit.py on randomised cities.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp

Floats = NDArray[np.float64]
Counts = dict[str, Floats]

EVEN_PART = 0.03
KEPT = 0.8  # of evidence for a box: features lean on each other, as if some were told twice
FEW, FEW_H = (
    0.3,
    96.0,
)  # acts that stand for none, of as many hours as laws were fitted on: more hours make none no rarer
LEAST_TOTAL = 1_000  # acts of an export, for a share over all of it to mean anything
LEAST_HEARD = 0.05  # share of what comes in that an export is held to show at least
HEEDED = 0.7  # of that, in logarithms: whose friends are of this carrier differs from person to person
LEAST_MEAN = 0.002
PEER_STEPS = (0, 1, 2, 4)  # SIMs that share its devices: none, 1, 2-3, 4 and more


@dataclass(frozen=True, slots=True)
class Share:
    """k of n: a feature with a meaning. `said` is its sentence, with {k}, {n} and {percent}.

    `trust` is how much of its log likelihood counts: less where it says in part what another says, or where
    networks and handsets differ more than people do.
    """

    name: str
    part: tuple[str, ...]
    whole: tuple[str, ...]
    said: str
    trust: float = 1.0


SHARES = (
    Share("outgoing", ("calls_out",), ("calls_out", "calls_in"), "{k} of {n} calls went out"),
    Share(
        "messages",
        ("sms_out", "sms_in"),
        ("calls_out", "calls_in", "sms_out", "sms_in"),
        "{k} of {n} acts were messages",
    ),
    Share(
        "messages_sent", ("sms_out",), ("sms_out", "sms_in"), "{k} of {n} messages were sent, not received", trust=0.5
    ),
    Share(
        "strangers",
        ("new_callees",),
        ("calls_out",),
        "{k} of {n} outgoing calls went to a number called for the first time",
        trust=0.3,
    ),
    Share(
        "recipients",
        ("new_recipients",),
        ("sms_out",),
        "{k} of {n} messages went to a number written to for the first time",
    ),
    Share(
        "repeated",
        ("second_callees",),
        ("new_callees",),
        "{k} of the {n} numbers it called were called again",
        trust=0.2,
    ),
    Share("answered", ("answered_out",), ("calls_out",), "{k} of {n} outgoing calls were answered"),
    Share("answers", ("answered_in",), ("calls_in",), "it answered {k} of {n} calls that came in"),
    Share("short", ("short_out",), ("answered_out",), "{k} of {n} answered calls lasted less than 10 s", trust=0.5),
    Share("night", ("night",), ("calls_out", "sms_out"), "{k} of {n} outgoing acts fell between midnight and six"),
    Share("awake", ("awake",), ("life",), "it acted in {k} of {n} hours on end", trust=0.7),
    Share("moves", ("moves",), ("steps",), "it changed the cell {k} times in {n} acts", trust=0.6),
    Share(
        "rings",
        ("rings_changed",),
        ("rings",),
        "the timing advance changed {k} times in {n} acts on one cell",
        trust=0.6,
    ),
    Share("devices", ("imei_changes",), ("imei_steps",), "it changed the IMEI {k} times in {n} acts"),
    Share(
        "contacts",
        ("own_contact",),
        ("calls_out", "calls_in", "sms_out"),
        "{k} of {n} acts were with somebody who also calls back",
    ),
    Share("services", ("service_in",), ("sms_in",), "{k} of {n} messages received came from service senders"),
    Share("even", ("even_gaps",), ("gaps",), "{k} of {n} gaps between outgoing acts were as long as the one before"),
    Share("machines", ("things",), ("calls_out", "sms_out"), "{k} of {n} acts were with machine numbers"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A positive number whose logarithm is normal within a kind."""

    name: str
    said: str
    trust: float = 1.0


MEASURES = (
    Measure("pace", "{value:.0f} outgoing acts in each hour in which it was active", trust=0.5),
    Measure("reach", "{value:.0f} numbers called for the first time in each hour in which it was active"),
    Measure("received", "{value:.0f} messages received in each hour in which it was active"),
    Measure("talk", "answered calls lasted {value:.0f} s on average", trust=0.7),
    Measure("cells", "it acted on {value:.0f} different cells", trust=0.7),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of subscriber: its prior among SIMs, its laws, and the form of box it is (empty: honest)."""

    name: str
    form: str
    prior: float
    shares: dict[str, tuple[float, float]]  # mean, concentration
    measures: dict[str, tuple[float, float]]  # mean and standard deviation of the natural logarithm
    peers: tuple[float, ...]  # chance of each of PEER_STEPS
    late: float  # chance that its first act comes more than a day after the export begins


@cache
def kinds() -> tuple[Kind, ...]:
    """The fitted kinds, honest ones first."""
    document = json.loads(files("detection.cdr").joinpath("laws.json").read_text(encoding="utf-8"))
    return kinds_of(document["kinds"])


def kinds_of(laws: dict[str, Any]) -> tuple[Kind, ...]:
    """The kinds of laws as laws.json writes them, by name."""
    return tuple(
        Kind(
            name,
            row["form"],
            row["prior"],
            {key: (value[0], value[1]) for key, value in row["shares"].items()},
            {key: (value[0], value[1]) for key, value in row["measures"].items()},
            tuple(row["peers"]),
            row["late"],
        )
        for name, row in laws.items()
    )


def in_boxes() -> NDArray[np.bool_]:
    """Which of the kinds are boxes."""
    return np.array([bool(kind.form) for kind in kinds()])


def shares_of(counts: Counts) -> dict[str, tuple[Floats, Floats]]:
    """(k, n) of every SHARE."""
    return {
        share.name: (sum(counts[c] for c in share.part), sum(counts[c] for c in share.whole))  # type: ignore[misc]
        for share in SHARES
    }


def measures_of(counts: Counts) -> dict[str, tuple[Floats, Floats]]:
    """(natural logarithm, weight 0 or 1) of every MEASURE."""
    hours = np.maximum(counts["hours"], 1)
    few = FEW * np.maximum(hours / FEW_H, 1)
    out = counts["calls_out"] + counts["sms_out"]
    return {
        "pace": (np.log((out + few) / hours), (out + counts["calls_in"] + counts["sms_in"] > 0).astype(float)),
        "reach": (np.log((counts["new_callees"] + few) / hours), (counts["calls_out"] > 0).astype(float)),
        "received": (np.log((counts["sms_in"] + few) / hours), np.ones(len(hours))),
        "talk": (
            np.log(np.maximum(counts["talk_s"], 1) / np.maximum(counts["answered_out"], 1)),
            (counts["answered_out"] >= 4).astype(float),
        ),
        "cells": (np.log(np.maximum(counts["new_cells"], 1)), (counts["new_cells"] > 0).astype(float)),
    }


def peer_step(peers: Floats) -> NDArray[np.int64]:
    """Index into PEER_STEPS."""
    return np.searchsorted(np.array(PEER_STEPS), peers, "right") - 1


def share_log(k: Floats, n: Floats, mean: float, concentration: float) -> Floats:
    """log P(k of n), with the even part; 0 where n is 0."""
    a, b = mean * concentration, (1 - mean) * concentration
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    law = ways + betaln(k + a, n - k + b) - betaln(a, b)
    mixed = np.logaddexp(np.log1p(-EVEN_PART) + law, np.log(EVEN_PART) - np.log(n + 1))
    logs: Floats = np.where(n > 0, mixed, 0.0)
    return logs


def distinct(k: Floats, n: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """(k, n) of the pairs that occur, each once, and for every element which of them it is: many SIMs have the same."""
    span = int(n.max(initial=0)) + 1
    pairs, row = np.unique(k.astype(np.int64) * span + n.astype(np.int64), return_inverse=True)
    return (pairs // span).astype(float), (pairs % span).astype(float), row


def measure_log(value: Floats, weight: Floats, mean: float, deviation: float) -> Floats:
    """log density of the logarithm, with a wide part beside it."""
    z = (value - mean) / deviation
    law = -0.5 * z * z - np.log(deviation)
    wide = -0.5 * ((value - 1.0) / 3.0) ** 2 - np.log(3.0)
    logs: Floats = weight * np.logaddexp(np.log1p(-EVEN_PART) + law, np.log(EVEN_PART) + wide)
    return logs


@dataclass(frozen=True, slots=True)
class Telling:
    """What an export tells: the SHARES that say something, and how much of what comes in it holds (0 to 1).

    Over a whole network as much comes in as goes out. An export of one leg shows only what its own SIMs sent to one
    another, so that all its people seem to be called less than they are.
    """

    shares: frozenset[str]
    calls_heard: float = 1.0
    messages_heard: float = 1.0

    def law(self, share: str, mean: float, concentration: float) -> tuple[float, float]:
        """A kind's law of a share (mean, concentration) as this export shows it."""
        heard = self.messages_heard if share == "messages_sent" else self.calls_heard
        if share in ("outgoing", "messages_sent"):
            mean = mean / (mean + (1 - mean) * heard)
        elif share == "contacts":  # somebody is known to call back where his calls are seen
            mean *= heard
        return min(max(mean, LEAST_MEAN), 1 - LEAST_MEAN), concentration


ALL_TOLD = Telling(frozenset(share.name for share in SHARES))


def told_by(totals: Counts) -> Telling:
    """What an export tells, from the sums over all its SIMs.

    Where nobody is ever called (one leg of two is recorded) "all calls went out" says nothing of anybody; so with
    every share that is nothing or all for a whole export.
    """
    shares = shares_of(totals)
    saying = frozenset(
        name for name, (k, n) in shares.items() if float(n[0]) < LEAST_TOTAL or 0 < float(k[0]) < 0.995 * float(n[0])
    )
    return Telling(saying, *(_heard(totals, kind) for kind in ("calls", "sms")))


def _heard(totals: Counts, kind: str) -> float:
    """Incoming over outgoing, where there are enough."""
    came, went = float(totals[f"{kind}_in"][0]), float(totals[f"{kind}_out"][0])
    return float(np.clip(came / went, LEAST_HEARD, 1.0) ** HEEDED) if went >= LEAST_TOTAL else 1.0


def evidence(counts: Counts, told: Telling = ALL_TOLD) -> dict[str, Floats]:
    """Per feature, the log likelihood of every SIM under every kind: arrays (SIMs, kinds).

    `counts` holds features.COUNTS, peers (SIMs in its devices), late (0, 1; nan unknown), and of SIMs that are known
    for a day or more awake (hours with acts) and life (hours since the first).
    `told`: what the export tells (all by default).
    """
    every = kinds()
    shares, measures = shares_of(counts), measures_of(counts)
    trust = {feature.name: feature.trust for feature in (*SHARES, *MEASURES)}
    table: dict[str, Floats] = {}
    for name, (k, n) in shares.items():
        if name in told.shares:
            k, n, row = distinct(k, n)
            logs = np.column_stack([share_log(k, n, *told.law(name, *kind.shares[name])) for kind in every])
            table[name] = trust[name] * logs[row]
    for name, (value, weight) in measures.items():
        value = value - np.log(told.messages_heard) if name == "received" else value
        logs = np.column_stack([measure_log(value, weight, *kind.measures[name]) for kind in every])
        table[name] = trust[name] * logs
    step = peer_step(counts["peers"])
    table["peers"] = np.log(np.array([kind.peers for kind in every]).T[step])
    late = counts["late"]
    chance = np.array([kind.late for kind in every])
    by_age = np.where(late[:, None] > 0, np.log(chance), np.log1p(-chance))
    table["late"] = np.where(np.isnan(late)[:, None], 0.0, by_age)
    return table


def posterior(logs: Floats, boxes_prior: float) -> tuple[Floats, Floats]:
    """(log odds of box against honest without the prior, log posterior of each kind) from summed logs.

    Within each side kinds share by their prior; `boxes_prior` is the chance that any SIM is in a box.
    """
    every = kinds()
    dishonest = in_boxes()
    prior = np.array([kind.prior for kind in every])
    prior = np.where(dishonest, prior / prior[dishonest].sum(), prior / prior[~dishonest].sum())
    weighed = logs + np.log(prior)
    odds = logsumexp(weighed[:, dishonest], axis=1) - logsumexp(weighed[:, ~dishonest], axis=1)
    odds = np.where(odds > 0, odds * KEPT, odds)
    side = np.where(dishonest, np.log(boxes_prior), np.log1p(-boxes_prior))
    joint = weighed + side
    return odds, joint - logsumexp(joint, axis=1, keepdims=True)
