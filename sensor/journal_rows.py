"""How readings lie in the journal's rows, and come back out of them. No SQL here."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import msgspec

from sensor.cell import CellIdentity
from sensor.readings import AssignmentReading, CellReading, Position, Stamp, UplinkReading

STAMP_COLUMNS = ["time", "monotonic_s", "lat", "lon", "hdop", "speed_mps", "course_deg", "fix_time"]
ORIGIN_COLUMNS = ["boot_id", "clock", "source"]
IDENTITY_COLUMNS = ["rat", "mcc", "mnc", "lac", "ci"]
CELL_COLUMNS = ["arfcn", "bsic", "carrier_hz", "body"]
ASSIGNMENT_COLUMNS = [f.name for f in fields(AssignmentReading) if f.name not in ("stamp", "identity")]
UPLINK_COLUMNS = [f.name for f in fields(UplinkReading)]
# A reading's own place: an uplink row has columns of these names beside its stamp's.
UPLINK_NAMES = [f"row_{name}" if name in STAMP_COLUMNS else name for name in UPLINK_COLUMNS]
_CELL_REST = [f for f in fields(CellReading) if f.name not in ("stamp", "identity", "arfcn", "bsic", "carrier_hz")]

Row = Sequence[Any]


def stamp_row(stamp: Stamp) -> tuple[Any, ...]:
    place = stamp.position
    where: tuple[Any, ...] = (None,) * 6
    if place is not None:
        fix_time = None if place.time is None else place.time.timestamp()
        where = (place.lat, place.lon, place.hdop, place.speed_mps, place.course_deg, fix_time)
    return (stamp.time.timestamp(), stamp.monotonic_s, *where)


def read_stamp(row: Row) -> Stamp:
    """A stamp from STAMP_COLUMNS then ORIGIN_COLUMNS."""
    time, monotonic_s, lat, lon, hdop, speed, course, fix_time, boot_id, clock, source = row
    place = None
    if lat is not None:
        place = Position(lat, lon, hdop, speed, course, None if fix_time is None else read_time(fix_time))
    return Stamp(read_time(time), boot_id, monotonic_s, clock, place, source)


def read_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def origin_row(stamp: Stamp) -> tuple[str, str, str]:
    return stamp.boot_id, stamp.clock, stamp.source


def identity_row(cell: CellIdentity) -> tuple[Any, ...]:
    return cell.rat, cell.mcc, cell.mnc, cell.lac, cell.ci


def cell_row(reading: CellReading) -> tuple[Any, ...]:
    rest = {}
    for field in _CELL_REST:
        value = getattr(reading, field.name)
        if isinstance(value, float):
            value = float(value)  # a numpy number compares with () as an array
        is_default = value is None or (field.default is not None and not value)
        if not is_default:
            rest[field.name] = value
    return reading.arfcn, reading.bsic, reading.carrier_hz, msgspec.json.encode(rest).decode()


def read_cell(row: Row) -> CellReading:
    """A reading from stamp, origin, identity and CELL_COLUMNS."""
    arfcn, bsic, carrier_hz, body = row[16:]
    rest = msgspec.json.decode(body)
    rest["neighbours"] = tuple(rest.get("neighbours", ()))
    return CellReading(
        read_stamp(row[:11]), CellIdentity(*row[11:16]), arfcn=arfcn, bsic=bsic, carrier_hz=carrier_hz, **rest
    )


def cell_key(reading: CellReading) -> str:
    """What makes two readings one cell: its full name, or where and as what it was heard."""
    parts: tuple[Any, ...] = identity_row(reading.identity)
    if not reading.identity.is_complete():
        heard = reading.carrier_hz if reading.arfcn is None else reading.arfcn
        parts = (reading.identity.rat, "?", heard, reading.bsic, reading.earfcn, reading.pci)
    return "/".join("" if part is None else str(part) for part in parts)


def assignment_row(reading: AssignmentReading) -> tuple[Any, ...]:
    return tuple(getattr(reading, name) for name in ASSIGNMENT_COLUMNS)


def read_assignment(row: Row) -> AssignmentReading:
    """A reading from stamp, origin, identity and ASSIGNMENT_COLUMNS."""
    return AssignmentReading(read_stamp(row[:11]), CellIdentity(*row[11:16]), *row[16:])


def uplink_row(reading: UplinkReading) -> tuple[Any, ...]:
    return tuple(getattr(reading, name) for name in UPLINK_COLUMNS)


def read_uplink(row: Row) -> tuple[Stamp, UplinkReading]:
    """A stamp and its reading, from stamp, origin and UPLINK_COLUMNS."""
    return read_stamp(row[:11]), UplinkReading(*row[11:])
