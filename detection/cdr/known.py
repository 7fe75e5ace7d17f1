"""Look-alikes that a carrier or an officer knows: SIMs that accuse no longer, and who said so until when.

CATPOOL_HOME/cdr/known.json, pseudonyms alone. A mark covers the SIMs that it names (those of a lead as it was when
it was marked) and the SIMs whose acts came almost all from an IMEI that it names. A new SIM on the same spot is a
new suspect: somebody must look again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from detection.case import KnownGateway
from detection.cdr.leads_file import write_whole
from detection.cdr.pseudonyms import Names
from detection.cdr.runs import Run, find
from detection.cdr.subjects import LEAD, PSEUDONYM, read_subject
from detection.errors import DetectionError
from detection.lead import Lead

FILE = "known.json"
LEAST_SHARE = 0.9  # of a SIM's acts that must come from a known IMEI, for the mark to cover it


class Mark(msgspec.Struct, frozen=True):
    """One look-alike that is known. `subject` is as it was named, a clear identity as its pseudonym."""

    subject: str
    sims: tuple[str, ...]  # pseudonyms of SIMs and numbers
    imeis: tuple[str, ...]
    reason: str
    by: str
    since: date
    until: date | None = None
    owner: str = ""

    def holds(self, today: date, owner: str) -> bool:
        """Whether it holds on a day for an export of a carrier (empty: any)."""
        return (self.until is None or today <= self.until) and (not self.owner or not owner or self.owner == owner)

    @property
    def words(self) -> str:
        return f"known: {self.reason}, marked by {self.by} on {self.since.isoformat()}"


@dataclass(frozen=True, slots=True)
class Known:
    """The marks that hold for one ranking."""

    by_sim: dict[str, Mark]
    by_imei: dict[str, Mark]

    def of(self, sim: str, number: str, imeis: Collection[tuple[str, float]]) -> Mark | None:
        """The mark that covers a SIM, by its pseudonyms; `imeis` with the share of its acts that came from each."""
        found = self.by_sim.get(sim) or self.by_sim.get(number)
        if found is not None:
            return found
        return next(
            (self.by_imei[imei] for imei, share in imeis if share >= LEAST_SHARE and imei in self.by_imei), None
        )

    def __bool__(self) -> bool:
        return bool(self.by_sim or self.by_imei)


NOBODY = Known({}, {})


def known_on(marks: Sequence[Mark], today: date, owner: str) -> Known:
    """What a ranking of `owner`'s export heeds on a day."""
    held = [mark for mark in marks if mark.holds(today, owner)]
    return Known(
        {sim: mark for mark in held for sim in mark.sims},
        {imei: mark for mark in held for imei in mark.imeis},
    )


def read_marks(folder: Path) -> list[Mark]:
    """Marks in the order in which they were made. Raises DetectionError where the file can't be read."""
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Mark])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        raise DetectionError(
            f"known look-alikes {path}: cannot be read ({error}); restore it, or move it away"
        ) from error


def write_marks(folder: Path, marks: Sequence[Mark]) -> None:
    write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(marks), indent=1).decode() + "\n")


def make_mark(
    subject: str,
    names: Names,
    runs: Sequence[Run],
    leads: Sequence[Lead],
    *,
    reason: str,
    by: str,
    since: date,
    until: date | None = None,
    owner: str = "",
) -> Mark:
    """The mark for a lead, a SIM or an IMEI. Raises DetectionError where it is none, or no ranking knows the lead."""
    found = read_subject(subject, names)
    imeis = tuple(name for name in found if name.startswith("imei-"))
    sims = tuple(name for name in found if name.startswith(("sim-", "num-")))
    if LEAD.fullmatch(found[0]):
        sims = sims_of_lead(found[0], names, runs, leads)
        if not sims:
            raise DetectionError(
                f"lead {found[0]}: neither a kept ranking nor the store knows its SIMs; name the SIMs themselves"
            )
    return Mark(found[0], sims, imeis, reason, by, since, until, owner)


def sims_of_lead(name: str, names: Names, runs: Sequence[Run], leads: Sequence[Lead]) -> tuple[str, ...]:
    """Pseudonyms of a lead's SIMs, from the latest ranking that has it, else from the store."""
    found = find(runs, name, None)
    if found is not None:
        return tuple(sorted({pseudonym for row in found[1] for pseudonym in (row.sim, row.number) if pseudonym}))
    stored = next((lead for lead in leads if lead.lead == name), None)
    sims: set[str] = set()
    for sim in stored.sims if stored else ():
        sims.update([sim] if PSEUDONYM.fullmatch(sim) else read_subject(sim, names))
    return tuple(sorted(sim for sim in sims if not sim.startswith("imei-")))


def stored_marks(
    gateways: Sequence[KnownGateway], names: Names, runs: Sequence[Run], leads: Sequence[Lead]
) -> list[Mark]:
    """What officers marked known on the screens, as marks; one whose SIMs nobody knows covers none."""
    owners = {lead.lead: lead.owner for lead in leads}
    return [
        Mark(
            one.lead,
            sims_of_lead(one.lead, names, runs, leads),
            (),
            one.note or "licensed gateway",
            one.by,
            one.date.date(),
            None,
            owners.get(one.lead, ""),
        )
        for one in gateways
    ]
