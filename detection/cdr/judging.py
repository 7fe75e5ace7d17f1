"""From the history of all SIMs to their groups and the verdict: what each does alone, then what they do together."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from detection.cdr import boxes, circles, convoys, crowd, mutual, pools, turns, verdict
from detection.cdr.acts import Acts, acts_in
from detection.cdr.answers import whole_numbers
from detection.cdr.features import Source
from detection.cdr.history import History
from detection.cdr.layer import Layer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judging:
    """The verdict, the log posterior of kinds (SIMs, kinds) of each SIM alone, and the groups."""

    verdict: verdict.Verdict
    posterior: Floats
    groups: list[boxes.Group]


def judge_sims(
    history: History, source: Source, tac: Ints, layer: Layer, progress: Callable[[str, float], None]
) -> Judging:
    """Judges every SIM; `tac` of every IMEI, `layer`: what raids taught.

    The order matters: pools and turns weigh before spots are joined, circles before the groups are cut.
    """
    own, posterior = verdict.own_evidence(history.counts, history.told())
    likely = np.flatnonzero(own >= min(boxes.CANDIDATE_DEVICE, circles.CANDIDATE_CIRCLE))
    spots, heard = _near(source, likely)
    family = verdict.families(posterior)
    pooled, shifts = pools.pools(own, family, spots), turns.turns(heard, own, family, spots)
    for shown in (pooled, shifts):
        own[shown.sims] += shown.at_last(history.ends_s)
    travelling = convoys.convoys(heard, own)
    links = boxes.find_links(own, family, history, spots) + travelling.links()
    links += mutual.mutual_links(own, history.number_id, heard)
    closed = circles.circles(heard, own, history.number_id)
    links += closed.links()
    for known in (closed, travelling):
        own[known.sims] += known.at_last(history.ends_s)
    groups = boxes.cut(boxes.group(links, history), heard, history.number_id, tac, travelling.bonds)
    company = crowd.crowd(heard, own, history.number_id)
    progress("detection times", 0.6)
    judged = verdict.judge(history, own, posterior, groups, layer, company, (pooled, shifts, closed, travelling))
    return Judging(judged, posterior, groups)


def _near(source: Source, sims: Ints) -> tuple[boxes.Spots, Acts]:
    """Spots and acts of some SIMs; the engine's own copy of their records goes when they are told."""
    tables = source.of(sims)
    return _spots(tables.spots), acts_in(tables.records)


def _spots(table: ir.Table) -> boxes.Spots:
    rows = whole_numbers(table.order_by(["sim_id", "cell", "ta"]))
    return boxes.Spots(*(rows[name] for name in ("sim_id", "cell", "ta", "acts", "first_s", "last_s")))
