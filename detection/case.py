"""What people write down about leads: cases, outcomes, licensed gateways, and who did what."""

from dataclasses import dataclass
from datetime import datetime

from sensor.cell import CellIdentity


@dataclass(frozen=True, slots=True)
class Case:
    """A file under which leads are worked. `expires` ends what was allowed under it."""

    number: str
    title: str = ""
    authority: str = ""
    leads: tuple[str, ...] = ()
    status: str = "open"
    opened: datetime | None = None
    opened_by: str = ""
    expires: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found at the place of a lead. `verdict` is "confirmed", "refuted" or "unclear"."""

    lead: str
    verdict: str
    time: datetime
    by: str
    lat: float | None = None
    lon: float | None = None
    case: str = ""
    note: str = ""
    sets: int | None = None  # boxes seized
    sims: int | None = None  # SIM cards seized
    suspects: int | None = None
    id: int | None = None  # given by the store


@dataclass(frozen=True, slots=True)
class CellPlace:
    """One timing advance of one cell. A cell without its name is told by carrier, colour code and source."""

    identity: CellIdentity
    timing_advance: int
    arfcn: int | None = None
    bsic: int | None = None


@dataclass(frozen=True, slots=True)
class KnownGateway:
    """A licensed gateway, marked known by an officer: its places raise no alarm any more, they are named."""

    lead: str
    by: str  # the officer's name
    date: datetime
    note: str = ""
    places: tuple[CellPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which thing, when. Lines are added, never changed."""

    time: datetime
    who: str
    action: str
    subject: str
    detail: str = ""
    id: int | None = None  # given by the store
