"""What the map loads, as GeoJSON FeatureCollections with a `note` that says what a hit is.

Every answer carries an ETag; a request with If-None-Match gets 304 while nothing changed. Errors are
{"error": words} with 401, 403 or 404. A carrier account gets what belongs to its own leads, no more.
"""

import hmac
import re
from collections.abc import Iterable

from flask import Blueprint, Response, abort, current_app, json, request
from flask.typing import ResponseReturnValue

from detection.lead import Lead
from web import features
from web.access import TEAM, allow, note, visitor
from web.accounts import ROLES
from web.connection import hearing, journal, store
from web.features import Feature
from web.i18n import speaker
from web.masts import Masts, same_cell

blueprint = Blueprint("api", __name__, url_prefix="/api")
CLEAR_IDENTITY = re.compile(r"\+?\d{8,17}")  # IMSI, IMEI or number; a pseudonym has letters


@blueprint.get("/cells.geojson")
@allow(*ROLES)
def cells() -> ResponseReturnValue:
    """Cells: Point "cell:RAT-MCC-MNC-LAC-CI" (null geometry: heard, place unknown), and Polygon "sector:..." .

    Properties: kind "cell" or "sector", cell, rat, mcc, mnc, lac, ci, band, arfcn, bsic, earfcn, pci, carrier_hz,
    power_dbfs, power_dbm, snr_db, ppm, rsrp_dbm, rsrq_db, neighbours, neci, ccch_conf, t3212_min, blocks,
    bad_blocks, heard, last_heard (ISO or null), placed, azimuth_deg, beamwidth_deg, range_m, text (in words).
    """
    readings = journal()
    heard = [cell for _, cell in readings.latest_cells()] if readings else []
    named = [cell.identity for lead in visible_leads() for cell in lead.cells]
    masts = Masts(store().placed_cells())
    if visitor().role == "carrier":
        masts = Masts([cell for cell in masts.placed if any(same_cell(cell.identity, one) for one in named)])
        heard = []
    return answer(features.cell_features(masts, heard, named, speaker()))


@blueprint.get("/hits.geojson")
@allow(*ROLES)
def hits() -> ResponseReturnValue:
    """Hits: Polygon of the ring sector "hit:ID", null geometry when the cell has no known place.

    Properties: kind "hit", hit, signature, version, cell, rat, mcc, mnc, lac, ci, arfcn, bsic, timing_advance,
    distance_m [near, far], log10_odds (posterior), learned, reasons, look_alikes, first_seen, last_seen, source,
    lead (name or null), note, text.
    """
    lead_of = {hit: lead.lead for lead in visible_leads() for hit in lead.hits}
    found = store().hits()
    if visitor().role == "carrier":
        found = [hit for hit in found if hit.id in lead_of]
    masts = Masts(store().placed_cells())
    return answer(features.hit_feature(hit, masts, lead_of.get(hit.id or 0), speaker()) for hit in found)


@blueprint.get("/leads.geojson")
@allow(*ROLES)
def leads() -> ResponseReturnValue:
    """Leads "lead:NAME": Point at the fix, else Polygon of the area, else of the best cell's ring, else null.

    Properties: kind "lead", lead, origin "cdr" | "radio" | "joined", form, score 0..1, sims and imeis (pseudonyms),
    sim_count, imei_count, cells (cell, rat, mcc, mnc, lac, ci, lat, lon, azimuth_deg, beamwidth_deg, range_m,
    timing_advance, weight), area, first_seen, last_seen, active_hours, reasons, advice, owner, hits (ids),
    fix {lat, lon} or null, r50_radius_m, r90_radius_m, status, posterior (is there one), url, note, text.
    """
    found = visible_leads()
    masts = Masts(store().placed_cells())
    located = set(store().posteriors())
    if found:
        note("looked at leads", " ".join(lead.lead for lead in found))
    return answer(features.lead_feature(lead, masts, lead.lead in located, mask, speaker()) for lead in found)


@blueprint.get("/tracks.geojson")
@allow(*TEAM)
def tracks() -> ResponseReturnValue:
    """Where kits went: LineString "track:KIT:N" a run without a gap, and Point "kit:KIT" at the last position.

    Properties of a track: kind "track", kit, times (ISO a vertex), levels_dbfs (strongest level a vertex or null),
    from, to. Of a kit: kind "kit", kit, last_seen.
    """
    readings = journal()
    return answer(hearing().track(readings) if readings else [])


@blueprint.get("/posterior/<name>.geojson")
@allow(*ROLES)
def posterior(name: str) -> ResponseReturnValue:
    """Where a lead's box stands: MultiPolygons "region90:NAME" and "region50:NAME", Point "fix:NAME"; 404 if unknown.

    Properties: kind "region90" | "region50" | "fix", lead, r50_radius_m, r90_radius_m, p_within_50m, computed,
    inputs, note, text.
    """
    lead = visible_lead(name)
    found = store().posterior(lead.lead)
    if found is None:
        abort(404)
    note("looked at place", lead.lead)
    return answer(features.posterior_features(lead.lead, found, speaker()))


def visible_leads() -> list[Lead]:
    """The leads this account may see, best first: all of them, or a carrier's own."""
    account = visitor()
    return [lead for lead in store().leads() if account.role != "carrier" or lead.owner == account.owner]


def visible_lead(name: str) -> Lead:
    """One lead this account may see; 404 for any other, so that names are not to be guessed."""
    found = next((lead for lead in visible_leads() if lead.lead == name), None)
    if found is None:
        abort(404)
    return found


def mask(identity: str) -> str:
    """A pseudonym as it is; of an identity stored in clear, a keyed pseudonym."""
    if not CLEAR_IDENTITY.fullmatch(identity.strip()):
        return identity
    key = current_app.config["SECRET_KEY"]
    return "p-" + hmac.new(key, identity.strip().encode(), "sha256").hexdigest()[:12]


def answer(found: Iterable[Feature]) -> Response:
    """A FeatureCollection with an ETag; 304 when the caller has it already."""
    response = Response(json.dumps(features.collection(found, speaker())), mimetype="application/geo+json")
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    response.make_conditional(request)
    return response
