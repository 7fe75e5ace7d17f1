"""What people taught, as a ranking heeds it: the layer fitted on raids, look-alikes that are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.case import KnownGateway
from detection.cdr import versions
from detection.cdr.identities import Identities
from detection.cdr.known import NOBODY, Known, Mark, known_on, read_marks, stored_marks
from detection.cdr.layer import AS_SHIPPED, Layer
from detection.cdr.outcomes import read_ledger
from detection.cdr.pseudonyms import Names
from detection.cdr.runs import Run, kept_runs
from detection.lead import Lead

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lessons:
    """`lines`: pseudonyms of SIMs that a raid found on a line, not on the air; `model`: number of the layer."""

    layer: Layer = AS_SHIPPED
    known: Known = NOBODY
    lines: frozenset[str] = frozenset()
    model: int = 0
    warnings: tuple[str, ...] = field(default_factory=tuple)


NOTHING_LEARNT = Lessons()


def read_lessons(
    folder: Path, names: Names, today: date, owner: str, gateways: list[KnownGateway], leads: list[Lead]
) -> Lessons:
    """What this home has been taught, for a ranking of `owner`'s export. Raises DetectionError."""
    layer, number, warning = versions.ranking_layer(folder)
    runs: list[Run] = list(kept_runs(folder / "runs")) if gateways else []
    marks = [*stored_marks(gateways, names, runs, leads), *read_marks(folder)]
    lines = frozenset(
        name
        for line in read_ledger(folder)
        if line.outcome == "not radio"
        for sim in line.sims
        for name in (sim.sim, sim.number)
        if name
    )
    return Lessons(layer, known_on(marks, today, owner), lines, number, (warning,) if warning else ())


def hidden(people: Identities) -> Identities:
    """The same people under their pseudonyms, also in a run that writes clear identities."""
    return people.hidden()


def marks_of(
    known: Known, people: Identities, sims: Ints, number_id: Ints, imeis_of: Callable[[int], Ints]
) -> Mapping[int, Mark]:
    """The mark of each of `sims` that one covers; `imeis_of` gives the IMEI (id, -1 unknown) of each act of a SIM."""
    if not known:
        return {}
    found: dict[int, Mark] = {}
    own = hidden(people)
    for sim in sims.tolist():
        imei, acts = np.unique(imeis_of(sim), return_counts=True)
        shares = [(own.imei(at), n / acts.sum()) for at, n in zip(imei.tolist(), acts.tolist(), strict=True) if at >= 0]
        mark = known.of(own.sim(sim), own.party(int(number_id[sim])), shares if known.by_imei else ())
        if mark is not None:
            found[sim] = mark
    return found
