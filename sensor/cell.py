"""The name of a cell, as networks broadcast it and carriers write it (3GPP TS 23.003 §4)."""

from dataclasses import dataclass

GSM_STEP_M = 553.5  # one timing-advance step, half of c * 48/13 us: TS 45.010 §5.6.1
LTE_STEP_M = 78.07  # one timing-advance step, half of c * 16 / 30.72 MHz: TS 36.213 §4.2.3


@dataclass(frozen=True, slots=True, order=True)
class CellIdentity:
    """A cell's identity. LAC (TAC on LTE) and CI (ECI on LTE) are unique only within one MCC and MNC.

    mnc is text of two or three digits: "02" is not "2". A part that was not heard is None.
    """

    rat: str = "gsm"  # "gsm" or "lte", also "wcdma", "nr" from a modem
    mcc: str | None = None
    mnc: str | None = None
    lac: int | None = None
    ci: int | None = None

    def is_complete(self) -> bool:
        return None not in (self.mcc, self.mnc, self.lac, self.ci)


def timing_advance_step_m(rat: str) -> float:
    """Metres of range that one step of timing advance stands for."""
    return LTE_STEP_M if rat == "lte" else GSM_STEP_M


def ring_m(rat: str, timing_advance: int) -> tuple[int, int]:
    """Nearest and farthest distance (m) of a phone with this timing advance.

    A base station orders the step nearest to the round trip, so ring n spans n +- 1/2 steps; for GSM
    TA 3 that is 1384 to 1937 m. Multipath and handset bias widen it in the field.
    """
    step = timing_advance_step_m(rat)
    return max(0, round((timing_advance - 0.5) * step)), round((timing_advance + 0.5) * step)
