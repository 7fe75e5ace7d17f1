"""LEAD.json: the area to search and the cells the box was seen on, with its timing advances (CONTRACT.md, Place)."""

from pathlib import Path

import msgspec

from detection.errors import ExportError
from detection.lead import Lead


class Area(msgspec.Struct, frozen=True, gc=False):
    """A box in WGS-84 degrees."""

    lat_min: float
    lon_min: float
    lat_max: float
    lon_max: float


class Sector(msgspec.Struct, frozen=True):
    """A cell that served the box: its mast, its beam if known, each timing advance that was seen."""

    lat: float | None = None
    lon: float | None = None
    rat: str = "gsm"
    azimuth_deg: float | None = None
    beamwidth_deg: float | None = None
    range_m: float | None = None
    timing_advance: tuple[int, ...] = ()

    def is_placed(self) -> bool:
        return self.lat is not None and self.lon is not None


class Whereabouts(msgspec.Struct, frozen=True):
    """What is known of the box's place before anybody drove."""

    area: Area | None = None
    cells: tuple[Sector, ...] = ()

    def is_empty(self) -> bool:
        return self.area is None and not any(cell.is_placed() for cell in self.cells)


def read_lead(path: Path) -> Whereabouts:
    """The lead in a LEAD.json; keys it does not know are ignored. Raises ExportError with file, place and mend."""
    try:
        lead = msgspec.json.decode(path.read_bytes(), type=Whereabouts)
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportError(f"{path}: not a LEAD.json: {error}; `catpool leads export LEAD` writes one") from error
    check(path, lead)
    return lead


def check(path: Path, lead: Whereabouts) -> None:
    """Raises ExportError where a number cannot be what its key says."""
    if lead.area is not None:
        area = lead.area
        check_place(path, "$.area", area.lat_min, area.lon_min)
        check_place(path, "$.area", area.lat_max, area.lon_max)
        if area.lat_min >= area.lat_max or area.lon_min >= area.lon_max:
            raise ExportError(f"{path}: $.area is empty: lat_min, lon_min must lie below lat_max, lon_max")
    for index, cell in enumerate(lead.cells):
        if cell.is_placed():
            check_place(path, f"$.cells[{index}]", cell.lat or 0.0, cell.lon or 0.0)
        top = 1282 if cell.rat == "lte" else 219
        wrong = [step for step in cell.timing_advance if not 0 <= step <= top]
        if wrong:
            raise ExportError(f"{path}: $.cells[{index}].timing_advance {wrong[0]} is not in 0..{top} steps")


def check_place(path: Path, where: str, lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ExportError(f"{path}: {where} {lat}, {lon} is no place in WGS-84 degrees (latitude comes first)")


def whereabouts_of(lead: Lead) -> Whereabouts:
    """What a lead of the store says of the box's place."""
    area = Area(**{key: lead.area[key] for key in ("lat_min", "lon_min", "lat_max", "lon_max")}) if lead.area else None
    cells = tuple(
        Sector(
            cell.lat,
            cell.lon,
            cell.identity.rat,
            cell.azimuth_deg,
            cell.beamwidth_deg,
            cell.range_m,
            cell.timing_advance,
        )
        for cell in lead.cells
    )
    return Whereabouts(area, cells)
