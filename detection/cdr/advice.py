"""What a team should do about a lead: what kind of target it is, when to go, what to listen to, where next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.cdr import roads, visits
from detection.cdr.acts import Acts
from detection.cdr.siting import METRES_A_DEGREE
from detection.lead import PlacedCell
from sensor.cell import CellIdentity, ring_m

Ints = NDArray[np.int64]

KINDS = {
    "fixed": "fixed box",
    "distributed": "distributed",
    "car": "car",
    "pair": "pair",
    "landline": "not a radio target (landline)",
}
ADVICE = {
    "naive": "Fixed box: drive the sector and ring by day; listen to its cells.",
    "human": "Fixed or spread over several places: compare the cells of its SIMs;"
    " it keeps people's hours, so drive then.",
    "scam": "Short-lived: act within hours. Fixed while it lasts; drive the ring in its active hours.",
    "car": "Moves: ask the carrier for its latest cells before driving, and wait on the road it repeats.",
    "pair": "Two phones and a cable, moved every few hours: only the latest cell counts.",
    "sms": "Short-lived and busy: its uplink is easy to hear while it sends; block its SIMs at once.",
    "otp": "Receives only, so it radiates little: trace the SIMs' sale and the device as well as the ring.",
    "distributed": "Several places, one bank: take each place for itself, and all on one day, or the rest move.",
    "landline": "Not a radio target: check the line. Ask the carrier for the subscriber and the socket of this number.",
}
APART_M = 3_000.0  # cells farther apart than this don't hear one box
APART_SHARE = 0.2  # of its acts that must lie so far from its main cell, for a box to be several
LIVELY_S = 2 * 3_600  # a box silent longer than this is forecast from its own last act
LATEST_S = 2 * 3_600  # a moving box is listened for where it was this long before its last act
NEXT_SHARE, MOST_NEXT = 0.9, 12  # of the forecast that is told


@dataclass(frozen=True, slots=True)
class Advice:
    """Keys of leads.json beyond the contract's, and its `advice` in words."""

    kind: str
    words: str
    best_hours: list[str]
    listen_to: list[dict[str, Any]]
    next_hour: dict[str, Any] | None


def advise(
    acts: Acts,
    form: str,
    cells: Sequence[CellIdentity],
    placed: Sequence[PlacedCell | None],
    ends_s: int,
    gateways: int = 0,
) -> Advice:
    """`acts`: of a box, in any order; `form`: key of the kind of box (kinds.py), or "landline".

    `ends_s`: until when the export tells; `gateways`: at how many places it stands, where that is more than one.
    """
    kind = target(acts, form, placed, gateways)
    moves = kind in ("car", "pair")
    latest = acts.t_s >= acts.t_s.max() - LATEST_S if moves else np.ones(len(acts.t_s), bool)
    spots = visits.listen_to(acts.cell[latest], acts.ta[latest])
    return Advice(
        kind=KINDS[kind],
        words=ADVICE[form if kind == "fixed" else kind],
        best_hours=visits.best_hours(acts.local_s),
        listen_to=[_spot(spot, cells[spot.cell], placed[spot.cell]) for spot in spots],
        next_hour=_next_hour(acts, cells, placed, ends_s) if moves else None,
    )


def target(acts: Acts, form: str, placed: Sequence[PlacedCell | None], gateways: int = 0) -> str:
    """Which of KINDS a box is, as a target."""
    on_air = acts.cell[acts.cell >= 0]
    if form in ("car", "pair", "distributed", "landline"):
        return form
    return "distributed" if gateways > 1 or _spread(on_air, placed) >= APART_SHARE else "fixed"


def _spread(cell: Ints, placed: Sequence[PlacedCell | None]) -> float:
    """Share of the acts on placed cells that lies too far from the main one to be one place."""
    found, acts = np.unique(cell, return_counts=True)
    known = [(cell, n) for at, n in zip(found, acts.tolist(), strict=True) if (cell := placed[at]) is not None]
    if len(known) < 2:
        return 0.0
    lat = np.array([cell.lat for cell, _ in known])
    lon = np.array([cell.lon for cell, _ in known])
    n = np.array([n for _, n in known])
    main = int(n.argmax())
    east = (lon - lon[main]) * METRES_A_DEGREE * np.cos(np.radians(lat[main]))
    north = (lat - lat[main]) * METRES_A_DEGREE
    return float(n[np.hypot(east, north) > APART_M].sum() / n.sum())


def cell_keys(who: CellIdentity, placed: PlacedCell | None) -> dict[str, Any]:
    """A cell's name as leads.json writes it; what the export leaves out comes from CELLS.csv."""
    return {
        "rat": placed.identity.rat if placed else who.rat,
        "mcc": who.mcc or (placed.identity.mcc if placed else None),
        "mnc": who.mnc or (placed.identity.mnc if placed else None),
        "lac": who.lac,
        "ci": who.ci,
    }


def _spot(spot: visits.Spot, who: CellIdentity, placed: PlacedCell | None) -> dict[str, Any]:
    keys = cell_keys(who, placed)
    ring = None if spot.timing_advance is None else list(ring_m(keys["rat"], spot.timing_advance))
    return keys | {"timing_advance": spot.timing_advance, "distance_m": ring, "share": round(spot.share, 3)}


def _next_hour(
    acts: Acts, cells: Sequence[CellIdentity], placed: Sequence[PlacedCell | None], ends_s: int
) -> dict[str, Any] | None:
    order = np.argsort(acts.t_s, kind="stable")
    order = order[acts.cell[order] >= 0]
    if not len(order):
        return None
    track = roads.Track(acts.t_s[order], acts.local_s[order], acts.cell[order])
    last = int(track.t_s[-1])
    now = ends_s if ends_s - last <= LIVELY_S else last
    law = roads.next_hour(track, now, roads.lay_ground(placed))
    told: list[dict[str, Any]] = []
    held = 0.0
    for at in sorted(law, key=lambda cell: (-law[cell], cell))[:MOST_NEXT]:
        if held >= NEXT_SHARE:
            break
        held += law[at]
        told.append(cell_keys(cells[at], placed[at]) | {"probability": round(law[at], 4)})
    return {"from": datetime.fromtimestamp(now, UTC).isoformat(), "cells": told}
