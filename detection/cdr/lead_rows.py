"""Objects of leads.json: what each box is, where it was heard, why we say so and what to do about it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.cdr import joint, reasons, siting
from detection.cdr.acts import Acts
from detection.cdr.advice import advise, cell_keys
from detection.cdr.features import HOUR_S
from detection.cdr.leads_file import LeadRow
from detection.cdr.masts import Masts
from detection.cdr.raised_boxes import Box, Gateway
from detection.cdr.scene import Scene
from detection.cdr.suspect_rows import joining

MOST_CELLS, MOST_RINGS = 20, 20
ACTIVE_SHARE = 0.02  # of its acts, for an hour of the day to be one in which it works

Ints = NDArray[np.int64]


def lead_rows(scene: Scene, found: Iterable[Box], owner: str) -> list[LeadRow]:
    """The likeliest first."""
    return sorted((_row(scene, box, owner) for box in found), key=lambda lead: (-lead.score, lead.lead))


def _row(scene: Scene, box: Box, owner: str) -> LeadRow:
    acts, masts = scene.of(box.sims), scene.masts
    hours = np.bincount(acts.local_s // HOUR_S % 24, minlength=24)
    told = advise(acts, box.form, masts.cells, masts.placed, scene.history.ends_s, len(box.gateways))
    lat, lon = siting.point_of(box.place)
    return LeadRow(
        lead=box.name,
        form=reasons.FORMS[box.form],
        score=round(float(scene.judged.score[box.sims].max()), 9),
        sims=sorted(scene.people.sims.of(sim) for sim in box.sims),
        imeis=sorted(scene.people.imei(imei) for imei in acts.devices()),
        cells=_cells(masts, acts, owner),
        area=box.place.area if box.place else None,
        first_seen=_utc(int(acts.t_s.min())),
        last_seen=_utc(int(acts.t_s.max())),
        active_hours=[int(hour) for hour in np.flatnonzero(hours > ACTIVE_SHARE * hours.sum())],
        reasons=_why(scene, box, acts),
        advice=told.words,
        owner=owner,
        lat=lat,
        lon=lon,
        kind=told.kind,
        best_hours=told.best_hours,
        listen_to=told.listen_to,
        next_hour=told.next_hour,
        gateways=[_gateway(scene, gate, owner) for gate in box.gateways],
    )


def _why(scene: Scene, box: Box, acts: Acts) -> list[str]:
    """What joins its SIMs, what they do together, and what its likeliest SIM does."""
    own = scene.history.number_id[box.sims]
    within = int(np.isin(acts.other, own[own >= 0]).sum()) // 2
    best = box.sims[[np.argmax(scene.judged.score[box.sims])]]
    whose = "" if len(box.sims) == 1 else "its likeliest SIM: "
    of_best = reasons.sim_reasons(scene.history, best, scene.judged.box_kind[best])[0]
    return [
        *joining(scene, box, within),
        *joint.facts(joint.in_time(acts)),
        *(whose + said for said in of_best),
    ]


def _gateway(scene: Scene, gate: Gateway, owner: str) -> dict[str, Any]:
    lat, lon = siting.point_of(gate.place)
    return {
        "name": gate.name,
        "lat": lat,
        "lon": lon,
        "area": gate.place.area if gate.place else None,
        "share": round(gate.share, 4),
        "sims": sorted(scene.people.sims.of(int(sim)) for sim in gate.sims),
        "cells": _cells(scene.masts, gate.acts, owner),
    }


def _cells(masts: Masts, acts: Acts, owner: str) -> list[dict[str, Any]]:
    """The cells on which a box was heard, most acts first."""
    cells: list[dict[str, Any]] = []
    found, count = np.unique(acts.cell[acts.cell >= 0], return_counts=True)
    most = sorted(zip(found.tolist(), count.tolist(), strict=True), key=lambda item: (-item[1], item[0]))[:MOST_CELLS]
    for at, n in most:
        placed = masts.placed[at]
        cells.append(
            {
                **cell_keys(masts.cells[at], placed),
                "lat": placed.lat if placed else None,
                "lon": placed.lon if placed else None,
                "azimuth_deg": placed.azimuth_deg if placed else None,
                "beamwidth_deg": placed.beamwidth_deg if placed else None,
                "timing_advance": _rings(acts.ta[acts.cell == at]),
                "weight": round(n / int(count.sum()), 4),
                "owner": owner,
            }
        )
    return cells


def _rings(ta: Ints) -> list[int]:
    """Up to MOST_RINGS timing advances in the proportions in which they came."""
    values = np.sort(ta[ta >= 0])
    if not len(values):
        return []
    picked: list[int] = values[np.linspace(0, len(values) - 1, min(MOST_RINGS, len(values))).astype(int)].tolist()
    return picked


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
