"""What a survey says of each cell, and what a receiver says at its end, in JSON and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensor.cell import CellIdentity
from sensor.gsm import arfcn as numbering
from sensor.gsm.heard_cell import CellSummary, HeardCell
from sensor.gsm.messages import Message, SystemInformation2, SystemInformation3, SystemInformation4
from sensor.gsm.receiver import LEAST_RATE_HZ, Receiver
from sensor.readings import CellReading, Stamp

SILENCE_DBFS = -80.0  # in 200 kHz; half a step of 8 bits is about -57 at 1 Msps
NAMED_CARRIERS = 5


@dataclass(frozen=True, slots=True)
class SurveyedCell:
    """One cell of one survey; None what was not heard."""

    identity: CellIdentity
    summary: CellSummary
    neighbours: tuple[int, ...]
    t3212_min: int | None
    neci: int | None

    def to_json(self) -> dict[str, object]:
        """The contract's fields of a line of `catpool survey`."""
        summary, carrier = self.summary, self.summary.carrier
        return {
            "rat": self.identity.rat,
            "band": carrier.band,
            "carrier_hz": carrier.carrier_hz,
            "arfcn": carrier.arfcn,
            "bsic": summary.bsic,
            "mcc": self.identity.mcc,
            "mnc": self.identity.mnc,
            "lac": self.identity.lac,
            "ci": self.identity.ci,
            "power_dbfs": summary.power_dbfs,
            "snr_db": summary.snr_db,
            "ppm": carrier.ppm,
            "neighbours": list(self.neighbours),
            "t3212_min": self.t3212_min,
            "neci": self.neci,
            "ccch_conf": summary.ccch_conf,
            "blocks": summary.blocks,
            "bad_blocks": summary.bad_blocks,
        }

    def reading(self, stamp: Stamp) -> CellReading:
        """The cell as a row of the journal."""
        summary, carrier = self.summary, self.summary.carrier
        return CellReading(
            stamp=stamp,
            identity=self.identity,
            band=carrier.band,
            carrier_hz=carrier.carrier_hz,
            arfcn=carrier.arfcn,
            bsic=summary.bsic,
            power_dbfs=summary.power_dbfs,
            snr_db=summary.snr_db,
            ppm=carrier.ppm,
            neighbours=self.neighbours,
            t3212_min=self.t3212_min,
            neci=self.neci,
            ccch_conf=summary.ccch_conf,
            blocks=summary.blocks,
            bad_blocks=summary.bad_blocks,
        )

    def in_words(self) -> str:
        """Two lines for people."""
        name = self.identity
        who = (
            f"MCC {name.mcc or '?'} MNC {name.mnc or '?'} LAC {'?' if name.lac is None else name.lac} "
            f"CI {'?' if name.ci is None else name.ci}"
        )
        beside = ", ".join(map(str, self.neighbours)) or "not heard"
        return f"{describe(self.summary)}\n    {who}; neighbours (ARFCN): {beside}"


def describe(summary: CellSummary) -> str:
    """One line: carrier, level, quality."""
    carrier = summary.carrier
    number = f"{carrier.band} ARFCN {carrier.arfcn}" if carrier.arfcn is not None else "ARFCN in doubt"
    quality = f", Es/N0 {summary.snr_db} dB" if summary.snr_db is not None else ""
    slips = f", lost and found again {summary.slips} times" if summary.slips else ""
    return (
        f"{carrier.carrier_hz / 1e6:.4f} MHz  {number}  BSIC {summary.bsic}: {summary.power_dbfs} dBFS{quality}, "
        f"receiver {carrier.ppm:+.1f} ppm, {summary.blocks} blocks whole, {summary.bad_blocks} not{slips}"
    )


def list_cells(receiver: Receiver) -> list[SurveyedCell]:
    """The receiver's cells, strongest first; what several segments heard of one cell is one."""
    grouped: dict[tuple[int, int], list[HeardCell]] = {}
    for cell in receiver.cells:
        summary = cell.summary()
        grouped.setdefault((summary.carrier.carrier_hz, summary.bsic), []).append(cell)
    return sorted(map(survey_cell, grouped.values()), key=lambda cell: -cell.summary.power_dbfs)


def survey_cell(heard: list[HeardCell]) -> SurveyedCell:
    """One cell out of all stretches in which it was heard."""
    messages: dict[str, Message] = {}
    for cell in heard:
        messages |= cell.messages
    summaries = [cell.summary() for cell in heard]
    newest = summaries[-1]
    summary = CellSummary(
        carrier=newest.carrier,
        bsic=newest.bsic,
        power_dbfs=newest.power_dbfs,
        snr_db=newest.snr_db,
        clock_ppm=newest.clock_ppm,
        ccch_conf=next((one.ccch_conf for one in reversed(summaries) if one.ccch_conf is not None), None),
        blocks=sum(one.blocks for one in summaries),
        bad_blocks=sum(one.bad_blocks for one in summaries),
        slips=sum(one.slips for one in summaries),
    )
    second, third = messages.get("SystemInformation2"), messages.get("SystemInformation3")
    return SurveyedCell(
        identity=identity_of(messages),
        summary=summary,
        neighbours=second.neighbours if isinstance(second, SystemInformation2) else (),
        t3212_min=third.control.t3212_min if isinstance(third, SystemInformation3) else None,
        neci=int(third.selection.neci) if isinstance(third, SystemInformation3) else None,
    )


def identity_of(messages: Mapping[str, Message]) -> CellIdentity:
    """MCC, MNC, LAC and CI from SYSTEM INFORMATION 3, without CI from 4."""
    third, fourth = messages.get("SystemInformation3"), messages.get("SystemInformation4")
    if isinstance(third, SystemInformation3):
        return CellIdentity("gsm", third.area.mcc, third.area.mnc, third.area.lac, third.ci)
    if isinstance(fourth, SystemInformation4):
        return CellIdentity("gsm", fourth.area.mcc, fourth.area.mnc, fourth.area.lac)
    return CellIdentity("gsm")


def summary_lines(receiver: Receiver) -> list[str]:
    """What the operator should know at the end: cells, or why there are none."""
    source = receiver.source
    heard = f"{source.name}: {receiver.samples / source.rate_hz:.2f} s at {source.rate_hz / 1e6:g} Msps"
    lines = [*_warnings(receiver)]
    if not receiver.cells:
        return [f"{heard}: no GSM cell found.", *lines, *_why_none(receiver)]
    lines.append(f"{heard}: {len(receiver.cells)} cell{'s' if len(receiver.cells) > 1 else ''}.")
    for cell in receiver.cells:
        summary = cell.summary()
        lines.append("  " + describe(summary))
        if summary.ccch_conf is None:
            lines.append(
                "    SYSTEM INFORMATION 3 was not heard: blocks that may be a dedicated channel's were left out "
                "(--ccch-conf 0 reads them where the cell is known not to be combined)."
            )
    return lines


def _warnings(receiver: Receiver) -> list[str]:
    lines = []
    if receiver.clipped_share > 0.01:
        lines.append(f"{receiver.clipped_share:.1%} of the samples are at the converter's limit: lower the gain.")
    if receiver.samples and receiver.peak < 1e-6:
        lines.append("The samples are silence: check antenna, gain and device.")
    return lines


def _why_none(receiver: Receiver) -> list[str]:
    """The strongest carriers, and the ARFCNs asked for that the capture cannot hold."""
    lines = []
    if receiver.source.rate_hz < LEAST_RATE_HZ:
        lines.append(f"{receiver.source.rate_hz:g} samples a second hold no GSM carrier: is --rate right?")
    if receiver.levels:
        strongest = sorted(receiver.levels, key=lambda level: -level.power_dbfs)[:NAMED_CARRIERS]
        named = (f"{level.carrier_hz / 1e6:.1f} MHz {level.power_dbfs} dBFS" for level in strongest)
        lines.append("Strongest carriers: " + ", ".join(named) + ".")
        if strongest[0].power_dbfs < SILENCE_DBFS:
            lines.append("That is silence, less than an 8-bit converter's own noise: check antenna, gain and device.")
        else:
            lines.append("If a GSM cell is known to be heard here, check that rate and frequency are as stated.")
    for number in receiver.arfcns:
        if not any(receiver.covers(hz) for hz in numbering.downlinks_hz(number)):
            places = " or ".join(f"{hz / 1e6:.1f} MHz" for hz in numbering.downlinks_hz(number)) or "no GSM band"
            lines.append(f"ARFCN {number} ({places}) does not lie in what the capture covers.")
    return lines
