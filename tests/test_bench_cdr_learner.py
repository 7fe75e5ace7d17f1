"""The learner of bench/cdr_learner.py on a made-up table."""

import numpy as np
import pytest

from bench import cdr_learner


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> tuple[cdr_learner.Floats, cdr_learner.Ints]:
    """600 rows of five columns, two of which tell; a tenth of the values unknown."""
    monkeypatch.setitem(cdr_learner.BOOSTED, "max_iter", 40)
    monkeypatch.setitem(cdr_learner.RANDOM, "n_estimators", 20)
    rng = np.random.default_rng(3)
    table = rng.normal(size=(600, 5))
    truth = (table[:, 0] + table[:, 1] + 0.7 * rng.normal(size=600) > 0.8).astype(np.int64)
    table[rng.random(table.shape) < 0.1] = np.nan
    return table, truth


def test_it_ranks_and_calibrates_what_it_has_not_seen(
    made_up: tuple[cdr_learner.Floats, cdr_learner.Ints],
) -> None:
    table, truth = made_up
    learner = cdr_learner.teach(table[:400], truth[:400], 1)
    odds = learner.log_odds(table[400:])
    auc, precision, macro_f1 = cdr_learner.measures(odds, truth[400:], cdr_learner.cut(learner.unseen, truth[:400]))
    assert auc > 0.85
    assert precision > 0.7
    assert macro_f1 > 0.7
    assert (1 / (1 + np.exp(-odds))).mean() == pytest.approx(truth[400:].mean(), abs=0.06)


def test_the_same_seed_teaches_the_same(made_up: tuple[cdr_learner.Floats, cdr_learner.Ints]) -> None:
    table, truth = made_up
    one, two = (cdr_learner.teach(table, truth, 2).log_odds(table) for _ in range(2))
    assert np.array_equal(one, two)


def test_without_the_set_it_says_that_it_did_not_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CATPOOL_SICHUAN", raising=False)
    cdr_learner.main()
    assert capsys.readouterr().out.startswith("not run: ")
