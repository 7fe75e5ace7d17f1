"""Named mixtures: a city and its boxes. `make(...)` writes one into a folder."""

from pathlib import Path

import numpy as np

from .devices import Shop
from .echoes import exchange, redial, repair, ring_back
from .export import Options, draw_options, write
from .forms import FORMS, MAKERS
from .groups import gather
from .laws import draw_laws
from .ledger import DATA, Ledger
from .people import settle
from .records import Records, record
from .terrain import draw_terrain
from .trading import open_all, updates

LEAST = 0.003  # share of box SIMs in a city of one form: fewer measure luck
SCENARIOS = (*FORMS, "mixed", "evasive", "clean")


def boxes_of(rng: np.random.Generator, scenario: str, subscribers: int) -> list[str]:
    """Forms of the boxes, one each: a few of one form, or of all."""
    if scenario == "clean":
        return []
    if scenario in ("mixed", "evasive"):
        forms = list(FORMS)
        extra = rng.choice(FORMS, int(rng.integers(0, 1 + subscribers // 6_000)))
        return [*forms, *(str(form) for form in extra)]
    few = {"pair": (5, 10), "scam": (3, 6), "car": (3, 6)}.get(scenario, (2, 4))
    return [scenario] * int(rng.integers(few[0], few[1] + 1))


def make(scenario: str, seed: int, subscribers: int, days: int, out: Path, options: Options | None = None) -> Options:
    """Makes and writes a city. Raises ValueError for a scenario that there isn't."""
    if scenario not in SCENARIOS:
        raise ValueError(f"no scenario {scenario}: one of {', '.join(SCENARIOS)}")
    rng = np.random.default_rng([seed, SCENARIOS.index(scenario), 71])
    if options is None:
        options = draw_options(rng, incoming=scenario in ("otp", "mixed", "evasive"))
    ledger, records = live(rng, scenario, subscribers, days, options)
    write(ledger, records, options, out)
    return options


def live(
    rng: np.random.Generator, scenario: str, subscribers: int, days: int, options: Options
) -> tuple[Ledger, Records]:
    ledger = Ledger(rng, draw_laws(rng, days), draw_terrain(rng, subscribers, options.lte))
    shop = Shop(rng)
    folk = settle(ledger, shop, int(subscribers * 0.94))
    gather(ledger, shop, folk, subscribers)
    open_all(ledger, shop, folk, subscribers)
    repair(ledger, shop, folk, subscribers)
    exchange(ledger, folk)
    for form in boxes_of(rng, scenario, subscribers):
        MAKERS[form](ledger, shop, scenario == "evasive")
    while scenario in FORMS and sum(box >= 0 for box in ledger.box) < LEAST * subscribers:
        MAKERS[scenario](ledger, shop, False)
    redial(ledger)
    ring_back(ledger)
    if options.updates:
        updates(ledger)
    if options.data:
        surf(ledger, len(folk.sims))
    return ledger, record(ledger)


def surf(ledger: Ledger, people: int) -> None:
    """Data sessions of ordinary people."""
    rng, laws = ledger.rng, ledger.laws
    sim = np.repeat(np.arange(people), rng.poisson(laws.data_day * laws.days * rng.gamma(1.0, 1.0, people)))
    day = rng.integers(0, laws.days, len(sim))
    at = day * 86_400.0 + (6 + 18 * rng.beta(1.6, 1.3, len(sim))) * 3_600
    ledger.act(sim, at, DATA, seconds=rng.lognormal(4, 1.5, len(sim)))
