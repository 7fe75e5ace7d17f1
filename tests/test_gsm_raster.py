"""ARFCNs against TS 45.005 §2, levels, and which carrier of the raster it is."""

import numpy as np
import pytest

from sensor.gsm import arfcn
from sensor.gsm.carriers import carrier_levels
from sensor.gsm.raster import name_carrier


@pytest.mark.parametrize(
    ("carrier_hz", "name"),
    [
        (935.0e6, ("GSM900", 0)),
        (939.0e6, ("GSM900", 20)),
        (959.8e6, ("GSM900", 124)),
        (925.2e6, ("GSM900", 975)),
        (921.2e6, ("GSM900", 955)),
        (934.8e6, ("GSM900", 1023)),
        (869.2e6, ("GSM850", 128)),
        (893.8e6, ("GSM850", 251)),
        (1805.2e6, ("DCS1800", 512)),
        (1879.8e6, ("DCS1800", 885)),
        (1930.2e6, ("PCS1900", 512)),
        (1989.8e6, ("PCS1900", 810)),
        (905.0e6, None),
        (2140.0e6, None),
    ],
)
def test_downlinks_have_their_numbers(carrier_hz: float, name: tuple[str, int] | None) -> None:
    assert arfcn.of_downlink(carrier_hz) == name
    if name:
        assert arfcn.downlink_hz(name[1], name[0]) == carrier_hz
        assert carrier_hz in arfcn.downlinks_hz(name[1])


def test_uplinks_lie_their_distance_below() -> None:
    assert arfcn.uplink_hz(20, "GSM900") == 894_000_000
    assert arfcn.uplink_hz(512, "DCS1800") == 1_710_200_000
    assert arfcn.uplink_hz(512, "PCS1900") == 1_850_200_000
    assert arfcn.uplink_hz(20, "GSM850") is None


@pytest.mark.parametrize("ppm", [-40.0, -12.0, 0.0, 33.0, 90.0])
def test_a_dongles_clock_names_the_carrier(ppm: float) -> None:
    offset_hz = 939.2e6 / (1 + ppm * 1e-6) - 939.0e6
    name = name_carrier(939.0e6, offset_hz, ppm, 1.0)
    assert (name.arfcn, name.carrier_hz, name.settled) == (21, 939_200_000, True)
    assert name.ppm == pytest.approx(ppm, abs=0.01)


def test_a_converters_offset_goes_to_the_nearest() -> None:
    name = name_carrier(939.0e6, -45e3, 0.0, 1.0)
    assert (name.arfcn, name.settled) == (20, True)


def test_between_two_carriers_the_allocation_decides_or_nothing() -> None:
    doubtful = name_carrier(939.0e6, 92e3, 0.0, 1.0)
    assert (doubtful.arfcn, doubtful.band, doubtful.carrier_hz, doubtful.settled) == (None, None, 939_092_000, False)
    assert name_carrier(939.0e6, 92e3, 0.0, 1.0, (3, 21, 50)).arfcn == 21
    assert name_carrier(939.0e6, 92e3, 0.0, 1.0, (20, 50)).arfcn == 20
    assert name_carrier(939.0e6, 92e3, 0.0, 1.0, (20, 21)).arfcn is None


def test_levels_are_those_of_the_carriers_and_the_spike_is_none() -> None:
    rng = np.random.default_rng(1)
    n = 400_000
    wide = rng.standard_normal((n, 2)).view(np.complex128)[:, 0]
    band = np.fft.fft(wide)
    away = np.abs(np.fft.fftfreq(n, 1 / 2.4e6) - 400e3)
    band[away > 60e3] = 0
    signal = np.fft.ifft(band)
    signal *= 0.1 / np.sqrt((np.abs(signal) ** 2).mean())
    samples = (signal + 0.3 + 1e-4 * wide).astype(np.complex64)
    levels = carrier_levels(samples, 2.4e6, 939.6e6)
    assert levels[0].carrier_hz == 940_000_000
    assert levels[0].power_dbfs == pytest.approx(-20.0, abs=0.3)
    assert all(level.power_dbfs < -50 for level in levels[1:])
