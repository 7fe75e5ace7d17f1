"""Where a box stands: the posterior on a grid, from the lead and a drive's readings, with regions that hold the truth.

First a coarse grid over all that the lead leaves possible, then a fine one over what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import logsumexp

from detection.errors import ExportError
from detection.place import region
from detection.place.association import weigh_streams
from detection.place.evidence import (
    SHADOWS,
    Field,
    constant_of,
    integrate_shadows,
    log_likelihood,
    loss_shape,
    shadow_covariance,
    tell_all,
)
from detection.place.lead_file import Whereabouts
from detection.place.plane import Floats, Plane
from detection.place.prior import Bounds, bounds_of, log_prior, reach
from detection.place.sound import sound
from detection.place.spots import Survey, gather
from sensor.readings import UplinkReading

ROUGH = 20  # cells along the longer side of the grid that streams are weighed on
COARSE, FINE = 40, 56  # cells along the longer side of the two grids
TRUST = 0.75  # of the levels' evidence: the model is not the world, and regions must hold what they say
OWN_SIZE_M = 12.0  # the last metres that no level tells: the GPS's lasting error, the building's own size
MARGIN_M = 1_000.0  # how far beyond the readings a box may be when there is no lead


@dataclass(frozen=True, slots=True)
class HeardStream:
    """A stream of the answer: one call, and the probability that it is the box's."""

    slot: int | None
    freq_mhz: float | None
    from_s: float
    to_s: float
    p_box: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer of `catpool locate` (CONTRACT.md, Place)."""

    lat: float
    lon: float
    r50_radius_m: float
    r90_radius_m: float
    region50: dict[str, Any]
    region90: dict[str, Any]
    p_within_50m: float
    streams: tuple[HeardStream, ...]
    seconds: float
    warnings: tuple[str, ...]


def locate(readings: Sequence[UplinkReading], lead: Whereabouts) -> Estimate:
    """The estimate from readings in any order and what the lead says. Raises ExportError without either."""
    started = process_time()
    readings, warnings = sound(readings)
    if not readings and lead.is_empty():
        raise ExportError(
            "neither readings with a place nor a lead with an area or a placed cell: nothing to locate by"
        )
    plane = choose_plane(readings, lead)
    survey = gather(readings, plane) if readings else None
    bounds = choose_bounds(survey, lead, plane)
    weights = choose_weights(survey, lead, plane, bounds)
    grid, mass = posterior(survey, weights, lead, plane, bounds)
    return describe(grid, mass, plane, survey, weights, process_time() - started, warnings)


def choose_plane(readings: Sequence[UplinkReading], lead: Whereabouts) -> Plane:
    """A plane about the middle of the readings, else of the lead."""
    if readings:
        lat, lon = np.array([[row.lat, row.lon] for row in readings], float).T
        return Plane(float(np.median(lat)), float(np.median(lon)))
    if lead.area is not None:
        return Plane((lead.area.lat_min + lead.area.lat_max) / 2, (lead.area.lon_min + lead.area.lon_max) / 2)
    mast = next(cell for cell in lead.cells if cell.is_placed())
    return Plane(mast.lat or 0.0, mast.lon or 0.0)


def choose_bounds(survey: Survey | None, lead: Whereabouts, plane: Plane) -> Bounds:
    """The box (m) to search: what the lead leaves possible, else the ground about the readings."""
    bounds = reach(lead, plane)
    if bounds is not None:
        return bounds
    assert survey is not None
    return bounds_of(survey.xy).grown(MARGIN_M)


def choose_weights(survey: Survey | None, lead: Whereabouts, plane: Plane, bounds: Bounds) -> Floats:
    """Probability of each stream that it is the box's."""
    if survey is None or not survey.streams:
        return np.zeros(0)
    places = lay_grid(bounds, ROUGH).centres()
    return weigh_streams(survey, places, log_prior(places, lead, plane), middle_db(survey))


def middle_db(survey: Survey) -> float:
    """Mean level (dB), taken off before anything else."""
    return float(np.concatenate([stream.level_db for stream in survey.streams]).mean())


def lay_grid(bounds: Bounds, cells: int) -> region.Grid:
    """A grid of square cells over the bounds, `cells` along the longer side."""
    step = max(bounds.side_m() / cells, 1.0)
    rows = max(1, round((bounds.north - bounds.south) / step))
    columns = max(1, round((bounds.east - bounds.west) / step))
    return region.Grid(bounds.west, bounds.south, step, rows, columns)


def posterior(
    survey: Survey | None, weights: Floats, lead: Whereabouts, plane: Plane, bounds: Bounds
) -> tuple[region.Grid, Floats]:
    """Grid and probability mass of its cells: coarse over the bounds, then fine over what is left."""
    grid = lay_grid(bounds, COARSE)
    fields = shadow_fields(survey, weights) if survey and len(survey.streams) else []
    log_mass, fields = log_posterior(grid, fields, survey, lead, plane)
    left = region.highest_density(np.exp(log_mass - log_mass.max()), 0.9995)
    kept = grid.centres()[left]
    grid = lay_grid(bounds_of(kept).grown(max(grid.step, 2.5 * OWN_SIZE_M)), FINE)
    log_mass, _ = log_posterior(grid, fields, survey, lead, plane)
    mass = np.exp(log_mass - log_mass.max()).reshape(grid.rows, grid.columns)
    mass = gaussian_filter(mass, OWN_SIZE_M / grid.step, mode="constant").ravel()
    return grid, mass / mass.sum()


def shadow_fields(survey: Survey, weights: Floats) -> list[Field]:
    """The levels' evidence under each pair of shadow spread and length."""
    centre = middle_db(survey)
    told = tell_all(survey.streams, weights, len(survey.xy), centre)
    a0 = constant_of(survey, centre)
    return [integrate_shadows(told, shadow_covariance(survey, *pair), a0) for pair in SHADOWS]


def log_posterior(
    grid: region.Grid, fields: list[Field], survey: Survey | None, lead: Whereabouts, plane: Plane
) -> tuple[Floats, list[Field]]:
    """Log mass (no norm) of each cell, and the shadow laws that the levels leave likely."""
    places = grid.centres()
    prior = log_prior(places, lead, plane)
    if survey is None or not fields:
        return prior, fields
    shape = loss_shape(places, survey.xy)
    by_law = np.stack([logsumexp(TRUST * log_likelihood(one, shape), axis=1) for one in fields])
    weight = logsumexp(by_law + prior, axis=1)
    likely = [one for one, log_weight in zip(fields, weight, strict=True) if log_weight > weight.max() - 5]
    found: Floats = logsumexp(by_law, axis=0) + prior
    return found, likely


def describe(
    grid: region.Grid,
    mass: Floats,
    plane: Plane,
    survey: Survey | None,
    weights: Floats,
    seconds: float,
    warnings: tuple[str, ...],
) -> Estimate:
    """Fix, regions and streams in WGS-84."""
    places = grid.centres()
    fix = region.geometric_median(places, mass)
    half, most = (region.highest_density(mass, share) for share in (0.5, 0.9))
    lat, lon = plane.to_degrees(fix).tolist()
    within = region.share_within(places, mass, fix, 50.0, grid.step)
    streams = tuple(
        HeardStream(one.slot, one.freq_mhz, one.from_s, one.to_s, float(weight))
        for one, weight in zip(survey.streams if survey else (), weights, strict=True)
    )
    return Estimate(
        lat=lat,
        lon=lon,
        r50_radius_m=region.circle_radius_m(half, grid.step),
        r90_radius_m=region.circle_radius_m(most, grid.step),
        region50=region.outline(half, grid, plane),
        region90=region.outline(most, grid, plane),
        p_within_50m=within,
        streams=streams,
        seconds=seconds,
        warnings=warnings,
    )
