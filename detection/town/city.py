"""A made-up city's days of call records: honest people and machines of many kinds, and boxes hidden among them.

Everything about it is drawn from the seed, the laws too: how often a kind of person calls, how long, when they
sleep, how a call centre keeps its hours, how many SIMs a box turns over. So no two cities agree, and what ranks
well on many of them leans on none. Times are local seconds since 1970 as if UTC; places WGS-84 degrees.
"""

import numpy as np

from detection.town.banks import BOXES
from detection.town.canvas import FIRST_DAY_S, FRAUD, KINDS, Canvas, City, CityBox, CityCell
from detection.town.citizens import settle


def make(
    seed: int,
    subscribers: int = 20_000,
    days: int = 3,
    *,
    boxes: dict[str, int] | None = None,
    evasive: bool = False,
    rat: str = "gsm",
    centre: tuple[float, float] = (31.23, 121.47),
    mast_gap_m: tuple[float, float] = (700, 1_300),
    trades: float = 1.0,
    plain: bool = False,
) -> City:
    """A city with `subscribers` honest SIMs, and boxes by form (by default one or two of each).

    `evasive` boxes call a third as much and forge an IMEI for every SIM. `mast_gap_m`: at least and at most. `trades`
    scales how many workplaces look like a box. `plain` boxes do their one work alone, from one place.
    """
    town = Canvas(np.random.default_rng(seed), subscribers, days, evasive, rat, centre, mast_gap_m)
    town.plain = plain
    town.masts()
    settle(town, trades)
    chosen = boxes if boxes is not None else {form: int(town.rng.integers(1, 3)) for form in FRAUD}
    for form, count in chosen.items():
        for at in range(count):
            BOXES[form](town, f"{form}-{at + 1}")
    return town.records()


HEADER = ("record_type", "imsi", "imei", "msisdn", "other_party", "start_time", "duration", "lac", "ci", "ta", "result")
TYPE_WORDS = ("MOC", "MTC", "SMS-MO", "SMS-MT", "LU")


def csv_lines(city: City) -> list[str]:
    """The city's records as a clean CSV export: HEADER, then a line a leg."""
    times = np.datetime_as_string(city.t_s.astype("datetime64[s]"))
    lac = [cell.identity.lac for cell in city.cells]
    ci = [cell.identity.ci for cell in city.cells]
    lines = [",".join(HEADER)]
    columns = (
        city.kind,
        city.sim,
        city.other,
        times,
        city.duration_s,
        city.cell,
        city.timing_advance,
        city.imei,
        city.answered,
    )
    for k, s, o, t, d, c, ta, imei, ok in zip(*(column.tolist() for column in columns), strict=True):
        who, when = f"{city.imsi[s]},{imei},{city.msisdn[s]},{city.numbers[o]}", t.replace("T", " ")
        lines.append(f"{TYPE_WORDS[k]},{who},{when},{d},{lac[c]},{ci[c]},{ta},{'0' if ok else '1'}")
    return lines


def cells_lines(city: City) -> list[str]:
    """CELLS.csv of the city."""
    rows = ["lac,ci,lat,lon,azimuth,mcc,mnc,beamwidth,range_m,rat"]
    for cell in city.cells:
        who = cell.identity
        rows.append(
            f"{who.lac},{who.ci},{cell.lat:.6f},{cell.lon:.6f},{cell.azimuth_deg},{who.mcc},{who.mnc},{cell.beamwidth_deg:.0f},,{who.rat}"
        )
    return rows


__all__ = ["FIRST_DAY_S", "FRAUD", "KINDS", "City", "CityBox", "CityCell", "cells_lines", "csv_lines", "make"]
