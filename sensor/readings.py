"""Readings: what a kit heard, each with when, where and how well the time was known."""

from dataclasses import dataclass, field
from datetime import datetime

from sensor.cell import CellIdentity


@dataclass(frozen=True, slots=True)
class Position:
    """A fix in WGS-84 degrees. There is no such object without a fix: never the last known one."""

    lat: float
    lon: float
    hdop: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    time: datetime | None = None  # the fix's own UTC time


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, where and from what a reading came."""

    time: datetime  # UTC
    boot_id: str
    monotonic_s: float
    clock: str  # "gps", "ntp", "capture" (the recording's own time) or "free" (nobody disciplines it)
    position: Position | None
    source: str  # SOURCE as opened, or the frames file's name


@dataclass(frozen=True, slots=True)
class CellReading:
    """One look at one cell. Null what was not heard."""

    stamp: Stamp
    identity: CellIdentity
    band: str | None = None
    carrier_hz: int | None = None
    arfcn: int | None = None
    bsic: int | None = None
    power_dbfs: float | None = None
    power_dbm: float | None = None
    snr_db: float | None = None
    ppm: float | None = None
    neighbours: tuple[int, ...] = ()  # ARFCNs
    t3212_min: float | None = None
    neci: int | None = None
    ccch_conf: int | None = None
    blocks: int = 0
    bad_blocks: int = 0
    earfcn: int | None = None
    pci: int | None = None
    rsrp_dbm: float | None = None
    rsrq_db: float | None = None
    extra: dict[str, float | int | str | None] = field(default_factory=dict)
    raw: str | None = None  # the modem's line, redacted


@dataclass(frozen=True, slots=True)
class AssignmentReading:
    """One immediate assignment (TS 44.018 §9.1.18, §9.1.19), once however often it was sent."""

    stamp: Stamp
    identity: CellIdentity
    arfcn: int | None
    bsic: int | None
    fn: int
    ra: int
    fn_mod_42432: int
    establishment: str
    timing_advance: int
    neci: int | None
    channel_type: str | None = None
    time_slot: int | None = None
    subchannel: int | None = None


@dataclass(frozen=True, slots=True)
class UplinkReading:
    """One second of one burst stream; columns of READINGS.csv. Empty fields of a `det` 0 row are None."""

    t_s: float
    kit: str
    lat: float | None
    lon: float | None
    hdop: float | None
    speed_mps: float | None
    course_deg: float | None
    tune_mhz: float | None
    freq_mhz: float | None
    slot: int | None
    rssi_dbfs: float | None
    gain_db: float | None
    noise_dbfs: float | None
    snr_db: float | None
    clip: int
    n_bursts: int
    det: int
    rat: str = "gsm"
    sub: int | None = None
    toa_us: float | None = None
    toa_sd_us: float | None = None
    p_box: float | None = None
