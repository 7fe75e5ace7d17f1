"""Which carrier of the 200 kHz raster it is, when tuner and clock are both off.

A dongle has one crystal, so the sample clock tells how far its tuning is off: f = (centre + offset)(1 + e). Where
that lands on the raster, there is no doubt. Where it does not (a converter in front, a tuner that rounds), the
nearest carrier is taken if it is near; between two, SYSTEM INFORMATION 1's cell allocation decides, or nothing.
"""

from dataclasses import dataclass

from sensor.gsm.arfcn import RASTER_HZ, of_downlink

CLOCK_AGREES_HZ = 15e3  # what is left after the clock's error is taken off
NEAR_HZ = 60e3


@dataclass(frozen=True, slots=True)
class CarrierName:
    """`arfcn` and `band` None where the raster leaves a doubt, or outside the bands; `ppm` of the receiver's tuning."""

    carrier_hz: int
    arfcn: int | None
    band: str | None
    ppm: float
    settled: bool  # nothing more can be learnt


def name_carrier(
    centre_hz: float, offset_hz: float, clock_ppm: float, doubt_ppm: float, allocation: tuple[int, ...] = ()
) -> CarrierName:
    """Names the carrier that was heard at `offset_hz` by a clock that is `clock_ppm` +- `doubt_ppm` fast."""
    heard = centre_hz + offset_hz
    told = heard * (1 + clock_ppm * 1e-6)
    by_clock = RASTER_HZ * round(told / RASTER_HZ)
    if abs(told - by_clock) < CLOCK_AGREES_HZ + min(35e3, doubt_ppm * 1e-6 * heard):
        return _named(by_clock, heard)
    near = RASTER_HZ * round(heard / RASTER_HZ)
    if abs(heard - near) < NEAR_HZ:
        return _named(near, heard)
    beside = near + (RASTER_HZ if heard > near else -RASTER_HZ)
    allowed = [step for step in (near, beside) if (name := of_downlink(step)) and name[1] in allocation]
    if len(allowed) == 1:
        return _named(allowed[0], heard)
    return CarrierName(round(heard), None, None, round(clock_ppm, 2), bool(allocation))


def _named(carrier_hz: int, heard: float) -> CarrierName:
    name = of_downlink(carrier_hz)
    band, arfcn = name if name else (None, None)
    return CarrierName(carrier_hz, arfcn, band, round(1e6 * (carrier_hz - heard) / heard, 2), True)
