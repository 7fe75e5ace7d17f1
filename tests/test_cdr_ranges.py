"""Records that lie by ranges of SIMs: the same records, features and suspects as in one range."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from cdr_exports import HEADER, plain, read, rows

from detection.cdr import settling
from detection.cdr.acts import Acts
from detection.cdr.history import build
from detection.cdr.rank import features_of
from detection.cdr.settling import find_twice, range_bounds
from detection.cdr.slabs import Slabs

LINES = [plain(row) for row in rows(400)]


def test_ranges_cover_every_sim() -> None:
    bounds = range_bounds(1_000, 7 * settling.RANGE_ROWS)
    assert (len(bounds), bounds[0], bounds[-1]) == (8, 0, 1_000)
    assert range_bounds(3, 100 * settling.RANGE_ROWS).tolist() == [0, 1, 2, 3]
    assert len(range_bounds(10**6, 10**12)) == settling.MOST_RANGES + 1


@pytest.mark.parametrize("incoming", [True, False])
def test_ranges_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, incoming: bool) -> None:
    told = [line for line in [*LINES, *LINES[100:300]] if incoming or line.startswith("MOC")]
    path = tmp_path / "export.csv"
    path.write_text("\n".join([HEADER, *told]) + "\n", encoding="utf-8")
    whole = read(path)
    monkeypatch.setattr(settling, "RANGE_ROWS", 200)
    parts = read(path)
    assert parts.bounds is not None
    assert len(parts.bounds) > 2
    assert (parts.account, parts.has) == (whole.account, whole.has)
    assert parts.table.order_by("row").to_pyarrow() == whole.table.order_by("row").to_pyarrow()
    one, two = build(features_of(whole)), build(features_of(parts))
    for name, column in asdict(one.hours()).items():
        np.testing.assert_equal(column, asdict(two.hours())[name])
    np.testing.assert_equal(one.counts, two.counts)


def test_the_first_of_equal_records_stays() -> None:
    records = {
        "row": np.array([7, 3, 5, 9, 4]),
        "sim_id": np.array([1, 1, 1, 2, 1], np.int32),
        "t_s": np.array([100, 100, 100, 100, 100]),
        "rest": np.array([0, 0, 1, 0, 0]),
    }
    assert find_twice(records).tolist() == [0, 4]


def test_slabs_that_are_drained_let_their_files_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detection.cdr.slabs.FILE_OCTETS", 8 * 88)
    slabs = Slabs()
    part = np.arange(10)
    for _ in range(20):
        slabs.put({"a": [part], "b": [part[:1]]})
    files = list(slabs._files)
    assert len(files) == 3
    closed = [[file.closed for file in files] for _ in slabs.drain()]
    assert closed[7] == [False] * 3
    assert closed[8] == [True, False, False]
    assert closed[-1] == [True, True, False]
    assert all(file.closed for file in files)
    assert list(slabs.read()) == []


def test_acts_of_some_sims_are_found_by_their_order() -> None:
    sim = np.array([2, 2, 5, 7, 7, 7, 9])
    acts = Acts(sim, *(np.arange(7) + column for column in range(9)))
    chosen = acts.of_sims(np.array([7, 2, 8]))
    np.testing.assert_equal(asdict(chosen), asdict(acts.of(np.isin(sim, [7, 2, 8]))))
    assert len(acts.of_sims(np.zeros(0, np.int64)).sim) == 0
