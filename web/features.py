"""GeoJSON features of cells, hits, leads, tracks and places (RFC 7946), made from what the upper rooms store.

Pure: `say` speaks the reader's language. No feature carries a clear identity.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from detection.hit import Hit
from detection.lead import Lead, LeadCell, PlacedCell, Posterior
from sensor.cell import CellIdentity, ring_m
from sensor.readings import CellReading
from web.geometry import Geometry, box, point, ring_sector
from web.i18n import Speaker
from web.masts import Masts

Feature = dict[str, Any]
DEFAULT_RANGE_M = 1_000.0  # how far a sector is drawn when the cell list does not say
MOST_CELLS = 3_000  # placed cells drawn at once
HEARD_FIELDS = (
    *("band", "arfcn", "bsic", "earfcn", "pci", "carrier_hz", "power_dbfs", "power_dbm", "snr_db", "ppm"),
    *("rsrp_dbm", "rsrq_db", "neighbours", "neci", "ccch_conf", "t3212_min", "blocks", "bad_blocks"),
)


def collection(features: Iterable[Feature], say: Speaker) -> Feature:
    """A FeatureCollection that says what a hit is."""
    return {"type": "FeatureCollection", "note": say("pages.note"), "features": list(features)}


def cell_name(identity: CellIdentity) -> str:
    """MCC-MNC-LAC-CI, with ? for what was not heard."""
    parts = (identity.mcc, identity.mnc, identity.lac, identity.ci)
    return "-".join("?" if part is None else str(part) for part in parts)


def cell_features(
    masts: Masts, heard: Sequence[CellReading], around: Sequence[CellIdentity], say: Speaker
) -> list[Feature]:
    """A point (and a sector) for each cell with a place; a feature without geometry for one heard but not placed.

    Of more than MOST_CELLS placed ones, those heard, those named in `around`, and the nearest to these.
    """
    newest: dict[CellIdentity, CellReading] = {}
    unplaced: list[Feature] = []
    for reading in sorted(heard, key=lambda reading: reading.stamp.time):
        cell = masts.find(reading.identity)
        if cell is not None:
            newest[cell.identity] = reading
        else:
            properties = _cell_properties(None, reading, say)
            unplaced.append(_feature(cell_id(reading.identity, reading), None, properties))
    shown = masts.around([*(reading.identity for reading in heard), *around], MOST_CELLS)
    placed = [feature for cell in shown for feature in _placed_cell(cell, newest.get(cell.identity), say)]
    return placed + unplaced


def hit_feature(hit: Hit, masts: Masts, lead: str | None, say: Speaker) -> Feature:
    """The ring sector that a hit's timing advance draws; no geometry when the mast has no known place."""
    cell = masts.find(hit.cell)
    geometry = None
    if cell is not None and hit.distance_m is not None:
        geometry = ring_sector(cell.lat, cell.lon, *hit.distance_m, cell.azimuth_deg, cell.beamwidth_deg)
    name = cell_name(hit.cell) if hit.cell.ci is not None else f"ARFCN {hit.arfcn} BSIC {hit.bsic}"
    near, far = hit.distance_m or (None, None)
    words = say("hit.text_ring", cell=name, near=near, far=far) if far is not None else say("hit.text", cell=name)
    properties = {
        "kind": "hit",
        "hit": hit.id,
        "signature": hit.signature,
        "version": hit.version,
        **_identity(hit.cell),
        "arfcn": hit.arfcn,
        "bsic": hit.bsic,
        "timing_advance": hit.timing_advance,
        "distance_m": list(hit.distance_m) if hit.distance_m else None,
        "log10_odds": hit.log10_odds,
        "learned": hit.learned,
        "reasons": [say.told(reason) for reason in hit.reasons],
        "look_alikes": [say.told(innocent) for innocent in hit.look_alikes],
        "first_seen": _iso(hit.first_seen),
        "last_seen": _iso(hit.last_seen),
        "source": hit.source,
        "lead": lead,
        "note": say("pages.note"),
        "text": words,
    }
    return _feature(f"hit:{hit.id}", geometry, properties)


def lead_feature(lead: Lead, masts: Masts, has_posterior: bool, mask: Callable[[str], str], say: Speaker) -> Feature:
    """A lead at its best place: a point at the fix, else the area's box, else its best cell's ring, else nothing.

    `mask` makes a pseudonym of an identity that was stored in clear.
    """
    cells = [_lead_cell(cell, masts) for cell in lead.cells]
    properties = {
        "kind": "lead",
        "lead": lead.lead,
        "origin": lead.origin,
        "form": lead.form,
        "score": lead.score,
        "sims": [mask(sim) for sim in lead.sims],
        "imeis": [mask(imei) for imei in lead.imeis],
        "sim_count": len(lead.sims),
        "imei_count": len(lead.imeis),
        "cells": cells,
        "area": lead.area,
        "first_seen": _iso(lead.first_seen),
        "last_seen": _iso(lead.last_seen),
        "active_hours": list(lead.active_hours),
        "target": lead.kind,
        "best_hours": list(lead.best_hours),
        "listen_to": [
            {
                **_identity(spot.identity),
                "timing_advance": spot.timing_advance,
                "distance_m": None
                if spot.timing_advance is None
                else list(ring_m(spot.identity.rat, spot.timing_advance)),
                "share": spot.share,
            }
            for spot in lead.listen_to
        ],
        "next_hour": [{**_identity(cell.identity), "probability": cell.probability} for cell in lead.next_hour],
        "next_from": _iso(lead.next_from),
        "gateways": [asdict(gate) for gate in lead.gateways],
        "reasons": [say.told(reason) for reason in lead.reasons],
        "advice": say.told(lead.advice),
        "owner": lead.owner,
        "hits": list(lead.hits),
        "fix": {"lat": lead.fix[0], "lon": lead.fix[1]} if lead.fix else None,
        "r50_radius_m": lead.r50_radius_m,
        "r90_radius_m": lead.r90_radius_m,
        "status": lead.status,
        "posterior": has_posterior,
        "url": f"/leads/{lead.lead}",
        "note": say("pages.note"),
        "text": _lead_words(lead, say),
    }
    return _feature(f"lead:{lead.lead}", _lead_geometry(lead, cells), properties)


def posterior_features(name: str, posterior: Posterior, say: Speaker) -> list[Feature]:
    """The 90 % region, the 50 % region and the fix, in the order they are drawn."""
    shared = {
        "lead": name,
        "r50_radius_m": posterior.r50_radius_m,
        "r90_radius_m": posterior.r90_radius_m,
        "p_within_50m": posterior.p_within_50m,
        "computed": _iso(posterior.computed),
        "inputs": list(posterior.inputs),
        "note": say("pages.note"),
        "text": say("lead.text_place", r50=round(posterior.r50_radius_m), r90=round(posterior.r90_radius_m)),
    }
    shapes = {
        "region90": posterior.region90,
        "region50": posterior.region50,
        "fix": point(posterior.lat, posterior.lon),
    }
    return [_feature(f"{kind}:{name}", shape, {"kind": kind, **shared}) for kind, shape in shapes.items()]


def _placed_cell(cell: PlacedCell, reading: CellReading | None, say: Speaker) -> list[Feature]:
    properties = _cell_properties(cell, reading, say)
    name = cell_id(cell.identity, reading)
    features = [_feature(name, point(cell.lat, cell.lon), properties)]
    if cell.azimuth_deg is not None:
        far = cell.range_m or DEFAULT_RANGE_M
        sector = ring_sector(cell.lat, cell.lon, 0, far, cell.azimuth_deg, cell.beamwidth_deg)
        features.append(_feature("sector:" + name.removeprefix("cell:"), sector, {**properties, "kind": "sector"}))
    return features


def _cell_properties(cell: PlacedCell | None, reading: CellReading | None, say: Speaker) -> Feature:
    identity = reading.identity if reading else cell.identity if cell else CellIdentity()
    heard = {name: getattr(reading, name) if reading else None for name in HEARD_FIELDS}
    heard["neighbours"] = list(heard["neighbours"] or ())
    text = _level_words(reading, say) if reading else say("cell.silent")
    return {
        "kind": "cell",
        **_identity(identity),
        **heard,
        "heard": reading is not None,
        "last_heard": _iso(reading.stamp.time) if reading else None,
        "placed": cell is not None,
        "azimuth_deg": cell.azimuth_deg if cell else None,
        "beamwidth_deg": cell.beamwidth_deg if cell else None,
        "range_m": cell.range_m if cell else None,
        "text": text,
    }


def _level_words(reading: CellReading, say: Speaker) -> str:
    if reading.power_dbm is not None:
        return say("cell.heard_level", level=round(reading.power_dbm), unit="dBm")
    if reading.power_dbfs is not None:
        return say("cell.heard_level", level=round(reading.power_dbfs), unit="dBFS")
    return say("cell.heard")


def cell_id(identity: CellIdentity, reading: CellReading | None = None) -> str:
    """Id of a cell's feature; a cell without its name is told by carrier and colour."""
    if identity.ci is None and reading is not None:
        return f"cell:{identity.rat}-{reading.carrier_hz}-{reading.bsic or reading.pci}"
    return f"cell:{identity.rat}-{cell_name(identity)}"


def _lead_cell(cell: LeadCell, masts: Masts) -> Feature:
    place = masts.find(cell.identity) if cell.lat is None else None
    known = place or cell
    return {
        **_identity(cell.identity),
        "lat": known.lat,
        "lon": known.lon,
        "azimuth_deg": known.azimuth_deg,
        "beamwidth_deg": known.beamwidth_deg,
        "range_m": known.range_m,
        "timing_advance": list(cell.timing_advance),
        "weight": cell.weight,
    }


def _lead_geometry(lead: Lead, cells: Sequence[Feature]) -> Geometry | None:
    if lead.fix is not None:
        return point(*lead.fix)
    if lead.area:
        return box(lead.area["lat_min"], lead.area["lon_min"], lead.area["lat_max"], lead.area["lon_max"])
    standing = [cell for cell in cells if cell["lat"] is not None]
    if not standing:
        return None
    best = max(standing, key=lambda cell: float(cell["weight"]))
    near, far = 0.0, best["range_m"] or DEFAULT_RANGE_M
    if best["timing_advance"]:
        rings = [ring_m(best["rat"], timing_advance) for timing_advance in best["timing_advance"]]
        near, far = min(ring[0] for ring in rings), max(ring[1] for ring in rings)
    return ring_sector(best["lat"], best["lon"], near, far, best["azimuth_deg"], best["beamwidth_deg"])


def _lead_words(lead: Lead, say: Speaker) -> str:
    origin = lead.origin if lead.origin in ("cdr", "radio", "joined") else "other"
    words = _network_words(lead, say) + say(f"lead.origin_{origin}")
    if lead.r90_radius_m is not None:
        words += " " + say("lead.text_place", r50=round(lead.r50_radius_m or 0), r90=round(lead.r90_radius_m))
    return words


def _network_words(lead: Lead, say: Speaker) -> str:
    """Which signature can hold at the lead's cells: a dongle hears GSM's common channel, not LTE's."""
    networks = {cell.identity.rat for cell in lead.cells}
    if not networks:
        return ""
    kind = "both" if {"gsm", "lte"} <= networks else "gsm" if "gsm" in networks else "lte"
    return say(f"lead.network_{kind}") + " "


def _identity(identity: CellIdentity) -> Mapping[str, Any]:
    return {"cell": cell_name(identity), **asdict(identity)}


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _feature(name: str, geometry: Geometry | None, properties: Mapping[str, Any]) -> Feature:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": dict(properties)}
