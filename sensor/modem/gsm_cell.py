"""A GSM cell as a modem tells it: text parts to a reading."""

from sensor.cell import CellIdentity
from sensor.gsm import arfcn as raster
from sensor.modem import fields
from sensor.readings import CellReading, Stamp

AMERICAS = ("302", "310", "311", "312", "313", "314", "315", "316", "330", "334", "338", "7")  # PCS1900's countries


def gsm_cell(
    stamp: Stamp,
    identity: CellIdentity,
    arfcn_text: str,
    rxl_text: str,
    bsic_text: str,
    *,
    ta: str = "",
    power_dbm: float | None = None,
    band: str = "",
) -> CellReading | None:
    """A reading from its text parts, None for a blank (neither channel nor cell heard).

    `rxl_text` is RXLEV plus nothing: dBm = rxl - 110, rxl 0-63 (TS 45.008 §8.1.4). `ta` 255 is unknown.
    """
    arfcn = fields.whole(arfcn_text, 0, 1023)
    if arfcn is None and identity.ci is None:
        return None
    rxl = fields.whole(rxl_text, 0, 63)
    band_name = band_of(arfcn, identity.mcc, band)
    own_timing_advance = fields.whole(ta, 0, 63)
    return CellReading(
        stamp,
        identity,
        band=band_name,
        carrier_hz=raster.downlink_hz(arfcn, band_name) if arfcn is not None and band_name else None,
        arfcn=arfcn,
        bsic=fields.whole(bsic_text, 0, 63),
        power_dbm=float(rxl - 110) if rxl is not None else power_dbm,
        extra={} if own_timing_advance is None else {"own_timing_advance": own_timing_advance},
    )


def band_of(arfcn: int | None, mcc: str | None, said: str) -> str | None:
    """Band of an ARFCN; 512-810 is DCS1800 or PCS1900: by what the modem says, else by the country."""
    if arfcn is None:
        return None
    names = [band.name for band in raster.BANDS if band.first <= arfcn <= band.last]
    if len(names) < 2:
        return names[0] if names else None
    if "1900" in said or said == "1":
        return "PCS1900"
    if "1800" in said or said == "0":
        return "DCS1800"
    if mcc is None:
        return None
    return "PCS1900" if mcc.startswith(AMERICAS) else "DCS1800"
