"""Fields of a modem's line to values: blanks, dashes and values out of range are None, never a guess."""

import re

from sensor.cell import CellIdentity


def split(text: str) -> list[str]:
    """Comma-separated parts without their quotes."""
    return [part.strip().strip('"').strip() for part in text.split(",")]


def whole(text: str, low: int, high: int, base: int = 10) -> int | None:
    """An integer within [low, high]; None for blanks, '-' and what lies outside."""
    try:
        value = int(text.strip().removeprefix("0x").removeprefix("0X") if base == 16 else text, base)
    except ValueError:
        return None
    return value if low <= value <= high else None


def real(text: str, low: float, high: float) -> float | None:
    """A number within [low, high]; None for blanks, '-' and what lies outside."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def mcc(text: str) -> str | None:
    """Three digits, not 000."""
    return text if re.fullmatch(r"\d{3}", text) and text != "000" else None


def mnc(text: str) -> str | None:
    """Two or three digits, as text: "02" is not "2"."""
    return text if re.fullmatch(r"\d{2,3}", text) else None


def lac(text: str) -> int | None:
    """Hexadecimal LAC or TAC; 0000, fffe and ffff mean none (TS 23.003 §4.1)."""
    value = whole(text, 1, 0xFFFFFF, 16)
    return None if value in (0xFFFE, 0xFFFF) else value


def rsrp_dbm(text: str) -> float | None:
    """RSRP within -156..-44 dBm (TS 36.133 §9.1.4)."""
    return real(text, -156, -44)


def rsrq_db(text: str) -> float | None:
    """RSRQ within -34..3 dB (TS 36.133 §9.1.7)."""
    return real(text, -34, 3)


def identity(mcc_text: str, mnc_text: str, lac_text: str, ci_text: str) -> CellIdentity:
    """A GSM cell's identity with LAC and CI in hexadecimal; CI 0000 and ffff are modems' blanks."""
    ci = whole(ci_text, 1, 0xFFFE, 16)
    return CellIdentity("gsm", mcc(mcc_text), mnc(mnc_text), lac(lac_text), ci)


def n_rb(text: str) -> int | None:
    """Resource blocks from a modem's bandwidth index 0-5 (TS 36.101 §5.6)."""
    index = whole(text, 0, 5)
    return None if index is None else (6, 15, 25, 50, 75, 100)[index]
