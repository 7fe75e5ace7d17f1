"""SIMCom: `AT+CENG?` (SIM800, SIM900: GSM; SIM7000, SIM7070: LTE) and `AT+CPSI?` (SIM5320, SIM7500, SIM7600).

GSM, serving cell of AT+CENG=1,1, eleven parts and more (two newer ones are ignored):
    arfcn, rxl (0-63, dBm = rxl - 110), rxq, mcc, mnc, bsic, cellid (hex), rla, txp, lac (hex), TA (255 unknown)
GSM, neighbour: arfcn, rxl, bsic, [cellid,] mcc, mnc, lac; older firmware arfcn, rxl, bsic, lac
GSM, any cell of AT+CENG=3,1: mcc, mnc, lac, cellid, bsic, rxl
LTE: earfcn, pci, rsrp, rssi, rsrq, sinr [, tac, cellid, mcc, mnc, txpwr]
CPSI: mode, state, mcc-mnc, 0xLAC, cell, and on
    GSM: "arfcn band", rxlev (dBm), track, c1-c2
    LTE: pci, band, earfcn, dlbw, ulbw, rsrq, rsrp, rssi, rssnr (tenths; Cat-M firmware in whole dB; some indices)
    WCDMA: band, psc, uarfcn, ssc, ecio, rscp, qual, rxlev, txpwr
"""

from sensor.cell import CellIdentity
from sensor.modem import fields
from sensor.modem.gsm_cell import gsm_cell
from sensor.modem.vendor import Question, Vendor, each_line, lte_cell
from sensor.readings import CellReading, Stamp


def read_ceng(line: str, stamp: Stamp) -> CellReading | None:
    """One +CENG line; None for the line that repeats the mode and for a blank neighbour."""
    _, _, text = line.partition(":")
    index, _, quoted = text.strip().partition(",")
    if not quoted.lstrip().startswith('"'):
        return None  # "+CENG: 1,1": the mode
    parts = fields.split(quoted.strip().strip('"'))
    if len(parts) >= 3 and parts[2].startswith("-"):
        return _lte_of_ceng(parts, stamp)
    if len(parts) >= 11:
        return gsm_cell(
            stamp, fields.identity(parts[3], parts[4], parts[9], parts[6]), parts[0], parts[1], parts[5], ta=parts[10]
        )
    if len(parts) == 7:
        return gsm_cell(stamp, fields.identity(parts[4], parts[5], parts[6], parts[3]), *parts[:3])
    if (len(parts) == 6 and len(parts[0]) == 3) or parts[0] == "":
        return gsm_cell(stamp, fields.identity(*parts[:4]), "", parts[5], parts[4])
    if len(parts) == 6:
        return gsm_cell(stamp, fields.identity(parts[3], parts[4], parts[5], ""), *parts[:3])
    if len(parts) == 4:
        return gsm_cell(stamp, fields.identity("", "", parts[3], ""), *parts[:3])
    raise ValueError(f"{len(parts)} parts in cell {index}")


def _lte_of_ceng(parts: list[str], stamp: Stamp) -> CellReading | None:
    earfcn = fields.whole(parts[0], 0, 262_143)
    pci = fields.whole(parts[1], 0, 503)
    if earfcn is None or pci is None:
        return None
    named = len(parts) >= 10
    identity = CellIdentity(
        "lte",
        fields.mcc(parts[8]) if named else None,
        fields.mnc(parts[9]) if named else None,
        fields.whole(parts[6], 1, 65_533) if named else None,  # decimal here, unlike elsewhere
        fields.whole(parts[7], 0, 0xFFFFFFF) if named else None,
    )
    sinr = fields.real(parts[5], -30, 60)
    return lte_cell(
        stamp, identity, earfcn, pci=pci, rsrp_dbm=fields.rsrp_dbm(parts[2]), rsrq_db=fields.rsrq_db(parts[4]),
        extra={"rssi_dbm": fields.real(parts[3], -140, 0), "sinr_db": sinr},
    )  # fmt: skip


def read_cpsi(line: str, stamp: Stamp) -> CellReading | None:
    """One +CPSI line; None where there is no service."""
    parts = fields.split(line.partition(":")[2])
    mode = parts[0].upper()
    if mode.startswith("NO SERVICE") or parts[1].lower() not in ("online", "low power mode"):
        return None
    if mode == "GSM":
        arfcn, _, _ = parts[5].partition(" ")
        identity = _identity_of_cpsi("gsm", parts)
        return gsm_cell(stamp, identity, arfcn, "", "", power_dbm=fields.real(parts[6], -120, -20), band=parts[5])
    if mode == "WCDMA":
        extra: dict[str, float | int | str | None] = {
            "psc": fields.whole(parts[6], 0, 511),
            "uarfcn": fields.whole(parts[7], 0, 16_383),
        }
        return CellReading(stamp, _identity_of_cpsi("wcdma", parts), extra=extra)
    if mode.startswith("LTE"):
        return _lte_of_cpsi(parts, stamp)
    raise ValueError(f"mode {parts[0]}")


def _identity_of_cpsi(rat: str, parts: list[str]) -> CellIdentity:
    network = parts[2].split("-")
    cell = fields.whole(parts[4], -(2**31), 2**32 - 1)
    # a WCDMA cell is 28 bits; above 2^31 the firmware prints it negative
    ci = None if cell is None or cell == 0 else cell & 0xFFFFFFF
    return CellIdentity(rat, fields.mcc(network[0]), fields.mnc(network[-1]), fields.lac(parts[3]), ci)


def _lte_of_cpsi(parts: list[str], stamp: Stamp) -> CellReading:
    """Levels: tenths where RSRP is below any whole dBm, an index (27.007 +CESQ) where it is positive."""
    rsrq, rsrp = (fields.real(text, -2000, 200) for text in parts[10:12])
    if rsrp is not None and rsrp < -156:
        rsrq, rsrp = (None if value is None else value / 10 for value in (rsrq, rsrp))
    elif rsrp is not None and rsrp >= 0:
        rsrq, rsrp = (None if rsrq is None else rsrq / 2 - 20), rsrp - 141
    return lte_cell(
        stamp, _identity_of_cpsi("lte", parts), fields.whole(parts[7], 0, 262_143),
        pci=fields.whole(parts[5], 0, 503), rsrp_dbm=fields.rsrp_dbm(str(rsrp)), rsrq_db=fields.rsrq_db(str(rsrq)),
        extra={"n_rb": fields.n_rb(parts[8])},
    )  # fmt: skip


VENDOR = Vendor(
    "SIMCom",
    ("SIMCOM", "SIM800", "SIM900", "SIM5320", "SIM70", "SIM75", "SIM76", "A76"),
    (
        Question("AT+CENG=1,1"),
        Question("AT+CENG?", each_line(read_ceng)),
        Question("AT+CENG=3,1", last_resort=True),
        Question("AT+CENG?", each_line(read_ceng), last_resort=True),
        Question("AT+CPSI?", each_line(read_cpsi), last_resort=True),
        Question("AT+CENG=0,0"),
    ),
)
