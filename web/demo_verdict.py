"""Whether the demo found its box: the truth is opened, and each part of the claim is held against it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from web.demo import NEAR_M, Demo

CRITERION = (
    "Found means: a joined lead holds at least half of the box's SIMs and has a hit at the box's cell and timing"
    f" advance (one step either way), and the best place is within {NEAR_M:.0f} m of the box."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the product did against the truth. `error_m` is None where there was no place."""

    hit: bool
    sims: int
    sims_of: int
    strange: int  # SIMs of the lead that are not the box's
    joined: bool
    error_m: float | None
    in50: bool
    in90: bool

    def found(self) -> bool:
        near = self.error_m is not None and self.error_m <= NEAR_M
        return self.hit and self.joined and 2 * self.sims >= self.sims_of and near


def judge(demo: Demo) -> Verdict:
    """The verdict on a run."""
    from detection.cdr.pseudonyms import Names, open_key

    town, lead = demo.built(), demo.lead or {}
    names = Names(open_key(demo.home), False)
    ours = {names.of("sim", imsi) for imsi in town.imsis}
    held = set(lead.get("sims", ()))
    error, in50, in90 = place_against(demo)
    return Verdict(
        hit=any(is_the_box(hit, demo) for hit in demo.hits),
        sims=len(held & ours),
        sims_of=len(ours),
        strange=len(held - ours),
        joined=lead.get("origin") == "joined",
        error_m=error,
        in50=in50,
        in90=in90,
    )


def is_the_box(hit: dict[str, Any], demo: Demo) -> bool:
    """Whether a hit names the box's cell, by its full name, and its ring or the next."""
    who, town = demo.built().cell.identity, demo.built()
    cell = hit["cell"]
    named = (cell["mcc"], cell["mnc"], cell["lac"], cell["ci"]) == (who.mcc, who.mnc, who.lac, who.ci)
    return named and abs(hit["timing_advance"] - town.timing_advance) <= 1


def place_against(demo: Demo) -> tuple[float | None, bool, bool]:
    """Error of the best place (m), and whether the box stands in the 50 and 90 % regions."""
    import numpy as np

    if demo.place is None:
        return None, False, False
    town, fix = demo.built(), demo.place["fix"]
    error = float(np.hypot(*(town.plane.to_metres(fix["lat"], fix["lon"]) - town.truth_m())))
    in50, in90 = (holds(demo.place[name], town.lat, town.lon) for name in ("region50", "region90"))
    return error, in50, in90


def holds(area: dict[str, Any], lat: float, lon: float) -> bool:
    """Whether a MultiPolygon holds a point: an odd number of its sides lies east of it."""
    sides = ((start, end) for polygon in area["coordinates"] for ring in polygon for start, end in pairwise(ring))
    crossed = sum(
        (y0 > lat) != (y1 > lat) and lon < x0 + (lat - y0) * (x1 - x0) / (y1 - y0) for (x0, y0), (x1, y1) in sides
    )
    return bool(crossed % 2)


def words(verdict: Verdict) -> list[str]:
    """The verdict for people."""
    lines = [
        f"Against the truth: {'a hit' if verdict.hit else 'no hit'} at the box's cell and timing advance;"
        f" the lead holds {verdict.sims} of the box's {verdict.sims_of} SIMs and {verdict.strange} others."
    ]
    if verdict.error_m is not None:
        region = "inside the 50 % region" if verdict.in50 else "inside the 90 % region" if verdict.in90 else ""
        lines.append(
            f"The best place is {verdict.error_m:.0f} m from the box, which stands"
            f" {region or 'outside the 90 % region'}."
        )
    lines.append(CRITERION)
    lines.append("The box was FOUND." if verdict.found() else "The box was NOT found.")
    return lines
