"""Records of a made-up city straight into the engine, and its feature history: for fitting and measuring."""

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.countries import CHINA
from detection.cdr.digits import ODD, code_of
from detection.cdr.door import Door, Register
from detection.cdr.features import tables
from detection.cdr.history import History, build
from detection.cdr.identities import Identities, identify
from detection.cdr.pseudonyms import Names
from detection.cdr.record_words import KINDS
from detection.cdr.records import Account, Records, open_engine
from detection.lead import PlacedCell
from detection.town.city import KINDS as CITY_KINDS
from detection.town.city import City


def city_table(city: City, engine: Backend) -> tuple[pa.Table, Identities]:
    """The columns of `records` from a city, without a CSV in between, and its people; local time is UTC + 8 h."""
    door, n = Door(), len(city.sim)
    devices, device = np.unique(np.asarray(city.imei), return_inverse=True)
    imsi = _numbered(door.imsi, city.imsi)[city.sim]
    imei = _numbered(door.imei, devices.tolist())[device]
    number = _numbered(door.party, city.msisdn)[city.sim]
    other = _numbered(door.party, city.numbers)[city.other]
    people, maps = identify(door, np.unique(imsi), np.zeros(0, np.int64), CHINA, engine, Names(b"", clear=True))
    whom = maps.party[other]
    columns = {
        "row": np.arange(n),
        "kind": np.array([KINDS.index(kind) for kind in CITY_KINDS], np.int8)[city.kind],
        "sim_id": maps.sim_of_imsi[imsi],
        "number_id": maps.party[number],
        "other_id": whom,
        "other_class": people.party_class[whom],
        "imei_id": maps.imei[imei],
        "t_s": city.t_s - 28_800,
        "local_s": city.t_s,
        "duration_s": city.duration_s.astype(np.int32),
        "cell": city.cell.astype(np.int32),
        "ta": city.timing_advance.astype(np.int32),
        "answered": city.answered,
    }
    return pa.table(columns), people


def _numbered(register: Register, texts: Sequence[str]) -> NDArray[np.int32]:
    """The register's number of each text."""
    codes = [register.word(text) if (code := code_of(text)) == ODD else code for text in texts]
    return register.number(np.array(codes, np.int64))


def city_history(city: City) -> tuple[History, list[str]]:
    """The history of a city's SIMs, and the true kind of each, by SIM."""
    engine = open_engine()
    table, people = city_table(city, engine)
    known = build(tables(engine.create_table("records", ibis.memtable(table))))
    kind = dict(zip(city.imsi, city.kind_of, strict=True))
    return known, [kind[people.sim(sim)] for sim in range(len(people.sims))]


def city_records(city: City) -> Records:
    """The records of a city as if its export had been read."""
    engine = open_engine()
    made, people = city_table(city, engine)
    table = engine.create_table("records", ibis.memtable(made))
    n = len(city.sim)
    has = frozenset({"imsi", "number_id", "imei_id", "other_id", "duration_s", "cell", "ta", "answered"})
    cells = [cell.identity for cell in city.cells]
    return Records(engine, table, [], Account(n, n, 0, 0, 0, 0), cells, "made up", people, has=has)


def placed_cells(city: City) -> list[PlacedCell]:
    """CELLS.csv of a city."""
    return [PlacedCell(cell.identity, cell.lat, cell.lon, cell.azimuth_deg, cell.beamwidth_deg) for cell in city.cells]
