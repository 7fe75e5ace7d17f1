"""A home with what a map shows: cells, a hit, a joined lead with its place, a lead of records alone, a drive."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from detection.hit import Hit
from detection.lead import Lead, LeadCell, PlacedCell, Posterior
from detection.store import Store
from sensor.cell import CellIdentity, ring_m
from sensor.journal import Journal
from sensor.readings import CellReading, Position, Stamp, UplinkReading

MAST = (30.5870, 114.2810)  # latitude, longitude
BOX = (30.5744, 114.2899)  # 1630 m south-east of the mast: timing advance 3
SERVING = CellIdentity("gsm", "460", "00", 1201, 3305)
NEIGHBOUR = CellIdentity("gsm", "460", "00", 1201, 3306)
START = datetime(2026, 3, 4, 1, 12, tzinfo=UTC)
LOOK_ALIKES = (
    "a licensed PBX gateway or a call centre with cellular lines",
    "a hotel, dormitory or office block: many people at one timing advance",
    "a repeater: it gathers everybody behind it at its own distance",
)


def hit(timing_advance: int = 3, cell: CellIdentity = SERVING, now: datetime = START) -> Hit:
    """A hit of the first signature."""
    return Hit(
        signature="one-ta-originated",
        version=1,
        cell=cell,
        arfcn=20,
        bsic=25,
        timing_advance=timing_advance,
        distance_m=ring_m("gsm", timing_advance),
        log10_odds=5.1,
        learned=False,
        from_s=0.0,
        to_s=184.0,
        raised_s=96.0,
        reasons=(
            "41 of 58 originated calls in 184 s came at timing advance 3; the cell's other traffic explains 6",
            "no paging answer at timing advance 3, 19 at the others",
            "the gaps between these calls are too even for people (spread 0.4 of the mean)",
        ),
        look_alikes=LOOK_ALIKES,
        first_seen=now,
        last_seen=now + timedelta(seconds=184),
        source="rtl_tcp://127.0.0.1:1234",
    )


def fill_store(path: Path) -> None:
    """Cells, a hit and two leads."""
    with Store.open(path) as store:
        store.put_placed_cells(
            [
                PlacedCell(SERVING, *MAST, azimuth_deg=150.0, beamwidth_deg=100.0, range_m=2_500.0),
                PlacedCell(NEIGHBOUR, 30.5660, 114.3030, azimuth_deg=270.0, beamwidth_deg=65.0, range_m=1_800.0),
                PlacedCell(CellIdentity("gsm", "460", "00", 1201, 3310), 30.6010, 114.2990),
            ]
        )
        hit_id = store.put_hit(hit())
        store.put_lead(joined_lead(hit_id))
        store.put_lead(records_lead())
        store.put_posterior("L-3f9a12", place())


def joined_lead(hit_id: int) -> Lead:
    sims = tuple(f"p-{index * 7919 % 65536:04x}{index:02d}c1" for index in range(1, 33))
    return Lead(
        lead="L-3f9a12",
        origin="joined",
        form="gateway",
        score=0.97,
        sims=sims,
        imeis=("p-77ab01", "p-77ab02"),
        cells=(LeadCell(SERVING, *MAST, 150.0, 100.0, 2_500.0, (3, 3, 2, 3), 0.93), LeadCell(NEIGHBOUR, weight=0.07)),
        first_seen=START - timedelta(days=2),
        last_seen=START,
        active_hours=(0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23),
        reasons=(
            "32 SIMs, 1,904 calls out and 3 in, to 1,871 numbers called once",
            "all SIMs on the same cell sequence; two handsets' IMEIs among them",
            "the hit on this cell puts the same source at timing advance 3",
        ),
        advice="Drive the streets 1.4 to 1.9 km south-east of the mast with the meter on 894.0 MHz.",
        owner="Example Mobile",
        hits=(hit_id,),
    )


def records_lead() -> Lead:
    return Lead(
        lead="L-b2207c",
        origin="cdr",
        form="voip-line",
        score=0.41,
        sims=("p-10c2ff", "p-10c300"),
        cells=(LeadCell(NEIGHBOUR, 30.5660, 114.3030, 270.0, 65.0, 1_800.0),),
        area={"lat_min": 30.5610, "lon_min": 114.2890, "lat_max": 30.5700, "lon_max": 114.2990},
        first_seen=START - timedelta(days=1),
        last_seen=START,
        active_hours=(9, 10, 11, 14, 15, 16),
        reasons=("2 SIMs call 214 strangers once each in office hours",),
        advice="Not a radio target: check the line.",
        owner="Example Mobile",
    )


def place() -> Posterior:
    return Posterior(
        lat=BOX[0],
        lon=BOX[1],
        r50_radius_m=46.0,
        r90_radius_m=118.0,
        region50=blob(46.0, 0.15),
        region90=blob(118.0, 0.25),
        p_within_50m=0.56,
        computed=START + timedelta(hours=1),
        inputs=("timing advance 3 on cell 460-00-1201-3305", "412 uplink readings of one drive"),
    )


def blob(radius_m: float, dent: float) -> dict[str, object]:
    """A region about the box that is no circle."""
    ring = []
    for step in range(37):
        angle = math.tau * (step % 36) / 36
        radius = radius_m * (1 + dent * math.cos(2 * angle - 0.7) + 0.3 * dent * math.sin(5 * angle))
        ring.append([BOX[1] + radius * math.cos(angle) / 95_700, BOX[0] + radius * math.sin(angle) / 111_200])
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def fill_journal(path: Path) -> None:
    """The serving cell as heard, and a drive round the box."""
    stamp = Stamp(START, "boot-1", 12.0, "gps", Position(*BOX), "rtl_tcp://127.0.0.1:1234")
    heard = CellReading(
        stamp,
        SERVING,
        band="GSM900",
        carrier_hz=939_000_000,
        arfcn=20,
        bsic=25,
        power_dbfs=-31.4,
        snr_db=19.2,
        blocks=9,
    )
    with Journal.open(path) as journal:
        journal.add([heard, *drive()])


def drive() -> Iterator[tuple[Stamp, UplinkReading]]:
    """A square round the box, louder when nearer."""
    corners = [(-500.0, -420.0), (450.0, -420.0), (450.0, 330.0), (-200.0, 330.0), (-200.0, -120.0), (120.0, -120.0)]
    second = 0
    for (x1, y1), (x2, y2) in pairwise(corners):
        steps = int(math.dist((x1, y1), (x2, y2)) / 12)
        for step in range(steps):
            x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
            lat, lon = BOX[0] + y / 111_200, BOX[1] + x / 95_700
            level = -42 - 28 * math.log10(max(60.0, math.hypot(x, y)) / 100)
            moment = START + timedelta(minutes=20, seconds=second)
            stamp = Stamp(moment, "boot-1", 1_200.0 + second, "gps", Position(lat, lon, 0.9), "meter")
            row = UplinkReading(
                float(second),
                "kit-1",
                lat,
                lon,
                0.9,
                12.0,
                90.0,
                894.0,
                894.0,
                2,
                level,
                30.0,
                -92.0,
                level + 92,
                0,
                14,
                1,
            )
            yield stamp, row
            second += 1
