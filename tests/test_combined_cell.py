"""A combined cell's dedicated channels stay closed, whatever the caller believes of the cell."""

from pathlib import Path

import numpy as np
import pytest

from sensor.cell import CellIdentity
from sensor.gsm.cell_schedule import CellPlan, decoded, schedule
from sensor.gsm.downlink import Downlink
from sensor.gsm.modulator import Reception, hear
from sensor.gsm.multiframe import DEDICATED_IF_COMBINED
from sensor.gsm.receiver import Receiver
from sensor.source import open_source
from sensor.source.capture_writer import write_capture

PLAN = CellPlan(CellIdentity("gsm", "310", "410", 1201, 3305), 100, 41, ccch_conf=1, neci=0, paged_per_s=20)
RATE_HZ, SPAN_S, START_FN = 1e6, 1.7, 5000


@pytest.fixture(scope="module")
def combined_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A combined cell whose dedicated channels are all in use: blocks that would pass their parity check."""
    rng = np.random.default_rng(7)
    blocks = schedule(PLAN, [], START_FN, 700, rng)
    talk = {fn: rng.bytes(23) for fn in range(START_FN, START_FN + 700) if fn % 51 in DEDICATED_IF_COMBINED}
    downlink = Downlink(955e6, PLAN.bsic, blocks | talk, START_FN)
    pieces = hear([downlink], Reception(RATE_HZ, 955e6, ppm=17, esn0_db=15), int(SPAN_S * RATE_HZ), rng)
    return write_capture(tmp_path_factory.mktemp("combined") / "cell", pieces, rate_hz=RATE_HZ, centre_hz=955e6)


@pytest.mark.parametrize("believed", [None, 1, 0])
def test_only_common_blocks_come_out(combined_capture: Path, believed: int | None) -> None:
    truth = {block.fn: block.l2 for block in decoded(PLAN, schedule(PLAN, [], START_FN, 700, np.random.default_rng(7)))}
    with open_source(str(combined_capture)) as source:
        heard = list(Receiver(source, ccch_conf=believed).blocks())
    assert {block.fn % 51 for block in heard} == {2, 6, 12, 16}
    assert all(truth[block.fn] == block.l2 for block in heard)
    assert len(heard) >= 27  # of 28 that lie within the capture
