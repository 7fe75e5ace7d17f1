"""What the rows of a ranking are written from: who its SIMs are, what they did and where, how they were judged."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts
from detection.cdr.history import History
from detection.cdr.identities import Identities
from detection.cdr.masts import Masts
from detection.cdr.verdict import Verdict
from sensor.cell import CellIdentity

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scene:
    """Of all SIMs the history and the verdict; of those that rows are written for the acts."""

    people: Identities
    history: History
    judged: Verdict
    posterior: Floats  # (SIMs, kinds), logarithms
    masts: Masts
    ringed: bool  # whether the export tells timing advances
    acts: Acts
    start: Ints  # acts of a SIM are start[sim]:start[sim + 1]

    def own(self, sim: int) -> slice:
        """Where the acts of a SIM are."""
        return slice(int(self.start[sim]), int(self.start[sim + 1]))

    def of(self, sims: Ints) -> Acts:
        """The acts of some SIMs, SIM by SIM."""
        return self.acts.of(np.concatenate([np.arange(self.start[sim], self.start[sim + 1]) for sim in sims]))

    def imeis(self, sim: int) -> Ints:
        """The IMEI (id, -1 unknown) of each act of a SIM."""
        return self.acts.imei[self.own(sim)]

    def number(self, sim: int, people: Identities | None = None) -> str:
        """A SIM's own number as `people` (those of the scene by default) write it; empty where it is unknown."""
        return (people or self.people).party(int(self.history.number_id[sim]))

    def main_cell(self, sim: int) -> CellIdentity | None:
        """The cell of most of its acts."""
        cells = self.acts.cell[self.own(sim)]
        cells = cells[cells >= 0]
        return self.masts.cells[int(np.bincount(cells).argmax())] if len(cells) else None

    def local(self, utc_s: int, sim: int) -> str:
        """The carrier's local time of a moment, by the offset of the SIM's act nearest to it."""
        t, local = self.acts.t_s[self.own(sim)], self.acts.local_s[self.own(sim)]
        nearest = int(np.abs(t - utc_s).argmin())
        return datetime.fromtimestamp(utc_s + int(local[nearest] - t[nearest]), UTC).replace(tzinfo=None).isoformat()


def lay(
    people: Identities, history: History, judged: Verdict, posterior: Floats, masts: Masts, ringed: bool, acts: Acts
) -> Scene:
    """`acts`: those of the SIMs that rows are written for."""
    start = np.searchsorted(acts.sim, np.arange(len(judged.score) + 1))
    return Scene(people, history, judged, posterior, masts, ringed, acts, start)
