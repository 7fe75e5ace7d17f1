"""`catpool locate`: where the box stands, from a drive's readings and a lead."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detection.errors import ExportError

if TYPE_CHECKING:
    from detection.place.estimate import Estimate
    from detection.place.lead_file import Whereabouts
    from sensor.readings import UplinkReading


@dataclass(frozen=True, slots=True)
class Drive:
    """What READINGS.csv gave: its readings, and what was left out of it, in words."""

    readings: tuple["UplinkReading", ...]
    warnings: tuple[str, ...]


@click.command()
@click.argument("readings", type=click.Path(path_type=Path))
@click.option("--lead", "lead_file", type=click.Path(path_type=Path), help="LEAD.json: the area and the cells.")
@click.option("--for", "lead_name", metavar="LEAD", help="Keep the place with this lead, and the drive in the journal.")
@click.option("--start", metavar="TIME", help="Time at which t_s is 0 (default: the last row is as old as the file).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def locate(readings: Path, lead_file: Path | None, lead_name: str | None, start: str | None, as_json: bool) -> None:
    """Says where the box stands: a fix and the regions that hold it with 50 and 90 %.

    READINGS is a READINGS.csv of the uplink meter. Without --lead the lead named by --for is taken from the
    store, else the ground about the readings is searched. A place is a lead, not proof.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads would only wait for each other
    from detection.place.estimate import locate as estimate
    from detection.place.lead_file import Whereabouts, read_lead

    drive = read_drive(readings)
    began = start_of(readings, drive, start)
    lead = read_lead(lead_file) if lead_file else kept_lead(lead_name) if lead_name else Whereabouts()
    refuse_nothing(readings, drive, lead)
    found = estimate(drive.readings, lead)
    warnings = drive.warnings + found.warnings
    if lead_name:
        keep(lead_name, found, drive, readings, lead_file, began)
    click.echo(json.dumps(contract(found, warnings)) if as_json else sentences(found, warnings))


def read_drive(path: Path) -> Drive:
    """The readings of a file; rows that cannot be read are counted, the first one named."""
    from sensor.uplink_csv import read_readings

    read = read_readings(path)
    if not read.rejected:
        return Drive(read.readings, ())
    count = len(read.rejected)
    return Drive(read.readings, (f"{count} row{'s' if count > 1 else ''} left out, the first: {read.rejected[0]}",))


def refuse_nothing(path: Path, drive: Drive, lead: "Whereabouts") -> None:
    """Raises ExportError where neither the drive nor the lead names any ground."""
    if lead.is_empty() and not any(row.lat is not None for row in drive.readings):
        lacking = "no reading with a position" if drive.readings else "no reading"
        raise ExportError(
            f"{path}: {lacking} in it, and no lead that says where to search; drive again with GPS, or add --lead "
            "LEAD.json (`catpool leads export LEAD` writes one)"
        )


def start_of(path: Path, drive: Drive, start: str | None) -> datetime:
    """The time at which t_s is 0: as given, else so that the last row is as old as the file."""
    from datetime import UTC, timedelta

    if start is None:
        last = max((row.t_s for row in drive.readings), default=0.0)
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) - timedelta(seconds=last)
    try:
        time = datetime.fromisoformat(start)
    except ValueError as error:
        raise click.BadParameter(f"--start {start!r} is not an ISO 8601 time such as 2026-03-04T09:00:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def kept_lead(name: str) -> "Whereabouts":
    """Where the store's lead of this name leaves the box. Raises UnknownLeadError."""
    from detection.place.lead_file import whereabouts_of
    from detection.store import Store
    from sensor.home import find_home

    with Store.open(find_home().make().store) as store:
        return whereabouts_of(store.lead(name))


def keep(name: str, found: "Estimate", drive: Drive, readings: Path, lead_file: Path | None, began: datetime) -> None:
    """Keeps the place with its lead and the drive in the journal; a file read twice counts once."""
    from hashlib import sha256

    from detection.lead import Posterior
    from detection.store import Store
    from sensor.home import find_home
    from sensor.journal import Journal
    from sensor.uplink_csv import journal_readings

    home = find_home().make()
    origin = f"{readings.name}#{sha256(readings.read_bytes()).hexdigest()[:12]}"
    inputs = (f"readings {origin}", f"lead {lead_file.name if lead_file else name}")
    posterior = Posterior(
        lat=found.lat,
        lon=found.lon,
        r50_radius_m=found.r50_radius_m,
        r90_radius_m=found.r90_radius_m,
        region50=found.region50,
        region90=found.region90,
        p_within_50m=found.p_within_50m,
        computed=datetime.now().astimezone(),
        inputs=inputs,
    )
    with Store.open(home.store) as store:
        store.lead(name)
        store.put_posterior(name, posterior)
    with Journal.open(home.journal) as journal:
        journal_readings(journal, drive.readings, start=began, boot_id=origin, source=origin)


def contract(found: "Estimate", warnings: tuple[str, ...]) -> dict[str, object]:
    """The object of CONTRACT.md, Place."""
    return {
        "fix": {"lat": round(found.lat, 7), "lon": round(found.lon, 7)},
        "r50_radius_m": round(found.r50_radius_m, 1),
        "r90_radius_m": round(found.r90_radius_m, 1),
        "region50": found.region50,
        "region90": found.region90,
        "p_within_50m": round(found.p_within_50m, 4),
        "streams": [
            {
                "slot": stream.slot,
                "freq_mhz": stream.freq_mhz,
                "carrier_hz": None if stream.freq_mhz is None else round(stream.freq_mhz * 1e6),
                "from_s": stream.from_s,
                "to_s": stream.to_s,
                "p_box": round(stream.p_box, 4),
            }
            for stream in found.streams
        ],
        "seconds": round(found.seconds, 4),
        "warnings": list(warnings),
    }


def sentences(found: "Estimate", warnings: tuple[str, ...]) -> str:
    """The same for a reader at night."""
    box = sum(stream.p_box > 0.5 for stream in found.streams)
    lines = [
        f"Best place {found.lat:.6f}, {found.lon:.6f} (WGS-84). A lead, not proof.",
        f"Half the probability lies in a region as large as a circle of {found.r50_radius_m:.0f} m, "
        f"90 % in one of {found.r90_radius_m:.0f} m; within 50 m of the best place {found.p_within_50m:.0%}.",
        f"{box} of {len(found.streams)} streams are more likely the box's than not.",
    ]
    return "\n".join(lines + [f"Note: {warning}." for warning in warnings])
