"""Events and hits in words, for a reader at night."""

from collections.abc import Sequence

from detection.hit import Hit
from sensor.cell import CellIdentity

NOT_PROOF = "A hit is a lead, not proof."


def odds_in_words(log10_odds: float) -> str:
    """Odds as people say them: "about 300 to 1 for a box", "1 to 40 against"."""
    if log10_odds > 9:
        return "over 1,000,000,000 to 1 for a box"
    ratio = float(f"{10 ** abs(log10_odds):.1g}")
    if ratio <= 1:
        return "even odds"
    return f"about {ratio:,.0f} to 1 for a box" if log10_odds > 0 else f"about {ratio:,.0f} to 1 against a box"


def hours_in_words(ranges: Sequence[str]) -> str:
    """ "14:00-18:00, 20:00-22:00" from "14-18", "20-22"."""
    spans = (span.split("-") for span in ranges)
    return ", ".join(f"{int(begin):02d}:00-{int(end):02d}:00" for begin, end in spans)


def cell_in_words(cell: CellIdentity, arfcn: int | None = None, bsic: int | None = None) -> str:
    """A cell's name, its carrier where the name was not heard."""
    parts = []
    if cell.is_complete():
        parts.append(f"{cell.rat.upper()} {cell.mcc}-{cell.mnc} LAC {cell.lac} CI {cell.ci}")
    elif cell.lac is not None and cell.ci is not None:
        parts.append(f"{cell.rat.upper()} LAC {cell.lac} CI {cell.ci} (network not known)")
    if arfcn is not None:
        parts.append(f"ARFCN {arfcn}")
    if bsic is not None:
        parts.append(f"BSIC {bsic}")
    return ", ".join(parts) or "an unnamed cell"


def place_in_words(hit: Hit) -> str:
    """Timing advance and ring."""
    ring = f", {hit.distance_m[0]:,} to {hit.distance_m[1]:,} m from the mast" if hit.distance_m else ""
    return f"timing advance {hit.timing_advance}{ring}"


def hit_in_words(hit: Hit) -> list[str]:
    """Lines: what, where, how sure, why, and what innocent thing looks the same."""
    where = cell_in_words(hit.cell, hit.arfcn, hit.bsic)
    return [
        f"HIT at {hit.to_s:.0f} s, {place_in_words(hit)}, {where}: {odds_in_words(hit.log10_odds)}.",
        *(f"    {reason}" for reason in hit.reasons),
        f"    innocent things look the same: {'; '.join(hit.look_alikes)}",
        "    A lead, not proof." + ("" if not hit.learned else " The place's usual traffic is known."),
    ]
