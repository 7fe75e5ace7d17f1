"""A signature as a declarative record, and what one says of a place."""

from collections.abc import Callable
from dataclasses import dataclass, field

from detection.signatures.tally import Tally


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a signature says of one place (a cell's timing advance) at one moment.

    `log10_odds` are posterior odds, the signature's prior in them. `until` is the second timing advance of a box
    between two steps, else the first. Seconds count from the cell's first frame.
    """

    timing_advance: int
    until: int
    log10_odds: float
    from_s: float
    to_s: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Calls and other requests at one timing advance and elsewhere, evenly over `seconds`; what must come of it."""

    name: str
    seconds: float
    originated: int
    other: int
    originated_elsewhere: int
    other_elsewhere: int
    alarm: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `version` only grows, and is stored with each hit."""

    name: str
    version: int
    needs: tuple[str, ...]  # what must be heard
    looks_for: str
    look_alikes: tuple[str, ...]  # innocent things that look the same
    log10_prior: float  # odds, before anything is heard, that a given place holds a box
    log10_threshold: float  # posterior odds that raise an alarm
    judge: Callable[[Tally], list[Evidence]]
    limits: tuple[str, ...] = ()  # what it can't see
    examples: tuple[Example, ...] = field(default_factory=tuple)
