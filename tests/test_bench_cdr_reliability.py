"""The reliability curve of bench/cdr_reliability.py on scores whose truth is known."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture
def reliability(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("cdr_reliability")


def test_a_score_that_keeps_its_promise_has_no_error_at_the_prior(reliability: Any) -> None:
    rng = np.random.default_rng(1)
    prior, n = 0.01, 400_000
    odds = rng.normal(np.log(prior), 3.0, n)
    scores = 1 / (1 + np.exp(-odds))
    inside = rng.random(n) < scores
    bins = reliability.curve(scores, inside, float(inside.mean()))
    assert reliability.error(bins, 0.0, prior=True) < 0.002
    assert reliability.error(bins, 0.0, prior=False) < 0.002
    for one in bins:
        if one.share_at_prior and one.boxes > 50:
            assert one.from_share <= one.mean_at_prior <= one.to_share
    # the same SIMs where boxes are 20 times as common: the raw shares no longer fit, the reweighted ones do
    kept = inside | (rng.random(n) < 0.05)
    bins = reliability.curve(scores[kept], inside[kept], float(inside.mean()))
    assert reliability.error(bins, 0.0, prior=False) > 0.03
    assert reliability.error(bins, 0.0, prior=True) < 0.002


def test_bins_hold_every_sim_once_and_an_empty_one_says_nothing(reliability: Any) -> None:
    scores = np.array([0.0, 1e-4, 0.5, 0.5, 0.999, 1.0])
    inside = np.array([False, False, False, True, True, True])
    bins = reliability.curve(scores, inside, 1e-4)
    assert sum(one.honest + one.boxes for one in bins) == 6
    assert sum(one.weight for one in bins) == pytest.approx(1)
    by_low = {one.low: one for one in bins}
    assert (by_low[0.5].honest, by_low[0.5].boxes, by_low[0.5].share) == (1, 1, 0.5)
    assert by_low[0.5].share_at_prior == pytest.approx(1e-4 / (1e-4 + (1 - 1e-4)))
    assert (by_low[0.999].boxes, by_low[0.999].share_at_prior) == (2, 1.0)
    assert by_low[0.7].share is None
    assert reliability.share_above(bins, 0.5) == pytest.approx((0.75, 1e-4 / (1e-4 + (1 - 1e-4) / 3)), rel=1e-6)


def test_bounds_of_counts_are_those_of_the_tables(reliability: Any) -> None:
    assert reliability.bounds(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert reliability.bounds(10) == pytest.approx((4.795, 18.390), abs=1e-3)
