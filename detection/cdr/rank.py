"""`catpool cdr rank`: from records to suspects and leads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detection.cdr.acts import acts_in
from detection.cdr.answers import holds_any
from detection.cdr.clear_rows import first_acts, victim_rows
from detection.cdr.engine import hand_over
from detection.cdr.features import MTC, SMT, Source, both_legs, tables
from detection.cdr.history import History, build
from detection.cdr.identities import Identities
from detection.cdr.judging import judge_sims
from detection.cdr.lead_rows import lead_rows
from detection.cdr.leads_file import LeadRow, Suspect
from detection.cdr.lessons import NOTHING_LEARNT, Lessons, marks_of
from detection.cdr.masts import find_masts
from detection.cdr.pseudonyms import Names
from detection.cdr.raised_boxes import raised_boxes
from detection.cdr.ranges import Ranges, in_ranges
from detection.cdr.records import Records
from detection.cdr.runs import Suspected
from detection.cdr.scene import lay
from detection.cdr.suspect_rows import kept_rows, listed, suspect_rows
from detection.cdr.verdict import Verdict
from detection.cdr.victims import Victim
from detection.lead import PlacedCell


@dataclass(slots=True)
class Ranking:
    """What a run found, ready to be written."""

    suspects: list[Suspect]
    leads: list[LeadRow]
    sims: int
    alarms: int
    history: History
    judged: Verdict
    people: Identities
    kept: list[Suspected] = field(default_factory=list)  # what raids may teach from later
    victims: list[Victim] = field(default_factory=list)  # with clear identities alone
    since: dict[str, str] = field(default_factory=dict)  # first act of each suspect of a lead, local time
    known: int = 0  # SIMs above the alarm that are known look-alikes


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
        source = features_of(records, spark)
    history = build(source)
    progress("evidence", 0.4)
    judging = judge_sims(history, source, people.tac.astype(np.int64), lessons.layer, progress)
    judged = judging.verdict
    progress("places", 0.8)
    raised, sims = np.flatnonzero(judged.raised_s >= 0), listed(judged.score)
    acts = acts_in(source.of(np.union1d(raised, sims)).records)
    masts = find_masts(records.cells, placed)
    scene = lay(people, history, judged, judging.posterior, masts, "ta" in records.has, acts)
    marks = marks_of(lessons.known, people, raised, history.number_id, scene.imeis)
    raised = np.array([sim for sim in raised.tolist() if sim not in marks], np.int64)
    found = raised_boxes(scene, judging.groups, raised, names, lessons.lines)
    return Ranking(
        suspect_rows(scene, sims, found, marks),
        lead_rows(scene, found, owner),
        len(judged.score),
        len(raised),
        history,
        judged,
        people,
        kept_rows(scene, sims, found),
        victim_rows(scene, found) if names.clear else [],
        first_acts(scene, found) if names.clear else {},
        len(marks),
    )


def features_of(records: Records, spark: Any = None) -> Source:
    """The features of an export; where it has outgoing acts alone, incoming ones are made from them."""
    acts, bounds = records.table, records.bounds
    if not holds_any(acts.filter(acts.kind.isin([MTC, SMT]))):
        legs = both_legs(acts, records.people.party_class)
        acts = records.engine.create_table("both_legs", legs if bounds is None else in_ranges(legs, bounds))
    if spark is not None:
        return tables(hand_over(acts, spark))
    return tables(acts) if bounds is None else Ranges(acts, bounds)
