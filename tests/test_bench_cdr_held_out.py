"""The table of bench/cdr_held_out.py: laws without a kind, and what is told of two rankings."""

import importlib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from detection.cdr import kinds

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture
def held_out(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("cdr_held_out")


def test_laws_without_a_form_know_neither_its_plain_nor_its_busy_law(
    held_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_out, "PEOPLE", 300)
    laws, towns = held_out.fit_without("sms", 1)
    assert all("sms" not in names for _, names in towns)
    every = {kind.name for kind in kinds.kinds()}
    assert {kind.name for kind in laws} == every - {"sms", "sms, busy"}
    without = held_out.kinds.kinds_of(held_out.fit_all(*towns, "courier"))
    assert "courier" not in {kind.name for kind in without}
    assert "other-work" in {kind.name for kind in without}


def test_the_worst_seed_and_who_is_newly_accused_are_told(held_out: Any) -> None:
    made = [SimpleNamespace(scenario="mixed", seed=seed) for seed in (7, 8)]
    shipped = [held_out.Found(1.0, 1.0, Counter())] * 2
    before = [held_out.Found(0.9, 0.8, Counter(pbx=2)), held_out.Found(0.7, 0.6, Counter())]
    after = [held_out.Found(0.8, 0.8, Counter(pbx=2, hotel=1)), held_out.Found(0.5, 0.2, Counter(hotel=3))]
    line = held_out.compare("courier", made, shipped, before, after)
    assert (line.ap_shipped, line.ap, line.ap_without) == pytest.approx((1.0, 0.8, 0.65))
    assert (line.worst, line.worst_seed) == (0.5, 8)
    assert (line.false_alarms, line.false_alarms_without, line.newly) == (2, 6, {"hotel": 4})
    assert "0.500 (8)" in held_out.show([line])
    assert "2 -> 6 (hotel +4)" in held_out.show([line])
