"""What an RTL2832 dongle can do: its rates, its tuners' ranges and gain steps."""

from sensor.errors import CaptureError

TUNERS = {1: "E4000", 2: "FC0012", 3: "FC0013", 4: "FC2580", 5: "R820T", 6: "R828D"}  # rtl-sdr.h, rtlsdr_tuner
RATES_HZ = ((225_001, 300_000), (900_001, 3_200_000))  # librtlsdr.c, rtlsdr_set_sample_rate
REACH_HZ = {  # lowest and highest frequency the tuner's PLL locks at
    "E4000": (52e6, 2_200e6),
    "FC0012": (22e6, 948.6e6),
    "FC0013": (22e6, 1_100e6),
    "FC2580": (146e6, 924e6),
    "R820T": (24e6, 1_766e6),
    "R828D": (24e6, 1_766e6),
}
_R82XX_DB = (
    *(0.0, 0.9, 1.4, 2.7, 3.7, 7.7, 8.7, 12.5, 14.4, 15.7, 16.6, 19.7, 20.7, 22.9, 25.4, 28.0),
    *(29.7, 32.8, 33.8, 36.4, 37.2, 38.6, 40.2, 42.1, 43.4, 43.9, 44.5, 48.0, 49.6),
)
GAINS_DB = {"R820T": _R82XX_DB, "R828D": _R82XX_DB}  # other tuners: what is asked is sent


def check_rate(where: str, rate_hz: float) -> None:
    """Raises CaptureError at a rate that the RTL2832 does not make."""
    if not any(low <= rate_hz <= high for low, high in RATES_HZ):
        spans = " or ".join(f"{low} to {high}" for low, high in RATES_HZ)
        raise CaptureError(f"{where}: the dongle does not make {rate_hz:.10g} samples a second; --rate {spans}")


def check_reach(where: str, tuner: str, hz: float) -> None:
    """Raises CaptureError at a frequency where the tuner is deaf."""
    low, high = REACH_HZ.get(tuner, (0.0, float("inf")))
    if not low <= hz <= high:
        raise CaptureError(
            f"{where}: the {tuner} is deaf at {hz / 1e6:.3f} MHz: it hears {low / 1e6:.0f} to {high / 1e6:.0f} MHz"
        )


def nearest_gain_db(tuner: str, gain_db: float) -> float:
    """The tuner's own step nearest to `gain_db` (dB): a level counts only with the gain that was really set."""
    return min(GAINS_DB.get(tuner, (gain_db,)), key=lambda step: abs(step - gain_db))
