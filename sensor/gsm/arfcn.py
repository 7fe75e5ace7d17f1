"""Absolute radio-frequency channel numbers, 3GPP TS 45.005 §2, table 2-2. Downlink, MHz:

| band    | ARFCN n                | uplink                     | downlink - uplink |
|---------|------------------------|----------------------------|-------------------|
| GSM850  | 128-251                | 824.2 + 0.2 (n - 128)      | 45                |
| GSM900  | 0-124                  | 890 + 0.2 n                | 45                |
| GSM900  | 955-1023 (E, R)        | 890 + 0.2 (n - 1024)       | 45                |
| DCS1800 | 512-885                | 1710.2 + 0.2 (n - 512)     | 95                |
| PCS1900 | 512-810                | 1850.2 + 0.2 (n - 512)     | 80                |

Downlink frequencies name an ARFCN and its band without doubt: the downlinks of the bands don't meet, but for
1930.2-1990 MHz, which is PCS1900 alone. All carriers stand on multiples of 200 kHz.
"""

from dataclasses import dataclass

RASTER_HZ = 200_000  # TS 45.005 §2


@dataclass(frozen=True, slots=True)
class Band:
    """A run of ARFCNs of one band: downlink of `first` in Hz, and the duplex distance in Hz."""

    name: str
    first: int
    last: int
    downlink_hz: int
    duplex_hz: int


BANDS = (
    Band("GSM850", 128, 251, 869_200_000, 45_000_000),
    Band("GSM900", 0, 124, 935_000_000, 45_000_000),
    Band("GSM900", 955, 1023, 921_200_000, 45_000_000),
    Band("DCS1800", 512, 885, 1_805_200_000, 95_000_000),
    Band("PCS1900", 512, 810, 1_930_200_000, 80_000_000),
)


def of_downlink(carrier_hz: float) -> tuple[str, int] | None:
    """Band and ARFCN of the raster frequency nearest to a downlink carrier (Hz), None outside all bands."""
    for band in BANDS:
        step = round((carrier_hz - band.downlink_hz) / RASTER_HZ)
        if 0 <= step <= band.last - band.first:
            return band.name, band.first + step
    return None


def downlinks_hz(arfcn: int) -> tuple[int, ...]:
    """Downlink carriers (Hz) that an ARFCN may mean: one, or two where DCS1800 and PCS1900 share numbers."""
    return tuple(
        band.downlink_hz + (arfcn - band.first) * RASTER_HZ for band in BANDS if band.first <= arfcn <= band.last
    )


def downlink_hz(arfcn: int, band_name: str) -> int | None:
    """Downlink carrier (Hz) of an ARFCN of a named band, None where the band has no such number."""
    for band in BANDS:
        if band.name == band_name and band.first <= arfcn <= band.last:
            return band.downlink_hz + (arfcn - band.first) * RASTER_HZ
    return None


def uplink_hz(arfcn: int, band_name: str) -> int | None:
    """Uplink carrier (Hz) of an ARFCN of a named band."""
    for band in BANDS:
        if band.name == band_name and band.first <= arfcn <= band.last:
            return band.downlink_hz - band.duplex_hz + (arfcn - band.first) * RASTER_HZ
    return None
