"""Leads in and out of the store: imported from a ranking, joined with what is heard, exported for `locate`."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from detection.case import KnownGateway
from detection.errors import ExportError
from detection.joining import join, places_of
from detection.lead import GatewayPlace, Lead, LeadCell, ListenCell, NextCell
from detection.store import Store
from sensor.cell import CellIdentity

HOURS = re.compile(r"([01]?\d|2[0-4])-([01]?\d|2[0-4])")


class CellRow(msgspec.Struct, frozen=True):
    """A cell of a lead in leads.json."""

    rat: str | None = None
    mcc: str | None = None
    mnc: str | None = None
    lac: int | None = None
    ci: int | None = None
    lat: float | None = None
    lon: float | None = None
    azimuth_deg: float | None = None
    beamwidth_deg: float | None = None
    range_m: float | None = None
    timing_advance: tuple[int, ...] = ()
    weight: float = 1.0
    owner: str = ""


class HeardRow(msgspec.Struct, frozen=True):
    """A cell of `listen_to` or of `next_hour` in leads.json."""

    rat: str | None = None
    mcc: str | None = None
    mnc: str | None = None
    lac: int | None = None
    ci: int | None = None
    timing_advance: int | None = None
    share: float = 0.0
    probability: float = 0.0

    @property
    def identity(self) -> CellIdentity:
        return CellIdentity(self.rat or "gsm", self.mcc, self.mnc, self.lac, self.ci)


class NextRow(msgspec.Struct, frozen=True, rename={"begins": "from"}):
    """`next_hour` of a lead in leads.json."""

    begins: str | None = None
    cells: tuple[HeardRow, ...] = ()


class GatewayRow(msgspec.Struct, frozen=True):
    """One of `gateways` in leads.json; its SIMs are counted alone."""

    name: str
    lat: float | None = None
    lon: float | None = None
    share: float = 0.0
    sims: tuple[str, ...] = ()


class LeadRow(msgspec.Struct, frozen=True):
    """A lead in leads.json; keys beyond these are ignored."""

    lead: str
    form: str
    score: float
    sims: tuple[str, ...] = ()
    imeis: tuple[str, ...] = ()
    cells: tuple[CellRow, ...] = ()
    area: dict[str, float] | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    active_hours: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    advice: str = ""
    owner: str = ""
    lat: float | None = None
    lon: float | None = None
    kind: str = ""
    best_hours: tuple[str, ...] = ()
    listen_to: tuple[HeardRow, ...] = ()
    next_hour: NextRow | None = None
    gateways: tuple[GatewayRow, ...] = ()


def read_leads(path: Path | str) -> list[Lead]:
    """The leads of a leads.json. Raises ExportError with the file, the place in it and the mend."""
    path = Path(path)
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=list[LeadRow])
    except OSError as error:
        raise ExportError(f"leads {path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportError(f"leads {path}: not a leads.json: {error}; `catpool cdr rank` writes one") from error
    return [_lead(row, f"leads {path}: $[{index}]") for index, row in enumerate(rows)]


def _lead(row: LeadRow, where: str) -> Lead:
    if not row.lead or not 0 <= row.score <= 1:
        raise ExportError(f"{where}: a lead needs a name, and a score from 0 to 1 (here {row.lead!r}, {row.score})")
    if row.area is not None and not {"lat_min", "lon_min", "lat_max", "lon_max"} <= set(row.area):
        raise ExportError(f"{where}.area: needs lat_min, lon_min, lat_max, lon_max")
    for hours in row.best_hours:
        if not HOURS.fullmatch(hours):
            raise ExportError(f'{where}.best_hours: {hours!r}; a range of hours is written "14-18"')
    return Lead(
        lead=row.lead,
        origin="cdr",
        form=row.form,
        score=row.score,
        sims=row.sims,
        imeis=row.imeis,
        cells=tuple(_cell(cell) for cell in row.cells),
        area=row.area,
        first_seen=_time(row.first_seen, f"{where}.first_seen"),
        last_seen=_time(row.last_seen, f"{where}.last_seen"),
        active_hours=row.active_hours,
        reasons=row.reasons,
        advice=row.advice,
        owner=row.owner,
        fix=None if row.lat is None or row.lon is None else (row.lat, row.lon),
        kind=row.kind,
        best_hours=row.best_hours,
        listen_to=tuple(ListenCell(cell.identity, cell.timing_advance, cell.share) for cell in row.listen_to),
        next_hour=tuple(NextCell(cell.identity, cell.probability) for cell in row.next_hour.cells)
        if row.next_hour
        else (),
        gateways=tuple(
            GatewayPlace(gate.name, gate.lat, gate.lon, gate.share, len(gate.sims)) for gate in row.gateways
        ),
        next_from=_time(row.next_hour.begins, f"{where}.next_hour.from") if row.next_hour else None,
    )


def _cell(row: CellRow) -> LeadCell:
    return LeadCell(
        identity=CellIdentity(row.rat or "gsm", row.mcc, row.mnc, row.lac, row.ci),
        lat=row.lat,
        lon=row.lon,
        azimuth_deg=row.azimuth_deg,
        beamwidth_deg=row.beamwidth_deg,
        range_m=row.range_m,
        timing_advance=row.timing_advance,
        weight=row.weight,
        owner=row.owner,
    )


def _time(text: str | None, where: str) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ExportError(f"{where}: {text!r} is not an ISO 8601 time") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def import_leads(store: Store, path: Path | str) -> list[Lead]:
    """Takes a leads.json into the store and joins anew; a lead of the same name is updated. Gives what was read."""
    leads = read_leads(path)
    with store.writing():
        for lead in leads:
            store.put_import(lead)
        rejoin(store)
    return leads


def rejoin(store: Store) -> list[Lead]:
    """Joins imports and hits anew, writes the leads that changed, and gives them."""
    if not _changed(store):
        return []
    with store.writing():
        changed = _changed(store)
        for lead in changed:
            store.put_lead(lead)
    return changed


def _changed(store: Store) -> list[Lead]:
    before = {lead.lead: lead for lead in store.leads(merged=True)}
    joined = join(store.imports(), store.hits(), store.placed_cells(), store.known_gateways(), before)
    placed = store.posteriors()
    kept = [_keep_what_people_set(lead, before.get(lead.lead), lead.lead in placed) for lead in joined]
    return [lead for lead in kept if lead != before.get(lead.lead)]


def _keep_what_people_set(lead: Lead, before: Lead | None, is_placed: bool) -> Lead:
    """Status and place stay as they were; joining alone sets "known" and "merged"."""
    if before is None:
        return lead
    if lead.status == "open" and before.status not in ("merged", "known"):
        lead = replace(lead, status=before.status)
    if is_placed:
        lead = replace(lead, fix=before.fix, r50_radius_m=before.r50_radius_m, r90_radius_m=before.r90_radius_m)
    return lead


def mark_known(store: Store, name: str, by: str, now: datetime, note: str = "") -> Lead:
    """Marks the gateway behind a lead known, with the officer's name and date. Raises UnknownLeadError."""
    with store.writing():
        lead = store.lead(name)
        store.put_known_gateway(KnownGateway(name, by, now, note, places_of(lead)))
        rejoin(store)
    return store.lead(name)


def to_json(lead: Lead) -> str:
    """One line of `catpool leads --json`."""
    line: dict[str, Any] = msgspec.to_builtins(lead)
    line["cells"] = [cell_json(cell) | {"weight": cell.weight, "owner": cell.owner} for cell in lead.cells]
    line["listen_to"] = [_named(spot.identity) | _rest(spot) for spot in lead.listen_to]
    line["next_hour"] = [_named(cell.identity) | _rest(cell) for cell in lead.next_hour]
    line["fix"] = None if lead.fix is None else {"lat": lead.fix[0], "lon": lead.fix[1]}
    return json.dumps(line, ensure_ascii=False)


def _named(identity: CellIdentity) -> dict[str, Any]:
    return {name: getattr(identity, name) for name in ("rat", "mcc", "mnc", "lac", "ci")}


def _rest(part: ListenCell | NextCell) -> dict[str, Any]:
    """What a part says beside its cell's name."""
    rest: dict[str, Any] = msgspec.to_builtins(part)
    del rest["identity"]
    return rest


def cell_json(cell: LeadCell) -> dict[str, Any]:
    """A lead's cell as one flat object."""
    return _named(cell.identity) | {
        "lat": cell.lat,
        "lon": cell.lon,
        "azimuth_deg": cell.azimuth_deg,
        "beamwidth_deg": cell.beamwidth_deg,
        "range_m": cell.range_m,
        "timing_advance": list(cell.timing_advance),
    }


def export_lead(lead: Lead) -> dict[str, Any]:
    """LEAD.json for `catpool locate` (CONTRACT.md, Place). Raises ExportError where nothing says where to search."""
    cells = [cell_json(cell) for cell in lead.cells if cell.lat is not None and cell.lon is not None]
    if lead.area is None and not cells:
        raise ExportError(
            f"lead {lead.lead}: nothing says where to search: no mast of its cells is placed;"
            " `catpool cells import CELLS.csv` places them"
        )
    head = {"lead": lead.lead, "form": lead.form, "score": lead.score}
    return ({"area": lead.area} if lead.area else {}) | {"cells": cells} | head


def unplaced(leads: Sequence[Lead]) -> int:
    """How many cells of these leads have no mast."""
    return sum(cell.lat is None for lead in leads for cell in lead.cells)
