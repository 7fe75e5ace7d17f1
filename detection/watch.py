"""One cell under watch: its assignments go into a tally, signatures judge it, and what they say is told.

Time is passed in as seconds from the first frame; nothing here reads a clock.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detection.hit import Hit
from detection.signatures.record import Evidence, Signature
from detection.signatures.registry import SIGNATURES
from detection.signatures.tally import BIN_S, PLACES, CellTally, side
from sensor.cell import CellIdentity, ring_m

MINUTE_S = 60.0
LEAN = 1.0  # tenfold over the prior: from there on a place's evidence is told
MOVED = 0.2  # change of log10 odds that is told
GROWN = 0.5  # growth of log10 odds that a hit is told again for
HELD_S = 600.0  # a hit that holds is told again after this long
IDLE_S = 14_400.0  # after a gap as long as a tally remembers, nothing of it is left


@dataclass(frozen=True, slots=True)
class Load:
    """A minute's assignments of a cell, by establishment."""

    cell: CellIdentity
    arfcn: int | None
    bsic: int | None
    from_s: float
    to_s: float
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """What a signature says of a place: `event` is "evidence" or "hit"."""

    event: str
    hit: Hit


@dataclass(slots=True)
class Place:
    """What was told of a place before."""

    told: float | None = None  # log10 odds of the last evidence
    raised: Hit | None = None  # as last told
    best: Hit | None = None  # the strongest since


class CellWatch:
    """Watches one cell. `first_s`: when its first frame came, in seconds from the first of all cells."""

    def __init__(
        self,
        arfcn: int | None,
        bsic: int | None,
        source: str = "",
        first_s: float = 0.0,
        start: datetime | None = None,
        signatures: Sequence[Signature] = SIGNATURES,
        learned: bool = False,
    ) -> None:
        self.arfcn, self.bsic, self.source = arfcn, bsic, source
        self.identity = CellIdentity()
        self.start = start
        self.first_s = first_s
        self.learned = learned
        self.assignments = 0
        self._signatures = signatures
        self._tally = CellTally()
        self._load: Counter[str] = Counter()
        self._minute_s = 0.0  # where the open minute began
        self._latest_s = 0.0
        self._places: dict[tuple[str, int], Place] = {}

    def hear(self, establishment: str, neci: int | None, timing_advance: int, t_s: float) -> None:
        """One assignment, sent at t_s: now, or some bins ago where it had to wait for the cell's NECI."""
        self.assignments += 1
        self._load[establishment] += 1
        self._tally.originated_any = neci != 1
        which = side(establishment, neci)
        if which is not None and timing_advance < PLACES:
            age_s = self._tally.now_s - (t_s - self.first_s)
            self._tally.add(which, timing_advance, int(-(-age_s // BIN_S)) if age_s > 0 else 0)

    def advance(self, t_s: float) -> Iterator[Load | Told]:
        """Lets time pass up to t_s; tells what is to be told on the way."""
        t_s -= self.first_s
        self._latest_s = max(self._latest_s, t_s)
        if t_s - self._tally.now_s > IDLE_S:
            skipped = int((t_s - IDLE_S - self._tally.now_s) // BIN_S)
            self._tally.forget(skipped)
            self._minute_s = self._tally.now_s
        while self._tally.now_s + BIN_S <= t_s:
            yield from self._close()

    def finish(self) -> Iterator[Load | Told]:
        """Judges what the open bin and minute hold, at the end of a stream."""
        yield from self._close()
        if self._tally.now_s > self._minute_s:
            yield from self._end_minute(self._judge())
        for place in self._places.values():
            if place.best is not None and place.raised is not None and place.best != place.raised:
                yield Told("hit", place.best)

    def _close(self) -> Iterator[Load | Told]:
        self._tally.close_bin()
        hits = self._judge()
        yield from self._raise(hits)
        if self._tally.now_s - self._minute_s >= MINUTE_S:
            yield from self._end_minute(hits)

    def _judge(self) -> dict[tuple[str, int], Hit]:
        """What each signature says of each place now, at the place it named first where it names its neighbour."""
        said: dict[tuple[str, int], Hit] = {}
        for signature in self._signatures:
            for evidence in signature.judge(self._tally):
                key = self._known_place(signature.name, evidence.timing_advance)
                if key not in said:
                    said[key] = self._hit(signature, evidence, key[1])
        return said

    def _known_place(self, name: str, timing_advance: int) -> tuple[str, int]:
        for near in (timing_advance, timing_advance - 1, timing_advance + 1):
            place = self._places.get((name, near))
            if place is not None and place.raised is not None:
                return (name, near)
        return (name, timing_advance)

    def _hit(self, signature: Signature, evidence: Evidence, timing_advance: int) -> Hit:
        inner, outer = sorted((evidence.timing_advance, evidence.until))
        from_s = self.first_s + evidence.from_s
        to_s = self.first_s + min(evidence.to_s, self._latest_s)
        return Hit(
            signature=signature.name,
            version=signature.version,
            cell=self.identity,
            arfcn=self.arfcn,
            bsic=self.bsic,
            timing_advance=timing_advance,
            distance_m=(ring_m("gsm", inner)[0], ring_m("gsm", outer)[1]),
            log10_odds=round(evidence.log10_odds, 2),
            learned=self.learned,
            from_s=round(from_s, 1),
            to_s=round(to_s, 1),
            raised_s=None,
            reasons=evidence.reasons,
            look_alikes=signature.look_alikes,
            first_seen=self._time(from_s),
            last_seen=self._time(to_s),
            source=self.source,
        )

    def _time(self, t_s: float) -> datetime | None:
        return None if self.start is None else self.start + timedelta(seconds=t_s)

    def _raise(self, said: dict[tuple[str, int], Hit]) -> Iterator[Told]:
        thresholds = {signature.name: signature.log10_threshold for signature in self._signatures}
        for key, hit in said.items():
            place = self._places.setdefault(key, Place())
            if place.raised is None and hit.log10_odds >= thresholds[key[0]]:
                place.raised = place.best = replace(hit, raised_s=hit.to_s)
                yield Told("hit", place.raised)
            elif place.raised is not None:
                place.best = _grow(place.best or place.raised, hit, thresholds[key[0]])

    def _end_minute(self, said: dict[tuple[str, int], Hit]) -> Iterator[Load | Told]:
        begin, end = self.first_s + self._minute_s, self.first_s + min(self._tally.now_s, self._latest_s)
        self._minute_s = self._tally.now_s
        counts, self._load = dict(self._load), Counter()
        yield Load(self.identity, self.arfcn, self.bsic, round(begin, 1), round(end, 1), counts)
        priors = {signature.name: signature.log10_prior for signature in self._signatures}
        for key, hit in said.items():
            place = self._places.setdefault(key, Place())
            leans = hit.log10_odds >= priors[key[0]] + LEAN or place.told is not None
            if leans and abs(hit.log10_odds - (place.told if place.told is not None else priors[key[0]])) >= MOVED:
                place.told = hit.log10_odds
                yield Told("evidence", hit)
            if place.raised is not None and place.best is not None and _told_again(place.raised, place.best):
                place.raised = place.best
                yield Told("hit", place.best)


def _told_again(raised: Hit, best: Hit) -> bool:
    return best.log10_odds >= raised.log10_odds + GROWN or best.to_s >= raised.to_s + HELD_S


def _grow(best: Hit, hit: Hit, threshold: float) -> Hit:
    """The hit with what is new: its strongest words, its span as long as the odds hold."""
    if hit.log10_odds < threshold:
        return best
    stronger = hit if hit.log10_odds >= best.log10_odds else best
    return replace(
        stronger,
        from_s=best.from_s,
        first_seen=best.first_seen,
        raised_s=best.raised_s,
        to_s=hit.to_s,
        last_seen=hit.last_seen,
    )
