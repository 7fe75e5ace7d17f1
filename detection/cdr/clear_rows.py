"""What only a run with clear identities, under a case, tells: victims, and since when each SIM of a lead acts."""

from collections.abc import Sequence

import numpy as np

from detection.cdr.features import MOC, MTC
from detection.cdr.raised_boxes import Box, by_sim
from detection.cdr.scene import Scene
from detection.cdr.victims import PEOPLE, Calls, Victim, find


def victim_rows(scene: Scene, found: Sequence[Box]) -> list[Victim]:
    """Rows of victims.csv, most urgent first; none where identities aren't held in clear."""
    texts = scene.people.parties.clear
    if texts is None:
        return []
    of = by_sim(found)
    acts = scene.acts.of(np.isin(scene.acts.sim, list(of)) & (scene.acts.other >= 0))
    acts = acts.of(np.isin(acts.kind, [MOC, MTC]) & (acts.answered == 1))
    suspects = scene.history.number_id[scene.judged.odds >= 0]
    people = {texts[at] for at in np.unique(acts.other).tolist() if scene.people.party_class[at] in PEOPLE} - {""}
    calls = Calls(
        np.array([of[sim].name for sim in acts.sim.tolist()], dtype=object),
        np.array([texts[at] for at in acts.other.tolist()], dtype=object),
        acts.kind == MTC,
        acts.t_s,
        acts.local_s,
        np.maximum(acts.duration_s, 0),
    )
    return find(calls, people, {texts[at] for at in set(suspects.tolist()) if at >= 0}, scene.history.ends_s)


def first_acts(scene: Scene, found: Sequence[Box]) -> dict[str, str]:
    """The local time of the first act of each SIM of a box, by IMSI, else by number."""
    return {
        scene.people.sim(sim) or scene.number(sim): scene.local(int(scene.history.first_s[sim]), sim)
        for box in found
        for sim in box.sims.tolist()
    }
