"""Quectel: `AT+QENG="servingcell"` and `"neighbourcell"` (EC2x, EG9x, BG9x, RM5xx).

Serving, after "servingcell" and state, or on lines of their own that begin with the technology:
    GSM: mcc, mnc, lac (hex), cell (hex), bsic, arfcn, band, rxlev (dBm), txp, rla, drx, c1, c2, gprs, tch, ts, TA, ...
    LTE: FDD|TDD, mcc, mnc, cell (hex), pci, earfcn, band, ulbw, dlbw, tac (hex), rsrp, rsrq, rssi, sinr, srxlev
    NR5G-SA: duplex, mcc, mnc, cell (hex), pci, tac (hex), arfcn, band, dlbw, rsrp, rsrq, sinr
Neighbours: LTE: earfcn, pci, rsrq, rsrp, rssi, sinr (rsrq and rsrp the other way round than serving)
    GSM: mcc, mnc, lac, cell, bsic, arfcn, rxlev
"""

from sensor.cell import CellIdentity
from sensor.modem import fields
from sensor.modem.gsm_cell import gsm_cell
from sensor.modem.vendor import Question, Vendor, each_line, lte_cell
from sensor.readings import CellReading, Stamp

TECHNOLOGIES = ("GSM", "LTE", "NR5G-SA", "NR5G-NSA", "WCDMA", "CAT-M", "CAT-NB", "eMTC", "NBIoT")


def read_qeng(line: str, stamp: Stamp) -> CellReading | None:
    """One +QENG line; None for a line without a cell (state only, a neighbour not measured, 5G's second leg)."""
    parts = fields.split(line.partition(":")[2])
    neighbour = parts[0].startswith("neighbourcell")
    at = next((i for i, part in enumerate(parts) if part in TECHNOLOGIES), None)
    if at is None:
        if parts[0] == "servingcell" and len(parts) <= 2:
            return None
        raise ValueError("no technology named")
    technology, rest = parts[at], parts[at + 1 :]
    if technology in ("WCDMA", "NR5G-NSA"):
        return None
    if technology == "GSM":
        return _gsm(rest, stamp, neighbour)
    if technology == "NR5G-SA":
        return None if neighbour else _nr(rest, stamp)
    return _lte_neighbour(rest, stamp) if neighbour else _lte(rest, stamp)


def _gsm(rest: list[str], stamp: Stamp, neighbour: bool) -> CellReading | None:
    identity = fields.identity(*rest[:4])
    level = rest[6] if neighbour else rest[7]
    # "-" stands for what is unknown; TA is 17th of a serving cell, and known only in a call
    ta = rest[16] if not neighbour and len(rest) > 16 else ""
    band = "" if neighbour else rest[6]
    return gsm_cell(stamp, identity, rest[5], "", rest[4], ta=ta, power_dbm=fields.real(level, -120, -20), band=band)


def _lte(rest: list[str], stamp: Stamp) -> CellReading:
    duplex, mcc, mnc, cell, pci, earfcn, _, _, width, tac, rsrp, rsrq, rssi, sinr = rest[:14]
    identity = CellIdentity(
        "lte", fields.mcc(mcc), fields.mnc(mnc), fields.lac(tac), fields.whole(cell, 0, 0xFFFFFFF, 16)
    )
    return lte_cell(
        stamp, identity, fields.whole(earfcn, 0, 262_143), pci=fields.whole(pci, 0, 503),
        rsrp_dbm=fields.rsrp_dbm(rsrp), rsrq_db=fields.rsrq_db(rsrq),
        extra={
            "duplex": duplex or None, "n_rb": fields.n_rb(width),
            "rssi_dbm": fields.real(rssi, -140, 0), "sinr_raw": fields.real(sinr, -40, 250),
        },
    )  # fmt: skip


def _lte_neighbour(rest: list[str], stamp: Stamp) -> CellReading | None:
    earfcn, pci = fields.whole(rest[0], 0, 262_143), fields.whole(rest[1], 0, 503)
    if earfcn is None:
        raise ValueError(f"EARFCN {rest[0]}")
    if pci is None:
        return None  # a frequency to look at, with no cell measured on it
    return lte_cell(
        stamp, CellIdentity("lte"), earfcn, pci=pci,
        rsrq_db=fields.rsrq_db(rest[2]), rsrp_dbm=fields.rsrp_dbm(rest[3]),
    )  # fmt: skip


def _nr(rest: list[str], stamp: Stamp) -> CellReading:
    _, mcc, mnc, cell, pci, tac, arfcn, band, _, rsrp, rsrq, sinr = rest[:12]
    identity = CellIdentity(
        "nr", fields.mcc(mcc), fields.mnc(mnc), fields.lac(tac), fields.whole(cell, 0, 2**36 - 1, 16)
    )
    return CellReading(
        stamp, identity, band=f"n{band}", pci=fields.whole(pci, 0, 1007),
        rsrp_dbm=fields.rsrp_dbm(rsrp), rsrq_db=fields.real(rsrq, -43, 20),
        extra={"nr_arfcn": fields.whole(arfcn, 0, 3_279_165), "sinr_db": fields.real(sinr, -30, 60)},
    )  # fmt: skip


VENDOR = Vendor(
    "Quectel",
    ("QUECTEL",),
    (
        Question('AT+QENG="servingcell"', each_line(read_qeng)),
        Question('AT+QENG="neighbourcell"', each_line(read_qeng), timeout_s=10.0),
    ),
)
