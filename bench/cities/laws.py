"""How a city lives, drawn from a seed: rhythms, tails, tastes. No two seeds share a law, some not even its family."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAY_S = 86_400.0
HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Laws:
    """A city's habits. Rates are a day and SIM; shares 0 to 1; `*_by_hour` sum to 1."""

    days: int
    weekday: int  # of the first day, 0 is Monday
    market: float  # share of contacts on this carrier and in this export
    calls_family: str
    calls_median: float
    calls_spread: float
    talk_family: str
    talk_median_s: float
    talk_spread: float
    sms_share: float
    answer: float
    strangers: float
    data_day: float
    update_s: float
    churn_day: float
    dual_sim: float
    second_hand: float
    still: float  # share of people who hardly leave home
    work_by_hour: Floats
    rest_by_hour: Floats
    week_end: tuple[int, ...]

    @property
    def end_s(self) -> float:
        return self.days * DAY_S

    def is_rest(self, day: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.isin((day + self.weekday) % 7, self.week_end)


def draw_laws(rng: np.random.Generator, days: int) -> Laws:
    work = two_humps(rng, rng.uniform(9, 12), rng.uniform(17, 20.5))
    return Laws(
        days=days,
        weekday=int(rng.integers(7)),
        market=float(rng.uniform(0.25, 0.6)),
        calls_family=str(rng.choice(["lognormal", "weibull", "pareto"])),
        calls_median=float(rng.uniform(1.2, 4.5)),
        calls_spread=float(rng.uniform(0.6, 1.0)),
        talk_family=str(rng.choice(["lognormal", "weibull", "mixture"])),
        talk_median_s=float(rng.uniform(28, 75)),
        talk_spread=float(rng.uniform(0.9, 1.3)),
        sms_share=float(rng.choice([rng.uniform(0.03, 0.15), rng.uniform(0.2, 0.6)])),
        answer=float(rng.uniform(0.55, 0.85)),
        strangers=float(rng.uniform(0.04, 0.18)),
        data_day=float(rng.uniform(4, 14)),
        update_s=float(rng.choice([1.0, 2.0, 3.0, 6.0])) * HOUR_S,
        churn_day=float(rng.uniform(0.003, 0.02)),
        dual_sim=float(rng.uniform(0.02, 0.12)),
        second_hand=float(rng.uniform(0.003, 0.02)),
        still=float(rng.uniform(0.15, 0.4)),
        work_by_hour=work,
        rest_by_hour=two_humps(rng, rng.uniform(11, 13), rng.uniform(18, 21)),
        week_end=(5, 6) if rng.random() < 0.7 else (4, 5),
    )


def two_humps(rng: np.random.Generator, first_h: float, second_h: float) -> Floats:
    """A day's rhythm: two humps over a floor that is lowest before dawn."""
    hour = np.arange(24) + 0.5
    hump = sum(
        weight * np.exp(np.cos((hour - at) / 12 * np.pi) * rng.uniform(1.5, 4.0)) / 20
        for at, weight in ((first_h, 1.0), (second_h, rng.uniform(0.6, 1.3)))
    )
    night = np.where((hour < 6.5) | (hour > 23), rng.uniform(0.02, 0.15), 1.0)
    shape = (np.asarray(hump) + 0.05) * night
    return np.asarray(shape / shape.sum(), dtype=np.float64)


def shift_by_hour(start_h: float, end_h: float, night: float = 0.0) -> Floats:
    """A working shift's rhythm, hours of the day (may pass midnight); `night` is the level outside it."""
    hour = np.arange(24) + 0.5
    inside = (hour >= start_h) & (hour < end_h) if start_h < end_h else (hour >= start_h) | (hour < end_h)
    shape = np.where(inside, 1.0, night)
    return np.asarray(shape / shape.sum(), dtype=np.float64)


def heavy(rng: np.random.Generator, family: str, median: float, spread: float, count: int) -> Floats:
    """Positive draws around a median with the family's tail; spread is the lognormal's sigma or its like."""
    if family == "lognormal":
        return median * rng.lognormal(0, spread, count)
    if family == "weibull":
        shape = 1.0 / max(0.3, spread)
        return np.asarray(median * rng.weibull(shape, count) / np.log(2) ** (1 / shape))
    if family == "pareto":
        shape = 1.2 + 1.0 / spread
        return np.asarray(median * (rng.pareto(shape, count) + 0.25) / (2 ** (1 / shape) - 0.75))
    short = rng.random(count) < 0.45
    return np.asarray(median * np.where(short, rng.gamma(2.0, 0.2, count), rng.lognormal(0.45, spread, count)))


def moments(rng: np.random.Generator, by_hour: Floats, count: int) -> Floats:
    """Seconds of a day, `count` of them, by an hourly rhythm."""
    hours = np.searchsorted(np.cumsum(by_hour) / by_hour.sum(), rng.random(count))
    return np.asarray((np.minimum(hours, 23) + rng.random(count)) * HOUR_S)
