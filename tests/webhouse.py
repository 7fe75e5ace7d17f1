"""A home with accounts, cells, hits, leads, a place and a track, for the tests of the web room."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from detection.hit import Hit
from detection.lead import Lead, LeadCell, PlacedCell, Posterior
from detection.store import Store
from sensor.cell import CellIdentity
from sensor.home import Home
from sensor.journal import Journal
from sensor.readings import CellReading, Position, Stamp, UplinkReading
from web.app import create_app
from web.store import AccountStore

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
PASSWORD = "a gate in the hedge"
ACCOUNTS = {"fay": "field", "sue": "supervisor", "mobile": "carrier", "unicom": "carrier", "audrey": "auditor"}
CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
MAST = PlacedCell(CELL, lat=30.0, lon=120.0, azimuth_deg=90.0, beamwidth_deg=120.0, range_m=3000.0)
HIT = Hit(
    signature="one-ta-originated",
    version=1,
    cell=CELL,
    arfcn=20,
    bsic=25,
    timing_advance=3,
    distance_m=(1384, 1937),
    log10_odds=5.1,
    learned=False,
    from_s=0.0,
    to_s=184.0,
    raised_s=96.0,
    reasons=("48 originated calls at one timing advance",),
    look_alikes=("call centre",),
    first_seen=NOON,
    last_seen=NOON + timedelta(minutes=3),
    source="town.cu8",
)
LEAD = Lead(
    lead="L-3f9a12",
    origin="joined",
    form="fixed gateway",
    score=0.97,
    sims=("a1b2c3d4e5f60718", "460001234567890"),
    imeis=("9f8e7d6c5b4a3210",),
    cells=(LeadCell(CELL, timing_advance=(3, 3, 2), weight=0.8),),
    area={"lat_min": 29.99, "lon_min": 120.0, "lat_max": 30.01, "lon_max": 120.02},
    first_seen=NOON - timedelta(hours=5),
    last_seen=NOON,
    active_hours=(9, 10, 11),
    reasons=("47 of 49 calls went to numbers called once",),
    advice="fixed box",
    owner="mobile",
    hits=(1,),
)
OTHERS_LEAD = Lead(lead="L-77aa01", origin="cdr", form="car", score=0.4, owner="unicom", reasons=("moves",))
SQUARE = [[[[120.014, 29.999], [120.018, 29.999], [120.018, 30.001], [120.014, 30.001], [120.014, 29.999]]]]
PLACE = Posterior(
    lat=30.0,
    lon=120.016,
    r50_radius_m=70.0,
    r90_radius_m=160.0,
    region50={"type": "MultiPolygon", "coordinates": SQUARE},
    region90={"type": "MultiPolygon", "coordinates": SQUARE},
    p_within_50m=0.3,
    computed=NOON,
    inputs=("600 readings of kit-1",),
)


def stamp(after_s: float, lat: float | None = None, lon: float | None = None) -> Stamp:
    """A stamp so many seconds after noon, with a position if given."""
    position = Position(lat, lon, hdop=0.9) if lat is not None and lon is not None else None
    return Stamp(NOON + timedelta(seconds=after_s), "boot-1", after_s, "gps", position, "rtl_tcp://127.0.0.1:1234")


def cell_reading(after_s: float = 0.0) -> CellReading:
    """The mast's cell, heard."""
    return CellReading(
        stamp(after_s, 30.001, 120.002),
        CELL,
        band="GSM900",
        carrier_hz=939_000_000,
        arfcn=20,
        bsic=25,
        power_dbfs=-21.4,
        snr_db=20.0,
        neighbours=(27,),
    )


def uplink(after_s: float, lat: float, lon: float, level_dbfs: float) -> tuple[Stamp, UplinkReading]:
    """A second in which the uplink was heard."""
    row = UplinkReading(
        *(after_s, "kit-2", lat, lon, 0.9, 8.0, 90.0, 894.0, 894.0, 2),
        *(level_dbfs, 30.0, -70.0, 20.0, 0, 12, 1),
    )
    return stamp(after_s, lat, lon), row


@cache
def cheap_hash() -> str:
    """A hash of PASSWORD that costs next to nothing to check."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def empty_home(folder: Path) -> Home:
    """A home with nothing in it but the accounts of ACCOUNTS, all with PASSWORD."""
    home = Home(folder / "home").make()
    with AccountStore.open(home.store) as store:
        for name, role in ACCOUNTS.items():
            store.add_account(name, role, name if role == "carrier" else "", cheap_hash(), NOON)
    return home


def fill(home: Home) -> None:
    """Puts the cell, the hit, both leads, the place, a reading of the cell and two tracks into a home."""
    with Store.open(home.store) as store:
        store.put_placed_cells([MAST])
        store.put_hit(HIT)
        store.put_lead(LEAD)
        store.put_lead(OTHERS_LEAD)
        store.put_posterior(LEAD.lead, PLACE)
    with Journal.open(home.journal) as journal:
        journal.add([cell_reading()])
        journal.add([stamp(at, 30.0, 120.0 + at * 1e-4) for at in range(5)])
        journal.add([uplink(at, 30.01, 120.0 + at * 1e-4, -40.0 + at) for at in range(3)])


def full_home(folder: Path) -> Home:
    """A home with accounts and one of everything."""
    home = empty_home(folder)
    fill(home)
    return home


@contextmanager
def running(home: Home) -> Iterator[Flask]:
    """The app over a home, with its clock at noon; its watcher ends with it."""
    app = create_app(home, clock=lambda: NOON)
    app.config["TESTING"] = True
    try:
        yield app
    finally:
        app.extensions["watcher"].stop()


class Browser:
    """A test client that carries its CSRF token, as a browser's forms do."""

    def __init__(self, app: Flask, name: str | None = None, password: str = PASSWORD) -> None:
        self.client = app.test_client()
        if name is not None:
            answer = self.log_in(name, password)
            assert answer.status_code == 303, answer.text

    def log_in(self, name: str, password: str = PASSWORD, onward: str = "") -> TestResponse:
        return self.post("/login", page="/login", fields={"name": name, "password": password}, query={"next": onward})

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.get(path, headers=headers, buffered=True)

    def post(
        self, path: str, page: str, fields: dict[str, str] | None = None, query: dict[str, str] | None = None
    ) -> TestResponse:
        """Sends a form of `page` to `path`."""
        form = {"csrf_token": self.token(page), **(fields or {})}
        return self.client.post(path, query_string=query, data=form, buffered=True)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found is not None, page
        return found.group(1)


def grown(hit: Hit) -> Hit:
    """The hit, three minutes on."""
    return replace(hit, log10_odds=6.0, last_seen=NOON + timedelta(minutes=6))
