"""From acts to the carrier's records: both legs, one call at a time, device, cell, timing advance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .laws import Floats
from .ledger import CALL, CALLED, TEXT, TEXTED, Ledger, Whereabouts, held, inside
from .terrain import Ints


@dataclass(frozen=True, slots=True)
class Records:
    """A row is a leg, in order of time. `other` is a number: SIMs of this export have theirs, see `numbers`."""

    sim: Ints
    time_s: Floats
    what: Ints
    peer: Ints
    number: Ints
    seconds: Floats
    fraud: NDArray[np.bool_]
    imei: Ints
    cell: Ints
    advance: Ints


NAMES = ("sim", "time_s", "what", "peer", "number", "seconds", "fraud")


def record(ledger: Ledger) -> Records:
    """The records of all acts, with the second legs of calls and messages between SIMs of this export."""
    sim, time, what, peer, number, seconds, fraud = (
        np.concatenate([getattr(part, name) for part in ledger.acts]) for name in NAMES
    )
    sim, peer = _swap(ledger, sim, time), _swap(ledger, peer, time)
    fine = _on_air(ledger, sim, time) & (time >= 0) & (time < ledger.laws.end_s)
    fine[fine] &= ~_clash(sim[fine], time[fine], what[fine], seconds[fine])
    sim, time, what, peer, number, seconds, fraud = (
        column[fine] for column in (sim, time, what, peer, number, seconds, fraud)
    )
    there = (peer >= 0) & (what % 2 == 0) & (what <= TEXT)
    there[there] &= _on_air(ledger, peer[there], time[there])
    seconds = np.where((peer >= 0) & ~there, 0.0, seconds)
    second = np.flatnonzero(there)
    sim, peer = np.concatenate([sim, peer[second]]), np.concatenate([peer, sim[second]])
    what = np.concatenate([what, np.where(what[second] == CALL, CALLED, TEXTED)])
    time = np.concatenate([time, time[second]])
    number, seconds = np.concatenate([number, number[second]]), np.concatenate([seconds, seconds[second]])
    fraud = np.concatenate([fraud, np.zeros(len(second), np.bool_)])
    order = np.argsort(time, kind="stable")
    sim, time, what, peer, number, seconds, fraud = (
        column[order] for column in (sim, time, what, peer, number, np.round(seconds), fraud)
    )
    return Records(sim, time, what, peer, number, seconds, fraud, *_radio(ledger, sim, time))


def _radio(ledger: Ledger, sim: Ints, time: Floats) -> tuple[Ints, Ints, Ints]:
    """IMEI, cell, timing advance of each record."""
    x, y = Whereabouts(ledger).at(sim, time)
    cell = ledger.terrain.serve(ledger.rng, x, y)
    bias = ledger.rng.normal(0, 0.2 * min(ledger.terrain.step_m, 300), len(ledger.kind))
    advance = ledger.terrain.advance(ledger.rng, cell, x, y, bias[sim])
    return held(ledger, sim, time), cell, advance


def _swap(ledger: Ledger, sim: Ints, time: Floats) -> Ints:
    """Acts of a SIM that was exchanged are its successor's."""
    new, since = np.arange(len(ledger.kind)), np.full(len(ledger.kind), np.inf)
    for old, young, at in ledger.swaps:
        new[old], since[old] = young, at
    return np.where((sim >= 0) & (time >= since[sim]), new[sim], sim)


def _on_air(ledger: Ledger, sim: Ints, time: Floats) -> NDArray[np.bool_]:
    """Whether the SIM is in use; a box's only while it has its turn at a port."""
    born, dead = np.array(ledger.born), np.array(ledger.dead)
    fine = np.asarray((time >= born[sim]) & (time < dead[sim]))
    boxed = np.flatnonzero(np.array(ledger.box)[sim] >= 0)
    fine[boxed] &= inside(sim[boxed], time[boxed], ledger.plugged)
    return fine


def _clash(sim: Ints, time: Floats, what: Ints, seconds: Floats) -> NDArray[np.bool_]:
    """Calls that would begin while the SIM's last call goes on."""
    voice = np.flatnonzero(what <= CALLED)
    order = voice[np.lexsort((time[voice], sim[voice]))]
    ends = sim[order] * 1e7 + time[order] + seconds[order]
    latest = np.concatenate([[-1.0], np.maximum.accumulate(ends)[:-1]])
    out = np.zeros(len(sim), np.bool_)
    out[order] = sim[order] * 1e7 + time[order] < latest
    return out
