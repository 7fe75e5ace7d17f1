"""A lead: cells, ring, SIMs and hits that belong to one suspected box. Never proof."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensor.cell import CellIdentity


@dataclass(frozen=True, slots=True)
class LeadCell:
    """One cell of a lead: its name, where its mast stands if known, and the timing advances seen on it."""

    identity: CellIdentity
    lat: float | None = None
    lon: float | None = None
    azimuth_deg: float | None = None
    beamwidth_deg: float | None = None
    range_m: float | None = None
    timing_advance: tuple[int, ...] = ()
    weight: float = 1.0  # share of the lead's acts on this cell
    owner: str = ""  # the carrier


@dataclass(frozen=True, slots=True)
class ListenCell:
    """Where a lead is heard: a cell, the timing advance (None unknown), and the share of its acts there."""

    identity: CellIdentity
    timing_advance: int | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class NextCell:
    """A cell where a moving lead may be in the hour after `Lead.next_from`, with its probability."""

    identity: CellIdentity
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class GatewayPlace:
    """One place of a distributed bank: where it stands, its share of the acts, how many SIMs acted there."""

    name: str
    lat: float | None = None
    lon: float | None = None
    share: float = 0.0
    sims: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """One suspected box, from a carrier's export ("cdr"), from the air ("radio"), or both ("joined")."""

    lead: str  # stable name, such as "L-3f9a12"
    origin: str
    form: str
    score: float
    sims: tuple[str, ...] = ()  # keyed pseudonyms unless exported in clear under a case
    imeis: tuple[str, ...] = ()
    cells: tuple[LeadCell, ...] = ()
    area: dict[str, float] | None = None  # lat_min lon_min lat_max lon_max
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    active_hours: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    advice: str = ""
    owner: str = ""
    hits: tuple[int, ...] = ()  # ids of the store's hits that meet this lead
    fix: tuple[float, float] | None = None  # lat, lon of the best place
    r50_radius_m: float | None = None
    r90_radius_m: float | None = None
    status: str = "open"
    kind: str = ""  # of target: "fixed box", "distributed", "car", "pair", "not a radio target (landline)"
    best_hours: tuple[str, ...] = ()  # to visit it, the carrier's local time: "14-18"
    listen_to: tuple[ListenCell, ...] = ()
    next_hour: tuple[NextCell, ...] = ()
    next_from: datetime | None = None
    gateways: tuple[GatewayPlace, ...] = ()  # where it stands, if that is several places


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A row of CELLS.csv: a cell with the place of its mast."""

    identity: CellIdentity
    lat: float
    lon: float
    azimuth_deg: float | None = None
    beamwidth_deg: float | None = None
    range_m: float | None = None
    owner: str = ""  # the carrier


@dataclass(frozen=True, slots=True)
class Posterior:
    """Where a box stands, with honest uncertainty; regions are GeoJSON MultiPolygon geometries."""

    lat: float
    lon: float
    r50_radius_m: float
    r90_radius_m: float
    region50: dict[str, Any]
    region90: dict[str, Any]
    p_within_50m: float
    computed: datetime | None = None
    inputs: tuple[str, ...] = field(default_factory=tuple)  # what it was computed from, in words
