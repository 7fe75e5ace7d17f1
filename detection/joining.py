"""Leads of carriers and hits of the air, joined: the same MCC, MNC, LAC and CI, and a ring that meets. Pure.

A carrier's lead stays what it was imported as; what is heard at its cells is laid over it. Hits that meet no lead make
leads of their own. Doing it again from the start gives the same, so a lead never doubles.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from detection.case import CellPlace, KnownGateway
from detection.hit import Hit
from detection.lead import Lead, LeadCell, PlacedCell
from detection.sector import bounds, distance_span_m
from detection.signatures.registry import SIGNATURES
from detection.wording import odds_in_words
from sensor.cell import CellIdentity, ring_m

NEIGHBOUR = 1  # timing advances may differ by this much: bias of a handset, a box between two steps
MOST_DECADES = 3.0  # what the air may add to a carrier's odds, or a place to another signature's
HIT_REPEATS = 3  # how often a hit's timing advance is listed beside the carrier's
DEFAULT_LOG10_PRIOR = -3.0
RADIO_ADVICE = "Listen again at another hour and from a second place; then drive the ring with the meter."
PRIORS = {signature.name: signature.log10_prior for signature in SIGNATURES}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A hit that meets a lead, and why in words."""

    hit: Hit
    cell: int  # index of the lead's cell
    reason: str


class Networks:
    """Which networks are known to have a cell of a given LAC and CI."""

    def __init__(self, identities: Sequence[CellIdentity]) -> None:
        self._of: defaultdict[tuple[str, int | None, int | None], set[tuple[str, str]]] = defaultdict(set)
        for cell in identities:
            if cell.mcc is not None and cell.mnc is not None:
                self._of[cell.rat, cell.lac, cell.ci].add((cell.mcc, cell.mnc))

    def same(self, one: CellIdentity, other: CellIdentity) -> str | None:
        """How two names stand for one cell: "" firmly, words where only LAC and CI say it, None where they don't."""
        if (one.rat, one.lac, one.ci) != (other.rat, other.lac, other.ci) or one.lac is None or one.ci is None:
            return None
        pairs = ((one.mcc, other.mcc), (one.mnc, other.mnc))
        if any(a is not None and b is not None and a != b for a, b in pairs):
            return None
        if all(a is not None and b is not None for a, b in pairs):
            return ""
        known = self._of[one.rat, one.lac, one.ci]
        if len(known) > 1:
            return None
        network = "-".join(next(iter(known))) if known else "no network"
        return f"by LAC and CI alone: the network is not named on both sides, and {network} is the only one known here"


def join(
    imports: Sequence[Lead],
    hits: Sequence[Hit],
    placed: Sequence[PlacedCell],
    known: Sequence[KnownGateway] = (),
    before: Mapping[str, Lead] | None = None,
) -> list[Lead]:
    """The leads that imports and hits make together; `before`, leads as stored, keeps names and what people set."""
    before = before or {}
    networks = Networks(
        [cell.identity for cell in placed]
        + [hit.cell for hit in hits]
        + [cell.identity for lead in imports for cell in lead.cells]
    )
    met: set[int | None] = set()
    leads = []
    for lead in imports:
        lead = replace(lead, cells=tuple(_place(cell, placed, networks) for cell in lead.cells))
        meetings = [meeting for hit in hits if (meeting := meet(lead, hit, networks)) is not None]
        met |= {meeting.hit.id for meeting in meetings}
        leads.append(_joined(lead, meetings))
    alone = [hit for hit in hits if hit.id not in met]
    leads += [_radio_lead(group, placed, networks, before) for group in _by_place(alone)]
    leads = [_name_known(lead, known) for lead in leads]
    return leads + _merged(leads, before)


def meet(lead: Lead, hit: Hit, networks: Networks) -> Meeting | None:
    """Whether a hit was heard where the lead's calls came from."""
    for index, cell in enumerate(lead.cells):
        how = networks.same(cell.identity, hit.cell)
        if how is None or hit.timing_advance is None:
            continue
        ring = _ring_reason(lead, cell, hit)
        if ring is not None:
            words = f"heard on the air {ring}: {odds_in_words(hit.log10_odds)}, {hit.reasons[0] if hit.reasons else ''}"
            return Meeting(hit, index, words.rstrip(", ") + (f" (joined {how})" if how else ""))
    return None


def _ring_reason(lead: Lead, cell: LeadCell, hit: Hit) -> str | None:
    """How the hit's ring meets what the lead knows of its place on this cell, in words; None where it does not."""
    assert hit.timing_advance is not None
    heard = timing_advances(hit)
    if cell.timing_advance:
        nearest = min(abs(a - b) for a in heard for b in cell.timing_advance)
        if nearest == 0:
            return f"at the same cell and timing advance {hit.timing_advance}"
        if nearest <= NEIGHBOUR:
            return f"at the same cell, timing advance {hit.timing_advance}, one step from the records'"
        return None
    if lead.area is not None and cell.lat is not None and cell.lon is not None:
        near, far = distance_span_m((cell.lat, cell.lon), lead.area)
        step = ring_m("gsm", 1)[0] * 2
        inner, outer = hit.distance_m or ring_m("gsm", hit.timing_advance)
        if far + step < inner or near - step > outer:
            return None
        return f"at the same cell, timing advance {hit.timing_advance}, whose ring crosses the records' area"
    return f"at the same cell, timing advance {hit.timing_advance}; the records have none"


def timing_advances(hit: Hit) -> list[int]:
    """The timing advances of a hit: one, or two where the box stands between them."""
    if hit.timing_advance is None:
        return []
    if hit.distance_m is None:
        return [hit.timing_advance]
    near = range(max(0, hit.timing_advance - 1), hit.timing_advance + 2)
    inner, outer = hit.distance_m
    return [step for step in near if inner <= ring_m("gsm", step)[0] and ring_m("gsm", step)[1] <= outer]


def _place(cell: LeadCell, placed: Sequence[PlacedCell], networks: Networks) -> LeadCell:
    """The cell with its mast's place where the lead does not give it."""
    if cell.lat is not None and cell.lon is not None:
        return cell
    mast = _mast(cell.identity, placed, networks)
    if mast is None:
        return cell
    return replace(
        cell,
        lat=mast.lat,
        lon=mast.lon,
        azimuth_deg=mast.azimuth_deg,
        beamwidth_deg=mast.beamwidth_deg,
        range_m=mast.range_m,
    )


def _mast(cell: CellIdentity, placed: Sequence[PlacedCell], networks: Networks) -> PlacedCell | None:
    found = [mast for mast in placed if networks.same(cell, mast.identity) is not None]
    return next((mast for mast in found if mast.identity == cell), found[0] if len(found) == 1 else None)


def _joined(lead: Lead, meetings: Sequence[Meeting]) -> Lead:
    if not meetings:
        return lead
    cells = list(lead.cells)
    for meeting in meetings:
        cell = cells[meeting.cell]
        heard = timing_advances(meeting.hit) * HIT_REPEATS
        cells[meeting.cell] = replace(cell, timing_advance=(*cell.timing_advance, *heard))
    gain = min(MOST_DECADES, max(0.0, max(gained(meeting.hit) for meeting in meetings)))
    return replace(
        lead,
        origin="joined",
        score=_probability(_log10_odds(lead.score) + gain),
        cells=tuple(cells),
        first_seen=_earliest([lead.first_seen, *(m.hit.first_seen for m in meetings)]),
        last_seen=_latest([lead.last_seen, *(m.hit.last_seen for m in meetings)]),
        reasons=(*(meeting.reason for meeting in meetings), *lead.reasons),
        hits=tuple(sorted(meeting.hit.id or 0 for meeting in meetings)),
    )


def gained(hit: Hit) -> float:
    """Decades of odds that the air gives: posterior over prior."""
    return hit.log10_odds - PRIORS.get(hit.signature, DEFAULT_LOG10_PRIOR)


def _log10_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log10(bounded / (1 - bounded))


def _probability(log10_odds: float) -> float:
    return round(1 / (1 + 10 ** -min(max(log10_odds, -9.0), 9.0)), 9)


def _earliest(times: Sequence[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _latest(times: Sequence[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _by_place(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Hits grouped by place: one cell, timing advances at most one step apart; the likeliest of a group first."""
    groups: list[list[Hit]] = []
    for hit in sorted(hits, key=lambda hit: (-hit.log10_odds, hit.id or 0)):
        for group in groups:
            if _beside(group[0], hit):
                group.append(hit)
                break
        else:
            groups.append([hit])
    return groups


def _beside(one: Hit, other: Hit) -> bool:
    if one.timing_advance is None or other.timing_advance is None:
        return False
    if abs(one.timing_advance - other.timing_advance) > NEIGHBOUR:
        return False
    if one.cell.is_complete() and other.cell.is_complete():
        return one.cell == other.cell
    return (one.cell, one.arfcn, one.bsic, one.source) == (other.cell, other.arfcn, other.bsic, other.source)


def _radio_lead(
    group: Sequence[Hit], placed: Sequence[PlacedCell], networks: Networks, before: Mapping[str, Lead]
) -> Lead:
    """The lead of one place's hits: its odds are the strongest hit's; each other signature adds what it gained."""
    first = group[0]
    others = {hit.signature: max(0.0, gained(hit)) for hit in reversed(group) if hit.signature != first.signature}
    heard = tuple(sorted({step for hit in group for step in timing_advances(hit)}))
    cell = _place(LeadCell(first.cell, timing_advance=heard), placed, networks)
    inner, outer = first.distance_m or (0, 0)
    area = None
    if cell.lat is not None and cell.lon is not None:
        area = bounds((cell.lat, cell.lon), outer, cell.azimuth_deg, cell.beamwidth_deg, inner)
    return Lead(
        lead=_radio_name(group, before),
        origin="radio",
        form="gateway-like",
        score=_probability(first.log10_odds + min(MOST_DECADES, sum(others.values()))),
        cells=(cell,),
        area=area,
        first_seen=_earliest([hit.first_seen for hit in group]),
        last_seen=_latest([hit.last_seen for hit in group]),
        reasons=tuple(reason for hit in group for reason in hit.reasons),
        advice=RADIO_ADVICE,
        hits=tuple(sorted(hit.id or 0 for hit in group)),
    )


def _radio_name(group: Sequence[Hit], before: Mapping[str, Lead]) -> str:
    """The name its hits had before, else one made of the place."""
    ids = {hit.id for hit in group}
    for name in sorted(before):
        if before[name].origin == "radio" and ids & set(before[name].hits):
            return name
    first = min(group, key=lambda hit: hit.id or 0)
    nameless = "" if first.cell.is_complete() else f"/{first.arfcn}/{first.bsic}/{first.source}"
    return "R-" + sha256(f"{first.cell}/{first.timing_advance}{nameless}".encode()).hexdigest()[:6]


def places_of(lead: Lead) -> tuple[CellPlace, ...]:
    """The places of a lead: each timing advance of each cell."""
    return tuple(CellPlace(cell.identity, step) for cell in lead.cells for step in sorted(set(cell.timing_advance)))


def _name_known(lead: Lead, known: Sequence[KnownGateway]) -> Lead:
    """Says which officer knows a gateway there; a lead of the air alone that is one is no open lead."""
    for gateway in known:
        same = gateway.lead == lead.lead
        if same or (lead.origin == "radio" and set(places_of(lead)) & set(gateway.places)):
            words = f"gateway marked known by {gateway.by} on {gateway.date:%Y-%m-%d}"
            words += f" ({gateway.note})" if gateway.note else ""
            return replace(lead, status="known", reasons=(words, *lead.reasons))
    return lead


def _merged(leads: Sequence[Lead], before: Mapping[str, Lead]) -> list[Lead]:
    """Leads of the air whose hits now belong to another lead: they go on there."""
    now = {lead.lead for lead in leads}
    home = {hit: lead.lead for lead in leads for hit in lead.hits}
    gone = []
    for name, lead in sorted(before.items()):
        heirs = {home[hit] for hit in lead.hits if hit in home}
        if lead.origin == "radio" and name not in now and heirs:
            gone.append(replace(lead, status="merged", advice=f"Goes on as {', '.join(sorted(heirs))}."))
    return gone
