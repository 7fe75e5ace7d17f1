"""Where kits went, as lines a map can draw: runs without a gap, thinned to what the eye can tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from web.features import Feature
from web.geometry import distance_m, line, point

LONGEST_GAP = timedelta(seconds=60)
CLOSEST_M = 5.0  # vertices nearer than this to the one before are left out, but for the last of a run
MOST_VERTICES = 2_000  # of one run


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where a kit was at a time, and the strongest uplink level it heard there if any."""

    kit: str
    time: datetime
    lat: float
    lon: float
    level_dbfs: float | None = None


def track_features(points: Iterable[TrackPoint]) -> list[Feature]:
    """A LineString each run of each kit, and a Point at each kit's last position."""
    features: list[Feature] = []
    for kit, places in sorted(by_kit(points).items()):
        for number, run in enumerate(runs(places), start=1):
            if len(run) > 1:
                features.append(_track(kit, number, thin(run)))
        last = places[-1]
        properties = {"kind": "kit", "kit": kit, "last_seen": last.time.isoformat()}
        features.append(_feature(f"kit:{kit}", point(last.lat, last.lon), properties))
    return features


def by_kit(points: Iterable[TrackPoint]) -> dict[str, list[TrackPoint]]:
    """Points of each kit in the order of time."""
    kits: dict[str, list[TrackPoint]] = {}
    for place in points:
        kits.setdefault(place.kit, []).append(place)
    return {kit: sorted(places, key=lambda place: place.time) for kit, places in kits.items()}


def runs(places: Sequence[TrackPoint]) -> list[list[TrackPoint]]:
    """Points in the order of time, cut where the kit had no position for a minute."""
    cut: list[list[TrackPoint]] = [list(places[:1])]
    for before, after in pairwise(places):
        if after.time - before.time > LONGEST_GAP:
            cut.append([])
        cut[-1].append(after)
    return [run for run in cut if run]


def thin(run: Sequence[TrackPoint]) -> list[TrackPoint]:
    """The run without vertices that stand on one another; a vertex keeps the strongest level left out after it."""
    kept = [run[0]]
    for place in run[1:]:
        last = kept[-1]
        if distance_m((last.lat, last.lon), (place.lat, place.lon)) >= CLOSEST_M:
            kept.append(place)
        elif place.level_dbfs is not None and (last.level_dbfs is None or place.level_dbfs > last.level_dbfs):
            kept[-1] = TrackPoint(last.kit, last.time, last.lat, last.lon, place.level_dbfs)
    if len(kept) == 1 or kept[-1].time < run[-1].time:
        kept.append(run[-1])
    step = -(-len(kept) // MOST_VERTICES)
    return kept if step == 1 else [*kept[:-1:step], kept[-1]]


def _track(kit: str, number: int, run: Sequence[TrackPoint]) -> Feature:
    properties = {
        "kind": "track",
        "kit": kit,
        "times": [place.time.isoformat() for place in run],
        "levels_dbfs": [place.level_dbfs for place in run],
        "from": run[0].time.isoformat(),
        "to": run[-1].time.isoformat(),
    }
    return _feature(f"track:{kit}:{number}", line([(place.lat, place.lon) for place in run]), properties)


def _feature(name: str, geometry: object, properties: Mapping[str, object]) -> Feature:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}
