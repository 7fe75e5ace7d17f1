"""`catpool cdr rank`: from records to suspects and leads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from detection.cdr import boxes, circles, crowd, gateways, joint, kinds, mutual, pools, reasons, siting, verdict
from detection.cdr.acts import Acts, acts_in
from detection.cdr.advice import Heard, advise, cell_keys
from detection.cdr.answers import holds_any, whole_numbers
from detection.cdr.engine import hand_over
from detection.cdr.features import HOUR_S, MOC, MTC, SMT, Source, both_legs, tables
from detection.cdr.history import History, build
from detection.cdr.identities import Identities
from detection.cdr.layer import shares_of
from detection.cdr.leads_file import LeadRow, Suspect
from detection.cdr.lessons import NOTHING_LEARNT, Lessons, hidden, marks_of
from detection.cdr.pseudonyms import Names
from detection.cdr.records import Records
from detection.cdr.runs import Suspected, suspected
from detection.cdr.victims import LANDLINE, PEOPLE, Calls, Victim
from detection.cdr.victims import find as find_victims
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

Ints = NDArray[np.int64]

LEAST_SCORE = 0.001
LEAST_SHARE = 0.01  # of the SIMs that are listed
MOVING = ("car", "pair")
STANDING = 0.8  # share of a box's acts at its few places, from which it doesn't move
ROUGH_SPOTS = 6  # of a SIM below the alarm, that its place goes by
LATEST_S = 2 * HOUR_S  # a moving box is placed by what it did this long before its last act


@dataclass(slots=True)
class Ranking:
    """What a run found, ready to be written."""

    suspects: list[Suspect]
    leads: list[LeadRow]
    sims: int
    alarms: int
    history: History
    judged: verdict.Verdict
    people: Identities
    kept: list[Suspected] = field(default_factory=list)  # what raids may teach from later
    victims: list[Victim] = field(default_factory=list)  # with clear identities alone
    since: dict[str, str] = field(default_factory=dict)  # first act of each suspect of a lead, local time
    known: int = 0  # SIMs above the alarm that are known look-alikes


@dataclass(frozen=True, slots=True)
class Box:
    """A group of raised SIMs with its form, place and times."""

    name: str
    kind: str
    sims: Ints
    group: boxes.Group
    place: siting.Site | None
    gateways: tuple["Gateway", ...] = ()  # of a bank that stands at several places, the busiest first


@dataclass(frozen=True, slots=True)
class Gateway:
    """One place of a box: the SIMs that acted there, the SIMs that acted there most, its share of the box's acts."""

    name: str
    place: siting.Site | None
    sims: Ints
    home_of: frozenset[int]
    share: float
    rows: Acts


def rank(
    records: Records,
    names: Names,
    placed: Sequence[PlacedCell],
    owner: str = "",
    progress: Callable[[str, float], None] = lambda what, share: None,
    spark: Any = None,
    lessons: Lessons = NOTHING_LEARNT,
    source: Source | None = None,
) -> Ranking:
    """Scores every SIM, joins the raised ones into boxes, places them.

    `spark`: the engine for the features. `source`: where the features come from, else the records.
    """
    progress("features", 0.0)
    people = records.people
    if source is None:
        acts = records.table
        if not holds_any(acts.filter(acts.kind.isin([MTC, SMT]))):
            acts = records.engine.create_table("both_legs", both_legs(acts, people.party_class))
        source = tables(acts if spark is None else hand_over(acts, spark))
    history = build(source)
    progress("evidence", 0.4)
    own, posterior = verdict.own_evidence(history.counts, history.told())
    likely = np.flatnonzero(own >= min(boxes.CANDIDATE_DEVICE, circles.CANDIDATE_CIRCLE))
    near = source.of(likely)
    spots, presence = _spots(near.spots), _presence(near.presence)
    family = verdict.families(posterior)
    pooled = pools.pools(own, family, spots)
    own[pooled.sims] += pooled.at_last(history.ends_s)
    links = boxes.find_links(own, family, history, spots, presence)
    heard = acts_in(near.records)
    links += mutual.mutual_links(own, history.number_id, heard)
    closed = circles.circles(heard, own, history.number_id)
    links += closed.links()
    own[closed.sims] += closed.at_last(history.ends_s)
    groups = boxes.cut(boxes.group(links, history), heard, history.number_id, people.tac.astype(np.int64))
    company = crowd.crowd(heard, own, history.number_id)
    progress("detection times", 0.6)
    judged = verdict.judge(history, own, posterior, groups, lessons.layer, company, (pooled, closed))
    progress("places", 0.8)
    maker = _Maker(records, names, people, placed, owner, history, judged, posterior, source, lessons)
    return maker.make(groups)


def _spots(table: ir.Table) -> boxes.Spots:
    rows = whole_numbers(table.order_by(["sim_id", "cell", "ta"]))
    return boxes.Spots(*(rows[name] for name in ("sim_id", "cell", "ta", "acts", "first_s", "last_s")))


def _presence(table: ir.Table) -> boxes.Presence:
    rows = whole_numbers(table.order_by(["sim_id", "hour", "cell"]))
    return boxes.Presence(*(rows[name] for name in ("sim_id", "hour", "cell")))


class _Maker:
    """Turns verdicts into rows."""

    def __init__(
        self,
        records: Records,
        names: Names,
        people: Identities,
        placed: Sequence[PlacedCell],
        owner: str,
        history: History,
        judged: verdict.Verdict,
        posterior: NDArray[np.float64],
        source: Source,
        lessons: Lessons,
    ) -> None:
        self.records, self.names, self.people, self.owner = records, names, people, owner
        self.history, self.judged, self.posterior, self.source = history, judged, posterior, source
        self.lessons = lessons
        self.masts = sorted({(cell.lat, cell.lon) for cell in placed})
        self.placed = place_cells(records.cells, placed)

    def make(self, groups: list[boxes.Group]) -> Ranking:
        score = self.judged.score
        raised = np.flatnonzero(self.judged.raised_s >= 0)
        listed = self._listed(score)
        every = np.union1d(raised, listed)
        self.rows = acts_in(self.source.of(every).records)
        self.bounds = np.searchsorted(self.rows.sim, np.arange(len(score) + 1))
        self.marks = marks_of(self.lessons.known, self.people, raised, self.history.number_id, self._imeis_of)
        raised = np.array([sim for sim in raised.tolist() if sim not in self.marks], np.int64)
        found = [self._box(sims, group) for group in groups if len(sims := self._raised_of(group, raised))]
        grouped = {int(sim) for box in found for sim in box.sims}
        alone = [sim for sim in raised.tolist() if sim not in grouped]
        found += [
            self._box(np.array([sim]), boxes.Group((sim,), (int(self.history.first_s[sim]),), ())) for sim in alone
        ]
        of = {int(sim): box for box in found for sim in box.sims}
        suspects = self._suspects(listed, of)
        leads = sorted((self._lead(box) for box in found), key=lambda lead: (-lead.score, lead.lead))
        ranking = Ranking(suspects, leads, len(score), len(raised), self.history, self.judged, self.people)
        ranking.known, ranking.kept = len(self.marks), self._kept(listed, of)
        if self.names.clear:
            ranking.victims, ranking.since = self._victims(found), self._since(found)
        return ranking

    def _imeis_of(self, sim: int) -> Ints:
        return self.rows.imei[self.bounds[sim] : self.bounds[sim + 1]]

    def _kept(self, listed: Ints, of: dict[int, Box]) -> list[Suspected]:
        every, own = kinds.kinds(), hidden(self.people)
        shares = shares_of(self.posterior[listed], np.array([bool(kind.form) for kind in every]))
        names = [kind.name for kind in every]
        return [
            suspected(
                own.sim(sim),
                own.party(int(self.history.number_id[sim])),
                of[sim].name if sim in of else "",
                float(self.judged.before[sim]),
                names,
                share,
                sim in of,
            )
            for sim, share in zip(listed.tolist(), shares, strict=True)
        ]

    def _victims(self, found: list[Box]) -> list[Victim]:
        lead_of = {int(sim): box.name for box in found for sim in box.sims}
        rows = self.rows.of(np.isin(self.rows.sim, list(lead_of)) & (self.rows.other >= 0))
        rows = rows.of(np.isin(rows.kind, [MOC, MTC]) & (rows.answered == 1))
        own = set(np.concatenate([[-1], self.history.number_id[self.judged.odds >= 0]]).tolist())
        texts = self.people.parties.clear
        if texts is None:
            return []
        people = {texts[at] for at in np.unique(rows.other).tolist() if self.people.party_class[at] in PEOPLE} - {""}
        calls = Calls(
            np.array([lead_of[sim] for sim in rows.sim.tolist()], dtype=object),
            np.array([texts[at] for at in rows.other.tolist()], dtype=object),
            rows.kind == MTC,
            rows.t_s,
            rows.local_s,
            np.maximum(rows.duration_s, 0),
        )
        return find_victims(calls, people, {texts[at] for at in own if at >= 0}, self.history.ends_s)

    def _since(self, found: list[Box]) -> dict[str, str]:
        return {
            self.people.sim(sim) or self.people.party(int(self.history.number_id[sim])): self._local(
                int(self.history.first_s[sim]), sim
            )
            for box in found
            for sim in box.sims.tolist()
        }

    def _raised_of(self, group: boxes.Group, raised: Ints) -> Ints:
        return np.intersect1d(np.array(group.sims), raised)

    @property
    def ringed(self) -> bool:
        """Whether the export tells timing advances."""
        return "ta" in self.records.has

    def _listed(self, score: NDArray[np.float64]) -> Ints:
        order = np.lexsort((np.arange(len(score)), -score))
        least = max(int(np.ceil(LEAST_SHARE * len(score))), int((score > LEAST_SCORE).sum()))
        return order[:least]

    def _acts_of(self, sims: Ints) -> NDArray[np.int64]:
        return np.concatenate([np.arange(self.bounds[sim], self.bounds[sim + 1]) for sim in sims])

    def _box(self, sims: Ints, group: boxes.Group) -> Box:
        name = "L-" + min(self.names.letters("lead:" + self.people.sim_letters(sim), 10) for sim in sims)
        rows = self.rows.of(self._acts_of(sims))
        label = gateways.part(rows, self._fits) if len(sims) > 1 else np.zeros(len(rows.sim), np.int64)
        kind = "landline" if self._on_a_line(sims) else self._kind(sims, group, label)
        if kind in MOVING:
            return Box(name, kind, sims, group, siting.site(self._sightings(rows, True), self.masts))
        places = self._gateways(name, rows, label)
        main = rows.of(label == 0) if (label == 0).any() else rows
        place = places[0].place if places else siting.site(self._sightings(main, False), self.masts)
        return Box(name, kind, sims, group, place, places)

    def _kind(self, sims: Ints, group: boxes.Group, label: Ints) -> str:
        """The form of a box; SIMs on one road are no car where a few places explain what they did."""
        on_roads = {sim for link in group.links if link.why == "road" for sim in (link.one, link.two)}
        roads = 2 * len(on_roads.intersection(sims.tolist())) >= len(sims) and float((label >= 0).mean()) < STANDING
        return reasons.form_of(self.posterior[sims], len(sims), roads)

    def _fits(self, spots: list[gateways.Spot]) -> bool:
        """Whether one place explains these cells and rings, as far as their masts are known."""
        known = [
            siting.Sighting(cell, None if ta < 0 else ta, 1.0)
            for at, ta in spots
            if (cell := self.placed[at]) is not None
        ]
        return siting.fits(known, self.masts)

    def _gateways(self, name: str, rows: Acts, label: Ints) -> tuple[Gateway, ...]:
        """The places of a box that stands at more than one."""
        count = int(label.max(initial=-1)) + 1
        if count < 2:
            return ()
        at_home = {int(sim): int(np.bincount(label[own]).argmax()) for sim in np.unique(rows.sim)
                   if (own := (rows.sim == sim) & (label >= 0)).any()}  # fmt: skip
        places = []
        for at in range(count):
            here = rows.of(label == at)
            places.append(
                Gateway(
                    f"{name}/{at + 1}",
                    siting.site(self._sightings(here, False), self.masts),
                    np.unique(here.sim),
                    frozenset(sim for sim, home in at_home.items() if home == at),
                    len(here.sim) / len(rows.sim),
                    here,
                )
            )
        return tuple(places)

    def _on_a_line(self, sims: Ints) -> bool:
        """Whether SIMs are fixed lines, heard on no cell, or a raid found one of them on a line."""
        numbers, own = self.history.number_id[sims], self.people.hidden()
        told = {name for sim in sims.tolist() for name in (own.sim(sim), own.party(int(self.history.number_id[sim])))}
        if told & self.lessons.lines:
            return True
        lines = (numbers >= 0) & (self.people.party_class[np.maximum(numbers, 0)] == LANDLINE)
        return 2 * int(lines.sum()) > len(sims) and not (self.rows.cell[self._acts_of(sims)] >= 0).any()

    def _sightings(self, rows: Acts, moving: bool) -> list[siting.Sighting]:
        counted: dict[tuple[int, int], float] = {}
        if moving:
            rows = rows.of(rows.t_s >= rows.t_s.max() - LATEST_S)
        for key in zip(rows.cell.tolist(), rows.ta.tolist(), strict=True):
            if key[0] >= 0:
                counted[key] = counted.get(key, 0) + 1
        total = sum(counted.values())
        return [
            siting.Sighting(cell, None if ta < 0 else ta, n / total)
            for (at, ta), n in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:40]
            if (cell := self.placed[at]) is not None
        ]

    def _suspects(self, listed: Ints, of: dict[int, Box]) -> list[Suspect]:
        told = reasons.sim_reasons(self.history, listed, self.judged.box_kind[listed])
        every = kinds.kinds()
        suspects, above = [], 2.0
        joined: dict[str, list[str]] = {}
        for sim, why in zip(listed.tolist(), told, strict=True):
            box = of.get(sim)
            score = min(float(self.judged.score[sim]), above - 1e-12)
            above = score
            form = reasons.FORMS[box.kind] if box else ""  # below the alarm there is no box to name
            site = self._place_of(sim, box)
            cell = self._main_cell(sim)
            if box is not None and len(box.sims) > 1:
                if box.name not in joined:
                    rows = self.rows.of(self._acts_of(box.sims))
                    devices = joint.shared_imeis(rows.sim, rows.imei)
                    joined[box.name] = reasons.group_reasons(box.group, box.sims, devices, 0, self.ringed)
                why = [*why, *joined[box.name]]
            likeliest = every[int(self.judged.kind[sim])]
            if sim in self.marks:
                why = [self.marks[sim].words, *why]
            elif box is None and not likeliest.form:
                why = [f"reads most like: {likeliest.name}", *why]
            suspects.append(
                Suspect(
                    self.people.sim(sim),
                    self.people.party(int(self.history.number_id[sim])),
                    max(score, 0.0),
                    box.name if box else "",
                    form,
                    round(site.lat, 6) if site else None,
                    round(site.lon, 6) if site else None,
                    cell.lac if cell else None,
                    cell.ci if cell else None,
                    self._local(int(self.judged.raised_s[sim]), sim) if box else "",
                    "; ".join(why),
                )
            )
        return suspects

    def _place_of(self, sim: int, box: Box | None) -> siting.Site | None:
        """Of the gateway where the SIM mostly is, of its box; below the alarm a rough one of its own."""
        if box is None:
            rows = self.rows.of(self._acts_of(np.array([sim])))
            return siting.site(self._sightings(rows, False)[:ROUGH_SPOTS], self.masts, siting.COARSE_POINTS)
        return next((gate.place for gate in box.gateways if sim in gate.home_of), box.place)

    def _main_cell(self, sim: int) -> CellIdentity | None:
        cells = self.rows.cell[self.bounds[sim] : self.bounds[sim + 1]]
        cells = cells[cells >= 0]
        return self.records.cells[int(np.bincount(cells).argmax())] if len(cells) else None

    def _local(self, utc_s: int, sim: int) -> str:
        """The carrier's local time of a moment, by the offset of the SIM's act nearest to it."""
        at = slice(self.bounds[sim], self.bounds[sim + 1])
        t, local = self.rows.t_s[at], self.rows.local_s[at]
        nearest = int(np.abs(t - utc_s).argmin())
        return datetime.fromtimestamp(utc_s + int(local[nearest] - t[nearest]), UTC).replace(tzinfo=None).isoformat()

    def _lead(self, box: Box) -> LeadRow:
        rows = self.rows.of(self._acts_of(box.sims))
        imeis = rows.devices()
        best = int(box.sims[np.argmax(self.judged.score[box.sims])])
        own = self.history.number_id[box.sims]
        within = int(np.isin(rows.other, own[own >= 0]).sum()) // 2
        shared = joint.shared_imeis(rows.sim, rows.imei)
        why = reasons.group_reasons(box.group, box.sims, shared, within, self.ringed)
        together = (rows.sim, rows.imei, rows.other, rows.kind == MOC, rows.t_s, rows.local_s, rows.duration_s)
        why += joint.facts(joint.in_time(joint.Acts(*together)))
        whose = "" if len(box.sims) == 1 else "its likeliest SIM: "
        why += [
            whose + said
            for said in reasons.sim_reasons(self.history, np.array([best]), self.judged.box_kind[[best]])[0]
        ]
        hours = np.bincount(rows.local_s // HOUR_S % 24, minlength=24)
        heard = Heard(rows.t_s, rows.local_s, rows.cell, rows.ta)
        told = advise(heard, box.kind, self.records.cells, self.placed, self.history.ends_s, len(box.gateways))
        return LeadRow(
            lead=box.name,
            form=reasons.FORMS[box.kind],
            score=round(float(self.judged.score[box.sims].max()), 9),
            sims=sorted(self.people.sims.of(sim) for sim in box.sims),
            imeis=sorted(self.people.imei(imei) for imei in imeis),
            cells=self._cells(rows),
            area=box.place.area if box.place else None,
            first_seen=_utc(int(rows.t_s.min())),
            last_seen=_utc(int(rows.t_s.max())),
            active_hours=[int(hour) for hour in np.flatnonzero(hours > 0.02 * hours.sum())],
            reasons=why,
            advice=told.words,
            owner=self.owner,
            lat=round(box.place.lat, 6) if box.place else None,
            lon=round(box.place.lon, 6) if box.place else None,
            kind=told.kind,
            best_hours=told.best_hours,
            listen_to=told.listen_to,
            next_hour=told.next_hour,
            gateways=[self._gateway(gate) for gate in box.gateways],
        )

    def _gateway(self, gate: Gateway) -> dict[str, Any]:
        place = gate.place
        return {
            "name": gate.name,
            "lat": round(place.lat, 6) if place else None,
            "lon": round(place.lon, 6) if place else None,
            "area": place.area if place else None,
            "share": round(gate.share, 4),
            "sims": sorted(self.people.sims.of(int(sim)) for sim in gate.sims),
            "cells": self._cells(gate.rows),
        }

    def _cells(self, rows: Acts) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = []
        found, acts = np.unique(rows.cell[rows.cell >= 0], return_counts=True)
        for at, n in sorted(zip(found.tolist(), acts.tolist(), strict=True), key=lambda item: (-item[1], item[0]))[:20]:
            who, placed = self.records.cells[at], self.placed[at]
            cells.append(
                {
                    **cell_keys(who, placed),
                    "lat": placed.lat if placed else None,
                    "lon": placed.lon if placed else None,
                    "azimuth_deg": placed.azimuth_deg if placed else None,
                    "beamwidth_deg": placed.beamwidth_deg if placed else None,
                    "timing_advance": _rings(rows.ta[rows.cell == at]),
                    "weight": round(n / int(acts.sum()), 4),
                    "owner": self.owner,
                }
            )
        return cells


def _rings(ta: Ints) -> list[int]:
    """Up to 20 timing advances in the proportions in which they came."""
    values = np.sort(ta[ta >= 0])
    if not len(values):
        return []
    picked: list[int] = values[np.linspace(0, len(values) - 1, min(20, len(values))).astype(int)].tolist()
    return picked


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def place_cells(cells: Sequence[CellIdentity], placed: Sequence[PlacedCell]) -> list[PlacedCell | None]:
    """The mast of each cell of an export: by LAC and CI, by MCC and MNC too where both sides know them."""
    by_pair: dict[tuple[int | None, int | None], list[PlacedCell]] = {}
    by_cell: dict[int | None, list[PlacedCell]] = {}
    for cell in placed:
        by_pair.setdefault((cell.identity.lac, cell.identity.ci), []).append(cell)
        by_cell.setdefault(cell.identity.ci, []).append(cell)
    found: list[PlacedCell | None] = []
    for who in cells:
        near = by_pair.get((who.lac, who.ci), [])
        if not near and who.lac is None and len(by_cell.get(who.ci, [])) == 1:
            near = by_cell[who.ci]
        same = [
            cell
            for cell in near
            if (who.mcc is None or cell.identity.mcc in (None, who.mcc))
            and (who.mnc is None or cell.identity.mnc in (None, who.mnc))
        ]
        found.append(same[0] if same else None)
    return found
