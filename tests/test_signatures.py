"""Signatures: each record's own examples, the counts below them, and the numbers against an independent integral."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import nbinom, poisson

from detection.signatures import one_ta_originated, ratio
from detection.signatures.record import Example, Signature
from detection.signatures.registry import SIGNATURES
from detection.signatures.tally import BIN_S, KEPT_S, PLACES, CellTally, Counts, Floats, Side, side

PLACE = 3
ELSEWHERE = (0, 1, 6, 7, 8, 9, 11, 14)


class Steady:
    """A cell whose counts came evenly over some seconds (signatures.tally.Tally)."""

    def __init__(self, example: Example, originated_any: bool = False, second: int = PLACE) -> None:
        self.now_s = example.seconds
        self.originated_any = originated_any
        self.counts = np.zeros((2, PLACES))
        for row, there, away in (
            (0, example.originated, example.originated_elsewhere),
            (1, example.other, example.other_elsewhere),
        ):
            self.counts[row, list(ELSEWHERE)] = away / len(ELSEWHERE)
            for place in (PLACE, second):
                self.counts[row, place] += there / 2

    def windows(self, lengths_s: Sequence[float]) -> tuple[Counts, Floats]:
        seconds = np.minimum(np.array(lengths_s), self.now_s)
        share = seconds[:, None, None] / self.now_s
        return np.round(self.counts * share).astype(np.int64), seconds


EXAMPLES = [(signature, example) for signature in SIGNATURES for example in signature.examples]


@pytest.mark.parametrize(("signature", "example"), EXAMPLES, ids=[e.name for _, e in EXAMPLES])
def test_examples_of_each_record(signature: Signature, example: Example) -> None:
    said = {e.timing_advance: e.log10_odds for e in signature.judge(Steady(example))}
    alarms = [place for place, odds in said.items() if odds >= signature.log10_threshold]
    assert alarms == ([PLACE] if example.alarm else [])


def test_records_are_whole() -> None:
    assert len({signature.name for signature in SIGNATURES}) == len(SIGNATURES)
    for signature in SIGNATURES:
        assert signature.log10_prior < signature.log10_threshold
        assert all((signature.needs, signature.looks_for, signature.look_alikes, signature.limits, signature.examples))


BOX = one_ta_originated.RECORD.examples[0]


def test_box_between_two_steps_is_one_place() -> None:
    said = one_ta_originated.judge(Steady(BOX, second=PLACE + 1))
    assert (said[0].timing_advance, said[0].until) == (PLACE, PLACE + 1)
    assert said[0].log10_odds > one_ta_originated.LOG10_THRESHOLD - 1
    assert "timing advances 3 and 4 together" in said[0].reasons[0]


def test_neci_0_is_judged_against_its_own_background_and_says_so() -> None:
    at_one, at_zero = (one_ta_originated.judge(Steady(BOX, originated_any=any_))[0] for any_ in (False, True))
    assert at_zero.log10_odds < at_one.log10_odds
    assert "NECI 0" in at_zero.reasons[-1]
    assert not any("NECI" in reason for reason in at_one.reasons)


def test_nothing_heard_says_nothing() -> None:
    tally = CellTally()
    assert one_ta_originated.judge(tally) == []
    tally.close_bin()
    assert one_ta_originated.judge(tally) == []


def test_odds_do_not_depend_on_which_timing_advance_it_is() -> None:
    def odds_at(shift: int) -> list[float]:
        steady = Steady(BOX)
        steady.counts = np.roll(steady.counts, shift, axis=1)
        return [round(e.log10_odds, 9) for e in one_ta_originated.judge(steady)]

    assert odds_at(0) == odds_at(20) == odds_at(40)


def test_bayes_factor_against_direct_integration() -> None:
    """The same integral, done by quadrature in other variables. Tolerance 0.1 in log10."""
    cell, n_o, n_b, seconds = 0.35, 30, 2, 180.0
    certain = np.where(np.abs(ratio._LOG_CELL - np.log(cell)) == np.abs(ratio._LOG_CELL - np.log(cell)).min(), 0, -1e9)
    cell = float(np.exp(ratio._LOG_CELL[np.argmax(certain)]))
    rho_p = ratio.ratio_of_place(certain[None, :])
    got = ratio.log_bayes_factor(np.array([n_o]), np.array([n_b]), np.array([seconds]), rho_p)[0] / np.log(10)

    sigma = np.sqrt(np.log1p(ratio.SPREAD**2))

    def law(log_g: float) -> float:
        gamma = 4 * np.log(4) - gammaln(4) + 4 * log_g - 4 * np.exp(log_g)
        normal = np.exp(-0.5 * ((log_g + sigma**2 / 2) / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)
        return float((1 - ratio.HEAVY_SHARE) * np.exp(gamma) + ratio.HEAVY_SHARE * normal)

    def none(log_g: float) -> float:
        rho = cell * np.exp(log_g)
        return law(log_g) * float(nbinom.pmf(n_o, n_b + 0.5, 1 / (1 + rho)))

    def box(log_g: float) -> float:
        means = np.exp(log_g) * cell * np.linspace(0.05, 12, 120)
        density = np.exp(-np.linspace(0.05, 12, 120)) * np.linspace(0.05, 12, 120) ** (n_b - 0.5)
        beta = np.geomspace(0.02, 1.0, 400)
        likelihood = poisson.pmf(n_o, means[:, None] + beta[None, :] * seconds).mean(axis=1)
        return law(log_g) * float((likelihood * density).sum() / density.sum())

    wanted = np.log10(quad(box, -3, 3, limit=60)[0] / quad(none, -3, 4, limit=200)[0])
    assert got == pytest.approx(wanted, abs=0.1)


def test_place_of_machines_that_only_register_does_not_bend_the_cells_ratio() -> None:
    originated, other = np.full(10, 7), np.full(10, 20)
    votes = ratio.cell_ratio_votes(originated, other).sum(axis=0)
    with_machines = votes + ratio.cell_ratio_votes(np.array([0]), np.array([500]))[0]
    assert np.exp(ratio._LOG_CELL[votes.argmax()]) == pytest.approx(0.35, rel=0.2)
    assert votes.argmax() - with_machines.argmax() <= 1


def test_side_of_each_cause() -> None:
    assert side("originated-call", 1) is side("originated-any", 0) is Side.ORIGINATED
    for cause in ("paging-answer", "location-update", "other-sdcch", "emergency", "re-establishment"):
        assert side(cause, 1) is Side.OTHER
    assert [side("unclear", neci) for neci in (0, 1, None)] == [Side.OTHER, None, None]
    assert side("packet", 1) is side("reserved", 1) is None


def test_tally_windows_and_late_assignments() -> None:
    tally = CellTally()
    tally.add(Side.ORIGINATED, 3)
    tally.close_bin()
    tally.add(Side.OTHER, 5)
    tally.close_bin()
    tally.add(Side.ORIGINATED, 3, bins_ago=2)
    counts, seconds = tally.windows([BIN_S, 2 * BIN_S, 3600])
    assert seconds.tolist() == [BIN_S, 2 * BIN_S, 2 * BIN_S]
    assert counts[:, 0, 3].tolist() == [0, 2, 2]
    assert counts[:, 1, 5].tolist() == [1, 1, 1]
    assert counts.sum() == 7


def test_tally_forgets_what_is_older_than_its_longest_window() -> None:
    tally = CellTally()
    for _ in range(int(3 * KEPT_S / BIN_S)):
        tally.add(Side.OTHER, 1)
        tally.close_bin()
    counts, seconds = tally.windows([1e9, 60.0])
    assert seconds.tolist() == [KEPT_S, 60.0]
    assert counts[:, 1, 1].tolist() == [int(KEPT_S / BIN_S), 6]
    tally.forget(100)
    assert (tally.windows([1e9])[0].sum(), tally.now_s) == (0, 3 * KEPT_S + 100 * BIN_S)
