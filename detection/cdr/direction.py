"""Which way a call went where no column tells it: by which of its two numbers is the IMSI's own. Pure.

A SIM's own number stands in each of its records, the others' come and go. A kind that is not told yet is held as
its complement (~kind, below 0), with the calling number as `number_id` and the called one as `other_id`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.cdr.digits import Ints
from detection.cdr.numbers import CLASSES
from detection.cdr.record_words import KINDS

Columns = dict[str, NDArray[Any]]
NEEDED = ("sim_id", "kind", "number_id", "other_id")
MOC, MTC, SMO, SMT, OTHER = (KINDS.index(kind) for kind in ("moc", "mtc", "smo", "smt", "other"))
MOBILE = CLASSES.index("mobile")
OWN_SHARE = 0.9  # of a SIM's records in which its own number stands, at least
ONE_SIDED = 0.01  # of the records: with fewer that come in, an export holds outgoing ones alone
UNKNOWN = -1
NEEDED_BARE = ("kind", "number_id", "other_id", "imei_id", "t_s", "cell")
TWIN_S = 10  # between the two legs of a call
BOTH_LEGS = 0.05  # of the records come in: they are no outgoing ones alone


@dataclass(slots=True)
class Told:
    """How many records go out, come in, and can't be told."""

    out: int = 0
    inward: int = 0
    untold: int = 0

    def lines(self) -> list[str]:
        """What is to be said of it; nothing where all go out."""
        if not self.inward and not self.untold:
            return []
        said = (
            f"no column tells which way a call went: by the IMSIs' own numbers {self.out} go out, {self.inward} come in"
        )
        unsaid = f"; {self.untold} can't be told and count as no call" if self.untold else ""
        return [said + unsaid]


@dataclass(frozen=True, slots=True)
class Owners:
    """The own number of each SIM, UNKNOWN where none is told; which numbers are a SIM's; whether all records go out."""

    number: Ints
    owned: NDArray[np.bool_]  # by number; the last is for UNKNOWN
    one_sided: bool


def not_told(kind: Ints) -> Ints:
    """Kinds of calls and messages as not told yet."""
    held: Ints = np.where(kind <= SMT, ~kind, kind)
    return held


def learn(parts: Iterable[Columns], sims: int, numbers: int) -> Owners:
    """From records, each SIM's within one part (columns NEEDED)."""
    own = np.full(sims, UNKNOWN)
    out = inward = 0
    for part in filter(None, parts):
        rows = np.flatnonzero(part["kind"] < 0)
        sim, calling, called = (part[name][rows].astype(np.int64) for name in ("sim_id", "number_id", "other_id"))
        found, number = _own_numbers(sim, calling, called, numbers)
        own[found] = number
        out += int((calling == own[sim]).sum())
        inward += int(((called == own[sim]) & (calling != called)).sum())
    owned = np.zeros(numbers + 1, bool)
    owned[own[own >= 0]] = True
    return Owners(own, owned, inward <= ONE_SIDED * (out + inward))


def _own_numbers(sim: Ints, calling: Ints, called: Ints, numbers: int) -> tuple[Ints, Ints]:
    """(SIMs, the own number of each): the one number that stands in all or nearly all of a SIM's records."""
    twice = calling != called
    pair = np.concatenate([sim * numbers + calling, (sim * numbers + called)[twice]])
    pair = pair[np.concatenate([calling, called[twice]]) >= 0]
    if not len(pair):
        return pair, pair
    pairs, count = np.unique(pair, return_counts=True)
    of, number = pairs // numbers, pairs % numbers
    order = np.lexsort((count, of))
    of, number, count = of[order], number[order], count[order]
    last = np.append(of[1:] != of[:-1], True)
    rival = np.append(0, np.where(of[1:] == of[:-1], count[:-1], 0))
    records = np.bincount(sim, minlength=int(of[-1]) + 1)
    clear = last & (count >= OWN_SHARE * records[of]) & (count > rival)
    return of[clear], number[clear]


def legs_that_came_in(parts: Iterable[Columns], numbers: int) -> float:
    """Share of records that are the called party's leg where no IMSI tells whose a record is (columns NEEDED_BARE).

    By devices that have a number of their own, which is the called one; or by calls that stand there twice, within
    seconds, on two cells or devices.
    """
    rows = twice = 0
    held: list[tuple[Ints, Ints, Ints]] = []
    for part in filter(None, parts):
        at = np.flatnonzero(part["kind"] < 0)
        one = {name: part[name][at].astype(np.int64) for name in NEEDED_BARE}
        rows += len(at)
        twice += _twins(one)
        device = one["imei_id"] >= 0
        held.append((one["imei_id"][device], one["number_id"][device], one["other_id"][device]))
    if not rows:
        return 0.0
    imei, calling, called = (np.concatenate([part[at] for part in held]) for at in range(3))
    found, number = _own_numbers(imei, calling, called, numbers)
    own = np.full(int(imei.max(initial=0)) + 1, UNKNOWN)
    own[found] = number
    inward = int(((called == own[imei]) & (called >= 0) & (calling != called)).sum())
    return max(inward, twice) / rows


def _twins(rows: Columns) -> int:
    """How many records tell a call that the one before them tells from elsewhere."""
    order = np.lexsort((rows["t_s"], rows["other_id"], rows["number_id"]))
    step = {name: np.diff(column[order]) for name, column in rows.items()}
    alike = (step["number_id"] == 0) & (step["other_id"] == 0) & (step["t_s"] <= TWIN_S)
    return int((alike & ((step["cell"] != 0) | (step["imei_id"] != 0))).sum())


def tell(records: Columns, owners: Owners, party_class: NDArray[np.int8], told: Told) -> None:
    """Gives records their kinds and whose number is whose, in place; counts what was told.

    `party_class`: by number, the last for UNKNOWN. Where a SIM's own number isn't known, the other one may be known
    to be another SIM's, or no mobile's.
    """
    rows = np.flatnonzero(records["kind"] < 0)
    if not len(rows):
        return
    kind = ~records["kind"][rows]
    calling, called = records["number_id"][rows], records["other_id"][rows]
    if owners.one_sided:
        out, inward = np.ones(len(rows), bool), np.zeros(len(rows), bool)
    else:
        own = owners.number[records["sim_id"][rows]]
        out, inward = calling == own, (called == own) & (calling != own)
        for marks in (
            (owners.owned[calling], owners.owned[called]),
            (
                party_class[calling] != MOBILE,
                party_class[called] != MOBILE,
            ),
        ):
            unsure = (own == UNKNOWN) & ~out & ~inward
            out |= unsure & marks[1] & ~marks[0]
            inward |= unsure & marks[0] & ~marks[1]
    records["kind"][rows] = np.where(out, kind, np.where(inward, np.where(kind == MOC, MTC, SMT), OTHER))
    records["number_id"][rows] = np.where(inward, called, np.where(out, calling, UNKNOWN))
    records["other_id"][rows] = np.where(inward, calling, np.where(out, called, UNKNOWN))
    records["other_class"][rows] = party_class[records["other_id"][rows]]
    told.out += int(out.sum())
    told.inward += int(inward.sum())
    told.untold += int((~out & ~inward).sum())
