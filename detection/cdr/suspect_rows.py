"""Rows of suspects.csv, and what is kept of each suspect for raids to teach from."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detection.cdr import joint, kinds, reasons, siting
from detection.cdr.known import Mark
from detection.cdr.layer import shares_of
from detection.cdr.leads_file import Suspect
from detection.cdr.raised_boxes import Box, by_sim
from detection.cdr.runs import Suspected, suspected
from detection.cdr.scene import Scene

LEAST_SCORE = 0.001
LEAST_SHARE = 0.01  # of the SIMs that are listed
ROUGH_SPOTS = 6  # of a SIM below the alarm, that its place goes by

Ints = NDArray[np.int64]


def listed(score: NDArray[np.float64]) -> Ints:
    """The SIMs that suspects.csv names, the likeliest first."""
    order = np.lexsort((np.arange(len(score)), -score))
    least = max(int(np.ceil(LEAST_SHARE * len(score))), int((score > LEAST_SCORE).sum()))
    return order[:least]


def suspect_rows(scene: Scene, sims: Ints, found: Sequence[Box], marks: Mapping[int, Mark]) -> list[Suspect]:
    """A row each of `sims`, in their order, with falling scores; `marks` of known look-alikes among them."""
    of = by_sim(found)
    told = reasons.sim_reasons(scene.history, sims, scene.judged.box_kind[sims])
    joined = {box.name: joining(scene, box, 0) for box in found if len(box.sims) > 1}
    rows, score = [], 2.0
    for sim, why in zip(sims.tolist(), told, strict=True):
        box = of.get(sim)
        score = min(float(scene.judged.score[sim]), score - 1e-12)
        why = [*_remark(scene, sim, box, marks.get(sim)), *why, *(joined.get(box.name, []) if box else [])]
        rows.append(_row(scene, sim, max(score, 0.0), box, why))
    return rows


def joining(scene: Scene, box: Box, calls_within: int) -> list[str]:
    """What joins the SIMs of a box."""
    devices = joint.shared_imeis(scene.of(box.sims))
    return reasons.group_reasons(box.group, box.sims, devices, calls_within, scene.ringed)


def _remark(scene: Scene, sim: int, box: Box | None, mark: Mark | None) -> list[str]:
    """What is to be known of a SIM that no lead names, before its reasons."""
    if mark is not None:
        return [mark.words]
    likeliest = kinds.kinds()[int(scene.judged.kind[sim])]
    return [f"reads most like: {likeliest.name}"] if box is None and not likeliest.form else []


def _row(scene: Scene, sim: int, score: float, box: Box | None, why: list[str]) -> Suspect:
    lat, lon = siting.point_of(_place(scene, sim, box))
    cell = scene.main_cell(sim)
    return Suspect(
        imsi=scene.people.sim(sim),
        msisdn=scene.number(sim),
        score=score,
        lead=box.name if box else "",
        form=reasons.FORMS[box.form] if box else "",  # below the alarm there is no box to name
        lat=lat,
        lon=lon,
        lac=cell.lac if cell else None,
        ci=cell.ci if cell else None,
        detected_at=scene.local(int(scene.judged.raised_s[sim]), sim) if box else "",
        reasons="; ".join(why),
    )


def _place(scene: Scene, sim: int, box: Box | None) -> siting.Site | None:
    """Of the gateway where the SIM mostly is, of its box; below the alarm a rough one of its own."""
    if box is None:
        return scene.masts.site(scene.of(np.array([sim])), ROUGH_SPOTS, siting.COARSE_POINTS)
    return next((gate.place for gate in box.gateways if sim in gate.home_of), box.place)


def kept_rows(scene: Scene, sims: Ints, found: Sequence[Box]) -> list[Suspected]:
    """What was thought of each of `sims`, under pseudonyms."""
    of, own = by_sim(found), scene.people.hidden()
    shares = shares_of(scene.posterior[sims], kinds.in_boxes())
    names = [kind.name for kind in kinds.kinds()]
    return [
        suspected(
            own.sim(sim),
            scene.number(sim, own),
            of[sim].name if sim in of else "",
            float(scene.judged.before[sim]),
            names,
            share,
            sim in of,
        )
        for sim, share in zip(sims.tolist(), shares, strict=True)
    ]
