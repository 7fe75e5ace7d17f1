"""`catpool cdr rank`: from records to suspects and leads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from detection.cdr import boxes, joint, kinds, reasons, siting, verdict
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
    likely = np.flatnonzero(own >= boxes.CANDIDATE_DEVICE)
    near = source.of(likely)
    spots, presence = _spots(near.spots), _presence(near.presence)
    links = boxes.find_links(own, verdict.families(posterior), history, spots, presence)
    groups = boxes.group(links, history)
    progress("detection times", 0.6)
    judged = verdict.judge(history, own, posterior, groups, lessons.layer)
    progress("places", 0.8)
    maker = _Maker(records, names, people, placed, owner, history, judged, posterior, source, lessons)
    return maker.make(groups)


def _spots(table: ir.Table) -> boxes.Spots:
    rows = whole_numbers(table.order_by(["sim_id", "cell", "ta"]))
    return boxes.Spots(*(rows[name] for name in ("sim_id", "cell", "ta", "acts", "first_s", "last_s")))


def _presence(table: ir.Table) -> boxes.Presence:
    rows = whole_numbers(table.order_by(["sim_id", "hour", "cell"]))
    return boxes.Presence(*(rows[name] for name in ("sim_id", "hour", "cell")))


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts of the SIMs that are written about, by SIM and time; cell and ta are -1 where there is none."""

    sim: Ints
    cell: Ints
    ta: Ints
    t_s: Ints
    local_s: Ints
    imei: Ints
    other: Ints
    kind: Ints
    duration_s: Ints
    answered: Ints

    def of(self, rows: Ints | NDArray[np.bool_]) -> "Acts":
        return Acts(*(getattr(self, column.name)[rows] for column in fields(self)))

    def devices(self) -> list[int]:
        return [int(imei) for imei in np.unique(self.imei[self.imei >= 0])]


def _acts(source: Source, sims: Ints) -> Acts:
    held = source.of(sims).records.order_by(["sim_id", "t_s", "row"])
    names = ("sim_id", "cell", "ta", "t_s", "local_s", "imei_id", "other_id", "kind", "duration_s")
    rows = whole_numbers(held.select(*names, answered=held.answered.cast("int8")))
    return Acts(*rows.values())


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
        self.rows = _acts(self.source, every)
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
        roads = any(link.why == "road" for link in group.links)
        kind = "landline" if self._on_a_line(sims) else reasons.form_of(self.posterior[sims], len(sims), roads)
        name = "L-" + min(self.names.letters("lead:" + self.people.sim_letters(sim), 10) for sim in sims)
        return Box(name, kind, sims, group, siting.site(self._sightings(sims, kind in MOVING), self.masts))

    def _on_a_line(self, sims: Ints) -> bool:
        """Whether SIMs are fixed lines, heard on no cell, or a raid found one of them on a line."""
        numbers, own = self.history.number_id[sims], self.people.hidden()
        told = {name for sim in sims.tolist() for name in (own.sim(sim), own.party(int(self.history.number_id[sim])))}
        if told & self.lessons.lines:
            return True
        lines = (numbers >= 0) & (self.people.party_class[np.maximum(numbers, 0)] == LANDLINE)
        return 2 * int(lines.sum()) > len(sims) and not (self.rows.cell[self._acts_of(sims)] >= 0).any()

    def _sightings(self, sims: Ints, moving: bool) -> list[siting.Sighting]:
        counted: dict[tuple[int, int], float] = {}
        rows = self.rows.of(self._acts_of(sims))
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
            site = box.place if box else siting.site(self._sightings(np.array([sim]), False), self.masts)
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
        told = advise(heard, box.kind, self.records.cells, self.placed, self.history.ends_s)
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
        )

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
