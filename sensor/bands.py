"""What a dongle hears of each mobile band: both directions, one, a part, or nothing.

Band edges: TS 45.005 §2 (GSM), TS 36.101 table 5.5-1 (LTE), TS 38.101-1 table 5.2-1 (NR).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sensor.source.rtl2832 import REACH_HZ

BOTH, UPLINK, DOWNLINK, MODEM, DEAF = (
    "uplink and downlink",
    "uplink only",
    "downlink only",
    "modem only",
    "deaf",
)


@dataclass(frozen=True, slots=True)
class Band:
    """A band with its edges in MHz; the same twice where both directions share it (TDD)."""

    name: str
    uplink_mhz: tuple[float, float]
    downlink_mhz: tuple[float, float]
    dongle: bool = True  # whether catpool reads anything of it from samples


@dataclass(frozen=True, slots=True)
class Reach:
    """What is heard of a band."""

    band: str
    hears: str  # one of the five words above, perhaps with up to where


BANDS = (
    Band("GSM 850 / B5", (824, 849), (869, 894)),
    Band("GSM 900 / B8", (880, 915), (925, 960)),
    Band("GSM 1800 / B3", (1710, 1785), (1805, 1880)),
    Band("GSM 1900", (1850, 1910), (1930, 1990)),
    Band("B1", (1920, 1980), (2110, 2170)),
    Band("B34", (2010, 2025), (2010, 2025)),
    Band("B39", (1880, 1920), (1880, 1920)),
    Band("B40", (2300, 2400), (2300, 2400)),
    Band("B41 / n41", (2496, 2690), (2496, 2690)),
    Band("n28", (703, 748), (758, 803), dongle=False),
    Band("n78", (3300, 3800), (3300, 3800), dongle=False),
    Band("n79", (4400, 5000), (4400, 5000), dongle=False),
)


def hearing(tuner: str | None, modem: bool) -> list[Reach]:
    """What a kit with this tuner (None: no dongle), and a modem or none, hears of each band."""
    return [Reach(band.name, _hears(band, tuner, modem)) for band in BANDS]


def _hears(band: Band, tuner: str | None, modem: bool) -> str:
    rest = MODEM if modem else DEAF
    if tuner is None or not band.dongle:
        return rest
    low, high = (edge / 1e6 for edge in REACH_HZ.get(tuner, REACH_HZ["R820T"]))
    up, down = (_part(edges, low, high) for edges in (band.uplink_mhz, band.downlink_mhz))
    if up is None and down is None:
        return rest
    if up == "" and down == "":
        return BOTH
    if down is None:
        return UPLINK + (up or "")
    if up is None:
        return DOWNLINK + down
    return f"uplink{up}, downlink{down}"


def _part(edges: tuple[float, float], low: float, high: float) -> str | None:
    """ "" where all of it is heard, None where nothing is, else which part."""
    if edges[1] <= low or edges[0] >= high:
        return None
    if edges[1] > high:
        return f", up to {high:.0f} MHz"
    return f", from {low:.0f} MHz" if edges[0] < low else ""


def by_hearing(reaches: Iterable[Reach]) -> dict[str, list[str]]:
    """Bands by what is heard of them."""
    grouped: dict[str, list[str]] = {}
    for reach in reaches:
        grouped.setdefault(reach.hears, []).append(reach.band)
    return grouped
