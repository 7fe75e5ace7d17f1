"""Reasons that a carrier would sign: counts in plain words, the weightiest first; forms."""

import numpy as np
from numpy.typing import NDArray

from detection.cdr import kinds
from detection.cdr.boxes import Group
from detection.cdr.history import History
from detection.cdr.sentences import count_in_words, share_in_words

FORMS = {
    "naive": "gateway",
    "human": "gateway that imitates people",
    "scam": "scam relay",
    "car": "box in a car",
    "pair": "phone pair",
    "sms": "SMS blaster",
    "otp": "OTP registration pool",
    "distributed": "distributed bank",
    "landline": "landline",
}
LEAST_TOLD = 1.0  # of log evidence, for a feature to be told
MOST_REASONS = 4


def sim_reasons(history: History, sims: NDArray[np.int64], box_kind: NDArray[np.int64]) -> list[list[str]]:
    """For each SIM the features that speak most for its kind of box against the likeliest honest kind."""
    counts = history.at(sims)
    table = kinds.evidence(counts, history.told())
    prior = np.log(np.array([kind.prior for kind in kinds.kinds()]))
    total = np.sum(list(table.values()), axis=0) + prior
    rival = np.argmax(np.where(kinds.in_boxes(), -np.inf, total), axis=1)
    at = np.arange(len(sims))
    gain = {name: logs[at, box_kind] - logs[at, rival] for name, logs in table.items()}
    said = _sentences(counts)
    reasons = []
    for row in range(len(sims)):
        order = sorted(gain, key=lambda name: -gain[name][row])
        told = [said[name][row] for name in order if gain[name][row] >= LEAST_TOLD and said[name][row]]
        reasons.append(told[:MOST_REASONS])
    return reasons


def _sentences(counts: kinds.Counts) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    shares = kinds.shares_of(counts)
    for share in kinds.SHARES:
        k, n = shares[share.name]
        said[share.name] = [share_in_words(share.name, share.said, int(a), int(b)) for a, b in zip(k, n, strict=True)]
    measures = kinds.measures_of(counts)
    for measure in kinds.MEASURES:
        value, weight = measures[measure.name]
        said[measure.name] = [
            measure.said.format(value=np.exp(v)) if w and np.exp(v) >= 0.5 else ""
            for v, w in zip(value, weight, strict=True)
        ]
    said["peers"] = [
        f"{count_in_words(int(n))} other SIM{'s' if n > 1 else ''} took turns in its devices" if n else ""
        for n in counts["peers"]
    ]
    said["late"] = [
        "its first act came more than a day after the export begins" if n > 0 else "" for n in counts["late"]
    ]
    return said


def group_reasons(group: Group, sims: NDArray[np.int64], imeis: int, calls_within: int, ringed: bool) -> list[str]:
    """What joins the SIMs of a lead: `sims`, those of the group that were raised, are all that is counted.

    `imeis`: how many two or more of them were in; `ringed`: the export tells timing advances.
    """
    n = len(sims)
    told = []
    for why, sentence in (
        ("device", "{n} SIMs took turns on " + ("one IMEI" if imeis == 1 else f"{count_in_words(imeis)} IMEIs")),
        ("spot", "{n} SIMs stood where another of them did, by cell" + (" and timing advance" if ringed else "")),
        ("road", "{n} SIMs passed the same cells in the same hours"),
        ("calls", "{n} SIMs rang or wrote to one another"),
    ):
        linked = {sim for link in group.links if link.why == why for sim in (link.one, link.two)}
        held = linked.intersection(sims.tolist())
        if len(held) > 1 and (imeis or why != "device"):
            told.append(sentence.format(n=count_in_words(len(held))))
    if calls_within and n > 1:
        told.append(f"{calls_within} calls and messages ran between its own SIMs")
    return told


def form_of(posterior: NDArray[np.float64], sims: int, roads: bool, stops: bool = False) -> str:
    """Kind of box of a group: the kind that its SIMs agree on best. `posterior` is (SIMs, kinds), logs.

    `roads`: they go about together; `stops`: and stay for hours where they come.
    """
    every = kinds.kinds()
    # bounded, so that one SIM doesn't outvote the rest
    log = np.maximum(posterior, posterior.max(axis=1, keepdims=True) - 12).sum(axis=0)
    best: dict[str, float] = {}
    for at, kind in enumerate(every):
        if kind.form:
            best[kind.form] = max(float(log[at]), best.get(kind.form, -np.inf))
    if sims > 6:
        best.pop("pair", None)
    if roads:
        return "pair" if stops and "pair" in best else "car"
    return max(sorted(best), key=lambda name: best[name])
