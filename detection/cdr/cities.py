"""Records of a made-up city straight into the engine, and its feature history: for fitting and measuring."""

import ibis
import numpy as np
import pyarrow as pa

from detection.cdr.features import tables
from detection.cdr.history import History, build
from detection.cdr.numbering import numbered
from detection.cdr.pseudonyms import Names
from detection.cdr.records import Account, Records, open_engine
from detection.lead import PlacedCell
from detection.town.city import KINDS, City


def city_table(city: City) -> pa.Table:
    """The columns of `records` from a city, without a CSV in between; local time is UTC + 8 h."""
    n = len(city.sim)
    imsi, msisdn, numbers = (np.array(texts) for texts in (city.imsi, city.msisdn, city.numbers))
    return pa.table(
        {
            "row": np.arange(n),
            "kind": np.array(KINDS)[city.kind],
            "imei": np.array([imei[:14] for imei in city.imei.tolist()]),
            "other": numbers[city.other],
            "duration_s": city.duration_s,
            "cell": city.cell.astype(np.int32),
            "ta": city.timing_advance.astype(np.int32),
            "local_s": city.t_s,
            "sim": imsi[city.sim],
            "imsi": imsi[city.sim],
            "number": msisdn[city.sim],
            "t_s": city.t_s - 28_800,
            "answered": city.answered,
        }
    )


def city_history(city: City) -> tuple[History, list[str]]:
    """The history of a city's SIMs, and the true kind of each, by SIM."""
    engine = open_engine()
    records = engine.create_table("records", ibis.memtable(city_table(city)))
    table, people = numbered(engine, records, Names(b"", clear=True))
    kind = dict(zip(city.imsi, city.kind_of, strict=True))
    return build(tables(table)), [kind[people.sim(sim)] for sim in range(len(people.sim_texts))]


def city_records(city: City) -> Records:
    """The records of a city as if its export had been read."""
    engine = open_engine()
    table = engine.create_table("records", ibis.memtable(city_table(city)))
    n = len(city.sim)
    has = frozenset({"imsi", "number", "imei", "other", "duration_s", "cell", "ta", "answered"})
    cells = [cell.identity for cell in city.cells]
    return Records(engine, table, [], Account(n, n, 0, 0, 0, 0), cells, "made up", has=has)


def placed_cells(city: City) -> list[PlacedCell]:
    """CELLS.csv of a city."""
    return [PlacedCell(cell.identity, cell.lat, cell.lon, cell.azimuth_deg, cell.beamwidth_deg) for cell in city.cells]
