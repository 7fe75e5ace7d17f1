"""Every feature of the ranking by name and meaning, printed from the code that computes it."""

import re
from dataclasses import dataclass

from detection.cdr.features import COUNTS
from detection.cdr.kinds import MEASURES, SHARES


@dataclass(frozen=True, slots=True)
class Feature:
    """What it is of ("SIM and hour", "SIM", "pair of SIMs"), its name, and what it says."""

    of: str
    name: str
    meaning: str


PAIRS = {
    "device": "both were at home in one IMEI",
    "spot": "both do most of their acts on one cell at one timing advance or its neighbour",
    "road": "both go the same way at the same time: cell after cell, hour after hour",
    "calls": "both rang or wrote to one another, and to other suspects",
}
OTHERS = {
    "peers": "other SIMs that took turns in its devices",
    "late": "whether its first act came more than a day after the export begins",
}


def catalogue() -> list[Feature]:
    """Counts of an hour, shares and measures of a SIM, links of a pair."""
    rows = [Feature("SIM and hour", name, meaning) for name, meaning in COUNTS.items()]
    rows += [Feature("SIM", share.name, _of(share.part, share.whole)) for share in SHARES]
    rows += [Feature("SIM", one.name, re.sub(r"\{value[^}]*\}", "how many", one.said)) for one in MEASURES]
    rows += [Feature("SIM", name, meaning) for name, meaning in OTHERS.items()]
    return rows + [Feature("pair of SIMs", name, meaning) for name, meaning in PAIRS.items()]


def _of(part: tuple[str, ...], whole: tuple[str, ...]) -> str:
    return f"{' + '.join(part)} of {' + '.join(whole)}"
